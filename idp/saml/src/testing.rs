//! What the tests of this crate share: keys, a clock that stands still, and a federation of two.

use std::sync::LazyLock;

use jiff::{SignedDuration, Timestamp};
use openssl::asn1::Asn1Time;
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::x509::{X509, X509NameBuilder};

use crate::attribute::{Attribute, NameId};
use crate::certificate::Certificate;
use crate::consume::{Expectation, Login, Policy, Refusal, ServiceProvider};
use crate::encryption::{DecryptionKey, EncryptionKey};
use crate::issue::{Assertion, Envelope};
use crate::metadata::IdpRole;
use crate::names::{AC_SMARTCARD_PKI, ATTRIBUTE_DISPLAY_NAME, ATTRIBUTE_PAIRWISE_ID};
use crate::sign::{KeySigner, XmlSigner, envelop};
use crate::status::Status;

pub const IDP: &str = "https://idp.example/saml/metadata";
pub const SP: &str = "https://portal.example/saml/metadata";
pub const ACS: &str = "https://portal.example/saml/acs";
pub const REQUEST: &str = "_request0123456789abcdef";

/// Keys take long to make, so all tests share them.
pub struct Keys {
    pub p256: KeySigner,
    pub p384: KeySigner,
    pub rsa: KeySigner,
    /// Of nobody in the federation.
    pub strangers: [KeySigner; 2],
    /// Of the service provider, in PEM.
    pub sp_pem: Vec<u8>,
    pub sp: Certificate,
}

pub static KEYS: LazyLock<Keys> = LazyLock::new(|| {
    let sp = rsa_key(2048);
    Keys {
        p256: signer(&ec_key(Nid::X9_62_PRIME256V1)),
        p384: signer(&ec_key(Nid::SECP384R1)),
        rsa: signer(&rsa_key(3072)),
        strangers: [signer(&ec_key(Nid::X9_62_PRIME256V1)), signer(&rsa_key(2048))],
        sp_pem: sp.private_key_to_pem_pkcs8().unwrap(),
        sp: certificate(&sp),
    }
});

impl Keys {
    /// The signers of the identity provider, one of each kind.
    pub fn signers(&self) -> [&KeySigner; 3] {
        [&self.p256, &self.p384, &self.rsa]
    }

    pub fn certificates(&self) -> Vec<Certificate> {
        self.signers().map(|signer| signer.certificate().clone()).to_vec()
    }

    pub fn decryption_key(&self) -> DecryptionKey {
        DecryptionKey::from_pem(&self.sp_pem).unwrap()
    }

    pub fn encryption_key(&self) -> EncryptionKey {
        EncryptionKey::from_certificate(&self.sp).unwrap()
    }
}

pub fn ec_key(curve: Nid) -> PKey<Private> {
    let group = EcGroup::from_curve_name(curve).unwrap();
    PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap()
}

pub fn rsa_key(bits: u32) -> PKey<Private> {
    PKey::from_rsa(Rsa::generate(bits).unwrap()).unwrap()
}

fn signer(key: &PKey<Private>) -> KeySigner {
    KeySigner::new(key.clone(), certificate(key)).unwrap()
}

pub fn certificate(key: &PKey<Private>) -> Certificate {
    Certificate::from_der(&self_signed(key).to_der().unwrap()).unwrap()
}

pub fn self_signed(key: &PKey<Private>) -> X509 {
    let mut name = X509NameBuilder::new().unwrap();
    name.append_entry_by_text("CN", "test").unwrap();
    let name = name.build();
    let mut builder = X509::builder().unwrap();
    builder.set_version(2).unwrap();
    builder.set_subject_name(&name).unwrap();
    builder.set_issuer_name(&name).unwrap();
    builder.set_pubkey(key).unwrap();
    builder.set_not_before(&Asn1Time::days_from_now(0).unwrap()).unwrap();
    builder.set_not_after(&Asn1Time::days_from_now(30).unwrap()).unwrap();
    builder.sign(key, MessageDigest::sha256()).unwrap();
    builder.build()
}

/// Different bytes on every call.
pub fn random(bytes: &mut [u8]) {
    openssl::rand::rand_bytes(bytes).unwrap();
}

pub fn now() -> Timestamp {
    "2026-04-01T09:30:00Z".parse().unwrap()
}

