//! Schemes as they are configured, and the cards of two other issuers.

use jiff::Timestamp;
use x509_cert::der::Encode;
use x509_cert::der::oid::AssociatedOid;
use x509_cert::der::oid::db::rfc5280::{
    ID_CE_CERTIFICATE_POLICIES, ID_CE_EXT_KEY_USAGE, ID_KP_CLIENT_AUTH,
};
use x509_cert::ext::pkix::certpolicy::PolicyInformation;
use x509_cert::ext::pkix::{BasicConstraints, CertificatePolicies, ExtendedKeyUsage};

use super::*;
use crate::testing::{CRL_URL, HOLDER, World, days, key_256, key_rsa};
use crate::{
    Authority, CardPurpose, CardTrust, FileKey, PathError, Publication, Reason, RevocationError,
    RevocationLists, Signer, Validity, VerifiedCard, crl, extension, signed, validity,
};

const JPKI_POLICY: &str = "1.2.392.32473.8.5.1.1";
const JPKI_CRL: &str = "http://crl.jpki.example/auth.crl";
const AGENCY_POLICY: &str = "2.16.840.1.101.3.2.1.48.11";
const AGENCY_PRESENCE_POLICY: &str = "2.16.840.1.101.3.2.1.48.13";
const CARD_AUTHENTICATION_PURPOSE: &str = "2.16.840.1.101.3.6.8";

fn id(text: &str) -> DottedId {
    text.to_owned().try_into().unwrap()
}

fn policy(text: &str) -> CertificatePolicies {
    let policy_identifier = id(text).0;
    CertificatePolicies(vec![PolicyInformation { policy_identifier, policy_qualifiers: None }])
}

/// An authority of others, with an RSA key, that issues its cards itself.
struct Foreign {
    root: Authority,
    now: Timestamp,
}

/// What a foreign certificate shows.
struct Shown<'a> {
    subject: &'a str,
    serial: u8,
    policy: &'a str,
    purpose: Option<ObjectIdentifier>,
    key: &'a FileKey,
}

impl Foreign {
    /// The certificate is a root's of ours, changed to issue cards and signed anew by the key.
    fn new(world: &World, key: &FileKey, common_name: &str) -> Self {
        let signer = std::sync::Arc::new(key.clone());
        let lasting = Validity::lasting(world.now - days(30), days(3000));
        let strong = std::sync::Arc::new(FileKey::generate(KeyAlgorithm::P256).unwrap());
        let template =
            Authority::self_signed_root(common_name, strong, lasting, &world.entropy).unwrap();
        let mut content = template.certificate().content().clone();
        content.subject_public_key_info =
            x509_cert::der::Decode::from_der(key.public_key_der()).unwrap();
        content.signature = key.algorithm().signature_identifier();
        let extensions = content.extensions.as_mut().unwrap();
        extensions.retain(|one| one.extn_id != BasicConstraints::OID);
        let cards_only = BasicConstraints { ca: true, path_len_constraint: Some(0) };
        extensions.push(extension::of(true, &cards_only).unwrap());
        let der = signed::seal(&content.to_der().unwrap(), key).unwrap();
        let certificate = Certificate::from_der(&der).unwrap();
        let root = Authority::new(certificate, signer, Publication::default()).unwrap();
        Self { root, now: world.now }
    }

    fn card(&self, shown: &Shown<'_>, world: &World) -> Certificate {
        let mut content = world.authentication_card().content().clone();
        content.serial_number =
            x509_cert::serial_number::SerialNumber::new(&[shown.serial]).unwrap();
        content.issuer = self.root.certificate().content().subject.clone();
        content.signature = self.root.signer().algorithm().signature_identifier();
        content.subject = shown.subject.parse().unwrap();
        content.validity.not_after = validity::to_x509(self.now + days(1800)).unwrap();
        content.subject_public_key_info =
            x509_cert::der::Decode::from_der(shown.key.public_key_der()).unwrap();
        let extensions = content.extensions.as_mut().unwrap();
        let replaced = [ID_CE_CERTIFICATE_POLICIES, ID_CE_EXT_KEY_USAGE, CRL_POINTS];
        extensions.retain(|one| !replaced.contains(&one.extn_id));
        extensions.push(extension::of(false, &policy(shown.policy)).unwrap());
        let purposes = shown.purpose.map(|purpose| ExtendedKeyUsage(vec![purpose]));
        extensions.extend(purposes.map(|purposes| extension::of(false, &purposes).unwrap()));
        extensions.push(extension::raw(CRL_POINTS, false, points(JPKI_CRL)).unwrap());
        let der = signed::seal(&content.to_der().unwrap(), self.root.signer()).unwrap();
        Certificate::from_der(&der).unwrap()
    }
}

