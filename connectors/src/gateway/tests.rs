//! The gateway over real mutual TLS on loopback, with certificates made for each test.

mod answers;
mod clients;
pub(crate) mod links;
pub(crate) mod publisher;
mod refusals;
pub(crate) mod rig;
mod services;
mod trial;
