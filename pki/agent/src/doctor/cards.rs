//! The readers and what is in them.

use jiff::{SignedDuration, Timestamp};
use openssl::x509::X509;
use warifu_card::felica::{self, LiteS};
use warifu_card::piv::Slot;
use warifu_card::{Application, CardError, PkiKind, ReaderState, Readers, Transaction};

use super::Finding;
use crate::conversation::card::timestamp;

/// From so many days before its end a certificate is worth a word.
const ENDING_SOON: SignedDuration = SignedDuration::from_hours(90 * 24);
/// What a new card bears.
const ALL_TRIES: u8 = 3;

pub(super) fn examine(readers: &dyn Readers, now: Timestamp) -> Vec<Finding> {
    let states = match readers.list() {
        Ok(states) => states,
        Err(error) => return vec![Finding::problem("service.down").with("reason", error.code())],
    };
    let mut findings = vec![Finding::good("service.ok")];
    if states.is_empty() {
        findings.push(Finding::problem("reader.none"));
        return findings;
    }
    findings.push(Finding::good("reader.ok").with("count", states.len()));
    let filled: Vec<_> = states.iter().filter(|state| state.card_present).collect();
    if filled.is_empty() {
        findings.push(Finding::note("card.none"));
    }
    for state in filled {
        let found = card(readers, state, now);
        findings.extend(found.into_iter().map(|f| f.with("reader", state.name.as_str())));
    }
    findings
}

fn card(readers: &dyn Readers, state: &ReaderState, now: Timestamp) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let Err(error) = look(readers, state, now, &mut findings) {
        findings.push(match error {
            CardError::OtherKind => Finding::problem("card.unknown"),
            other => Finding::problem("card.failed").with("reason", other.code()),
        });
    }
    findings
}

fn look(
    readers: &dyn Readers,
    state: &ReaderState,
    now: Timestamp,
    findings: &mut Vec<Finding>,
) -> Result<(), CardError> {
    let mut transaction = readers.begin(&state.name)?;
    if transaction.is_storage_card() {
        return felica(transaction.as_mut(), findings);
    }
    for kind in [PkiKind::Piv, PkiKind::Jpki] {
        match kind.select(transaction.as_mut()) {
            Err(CardError::OtherKind) => {}
            Err(error) => return Err(error),
            Ok(mut application) => return keys(&mut application, now, findings),
        }
    }
    Err(CardError::OtherKind)
}

fn felica(transaction: &mut dyn Transaction, findings: &mut Vec<Finding>) -> Result<(), CardError> {
    let mut transport = felica::connect(transaction).map_err(|_| CardError::OtherKind)?;
    LiteS::find(transport.as_mut()).map_err(|_| CardError::OtherKind)?;
    findings.push(Finding::good("card.felica"));
    Ok(())
}

fn keys(
    application: &mut Application<'_>,
    now: Timestamp,
    findings: &mut Vec<Finding>,
) -> Result<(), CardError> {
    findings.push(Finding::good(match application {
        Application::Piv(_) => "card.ok",
        Application::Jpki(_) => "card.jpki",
    }));
    match application.card().login_certificate() {
        Ok(der) => findings.push(validity(&der, now)),
        Err(CardError::NoCertificate) => findings.push(Finding::problem("certificate.none")),
        Err(error) => return Err(error),
    }
    if let Application::Piv(piv) = application
        && piv.certificate(Slot::Presence) == Err(CardError::NoCertificate)
    {
        findings.push(Finding::note("presence.none"));
    }
    let jpki = matches!(application, Application::Jpki(_));
    findings.push(tries(application.card().tries_left()?, jpki));
    Ok(())
}

fn validity(der: &[u8], now: Timestamp) -> Finding {
    let window = X509::from_der(der).ok().and_then(|certificate| {
        Some((timestamp(certificate.not_before())?, timestamp(certificate.not_after())?))
    });
    let Some((begins, ends)) = window else {
        return Finding::problem("certificate.unreadable");
    };
    let left = ends.duration_since(now);
    let dated = |finding: Finding, day: Timestamp| finding.with("day", day.to_string());
    if now < begins {
        dated(Finding::problem("certificate.not-yet"), begins)
    } else if left <= SignedDuration::ZERO {
        dated(Finding::problem("certificate.expired"), ends)
    } else if left <= ENDING_SOON {
        dated(Finding::note("certificate.ending"), ends).with("days", left.as_hours() / 24)
    } else {
        dated(Finding::good("certificate.ok"), ends)
    }
}

fn tries(left: u8, jpki: bool) -> Finding {
    let finding = match left {
        0 if jpki => Finding::problem("pin.blocked-jpki"),
        0 => Finding::problem("pin.blocked"),
        ALL_TRIES.. => Finding::good("pin.ok"),
        _ => Finding::note("pin.few"),
    };
    finding.with("tries", left)
}
