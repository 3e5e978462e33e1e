//! The crate as its users see it: virtual cards in virtual readers, and virtual cards in a real
//! pcscd beside other people's programs.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod cards;
mod drawer;
mod felica;
mod interrupted;
mod jpki;
mod management;
mod office;
mod office_desk;
mod other_programs;
mod own_readers;
mod pin;
mod private_stack;
mod signing;
