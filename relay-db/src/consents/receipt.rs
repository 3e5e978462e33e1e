//! The receipt of a consent, signed by the relay.

use jiff::Timestamp;
use warifu_contract::consent::{Consent, ConsentReader, ConsentState};
use warifu_pki::jose::JoseError;

use crate::events::word;
use crate::receipts::{About, Processing, Receipt, ReceiptEvent, WITHDRAWAL};
use crate::relay::Relay;

/// `typ` in the header of the JWS.
const RECEIPT_TYPE: &str = "consent-receipt+jwt";

/// Signs the receipt of `consent` as it stands at `now`.
pub(super) fn sign(
    relay: &Relay,
    subject: &str,
    consent: &Consent,
    now: Timestamp,
) -> Result<String, JoseError> {
    let scope = &consent.terms.scope;
    let about = About {
        id: &consent.id,
        subject,
        services: &scope.services,
        declared: &scope.declared,
        source: scope.source.as_deref(),
        expiry: consent.expiry(),
    };
    let processing = processing(consent, about.names());
    let receipt = Receipt::new(relay, &about, processing, events(consent, now), now);
    relay.mint().keys.sign(RECEIPT_TYPE, &receipt)
}

fn processing(consent: &Consent, services: Vec<String>) -> Processing<ConsentReader> {
    let terms = &consent.terms;
    Processing {
        purpose: word(&terms.purpose),
        lawful_basis: "consent",
        pii_information: services.clone(),
        services,
        recipients: vec![terms.reader.clone()],
        valid_from: terms.from.to_string(),
        valid_until: terms.until.to_string(),
        withdrawal_method: WITHDRAWAL,
    }
}

fn events(consent: &Consent, now: Timestamp) -> Vec<ReceiptEvent> {
    let given = &consent.given;
    let mut events = vec![ReceiptEvent::given(given.at, &given.level, &consent.terms.text_version)];
    events.extend(consent.withdrawn.map(|at| ReceiptEvent::new("withdrawn", at)));
    let is_over = consent.state(now) == ConsentState::Ended;
    events.extend(is_over.then(|| ReceiptEvent::new("expired", consent.expiry())));
    events
}
