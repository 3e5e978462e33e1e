//! Requests of every kind, and OpenSSL's opinion of the answers.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Instant;

use jiff::Timestamp;
use proptest::prelude::*;
use x509_cert::der::asn1::{Null, OctetString};
use x509_cert::der::oid::ObjectIdentifier;
use x509_cert::der::oid::db::rfc5912::{ID_SHA_1, ID_SHA_384};
use x509_cert::der::oid::db::rfc6960::{ID_PKIX_OCSP_NONCE, ID_PKIX_OCSP_RESPONSE};
use x509_cert::der::{Any, Decode, Encode};
use x509_cert::ext::Extension;
use x509_cert::serial_number::SerialNumber;
use x509_cert::spki::AlgorithmIdentifierOwned;
use x509_ocsp::{OcspRequest, TbsRequest};

use super::*;
use crate::testing::{World, changed, changes, days, key_256, world};
use crate::{
    Authority, Certificate, FileKey, KeyAlgorithm, Profile, Reason, Signer, Subject, Validity,
};

fn responder_of(world: &World, authority: &Authority) -> Responder {
    let key = FileKey::generate(KeyAlgorithm::P256).unwrap();
    let certificate = signer_certificate(world, authority, &Profile::OCSP_SIGNER, &key);
    Responder::new(authority.certificate(), certificate, Arc::new(key)).unwrap()
}

fn signer_certificate(
    world: &World,
    authority: &Authority,
    profile: &Profile,
    key: &FileKey,
) -> Certificate {
    let validity = Validity::lasting(world.now, days(14));
    let is_signer = *profile == Profile::OCSP_SIGNER;
    let name = if is_signer { "Warifu test OCSP" } else { crate::testing::HOLDER };
    world.issued_by(authority, profile, &Subject::named(name), key, validity)
}

/// A request as OpenSSL and OpenSSL's reading of our answer to it.
struct Conversation<'a> {
    world: &'a World,
    folder: tempfile::TempDir,
    options: &'a str,
}

impl<'a> Conversation<'a> {
    fn about(world: &'a World, leaf: &Certificate, options: &'a str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let issuer = world.cards.certificate().pem();
        let root = world.root.certificate().pem();
        let files =
            [("issuer.pem", &issuer), ("leaf.pem", &leaf.pem()), ("trust.pem", &(root + &issuer))];
        for (name, pem) in files {
            std::fs::write(folder.path().join(name), pem).unwrap();
        }
        Self { world, folder, options }
    }

    fn request(&self) -> Vec<u8> {
        let ask = format!("{} -issuer issuer.pem -cert leaf.pem -reqout q.der", self.options);
        openssl_ocsp(self.folder.path(), &ask);
        std::fs::read(self.folder.path().join("q.der")).unwrap()
    }

    /// What OpenSSL makes of a response; its clock does not matter.
    fn reading(&self, response: &[u8]) -> String {
        std::fs::write(self.folder.path().join("r.der"), response).unwrap();
        lint(&self.folder.path().join("r.der"));
        let digest = if self.options.contains("-sha256") { "-sha256" } else { "" };
        let state = self.openssl(&format!("{digest} -issuer issuer.pem -cert leaf.pem"));
        // Given a certificate, OpenSSL forgets the request and its nonce.
        state + &self.openssl("-reqin q.der")
    }

    fn openssl(&self, about: &str) -> String {
        let at = self.world.now.as_second() + 60;
        let arguments = format!(
            "{about} -no_nonce -respin r.der -CAfile trust.pem -attime {at} \
             -validity_period 3000000000"
        );
        openssl_ocsp(self.folder.path(), &arguments)
    }
}

fn openssl_ocsp(folder: &Path, arguments: &str) -> String {
    let arguments = arguments.split_ascii_whitespace();
    let output =
        Command::new("openssl").current_dir(folder).arg("ocsp").args(arguments).output().unwrap();
    String::from_utf8([output.stdout, output.stderr].concat()).unwrap()
}

