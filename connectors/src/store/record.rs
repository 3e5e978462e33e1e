//! Check-ups and pensions: records kept as the member will see them.

use jiff::Timestamp;
use warifu_contract::records::{Checkup, CheckupRecord, PensionRecord};
use warifu_service::storage::instant;
use warifu_service::{fetch_all, fetch_optional};

use super::column::Table;
use super::{MemberId, Store, StoreError};

const CHECKUPS: Table = Table("checkups");
const PENSIONS: Table = Table("pensions");

#[derive(sqlx::FromRow)]
struct CheckupRow {
    taken_on: String,
    place: String,
    items: String,
    changed_at: i64,
}

impl Store {
    /// The member's check-ups, newest first, and when they were last changed; none without any.
    pub async fn checkups(
        &self,
        member: &MemberId,
    ) -> Result<Option<(CheckupRecord, Timestamp)>, StoreError> {
        let sql = "SELECT taken_on, place, items, changed_at FROM checkups \
                   WHERE member_id = $1 ORDER BY taken_on DESC";
        let rows = fetch_all!(self.database.read(), CheckupRow, sql, member.as_str())?;
        let changed_at = rows.iter().map(|row| row.changed_at).max();
        let (Some(changed_at), Some(known)) = (changed_at, self.member(member).await?) else {
            return Ok(None);
        };
        let checkups: Result<Vec<Checkup>, StoreError> = rows.into_iter().map(checkup).collect();
        let record =
            CheckupRecord { sex: known.sex, birth_date: known.birth_date, checkups: checkups? };
        Ok(Some((record, instant(changed_at))))
    }

    /// The member's pension record and when it was last changed.
    pub async fn pension(
        &self,
        member: &MemberId,
    ) -> Result<Option<(PensionRecord, Timestamp)>, StoreError> {
        let sql = "SELECT record, changed_at FROM pensions WHERE member_id = $1";
        let row = fetch_optional!(self.database.read(), (String, i64), sql, member.as_str())?;
        row.map(|(record, changed_at)| Ok((PENSIONS.json("record", &record)?, instant(changed_at))))
            .transpose()
    }
}

fn checkup(row: CheckupRow) -> Result<Checkup, StoreError> {
    Ok(Checkup {
        taken_on: CHECKUPS.date("taken_on", &row.taken_on)?,
        place: row.place,
        items: CHECKUPS.json("items", &row.items)?,
    })
}
