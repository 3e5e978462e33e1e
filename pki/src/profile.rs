//! What kinds of certificates there are, as data. The tables of the certificate policy are made from
//! it, and so are the certificates.

mod description;

use jiff::SignedDuration;
use x509_cert::der::oid::ObjectIdentifier;
use x509_cert::der::oid::db::rfc5280::{ID_KP_CLIENT_AUTH, ID_KP_OCSP_SIGNING, ID_KP_SERVER_AUTH};
use x509_cert::ext::pkix::KeyUsages;

use crate::{KeyAlgorithm, PolicyArc, PolicyKind, SubjectKind};

pub use description::{ProfileDescription, PurposeDescription};

/// id-PIV-cardAuth: a card says that it is there (NIST SP 800-73-4, FIPS 201).
const PIV_CARD_AUTHENTICATION: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("2.16.840.1.101.3.6.8");

const CA_USES: &[KeyUsages] = &[KeyUsages::KeyCertSign, KeyUsages::CRLSign];
const SIGNING: &[KeyUsages] = &[KeyUsages::DigitalSignature];

/// 128 bits of strength.
const STRONG: &[KeyAlgorithm] = &[KeyAlgorithm::P256, KeyAlgorithm::P384, KeyAlgorithm::Rsa3072];
/// With RSA-2048 (112 bits) for cards that can do no better.
const OF_CARDS: &[KeyAlgorithm] =
    &[KeyAlgorithm::P256, KeyAlgorithm::P384, KeyAlgorithm::Rsa2048, KeyAlgorithm::Rsa3072];

/// What a key may be used for (RFC 5280 §4.2.1.12).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyPurpose {
    ServerAuthentication,
    ClientAuthentication,
    PivCardAuthentication,
    OcspSigning,
    SamlSigning,
}

impl KeyPurpose {
    pub(crate) const fn id(self, arc: &PolicyArc) -> ObjectIdentifier {
        match self {
            Self::ServerAuthentication => ID_KP_SERVER_AUTH,
            Self::ClientAuthentication => ID_KP_CLIENT_AUTH,
            Self::PivCardAuthentication => PIV_CARD_AUTHENTICATION,
            Self::OcspSigning => ID_KP_OCSP_SIGNING,
            Self::SamlSigning => arc.saml_signing(),
        }
    }
}

/// Everything that is the same in all certificates of one kind.
#[derive(Debug)]
pub struct Profile {
    pub(crate) name: &'static str,
    /// The profile of the authority that issues it; `None` where that is not fixed.
    pub(crate) issued_by: Option<&'static Profile>,
    /// `None` for an end entity, else how many authorities may stand below.
    pub(crate) authorities_below: Option<u8>,
    pub(crate) subject: SubjectKind,
    pub(crate) key_usage: &'static [KeyUsages],
    pub(crate) key_purposes: &'static [KeyPurpose],
    pub(crate) policy_kinds: &'static [PolicyKind],
    pub(crate) longest_days: i64,
    pub(crate) keys: &'static [KeyAlgorithm],
    /// Whether it is believed without asking for its revocation: RFC 6960 §4.2.2.2.1.
    pub(crate) no_check: bool,
}

/// What the certificates of the parties have in common.
const OF_SERVICES: Profile = Profile {
    name: "",
    issued_by: Some(&Profile::SERVICES_AUTHORITY),
    authorities_below: None,
    subject: SubjectKind::Party,
    key_usage: SIGNING,
    key_purposes: &[],
    policy_kinds: &[],
    longest_days: 398,
    keys: STRONG,
    no_check: false,
};

/// What the certificates on cards have in common.
const OF_PERSONS: Profile = Profile {
    subject: SubjectKind::Holder,
    issued_by: Some(&Profile::CARDS_AUTHORITY),
    longest_days: 366 * 5,
    keys: OF_CARDS,
    ..OF_SERVICES
};

impl Profile {
    /// The root of trust; signs issuing authorities only.
    pub const ROOT: Self = Self {
        name: "root",
        issued_by: None,
        authorities_below: Some(1),
        subject: SubjectKind::Authority,
        key_usage: CA_USES,
        key_purposes: &[],
        policy_kinds: &[],
        longest_days: 366 * 20,
        keys: STRONG,
        no_check: false,
    };

    /// The authority that issues residents' cards and nothing else.
    pub const CARDS_AUTHORITY: Self = Self {
        name: "cards-authority",
        key_purposes: &[KeyPurpose::ClientAuthentication, KeyPurpose::PivCardAuthentication],
        policy_kinds: &[PolicyKind::CardAuthentication, PolicyKind::CardPresence],
        ..Self::AUTHORITY
    };

    /// The authority that issues the certificates of the parties' servers and nothing else.
    pub const SERVICES_AUTHORITY: Self = Self {
        name: "services-authority",
        key_purposes: &[
            KeyPurpose::ServerAuthentication,
            KeyPurpose::ClientAuthentication,
            KeyPurpose::SamlSigning,
        ],
        ..Self::AUTHORITY
    };

    /// The authority that issues the cards of those who work for a party and nothing else.
    pub const STAFF_AUTHORITY: Self = Self {
        name: "staff-authority",
        key_purposes: &[KeyPurpose::ClientAuthentication],
        policy_kinds: &[PolicyKind::StaffAuthentication],
        ..Self::AUTHORITY
    };

    const AUTHORITY: Self = Self {
        issued_by: Some(&Self::ROOT),
        authorities_below: Some(0),
        longest_days: 366 * 10,
        ..Self::ROOT
    };

