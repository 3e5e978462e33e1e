//! The card office as its staff work with it here: what is asked of it, what is typed for it, and
//! who asks.

pub mod application;
pub mod client;
pub mod deed;
pub mod error;
pub mod kept;
pub mod person;
pub mod query;
pub mod staff;
