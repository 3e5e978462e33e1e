//! What identifies a person on an insurance card: names, sex, dates.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Sex as an insurance record states it (性別).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Sex {
    /// 男.
    Male,
    /// 女.
    Female,
    /// The source does not say.
    Unknown,
}

/// A name in the forms that the desk needs (氏名・カナ氏名).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Name {
    /// The name as the insurer holds it, e.g. `上野 太郎`.
    pub text: String,
    /// Full-width katakana, family and given name parted by one space, e.g. `ウエノ タロウ`.
    pub kana: String,
}

/// The age reached on `day`, in whole years, by the law on counting ages
/// (年齢計算ニ関スル法律: a year of age is complete at the end of the day before the birthday).
///
/// A person born on 5 May is a year older from the start of 5 May in everyday counting; the
/// legal change one day earlier matters only to rules that say so, which use
/// [`crate::copay::reached_on`].
pub fn age_on(birth: Date, day: Date) -> i16 {
    let had_birthday = (day.month(), day.day()) >= (birth.month(), birth.day());
    let years = day.year() - birth.year();
    if had_birthday { years } else { years - 1 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::copay::reached_on;
    use jiff::civil::date;

    #[test]
    fn age_turns_on_the_birthday_in_everyday_counting() {
        let birth = date(1955, 5, 5);
        assert_eq!(age_on(birth, date(2005, 5, 4)), 49);
        assert_eq!(age_on(birth, date(2005, 5, 5)), 50);
        assert_eq!(reached_on(birth, 50), date(2005, 5, 4));
    }

    #[test]
    fn born_on_leap_day_ages_on_the_first_of_march() {
        let birth = date(2004, 2, 29);
        assert_eq!(age_on(birth, date(2005, 2, 28)), 0);
        assert_eq!(age_on(birth, date(2005, 3, 1)), 1);
    }
}
