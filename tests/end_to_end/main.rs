//! The whole product, end to end: the command `warifu demo` as it is, a real pcscd with virtual
//! cards in vpcd's readers, a real Chromium. Each test has its own namespaces, so that ports,
//! pcscd and files are its own.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

mod agent;
mod applications;
mod batches;
mod browser;
mod calls;
mod cards;
mod certificate;
mod desk;
mod desk_work;
mod guardians;
mod home;
mod keyboard;
mod linking;
mod login;
mod looks;
mod notices;
mod office;
mod papers;
mod parties;
mod peers;
mod privacy;
#[path = "../../pki/card/tests/all/private_stack.rs"]
#[allow(dead_code, reason = "the card's own tests use the rest")]
mod private_stack;
mod proxies;
mod relay;
mod residents;
mod resilience;
mod revocation;
mod rig;
mod saml;
mod services;
mod staff;
mod tapped;
mod token;
mod trials;
mod uploads;
mod walker;
mod wards;

/// Runs a test's asynchronous body.
fn run(body: impl Future<Output = ()>) {
    tokio::runtime::Runtime::new().unwrap().block_on(body);
}