const CRL_POINTS: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.31");

fn points(url: &str) -> Vec<u8> {
    use x509_cert::ext::pkix::CrlDistributionPoints;
    use x509_cert::ext::pkix::crl::dp::DistributionPoint;
    let distribution_point = Some(extension::at_url(url).unwrap());
    let point = DistributionPoint { distribution_point, reasons: None, crl_issuer: None };
    CrlDistributionPoints(vec![point]).to_der().unwrap()
}

fn jpki() -> CardScheme {
    CardScheme {
        id: "jpki".into(),
        application: CardApplication::Jpki,
        roots: vec![PathBuf::from("jpki.pem")],
        issuers: Vec::new(),
        authentication: CertificateRequirement {
            policies: vec![id(JPKI_POLICY)],
            ..CertificateRequirement::default()
        },
        presence: None,
        keys: vec![KeyAlgorithm::Rsa2048],
        crls: BTreeMap::from([(JPKI_CRL.to_owned(), "https://mirror.example/auth.crl".to_owned())]),
        holder: HolderRule::Enrolled,
        level: CardLevel::High,
    }
}

fn agency() -> CardScheme {
    let requirement = |purpose: &str, policy: &str| CertificateRequirement {
        purposes: vec![id(purpose)],
        policies: vec![id(policy)],
    };
    CardScheme {
        id: "agency".into(),
        application: CardApplication::Piv,
        authentication: requirement(&ID_KP_CLIENT_AUTH.to_string(), AGENCY_POLICY),
        presence: Some(requirement(CARD_AUTHENTICATION_PURPOSE, AGENCY_PRESENCE_POLICY)),
        keys: vec![KeyAlgorithm::P256],
        level: CardLevel::Substantial,
        ..jpki()
    }
}

struct Both {
    world: World,
    jpki: Foreign,
    agency: Foreign,
    trust: CardTrust,
}

fn both() -> Both {
    let world = World::new();
    let issuer = FileKey::generate(KeyAlgorithm::Rsa2048).unwrap();
    let jpki_root = Foreign::new(&world, &issuer, "JPKI shaped authority");
    let issuer = FileKey::generate(KeyAlgorithm::P384).unwrap();
    let agency_root = Foreign::new(&world, &issuer, "Another agency");
    let open = |scheme: &CardScheme, foreign: &Foreign| {
        let roots = vec![foreign.root.certificate().clone()];
        scheme.with_certificates(roots, &[]).unwrap()
    };
    let trust = world.trust().with_scheme(open(&jpki(), &jpki_root)).unwrap();
    let trust = trust.with_scheme(open(&agency(), &agency_root)).unwrap();
    Both { world, jpki: jpki_root, agency: agency_root, trust }
}

impl Both {
    fn jpki_card(&self, serial: u8) -> Certificate {
        let subject = "CN=0123456789ABCDEFJ,C=JP";
        let shown = Shown { subject, serial, policy: JPKI_POLICY, purpose: None, key: key_rsa() };
        self.jpki.card(&shown, &self.world)
    }

    fn agency_card(&self, policy: &str, purpose: &str) -> Certificate {
        let purpose = Some(id(purpose).0);
        let subject = "CN=DOE.JOHN.Q.1234567890,O=Agency,C=US";
        let shown = Shown { subject, serial: 7, policy, purpose, key: key_256() };
        self.agency.card(&shown, &self.world)
    }

    fn verify(&self, card: &Certificate, purpose: CardPurpose) -> Result<VerifiedCard, PathError> {
        self.trust.verify(card.der(), purpose, self.world.now)
    }
}

#[test]
fn a_jpki_shaped_card_stands_for_itself_and_for_no_name() {
    let both = both();
    let card = both.verify(&both.jpki_card(1), CardPurpose::Authentication).unwrap();
    assert_eq!((card.scheme.as_str(), card.level), ("jpki", CardLevel::High));
    assert_eq!(card.public_key.algorithm(), KeyAlgorithm::Rsa2048);
    assert_eq!(card.crl_urls, [JPKI_CRL]);
    let key = card.holder.strip_prefix("jpki:").unwrap();
    assert!(key.len() == 64 && key.bytes().all(|byte| byte.is_ascii_hexdigit()), "{key}");
    let again = both.verify(&both.jpki_card(1), CardPurpose::Authentication).unwrap();
    assert_eq!(again.holder, card.holder);
    let other = both.verify(&both.jpki_card(2), CardPurpose::Authentication).unwrap();
    assert_ne!(other.holder, card.holder);
    let presence = both.verify(&both.jpki_card(1), CardPurpose::Presence);
    assert_eq!(presence, Err(PathError::WrongPurpose));
}

