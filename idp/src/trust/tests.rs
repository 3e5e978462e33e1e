//! Lists and authorities as a card office publishes them, over HTTP.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::header::{ETAG, HeaderMap, IF_NONE_MATCH};
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};
use jiff::SignedDuration;
use serde_json::json;
use warifu_pki::{Authority, Certificate, Reason, RevokedEntry, Validity, crl};

use crate::testing::{Card, CardKind, HOLDER, Pki, Rig, Tab, days, p256};

/// What is published, by path, each with its tag; and how often each was sent in full.
#[derive(Default)]
struct Published {
    files: HashMap<String, (String, Vec<u8>)>,
    sent: HashMap<String, usize>,
    puts: usize,
}

type Shared = Arc<Mutex<Published>>;

async fn publish(State(shared): State<Shared>, uri: Uri, headers: HeaderMap) -> Response {
    let mut shared = shared.lock().unwrap();
    let path = uri.path().to_owned();
    let Some((tag, bytes)) = shared.files.get(&path).cloned() else {
        return StatusCode::NOT_FOUND.into_response();
    };
    if headers.get(IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes()) {
        return StatusCode::NOT_MODIFIED.into_response();
    }
    *shared.sent.entry(path).or_default() += 1;
    ([(ETAG, tag)], bytes).into_response()
}

/// A card office that publishes shards, an index of them, and its authorities.
struct Office {
    base: String,
    shared: Shared,
    stop: tokio_util::sync::CancellationToken,
}