/// pkilint's opinion, where `WARIFU_TEST_PKILINT` names the folder of its programs.
fn lint(response: &Path) {
    let Some(programs) = std::env::var_os("WARIFU_TEST_PKILINT") else { return };
    let program = Path::new(&programs).join("lint_ocsp_response");
    let output =
        Command::new(program).args(["lint", "-s", "NOTICE"]).arg(response).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
}

fn answer(world: &World, responder: &Responder, request: &Request, status: CertStatus) -> Vec<u8> {
    let answers: Vec<_> = request
        .asked()
        .iter()
        .map(|asked| Answer {
            asked,
            status,
            this_update: world.now,
            next_update: world.now + days(1),
        })
        .collect();
    responder.respond(&answers, request.nonce(), world.now).unwrap()
}

#[test]
fn openssl_and_we_agree() {
    let world = world();
    let responder = responder_of(world, &world.cards);
    let leaf = world.authentication_card();
    let revoked = |reason| CertStatus::Revoked { at: world.now, reason };
    for (status, expected) in [
        (CertStatus::Good, "leaf.pem: good"),
        (CertStatus::Unknown, "leaf.pem: unknown"),
        (revoked(Reason::KeyCompromise), "Reason: keyCompromise"),
        (revoked(Reason::CertificateHold), "Reason: certificateHold"),
        (revoked(Reason::Unspecified), "leaf.pem: revoked"),
    ] {
        for options in ["", "-no_nonce", "-sha256", "-sha256 -no_nonce"] {
            let conversation = Conversation::about(world, &leaf, options);
            let request = Request::parse(&conversation.request()).unwrap();
            assert_eq!(request.nonce().is_none(), options.contains("no_nonce"));
            assert_eq!(request.asked()[0].serial(), leaf.serial());
            assert!(responder.answers_for(&request.asked()[0]));
            let read = conversation.reading(&answer(world, &responder, &request, status));
            for expected in ["Response verify OK", expected] {
                assert!(read.contains(expected), "{options}: {read}");
            }
            assert!(!read.contains("WARNING") || options.contains("no_nonce"), "{read}");
            assert!(!read.contains("unspecified"), "{read}");
        }
    }
}

#[test]
fn an_answer_with_another_nonce_is_refused_by_openssl() {
    let world = world();
    let responder = responder_of(world, &world.cards);
    let conversation = Conversation::about(world, &world.authentication_card(), "");
    let request = Request::parse(&conversation.request()).unwrap();
    let (this_update, next_update) = (world.now, world.now + days(1));
    let answer =
        Answer { asked: &request.asked()[0], status: CertStatus::Good, this_update, next_update };
    let other = responder.respond(&[answer], Some(&[7; 16]), world.now).unwrap();
    let read = conversation.reading(&other);
    assert!(read.contains("Nonce Verify error"), "{read}");
}

#[test]
fn failures_are_read_as_what_they_are() {
    let conversation = Conversation::about(world(), &world().authentication_card(), "");
    conversation.request();
    for (failure, expected) in [
        (Failure::MalformedRequest, "malformedrequest (1)"),
        (Failure::InternalError, "internalerror (2)"),
        (Failure::TryLater, "trylater (3)"),
        (Failure::Unauthorized, "unauthorized (6)"),
    ] {
        let read = conversation.reading(failure.der());
        assert!(read.contains(expected), "{read}");
    }
}

#[test]
fn another_issuer_is_not_answered_for() {
    let world = world();
    let responder = responder_of(world, &world.services);
    for options in ["", "-sha256"] {
        let conversation = Conversation::about(world, &world.authentication_card(), options);
        let request = Request::parse(&conversation.request()).unwrap();
        assert!(!responder.answers_for(&request.asked()[0]));
    }
}

#[test]
fn both_hashes_of_the_issuer_are_compared() {
    let world = world();
    let responder = responder_of(world, &world.cards);
    let one = sample(world, ID_SHA_1);
    let id =
        |id: &x509_ocsp::CertId| Request::parse(&request_der(vec![id.clone()], vec![])).unwrap();
    assert!(responder.answers_for(&id(&one).asked()[0]));
    let zero = OctetString::new([0; 20]).unwrap();
    let name = x509_ocsp::CertId { issuer_name_hash: zero.clone(), ..one.clone() };
    let key = x509_ocsp::CertId { issuer_key_hash: zero, ..one };
    for wrong in [name, key, sample(world, ID_SHA_384)] {
        assert!(!responder.answers_for(&id(&wrong).asked()[0]));
    }
}

