//! Days as they stand on paper in Japan: 昭和55年5月5日（1980年5月5日）.

use jiff::civil::Date;
use warifu_contract::era::EraYear;

/// 昭和55年5月5日（1980年5月5日）; before 1873 without the era.
pub(super) fn in_both_eras(date: Date) -> String {
    match era_year(date) {
        Some(year) => {
            format!("{year}{}月{}日（{}）", date.month(), date.day(), in_common_era(date))
        }
        None => in_common_era(date),
    }
}

/// 令和8年11月20日; before 1873 by the common era.
pub(super) fn in_era(date: Date) -> String {
    match era_year(date) {
        Some(year) => format!("{year}{}月{}日", date.month(), date.day()),
        None => in_common_era(date),
    }
}

/// 1980年5月5日.
pub(super) fn in_common_era(date: Date) -> String {
    format!("{}年{}月{}日", date.year(), date.month(), date.day())
}

fn era_year(date: Date) -> Option<String> {
    EraYear::of(date).map(EraYear::in_japanese)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn eras_change_on_their_day() {
        let said = |year, month, day| in_era(date(year, month, day));
        assert_eq!(said(2019, 4, 30), "平成31年4月30日");
        assert_eq!(said(2019, 5, 1), "令和元年5月1日");
        assert_eq!(said(1989, 1, 7), "昭和64年1月7日");
        assert_eq!(said(1989, 1, 8), "平成元年1月8日");
        assert_eq!(said(1926, 12, 25), "昭和元年12月25日");
        assert_eq!(said(1912, 7, 29), "明治45年7月29日");
        assert_eq!(said(1873, 1, 1), "明治6年1月1日");
        assert_eq!(said(1872, 12, 31), "1872年12月31日");
    }

    #[test]
    fn both_reckonings_stand_together() {
        assert_eq!(in_both_eras(date(1980, 5, 5)), "昭和55年5月5日（1980年5月5日）");
    }
}
