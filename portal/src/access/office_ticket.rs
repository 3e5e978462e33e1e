//! What a member of the card office's staff shows there.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// The longest that a ticket to the card office holds.
const OFFICE_TICKET: SignedDuration = SignedDuration::from_mins(60);
const FRESH: SignedDuration = SignedDuration::from_secs(60);

/// The right to work at the card office for somebody, sealed to it by the identity provider.
#[derive(Clone, Serialize, Deserialize)]
pub struct OfficeTicket {
    token: String,
    since: Timestamp,
}

/// Shows no token.
impl std::fmt::Debug for OfficeTicket {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OfficeTicket").field("since", &self.since).finish_non_exhaustive()
    }
}

impl OfficeTicket {
    /// A ticket that came at `since`.
    pub fn new(token: String, since: Timestamp) -> Self {
        Self { token, since }
    }

    /// What goes into the `Authorization` header.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// Whether it has surely ended: identity providers give it for an hour at most.
    pub fn is_over(&self, now: Timestamp) -> bool {
        now >= self.since + OFFICE_TICKET
    }

    /// Whether it has only just come: another sign-in would bring nothing better.
    pub fn is_fresh(&self, now: Timestamp) -> bool {
        now < self.since + FRESH
    }
}
