//! Certificate policies, compared as encoded bytes.
//!
//! Our policy identifiers are UUIDs under 2.25 (ITU-T X.667); their last arc has 128 bits, more than
//! the object identifier type of the DER library holds, so the extension is read and written here.

use x509_cert::der::asn1::Any;
use x509_cert::der::{self, Decode, Encode, Tag, Tagged};

/// A policy identifier as the content octets of its DER encoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PolicyId(&'static [u8]);

/// A key that signs only after its holder's PIN: a person, with consent.
/// `2.25.75648129149431489871574102770609412689`
pub const CARD_AUTHENTICATION_POLICY: PolicyId = PolicyId(&[
    0x69, 0xf1, 0xe9, 0xa6, 0xae, 0xc7, 0x9b, 0xea, 0xa7, 0x91, 0x84, 0xe4, 0xf0, 0xa6, 0x9b, 0xb4,
    0xe7, 0xb4, 0x51,
]);

/// A key that signs without a PIN: the card is here, and no more is said.
/// `2.25.198459020882698061545293651947574167135`
pub const CARD_PRESENCE_POLICY: PolicyId = PolicyId(&[
    0x69, 0x82, 0xaa, 0xcd, 0xe8, 0xcb, 0xb9, 0xe0, 0xc2, 0xac, 0xd7, 0xbf, 0x84, 0xc2, 0x9b, 0xca,
    0xc6, 0x9a, 0x8c, 0x5f,
]);

/// The value of a certificatePolicies extension (RFC 5280 §4.2.1.4) without qualifiers.
pub(crate) fn encode(policies: &[PolicyId]) -> der::Result<Vec<u8>> {
    let information = policies
        .iter()
        .map(|policy| Ok(vec![Any::new(Tag::ObjectIdentifier, policy.0)?]))
        .collect::<der::Result<Vec<Vec<Any>>>>()?;
    information.to_der()
}

/// Whether the value of a certificatePolicies extension names the policy.
pub(crate) fn names(value: &[u8], policy: PolicyId) -> der::Result<bool> {
    let information = Vec::<Vec<Any>>::from_der(value)?;
    Ok(information
        .iter()
        .filter_map(|one| one.first())
        .any(|id| id.tag() == Tag::ObjectIdentifier && id.value() == policy.0))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_policy_is_found_among_others() {
        let value = encode(&[CARD_AUTHENTICATION_POLICY, CARD_PRESENCE_POLICY]).unwrap();
        assert!(names(&value, CARD_AUTHENTICATION_POLICY).unwrap());
        assert!(names(&value, CARD_PRESENCE_POLICY).unwrap());
        let value = encode(&[CARD_PRESENCE_POLICY]).unwrap();
        assert!(!names(&value, CARD_AUTHENTICATION_POLICY).unwrap());
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..256)) {
            prop_assert!(!names(&bytes, CARD_PRESENCE_POLICY).unwrap_or(false));
        }
    }
}
