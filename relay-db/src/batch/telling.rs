//! A row of the result in words: the 2005 sentence, the code, and why, in the language of the
//! file's own header.

use std::io::{self, Write};

use warifu_contract::batch::DisclosureLevel;
use warifu_contract::coverage::Relation;
use warifu_contract::eligibility::{FieldHint, ReasonCheck};
use warifu_files::{HeaderStyle, ResultRow, Shape, Writer};

use super::row::{Answered, Came, Fault, Row, Told};

/// The language of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tongue {
    Japanese,
    English,
}

impl Tongue {
    /// That of its header.
    pub fn of(shape: Shape) -> Self {
        if shape.header == HeaderStyle::English { Self::English } else { Self::Japanese }
    }

    fn say(self, ja: &'static str, en: &'static str) -> &'static str {
        if self == Self::English { en } else { ja }
    }
}

/// Writes `row`, as much of it as `level` allows.
pub(crate) fn write<W: Write>(
    writer: &mut Writer<W>,
    row: &Row,
    level: DisclosureLevel,
    tongue: Tongue,
) -> io::Result<usize> {
    let line = row.line.to_string();
    match &row.came {
        Came::Wrong(faults) => writer.write(&unread(row, &line, faults, tongue).as_fields()),
        Came::Answered(answered) if level == DisclosureLevel::OkNg => {
            let code = if answered.verdict.covers() { "ok" } else { "ng" };
            let told = ResultRow {
                check_number: &answered.number,
                result_code: code,
                result: answered.verdict.legacy_message(),
                ..row.echo.row(&line)
            };
            writer.write(&told.fields())
        }
        Came::Answered(answered) => full(writer, row, &line, answered, tongue),
    }
}

fn full<W: Write>(
    writer: &mut Writer<W>,
    row: &Row,
    line: &str,
    answered: &Answered,
    tongue: Tongue,
) -> io::Result<usize> {
    let reason = reason(answered, tongue);
    let as_of = answered.as_of.map(|at| at.to_string()).unwrap_or_default();
    let day = answered.day.to_string();
    let words = answered.told.as_ref().map(Words::of).unwrap_or_default();
    let told = answered.told.as_ref();
    let result = ResultRow {
        target_date: &day,
        check_number: &answered.number,
        result_code: answered.verdict.code(),
        result: answered.verdict.legacy_message(),
        reason: &reason,
        relation: told.map_or("", |told| relation(told.relation, tongue)),
        name: told.map_or("", |told| &told.name),
        name_kana: told.map_or("", |told| &told.kana),
        valid_from: &words.from,
        valid_until: &words.until,
        copay: &words.copay,
        insurer_name: told.map_or("", |told| &told.insurer),
        as_of: &as_of,
        ..row.echo.row(line)
    };
    writer.write(&result.fields())
}

/// What of a coverage must be put into words.
#[derive(Default)]
struct Words {
    from: String,
    until: String,
    copay: String,
}

impl Words {
    fn of(told: &Told) -> Self {
        Self {
            from: told.from.to_string(),
            until: told.until.map(|day| day.to_string()).unwrap_or_default(),
            copay: told.copay_percent.map(|percent| format!("{percent:03}")).unwrap_or_default(),
        }
    }
}

/// A line that could not be read.
struct Unread<'r> {
    row: ResultRow<'r>,
    reason: String,
}

impl Unread<'_> {
    fn as_fields(&self) -> [&str; 20] {
        ResultRow { reason: &self.reason, ..self.row }.fields()
    }
}

fn unread<'r>(row: &'r Row, line: &'r str, faults: &'r [Fault], tongue: Tongue) -> Unread<'r> {
    let code = faults.first().map_or("", |fault| &fault.code);
    let places = faults.iter().map(|fault| match &fault.column {
        Some(column) => format!("{column}: {}", fault.code),
        None => fault.code.clone(),
    });
    let row = ResultRow {
        result_code: code,
        result: tongue.say("この行は読めませんでした", "This line could not be read"),
        ..row.echo.row(line)
    };
    Unread { row, reason: places.collect::<Vec<_>>().join("; ") }
}

fn relation(relation: Relation, tongue: Tongue) -> &'static str {
    match relation {
        Relation::Insured => tongue.say("本人", "insured"),
        Relation::Dependant => tongue.say("家族", "dependant"),
    }
}

/// The step that decided, and which field to look at again.
fn reason(answered: &Answered, tongue: Tongue) -> String {
    let step = answered.failed.map(|check| step_words(check, tongue));
    let hint = answered.hint.map(|hint| hint_words(hint, tongue));
    let join = tongue.say("。", ". ");
    step.into_iter().chain(hint).collect::<Vec<_>>().join(join)
}

fn step_words(check: ReasonCheck, tongue: Tongue) -> &'static str {
    let (ja, en) = match check {
        ReasonCheck::CardGenuine => ("カードを確かめられません", "The card is not in force"),
        ReasonCheck::Linked => ("保険者とつながっていません", "Not linked to an insurer"),
        ReasonCheck::InsurerAnswered => {
            ("保険者の回答がまだありません", "The insurer has not answered yet")
        }
        ReasonCheck::InsurerKnown => {
            ("この保険者番号は登録されていません", "The insurer number is not registered")
        }
        ReasonCheck::InsurerNumberFits => {
            ("保険者番号の検証番号が合いません", "The insurer number's check digit does not fit")
        }
        ReasonCheck::CoverageInForce => {
            ("この日に有効な資格がありません", "No coverage is in force on that day")
        }
        ReasonCheck::Entered => {
            ("届出は受理され、登録を待っています", "Notified, and not entered yet")
        }
        ReasonCheck::NewerKnown => ("新しい資格は見つかっていません", "No newer coverage is known"),
        ReasonCheck::InsurerInForce => {
            ("この日には保険者が有効ではありません", "The insurer is not in force on that day")
        }
        ReasonCheck::NumberKnown => {
            ("記号・番号が登録されていません", "The symbol and number are not registered")
        }
        ReasonCheck::PersonFound => (
            "生年月日または枝番の合う人がいません",
            "Nobody fits the birth date or the branch number",
        ),
        ReasonCheck::OneCoverage => ("資格が二つ以上あります", "There is more than one coverage"),
        ReasonCheck::Started => ("資格がまだ始まっていません", "The coverage has not started yet"),
        ReasonCheck::NotEnded => ("資格が終わっています", "The coverage has ended"),
    };
    tongue.say(ja, en)
}

fn hint_words(hint: FieldHint, tongue: Tongue) -> &'static str {
    match hint {
        FieldHint::Symbol => tongue.say("記号を確かめてください", "Check the symbol"),
        FieldHint::Number => tongue.say("番号を確かめてください", "Check the number"),
        FieldHint::Branch => tongue.say("枝番を確かめてください", "Check the branch number"),
        FieldHint::InsurerNumber => {
            tongue.say("保険者番号を確かめてください", "Check the insurer number")
        }
        FieldHint::BirthDate => tongue.say("生年月日を確かめてください", "Check the birth date"),
    }
}
