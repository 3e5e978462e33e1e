//! The card that was tapped, in the desk's session for as long as the relay believes the tap.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tower_sessions::Session;
use warifu_contract::consent::ReadableList;
use warifu_service::Problem;

use crate::relay::Access;

const KEY: &str = "presence";

/// Whose card was there: known to the relay alone.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Presence {
    /// Until when it counts, and with what.
    pub access: Access,
    /// What may be read.
    pub readable: ReadableList,
}

impl Presence {
    /// The last tap, while it counts.
    pub async fn of(session: &Session, now: Timestamp) -> Result<Option<Self>, Problem> {
        let found: Option<Self> =
            session.get(KEY).await.map_err(|cause| Problem::internal(&cause))?;
        Ok(found.filter(|presence| now < presence.access.until))
    }

    /// In the place of the last one.
    pub async fn keep(&self, session: &Session) -> Result<(), Problem> {
        session.insert(KEY, self).await.map_err(|cause| Problem::internal(&cause))
    }

    /// The next patient begins with nothing.
    pub async fn forget(session: &Session) -> Result<(), Problem> {
        let gone = session.remove::<serde_json::Value>(KEY).await;
        gone.map(drop).map_err(|cause| Problem::internal(&cause))
    }
}