    /// One party towards the others, as server and as client of mutual TLS.
    pub const PARTY: Self = Self {
        name: "party",
        key_purposes: &[KeyPurpose::ServerAuthentication, KeyPurpose::ClientAuthentication],
        ..OF_SERVICES
    };

    /// A server that is no party towards the others: a web site.
    pub const SERVER: Self = Self {
        name: "server",
        subject: SubjectKind::Host,
        key_purposes: &[KeyPurpose::ServerAuthentication],
        ..OF_SERVICES
    };

    /// A party that calls others and is never called.
    pub const CLIENT: Self =
        Self { name: "client", key_purposes: &[KeyPurpose::ClientAuthentication], ..OF_SERVICES };

    /// A party's signature on SAML messages, and nothing else.
    pub const SAML_SIGNER: Self = Self {
        name: "saml-signer",
        key_purposes: &[KeyPurpose::SamlSigning],
        longest_days: 366 * 3,
        ..OF_SERVICES
    };

    /// Signs OCSP responses for the authority that issued it (RFC 6960 §4.2.2.2).
    pub const OCSP_SIGNER: Self = Self {
        name: "ocsp-signer",
        issued_by: None,
        subject: SubjectKind::Authority,
        key_purposes: &[KeyPurpose::OcspSigning],
        longest_days: 31,
        no_check: true,
        ..OF_SERVICES
    };

    /// PIV slot 9A: signs after the PIN.
    pub const CARD_AUTHENTICATION: Self = Self {
        name: "card-authentication",
        key_purposes: &[KeyPurpose::ClientAuthentication],
        policy_kinds: &[PolicyKind::CardAuthentication],
        ..OF_PERSONS
    };

    /// PIV slot 9E: signs without a PIN.
    pub const CARD_PRESENCE: Self = Self {
        name: "card-presence",
        key_purposes: &[KeyPurpose::PivCardAuthentication],
        policy_kinds: &[PolicyKind::CardPresence],
        ..OF_PERSONS
    };

    /// PIV slot 9A of somebody who works for a party.
    pub const STAFF_AUTHENTICATION: Self = Self {
        name: "staff-authentication",
        issued_by: Some(&Self::STAFF_AUTHORITY),
        key_purposes: &[KeyPurpose::ClientAuthentication],
        policy_kinds: &[PolicyKind::StaffAuthentication],
        longest_days: 366 * 3,
        ..OF_PERSONS
    };

    /// Every profile there is: authorities first, then what they issue.
    pub const fn all() -> &'static [&'static Self] {
        &[
            &Self::ROOT,
            &Self::CARDS_AUTHORITY,
            &Self::SERVICES_AUTHORITY,
            &Self::STAFF_AUTHORITY,
            &Self::PARTY,
            &Self::SERVER,
            &Self::CLIENT,
            &Self::SAML_SIGNER,
            &Self::OCSP_SIGNER,
            &Self::CARD_AUTHENTICATION,
            &Self::CARD_PRESENCE,
            &Self::STAFF_AUTHENTICATION,
        ]
    }

    /// A short, stable name, for records.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The profile of this name.
    pub fn named(name: &str) -> Option<&'static Self> {
        Self::all().iter().find(|profile| profile.name == name).copied()
    }

    /// The profile of the authority that issues such certificates; `None` where that is not fixed
    /// (the root signs itself, every authority has an OCSP signer).
    pub fn issued_by(&self) -> Option<&'static Self> {
        self.issued_by
    }

    /// The longest life of such a certificate.
    pub fn longest(&self) -> SignedDuration {
        SignedDuration::from_hours(24 * self.longest_days)
    }

    /// Whether such a certificate is one of an authority.
    pub fn is_authority(&self) -> bool {
        self.authorities_below.is_some()
    }

    /// The extended key usage: exactly these, in this order.
    pub(crate) fn purposes(&self, arc: &PolicyArc) -> Vec<ObjectIdentifier> {
        self.key_purposes.iter().map(|purpose| purpose.id(arc)).collect()
    }

    /// The certificate policies: exactly these, in this order.
    pub(crate) fn policies(&self, arc: &PolicyArc) -> Vec<ObjectIdentifier> {
        self.policy_kinds.iter().map(|kind| arc.id(*kind)).collect()
    }
}

/// Profiles differ in their names.
impl PartialEq for Profile {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Profile {}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_profile_has_a_name_of_its_own() {
        let names: BTreeSet<_> = Profile::all().iter().map(|profile| profile.name).collect();
        assert_eq!(names.len(), Profile::all().len());
        for profile in Profile::all() {
            assert_eq!(Profile::named(profile.name), Some(*profile));
        }
        assert_eq!(Profile::named(""), None);
    }

    #[test]
    fn no_profile_asks_for_more_than_its_authority_may_give() {
        let arc = PolicyArc::default();
        for profile in Profile::all().iter().filter(|profile| !profile.is_authority()) {
            let Some(authority) = profile.issued_by() else { continue };
            let within = |wanted: &[ObjectIdentifier], allowed: &[ObjectIdentifier]| {
                wanted.iter().all(|one| allowed.contains(one))
            };
            assert!(within(&profile.purposes(&arc), &authority.purposes(&arc)), "{profile:?}");
            assert!(within(&profile.policies(&arc), &authority.policies(&arc)), "{profile:?}");
            assert!(profile.longest() <= authority.longest(), "{profile:?}");
        }
    }

    #[test]
    fn cards_alone_may_have_short_rsa_keys() {
        for profile in Profile::all() {
            let takes = profile.keys.contains(&KeyAlgorithm::Rsa2048);
            assert_eq!(takes, profile.subject == SubjectKind::Holder, "{profile:?}");
        }
    }
}
