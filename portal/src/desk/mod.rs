//! The clinic's desk: what is typed, and the row it is typed into.

pub mod form;
pub mod input;
