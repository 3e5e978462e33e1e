//! What check-up results mean: limits as data, the word for a value, charts over the years.

pub mod chart;
pub mod findings;
pub mod judgement;
pub mod limits;
pub mod syndrome;
