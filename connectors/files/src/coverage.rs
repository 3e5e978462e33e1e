//! Rows of coverage that insurers deposit (保険証情報).

use jiff::civil::Date;
use warifu_contract::coverage::{Relation, Validity};
use warifu_contract::person::Sex;

use crate::code::Code;
use crate::error::RowError;
use crate::layout::{Column, Kind, Layout, Word};
use crate::row::Row;
use crate::value::Fields;

/// The columns of a deposit.
pub static COVERAGE: Layout = Layout {
    name: "資格情報一覧",
    english: "coverages",
    columns: &[
        Column::required("本人家族", "relation", Kind::Word(RELATIONS)).or(&[
            "種別",
            "本人家族区分",
            "本人・家族",
            "本人・家族の別",
        ]),
        Column::optional("異動区分", "change", Kind::Word(CHANGES)),
        Column::required("保険者番号", "insurer_number", Kind::InsurerNumber),
        Column::optional("記号", "symbol", Kind::Text),
        Column::required("番号", "number", Kind::Text),
        Column::optional("枝番", "branch", Kind::Branch),
        Column::required("氏名", "name", Kind::Text).or(&["漢字氏名"]).up_to(100),
        Column::required("カナ氏名", "name_kana", Kind::Text).or(&["氏名カナ"]).up_to(100),
        Column::required("性別", "sex", Kind::Word(SEXES)),
        Column::required("生年月日", "birth_date", Kind::Date),
        Column::optional("続柄", "relationship", Kind::Text),
        Column::optional("資格取得日", "acquired_on", Kind::Date).or(&["資格取得年月日", "認定日"]),
        Column::optional("有効開始日", "valid_from", Kind::Date).or(&[
            "有効開始年月日",
            "効力開始日",
            "開始年月日",
        ]),
        Column::optional("資格喪失日", "lost_on", Kind::Date).or(&["資格喪失年月日"]),
        Column::optional("有効終了日", "valid_until", Kind::Date)
            .or(&["有効終了年月日", "有効期限"]),
        Column::optional("負担割合", "copay", Kind::Percent).or(&["一部負担金割合", "給付割合"]),
        Column::optional("負担割合開始日", "copay_from", Kind::Date),
        Column::optional("届出状態", "standing", Kind::Word(STANDINGS)),
        Column::optional("事業所名", "workplace_name", Kind::Text).up_to(200),
        Column::optional("事業所住所", "workplace_address", Kind::Text).up_to(200),
        Column::optional("住所", "address", Kind::Text).up_to(200),
    ],
};

const RELATION: usize = 0;
const CHANGE: usize = 1;
const INSURER_NUMBER: usize = 2;
const SYMBOL: usize = 3;
const NUMBER: usize = 4;
const BRANCH: usize = 5;
const NAME: usize = 6;
const NAME_KANA: usize = 7;
const SEX: usize = 8;
const BIRTH_DATE: usize = 9;
const RELATIONSHIP: usize = 10;
const ACQUIRED_ON: usize = 11;
const VALID_FROM: usize = 12;
const LOST_ON: usize = 13;
const VALID_UNTIL: usize = 14;
const COPAY: usize = 15;
const COPAY_FROM: usize = 16;
const STANDING: usize = 17;
const WORKPLACE_NAME: usize = 18;
const WORKPLACE_ADDRESS: usize = 19;
const ADDRESS: usize = 20;

pub(crate) const RELATIONS: &[Word] = &[
    Word { digit: "1", name: "本人", aliases: &["被保険者", "insured"] },
    Word { digit: "2", name: "家族", aliases: &["被扶養者", "dependant", "dependent"] },
];

const CHANGES: &[Word] = &[
    Word {
        digit: "1", name: "取得", aliases: &["資格取得", "認定", "被扶養者認定", "acquired"]
    },
    Word { digit: "2", name: "変更", aliases: &["changed"] },
    Word { digit: "3", name: "喪失", aliases: &["資格喪失", "lost"] },
    Word { digit: "4", name: "削除", aliases: &["被扶養者削除", "取消", "deleted"] },
];

const SEXES: &[Word] = &[
    Word { digit: "1", name: "男", aliases: &["男性", "male", "M"] },
    Word { digit: "2", name: "女", aliases: &["女性", "female", "F"] },
    Word { digit: "3", name: "不明", aliases: &["0", "9", "unknown"] },
];

const STANDINGS: &[Word] = &[
    Word { digit: "1", name: "確定", aliases: &["confirmed"] },
    Word { digit: "2", name: "届出受理", aliases: &["暫定", "provisional"] },
];

/// What a row of a differential deposit says has happened (異動区分).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Change {
    /// 取得, 認定.
    Acquired,
    /// 変更.
    Changed,
    /// 喪失.
    Lost,
    /// 削除: it never held.
    Deleted,
}

/// How far the insurer has got with it (届出状態).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Standing {
    /// 確定.
    #[default]
    Confirmed,
    /// 届出受理: notified, not yet confirmed.
    Provisional,
}

