//! People on their way in: verified by the assertion consumer, not yet in a session, waiting a
//! minute for the browser in which they began.

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use warifu_service::{Problem, execute, fetch_optional, storage};

use super::browser::Browser;
use super::names::Names;
use crate::access::Role;
use crate::shared::Shared;

const PATIENCE: SignedDuration = SignedDuration::from_secs(60);

/// What the assertion said.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Arrival {
    /// A person signs in.
    Person(Box<Person>),
    /// A patient's card was tapped.
    Tap {
        /// The sealed ticket for one eligibility check.
        ticket: String,
        /// The day asked about, as the desk had it.
        target: String,
    },
}

/// A person whose sign-in is verified.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Person {
    /// The identity provider.
    pub issuer: String,
    /// The identifier for this portal only.
    pub subject: String,
    /// The name to show.
    pub name: Option<String>,
    /// The organisation of a member of staff.
    pub organization: Option<String>,
    /// What the person may do.
    pub roles: Vec<Role>,
    /// How the person was authenticated.
    pub context_class: String,
    /// When.
    pub authenticated_at: Timestamp,
    /// When the session must end.
    pub until: Option<Timestamp>,
    /// By which the identity provider knows the session.
    pub names: Option<Names>,
    /// The sealed ticket to the relay.
    pub ticket: Option<String>,
    /// The sealed ticket to the card office, for its staff.
    pub office_ticket: Option<String>,
    /// The last day of the card, in Japan, while it is near.
    pub card_until: Option<Date>,
    /// The page wanted; may be empty.
    pub onward: String,
}

#[derive(sqlx::FromRow)]
struct Row {
    browser: Vec<u8>,
    body: Vec<u8>,
    expires_at: i64,
}

/// Why nobody arrives.
#[derive(Debug)]
pub enum NoArrival {
    /// Unknown, used, or too late.
    Gone,
    /// Another browser began this sign-in.
    OtherBrowser,
    /// Ours failed.
    Failed(Problem),
}

impl From<sqlx::Error> for NoArrival {
    fn from(cause: sqlx::Error) -> Self {
        Self::Failed(cause.into())
    }
}

/// Keeps `arrival` for the browser known to the database as `browser`; the handle comes back.
pub async fn keep(app: &Shared, arrival: &Arrival, browser: Vec<u8>) -> Result<String, Problem> {
    let handle = app.surroundings.token();
    let key = key(app, &handle);
    let body = serde_json::to_vec(arrival).map_err(|cause| Problem::internal(&cause))?;
    let body = app.keys.seal(&key, &body, app.surroundings.entropy.as_ref());
    let end = storage::micros(app.surroundings.now() + PATIENCE);
    let sql = "INSERT INTO arrivals (handle, browser, body, expires_at) VALUES ($1, $2, $3, $4)";
    execute!(app.database.write(), sql, key, browser, body, end)?;
    Ok(handle)
}

/// Lets in whoever holds `handle`, once, and only in the browser that began.
pub async fn take(
    app: &Shared,
    handle: &str,
    browser: Option<&Browser>,
) -> Result<Arrival, NoArrival> {
    let key = key(app, handle);
    let sql = "DELETE FROM arrivals WHERE handle = $1 RETURNING browser, body, expires_at";
    let row = fetch_optional!(app.database.write(), Row, sql, key.clone())?;
    let now = storage::micros(app.surroundings.now());
    let row = row.filter(|row| now < row.expires_at).ok_or(NoArrival::Gone)?;
    if browser.is_none_or(|browser| browser.key(app) != row.browser) {
        return Err(NoArrival::OtherBrowser);
    }
    let body = app.keys.open(&key, &row.body).map_err(|cause| failed(&cause))?;
    serde_json::from_slice(&body).map_err(|cause| failed(&cause))
}

fn failed(cause: &dyn std::fmt::Display) -> NoArrival {
    NoArrival::Failed(Problem::internal(cause))
}

fn key(app: &Shared, handle: &str) -> Vec<u8> {
    app.keys.lookup("arrivals.handle", handle.as_bytes()).to_vec()
}
