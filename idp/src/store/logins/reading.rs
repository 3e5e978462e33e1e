//! Sign-ins on their way, one statement for all that are looked up at once.

use warifu_service::fetch_over;
use warifu_service::storage::{Connection, Read};

use super::Row;
use crate::store::SecretHash;
use crate::store::readers::in_places;

/// The sign-in of this browser, while it lasts.
pub(in crate::store) struct LoginRead {
    pub(super) id: String,
    pub(super) browser: SecretHash,
    pub(super) now: i64,
}

#[derive(sqlx::FromRow)]
struct Placed {
    place: i64,
    #[sqlx(flatten)]
    found: Row,
}

impl Read for LoginRead {
    type Found = Row;

    async fn read(these: &[Self], on: &mut Connection) -> Result<Vec<Option<Row>>, sqlx::Error> {
        let sql = "WITH v (place, wanted, secret, moment) AS (VALUES {rows}) \
                   SELECT v.place, logins.* FROM v JOIN logins ON logins.id = v.wanted \
                   WHERE logins.browser = v.secret AND logins.expires_at > v.moment";
        let asked: Vec<_> = (0_i64..).zip(these).collect();
        let rows = fetch_over!(
            on.on(),
            Placed,
            sql,
            &asked,
            |one| one.map(|(place, _)| *place),
            one.map(|(_, one)| one.id.as_str()),
            one.map(|(_, one)| one.browser.as_slice()),
            one.map(|(_, one)| one.now),
        )?;
        Ok(in_places(these.len(), rows.into_iter().map(|row| (row.place, row.found))))
    }
}
