//! The clinic's desk: what is typed and scanned, what is printed, and what to do when it fails.

pub mod form;
pub mod input;
pub mod label;
pub mod ladder;
pub mod qr;
