//! The word for a value: within the limits, a little beyond, beyond, or see a doctor.

use jiff::civil::Date;
use warifu_contract::person::Sex;
use warifu_contract::records::{CheckupItem, CheckupValue};

use super::limits::{Limits, Side, limits_for};

/// What a value means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Judgement {
    /// There is no limit for this item, or the answer is not a number.
    NoLimit,
    /// 受けていません.
    NotTaken,
    /// 基準の中.
    Within,
    /// 少し高い・少し低い: guidance begins, the syndrome's limit is not reached.
    Slightly(Direction),
    /// 基準より高い・低い.
    Beyond(Direction),
    /// 医療機関へ.
    SeeDoctor,
}

/// To which side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Direction {
    /// Too high.
    High,
    /// Too low.
    Low,
}

impl Judgement {
    /// Whether the person should look at this item.
    pub fn needs_attention(self) -> bool {
        self >= Self::Slightly(Direction::High)
    }

    /// The key of its word.
    pub fn key(self) -> &'static str {
        match self {
            Self::NoLimit => "judgement-no-limit",
            Self::NotTaken => "judgement-not-taken",
            Self::Within => "judgement-within",
            Self::Slightly(Direction::High) => "judgement-slightly-high",
            Self::Slightly(Direction::Low) => "judgement-slightly-low",
            Self::Beyond(Direction::High) => "judgement-high",
            Self::Beyond(Direction::Low) => "judgement-low",
            Self::SeeDoctor => "judgement-see-doctor",
        }
    }
}

/// Judges one item of a check-up taken on `day`.
pub fn judge(item: &CheckupItem, sex: Sex, day: Date) -> Judgement {
    match &item.value {
        CheckupValue::NotTaken => Judgement::NotTaken,
        CheckupValue::Text { .. } => Judgement::NoLimit,
        CheckupValue::Quantity { value, .. } => {
            limits_for(&item.code, sex, day).map_or(Judgement::NoLimit, |limits| of(*value, limits))
        }
    }
}

fn of(value: f64, limits: &Limits) -> Judgement {
    let reaches = |limit: f64| limits.side.reaches(value, limit);
    let direction = match limits.side {
        Side::High => Direction::High,
        Side::Low | Side::LowOrEqual => Direction::Low,
    };
    if limits.consult.is_some_and(reaches) {
        Judgement::SeeDoctor
    } else if limits.syndrome.is_some_and(reaches) {
        Judgement::Beyond(direction)
    } else if !reaches(limits.guidance) {
        Judgement::Within
    } else if limits.syndrome.is_some() {
        Judgement::Slightly(direction)
    } else {
        Judgement::Beyond(direction)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use proptest::prelude::*;

    fn quantity(code: &str, value: f64) -> CheckupItem {
        let value = CheckupValue::Quantity { value, unit: "mg/dL".into() };
        CheckupItem { code: code.into(), name: "項目".into(), value }
    }

    fn judged(code: &str, value: f64) -> Judgement {
        judge(&quantity(code, value), Sex::Male, date(2026, 10, 8))
    }

    #[test]
    fn fasting_sugar_has_four_words() {
        let sugar = |value| judged("3D010000001926101", value);
        assert_eq!(sugar(99.0), Judgement::Within);
        assert_eq!(sugar(100.0), Judgement::Slightly(Direction::High));
        assert_eq!(sugar(109.9), Judgement::Slightly(Direction::High));
        assert_eq!(sugar(110.0), Judgement::Beyond(Direction::High));
        assert_eq!(sugar(126.0), Judgement::SeeDoctor);
    }

    #[test]
    fn low_sides_differ_at_the_limit() {
        assert_eq!(judged("3F070000002327101", 40.0), Judgement::Within);
        assert_eq!(judged("3F070000002327101", 39.9), Judgement::Beyond(Direction::Low));
        assert_eq!(judged("2A030000001930101", 13.0), Judgement::Beyond(Direction::Low));
        assert_eq!(judged("2A030000001930101", 12.0), Judgement::SeeDoctor);
    }

    #[test]
    fn what_was_not_taken_is_not_within() {
        let item = CheckupItem {
            code: "3D010000001926101".into(),
            name: "空腹時血糖".into(),
            value: CheckupValue::NotTaken,
        };
        assert_eq!(judge(&item, Sex::Male, date(2026, 10, 8)), Judgement::NotTaken);
        assert!(!Judgement::NotTaken.needs_attention());
    }

    proptest! {
        #[test]
        fn a_worse_value_is_never_judged_better(value in 0.0f64..400.0, more in 0.0f64..100.0) {
            for code in ["9A751000000000001", "3D010000001926101", "3F015000002327101"] {
                prop_assert!(judged(code, value) <= judged(code, value + more));
            }
        }
    }
}