#[test]
fn a_responder_is_the_issuers_and_for_ocsp_alone() {
    let world = world();
    let key = key_256();
    let make = |issuer: &Authority, certificate| {
        Responder::new(issuer.certificate(), certificate, Arc::new(key.clone())).unwrap_err()
    };
    let card = signer_certificate(world, &world.cards, &Profile::CARD_AUTHENTICATION, key);
    assert_eq!(make(&world.cards, card), ResponderError::NotForOcsp);
    let proper = signer_certificate(world, &world.cards, &Profile::OCSP_SIGNER, key);
    assert_eq!(make(&world.services, proper), ResponderError::NotIssued);
    let other = FileKey::generate(KeyAlgorithm::P256).unwrap();
    let foreign = signer_certificate(world, &world.cards, &Profile::OCSP_SIGNER, &other);
    assert_eq!(make(&world.cards, foreign), ResponderError::WrongKey);
}

/// The identity of a card of the cards authority, hashed with SHA-1 or pretended otherwise.
fn sample(world: &World, algorithm: ObjectIdentifier) -> x509_ocsp::CertId {
    let issuer = world.cards.certificate().content();
    let key = issuer.subject_public_key_info.subject_public_key.raw_bytes();
    let hash = |bytes: &[u8]| OctetString::new(openssl::sha::sha1(bytes)).unwrap();
    x509_ocsp::CertId {
        hash_algorithm: AlgorithmIdentifierOwned {
            oid: algorithm,
            parameters: Some(Any::from(Null)),
        },
        issuer_name_hash: hash(&issuer.subject.to_der().unwrap()),
        issuer_key_hash: hash(key),
        serial_number: SerialNumber::new(&[0x41, 0x17]).unwrap(),
    }
}

fn request_der(ids: Vec<x509_ocsp::CertId>, extensions: Vec<Extension>) -> Vec<u8> {
    let one = |req_cert| x509_ocsp::Request { req_cert, single_request_extensions: None };
    let content = TbsRequest {
        request_list: ids.into_iter().map(one).collect(),
        request_extensions: (!extensions.is_empty()).then_some(extensions),
        ..TbsRequest::default()
    };
    OcspRequest { tbs_request: content, optional_signature: None }.to_der().unwrap()
}

fn nonce_extension(length: usize) -> Extension {
    let nonce = OctetString::new(vec![5; length]).unwrap().to_der().unwrap();
    extension(ID_PKIX_OCSP_NONCE, false, &nonce)
}

fn extension(extn_id: ObjectIdentifier, critical: bool, value: &[u8]) -> Extension {
    Extension { extn_id, critical, extn_value: OctetString::new(value).unwrap() }
}

fn refused(ids: usize, extensions: Vec<Extension>) -> BadRequest {
    let ids = vec![sample(world(), ID_SHA_1); ids];
    Request::parse(&request_der(ids, extensions)).unwrap_err()
}

#[test]
fn nonces_have_1_to_128_bytes() {
    for length in [1, 32, 128] {
        let der = request_der(vec![sample(world(), ID_SHA_1)], vec![nonce_extension(length)]);
        assert_eq!(Request::parse(&der).unwrap().nonce(), Some(&[5; 128][..length]));
    }
    for length in [0, 129, 1000] {
        assert_eq!(refused(1, vec![nonce_extension(length)]), BadRequest::Nonce);
    }
    let bare = extension(ID_PKIX_OCSP_NONCE, false, &[1, 2, 3]);
    assert_eq!(refused(1, vec![bare]), BadRequest::Nonce);
    assert_eq!(refused(1, vec![nonce_extension(4), nonce_extension(4)]), BadRequest::Malformed);
}

