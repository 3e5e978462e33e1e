//! Japanese eras (和暦): which year of which era a day falls in, and back.
//!
//! First days by the era-name orders (元号を改める政令); Meiji only from 1873-01-01, when Japan
//! took up the Gregorian calendar (明治5年太政官布告第337号).

use jiff::civil::{Date, date};

/// An era since the Gregorian calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Era {
    /// 明治.
    Meiji,
    /// 大正.
    Taisho,
    /// 昭和.
    Showa,
    /// 平成.
    Heisei,
    /// 令和.
    Reiwa,
}

/// A year within an era, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EraYear {
    /// The era.
    pub era: Era,
    /// The year, 1 for 元年.
    pub year: i16,
}

impl Era {
    /// Every era, oldest first.
    pub const ALL: [Self; 5] = [Self::Meiji, Self::Taisho, Self::Showa, Self::Heisei, Self::Reiwa];

    /// 明治, 大正, ….
    pub fn kanji(self) -> &'static str {
        match self {
            Self::Meiji => "明治",
            Self::Taisho => "大正",
            Self::Showa => "昭和",
            Self::Heisei => "平成",
            Self::Reiwa => "令和",
        }
    }

    /// The Latin letter used on forms: M T S H R.
    pub fn letter(self) -> char {
        match self {
            Self::Meiji => 'M',
            Self::Taisho => 'T',
            Self::Showa => 'S',
            Self::Heisei => 'H',
            Self::Reiwa => 'R',
        }
    }

    /// The digit that claim files use for the era (元号区分): 1 to 5.
    pub fn claim_digit(self) -> char {
        match self {
            Self::Meiji => '1',
            Self::Taisho => '2',
            Self::Showa => '3',
            Self::Heisei => '4',
            Self::Reiwa => '5',
        }
    }

    /// The first day that this module counts to the era.
    pub fn first_day(self) -> Date {
        match self {
            Self::Meiji => date(1873, 1, 1),
            Self::Taisho => date(1912, 7, 30),
            Self::Showa => date(1926, 12, 25),
            Self::Heisei => date(1989, 1, 8),
            Self::Reiwa => date(2019, 5, 1),
        }
    }

    /// The year in the common era that precedes the era's year 1.
    fn offset(self) -> i16 {
        match self {
            Self::Meiji => 1867,
            Self::Taisho => 1911,
            Self::Showa => 1925,
            Self::Heisei => 1988,
            Self::Reiwa => 2018,
        }
    }

    /// The common-era day of `year`-`month`-`day` in this era; none before the era began or for
    /// a day that does not exist. Years past the era's end count on, as papers printed before a
    /// change of era show them (平成35年3月31日 is 2023-03-31).
    pub fn day(self, year: i16, month: i8, day: i8) -> Option<Date> {
        if !(1..=99).contains(&year) {
            return None;
        }
        let found = Date::new(self.offset() + year, month, day).ok()?;
        (found >= self.first_day()).then_some(found)
    }
}

impl EraYear {
    /// The year that `day` is properly in, where this one counts on past the end of its era
    /// (昭和64年5月, 平成32年): such a date is read, and people are told what it is called today. None
    /// where the era fits.
    pub fn overflowing(self, day: Date) -> Option<Self> {
        Self::of(day).filter(|proper| proper.era != self.era)
    }

    /// The era and year of `day`; none before 1873.
    pub fn of(day: Date) -> Option<Self> {
        let era = Era::ALL.into_iter().rev().find(|era| day >= era.first_day())?;
        Some(Self { era, year: day.year() - era.offset() })
    }

    /// 令和8年, 令和元年.
    pub fn in_japanese(self) -> String {
        if self.year == 1 {
            format!("{}元年", self.era.kanji())
        } else {
            format!("{}{}年", self.era.kanji(), self.year)
        }
    }

    /// S55: how forms shorten it.
    pub fn short(self) -> String {
        format!("{}{}", self.era.letter(), self.year)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn named(year: i16, month: i8, day: i8) -> String {
        EraYear::of(date(year, month, day)).unwrap().in_japanese()
    }

    #[test]
    fn eras_change_on_their_day() {
        assert_eq!(named(1912, 7, 29), "明治45年");
        assert_eq!(named(1912, 7, 30), "大正元年");
        assert_eq!(named(1926, 12, 24), "大正15年");
        assert_eq!(named(1926, 12, 25), "昭和元年");
        assert_eq!(named(1989, 1, 7), "昭和64年");
        assert_eq!(named(1989, 1, 8), "平成元年");
        assert_eq!(named(2019, 4, 30), "平成31年");
        assert_eq!(named(2019, 5, 1), "令和元年");
        assert_eq!(named(2026, 11, 20), "令和8年");
        assert_eq!(EraYear::of(date(1872, 12, 31)), None);
    }

    #[test]
    fn a_year_past_its_era_is_told_by_its_proper_name() {
        for (era, year, month, proper) in [
            (Era::Showa, 64, 5, Some("平成元年")),
            (Era::Heisei, 32, 1, Some("令和2年")),
            (Era::Heisei, 31, 4, None),
            (Era::Heisei, 31, 5, Some("令和元年")),
            (Era::Taisho, 15, 12, None),
        ] {
            let day = era.day(year, month, 1).unwrap();
            let told = EraYear { era, year }.overflowing(day).map(EraYear::in_japanese);
            assert_eq!(told.as_deref(), proper, "{era:?} {year}-{month}");
        }
    }

    #[test]
    fn a_day_before_its_era_does_not_exist() {
        assert_eq!(Era::Showa.day(1, 12, 24), None);
        assert_eq!(Era::Showa.day(1, 12, 25), Some(date(1926, 12, 25)));
        assert_eq!(Era::Heisei.day(35, 3, 31), Some(date(2023, 3, 31)));
        assert_eq!(Era::Showa.day(55, 2, 30), None);
        assert_eq!(Era::Reiwa.day(0, 1, 1), None);
    }

    proptest! {
        #[test]
        fn every_day_reads_back(days in 0i64..60_000) {
            let day = date(1873, 1, 1).checked_add(jiff::Span::new().days(days)).unwrap();
            let found = EraYear::of(day).unwrap();
            prop_assert_eq!(found.era.day(found.year, day.month(), day.day()), Some(day));
        }
    }
}