#[test]
fn another_agencys_card_counts_for_what_is_configured() {
    let both = both();
    let purpose = ID_KP_CLIENT_AUTH.to_string();
    let card = both.agency_card(AGENCY_POLICY, &purpose);
    let card = both.verify(&card, CardPurpose::Authentication).unwrap();
    assert_eq!((card.scheme.as_str(), card.level), ("agency", CardLevel::Substantial));
    assert!(!format!("{card:?} {}", card.holder).contains("DOE"));
    let present = both.agency_card(AGENCY_PRESENCE_POLICY, CARD_AUTHENTICATION_PURPOSE);
    assert!(both.verify(&present, CardPurpose::Presence).is_ok());
    let refused = both.verify(&present, CardPurpose::Authentication);
    assert_eq!(refused, Err(PathError::WrongPurpose));
    let other_policy = both.agency_card(JPKI_POLICY, &purpose);
    let refused = both.verify(&other_policy, CardPurpose::Authentication);
    assert_eq!(refused, Err(PathError::WrongPolicy));
}

#[test]
fn only_the_configured_kinds_of_key_are_taken() {
    let both = both();
    let shown = Shown {
        subject: "CN=1,C=JP",
        serial: 1,
        policy: JPKI_POLICY,
        purpose: None,
        key: key_256(),
    };
    let card = both.jpki.card(&shown, &both.world);
    let refused = both.verify(&card, CardPurpose::Authentication);
    assert_eq!(refused, Err(PathError::UnsupportedKey));
}

#[test]
fn a_foreign_reference_never_names_one_of_our_holders() {
    let both = both();
    let scheme = CardScheme { id: "twin".into(), holder: HolderRule::Reference, ..jpki() };
    let roots = vec![both.jpki.root.certificate().clone()];
    let scheme = scheme.with_certificates(roots, &[]).unwrap();
    let trust = both.world.trust().with_scheme(scheme).unwrap();
    let subject = format!("CN={HOLDER}");
    let mut shown =
        Shown { subject: &subject, serial: 1, policy: JPKI_POLICY, purpose: None, key: key_rsa() };
    let verify = |shown: &Shown<'_>| {
        let card = both.jpki.card(shown, &both.world);
        trust.verify(card.der(), CardPurpose::Authentication, both.world.now)
    };
    assert_eq!(verify(&shown).unwrap().holder, format!("twin:{HOLDER}"));
    shown.subject = "CN=John Doe";
    assert_eq!(verify(&shown), Err(PathError::BadHolderReference));
}

#[test]
fn a_foreign_card_is_asked_for_in_its_own_issuers_list() {
    let both = both();
    let now = both.world.now;
    let card = both.verify(&both.jpki_card(9), CardPurpose::Authentication).unwrap();
    let lists = std::sync::Arc::new(RevocationLists::new(both.jpki.root.certificate().clone()));
    let check = || {
        let ours = |thumbprint: &str| {
            (lists.issuer().thumbprint() == thumbprint).then(|| std::sync::Arc::clone(&lists))
        };
        card.require_unrevoked(ours, now)
    };
    assert_eq!(check(), Err(RevocationError::NoList));
    let list = |entries: &[crl::RevokedEntry], number| {
        crl::build(&both.jpki.root, JPKI_CRL, entries, number, now, now + days(1)).unwrap()
    };
    lists.accept_at(JPKI_CRL, &list(&[], 1), now).unwrap();
    assert_eq!(check(), Ok(()));
    let entry = crl::RevokedEntry { serial: vec![9], at: now, reason: Reason::KeyCompromise };
    let accepted = lists.accept_at(JPKI_CRL, &list(&[entry], 2), now).unwrap();
    assert_eq!(accepted.newly_revoked, ["09"]);
    assert!(matches!(check(), Err(RevocationError::Revoked { .. })));
}

