//! Rows of the query: its columns, and what they say.

use jiff::ToSpan as _;
use unicode_normalization::UnicodeNormalization as _;
use warifu_contract::card_key::CardKey;
use warifu_contract::coverage::{Relation, Workplace};
use warifu_contract::person::Name;
use warifu_contract::register::{Copay, Enrolled};
use warifu_files::{COVERAGE, Code, CoverageRow, Row, RowError, Standing};

use super::DatabaseError;
use super::engine::Dialect;

/// The insurer's own key of the person.
const PERSON: &str = "person";

/// Columns of which a coverage needs one.
const FIRST_DAYS: [&str; 2] = ["acquired_on", "valid_from"];

/// The columns of [`COVERAGE`] that the query has, in the order in which they are asked for
/// behind `person`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Columns(pub(super) Vec<usize>);

/// One coverage of one person.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct SourceRow {
    pub insurer_number: String,
    pub symbol: String,
    pub number: String,
    pub key: CardKey,
    pub relation: Relation,
    pub relationship: String,
    pub enrolled: Enrolled,
    pub workplace: Option<Workplace>,
}

impl Columns {
    /// Those of `names`; an error tells which are missing.
    pub(super) fn new(names: &[String]) -> Result<Self, DatabaseError> {
        let has = |name: &str| names.iter().any(|known| known.eq_ignore_ascii_case(name));
        let mut missing: Vec<&'static str> = COVERAGE
            .columns
            .iter()
            .filter(|column| {
                (column.required || column.english == "symbol") && !has(column.english)
            })
            .map(|column| column.english)
            .collect();
        if !has(PERSON) {
            missing.push(PERSON);
        }
        if !FIRST_DAYS.into_iter().any(has) {
            missing.extend(FIRST_DAYS);
        }
        if !missing.is_empty() {
            return Err(DatabaseError::Columns(missing));
        }
        let columns = COVERAGE.columns.iter().enumerate();
        Ok(Self(columns.filter(|(_, column)| has(column.english)).map(|(n, _)| n).collect()))
    }

    /// The query with its columns as text, as `q`; a condition may follow.
    pub(super) fn select(&self, dialect: Dialect, query: &str) -> String {
        let columns = self.0.iter().filter_map(|number| COVERAGE.columns.get(*number));
        let names = std::iter::once(PERSON).chain(columns.map(|column| column.english));
        let texts: Vec<String> = names.map(|name| dialect.as_text(name)).collect();
        format!("SELECT {} FROM ({query}) q", texts.join(", "))
    }

    /// Reads a row as a file's row is read. A notice counts `notice_days` from its first day.
    pub(super) fn read(
        &self,
        fields: &[Option<String>],
        notice_days: i64,
    ) -> Result<SourceRow, Vec<RowError>> {
        let text = |field: &'_ Option<String>| field.clone().unwrap_or_default();
        let person = fields.first().map(text).unwrap_or_default();
        let texts = fields.iter().skip(1).map(|field| field.as_deref().unwrap_or_default());
        let row = Row::of(&COVERAGE, 1, self.0.iter().copied().zip(texts)).map_err(|e| vec![e])?;
        let mut errors = Vec::new();
        let coverage = CoverageRow::read(&row, &mut errors);
        if person.trim().is_empty() {
            errors.push(RowError::new(Code::Required, 1).in_column(PERSON));
        }
        match coverage {
            Some(coverage) if errors.is_empty() => {
                let key = CardKey::parse(coverage.symbol, coverage.number);
                let key =
                    key.ok_or_else(|| vec![RowError::new(Code::Number, 1).in_column("番号")])?;
                Ok(source_row(person, key, &coverage, notice_days))
            }
            _ => Err(errors),
        }
    }
}

/// What is wrong, without a value.
pub(super) fn fault(error: &RowError) -> String {
    format!("{} {}", error.code.as_str(), error.column.unwrap_or_default())
}

fn source_row(
    person: String,
    key: CardKey,
    coverage: &CoverageRow<'_>,
    notice_days: i64,
) -> SourceRow {
    SourceRow {
        insurer_number: coverage.insurer_number.to_owned(),
        symbol: coverage.symbol.to_owned(),
        number: coverage.number.to_owned(),
        key,
        relation: coverage.relation,
        relationship: coverage.relationship.to_owned(),
        enrolled: enrolled(person, coverage, notice_days),
        workplace: (!coverage.workplace_name.is_empty()).then(|| Workplace {
            name: coverage.workplace_name.to_owned(),
            address: coverage.workplace_address.to_owned(),
        }),
    }
}

fn enrolled(person: String, coverage: &CoverageRow<'_>, notice_days: i64) -> Enrolled {
    let validity = coverage.validity;
    let notice = validity.from.saturating_add(notice_days.days());
    let from = coverage.copay_from.unwrap_or(validity.from);
    let copay = coverage.copay_percent.map(|percent| Copay { from, percent, income: None });
    Enrolled {
        person,
        name: Name { text: coverage.name.to_owned(), kana: full_width(coverage.name_kana) },
        sex: coverage.sex,
        birth_date: coverage.birth_date,
        branch: coverage.branch.map(|branch| format!("{branch:02}")),
        validity,
        provisional_until: (coverage.standing == Standing::Provisional).then_some(notice),
        copays: copay.into_iter().collect(),
    }
}

/// Kana in full width, one plain blank between family and given name.
pub(super) fn full_width(kana: &str) -> String {
    let wide: String = kana.nfkc().collect();
    wide.split_whitespace().collect::<Vec<_>>().join(" ")
}

impl SourceRow {
    /// 保険者番号, and 記号・番号 comparable.
    pub(super) fn card(&self) -> (String, String, String) {
        let (symbol, number) = (self.key.symbol().to_owned(), self.key.number().to_owned());
        (self.insurer_number.clone(), symbol, number)
    }
}
