//! The shape of receipts, with the fields of ISO/IEC TS 27560. The relay signs them; they are
//! evidence, and open nothing.

use jiff::Timestamp;
use serde::Serialize;
use warifu_contract::records::{DisplayName, Service};
use warifu_contract::services::ServiceId;

use crate::relay::Relay;

/// The version of the schema that the fields follow.
const SCHEMA: &str = "ISO/IEC TS 27560:2023";
/// Who speaks.
const ISSUER: &str = "urn:warifu:relay";
/// How it is taken back.
pub(crate) const WITHDRAWAL: &str = "at any time, at the portal, at once";

/// What a receipt says; `R` is who receives the records.
#[derive(Debug, Serialize)]
pub(crate) struct Receipt<R> {
    iss: &'static str,
    iat: i64,
    exp: i64,
    schema_version: &'static str,
    record_id: String,
    pii_principal_id: String,
    pii_controllers: Vec<Controller>,
    processing: Vec<Processing<R>>,
    events: Vec<ReceiptEvent>,
}

/// Who answers for the records.
#[derive(Debug, Serialize)]
struct Controller {
    id: String,
    name: DisplayName,
}

/// One use of the records.
#[derive(Debug, Serialize)]
pub(crate) struct Processing<R> {
    pub purpose: String,
    pub lawful_basis: &'static str,
    pub services: Vec<String>,
    pub pii_information: Vec<String>,
    pub recipients: Vec<R>,
    pub valid_from: String,
    pub valid_until: String,
    pub withdrawal_method: &'static str,
}

/// What happened to it.
#[derive(Debug, Serialize)]
pub(crate) struct ReceiptEvent {
    event_state: &'static str,
    event_time: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    authentication: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    notice_version: Option<String>,
}

/// What a receipt is about.
pub(crate) struct About<'a> {
    /// Names it.
    pub id: &'a str,
    /// Whose records they are.
    pub subject: &'a str,
    /// Which.
    pub services: &'a [Service],
    /// Which of those that connectors declared.
    pub declared: &'a [ServiceId],
    /// Of which holder only.
    pub source: Option<&'a str>,
    /// When its last day is over.
    pub expiry: Timestamp,
}

impl About<'_> {
    /// What it names, in words of the federation.
    pub fn names(&self) -> Vec<String> {
        let records = self.services.iter().map(|service| service.as_str().to_owned());
        records.chain(self.declared.iter().map(ServiceId::to_string)).collect()
    }

    /// Whether the holder has any of it.
    fn is_held_by(&self, holder: &str, services: &[Service]) -> bool {
        let is_named = self.source.is_none_or(|source| source == holder);
        let has_records = self.services.iter().any(|service| services.contains(service));
        is_named && (has_records || self.declared.iter().any(|id| id.connector() == holder))
    }
}

impl<R> Receipt<R> {
    /// The receipt as it stands at `now`.
    pub fn new(
        relay: &Relay,
        about: &About<'_>,
        processing: Processing<R>,
        events: Vec<ReceiptEvent>,
        now: Timestamp,
    ) -> Self {
        Self {
            iss: ISSUER,
            iat: now.as_second(),
            exp: about.expiry.as_second(),
            schema_version: SCHEMA,
            record_id: about.id.to_owned(),
            pii_principal_id: about.subject.to_owned(),
            pii_controllers: controllers(relay, about),
            processing: vec![processing],
            events,
        }
    }
}

impl ReceiptEvent {
    /// Something that happened at `event_time`.
    pub fn new(event_state: &'static str, event_time: Timestamp) -> Self {
        Self { event_state, event_time, authentication: None, notice_version: None }
    }

    /// The giving, after a sign-in of that level, under that version of the words.
    pub fn given(at: Timestamp, level: &str, version: &str) -> Self {
        Self {
            authentication: Some(level.to_owned()),
            notice_version: Some(version.to_owned()),
            ..Self::new("given", at)
        }
    }
}

fn controllers(relay: &Relay, about: &About<'_>) -> Vec<Controller> {
    let holders = relay.directory().linked();
    let holders = holders.filter(|holder| about.is_held_by(holder.id(), holder.services()));
    holders.map(|one| Controller { id: one.id().to_owned(), name: one.name().clone() }).collect()
}
