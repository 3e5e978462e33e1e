//! Dates as people in Japan write and read them.

pub mod words;

pub use warifu_contract::dates as input;
