//! Calls to the call centre, counted for each member of staff and for each caller.

use jiff::Timestamp;
use warifu_service::storage::{Transaction, micros};
use warifu_service::{execute, fetch_one};

use super::Store;
use crate::OfficeError;

impl Store {
    /// How many wrong answers there were since then: to this member, and by this caller.
    pub(crate) async fn wrong_answers(
        &self,
        on: &mut Transaction,
        (member, caller): (&str, &[u8]),
        since: Timestamp,
    ) -> Result<(i64, i64), OfficeError> {
        let sql = "SELECT count(*) FROM office_calls WHERE member = $1 AND at > $2 AND NOT passed";
        let (to_member,) = fetch_one!(on.on(), (i64,), sql, member, micros(since))?;
        let sql = "SELECT count(*) FROM office_calls WHERE caller = $1 AND at > $2 AND NOT passed";
        let (by_caller,) = fetch_one!(on.on(), (i64,), sql, caller, micros(since))?;
        Ok((to_member, by_caller))
    }

    /// Takes down a call.
    pub(crate) async fn insert_call(
        &self,
        on: &mut Transaction,
        (member, caller): (&str, &[u8]),
        now: Timestamp,
        passed: bool,
    ) -> Result<(), OfficeError> {
        let sql = "INSERT INTO office_calls (id, member, caller, at, passed) \
                   VALUES ($1, $2, $3, $4, $5)";
        let id = format!("{:016x}{}", micros(now), self.hex());
        execute!(on.on(), sql, id, member, caller, micros(now), passed)?;
        Ok(())
    }
}
