//! What the authority publishes, over HTTP as others see it: revocation lists, OCSP answers,
//! certificates. OpenSSL is asked for its opinion.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

mod certificates;
mod lists;
mod ocsp;
mod ocsp_caching;
mod rig;
mod scale;
