//! Who could be meant when a card is linked: the people of the database with one birth date.

use jiff::civil::Date;
use warifu_contract::coverage::{Relation, Validity};
use warifu_contract::era::EraYear;
use warifu_contract::identity::Resident;
use warifu_contract::linking::HeldMember;
use warifu_contract::person::Name;
use warifu_contract::register::membership_of;
use warifu_files::{RowError, sex_called};

use super::engine::{DayKind, Dialect};
use super::records::PARTS;
use super::row::full_width;
use super::view::ViewRow;
use super::{Condition, DatabaseError, Source};
use crate::store::{MOST_NEAR, Near};

impl Source {
    /// Everybody whom the database knows with that birth date; nobody where no query says who they
    /// are.
    pub async fn born_on(&self, day: Date) -> Result<Near, DatabaseError> {
        let Some(members) = &self.inner.members else {
            return Ok(Near { members: Vec::new(), is_complete: false });
        };
        let condition = born(self.inner.engine.dialect(), members.days, day);
        let mut found = self.view_rows(&members.view, condition, MOST_NEAR + 1, member).await?;
        let is_complete = found.len() <= MOST_NEAR;
        found.truncate(MOST_NEAR);
        Ok(Near { members: found, is_complete })
    }

    /// Since when and until when the person is insured here, and how now; none without any card.
    pub async fn membership(
        &self,
        person: &str,
    ) -> Result<Option<(Validity, Relation)>, DatabaseError> {
        Ok(membership_of(person, &self.enrolments_of(person).await?))
    }
}

/// The people with a birth date, in whichever of its forms the column has it: values are compared
/// as they stand, so that an index over the column serves.
pub(super) fn born(dialect: Dialect, kind: DayKind, day: Date) -> Condition {
    let values = match kind {
        DayKind::Day => vec![day.to_string()],
        DayKind::Number => numbers(day),
        DayKind::Text | DayKind::Padded => texts(day),
    };
    let places: Vec<String> =
        (1..=values.len()).map(|nth| dialect.day_value(kind, &dialect.placeholder(nth))).collect();
    (format!("q.birth_date IN ({})", places.join(", ")), values)
}

/// `19550505`, and `3300505` with the era as a digit.
fn numbers(day: Date) -> Vec<String> {
    let era = EraYear::of(day).map(|EraYear { era, year }| {
        format!("{}{year:02}{:02}{:02}", era.claim_digit(), day.month(), day.day())
    });
    std::iter::once(day.strftime("%Y%m%d").to_string()).chain(era).collect()
}

/// Numbers, and the forms with separators: `1955-05-05`, `1955/05/05`, `S30.05.05`, `S300505`,
/// `昭和30年5月5日`, `昭和30年05月05日`.
fn texts(day: Date) -> Vec<String> {
    let (month, of_month) = (day.month(), day.day());
    let mut texts = vec![day.to_string(), day.strftime("%Y/%m/%d").to_string()];
    texts.extend(numbers(day));
    if let Some(EraYear { era, year }) = EraYear::of(day) {
        let (letter, kanji) = (era.letter(), era.kanji());
        texts.push(format!("{letter}{year:02}.{month:02}.{of_month:02}"));
        texts.push(format!("{letter}{year:02}{month:02}{of_month:02}"));
        texts.push(format!("{kanji}{year}年{month}月{of_month}日"));
        texts.push(format!("{kanji}{year:02}年{month:02}月{of_month:02}日"));
    }
    texts
}

/// Reads a member.
pub(super) fn member(mut row: ViewRow<'_>) -> Result<HeldMember, Vec<RowError>> {
    let (person, name) = (row.text("person"), row.text("name"));
    let (kana, address) = (full_width(row.text("name_kana")), row.text("address"));
    let former = row.text("former_names").split(PARTS).map(str::trim);
    let (birth, sex) = (row.day("birth_date"), row.word("sex", sex_called));
    row.done(birth.zip(sex).map(|(birth_date, sex)| HeldMember {
        person: Resident {
            reference: person.to_owned(),
            name: Name { text: name.to_owned(), kana },
            address: address.to_owned(),
            birth_date,
            sex,
            departed: None,
        },
        former_names: former.filter(|name| !name.is_empty()).map(str::to_owned).collect(),
        held_as: None,
        period: None,
    }))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;
    use warifu_contract::dates;

    use super::*;

    #[test]
    fn a_day_is_asked_for_in_the_forms_that_are_read() {
        let texts = texts(date(1955, 5, 5));
        for text in
            ["1955-05-05", "1955/05/05", "19550505", "3300505", "S30.05.05", "昭和30年5月5日"]
        {
            assert!(texts.iter().any(|form| form == text), "{text} {texts:?}");
        }
    }

    #[test]
    fn each_engine_compares_the_column_as_it_is() {
        let of = |dialect, kind| born(dialect, kind, date(1955, 5, 5)).0;
        let (postgres, mysql) = (Dialect::Postgres, Dialect::MySql);
        assert_eq!(of(postgres, DayKind::Day), "q.birth_date IN (CAST($1 AS DATE))");
        assert_eq!(of(mysql, DayKind::Day), "q.birth_date IN (CAST(? AS DATE))");
        assert!(of(postgres, DayKind::Number).contains("CAST($2 AS BIGINT)"));
        assert!(of(postgres, DayKind::Padded).contains("CAST($1 AS BPCHAR)"));
        assert!(of(Dialect::Sqlite, DayKind::Text).starts_with("q.birth_date IN ($1, $2"));
    }

    proptest! {
        #[test]
        fn every_form_is_the_day(days in 0_i32..60_000) {
            let day = date(1880, 1, 1) + jiff::ToSpan::days(days);
            for text in texts(day) {
                prop_assert_eq!(dates::parse(&text), Ok(day), "{}", text);
            }
        }
    }
}
