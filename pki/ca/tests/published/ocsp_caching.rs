//! Which OCSP answers are kept, for how long, and when they are forgotten.

use data_encoding::BASE64;
use jiff::SignedDuration;
use warifu_ca::OcspAnswer;
use warifu_pki::{Certificate, Reason};

use crate::rig::{Answer, House, on_every_engine, revoke};

/// The request that OpenSSL would send about a card.
async fn request(house: &House, card: &Certificate, options: &str) -> Vec<u8> {
    house.write("leaf.pem", card.pem());
    house.write("issuer.pem", house.issuer("cards 1").pem());
    house.openssl(&format!("ocsp -issuer issuer.pem -cert leaf.pem {options} -reqout q.der")).await;
    house.read("q.der")
}

fn path(request: &[u8]) -> String {
    format!("/ocsp/{}", BASE64.encode(request).replace('+', "%2B"))
}

/// Whether there is a `CertStatus` of `good`, with `thisUpdate` behind it.
fn is_good(response: &[u8]) -> bool {
    response.windows(4).any(|window| window == [0x80, 0x00, 0x18, 0x0f])
}

async fn lasting(house: &House, request: &[u8]) -> Vec<u8> {
    match house.ca.answer_ocsp(request).await {
        OcspAnswer::Lasting(answer) => answer.response.to_vec(),
        other => panic!("{other:?}"),
    }
}

fn minutes(count: i64) -> SignedDuration {
    SignedDuration::from_mins(count)
}

#[tokio::test]
async fn an_answer_without_a_nonce_may_be_kept() {
    on_every_engine(async |house| {
        let card = house.card("one").await;
        let path = path(&request(&house, &card, "-no_nonce").await);
        let first = house.get(&path).await;
        assert_eq!(first.header("content-type"), "application/ocsp-response");
        let caching = "max-age=600, public, no-transform, must-revalidate";
        assert_eq!(first.header("cache-control"), caching);
        assert_eq!(first.header("last-modified"), "Fri, 20 Nov 2026 00:15:00 GMT");
        assert_eq!(first.header("expires"), "Fri, 20 Nov 2026 00:25:00 GMT");
        house.pass(minutes(4));
        let second = house.get(&path).await;
        assert_eq!(second.body, first.body);
        assert!(second.header("cache-control").starts_with("max-age=360,"));
        assert_eq!(house.get_unless(&path, Some(&first)).await.status, 304);
        // Half of its life is over: there is a new one.
        house.pass(minutes(2));
        let third = house.get_unless(&path, Some(&first)).await;
        assert_eq!((third.status, third.header("expires")), (200, "Fri, 20 Nov 2026 00:31:00 GMT"));
    })
    .await;
}

#[tokio::test]
async fn an_answer_with_a_nonce_is_for_one_alone() {
    on_every_engine(async |house| {
        let card = house.card("one").await;
        let request = request(&house, &card, "-nonce").await;
        let answers: [Answer; 2] =
            [house.post("/ocsp", request.clone()).await, house.post("/ocsp", request).await];
        for answer in &answers {
            assert_eq!(answer.header("cache-control"), "no-store");
            assert!(is_good(&answer.body));
        }
        assert_ne!(answers[0].body, answers[1].body);
    })
    .await;
}

#[tokio::test]
async fn a_revocation_shows_at_once() {
    on_every_engine(async |house| {
        let card = house.card("one").await;
        let request = request(&house, &card, "-no_nonce").await;
        assert!(is_good(&lasting(&house, &request).await));
        house.hold("one").await;
        assert!(!is_good(&lasting(&house, &request).await));
        house.release("one").await;
        assert!(is_good(&lasting(&house, &request).await));
        house.revoke("one", Reason::KeyCompromise).await;
        assert!(!is_good(&lasting(&house, &request).await));
    })
    .await;
}

#[tokio::test]
async fn what_another_process_revokes_is_seen_within_two_seconds() {
    on_every_engine(async |house| {
        let card = house.card("one").await;
        let request = request(&house, &card, "-no_nonce").await;
        assert!(is_good(&lasting(&house, &request).await));
        revoke(&house.colleague().await, "one", Reason::KeyCompromise).await;
        house.pass(SignedDuration::from_secs(3));
        assert!(!is_good(&lasting(&house, &request).await));
    })
    .await;
}

#[tokio::test]
async fn a_revocation_counts_before_its_list_is_out() {
    on_every_engine(async |house| {
        let card = house.card("one").await;
        let request = request(&house, &card, "-no_nonce").await;
        assert!(is_good(&lasting(&house, &request).await));
        // Committed, and then the process that should have published dies.
        let mut transaction = house.ca.begin().await.unwrap();
        house.ca.revoke(&mut transaction, "one", Reason::KeyCompromise).await.unwrap();
        transaction.commit().await.unwrap();
        house.pass(SignedDuration::from_secs(3));
        assert!(!is_good(&lasting(&house, &request).await));
    })
    .await;
}

#[tokio::test]
async fn without_records_the_last_answer_holds_until_it_runs_out() {
    on_every_engine(async |house| {
        let [known, other] = [house.card("one").await, house.card("two").await];
        let other = request(&house, &other, "-no_nonce").await;
        let request = request(&house, &known, "-no_nonce").await;
        let before = lasting(&house, &request).await;
        house.ca.database().close().await;
        house.pass(minutes(8));
        assert_eq!(lasting(&house, &request).await, before);
        let try_later = [0x30, 3, 0x0a, 1, 3];
        assert_eq!(house.post("/ocsp", other).await.body, try_later);
        house.pass(minutes(3));
        assert_eq!(house.post("/ocsp", request).await.body, try_later);
    })
    .await;
}

#[tokio::test]
async fn the_delegate_is_renewed_long_before_it_ends() {
    on_every_engine(async |house| {
        let card = house.card("one").await;
        let request = request(&house, &card, "-no_nonce").await;
        let mut signers = Vec::new();
        for days in [0, 9, 1, 5] {
            house.pass(SignedDuration::from_hours(24 * days));
            house.write("r.der", lasting(&house, &request).await);
            let (_, words) = house.openssl("ocsp -respin r.der -noverify -resp_text").await;
            let end = words.lines().find(|line| line.contains("Not After")).unwrap().to_owned();
            signers.push(end);
        }
        assert_eq!(signers[0], signers[1]);
        assert_ne!(signers[1], signers[2]);
        assert_eq!(signers[2], signers[3]);
    })
    .await;
}
