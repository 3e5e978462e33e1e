//! OCSP as OpenSSL asks it.

use data_encoding::{BASE64, HEXLOWER};
use jiff::SignedDuration;
use warifu_ca::Owner;
use warifu_pki::{Certificate, Profile, Reason};

use crate::rig::{House, on_every_engine, pkilint};

/// Digest of the issuer, and whether a nonce is sent.
const WAYS: [(&str, &str); 4] =
    [("", "-nonce"), ("", "-no_nonce"), ("-sha256", "-nonce"), ("-sha256", "-no_nonce")];

/// Asks OpenSSL to ask about a certificate, named as OpenSSL names one; in all ways.
async fn ask(house: &House, issuer: &Certificate, about: &str) -> Vec<String> {
    house.write("issuer.pem", issuer.pem());
    let trust: String = house.ca.issuers().iter().map(Certificate::pem).collect();
    house.write("trust.pem", house.ca.root().pem() + &trust);
    let at = house.now().as_second();
    let trust = format!("-CAfile trust.pem -attime {at} -validity_period 3000000000");
    let mut words = Vec::new();
    for (digest, nonce) in WAYS {
        let question = format!("ocsp {digest} -issuer issuer.pem {about}");
        // By POST, through OpenSSL's own client.
        let url = format!("-url {}/ocsp -respout r.der", house.url());
        words.push(house.openssl(&format!("{question} {nonce} {url} {trust}")).await.1);
        pkilint("lint_ocsp_response", &[], &house.folder.path().join("r.der"));
        // By GET.
        house.openssl(&format!("{question} {nonce} -reqout q.der")).await;
        house.write("r.der", get(house, &house.read("q.der")).await);
        words.push(house.openssl(&format!("{question} -no_nonce -respin r.der {trust}")).await.1);
        words.push(
            house.openssl(&format!("ocsp -reqin q.der -no_nonce -respin r.der {trust}")).await.1,
        );
        assert!(!words.iter().any(|words| words.contains("Nonce Verify error")), "{words:?}");
    }
    words
}

async fn get(house: &House, request: &[u8]) -> Vec<u8> {
    let encoded =
        BASE64.encode(request).replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
    house.get(&format!("/ocsp/{encoded}")).await.body
}

async fn expect(house: &House, leaf: &Certificate, expected: &[&str]) {
    house.write("leaf.pem", leaf.pem());
    let all = ask(house, &house.issuer("cards 1"), "-cert leaf.pem").await;
    assert_eq!(all.len(), 12);
    for words in &all {
        assert!(words.contains("Response verify OK"), "{words}");
    }
    for words in all.iter().filter(|words| words.contains("leaf.pem")) {
        for expected in expected {
            assert!(words.contains(expected), "{expected} in {words}");
        }
    }
    assert_eq!(all.iter().filter(|words| words.contains("leaf.pem")).count(), 8);
}

#[tokio::test]
async fn openssl_agrees_on_every_state() {
    on_every_engine(async |house| {
        let card = house.card("one").await;
        expect(&house, &card, &["leaf.pem: good"]).await;
        house.hold("one").await;
        expect(&house, &card, &["leaf.pem: revoked", "Reason: certificateHold"]).await;
        house.release("one").await;
        expect(&house, &card, &["leaf.pem: good"]).await;
        house.revoke("one", Reason::KeyCompromise).await;
        expect(&house, &card, &["leaf.pem: revoked", "Reason: keyCompromise"]).await;
    })
    .await;
}

#[tokio::test]
async fn what_was_never_issued_is_unknown() {
    on_every_engine(async |house| {
        let cards = house.issuer("cards 1");
        // Issued, but by another authority.
        let party = house.certificate(&Profile::PARTY, Owner::Party("portal")).await;
        for serial in ["40112233445566778899aabbccddeeff", &HEXLOWER.encode(party.serial())] {
            let all = ask(&house, &cards, &format!("-serial 0x{serial}")).await;
            assert!(all.iter().all(|words| words.contains("Response verify OK")), "{all:?}");
            let of = format!("0x{serial}: unknown");
            assert_eq!(all.iter().filter(|words| words.contains(&of)).count(), 8, "{all:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn another_issuer_is_none_of_our_business() {
    on_every_engine(async |house| {
        let serial = HEXLOWER.encode(house.card("one").await.serial());
        let root = house.ca.root().clone();
        let of_root = ask(&house, &root, &format!("-serial 0x{serial}")).await;
        // OpenSSL takes the name from the certificate and the key from the issuer.
        let party = house.certificate(&Profile::PARTY, Owner::Party("portal")).await;
        house.write("leaf.pem", party.pem());
        let mixed = ask(&house, &house.issuer("cards 1"), "-cert leaf.pem").await;
        for words in of_root.iter().chain(&mixed) {
            assert!(words.contains("unauthorized (6)"), "{words}");
        }
    })
    .await;
}

#[tokio::test]
async fn an_expired_certificate_is_expired_and_its_state_still_known() {
    on_every_engine(async |house| {
        let card = house.card("one").await;
        house.pass(SignedDuration::from_hours(24 * 366));
        expect(&house, &card, &["leaf.pem: good"]).await;
        let at = house.now().as_second();
        let verify = "verify -x509_strict -CAfile ca/ca.pem -untrusted ca/cards-1.pem";
        let (succeeded, words) = house.openssl(&format!("{verify} -attime {at} leaf.pem")).await;
        assert!(!succeeded && words.contains("certificate has expired"), "{words}");
        house.revoke("one", Reason::Superseded).await;
        expect(&house, &card, &["leaf.pem: revoked", "Reason: superseded"]).await;
    })
    .await;
}

#[tokio::test]
async fn what_is_no_request_is_answered_as_such() {
    on_every_engine(async |house| {
        const MALFORMED: [u8; 5] = [0x30, 3, 0x0a, 1, 1];
        for body in [vec![], vec![0x30, 0], vec![0; 2049], vec![0; 100_000]] {
            let answer = house.post("/ocsp", body).await;
            assert_eq!((answer.status, &answer.body[..]), (200, &MALFORMED[..]));
            assert_eq!(answer.header("content-type"), "application/ocsp-response");
            assert_eq!(answer.header("cache-control"), "no-store");
        }
        for path in ["/ocsp/MAA%3D", "/ocsp/!", &format!("/ocsp/{}", "A".repeat(4000))] {
            assert_eq!(house.get(path).await.body, MALFORMED, "{path}");
        }
    })
    .await;
}
