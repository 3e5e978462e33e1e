//! What care cost: a year's sums and how complete they are, and what a tax return takes from them.
//!
//! Nothing here asks or stores anything.

pub mod deduction;
pub mod insurers;
pub mod receipts;
pub mod year;
