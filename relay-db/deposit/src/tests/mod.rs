//! The deposits as a whole, on every engine at hand.

mod answers;
mod bed;
mod crashes;
mod histories;
mod linked;
mod plans;
mod sealed;
mod uploads;
mod wards;
