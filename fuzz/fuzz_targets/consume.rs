//! Any bytes as a response, and any text as the assertion in one that is properly signed: through
//! gate, signature, decryption, gate, reader and policy.

#![no_main]

use std::sync::LazyLock;

use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;
use openssl::asn1::Asn1Time;
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::x509::{X509, X509NameBuilder};
use warifu_saml::fuzzing::response_around;
use warifu_saml::metadata::IdpRole;
use warifu_saml::{
    Certificate, DecryptionKey, EncryptionKey, Expectation, KeySigner, Policy, ServiceProvider,
    XmlSigner as _,
};

const IDP: &str = "https://idp.example/saml/metadata";
const SP: &str = "https://portal.example/saml/metadata";
const ACS: &str = "https://portal.example/saml/acs";
const REQUEST: &str = "_request0123456789abcdef";
/// When the assertions of the corpus were made: 2026-04-01T09:30:00Z.
const NOW: i64 = 1_775_035_800;

/// Two parties with keys made for this run.
struct Parties {
    signer: KeySigner,
    encrypt_to: EncryptionKey,
    role: IdpRole,
    provider: ServiceProvider,
}

static PARTIES: LazyLock<Parties> = LazyLock::new(|| {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).expect("P-256");
    let key = PKey::from_ec_key(EcKey::generate(&group).expect("key")).expect("key");
    let signer = KeySigner::new(key.clone(), certificate(&key)).expect("signer");
    let secret = PKey::from_rsa(Rsa::generate(2048).expect("key")).expect("key");
    let encrypt_to = EncryptionKey::from_certificate(&certificate(&secret)).expect("RSA");
    let role = IdpRole {
        display_names: Vec::new(),
        signing: vec![signer.certificate().clone()],
        encryption: Vec::new(),
        sso: Vec::new(),
        slo: Vec::new(),
        want_authn_requests_signed: false,
        scopes: vec!["idp.example".to_owned()],
        error_url: None,
    };
    let provider = ServiceProvider {
        entity_id: SP.to_owned(),
        acs_url: ACS.to_owned(),
        decryption_keys: vec![DecryptionKey::new(secret).expect("RSA")],
        policy: Policy::default(),
    };
    Parties { signer, encrypt_to, role, provider }
});

fn certificate(key: &PKey<Private>) -> Certificate {
    let mut name = X509NameBuilder::new().expect("name");
    name.append_entry_by_text("CN", "fuzz").expect("name");
    let name = name.build();
    let mut builder = X509::builder().expect("certificate");
    builder.set_version(2).expect("version");
    builder.set_subject_name(&name).expect("subject");
    builder.set_issuer_name(&name).expect("issuer");
    builder.set_pubkey(key).expect("key");
    builder.set_not_before(&Asn1Time::days_from_now(0).expect("date")).expect("date");
    builder.set_not_after(&Asn1Time::days_from_now(1).expect("date")).expect("date");
    builder.sign(key, MessageDigest::sha256()).expect("signature");
    Certificate::from_der(&builder.build().to_der().expect("DER")).expect("certificate")
}

fuzz_target!(|bytes: &[u8]| {
    let Parties { signer, encrypt_to, role, provider } = &*PARTIES;
    let now = Timestamp::from_second(NOW).expect("instant");
    let expected = Expectation {
        issuer: IDP,
        identity_provider: role,
        request_id: REQUEST,
        context_classes: &[],
        authenticated_after: None,
    };
    assert!(provider.consume(bytes, &expected, now).is_err(), "nobody signed this");
    let Ok(assertion) = std::str::from_utf8(bytes) else { return };
    let mut random = |out: &mut [u8]| openssl::rand::rand_bytes(out).expect("randomness");
    let parties = [IDP, ACS, REQUEST];
    let xml = response_around(assertion, parties, encrypt_to, signer, now, &mut random);
    if let Ok(login) = provider.consume(xml.expect("signed").as_bytes(), &expected, now) {
        assert_eq!(login.issuer, IDP);
        assert!(!login.assertion_id.is_empty() && login.replay_until > now);
    }
});
