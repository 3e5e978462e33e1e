//! The relay's keys over real mutual TLS: taken, kept, dropped; on every engine at hand.

use jiff::SignedDuration;
use warifu_service::clock::{FrozenClock, SystemEntropy};

use super::*;
use crate::gateway::tests::publisher::Publisher;
use crate::gateway::tests::rig::{Authority, TokenKey};
use crate::store::tests::{Place, places};

struct Rig {
    authority: Authority,
    publisher: Publisher,
    place: Place,
    clock: Arc<FrozenClock>,
    one: TokenKey,
    two: TokenKey,
}

impl Rig {
    async fn on(place: Place) -> Self {
        let authority = Authority::new();
        let publisher = Publisher::start(&authority, "relay").await;
        let clock = Arc::new(FrozenClock::at("2026-11-20T01:15:00Z".parse().unwrap()));
        let (one, two) = (TokenKey::new(), TokenKey::new());
        Self { authority, publisher, place, clock, one, two }
    }

    /// As a connector that has just been started.
    async fn open(&self) -> RelayKeys {
        let store = Store::open(&self.place.config).await.unwrap();
        let surroundings =
            Surroundings { clock: self.clock.clone(), entropy: Arc::new(SystemEntropy) };
        RelayKeys::open(&self.publisher.config(&self.authority), store, surroundings).await.unwrap()
    }
}

async fn knows(keys: &RelayKeys, key: &TokenKey) -> bool {
    let jwk = key.jwk();
    let kid = jwk["kid"].as_str().unwrap();
    keys.for_key(Some(kid)).await.unwrap().verifier(kid).is_some()
}

#[tokio::test]
async fn the_last_good_set_stands_for_a_day_and_over_a_restart() {
    for place in places().await {
        let rig = Rig::on(place).await;
        rig.publisher.answer(StatusCode::SERVICE_UNAVAILABLE, String::new());
        let keys = rig.open().await;
        let problem = keys.for_key(None).await.unwrap_err();
        assert_eq!((problem.status().as_u16(), problem.code()), (503, "relay.keys"));

        rig.publisher.say(&[rig.one.jwk(), rig.two.jwk()]);
        assert!(knows(&keys, &rig.two).await, "asked again at once: there is no set");
        rig.publisher.say(&[rig.one.jwk()]);
        keys.refresh().await.unwrap();

        let large = format!("{{\"keys\":[],\"x\":\"{}\"}}", "x".repeat(LONGEST));
        for (status, body) in [
            (StatusCode::INTERNAL_SERVER_ERROR, String::new()),
            (StatusCode::OK, "<html>".to_owned()),
            (StatusCode::OK, "{\"keys\":[]}".to_owned()),
            (StatusCode::OK, large),
        ] {
            rig.publisher.answer(status, body);
            keys.refresh().await.unwrap_err();
            assert!(knows(&keys, &rig.one).await, "{status}");
        }
        drop(keys);
        let keys = rig.open().await;
        assert!(knows(&keys, &rig.one).await);
        assert!(!knows(&keys, &rig.two).await, "dropped before the restart");

        rig.clock.advance(SignedDuration::from_hours(24));
        assert_eq!(keys.for_key(None).await.unwrap_err().code(), "relay.keys");
        rig.publisher.say(&[rig.one.jwk()]);
        keys.refresh().await.unwrap();
        assert!(knows(&keys, &rig.one).await);
    }
}

#[tokio::test]
async fn an_unknown_key_makes_the_relay_be_asked_once_in_a_while() {
    let rig = Rig::on(places().await.remove(0)).await;
    rig.publisher.say(&[rig.one.jwk()]);
    let keys = rig.open().await;
    assert!(knows(&keys, &rig.one).await, "asked for, at the first token");
    assert_eq!(rig.publisher.times(), 1);
    let crowd = (0..100).map(|_| knows(&keys, &rig.two));
    assert!(futures::future::join_all(crowd).await.into_iter().all(|known| !known));
    assert_eq!(rig.publisher.times(), 1, "just asked");

    rig.publisher.say(&[rig.two.jwk()]);
    tokio::time::sleep(ONCE_IN).await;
    let crowd = (0..100).map(|_| knows(&keys, &rig.two));
    assert!(futures::future::join_all(crowd).await.into_iter().all(|known| known));
    assert_eq!(rig.publisher.times(), 2);
    assert!(!knows(&keys, &rig.one).await, "what is not said any more is refused");
}

#[tokio::test]
async fn another_party_cannot_say_the_relays_keys() {
    let mut rig = Rig::on(places().await.remove(0)).await;
    rig.publisher = Publisher::start(&rig.authority, "portal").await;
    rig.publisher.say(&[rig.one.jwk()]);
    let keys = rig.open().await;
    assert!(matches!(keys.refresh().await, Err(RelayKeysError::Silent(_))));
    assert_eq!(rig.publisher.times(), 0);
}
