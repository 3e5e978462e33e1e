//! The agent as a browser sees it: real loopback HTTP, virtual cards in virtual readers.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod activation;
mod bench;
mod choice;
#[cfg(feature = "drawer")]
mod drawer;
mod gate;
mod idp;
mod kinds;
mod maker;
mod pin_page;
mod presence;
#[path = "../../../card/tests/all/private_stack.rs"]
#[expect(dead_code, reason = "the card crate's tests use the rest of it")]
mod private_stack;
mod program;
mod real;
mod removal;
mod sign_in;
mod wire;
