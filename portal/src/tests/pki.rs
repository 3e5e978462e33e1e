//! Keys and certificates for one test run.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use openssl::asn1::Asn1Time;
use openssl::bn::BigNum;
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::x509::extension::{BasicConstraints, ExtendedKeyUsage, SubjectAlternativeName};
use openssl::x509::{X509, X509NameBuilder};

/// A key and its certificate.
#[derive(Clone)]
pub struct Identity {
    pub key: PKey<Private>,
    pub certificate: X509,
}

/// What takes long to make is made once.
pub static CA: LazyLock<Identity> = LazyLock::new(|| certify(p256(), "test CA", None));
pub static RELAY: LazyLock<Identity> = LazyLock::new(|| certify(p256(), "relay", Some(&CA)));
pub static OFFICE: LazyLock<Identity> = LazyLock::new(|| certify(p256(), "office", Some(&CA)));
pub static PORTAL: LazyLock<Identity> = LazyLock::new(|| certify(p256(), "portal", Some(&CA)));
pub static SAML: LazyLock<Identity> = LazyLock::new(|| certify(p256(), "portal saml", None));
pub static DECRYPT: LazyLock<Identity> = LazyLock::new(|| {
    let key = PKey::from_rsa(Rsa::generate(3072).unwrap()).unwrap();
    certify(key, "portal decryption", None)
});
pub static IDP: LazyLock<Identity> = LazyLock::new(|| certify(p256(), "idp saml", None));
pub static STRANGER: LazyLock<Identity> = LazyLock::new(|| certify(p256(), "stranger", None));

impl Identity {
    pub fn key_pem(&self) -> Vec<u8> {
        self.key.private_key_to_pem_pkcs8().unwrap()
    }

    pub fn certificate_pem(&self) -> Vec<u8> {
        self.certificate.to_pem().unwrap()
    }

    pub fn write(&self, folder: &Path, name: &str) -> (PathBuf, PathBuf) {
        let (key, certificate) =
            (folder.join(format!("{name}.key")), folder.join(format!("{name}.pem")));
        std::fs::write(&key, self.key_pem()).unwrap();
        std::fs::write(&certificate, self.certificate_pem()).unwrap();
        (key, certificate)
    }
}

fn p256() -> PKey<Private> {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap()
}

fn certify(key: PKey<Private>, name: &str, issuer: Option<&Identity>) -> Identity {
    let mut subject = X509NameBuilder::new().unwrap();
    subject.append_entry_by_text("CN", name).unwrap();
    let subject = subject.build();
    let mut builder = X509::builder().unwrap();
    builder.set_version(2).unwrap();
    let mut serial = BigNum::new().unwrap();
    serial.rand(127, openssl::bn::MsbOption::MAYBE_ZERO, false).unwrap();
    builder.set_serial_number(&serial.to_asn1_integer().unwrap()).unwrap();
    builder.set_subject_name(&subject).unwrap();
    let issuer_name = issuer.map_or(&*subject, |ca| ca.certificate.subject_name());
    builder.set_issuer_name(issuer_name).unwrap();
    builder.set_pubkey(&key).unwrap();
    builder.set_not_before(&Asn1Time::days_from_now(0).unwrap()).unwrap();
    builder.set_not_after(&Asn1Time::days_from_now(30).unwrap()).unwrap();
    match issuer {
        None => builder.append_extension(BasicConstraints::new().critical().ca().build().unwrap()),
        Some(ca) => {
            let context = builder.x509v3_context(Some(&ca.certificate), None);
            let names = SubjectAlternativeName::new()
                .dns("localhost")
                .ip("127.0.0.1")
                .uri(&format!("urn:warifu:party:{name}"))
                .build(&context)
                .unwrap();
            builder.append_extension(names).unwrap();
            builder.append_extension(
                ExtendedKeyUsage::new().server_auth().client_auth().build().unwrap(),
            )
        }
    }
    .unwrap();
    builder.sign(issuer.map_or(&key, |ca| &ca.key), MessageDigest::sha256()).unwrap();
    let certificate = builder.build();
    Identity { key, certificate }
}
