//! The requests to identity providers that await their answer: each answered once, within ten minutes.

use jiff::{SignedDuration, Timestamp};
use warifu_service::{execute, fetch_optional, storage};

use super::browser::Browser;
use crate::shared::Shared;

/// How long a person may take to sign in.
const PATIENCE: SignedDuration = SignedDuration::from_mins(10);

/// What an identity provider is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// A person signs in.
    Login,
    /// A person signs in after somebody signed out in this browser: the card is asked for again,
    /// even while the identity provider remembers who was there.
    LoginAgain,
    /// A patient's card is tapped at a desk, for one check.
    Presence,
    /// The same, to read what the patient lets the clinic read.
    PresenceForRecords,
    /// The session at the identity provider ends, after ours.
    Logout,
}

impl Purpose {
    /// Whether a sign-in from before the request will not do.
    pub fn wants_fresh_proof(self) -> bool {
        self != Self::Login
    }

    /// Whether a patient's card is tapped.
    pub fn is_tap(self) -> bool {
        matches!(self, Self::Presence | Self::PresenceForRecords)
    }

    fn of(word: &str) -> Self {
        let known = [Self::LoginAgain, Self::Presence, Self::PresenceForRecords, Self::Logout];
        known.into_iter().find(|purpose| purpose.as_str() == word).unwrap_or(Self::Login)
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::LoginAgain => "login-again",
            Self::Presence => "presence",
            Self::PresenceForRecords => "presence-records",
            Self::Logout => "logout",
        }
    }
}

/// A request that awaits its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    /// Who was asked.
    pub identity_provider: String,
    /// What for.
    pub purpose: Purpose,
    /// What comes after: a page of ours for a login, the day asked about for a tap, from where
    /// somebody leaves for a logout.
    pub onward: String,
    /// When it was asked.
    pub asked_at: Timestamp,
    /// The browser, as the database knows it.
    pub browser: Vec<u8>,
}

#[derive(sqlx::FromRow)]
struct Row {
    browser: Vec<u8>,
    identity_provider: String,
    purpose: String,
    onward: String,
    asked_at: i64,
    expires_at: i64,
}

/// Remembers the request `id` until its answer.
pub async fn remember(
    app: &Shared,
    id: &str,
    browser: &Browser,
    identity_provider: &str,
    purpose: Purpose,
    onward: &str,
) -> Result<(), sqlx::Error> {
    let now = app.surroundings.now();
    let sql = "INSERT INTO saml_requests \
               (id, browser, identity_provider, purpose, onward, asked_at, expires_at) \
               VALUES ($1, $2, $3, $4, $5, $6, $7)";
    let (asked, end) = (storage::micros(now), storage::micros(now + PATIENCE));
    let (key, browser) = (key(app, id), browser.key(app));
    let purpose = purpose.as_str();
    execute!(
        app.database.write(),
        sql,
        key,
        browser,
        identity_provider,
        purpose,
        onward,
        asked,
        end
    )?;
    Ok(())
}

/// Finds the request `id`, to judge an answer by. None when it is unknown, answered, or too old.
pub async fn find(app: &Shared, id: &str) -> Result<Option<Pending>, sqlx::Error> {
    let sql = "SELECT browser, identity_provider, purpose, onward, asked_at, expires_at \
               FROM saml_requests WHERE id = $1";
    let row = fetch_optional!(app.database.read(), Row, sql, key(app, id))?;
    let now = storage::micros(app.surroundings.now());
    Ok(row.filter(|row| now < row.expires_at).map(|row| Pending {
        purpose: Purpose::of(&row.purpose),
        identity_provider: row.identity_provider,
        onward: row.onward,
        asked_at: storage::instant(row.asked_at),
        browser: row.browser,
    }))
}

/// Takes the request `id` out: it is answered now and never again. False when another answer was
/// quicker. Only an answer that its identity provider signed may take it: a forged one must not
/// spend the request of whoever is signing in.
pub async fn take(app: &Shared, id: &str) -> Result<bool, sqlx::Error> {
    let sql = "DELETE FROM saml_requests WHERE id = $1";
    Ok(execute!(app.database.write(), sql, key(app, id))? == 1)
}

/// Marks an assertion as used until `until`; false when it was used before.
pub async fn first_use(
    app: &Shared,
    issuer: &str,
    assertion: &str,
    until: Timestamp,
) -> Result<bool, sqlx::Error> {
    let name = [issuer.as_bytes(), &[0], assertion.as_bytes()].concat();
    let key = app.keys.lookup("saml_replays.assertion", &name).to_vec();
    let sql = "INSERT INTO saml_replays (assertion, expires_at) VALUES ($1, $2)";
    match execute!(app.database.write(), sql, key, storage::micros(until)) {
        Ok(_) => Ok(true),
        Err(error) if storage::is_duplicate(&error) => Ok(false),
        Err(error) => Err(error),
    }
}

fn key(app: &Shared, id: &str) -> Vec<u8> {
    app.keys.lookup("saml_requests.id", id.as_bytes()).to_vec()
}
