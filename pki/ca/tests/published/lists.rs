//! Revocation lists: which are made, when, and what they say.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use warifu_ca::Owner;
use warifu_pki::{Certificate, Crl, Profile, Reason, Revoked};

use crate::rig::{Answer, BASE, House, on_every_engine, pkilint, revoke};

const TICK: SignedDuration = SignedDuration::from_secs(3);

fn hours(count: i64) -> SignedDuration {
    SignedDuration::from_hours(count)
}

/// The numbers of all lists, by address.
async fn numbers(house: &House) -> BTreeMap<String, u64> {
    let index = house.get("/crl/index.json").await.json();
    let lists = index["lists"].as_array().unwrap().iter();
    lists
        .map(|list| (list["url"].as_str().unwrap().to_owned(), list["number"].as_u64().unwrap()))
        .collect()
}

/// The path of the list that the certificate names.
fn path_of(certificate: &Certificate) -> String {
    let shard = u16::from_be_bytes(*certificate.serial().last_chunk().unwrap()) % 64;
    format!("/crl/cards-1-{shard:02x}.crl")
}

async fn answer_for(house: &House, card: &Certificate) -> Answer {
    house.get(&path_of(card)).await
}

async fn list_for(house: &House, card: &Certificate) -> Crl {
    let answer = answer_for(house, card).await;
    assert_eq!(answer.status, 200);
    Crl::verify(&answer.body, &house.issuer("cards 1"), house.now()).unwrap()
}

async fn state_of(house: &House, card: &Certificate) -> Option<Revoked> {
    list_for(house, card).await.state_of(card.serial())
}

#[tokio::test]
async fn a_change_makes_one_list_and_no_other() {
    on_every_engine(async |house| {
        let card = house.card("one").await;
        house.ca.publish_if_due().await.unwrap();
        let before = numbers(&house).await;
        // Root, 64 lists of the cards, one of the services, one of the staff.
        assert_eq!(before.len(), 67);
        house.revoke("one", Reason::KeyCompromise).await;
        let mut expected = before;
        *expected.get_mut(&format!("{BASE}{}", path_of(&card))).unwrap() += 1;
        assert_eq!(numbers(&house).await, expected);
        let at = jiff::Timestamp::from_second(house.now().as_second()).unwrap();
        let revoked = Revoked { at, reason: Reason::KeyCompromise };
        assert_eq!(state_of(&house, &card).await, Some(revoked));
        house.ca.publish_if_due().await.unwrap();
        assert_eq!(numbers(&house).await, expected);
    })
    .await;
}

#[tokio::test]
async fn a_card_on_hold_is_listed_until_it_is_released() {
    on_every_engine(async |house| {
        let card = house.card("one").await;
        assert_eq!(state_of(&house, &card).await, None);
        house.hold("one").await;
        let held = state_of(&house, &card).await.unwrap();
        assert_eq!(held.reason, Reason::CertificateHold);
        house.release("one").await;
        assert_eq!(state_of(&house, &card).await, None);
        house.hold("one").await;
        house.revoke("one", Reason::Superseded).await;
        let revoked = state_of(&house, &card).await.unwrap();
        assert_eq!(revoked.reason, Reason::Superseded);
    })
    .await;
}

#[tokio::test]
async fn a_list_is_sent_once_until_it_changes() {
    on_every_engine(async |house| {
        let card = house.card("one").await;
        let path = path_of(&card);
        let first = house.get(&path).await;
        assert_eq!(first.header("content-type"), "application/pkix-crl");
        assert_eq!(first.header("cache-control"), "no-cache");
        let again = house.get_unless(&path, Some(&first)).await;
        assert_eq!((again.status, again.body.len()), (304, 0));
        assert_eq!(again.header("etag"), first.header("etag"));
        house.revoke("one", Reason::KeyCompromise).await;
        let changed = house.get_unless(&path, Some(&first)).await;
        assert_eq!(changed.status, 200);
        assert_ne!(changed.header("etag"), first.header("etag"));
    })
    .await;
}

#[tokio::test]
async fn what_another_process_revokes_is_seen_within_two_seconds() {
    on_every_engine(async |house| {
        let card = house.card("one").await;
        assert_eq!(state_of(&house, &card).await, None);
        let index = house.get("/crl/index.json").await;
        revoke(&house.colleague().await, "one", Reason::KeyCompromise).await;
        house.pass(TICK);
        assert!(state_of(&house, &card).await.is_some());
        assert_eq!(house.get_unless("/crl/index.json", Some(&index)).await.status, 200);
    })
    .await;
}

