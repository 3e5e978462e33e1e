//! Connectors: how the relay reaches an organisation's records, and how the organisation
//! answers.
//!
//! A [`gateway`] stands at the organisation: a server on mutual TLS with a [`store`] of its own
//! that answers eligibility checks or gives out one kind of record, to the relay only, under a
//! [`token`] that says of whom, for whom and what for, signed with one of its [`relay_keys`]. The relay holds a [`client`]. The
//! [`demo`] fills a store with virtual people. The resident register, [`residents`], answers the card
//! office instead.

pub mod client;
pub mod config;
pub mod demo;
#[cfg(fuzzing)]
pub mod fuzzing;
pub mod gateway;
pub mod relay_keys;
pub mod residents;
pub mod services;
pub mod source;
pub mod store;
pub mod token;

pub use client::{ConnectorClient, SourceError};
pub use config::{ConnectorKind, GatewayConfig};
pub use gateway::Gateway;
pub use relay_keys::RelayJwksConfig;
pub use residents::{ResidentRegister, ResidentsConfig};
pub use services::ServicesConfig;
pub use source::{Source, SourceConfig};
pub use store::{MemberId, Store};
