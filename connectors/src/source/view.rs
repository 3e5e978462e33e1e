//! The queries beside that of the coverages: what residents read of themselves.

use jiff::civil::Date;
use warifu_contract::dates;
use warifu_files::{Code, RowError};

use super::DatabaseError;
use super::engine::Dialect;
use super::row::fault;

/// The most characters of a text.
const LONGEST_TEXT: usize = 400;
/// The most digits of an amount: below a million million yen.
const LONGEST_AMOUNT: usize = 12;

/// What a query must give.
#[derive(Debug)]
pub(super) struct Shape {
    /// Its key in the configuration.
    pub(super) name: &'static str,
    required: &'static [&'static str],
    optional: &'static [&'static str],
    /// Columns with a key of a person by which rows are looked up: each needs an index.
    pub(super) keys: &'static [&'static str],
}

/// One bill a row.
pub(super) const EXPENSES: Shape = Shape {
    name: "expenses",
    required: &[
        "person",
        "insured_person",
        "insurer_number",
        "month",
        "institution",
        "care",
        "days",
        "total",
        "paid",
    ],
    optional: &["meals_count", "meals_paid", "public_part", "refund", "settled"],
    keys: &["person", "insured_person"],
};

/// One insurer a row.
pub(super) const PROGRESS: Shape = Shape {
    name: "expense_progress",
    required: &["insurer_number", "complete_until"],
    optional: &[],
    keys: &[],
};

/// One limit a row.
pub(super) const LIMITS: Shape = Shape {
    name: "cost_limits",
    required: &["person", "class", "base", "valid_from"],
    optional: &["hundredth_over", "outpatient", "valid_until"],
    keys: &["person"],
};

/// One programme of one person a row.
pub(super) const AIDS: Shape = Shape {
    name: "public_aids",
    required: &["person", "programme", "payer_number", "recipient_number", "valid_from"],
    optional: &["institutions", "monthly_limit", "copay", "valid_until"],
    keys: &["person"],
};

/// One person a row: whom cards can be linked to.
pub(super) const MEMBERS: Shape = Shape {
    name: "members",
    required: &["person", "name", "birth_date", "sex"],
    optional: &["name_kana", "address", "former_names"],
    keys: &[],
};

/// A configured query of one of the shapes.
#[derive(Debug)]
pub(super) struct View {
    pub(super) shape: &'static Shape,
    query: String,
    /// Those of the shape's columns that the query has, in the order in which they are asked for.
    columns: Vec<&'static str>,
}

impl View {
    /// A query that has columns of these names.
    ///
    /// # Errors
    /// Which columns it lacks.
    pub(super) fn new(
        shape: &'static Shape,
        query: String,
        names: &[String],
    ) -> Result<Self, DatabaseError> {
        let has = |column: &str| names.iter().any(|name| name.eq_ignore_ascii_case(column));
        let missing: Vec<&'static str> =
            shape.required.iter().copied().filter(|column| !has(column)).collect();
        if !missing.is_empty() {
            return Err(DatabaseError::View(shape.name, missing));
        }
        let known = shape.required.iter().chain(shape.optional).copied();
        Ok(Self { shape, query, columns: known.filter(|column| has(column)).collect() })
    }

    /// The query with its columns as text, as `q`; a condition may follow.
    pub(super) fn select(&self, dialect: Dialect) -> String {
        let texts: Vec<String> = self.columns.iter().map(|name| dialect.as_text(name)).collect();
        format!("SELECT {} FROM ({}) q", texts.join(", "), self.query)
    }

    /// The query as it was configured.
    pub(super) fn query(&self) -> &str {
        &self.query
    }

    /// A row to read from.
    pub(super) fn row<'r>(&'r self, fields: &'r [Option<String>]) -> ViewRow<'r> {
        ViewRow { view: self, fields, errors: Vec::new() }
    }

    /// Where in a row the column stands.
    pub(super) fn place(&self, column: &str) -> Option<usize> {
        self.columns.iter().position(|name| *name == column)
    }

    /// The columns, for people.
    pub(super) fn told(&self) -> String {
        self.columns.join(", ")
    }
}

/// One row while it becomes a value; what is wrong is noted, by column and never by value.
pub(super) struct ViewRow<'r> {
    view: &'r View,
    fields: &'r [Option<String>],
    errors: Vec<RowError>,
}

impl<'r> ViewRow<'r> {
    /// What was read, unless something was wrong.
    pub(super) fn done<T>(self, read: Option<T>) -> Result<T, Vec<RowError>> {
        read.filter(|_| self.errors.is_empty()).ok_or(self.errors)
    }

