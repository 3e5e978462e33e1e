//! Rules about the basic fields (RFC 5280 §4.1).

use jiff::SignedDuration;
use x509_cert::certificate::Version;
use x509_cert::der::Encode;
use x509_cert::der::asn1::UtcTime;
use x509_cert::time::Time;

use super::{Case, LONGEST, Rule};
use crate::{Validity, name, validity};

/// Random bits in a serial number, at least.
const LEAST_SERIAL_BITS: usize = 64;
const MOST_SERIAL_OCTETS: usize = 20;

pub(super) const RULES: &[Rule] = &[
    Rule { name: "certificate-length", section: "profile", holds: is_short },
    Rule { name: "canonical-der", section: "RFC 5280 §4.1", holds: is_canonical },
    Rule { name: "version-3", section: "RFC 5280 §4.1.2.1", holds: is_version_3 },
    Rule { name: "serial-number", section: "RFC 5280 §4.1.2.2", holds: serial_number_fits },
    Rule { name: "signature-algorithm", section: "RFC 5280 §4.1.2.3", holds: algorithm_fits },
    Rule { name: "issuer-name", section: "RFC 5280 §4.1.2.4", holds: names_its_issuer },
    Rule { name: "time-encoding", section: "RFC 5280 §4.1.2.5", holds: times_are_encoded_well },
    Rule { name: "validity-length", section: "profile", holds: life_is_short_enough },
    Rule { name: "validity-within-issuer", section: "profile", holds: life_is_within_issuer },
    Rule { name: "subject-name", section: "profile", holds: subject_is_of_its_kind },
    Rule { name: "key-kind", section: "profile", holds: key_is_taken },
    Rule { name: "no-unique-ids", section: "RFC 5280 §4.1.2.8", holds: has_no_unique_ids },
];

fn is_short(case: &Case<'_>) -> bool {
    case.der.len() <= LONGEST
}

/// What was read writes itself the same way again.
fn is_canonical(case: &Case<'_>) -> bool {
    case.content.to_der().is_ok_and(|again| again == case.content_der)
}

fn is_version_3(case: &Case<'_>) -> bool {
    case.content.version == Version::V3
}

/// Positive, at least 64 bits, at most 20 octets.
fn serial_number_fits(case: &Case<'_>) -> bool {
    let bytes = case.content.serial_number.as_bytes();
    let Some(first) = bytes.first() else { return false };
    let magnitude = if *first == 0 { bytes.len() - 1 } else { bytes.len() };
    *first < 0x80 && magnitude * 8 >= LEAST_SERIAL_BITS && bytes.len() <= MOST_SERIAL_OCTETS
}

/// The same inside and outside, with the parameters of RFC 5758 §3.2 or RFC 4055 §5.
fn algorithm_fits(case: &Case<'_>) -> bool {
    let wanted = case.signing_key().map(|key| key.algorithm().signature_identifier());
    wanted.is_some_and(|wanted| case.content.signature == wanted && case.algorithm == wanted)
}

fn names_its_issuer(case: &Case<'_>) -> bool {
    let named = &case.content.issuer;
    let issuer = case.expected.issuer.map_or(&case.content.subject, |it| &it.content().subject);
    !named.is_empty() && named == issuer
}

/// `UTCTime` through 2049, `GeneralizedTime` after that.
fn times_are_encoded_well(case: &Case<'_>) -> bool {
    let fits = |time: Time| match time {
        Time::UtcTime(_) => true,
        Time::GeneralTime(time) => time.to_date_time().year() > UtcTime::MAX_YEAR,
    };
    fits(case.content.validity.not_before) && fits(case.content.validity.not_after)
}

fn life_is_short_enough(case: &Case<'_>) -> bool {
    let length = life(case).length();
    length > SignedDuration::ZERO && length <= case.profile().longest()
}

fn life_is_within_issuer(case: &Case<'_>) -> bool {
    let Some(issuer) = case.expected.issuer else { return true };
    let own = life(case);
    own.not_before >= issuer.not_before() && own.not_after <= issuer.not_after()
}

/// A common name of the profile's kind and nothing beside it, so that nothing names a person.
fn subject_is_of_its_kind(case: &Case<'_>) -> bool {
    let common_name = name::sole_common_name(&case.content.subject);
    common_name.is_some_and(|found| case.profile().subject.admits(found))
}

fn key_is_taken(case: &Case<'_>) -> bool {
    case.key().is_some_and(|key| case.profile().keys.contains(&key.algorithm()))
}

fn has_no_unique_ids(case: &Case<'_>) -> bool {
    case.content.issuer_unique_id.is_none() && case.content.subject_unique_id.is_none()
}

fn life(case: &Case<'_>) -> Validity {
    let read = &case.content.validity;
    Validity {
        not_before: validity::from_x509(read.not_before),
        not_after: validity::from_x509(read.not_after),
    }
}
