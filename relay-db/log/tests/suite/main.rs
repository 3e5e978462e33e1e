//! The log as its owner and its auditor see it, on every engine at hand.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

mod behaviour;
mod crash;
mod erasure;
mod evidence;
mod exports;
mod full;
mod support;
mod tampering;
mod together;
mod witness;