#[test]
fn requests_are_bounded() {
    assert_eq!(refused(0, vec![]), BadRequest::Malformed);
    assert_eq!(refused(9, vec![]), BadRequest::TooLarge);
    let eight = request_der(vec![sample(world(), ID_SHA_1); 8], vec![]);
    assert_eq!(Request::parse(&eight).unwrap().asked().len(), 8);
    assert_eq!(refused(40, vec![]), BadRequest::TooLarge);
}

#[test]
fn critical_extensions_are_understood_or_refused() {
    let basic_only = extension(ID_PKIX_OCSP_RESPONSE, true, &[0x30, 0]);
    assert!(
        Request::parse(&request_der(vec![sample(world(), ID_SHA_1)], vec![basic_only])).is_ok()
    );
    let unknown = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.32473.9");
    let ignored =
        request_der(vec![sample(world(), ID_SHA_1)], vec![extension(unknown, false, &[])]);
    assert!(Request::parse(&ignored).is_ok());
    let critical = vec![extension(unknown, true, &[])];
    assert_eq!(refused(1, critical), BadRequest::UnknownCriticalExtension);
}

#[test]
fn only_strict_der_is_read() {
    let good = request_der(vec![sample(world(), ID_SHA_1)], vec![]);
    assert!(Request::parse(&good).is_ok());
    let trailing = [&good[..], &[0]].concat();
    // The version spelled out, though it is the default.
    let content = &good[4..];
    let body = [&[0xa0, 3, 2, 1, 0], content].concat();
    let length = u8::try_from(body.len()).unwrap();
    let spelled = [&[0x30, length + 2, 0x30, length][..], &body].concat();
    for bad in [&trailing, &spelled, &good[..good.len() - 1].to_vec()] {
        assert_eq!(Request::parse(bad).unwrap_err(), BadRequest::Malformed);
    }
}

#[test]
fn serial_numbers_are_positive() {
    let good = request_der(vec![sample(world(), ID_SHA_1)], vec![]);
    let at = good.windows(4).position(|window| window == [2, 2, 0x41, 0x17]).unwrap();
    for serial in [[0x80, 0x01], [0xff, 0x7f]] {
        let mut negative = good.clone();
        negative[at + 2..at + 4].copy_from_slice(&serial);
        assert_eq!(Request::parse(&negative).unwrap_err(), BadRequest::Malformed);
    }
}

/// The rate of answers beside the rate of bare signatures; `--nocapture` shows it.
#[test]
fn answering_costs_little_more_than_signing() {
    const COUNT: u32 = 2000;
    let world = world();
    let responder = responder_of(world, &world.cards);
    let request = request_der(vec![sample(world, ID_SHA_1)], vec![]);
    let rate = |work: &dyn Fn()| {
        let start = Instant::now();
        (0..COUNT).for_each(|_| work());
        f64::from(COUNT) / start.elapsed().as_secs_f64()
    };
    let raw = rate(&|| drop(key_256().sign(&[0; 200]).unwrap()));
    let full = rate(&|| {
        let request = Request::parse(&request).unwrap();
        answer(world, &responder, &request, CertStatus::Good);
    });
    println!("OCSP: {full:.0} answers/s, raw P-256: {raw:.0} signatures/s ({:.2})", full / raw);
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..3000)) {
        prop_assert!(Request::parse(&bytes).is_err());
    }

    #[test]
    fn changed_requests_are_read_without_panic(changes in changes(), length in 1_usize..128) {
        let der = request_der(vec![sample(world(), ID_SHA_1)], vec![nonce_extension(length)]);
        if let Ok(request) = Request::parse(&changed(&der, &changes)) {
            let at = Timestamp::UNIX_EPOCH;
            let responder = responder();
            let asked = &request.asked()[0];
            let (this_update, next_update) = (at, at + days(1));
            let answer = Answer { asked, status: CertStatus::Unknown, this_update, next_update };
            let response = responder.respond(&[answer], request.nonce(), at).unwrap();
            prop_assert!(x509_ocsp::OcspResponse::from_der(&response).is_ok());
        }
    }
}

fn responder() -> &'static Responder {
    static RESPONDER: std::sync::OnceLock<Responder> = std::sync::OnceLock::new();
    RESPONDER.get_or_init(|| responder_of(world(), &world().cards))
}
