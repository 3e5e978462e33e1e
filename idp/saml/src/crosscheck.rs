//! What we sign and encrypt, put before the `xmlsec1` command, which shares no code of ours; and
//! what it encrypts, put before us.

mod signed_elsewhere;

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

use crate::attribute::NameId;
use crate::certificate::Certificate;
use crate::issue::{Protection, response};
use crate::logout::LogoutRequest;
use crate::metadata::{LocalizedText, SpDescription};
use crate::names::ATTRIBUTE_DISPLAY_NAME;
use crate::sign::XmlSigner;
use crate::testing::*;

const PROTOCOL: &str = "urn:oasis:names:tc:SAML:2.0:protocol";
const ASSERTION: &str = "urn:oasis:names:tc:SAML:2.0:assertion";
const METADATA: &str = "urn:oasis:names:tc:SAML:2.0:metadata";

/// Runs `xmlsec1` in a folder of its own.
fn xmlsec1(folder: &Path, arguments: &[&str]) -> Output {
    Command::new("xmlsec1")
        .args(arguments)
        .current_dir(folder)
        .output()
        .expect("the command xmlsec1 must be installed (Debian: apt-get install xmlsec1)")
}

fn folder_with(files: &[(&str, &[u8])]) -> TempDir {
    let folder = TempDir::new().unwrap();
    for (name, content) in files {
        fs::write(folder.path().join(name), content).unwrap();
    }
    folder
}

fn pem(certificate: &Certificate) -> Vec<u8> {
    openssl::x509::X509::from_der(certificate.der()).unwrap().to_pem().unwrap()
}

/// Whether `xmlsec1` finds the signature over the root good.
fn verifies(xml: &str, root: &str, certificate: &Certificate) -> bool {
    let folder = folder_with(&[("key.pem", &pem(certificate)), ("document.xml", xml.as_bytes())]);
    let arguments =
        ["--verify", "--id-attr:ID", root, "--pubkey-cert-pem", "key.pem", "document.xml"];
    xmlsec1(folder.path(), &arguments).status.success()
}

fn is_verified_until_it_is_changed(xml: &str, root: &str, signer: &dyn XmlSigner) {
    assert!(verifies(xml, root, signer.certificate()), "{xml}");
    let changed = xml.replace("example", "exampIe");
    assert!(!verifies(&changed, root, signer.certificate()));
}

#[test]
fn responses() {
    let encrypt_to = KEYS.encryption_key();
    for signer in KEYS.signers() {
        let protection = Protection { signer, encrypt_to: Some(&encrypt_to), sign_assertion: true };
        let issued = response(&login(), &protection, &mut random).unwrap();
        is_verified_until_it_is_changed(&issued.xml, &format!("{PROTOCOL}:Response"), signer);
    }
}

#[test]
fn assertions() {
    for signer in KEYS.signers() {
        let xml = sign_assertion(&assertion_xml(), signer);
        is_verified_until_it_is_changed(&xml, &format!("{ASSERTION}:Assertion"), signer);
    }
}

#[test]
fn logout_requests() {
    let request = LogoutRequest {
        id: "_logout".to_owned(),
        issuer: IDP.to_owned(),
        issue_instant: now(),
        destination: Some(ACS.to_owned()),
        not_on_or_after: None,
        name_id: NameId::transient("a&b<c>\"d\"\r\n\te"),
        session_indexes: vec!["_session".to_owned()],
    };
    for signer in KEYS.signers() {
        let xml = request.to_signed_xml(signer).unwrap();
        is_verified_until_it_is_changed(&xml, &format!("{PROTOCOL}:LogoutRequest"), signer);
    }
}

#[test]
fn metadata() {
    let description = SpDescription {
        entity_id: SP.to_owned(),
        valid_until: after(3600),
        display_names: vec![LocalizedText {
            language: "ja".to_owned(),
            text: "割符\t\"＜わりふ＞\" & <友>\r\n".to_owned(),
        }],
        signing: KEYS.certificates(),
        encryption: vec![KEYS.sp.clone()],
        acs: vec![format!("{ACS}?a=b&c=\"d\"\t")],
        slo_redirect: None,
        slo_soap: None,
        signing_methods: vec![KEYS.rsa.algorithm()],
        contact: None,
    };
    for signer in KEYS.signers() {
        let xml = description.to_xml(signer, &mut random).unwrap();
        is_verified_until_it_is_changed(&xml, &format!("{METADATA}:EntityDescriptor"), signer);
    }
}

#[test]
fn what_we_encrypt_it_decrypts() {
    let xml = sealed(&assertion_xml());
    let folder = folder_with(&[("key.pem", &KEYS.sp_pem), ("document.xml", xml.as_bytes())]);
    let output = xmlsec1(folder.path(), &["--decrypt", "--privkey-pem", "key.pem", "document.xml"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let decrypted = String::from_utf8(output.stdout).unwrap();
    assert!(decrypted.contains(">_name<"));
    assert!(decrypted.contains(">abc@idp.example<"));
}

const TEMPLATE: &str = "<xenc:EncryptedData xmlns:xenc=\"http://www.w3.org/2001/04/xmlenc#\" \
    Type=\"http://www.w3.org/2001/04/xmlenc#Element\"><xenc:EncryptionMethod \
    Algorithm=\"http://www.w3.org/2009/xmlenc11#aes256-gcm\"/><ds:KeyInfo \
    xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"><xenc:EncryptedKey><xenc:EncryptionMethod \
    Algorithm=\"http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p\"/><xenc:CipherData>\
    <xenc:CipherValue/></xenc:CipherData></xenc:EncryptedKey></ds:KeyInfo><xenc:CipherData>\
    <xenc:CipherValue/></xenc:CipherData></xenc:EncryptedData>";

#[test]
fn what_it_encrypts_we_decrypt() {
    let folder = folder_with(&[
        ("key.pem", &pem(&KEYS.sp)),
        ("assertion.xml", sign_assertion(&assertion_xml(), &KEYS.p256).as_bytes()),
        ("template.xml", TEMPLATE.as_bytes()),
    ]);
    let arguments = [
        "--encrypt",
        "--pubkey-cert-pem",
        "key.pem",
        "--session-key",
        "aes-256",
        "--xml-data",
        "assertion.xml",
        "template.xml",
    ];
    let output = xmlsec1(folder.path(), &arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let data = String::from_utf8(output.stdout).unwrap();
    let data = data.trim_start_matches("<?xml version=\"1.0\"?>").trim();
    let sealed = format!(
        "<saml:EncryptedAssertion xmlns:saml=\"{ASSERTION}\">{data}</saml:EncryptedAssertion>"
    );
    let identity_provider = identity_provider();
    let expected = expectation(&identity_provider);
    let xml = unsigned_response(&sealed);
    let mut provider = service_provider();
    provider.policy.require_signed_response = false;
    let login = provider.consume(xml.as_bytes(), &expected, now()).unwrap();
    assert_eq!(login.value(ATTRIBUTE_DISPLAY_NAME), Some("上野 <太郎> & \"家族\""));
}
