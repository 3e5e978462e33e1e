//! The receipt of a consent, with the fields of ISO/IEC TS 27560, signed by the relay.

use jiff::Timestamp;
use serde::Serialize;
use warifu_contract::consent::{Consent, ConsentReader, ConsentState};
use warifu_contract::records::DisplayName;
use warifu_pki::jose::JoseError;

use crate::events::word;
use crate::relay::Relay;

/// `typ` in the header of the JWS.
const RECEIPT_TYPE: &str = "consent-receipt+jwt";
/// The version of the schema that the fields follow.
const SCHEMA: &str = "ISO/IEC TS 27560:2023";
/// Who speaks.
const ISSUER: &str = "urn:warifu:relay";

/// What the receipt says.
#[derive(Debug, Serialize)]
struct Receipt {
    iss: &'static str,
    iat: i64,
    exp: i64,
    schema_version: &'static str,
    record_id: String,
    pii_principal_id: String,
    pii_controllers: Vec<Controller>,
    processing: Vec<Processing>,
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
struct Processing {
    purpose: String,
    lawful_basis: &'static str,
    services: Vec<&'static str>,
    pii_information: Vec<&'static str>,
    recipients: Vec<ConsentReader>,
    valid_from: String,
    valid_until: String,
    withdrawal_method: &'static str,
}

/// What happened to the consent.
#[derive(Debug, Serialize)]
struct ReceiptEvent {
    event_state: &'static str,
    event_time: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    authentication: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    notice_version: Option<String>,
}

/// Signs the receipt of `consent` as it stands at `now`.
pub(super) fn sign(
    relay: &Relay,
    subject: &str,
    consent: &Consent,
    now: Timestamp,
) -> Result<String, JoseError> {
    let receipt = Receipt {
        iss: ISSUER,
        iat: now.as_second(),
        exp: consent.expiry().as_second(),
        schema_version: SCHEMA,
        record_id: consent.id.clone(),
        pii_principal_id: subject.to_owned(),
        pii_controllers: controllers(relay, consent),
        processing: vec![processing(consent)],
        events: events(consent, now),
    };
    relay.mint().keys.sign(RECEIPT_TYPE, &receipt)
}

fn controllers(relay: &Relay, consent: &Consent) -> Vec<Controller> {
    let scope = &consent.terms.scope;
    let holders = relay.directory().all().filter(|connector| {
        let is_named = scope.source.as_ref().is_none_or(|source| *source == connector.id);
        is_named && scope.services.iter().any(|service| connector.services.contains(service))
    });
    holders.map(|one| Controller { id: one.id.clone(), name: one.name.clone() }).collect()
}

fn processing(consent: &Consent) -> Processing {
    let terms = &consent.terms;
    let services: Vec<_> = terms.scope.services.iter().map(|service| service.as_str()).collect();
    Processing {
        purpose: word(&terms.purpose),
        lawful_basis: "consent",
        pii_information: services.clone(),
        services,
        recipients: vec![terms.reader.clone()],
        valid_from: terms.from.to_string(),
        valid_until: terms.until.to_string(),
        withdrawal_method: "at any time, at the portal, at once",
    }
}

fn events(consent: &Consent, now: Timestamp) -> Vec<ReceiptEvent> {
    let event = |event_state, event_time| ReceiptEvent {
        event_state,
        event_time,
        authentication: None,
        notice_version: None,
    };
    let mut events = vec![ReceiptEvent {
        authentication: Some(consent.given.level.clone()),
        notice_version: Some(consent.terms.text_version.clone()),
        ..event("given", consent.given.at)
    }];
    events.extend(consent.withdrawn.map(|at| event("withdrawn", at)));
    let is_over = consent.state(now) == ConsentState::Ended;
    events.extend(is_over.then(|| event("expired", consent.expiry())));
    events
}