    /// A text; blank only where the column need not be there.
    pub(super) fn text(&mut self, column: &'static str) -> &'r str {
        let place = self.view.place(column);
        let field = place.and_then(|place| self.fields.get(place)?.as_deref()).unwrap_or_default();
        let text = field.trim();
        if text.is_empty() && self.view.shape.required.contains(&column) {
            self.wrong(Code::Required, column);
        }
        if text.chars().count() > LONGEST_TEXT {
            self.wrong(Code::FieldTooLong, column);
        }
        text
    }

    /// A number without a sign or a point.
    pub(super) fn amount(&mut self, column: &'static str) -> Option<u64> {
        let text = self.text(column);
        if text.is_empty() {
            return None;
        }
        let digits = text.len() <= LONGEST_AMOUNT && text.bytes().all(|byte| byte.is_ascii_digit());
        let amount = text.parse().ok().filter(|_| digits);
        self.or_wrong(amount, Code::Number, column)
    }

    /// A number of few digits.
    pub(super) fn small<T: TryFrom<u64>>(&mut self, column: &'static str) -> Option<T> {
        let amount = self.amount(column)?;
        self.or_wrong(T::try_from(amount).ok(), Code::Number, column)
    }

    /// A share of a hundred.
    pub(super) fn percent(&mut self, column: &'static str) -> Option<u8> {
        let amount = self.amount(column)?;
        let percent = u8::try_from(amount).ok().filter(|percent| *percent <= 100);
        self.or_wrong(percent, Code::Number, column)
    }

    /// A day, in any of the forms of files.
    pub(super) fn day(&mut self, column: &'static str) -> Option<Date> {
        let text = self.text(column);
        if text.is_empty() {
            return None;
        }
        self.or_wrong(dates::parse(text).ok(), Code::Date, column)
    }

    /// The first day of a month that stands as any of its days, or without one (`2026-05`,
    /// `202605`, `50805`).
    pub(super) fn month(&mut self, column: &'static str) -> Option<Date> {
        let text = self.text(column);
        if text.is_empty() {
            return None;
        }
        let forms = [text.to_owned(), format!("{text}-01"), format!("{text}01")];
        let day = forms.iter().find_map(|form| dates::parse(form).ok());
        self.or_wrong(day.map(Date::first_of_month), Code::Date, column)
    }

    /// What a text of the column means.
    pub(super) fn word<T>(
        &mut self,
        column: &'static str,
        meaning: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let text = self.text(column);
        if text.is_empty() {
            return None;
        }
        self.or_wrong(meaning(text), Code::Code, column)
    }

    /// Notes that a day lies before another.
    pub(super) fn check_period(&mut self, from: Option<Date>, until: Option<Date>) {
        if from.zip(until).is_some_and(|(from, until)| until < from) {
            self.wrong(Code::Period, "valid_until");
        }
    }

    fn or_wrong<T>(&mut self, value: Option<T>, code: Code, column: &'static str) -> Option<T> {
        if value.is_none() {
            self.wrong(code, column);
        }
        value
    }

    fn wrong(&mut self, code: Code, column: &'static str) {
        self.errors.push(RowError::new(code, 1).in_column(column));
    }
}

/// What is wrong with a row of the view, in one line.
pub(super) fn faults(view: &View, errors: &[RowError]) -> DatabaseError {
    let faults: Vec<String> = errors.iter().map(fault).collect();
    DatabaseError::Row(format!("{}: {}", view.shape.name, faults.join(", ")))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn view(names: &[&str]) -> Result<View, DatabaseError> {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        View::new(&LIMITS, "SELECT".to_owned(), &names)
    }

    #[test]
    fn columns_that_lack_are_named_and_others_left_out() {
        let error = view(&["person", "CLASS", "more"]).unwrap_err().to_string();
        assert_eq!(error, "source.columns: cost_limits has no column base, valid_from");
        let view = view(&["valid_from", "base", "class", "person", "outpatient", "more"]).unwrap();
        assert_eq!(view.told(), "person, class, base, valid_from, outpatient");
    }

    #[test]
    fn what_is_wrong_is_told_by_column() {
        let view = view(&["person", "class", "base", "valid_from", "valid_until"]).unwrap();
        let fields = ["p", " ", "-1", "R8.4.1", "2026-03-31"].map(|text| Some(text.to_owned()));
        let mut row = view.row(&fields);
        assert_eq!((row.text("class"), row.amount("base")), ("", None));
        let (from, until) = (row.day("valid_from"), row.day("valid_until"));
        assert_eq!(from, Some(date(2026, 4, 1)));
        row.check_period(from, until);
        assert_eq!(row.amount("outpatient"), None);
        let told = faults(&view, &row.done(Some(())).unwrap_err()).to_string();
        let expected = "source.row: cost_limits: file.required class, file.number base, \
                        file.period valid_until";
        assert_eq!(told, expected);
    }

    #[test]
    fn months_are_written_in_many_ways() {
        let view = view(&["person", "class", "base", "valid_from"]).unwrap();
        for text in ["2026-05", "202605", "20260531", "2026-05-31", "50805", "R8.5.1"] {
            let fields = ["p", "ア", "1", text].map(|text| Some(text.to_owned()));
            let mut row = view.row(&fields);
            assert_eq!(row.month("valid_from"), Some(date(2026, 5, 1)), "{text}");
        }
    }
}
