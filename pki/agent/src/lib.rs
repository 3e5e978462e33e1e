//! The small program beside the card reader: answers the identity provider, asks for the PIN.
//!
//! A login page of a trusted identity provider sends the agent a signed request over loopback
//! HTTP. The agent finds the card, asks the person for the PIN by a prompt of its own, has the
//! card sign the page's origin and the identity provider's nonce, and answers with a token of the
//! `web-eid:1.0` form. The page never sees the PIN, and a signature made for one origin is
//! worthless at every other. In the same way a new card's holder chooses its PIN, with the code
//! that came by letter. A FeliCa card signs nothing: its answer to a challenge is carried to the
//! identity provider, which knows its key and asks for its PIN itself.
//!
//! ```no_run
//! # use std::sync::Arc;
//! # use warifu_agent::{Agent, AgentConfig, Surroundings};
//! # async fn run(surroundings: Surroundings) -> Result<(), Box<dyn std::error::Error>> {
//! let config = AgentConfig::load("agent.toml".as_ref())?;
//! let readers = Arc::new(warifu_card::PcscReaders::new());
//! let agent = Agent::bind(config, readers, surroundings).await?;
//! agent.serve(async { tokio::signal::ctrl_c().await.unwrap_or_default() }).await;
//! # Ok(()) }
//! ```

mod config;
mod conversation;
mod cors;
mod desk;
pub mod doctor;
#[cfg(feature = "drawer")]
pub mod drawer;
#[cfg(fuzzing)]
pub mod fuzzing;
mod gate;
mod idp;
mod listener;
pub mod log;
mod method;
mod notify;
pub mod prompt;
mod protocol;
mod purpose;
mod routes;
mod server;
mod surroundings;
pub mod system;
mod watch;
mod web;
mod words;

pub use config::{AgentConfig, ConfigError, PromptKind, TrustedIdp};
pub use method::CardKind;
pub use purpose::Purpose;
pub use server::{Agent, AgentError};
pub use surroundings::Surroundings;
pub use words::Language;

#[cfg(test)]
#[path = "../tests/all/maker.rs"]
mod testing;