pub fn after(seconds: i64) -> Timestamp {
    now() + SignedDuration::from_secs(seconds)
}

pub static ATTRIBUTES: LazyLock<Vec<Attribute>> = LazyLock::new(|| {
    vec![
        Attribute::new(ATTRIBUTE_PAIRWISE_ID, ["abc@idp.example"]),
        Attribute::new(ATTRIBUTE_DISPLAY_NAME, ["上野 <太郎> & \"家族\""]).called("displayName"),
    ]
});

static NAME: LazyLock<NameId> = LazyLock::new(|| NameId::transient("_name"));

/// A login of just now.
pub fn login() -> Assertion<'static> {
    Assertion {
        issuer: IDP,
        audience: SP,
        acs_url: ACS,
        in_response_to: Some(REQUEST),
        name_id: &NAME,
        session_index: "_session",
        context_class: AC_SMARTCARD_PKI,
        issued_at: now(),
        authenticated_at: after(-10),
        not_on_or_after: after(300),
        session_not_on_or_after: after(3600),
        attributes: &ATTRIBUTES,
    }
}

/// The identity provider as its metadata describes it.
pub fn identity_provider() -> IdpRole {
    IdpRole {
        display_names: Vec::new(),
        signing: KEYS.certificates(),
        encryption: Vec::new(),
        sso: Vec::new(),
        slo: Vec::new(),
        want_authn_requests_signed: false,
        scopes: vec!["idp.example".to_owned()],
        error_url: None,
    }
}

pub fn expectation(identity_provider: &IdpRole) -> Expectation<'_> {
    Expectation {
        issuer: IDP,
        identity_provider,
        request_id: REQUEST,
        context_classes: &[],
        authenticated_after: None,
    }
}

pub fn service_provider() -> ServiceProvider {
    ServiceProvider {
        entity_id: SP.to_owned(),
        acs_url: ACS.to_owned(),
        decryption_keys: vec![KEYS.decryption_key()],
        policy: Policy::default(),
    }
}

/// The assertion as it stands before encryption, unsigned.
pub fn assertion_xml() -> String {
    login().write("_assertion").unwrap().xml
}

/// Signs an assertion behind its issuer.
pub fn sign_assertion(xml: &str, signer: &dyn XmlSigner) -> String {
    sign_behind_issuer(xml, "_assertion", signer)
}

/// Signs a document behind its first issuer.
pub fn sign_behind_issuer(xml: &str, id: &str, signer: &dyn XmlSigner) -> String {
    const END: &str = "</saml:Issuer>";
    let position = xml.find(END).unwrap() + END.len();
    let mut document = xml.to_owned();
    envelop(&mut document, position, id, signer).unwrap();
    document
}

pub fn sealed(assertion: &str) -> String {
    KEYS.encryption_key().encrypt(assertion, now(), &mut random).unwrap()
}

/// The envelope of a successful response.
pub fn envelope() -> Envelope<'static> {
    Envelope {
        issuer: IDP,
        acs_url: ACS,
        in_response_to: Some(REQUEST),
        issued_at: now(),
        status: Status::Success,
        message: None,
    }
}

/// A signed response around an assertion, sealed or plain.
pub fn signed_response(assertion: &str) -> String {
    envelope().around(assertion, &KEYS.p256, &mut random).unwrap().xml
}

/// The same without a signature on the response.
pub fn unsigned_response(assertion: &str) -> String {
    without_signature(&signed_response(assertion))
}

/// Cuts out the first signature.
pub fn without_signature(xml: &str) -> String {
    let start = xml.find("<ds:Signature ").unwrap();
    let end = xml.find("</ds:Signature>").unwrap() + "</ds:Signature>".len();
    [&xml[..start], &xml[end..]].concat()
}

/// Judges a response as our own service provider does.
pub fn consume(xml: &str) -> Result<Login, Refusal> {
    service_provider().consume(xml.as_bytes(), &expectation(&identity_provider()), now())
}

/// The same where a signed assertion alone would do.
pub fn consume_lenient(xml: &str) -> Result<Login, Refusal> {
    let mut provider = service_provider();
    provider.policy.require_signed_response = false;
    provider.consume(xml.as_bytes(), &expectation(&identity_provider()), now())
}
