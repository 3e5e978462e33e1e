//! Certificates of any shape: every field is DER that a test may replace before it is signed.

use std::sync::OnceLock;

use jiff::{SignedDuration, Timestamp};
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use warifu_pki::{Certificate, FileKey, KeyAlgorithm, PathError, PathRequirements, PathValidator};
use x509_cert::der::Encode;
use x509_cert::der::asn1::{BitString, Ia5String, ObjectIdentifier, OctetString};
use x509_cert::der::oid::AssociatedOid;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::ext::pkix::{
    BasicConstraints, ExtendedKeyUsage, KeyUsage, KeyUsages, SubjectAltName,
};
use x509_cert::name::Name;

pub const CLIENT: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.2");
pub const SERVER: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.1");
pub const ANY_PURPOSE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.37.0");
pub const POLICY: &str = "1.3.6.1.4.1.32473.1.1";
pub const OTHER_POLICY: &str = "1.3.6.1.4.1.32473.1.99";
pub const ANY_POLICY: &str = "2.5.29.32.0";

pub const POLICIES: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.32");
pub const USAGE: ObjectIdentifier = KeyUsage::OID;
pub const PURPOSES: ObjectIdentifier = ExtendedKeyUsage::OID;
pub const CONSTRAINTS: ObjectIdentifier = BasicConstraints::OID;
pub const ALTERNATIVES: ObjectIdentifier = SubjectAltName::OID;

pub const SEQUENCE: u8 = 0x30;
pub const INTEGER: u8 = 0x02;

pub fn now() -> Timestamp {
    "2026-11-20T00:15:00Z".parse().unwrap()
}

/// A tag, the shortest length, the content.
pub fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let [high, low] = u16::try_from(content.len()).unwrap().to_be_bytes();
    let length = match (high, low) {
        (0, 0..=0x7f) => vec![low],
        (0, _) => vec![0x81, low],
        _ => vec![0x82, high, low],
    };
    [&[tag], length.as_slice(), content].concat()
}

pub fn oid(text: &str) -> Vec<u8> {
    ObjectIdentifier::new_unwrap(text).to_der().unwrap()
}

/// An extension that came out of a test's own hands.
pub fn extension(id: ObjectIdentifier, critical: bool, value: &[u8]) -> Vec<u8> {
    let critical = if critical { vec![0x01, 0x01, 0xff] } else { Vec::new() };
    let value = OctetString::new(value).unwrap().to_der().unwrap();
    tlv(SEQUENCE, &[id.to_der().unwrap(), critical, value].concat())
}

pub fn policies(all: &[&str]) -> Vec<u8> {
    let all: Vec<_> = all.iter().flat_map(|one| tlv(SEQUENCE, &oid(one))).collect();
    tlv(SEQUENCE, &all)
}

pub fn usage(uses: &[KeyUsages]) -> Vec<u8> {
    let uses = uses.iter().fold(x509_cert::der::flagset::FlagSet::default(), |all, one| all | *one);
    KeyUsage(uses).to_der().unwrap()
}

pub fn purposes(all: &[ObjectIdentifier]) -> Vec<u8> {
    ExtendedKeyUsage(all.to_vec()).to_der().unwrap()
}

pub fn constraints(ca: bool, path_len_constraint: Option<u8>) -> Vec<u8> {
    BasicConstraints { ca, path_len_constraint }.to_der().unwrap()
}

pub fn alternatives(names: Vec<GeneralName>) -> Vec<u8> {
    SubjectAltName(names).to_der().unwrap()
}

pub fn dns(name: &str) -> GeneralName {
    GeneralName::DnsName(Ia5String::new(name).unwrap())
}

pub fn uri(text: &str) -> GeneralName {
    GeneralName::UniformResourceIdentifier(Ia5String::new(text).unwrap())
}

pub fn mail(text: &str) -> GeneralName {
    GeneralName::Rfc822Name(Ia5String::new(text).unwrap())
}

pub fn name(text: &str) -> Name {
    text.parse().unwrap()
}

/// What signs: an algorithm as certificates name it, and the key.
#[derive(Clone)]
pub struct Key {
    private: PKey<Private>,
    pub public: Vec<u8>,
    pub algorithm: Vec<u8>,
    digest: MessageDigest,
}

impl Key {
    pub fn p256() -> Self {
        let key = FileKey::generate(KeyAlgorithm::P256).unwrap();
        Self::around(key.pkey().to_owned(), &ecdsa_with_sha256(), MessageDigest::sha256())
    }

    pub fn rsa(bits: u32) -> Self {
        let key = PKey::from_rsa(Rsa::generate(bits).unwrap()).unwrap();
        Self::around(key, &rsa_with("1.2.840.113549.1.1.11"), MessageDigest::sha256())
    }

