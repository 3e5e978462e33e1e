//! The relay: links, tokens, routing, eligibility.
//!
//! It knows a person under a pairwise identifier of its own and one random pseudonym for each
//! holder of records, and nobody else knows any two of these together. It exchanges sign-ins for
//! tokens, asks the holders side by side, and lets no answer leave before its event is in the
//! [log](warifu_log).

mod asking;
pub mod batch;
mod breaker;
mod budget;
mod caller;
mod check;
mod checks;
pub mod config;
mod consents;
mod depositing;
mod directory;
mod disputes;
mod eligibility;
mod events;
mod evidence;
mod gate;
mod grants;
mod guardians;
mod history;
mod idempotency;
mod jwks;
mod keeping;
mod limits;
mod linking;
mod links;
mod mint;
mod numbers;
pub mod openapi;
mod opening;
mod proxies;
mod ratios;
mod readiness;
mod receipts;
mod records;
pub mod relay;
mod reseal;
mod revocations;
mod sealed;
mod services;
mod session_end;
mod slips;
mod token;
mod token_keys;
mod witnesses;

pub use config::{RelayConfig, RelayConfigError};
/// Coverage that insurers deposit.
pub use warifu_deposit as deposit;

pub use depositing::{GoLiveError, deposits, go_live};
pub use limits::ConnectorLimits;
pub use links::{LinkStoreError, filling};
pub use opening::{LogParts, RelayError};
pub use relay::{LinkError, MIGRATIONS, Relay};