/// One coverage of one person, as an insurer states it in a file.
#[derive(Clone, PartialEq, Eq)]
pub struct CoverageRow<'r> {
    /// 本人・家族.
    pub relation: Relation,
    /// 異動区分; none in a full deposit.
    pub change: Option<Change>,
    /// 保険者番号 as written.
    pub insurer_number: &'r str,
    /// 記号 as written; empty where there is none.
    pub symbol: &'r str,
    /// 番号 as written.
    pub number: &'r str,
    /// 枝番, 0 to 99.
    pub branch: Option<u8>,
    /// 氏名.
    pub name: &'r str,
    /// カナ氏名 as written, half or full width.
    pub name_kana: &'r str,
    /// 性別.
    pub sex: Sex,
    /// 生年月日.
    pub birth_date: Date,
    /// 続柄; empty where it is not said.
    pub relationship: &'r str,
    /// The days on which it holds, both ends included. 資格喪失日, the first day without it, has
    /// become the day before.
    pub validity: Validity,
    /// 一部負担金の割合 in percent.
    pub copay_percent: Option<u8>,
    /// From when on that holds; none means as long as the coverage.
    pub copay_from: Option<Date>,
    /// 届出状態.
    pub standing: Standing,
    /// 事業所名; empty where there is none.
    pub workplace_name: &'r str,
    /// 事業所住所; empty where there is none.
    pub workplace_address: &'r str,
    /// 住所 of the person; empty where it is not said.
    pub address: &'r str,
}

/// Shows nothing of a person.
impl std::fmt::Debug for CoverageRow<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CoverageRow(…)")
    }
}

impl<'r> CoverageRow<'r> {
    /// Reads a row of [`COVERAGE`]. Everything that is wrong with it is added to `errors`; none
    /// is given then.
    pub fn read(row: &'r Row, errors: &mut Vec<RowError>) -> Option<Self> {
        let mut fields = Fields::new(row, &COVERAGE, errors);
        let relation = fields.word(RELATION);
        let change = fields.word(CHANGE);
        let insurer_number = fields.insurer_number(INSURER_NUMBER);
        let symbol = fields.card_text(SYMBOL);
        let number = fields.card_text(NUMBER);
        let branch = fields.branch(BRANCH);
        let (name, name_kana) = (fields.text(NAME), fields.text(NAME_KANA));
        let sex = fields.word(SEX);
        let birth_date = fields.date(BIRTH_DATE);
        let validity = validity(&mut fields);
        let copay_percent = fields.percent(COPAY);
        let copay_from = fields.date(COPAY_FROM);
        let standing = fields.word(STANDING);
        if !fields.are_right() {
            return None;
        }
        Some(Self {
            relation: relation_of(relation?),
            change: change.map(change_of),
            insurer_number,
            symbol,
            number,
            branch,
            name,
            name_kana,
            sex: sex_of(sex?),
            birth_date: birth_date?,
            relationship: row.field(RELATIONSHIP),
            validity: validity?,
            copay_percent,
            copay_from,
            standing: if standing == Some(1) { Standing::Provisional } else { Standing::Confirmed },
            workplace_name: row.field(WORKPLACE_NAME),
            workplace_address: row.field(WORKPLACE_ADDRESS),
            address: row.field(ADDRESS),
        })
    }
}

/// The later of the first days, the earlier of the last ones.
fn validity(fields: &mut Fields<'_, '_>) -> Option<Validity> {
    let firsts = [fields.date(ACQUIRED_ON), fields.date(VALID_FROM)];
    let lost = fields.last_date(LOST_ON);
    let lasts = [lost.and_then(|day| day.yesterday().ok()), fields.last_date(VALID_UNTIL)];
    let until = lasts.into_iter().flatten().min();
    let Some(from) = firsts.into_iter().flatten().max() else {
        if fields.are_right() {
            fields.wrong(Code::Required, ACQUIRED_ON);
        }
        return None;
    };
    // Lost on the day of acquisition: it never held, which only 削除 can say.
    if until.is_some_and(|until| until < from) {
        fields.wrong(Code::Period, if lost.is_some() { LOST_ON } else { VALID_UNTIL });
    }
    Some(Validity { from, until })
}

pub(crate) fn relation_of(word: usize) -> Relation {
    if word == 0 { Relation::Insured } else { Relation::Dependant }
}

fn change_of(word: usize) -> Change {
    match word {
        0 => Change::Acquired,
        1 => Change::Changed,
        2 => Change::Lost,
        _ => Change::Deleted,
    }
}

/// What a word of 性別 means, in any of the ways of files of coverage.
pub fn sex_called(text: &str) -> Option<Sex> {
    SEXES.iter().position(|word| word.is(text)).map(sex_of)
}

fn sex_of(word: usize) -> Sex {
    match word {
        0 => Sex::Male,
        1 => Sex::Female,
        _ => Sex::Unknown,
    }
}

#[cfg(test)]
mod tests;
