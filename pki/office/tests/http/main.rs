//! The card office over real mutual TLS, with a resident register that answers and an identity
//! provider that listens, dawdles, or is gone; on every engine at hand.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may panic"
)]

mod access;
mod bed;
mod cards;
mod crash;
mod events;
mod federation;
mod idp;
mod outbox;
mod papers;
mod register;
mod vouchers;