#[tokio::test]
async fn the_index_is_sent_once_until_it_changes() {
    on_every_engine(async |house| {
        house.card("one").await;
        let index = house.get("/crl/index.json").await;
        assert_eq!(index.header("content-type"), "application/json");
        let cards = house.issuer("cards 1").thumbprint();
        let lists = index.json()["lists"].as_array().unwrap().clone();
        let root = lists.iter().find(|list| list["url"].as_str().unwrap().ends_with("root.crl"));
        assert_eq!(root.unwrap()["issuer"], house.ca.root().thumbprint());
        let list = lists.iter().find(|list| list["issuer"] == cards.as_str()).unwrap();
        assert_eq!(list["this_update"], "2026-11-20T00:15:00Z");
        assert_eq!(list["next_update"], "2026-11-21T00:15:00Z");
        assert_eq!(house.get_unless("/crl/index.json", Some(&index)).await.status, 304);
        house.hold("one").await;
        assert_eq!(house.get_unless("/crl/index.json", Some(&index)).await.status, 200);
    })
    .await;
}

#[tokio::test]
async fn lists_are_renewed_when_half_is_over() {
    on_every_engine(async |house| {
        let before = numbers(&house).await;
        house.pass(hours(11));
        house.ca.publish_if_due().await.unwrap();
        assert_eq!(numbers(&house).await, before);
        house.pass(hours(1));
        house.ca.publish_if_due().await.unwrap();
        let after = numbers(&house).await;
        for (url, number) in before {
            let expected = if url.ends_with("root.crl") { number } else { number + 1 };
            assert_eq!(after[&url], expected, "{url}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_list_that_ran_out_is_not_in_the_index() {
    on_every_engine(async |house| {
        house.pass(hours(25));
        assert_eq!(numbers(&house).await.len(), 1);
        house.ca.publish_if_due().await.unwrap();
        assert_eq!(numbers(&house).await.len(), 67);
    })
    .await;
}

#[tokio::test]
async fn a_revoked_certificate_stays_for_one_list_after_it_has_expired() {
    on_every_engine(async |house| {
        let card = house.card("one").await;
        house.pass(hours(24 * 365 - 6));
        house.revoke("one", Reason::Superseded).await;
        house.pass(hours(13));
        assert!(card.not_after() < house.now());
        house.ca.publish_if_due().await.unwrap();
        assert!(state_of(&house, &card).await.is_some());
        house.pass(hours(13));
        house.ca.publish_if_due().await.unwrap();
        assert_eq!(state_of(&house, &card).await, None);
        // What is revoked after its end is no reason to publish for ever.
        let late = house.card("two").await;
        house.pass(hours(24 * 366));
        house.ca.publish_if_due().await.unwrap();
        house.revoke("two", Reason::Superseded).await;
        let number = list_for(&house, &late).await.number();
        house.ca.publish_if_due().await.unwrap();
        assert_eq!(list_for(&house, &late).await.number(), number);
    })
    .await;
}

#[tokio::test]
async fn processes_that_publish_at_once_lose_nothing() {
    on_every_engine(async |house| {
        let others = [house.colleague().await, house.colleague().await];
        let names: Vec<_> = (0..12).map(|number| format!("card-{number}")).collect();
        let mut cards = Vec::new();
        for name in &names {
            cards.push(house.card(name).await);
        }
        let work = names.iter().zip(others.iter().cycle()).map(|(name, ca)| {
            let (name, ca) = (name.clone(), ca.clone());
            tokio::spawn(async move { revoke(&ca, &name, Reason::KeyCompromise).await })
        });
        for task in work.collect::<Vec<_>>() {
            task.await.unwrap();
        }
        house.pass(TICK);
        for card in &cards {
            assert!(state_of(&house, card).await.is_some());
        }
    })
    .await;
}

#[tokio::test]
async fn openssl_obeys_all_lists() {
    on_every_engine(async |house| {
        let [good, bad] = [house.card("good").await, house.card("bad").await];
        let party = house.certificate(&Profile::PARTY, Owner::Party("portal")).await;
        house.revoke("bad", Reason::KeyCompromise).await;
        house.write("root.der", house.get("/crl/root.crl").await.body);
        pkilint("lint_crl", &["-t", "ARL", "-p", "PKIX"], &house.folder.path().join("root.der"));
        house.write("authorities.pem", house.get("/authorities.pem").await.body);
        let services = ("/crl/services-1-00.crl".to_owned(), &party, None);
        let refusal = Some("certificate revoked");
        for (path, leaf, refusal) in
            [(path_of(&good), &good, None), (path_of(&bad), &bad, refusal), services]
        {
            house.write("list.der", house.get(&path).await.body);
            pkilint("lint_crl", &["-t", "CRL", "-p", "PKIX"], &house.folder.path().join("list.der"));
            house.write("leaf.pem", leaf.pem());
            for name in ["list", "root"] {
                house.openssl(&format!("crl -inform DER -in {name}.der -out {name}.crl")).await;
            }
            let at = house.now().as_second();
            let verify = format!(
                "verify -x509_strict -crl_check_all -policy_check -CRLfile list.crl \
                 -CRLfile root.crl -CAfile ca/ca.pem -untrusted authorities.pem -attime {at} leaf.pem"
            );
            let (succeeded, words) = house.openssl(&verify).await;
            assert_eq!(succeeded, refusal.is_none(), "{words}");
            assert!(words.contains(refusal.unwrap_or("OK")), "{words}");
        }
    })
    .await;
}
