//! Members, and the pseudonyms under which the relay knows them.

use std::fmt;

use jiff::Timestamp;
use jiff::civil::Date;
use warifu_contract::person::{Name, Sex};
use warifu_service::storage::instant;
use warifu_service::{execute, fetch_all, fetch_optional};

use super::column::Table;
use super::{Store, StoreError};

const MEMBERS: Table = Table("members");

/// A member's random id in this store.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MemberId(pub(super) String);

impl MemberId {
    pub(crate) fn from_row(id: String) -> Self {
        Self(id)
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for MemberId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A person whom the connector's organisation knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The organisation's own name for the member; unique.
    pub reference: String,
    /// 氏名.
    pub name: Name,
    /// 性別.
    pub sex: Sex,
    /// 生年月日.
    pub birth_date: Date,
    /// 住所, where the organisation has one.
    pub address: Option<String>,
    /// 旧姓・旧氏名 that the organisation knows, in order.
    pub former_names: Vec<String>,
    /// When the data were last changed.
    pub changed_at: Timestamp,
}

#[derive(sqlx::FromRow)]
pub(super) struct MemberRow {
    reference: String,
    name: String,
    name_kana: String,
    sex: String,
    birth_date: String,
    address: Option<String>,
    changed_at: i64,
}

impl TryFrom<MemberRow> for Member {
    type Error = StoreError;

    fn try_from(row: MemberRow) -> Result<Self, StoreError> {
        Ok(Self {
            reference: row.reference,
            name: Name { text: row.name, kana: row.name_kana },
            sex: MEMBERS.word("sex", row.sex)?,
            birth_date: MEMBERS.date("birth_date", &row.birth_date)?,
            address: row.address,
            former_names: Vec::new(),
            changed_at: instant(row.changed_at),
        })
    }
}

impl Store {
    /// The member's data.
    pub async fn member(&self, id: &MemberId) -> Result<Option<Member>, StoreError> {
        let sql = "SELECT reference, name, name_kana, sex, birth_date, address, changed_at \
                   FROM members WHERE id = $1";
        let row = fetch_optional!(self.database.read(), MemberRow, sql, id.as_str())?;
        let Some(row) = row else { return Ok(None) };
        let former_names = self.former_names(id).await?;
        Ok(Some(Member { former_names, ..Member::try_from(row)? }))
    }

    async fn former_names(&self, id: &MemberId) -> Result<Vec<String>, StoreError> {
        let sql = "SELECT name FROM former_names WHERE member_id = $1 ORDER BY name";
        let rows = fetch_all!(self.database.read(), (String,), sql, id.as_str())?;
        Ok(rows.into_iter().map(|(name,)| name).collect())
    }

    /// The member whom the organisation calls `reference`.
    pub async fn member_called(&self, reference: &str) -> Result<Option<MemberId>, StoreError> {
        let sql = "SELECT id FROM members WHERE reference = $1";
        let row = fetch_optional!(self.database.read(), (String,), sql, reference)?;
        Ok(row.map(|(id,)| MemberId(id)))
    }

    /// Lets the relay speak of `member` as `pseudonym` from now on; an older pseudonym of the
    /// member is forgotten.
    pub async fn bind_pseudonym(
        &self,
        member: &MemberId,
        pseudonym: &str,
    ) -> Result<(), StoreError> {
        let sql = "INSERT INTO pseudonyms (pseudonym, member_id) VALUES ($1, $2) \
                   ON CONFLICT (member_id) DO UPDATE SET pseudonym = excluded.pseudonym";
        execute!(self.database.write(), sql, pseudonym, member.as_str())?;
        Ok(())
    }

    /// Whom `pseudonym` stands for.
    pub async fn member_of(&self, pseudonym: &str) -> Result<Option<MemberId>, StoreError> {
        let sql = "SELECT member_id FROM pseudonyms WHERE pseudonym = $1";
        let row = fetch_optional!(self.database.read(), (String,), sql, pseudonym)?;
        Ok(row.map(|(id,)| MemberId(id)))
    }

    /// The pseudonym of the member, where the relay has one.
    pub async fn pseudonym_of(&self, member: &str) -> Result<Option<String>, StoreError> {
        let sql = "SELECT pseudonym FROM pseudonyms WHERE member_id = $1";
        let row = fetch_optional!(self.database.read(), (String,), sql, member)?;
        Ok(row.map(|(pseudonym,)| pseudonym))
    }
}
