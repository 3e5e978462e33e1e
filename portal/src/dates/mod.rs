//! Dates as people in Japan write and read them.

pub mod input;
pub mod words;
