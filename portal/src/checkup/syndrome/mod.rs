//! The metabolic-syndrome check (メタボチェック) of the specific health check-up, step by step, and
//! the level of health guidance (保健指導レベル), by the rules of the check-up's fiscal year.
//!
//! The two use different limits for blood sugar (110 mg/dL or HbA1c 6.0 %, against 100 or 5.6), and
//! only the level counts smoking. What was not measured or not answered is never guessed: it is
//! tried both ways, and where the outcome depends on it, nothing is decided (判定不能).

mod evidence;
mod rules;
mod steps;

pub use evidence::{Evidence, Measured, Risk, evidence};
pub use steps::{Determination, Guidance, determination, guidance};

#[cfg(test)]
use rules::rules_of;
#[cfg(test)]
mod tests;
