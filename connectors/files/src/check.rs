//! Rows of checks that clinics send in a file (一括認証), and the rows that answer them.

use jiff::civil::Date;
use warifu_contract::coverage::Relation;

use crate::coverage::{RELATIONS, relation_of};
use crate::error::RowError;
use crate::layout::{Column, Kind, Layout};
use crate::row::Row;
use crate::value::Fields;

const REFERENCE_NAMES: &[&str] = &["任意の患者番号", "照会番号"];

/// The columns of a file of checks.
pub static CHECKS: Layout = Layout {
    name: "資格確認一覧",
    english: "checks",
    columns: &[
        Column::optional("対象年月日", "target_date", Kind::Date),
        Column::required("保険者番号", "insurer_number", Kind::InsurerNumber),
        Column::optional("記号", "symbol", Kind::Text),
        Column::required("番号", "number", Kind::Text),
        Column::optional("枝番", "branch", Kind::Branch),
        Column::required("生年月日", "birth_date", Kind::Date),
        Column::optional("本人家族", "relation", Kind::Word(RELATIONS)).or(&[
            "種別",
            "本人家族区分",
            "本人・家族",
            "本人・家族の別",
        ]),
        Column::optional("カナ氏名", "name_kana", Kind::Text).or(&["氏名カナ"]).up_to(100),
        Column::optional("患者番号", "patient_reference", Kind::Text).or(REFERENCE_NAMES).up_to(64),
    ],
};

const TARGET_DATE: usize = 0;
const INSURER_NUMBER: usize = 1;
const SYMBOL: usize = 2;
const NUMBER: usize = 3;
const BRANCH: usize = 4;
const BIRTH_DATE: usize = 5;
const RELATION: usize = 6;
const NAME_KANA: usize = 7;
const REFERENCE: usize = 8;

/// The columns of the answers: what was asked, then what came of it.
pub static RESULTS: Layout = Layout {
    name: "資格確認結果一覧",
    english: "results",
    columns: &[
        Column::required("行", "line", Kind::Text),
        Column::optional("対象年月日", "target_date", Kind::Date),
        Column::optional("保険者番号", "insurer_number", Kind::Text),
        Column::optional("記号", "symbol", Kind::Text),
        Column::optional("番号", "number", Kind::Text),
        Column::optional("枝番", "branch", Kind::Text),
        Column::optional("生年月日", "birth_date", Kind::Text),
        Column::optional("患者番号", "patient_reference", Kind::Text).or(REFERENCE_NAMES).up_to(64),
        Column::optional("認証番号", "check_number", Kind::Text),
        Column::required("結果コード", "result_code", Kind::Text),
        Column::required("認証結果", "result", Kind::Text).up_to(200),
        Column::optional("理由", "reason", Kind::Text).up_to(400),
        Column::optional("本人家族", "relation", Kind::Word(RELATIONS)),
        Column::optional("氏名", "name", Kind::Text).up_to(100),
        Column::optional("カナ氏名", "name_kana", Kind::Text).up_to(100),
        Column::optional("有効開始日", "valid_from", Kind::Date),
        Column::optional("有効終了日", "valid_until", Kind::Date),
        Column::optional("負担割合", "copay", Kind::Percent),
        Column::optional("保険者名", "insurer_name", Kind::Text).up_to(200),
        Column::optional("情報の時点", "as_of", Kind::Text),
    ],
};

/// One check.
#[derive(Clone, PartialEq, Eq)]
pub struct CheckRow<'r> {
    /// 対象年月日; none means the day on which the file is worked through.
    pub target_date: Option<Date>,
    /// 保険者番号 as written.
    pub insurer_number: &'r str,
    /// 記号 as written; may be empty.
    pub symbol: &'r str,
    /// 番号 as written.
    pub number: &'r str,
    /// 枝番, 0 to 99.
    pub branch: Option<u8>,
    /// 生年月日.
    pub birth_date: Date,
    /// 本人・家族, where the clinic says it.
    pub relation: Option<Relation>,
    /// カナ氏名 as written; may be empty.
    pub name_kana: &'r str,
    /// The clinic's own number of the patient, to be given back; may be empty.
    pub reference: &'r str,
}