impl Drop for Office {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl Office {
    async fn open() -> Self {
        let shared = Shared::default();
        let router = Router::new().fallback(publish).with_state(shared.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let stop = tokio_util::sync::CancellationToken::new();
        let stopped = stop.clone().cancelled_owned();
        let serving = axum::serve(listener, router).with_graceful_shutdown(stopped);
        tokio::spawn(async { serving.await });
        Self { base, shared, stop }
    }

    fn put(&self, path: &str, bytes: Vec<u8>) {
        let mut shared = self.shared.lock().unwrap();
        shared.puts += 1;
        let tag = format!("\"{}\"", shared.puts);
        shared.files.insert(path.to_owned(), (tag, bytes));
    }

    fn sent(&self, path: &str) -> usize {
        self.shared.lock().unwrap().sent.get(path).copied().unwrap_or(0)
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// Publishes the shards of an authority, in which these are revoked, and the index.
    fn publish(&self, pki: &Pki, authority: &Authority, revoked: &[&Certificate], number: u64) {
        let lists = &authority.publication().lists;
        let mut named = Vec::new();
        for shard in 0..lists.count() {
            let url = lists.url(shard).unwrap();
            let of_shard = revoked.iter().filter(|card| lists.shard_of(card.serial()) == shard);
            let entries: Vec<_> = of_shard
                .map(|card| RevokedEntry {
                    serial: card.serial().to_vec(),
                    at: pki.now,
                    reason: Reason::KeyCompromise,
                })
                .collect();
            // Only what changed gets a new number.
            let number = if entries.is_empty() { 1 } else { number };
            let der =
                crl::build(authority, &url, &entries, number, pki.now, pki.now + days(1)).unwrap();
            self.put(url.strip_prefix(&self.base).unwrap(), der);
            let issuer = authority.certificate().thumbprint();
            named.push(json!({ "issuer": issuer, "url": url, "number": number }));
        }
        let index = json!({ "lists": named }).to_string();
        self.put("/crl/index.json", index.into_bytes());
    }
}

/// A rig whose cards are of an authority with shards, known from the office's announcement alone.
struct Bed {
    rig: Rig,
    office: Office,
    generation: Authority,
    card: Card,
}

const SHARDS: u16 = 8;

impl Bed {
    async fn new() -> Self {
        Box::pin(Self::open()).await
    }

    async fn open() -> Self {
        let office = Office::open().await;
        let (index, announced) = (office.url("/crl/index.json"), office.url("/authorities.pem"));
        let rig = Rig::with(|config, _| {
            let issuer = config.cards.issuers.first_mut().unwrap();
            (issuer.lists, issuer.authorities) = (index, Some(announced));
        })
        .await;
        let prefix = office.url("/crl/cards-2-");
        let generation = rig.pki.generation("Test cards 2", &prefix, SHARDS);
        let card = card_of(&rig.pki, &generation, HOLDER);
        office.publish(&rig.pki, &generation, &[], 1);
        let bed = Self { rig, office, generation, card };
        bed.announce(&[&bed.generation]);
        bed.rig.look().await;
        bed
    }

    fn announce(&self, authorities: &[&Authority]) {
        let pem: String = authorities.iter().map(|one| one.certificate().pem()).collect();
        self.office.put("/authorities.pem", pem.into_bytes());
    }

    fn revoke(&self, cards: &[&Certificate], number: u64) {
        self.office.publish(&self.rig.pki, &self.generation, cards, number);
    }

    async fn refused(&self, card: &Card) -> Option<String> {
        let mut tab = self.rig.tab();
        let page = tab.reach_login_page(&self.rig.portal.request(self.rig.now())).await;
        let answer = tab.answer_with(&page, card).await;
        (answer.status != StatusCode::OK).then(|| answer.code())
    }

    async fn ready(&self) -> StatusCode {
        self.rig.tab().get("/readyz").await.status
    }
}

fn card_of(pki: &Pki, authority: &Authority, holder: &str) -> Card {
    let key = p256();
    let validity = Validity::lasting(pki.now - days(1), days(300));
    let subject = warifu_pki::Subject::named(holder);
    let profile = CardKind::Authentication.profile();
    let entropy = &warifu_service::clock::SystemEntropy;
    let certificate =
        authority.issue(profile, &subject, key.public_key(), validity, entropy).unwrap();
    Card { key, certificate }
}

async fn is_signed_in(tab: &mut Tab<'_>) -> bool {
    tab.get("/").await.body.contains("id=\"logout\"")
}

#[tokio::test]
async fn a_new_generation_is_believed_when_the_root_has_signed_it_for_cards() {
    let bed = Bed::new().await;
    assert_eq!(bed.refused(&bed.card).await, None);
    let stranger = Pki::new(bed.rig.pki.now);
    let foreign = stranger.generation("Test cards 2", &bed.office.url("/crl/x-"), 1);
    let forged = card_of(&stranger, &foreign, HOLDER);
    bed.announce(&[&bed.generation, &foreign]);
    bed.rig.look().await;
    assert_eq!(bed.refused(&forged).await.as_deref(), Some("cert.untrusted"));
    assert_eq!(bed.refused(&bed.card).await, None);
}

#[tokio::test]
async fn a_generation_that_is_no_longer_announced_is_no_longer_believed() {
    let bed = Bed::new().await;
    bed.announce(&[&bed.rig.pki.cards]);
    bed.rig.look().await;
    assert_eq!(bed.refused(&bed.card).await.as_deref(), Some("cert.untrusted"));
}

#[tokio::test]
async fn only_the_shards_that_changed_are_fetched() {
    let bed = Bed::new().await;
    bed.rig.look().await;
    assert_eq!(bed.office.sent("/crl/index.json"), 1, "the index was not changed");
    bed.revoke(&[&bed.card.certificate], 2);
    bed.rig.look().await;
    let sent: Vec<_> = (0..SHARDS)
        .map(|shard| bed.office.sent(&format!("/crl/cards-2-{shard:02x}.crl")))
        .collect();
    assert_eq!((sent.iter().sum::<usize>(), sent.contains(&2)), (usize::from(SHARDS) + 1, true));
    assert_eq!(bed.refused(&bed.card).await.as_deref(), Some("card.revoked"));
}

#[tokio::test]
async fn a_revoked_card_takes_its_sessions_along_even_without_an_event() {
    let bed = Bed::new().await;
    let mut tab = bed.rig.tab();
    tab.sign_in(&bed.rig.portal.request(bed.rig.now()), &bed.card).await;
    let other = Card::new(&bed.rig.pki, CardKind::Authentication, HOLDER);
    bed.revoke(&[&other.certificate], 2);
    bed.rig.look().await;
    assert!(is_signed_in(&mut tab).await);
    bed.revoke(&[&bed.card.certificate], 3);
    bed.rig.look().await;
    assert!(!is_signed_in(&mut tab).await);
}

#[tokio::test]
async fn many_at_once_are_found_among_the_sessions() {
    let bed = Bed::new().await;
    let mut tab = bed.rig.tab();
    tab.sign_in(&bed.rig.portal.request(bed.rig.now()), &bed.card).await;
    let lists = &bed.generation.publication().lists;
    let shard = lists.shard_of(bed.card.certificate.serial());
    let url = lists.url(shard).unwrap();
    let mut entries: Vec<_> = (0..100_u8)
        .map(|n| RevokedEntry {
            serial: vec![0x40, n],
            at: bed.rig.pki.now,
            reason: Reason::Superseded,
        })
        .collect();
    entries.push(RevokedEntry {
        serial: bed.card.certificate.serial().to_vec(),
        ..entries[0].clone()
    });
    let (now, next) = (bed.rig.pki.now, bed.rig.pki.now + days(1));
    let der = crl::build(&bed.generation, &url, &entries, 2, now, next).unwrap();
    bed.office.put(url.strip_prefix(&bed.office.base).unwrap(), der);
    let issuer = bed.generation.certificate().thumbprint();
    let index = json!({ "lists": [{ "issuer": issuer, "url": url, "number": 2 }] });
    bed.office.put("/crl/index.json", index.to_string().into_bytes());
    bed.rig.look().await;
    assert!(!is_signed_in(&mut tab).await);
}

#[tokio::test]
async fn an_index_sends_nobody_to_another_host() {
    let bed = Bed::new().await;
    let elsewhere = Office::open().await;
    let issuer = bed.generation.certificate().thumbprint();
    let url = elsewhere.url("/crl/cards-2-00.crl");
    let index = json!({ "lists": [{ "issuer": issuer, "url": url, "number": 9 }] });
    bed.office.put("/crl/index.json", index.to_string().into_bytes());
    elsewhere.put("/crl/cards-2-00.crl", vec![1]);
    bed.rig.look().await;
    assert_eq!(elsewhere.sent("/crl/cards-2-00.crl"), 0);
}

#[tokio::test]
async fn a_shard_that_could_not_be_had_is_asked_for_again() {
    let bed = Bed::new().await;
    bed.revoke(&[&bed.card.certificate], 2);
    let lists = &bed.generation.publication().lists;
    let url = lists.url_of(bed.card.certificate.serial()).unwrap();
    let path = url.strip_prefix(&bed.office.base).unwrap().to_owned();
    let whole = bed.office.shared.lock().unwrap().files[&path].clone();
    bed.office.put(&path, b"rubbish".to_vec());
    bed.rig.look().await;
    assert_eq!(bed.refused(&bed.card).await, None, "the last list counts");
    bed.office.shared.lock().unwrap().files.insert(path, whole);
    bed.rig.look().await;
    assert_eq!(bed.refused(&bed.card).await.as_deref(), Some("card.revoked"));
}

#[tokio::test]
async fn a_silent_office_is_survived_until_its_lists_are_over_even_across_a_restart() {
    let mut bed = Bed::new().await;
    assert_eq!(bed.ready().await, StatusCode::OK);
    bed.office.shared.lock().unwrap().files.clear();
    bed.rig.reopen().await;
    assert_eq!(bed.refused(&bed.card).await, None, "decided by the kept lists");
    assert_eq!(bed.ready().await, StatusCode::OK);
    bed.rig.clock.advance(SignedDuration::from_hours(25));
    let refused = bed.refused(&bed.card).await;
    assert_eq!(refused.as_deref(), Some("revocation.unavailable"));
    assert_eq!(bed.ready().await, StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn a_restart_does_not_go_back_to_an_earlier_list() {
    let mut bed = Bed::new().await;
    bed.revoke(&[&bed.card.certificate], 7);
    bed.rig.look().await;
    bed.rig.reopen().await;
    bed.revoke(&[], 6);
    bed.rig.look().await;
    assert_eq!(bed.refused(&bed.card).await.as_deref(), Some("card.revoked"));
}

#[tokio::test]
async fn a_revocation_is_in_effect_within_five_seconds_among_a_hundred_thousand() {
    let office = Office::open().await;
    let index = office.url("/crl/index.json");
    let rig = Rig::with(|config, _| {
        let issuer = config.cards.issuers.first_mut().unwrap();
        issuer.lists = index;
        issuer.refresh_seconds = 1;
        issuer.authorities = Some(office.url("/authorities.pem"));
    })
    .await;
    let generation = rig.pki.generation("Test cards 2", &office.url("/crl/cards-2-"), 64);
    let card = card_of(&rig.pki, &generation, HOLDER);
    office.put("/authorities.pem", generation.certificate().pem().into_bytes());
    let revoked: Vec<_> = (0..100_000_u32)
        .map(|n| RevokedEntry {
            serial: [&[0x40], n.to_be_bytes().as_slice()].concat(),
            at: rig.pki.now,
            reason: Reason::Superseded,
        })
        .collect();
    publish_many(&office, &rig.pki, &generation, &revoked, 1);
    let (idp, stop) = (rig.idp.clone(), tokio_util::sync::CancellationToken::new());
    let stopping = stop.clone();
    let tasks = tokio::spawn(async move { idp.tasks(stopping).await });
    let clock = warifu_service::Surroundings::system();
    let mut tab = rig.tab();
    eventually(async || rig.tab().get("/readyz").await.status == StatusCode::OK).await;
    tab.sign_in(&rig.portal.request(rig.now()), &card).await;

    let mut more = revoked;
    more.push(RevokedEntry { serial: card.certificate.serial().to_vec(), ..more[0].clone() });
    publish_many(&office, &rig.pki, &generation, &more, 2);
    let begun = clock.now();
    eventually(async || !is_signed_in(&mut tab).await).await;
    let took = clock.now().duration_since(begun);
    println!("revoked among 100,000 in 64 shards: session ended after {} ms", took.as_millis());
    assert!(took < SignedDuration::from_secs(5), "{took:?}");
    stop.cancel();
    tasks.await.unwrap();
}

fn publish_many(
    office: &Office,
    pki: &Pki,
    authority: &Authority,
    revoked: &[RevokedEntry],
    number: u64,
) {
    let lists = &authority.publication().lists;
    let mut named = Vec::new();
    for shard in 0..lists.count() {
        let url = lists.url(shard).unwrap();
        let of_shard = revoked.iter().filter(|entry| lists.shard_of(&entry.serial) == shard);
        let entries: Vec<_> = of_shard.cloned().collect();
        let (now, next) = (pki.now, pki.now + days(1));
        let der = crl::build(authority, &url, &entries, number, now, next).unwrap();
        office.put(url.strip_prefix(&office.base).unwrap(), der);
        let issuer = authority.certificate().thumbprint();
        named.push(json!({ "issuer": issuer, "url": url, "number": number }));
    }
    office.put("/crl/index.json", json!({ "lists": named, "n": number }).to_string().into_bytes());
}

async fn eventually(mut holds: impl AsyncFnMut() -> bool) {
    for _ in 0..200 {
        if holds().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("waited in vain");
}

#[tokio::test]
async fn nobody_is_ready_before_the_first_lists() {
    let rig = Rig::with(|config, _| {
        for issuer in &mut config.cards.issuers {
            issuer.lists = "/nowhere.crl".into();
        }
    })
    .await;
    let answer = rig.tab().get("/readyz").await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(answer.body.contains("revocation list"));
    assert_eq!(rig.tab().get("/healthz").await.status, StatusCode::OK);
}
