//! The web portal: residents see their own records, clinic desks check insurance, the card
//! office's staff lead cards through their lives.
//!
//! No record is ever stored: it passes from the relay to the page. What is kept is who is on the
//! way in and who is signed in, sealed, and a form whose sender has to sign in again first. The others are known only over HTTP: identity providers
//! by their SAML metadata, the relay by its address and certificate.

mod access;
mod afterwards;
mod announcements;
mod body;
mod checkup;
mod config;
mod consent;
mod csv;
mod dates;
mod desk;
mod expenses;
mod form;
mod guardians;
mod look;
mod mydata;
mod notices;
mod office;
mod pages;
mod portal;
mod proxies;
mod relay;
mod seen;
mod shared;
mod spans;
mod sso;
mod view;
mod words;

#[cfg(any(fuzzing, test))]
pub mod fuzzing;
#[cfg(test)]
mod samples;
#[cfg(test)]
mod tests;

pub use config::{
    AddressError, CardOfficeConfig, DeskConfig, PortalConfig, RelayConfig, SamlConfig,
};
pub use desk::label::Numbers;
pub use portal::{MIGRATIONS, Portal, PortalError, metadata_xml, openapi};
pub use sso::SamlSetupError;