/// Shows nothing of a person.
impl std::fmt::Debug for CheckRow<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CheckRow(…)")
    }
}

impl<'r> CheckRow<'r> {
    /// Reads a row of [`CHECKS`]. Everything that is wrong with it is added to `errors`; none is
    /// given then.
    pub fn read(row: &'r Row, errors: &mut Vec<RowError>) -> Option<Self> {
        let mut fields = Fields::new(row, &CHECKS, errors);
        let target_date = fields.date(TARGET_DATE);
        let insurer_number = fields.insurer_number(INSURER_NUMBER);
        let symbol = fields.card_text(SYMBOL);
        let number = fields.card_text(NUMBER);
        let branch = fields.branch(BRANCH);
        let birth_date = fields.date(BIRTH_DATE);
        let relation = fields.word(RELATION);
        if !fields.are_right() {
            return None;
        }
        Some(Self {
            target_date,
            insurer_number,
            symbol,
            number,
            branch,
            birth_date: birth_date?,
            relation: relation.map(relation_of),
            name_kana: row.field(NAME_KANA),
            reference: row.field(REFERENCE),
        })
    }
}

/// The answer to one check, to be written as a row of [`RESULTS`]; what there is none of is empty.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct ResultRow<'r> {
    /// The line of the question.
    pub line: &'r str,
    /// The question as written: 対象年月日.
    pub target_date: &'r str,
    /// 保険者番号.
    pub insurer_number: &'r str,
    /// 記号.
    pub symbol: &'r str,
    /// 番号.
    pub number: &'r str,
    /// 枝番.
    pub branch: &'r str,
    /// 生年月日.
    pub birth_date: &'r str,
    /// 患者番号.
    pub reference: &'r str,
    /// 認証番号, 20 digits.
    pub check_number: &'r str,
    /// The verdict's code, or the [`Code`](crate::Code) of a row that could not be read.
    pub result_code: &'r str,
    /// The sentence for people.
    pub result: &'r str,
    /// Why.
    pub reason: &'r str,
    /// 本人, 家族.
    pub relation: &'r str,
    /// 氏名.
    pub name: &'r str,
    /// カナ氏名.
    pub name_kana: &'r str,
    /// 有効開始日, ISO.
    pub valid_from: &'r str,
    /// 有効終了日, ISO.
    pub valid_until: &'r str,
    /// 負担割合 as three digits of percent.
    pub copay: &'r str,
    /// 保険者名.
    pub insurer_name: &'r str,
    /// As of when the source's data is.
    pub as_of: &'r str,
}

/// Shows nothing of a person.
impl std::fmt::Debug for ResultRow<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ResultRow(line {}, {})", self.line, self.result_code)
    }
}

impl<'r> ResultRow<'r> {
    /// The question's own columns, whether it could be read or not.
    pub fn to(question: &'r Row, line: &'r str) -> Self {
        Self {
            line,
            target_date: question.field(TARGET_DATE),
            insurer_number: question.field(INSURER_NUMBER),
            symbol: question.field(SYMBOL),
            number: question.field(NUMBER),
            branch: question.field(BRANCH),
            birth_date: question.field(BIRTH_DATE),
            reference: question.field(REFERENCE),
            ..Self::default()
        }
    }

    /// The fields in the order of [`RESULTS`].
    pub fn fields(&self) -> [&'r str; 20] {
        [
            self.line,
            self.target_date,
            self.insurer_number,
            self.symbol,
            self.number,
            self.branch,
            self.birth_date,
            self.reference,
            self.check_number,
            self.result_code,
            self.result,
            self.reason,
            self.relation,
            self.name,
            self.name_kana,
            self.valid_from,
            self.valid_until,
            self.copay,
            self.insurer_name,
            self.as_of,
        ]
    }
}
