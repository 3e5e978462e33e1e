//! Any bytes as metadata.

#![no_main]

use jiff::{SignedDuration, Timestamp};
use libfuzzer_sys::fuzz_target;
use warifu_saml::{MetadataPolicy, metadata};

const POLICY: MetadataPolicy<'_> = MetadataPolicy {
    trusted: &[],
    require_valid_until: false,
    longest_validity: SignedDuration::from_hours(24 * 365 * 100),
};

fuzz_target!(|document: &[u8]| {
    let now = Timestamp::UNIX_EPOCH;
    let Ok(found) = metadata::parse_aggregate(document, &POLICY, now) else { return };
    for entity in &found.entities {
        assert!(!entity.entity_id.is_empty());
        assert!(entity.idp.as_ref().is_none_or(|idp| !idp.signing.is_empty()));
    }
    let strict = metadata::parse(document, &POLICY, now);
    assert_eq!(strict.is_ok(), found.refused.is_empty());
});
