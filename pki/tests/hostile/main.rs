//! Path validation against chains that were made to deceive. Every chain is built here, byte by
//! byte where it has to be, rightly signed unless the signature is the flaw, and refused for its own
//! reason. Beside them stand chains that are merely unusual: those are believed, by OpenSSL too.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

mod authorities;
mod encodings;
mod forge;
mod good;
mod leaves;
mod mutations;
mod names;
mod network;
mod policies;
