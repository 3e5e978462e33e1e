//! Sessions that requests begin with, one statement for all that are looked up at once.

use warifu_service::fetch_over;
use warifu_service::storage::{Connection, Read};

use super::{Facts, Row};
use crate::store::SecretHash;
use crate::store::logins::Row as LoginRow;
use crate::store::readers::in_places;

/// The columns of [`Facts`], under names that `logins` does not have.
macro_rules! facts {
    () => {
        "persons.profile, sessions.card, sessions.level AS session_level, \
         sessions.authenticated_at AS session_since, sessions.used_at, \
         sessions.longest_pause, sessions.expires_at AS session_ends, sessions.idle, \
         sessions.holder, sessions.card_ends"
    };
}

/// Whether it is neither over nor unused for too long.
macro_rules! goes_on {
    () => {
        "sessions.expires_at > v.moment AND sessions.used_at + sessions.idle > v.moment"
    };
}

/// The session of this name that goes on.
pub(in crate::store) struct SessionRead {
    pub(super) id: SecretHash,
    pub(super) now: i64,
}

/// A sign-in of this browser that led to a session that goes on.
pub(in crate::store) struct FinishedRead {
    pub(super) login: String,
    pub(super) browser: SecretHash,
    pub(super) now: i64,
}

/// A sign-in that led to a session.
#[derive(sqlx::FromRow)]
pub(in crate::store) struct Finished {
    #[sqlx(flatten)]
    pub(super) login: LoginRow,
    #[sqlx(flatten)]
    pub(super) facts: Facts,
}

#[derive(sqlx::FromRow)]
struct PlacedSession {
    place: i64,
    #[sqlx(flatten)]
    found: Row,
}

#[derive(sqlx::FromRow)]
struct PlacedFinished {
    place: i64,
    #[sqlx(flatten)]
    found: Finished,
}

impl Read for SessionRead {
    type Found = Row;

    async fn read(these: &[Self], on: &mut Connection) -> Result<Vec<Option<Row>>, sqlx::Error> {
        let sql = concat!(
            "WITH v (place, wanted, moment) AS (VALUES {rows}) \
             SELECT v.place, sessions.id, sessions.person, ",
            facts!(),
            " FROM v JOIN sessions ON sessions.id = v.wanted \
             JOIN persons ON persons.id = sessions.person WHERE ",
            goes_on!(),
        );
        let asked: Vec<_> = (0_i64..).zip(these).collect();
        let rows = fetch_over!(
            on.on(),
            PlacedSession,
            sql,
            &asked,
            |one| one.map(|(place, _)| *place),
            one.map(|(_, one)| one.id.as_slice()),
            one.map(|(_, one)| one.now),
        )?;
        Ok(in_places(these.len(), rows.into_iter().map(|row| (row.place, row.found))))
    }
}

impl Read for FinishedRead {
    type Found = Finished;

    async fn read(
        these: &[Self],
        on: &mut Connection,
    ) -> Result<Vec<Option<Finished>>, sqlx::Error> {
        let sql = concat!(
            "WITH v (place, wanted, secret, moment) AS (VALUES {rows}) \
             SELECT v.place, logins.*, ",
            facts!(),
            " FROM v JOIN logins ON logins.id = v.wanted \
             JOIN sessions ON sessions.id = logins.session AND sessions.person = logins.person \
             JOIN persons ON persons.id = sessions.person \
             WHERE logins.browser = v.secret AND logins.expires_at > v.moment AND ",
            goes_on!(),
        );
        let asked: Vec<_> = (0_i64..).zip(these).collect();
        let rows = fetch_over!(
            on.on(),
            PlacedFinished,
            sql,
            &asked,
            |one| one.map(|(place, _)| *place),
            one.map(|(_, one)| one.login.as_str()),
            one.map(|(_, one)| one.browser.as_slice()),
            one.map(|(_, one)| one.now),
        )?;
        Ok(in_places(these.len(), rows.into_iter().map(|row| (row.place, row.found))))
    }
}
