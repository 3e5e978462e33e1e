//! Cards that were tapped at a desk.

use warifu_service::storage::{Transaction, Write, micros};
use warifu_service::{execute, fetch_optional};

use crate::person::PersonId;
use crate::store::{Store, StoreError, Use};

/// Whose card was tapped becomes the outcome of a sign-in; whether it did.
pub(in crate::store) struct SetPresence {
    pub(super) store: Store,
    pub(super) login: String,
    pub(super) patient: PersonId,
    pub(super) used: Use,
}

impl Write for SetPresence {
    type Answer = bool;
    type Error = StoreError;

    fn subject(&self) -> &[u8] {
        self.login.as_bytes()
    }

    async fn write(these: &[Self], tx: &mut Transaction) -> Result<Vec<bool>, StoreError> {
        let mut answers = Vec::new();
        for one in these {
            let noted = is_open(tx, &one.login).await? && one.store.note_tap(tx, &one.used).await?;
            answers.push(noted && one.settle(tx).await?);
        }
        Ok(answers)
    }
}

impl SetPresence {
    async fn settle(&self, tx: &mut Transaction) -> Result<bool, sqlx::Error> {
        let sql = "UPDATE logins SET person = $2, authenticated_at = $3 \
                   WHERE id = $1 AND person IS NULL";
        let (login, at) = (self.login.as_str(), micros(self.used.at));
        Ok(execute!(tx.on(), sql, login, self.patient.as_str(), at)? == 1)
    }
}

/// Whether a sign-in is there and has no outcome yet.
pub(in crate::store) async fn is_open(
    tx: &mut Transaction,
    login: &str,
) -> Result<bool, sqlx::Error> {
    let sql = "SELECT id FROM logins WHERE id = $1 AND person IS NULL";
    Ok(fetch_optional!(tx.on(), (String,), sql, login)?.is_some())
}
