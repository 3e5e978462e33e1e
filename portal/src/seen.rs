//! What a person saw of each record at home, so that the next visit can say what changed.
//!
//! Of a record only a keyed digest is kept, sealed, under a keyed hash of the person's identifier
//! for this portal: whoever has the database alone learns neither who nor what, and not even
//! whether two people's records are alike.

use std::collections::BTreeMap;

use data_encoding::BASE64URL_NOPAD;
use jiff::{SignedDuration, Timestamp};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use warifu_contract::records::{Panel, PanelOutcome};
use warifu_service::{execute, fetch_optional, storage};

use crate::access::SignedIn;
use crate::shared::Shared;

/// How long a visit is remembered: somebody who comes once a year is told what changed.
const KEPT: SignedDuration = SignedDuration::from_hours(400 * 24);
/// Panels that are remembered at most.
const MOST: usize = 64;
/// Bytes of a digest.
const SHORT: usize = 16;

/// What was seen, and what is being seen.
#[derive(Debug, Default)]
pub struct Seen {
    /// Under which it is kept; none for somebody who looks at another's records.
    holder: Option<Vec<u8>>,
    before: Visit,
    now: BTreeMap<String, String>,
}

/// One visit.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Visit {
    at: Option<Timestamp>,
    /// Digests by service and source.
    digests: BTreeMap<String, String>,
}

impl Seen {
    /// What `me` saw last time; nothing for a proxy, and where the database does not answer.
    pub async fn by(app: &Shared, me: &SignedIn) -> Self {
        if me.acting.is_some() {
            return Self::default();
        }
        let holder = holder(app, "seen.holder", me);
        let before = kept(app, &holder).await.unwrap_or_else(|cause| {
            tracing::warn!(%cause, "the last visit is not known");
            Visit::default()
        });
        Self { holder: Some(holder), before, now: BTreeMap::new() }
    }

    /// When the last visit was.
    pub fn last(&self) -> Option<Timestamp> {
        self.before.at
    }

    /// Notes what `panel` shows; whether it differs from the last visit.
    pub fn note(&mut self, app: &Shared, panel: &Panel) -> bool {
        let Some(holder) = &self.holder else { return false };
        let PanelOutcome::Ready { record, .. } = &panel.outcome else { return false };
        let Ok(json) = serde_json::to_vec(record) else { return false };
        let source = panel.source.as_ref().map_or("", |source| source.ja.as_str());
        let place = format!("{}/{source}", panel.service.as_str());
        let value = [holder.as_slice(), place.as_bytes(), &[0], &json].concat();
        let whole = app.keys.lookup("seen.digest", &value);
        let digest = BASE64URL_NOPAD.encode(whole.get(..SHORT).unwrap_or_default());
        let changed = self.before.digests.get(&place).is_some_and(|before| *before != digest);
        if self.now.len() < MOST {
            self.now.insert(place, digest);
        }
        changed
    }

    /// Remembers the visit; what was not shown this time stays as it was.
    pub async fn keep(self, app: &Shared) {
        let Self { holder: Some(holder), before, now } = self else { return };
        let mut digests = before.digests;
        digests.extend(now);
        while digests.len() > MOST && digests.pop_first().is_some() {}
        let visit = Visit { at: Some(app.surroundings.now()), digests };
        if let Err(cause) = keep(app, &holder, &visit).await {
            tracing::warn!(%cause, "the visit was not remembered");
        }
    }
}

/// Under which something of `me` is kept: another for each thing of another `kind`.
pub fn holder(app: &Shared, kind: &str, me: &SignedIn) -> Vec<u8> {
    let named = [me.issuer.as_bytes(), &[0], me.subject.as_bytes()].concat();
    app.keys.lookup(kind, &named).to_vec()
}

/// What is kept under `holder`; nothing where there is none, or none that can be read.
pub async fn kept<T: Default + DeserializeOwned>(
    app: &Shared,
    holder: &[u8],
) -> Result<T, sqlx::Error> {
    let sql = "SELECT body, expires_at FROM seen WHERE holder = $1 AND expires_at > $2";
    let now = storage::micros(app.surroundings.now());
    let row = fetch_optional!(app.database.read(), (Vec<u8>, i64), sql, holder.to_vec(), now)?;
    let opened = row.and_then(|(sealed, _)| app.keys.open(holder, &sealed).ok());
    Ok(opened.and_then(|body| serde_json::from_slice(&body).ok()).unwrap_or_default())
}

/// Keeps `body` under `holder`, sealed, for [`KEPT`].
pub async fn keep(app: &Shared, holder: &[u8], body: &impl Serialize) -> Result<(), sqlx::Error> {
    let body = serde_json::to_vec(body).unwrap_or_default();
    let sealed = app.keys.seal(holder, &body, app.surroundings.entropy.as_ref());
    let end = storage::micros(app.surroundings.now() + KEPT);
    let sql = "INSERT INTO seen (holder, body, expires_at) VALUES ($1, $2, $3) \
               ON CONFLICT (holder) DO UPDATE SET body = excluded.body, \
               expires_at = excluded.expires_at";
    execute!(app.database.write(), sql, holder.to_vec(), sealed, end)?;
    Ok(())
}