    pub fn around(private: PKey<Private>, algorithm: &[u8], digest: MessageDigest) -> Self {
        let public = private.public_key_to_der().unwrap();
        Self { private, public, algorithm: algorithm.to_vec(), digest }
    }

    pub fn private(&self) -> &PKey<Private> {
        &self.private
    }

    fn sign(&self, content: &[u8]) -> Vec<u8> {
        let signer = openssl::sign::Signer::new(self.digest, &self.private);
        signer.unwrap().sign_oneshot_to_vec(content).unwrap()
    }
}

pub fn ecdsa_with_sha256() -> Vec<u8> {
    tlv(SEQUENCE, &oid("1.2.840.10045.4.3.2"))
}

pub fn rsa_with(algorithm: &str) -> Vec<u8> {
    tlv(SEQUENCE, &[oid(algorithm), vec![5, 0]].concat())
}

/// A certificate before it is signed; every field is DER.
#[derive(Clone)]
pub struct Draft {
    pub version: Vec<u8>,
    pub serial: Vec<u8>,
    pub algorithm: Vec<u8>,
    pub issuer: Vec<u8>,
    pub validity: Vec<u8>,
    pub subject: Vec<u8>,
    pub key: Vec<u8>,
    pub extensions: Vec<Vec<u8>>,
    /// Follows the extensions.
    pub rest: Vec<u8>,
    /// The algorithm beside the signature, where it is to be another.
    pub outer: Option<Vec<u8>>,
}

/// From so many days before now until so many after.
pub fn validity(from: i64, until: i64) -> Vec<u8> {
    let day = |days: i64| {
        let at = now() + SignedDuration::from_hours(24 * days);
        let text = at.strftime("%y%m%d%H%M%SZ").to_string();
        tlv(0x17, text.as_bytes())
    };
    tlv(SEQUENCE, &[day(from), day(until)].concat())
}

impl Draft {
    pub fn replace(&mut self, id: ObjectIdentifier, critical: bool, value: &[u8]) {
        self.remove(id);
        self.extensions.push(extension(id, critical, value));
    }

    pub fn remove(&mut self, id: ObjectIdentifier) {
        let id = id.to_der().unwrap();
        self.extensions.retain(|one| !one[2..].starts_with(&id) && !one[3..].starts_with(&id));
    }

    pub fn content(&self) -> Vec<u8> {
        let extensions = tlv(0xa3, &tlv(SEQUENCE, &self.extensions.concat()));
        let parts = [
            &self.version,
            &self.serial,
            &self.algorithm,
            &self.issuer,
            &self.validity,
            &self.subject,
            &self.key,
            &extensions,
            &self.rest,
        ];
        tlv(SEQUENCE, &parts.map(Vec::as_slice).concat())
    }

    pub fn signed_by(&self, key: &Key) -> Vec<u8> {
        let content = self.content();
        let signature = BitString::from_bytes(&key.sign(&content)).unwrap().to_der().unwrap();
        let outer = self.outer.as_ref().unwrap_or(&self.algorithm);
        tlv(SEQUENCE, &[content, outer.clone(), signature].concat())
    }
}

/// Content in its envelope, signed.
pub fn sealed(content: &[u8], key: &Key) -> Vec<u8> {
    let signature = BitString::from_bytes(&key.sign(content)).unwrap().to_der().unwrap();
    tlv(SEQUENCE, &[content, &key.algorithm, &signature].concat())
}

/// What was signed in a certificate.
pub fn content_of(der: &[u8]) -> Vec<u8> {
    let length = usize::from(u16::from_be_bytes([der[6], der[7]]));
    der[4..8 + length].to_vec()
}

/// An authority of a test.
#[derive(Clone)]
pub struct Maker {
    pub key: Key,
    pub name: Vec<u8>,
    pub der: Vec<u8>,
}

impl Maker {
    /// A root without limits.
    pub fn root() -> Self {
        Self::root_after(|_| ())
    }

    pub fn root_after(change: impl FnOnce(&mut Draft)) -> Self {
        let key = fresh_key();
        let name = name("CN=Root,O=Tally,C=JP").to_der().unwrap();
        let mut draft = authority(&key, &name, &key, &name, 1);
        change(&mut draft);
        Self { der: draft.signed_by(&key), key, name }
    }

    /// An authority below this one, changed before it is signed.
    pub fn below(&self, common_name: &str, change: impl FnOnce(&mut Draft)) -> Self {
        let name = name(&format!("CN={common_name},O=Tally,C=JP")).to_der().unwrap();
        self.certify(&fresh_key(), &name, change)
    }

