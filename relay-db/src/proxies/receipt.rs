//! The receipt of a mandate, signed by the relay.

use jiff::Timestamp;
use serde::Serialize;
use warifu_contract::calendar::today_in_japan;
use warifu_contract::history::Purpose;
use warifu_contract::mandate::{EndedBy, Mandate, MandateState};
use warifu_pki::jose::JoseError;

use super::Kept;
use crate::events::{HISTORY, word};
use crate::receipts::{About, Processing, Receipt, ReceiptEvent, WITHDRAWAL};
use crate::relay::Relay;

/// `typ` in the header of the JWS.
const RECEIPT_TYPE: &str = "mandate-receipt+jwt";

/// Who receives the records.
#[derive(Debug, Serialize)]
struct Recipient {
    who: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
}

/// Signs the receipt of `kept` as it stands at `now`.
pub(super) fn sign(relay: &Relay, kept: &Kept, now: Timestamp) -> Result<String, JoseError> {
    let mandate = &kept.mandate;
    let about = About {
        id: &mandate.id,
        subject: &kept.principal,
        services: &mandate.terms.services,
        declared: &mandate.terms.declared,
        source: None,
        expiry: mandate.expiry(),
    };
    let processing = processing(mandate, about.names());
    let receipt = Receipt::new(relay, &about, processing, events(mandate, now), now);
    relay.mint().keys.sign(RECEIPT_TYPE, &receipt)
}

fn processing(mandate: &Mandate, services: Vec<String>) -> Processing<Recipient> {
    let terms = &mandate.terms;
    let mut information = services.clone();
    information.extend(terms.history.then(|| HISTORY.to_owned()));
    let name = mandate.accepted.as_ref().map(|accepted| accepted.name.clone());
    Processing {
        purpose: word(&Purpose::OnBehalf),
        lawful_basis: "consent",
        pii_information: information,
        services,
        recipients: vec![Recipient { who: "proxy", name }],
        valid_from: today_in_japan(mandate.given.at).to_string(),
        valid_until: terms.until.to_string(),
        withdrawal_method: WITHDRAWAL,
    }
}

fn events(mandate: &Mandate, now: Timestamp) -> Vec<ReceiptEvent> {
    let given = &mandate.given;
    let mut events = vec![ReceiptEvent::given(given.at, &given.level, &mandate.terms.text_version)];
    let accepted = mandate.accepted.as_ref();
    events.extend(accepted.map(|accepted| ReceiptEvent::new("accepted", accepted.at)));
    events.extend(mandate.confirmed.map(|at| ReceiptEvent::new("confirmed", at)));
    events.extend(mandate.stopped.map(|stop| ReceiptEvent::new("stopped", stop.at)));
    events.extend(mandate.ended.map(|ended| match ended.by {
        EndedBy::Principal => ReceiptEvent::new("withdrawn", ended.at),
        EndedBy::Proxy => ReceiptEvent::new("laid-down", ended.at),
        EndedBy::Departure => ReceiptEvent::new("departed", ended.at),
        EndedBy::Staff => ReceiptEvent::new("ended-by-staff", ended.at),
    }));
    let is_over = mandate.state(now) == MandateState::Over;
    events.extend(is_over.then(|| ReceiptEvent::new("expired", mandate.expiry())));
    events
}
