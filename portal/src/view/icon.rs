//! Icons chosen by a value; templates include the others themselves.

macro_rules! icon {
    ($name:literal) => {
        include_str!(concat!("../../../service/templates/icons/", $name, ".svg"))
    };
}

/// All is well.
pub const OK: &str = icon!("ok");
/// Look here.
pub const WARN: &str = icon!("warn");
/// Stop.
pub const BAD: &str = icon!("bad");
/// Waiting.
pub const WAIT: &str = icon!("wait");
/// A plain statement.
pub const INFO: &str = icon!("info");
/// Insurance.
pub const INSURANCE: &str = icon!("insurance");
/// Expenses.
pub const EXPENSES: &str = icon!("expenses");
/// Check-ups.
pub const CHECKUP: &str = icon!("checkup");
/// Pension.
pub const PENSION: &str = icon!("pension");
/// A card.
pub const CARD: &str = icon!("card");
/// Behind a lock.
pub const LOCK: &str = icon!("lock");
