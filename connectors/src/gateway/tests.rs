//! The gateway over real mutual TLS on loopback, with certificates made for each test.

mod answers;
mod clients;
mod links;
mod refusals;
pub(crate) mod rig;
