//! The card office: applications, identity proof, the life of every card, and what the resident
//! gets in the mail. Certificates come from the certification authority ([`warifu_ca`]), in the same
//! transaction as the card's own row.

mod actor;
mod api;
mod audit;
mod batch;
mod config;
mod error;
mod event;
mod felica;
mod key;
pub mod life;
mod number;
mod office;
mod outbox;
mod personalise;
pub mod print;
pub mod proof;
mod renewal;
mod settings;
mod store;
mod ticket;
mod vouchers;

pub use actor::{Actor, StaffRole};
pub use api::{ApiError, OfficeApi, openapi};
pub use audit::Disagreement;
#[cfg(any(test, feature = "virtual"))]
pub use batch::FolderFeeder;
pub use batch::{Fed, Feeder, PcscFeeder};
pub use config::{
    ApiConfig, FontConfig, IdentityProviderConfig, LetterConfig, LinkedConnector, LinkingConfig,
    NotifyConfig, OfficeConfig, OfficeConfigError,
};
pub use error::OfficeError;
pub use event::Event;
pub use felica::{FelicaCard, FelicaDesk, FelicaDeskError, FelicaSettings};
pub use key::{CardId, CardKey, NotAKey};
pub use number::{CardNumber, NotANumber};
pub use office::CardOffice;
pub use outbox::{Outbox, OutboxError, Outcome};
pub use personalise::{CardCertificates, CardProofs};
pub use renewal::Reminder;
pub use settings::{Lifetimes, Names, OfficeSettings, RegisterSettings, init};
pub use store::migrations;

#[cfg(test)]
mod testing;
