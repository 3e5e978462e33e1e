//! The connector's own access log: what the relay was told about whom, for whom and what for.
//! It is kept apart from the relay's log, so that each can be held against the other.

use jiff::Timestamp;
use warifu_contract::history::Purpose;
use warifu_service::execute;
use warifu_service::storage::micros;

use super::column::Table;
use super::{Store, StoreError};

/// One answer about to leave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessEntry<'a> {
    /// The token's id: each is good for one answer.
    pub jti: &'a str,
    /// When.
    pub at: Timestamp,
    /// What for.
    pub purpose: Purpose,
    /// `eligibility`, or the record's service.
    pub service: &'a str,
    /// The code of the organisation on whose behalf; none when the member looked.
    pub organization: Option<&'a str>,
    /// About whom; none when nobody was found.
    pub member: Option<&'a str>,
    /// The consent or log receipt the token names.
    pub receipt: Option<&'a str>,
    /// What was said: a verdict's code, `shown`, `empty`, or a problem's code.
    pub result: &'a str,
}

impl Store {
    /// Writes the entry. `false` means that the token was used before: nothing is written, and
    /// the answer must not leave.
    pub async fn log_access(&self, entry: &AccessEntry<'_>) -> Result<bool, StoreError> {
        let sql = "INSERT INTO access_log \
                   (jti, at, purpose, service, organization, member_id, receipt, result) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (jti) DO NOTHING";
        let purpose = Table("access_log").to_word("purpose", entry.purpose)?;
        let written = execute!(
            self.database.write(),
            sql,
            entry.jti,
            micros(entry.at),
            purpose,
            entry.service,
            entry.organization,
            entry.member,
            entry.receipt,
            entry.result
        )?;
        Ok(written == 1)
    }
}
