//! What other people's software thinks of our certificates and revocation lists: pkilint (in the
//! folder that `WARIFU_TEST_PKILINT` names, see `tests/with-pkilint.sh`) and OpenSSL.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

mod openssl;
mod pkilint;
mod world;
