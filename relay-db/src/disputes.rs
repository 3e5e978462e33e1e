//! Disputes: a clinic questions an answer, the insurer that gave it looks, and answers.

mod routes;
mod store;

pub(crate) use routes::*;
pub(crate) use store::Disputes;