#[test]
fn no_authority_stands_for_two_schemes() {
    let both = both();
    let again = CardScheme { id: "again".into(), ..jpki() };
    let roots = || vec![both.jpki.root.certificate().clone()];
    let shared = both.trust.clone().with_scheme(again.with_certificates(roots(), &[]).unwrap());
    assert_eq!(shared.err(), Some(TrustError::SharedAuthority));
    let ours = vec![both.world.root.certificate().clone()];
    let ours = both.trust.clone().with_scheme(again.with_certificates(ours, &[]).unwrap());
    assert_eq!(ours.err(), Some(TrustError::SharedAuthority));
    let same = both.trust.clone().with_scheme(jpki().with_certificates(roots(), &[]).unwrap());
    assert_eq!(same.err(), Some(TrustError::SameScheme));
}

#[test]
fn a_scheme_that_cannot_be_kept_is_refused() {
    let world = World::new();
    let open = |scheme: CardScheme| {
        let issuers = vec![world.cards.certificate().clone()];
        scheme.with_certificates(vec![world.root.certificate().clone()], &issuers).err()
    };
    for wrong in ["", "warifu", "JPKI", "a:b", "1a", "a-very-long-scheme", "日本"] {
        let scheme = CardScheme { id: wrong.into(), ..jpki() };
        assert!(matches!(open(scheme), Some(SchemeError::Id)), "{wrong}");
    }
    let scheme = CardScheme { authentication: CertificateRequirement::default(), ..jpki() };
    assert!(matches!(open(scheme), Some(SchemeError::NoRequirement(_))));
    let scheme = CardScheme { presence: agency().presence, ..jpki() };
    assert!(matches!(open(scheme), Some(SchemeError::NoPresence(_))));
    let scheme = CardScheme { keys: Vec::new(), ..jpki() };
    assert!(matches!(open(scheme), Some(SchemeError::NoKey(_))));
    let unreachable = open(jpki());
    assert!(matches!(unreachable, Some(SchemeError::NoSource { url, .. }) if url.contains("root")));
    let foreign = World::new();
    let issuers = vec![foreign.cards.certificate().clone()];
    let mut scheme = jpki();
    scheme.crls.insert(crate::testing::ROOT_CRL_URL.into(), "root.crl".into());
    let roots = vec![world.root.certificate().clone()];
    let untrusted = scheme.with_certificates(roots, &issuers).err();
    let not_signed = TrustError::NotSignedByRoot;
    assert!(matches!(untrusted, Some(SchemeError::Trust { source, .. }) if source == not_signed));
}

#[test]
fn a_scheme_is_configuration() {
    let folder = tempfile::tempdir().unwrap();
    let both = both();
    let file = folder.path().join("jpki.pem");
    std::fs::write(&file, both.jpki.root.certificate().pem()).unwrap();
    let text = format!(
        r#"
        id = "jpki"
        application = "jpki"
        roots = [{file:?}]
        authentication = {{ policies = ["{JPKI_POLICY}"] }}
        keys = ["RSA-2048"]
        crls = {{ "{JPKI_CRL}" = "https://mirror.example/auth.crl" }}
        holder = "enrolled"
        level = "high"
        "#
    );
    let scheme: CardScheme = toml::from_str(&text).unwrap();
    assert_eq!(scheme, CardScheme { roots: vec![file], ..jpki() });
    let trust = both.world.trust().with_scheme(scheme.open().unwrap()).unwrap();
    let card = both.jpki_card(1);
    assert!(trust.verify(card.der(), CardPurpose::Authentication, both.world.now).is_ok());
    let missing = CardScheme { roots: vec![folder.path().join("none.pem")], ..jpki() };
    assert!(matches!(missing.open(), Err(SchemeError::File { .. })));
    assert!(toml::from_str::<CardScheme>(&text.replace("level", "levels")).is_err());
    assert!(toml::from_str::<CardScheme>(&text.replace(JPKI_POLICY, "jpki")).is_err());
    let described = serde_json::to_string(&schemars::schema_for!(CardScheme)).unwrap();
    assert!(described.contains("\"enrolled\"") && described.contains("\"substantial\""));
}

#[test]
fn our_own_cards_are_not_touched_by_foreign_schemes() {
    let both = both();
    let card = both.world.authentication_card();
    let card = both.verify(&card, CardPurpose::Authentication).unwrap();
    assert_eq!((card.scheme.as_str(), card.holder.as_str()), ("warifu", HOLDER));
    assert_eq!(card.crl_urls, [CRL_URL]);
}
