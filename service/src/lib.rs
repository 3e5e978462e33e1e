//! What every Warifu server shares: configuration, (m)TLS, storage, sessions, clock and
//! randomness, errors and error pages, telemetry, health.
//!
//! A party's crate composes these rooms; none of them knows what a party does.

pub mod clock;
pub mod config;
pub mod health;
pub mod http;
pub mod places;
pub mod problem;
pub mod seal;
pub mod session;
pub mod storage;
pub mod telemetry;
pub mod tls;
pub mod web;
pub mod words;

pub use clock::{Clock, Entropy, Surroundings};
pub use problem::Problem;
pub use storage::Database;

#[doc(hidden)]
pub use sqlx;