    /// The certificate of an authority that has its key and name already.
    pub fn certify(&self, key: &Key, name: &[u8], change: impl FnOnce(&mut Draft)) -> Self {
        let mut draft = authority(&self.key, &self.name, key, name, 2);
        change(&mut draft);
        Self { der: draft.signed_by(&self.key), key: key.clone(), name: name.to_vec() }
    }

    /// A certificate of a card.
    pub fn card(&self, change: impl FnOnce(&mut Draft)) -> Vec<u8> {
        let mut draft = self.card_draft();
        change(&mut draft);
        draft.signed_by(&self.key)
    }

    pub fn card_draft(&self) -> Draft {
        let subject = name("CN=0123456789abcdef0123456789abcdef").to_der().unwrap();
        let mut draft = authority(&self.key, &self.name, card_key(), &subject, 3);
        draft.extensions = vec![
            extension(USAGE, true, &usage(&[KeyUsages::DigitalSignature])),
            extension(PURPOSES, false, &purposes(&[CLIENT])),
            extension(POLICIES, false, &policies(&[POLICY])),
        ];
        draft
    }
}

fn authority(issuer: &Key, issuer_name: &[u8], key: &Key, subject: &[u8], serial: u8) -> Draft {
    let uses = usage(&[KeyUsages::KeyCertSign, KeyUsages::CRLSign]);
    Draft {
        version: tlv(0xa0, &tlv(INTEGER, &[2])),
        serial: tlv(INTEGER, &[serial]),
        algorithm: issuer.algorithm.clone(),
        issuer: issuer_name.to_vec(),
        validity: validity(-30, 300),
        subject: subject.to_vec(),
        key: key.public.clone(),
        extensions: vec![
            extension(USAGE, true, &uses),
            extension(CONSTRAINTS, true, &constraints(true, None)),
            extension(POLICIES, false, &policies(&[POLICY])),
        ],
        rest: Vec::new(),
        outer: None,
    }
}

fn card_key() -> &'static Key {
    static KEY: OnceLock<Key> = OnceLock::new();
    KEY.get_or_init(Key::p256)
}

pub fn fresh_key() -> Key {
    Key::p256()
}

/// What a validator is given.
pub struct Chain {
    pub roots: Vec<Vec<u8>>,
    pub others: Vec<Vec<u8>>,
    pub leaf: Vec<u8>,
}

pub fn required() -> PathRequirements {
    use KeyAlgorithm::{P256, P384, Rsa2048, Rsa3072};
    PathRequirements {
        purposes: vec![CLIENT],
        only_these_purposes: false,
        policies: vec![ObjectIdentifier::new_unwrap(POLICY)],
        keys: vec![P256, P384, Rsa2048, Rsa3072],
    }
}

impl Chain {
    pub fn of(roots: &[&Maker], others: &[&Maker], leaf: Vec<u8>) -> Self {
        let ders = |makers: &[&Maker]| makers.iter().map(|maker| maker.der.clone()).collect();
        Self { roots: ders(roots), others: ders(others), leaf }
    }

    pub fn verdict(&self) -> Result<(), PathError> {
        self.verdict_on(&required())
    }

    pub fn verdict_on(&self, required: &PathRequirements) -> Result<(), PathError> {
        let read = |ders: &[Vec<u8>]| {
            let read = ders.iter().map(|der| Certificate::from_der(der));
            read.collect::<Result<Vec<_>, _>>()
        };
        let validator = PathValidator::new(read(&self.roots)?, read(&self.others)?).unwrap();
        let leaf = Certificate::from_der(&self.leaf)?;
        validator.validate(&leaf, required, now()).map(drop)
    }
}

/// Rows of a suite: what it is, the chain, the one reason for which it is refused.
pub type Row = (&'static str, Chain, PathError);

pub fn refuse_all(rows: &[Row]) {
    let wrong = rows.iter().filter_map(|(what, chain, cause)| {
        let verdict = chain.verdict();
        (verdict != Err(*cause)).then(|| format!("{what}: {verdict:?} instead of {cause:?}"))
    });
    let wrong: Vec<_> = wrong.collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Root, one authority, one card: the smallest chain, with a change to the card.
pub fn with_card(change: impl FnOnce(&mut Draft)) -> Chain {
    let root = Maker::root();
    let issuer = root.below("Cards", |_| ());
    let leaf = issuer.card(change);
    Chain::of(&[&root], &[&issuer], leaf)
}

/// The same with a change to the authority.
pub fn with_issuer(change: impl FnOnce(&mut Draft)) -> Chain {
    let root = Maker::root();
    let issuer = root.below("Cards", change);
    let leaf = issuer.card(|_| ());
    Chain::of(&[&root], &[&issuer], leaf)
}
