//! Records as they come out of a file.

use crate::person::Person;

/// What a record of a differential deposit does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Change {
    /// 取得 (認定 of a dependant): the person joins the card.
    Joined,
    /// 変更: what is known of the person is replaced.
    Altered,
    /// 喪失 (削除 of a dependant from the card): the person's last day is set.
    Left,
    /// 削除: the person was entered by mistake and never was on the card.
    Struck,
}

/// One record: a person on a card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The line on which it begins, from 1.
    pub line: u64,
    /// 保険者番号.
    pub insurer_number: String,
    /// 記号.
    pub symbol: String,
    /// 番号.
    pub number: String,
    /// The person.
    pub person: Person,
    /// What it does; [`Change::Joined`] in a full deposit.
    pub change: Change,
}

/// A record that cannot be taken. Says where and what, never a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// The line on which it begins, from 1.
    pub line: u64,
    /// Which field, as the file's layout names it; empty when it is the record as a whole.
    pub field: &'static str,
    /// What is wrong.
    pub code: &'static str,
    /// 記号 and 番号, where these could be read: the card then stays as it was before.
    pub card: Option<(String, String)>,
    /// Nothing can be read after it: the deposit is refused.
    pub fatal: bool,
}

impl Change {
    pub(super) fn code(self) -> u8 {
        match self {
            Self::Joined => 1,
            Self::Altered => 2,
            Self::Left => 3,
            Self::Struck => 4,
        }
    }

    pub(super) fn of(code: u8) -> Option<Self> {
        [Self::Joined, Self::Altered, Self::Left, Self::Struck]
            .into_iter()
            .find(|change| change.code() == code)
    }
}
