//! On each engine: what the office says in any order, and PINs.

use jiff::SignedDuration;
use warifu_pki::security_event::{CardStatus, Event, SecurityEvent};

use super::super::cards::tests::put;
use super::super::hash_of;
use super::super::logins::tests::new_login;
use super::super::persons::tests::id;
use super::super::registry::{ApplyError, Told};
use super::super::tests::{both, now};
use super::super::{NewLogin, NewSession, Use};
use super::*;
use crate::assurance::Level;

const SECOND: SignedDuration = SignedDuration::from_secs(1);
const FIRST: &str = "012e4410203040500000000000000000";
const OTHER: &str = "012e4410203040510000000000000000";

/// The holder reference of a card.
fn holder(digit: char) -> String {
    digit.to_string().repeat(32)
}

fn at(second: i32) -> Timestamp {
    now() + SECOND * second
}

/// An event about the card of that digit, at that second.
fn said(card: char, event: Event, second: i32) -> SecurityEvent {
    SecurityEvent {
        iss: "urn:warifu:ca".into(),
        aud: "https://idp.example".into(),
        jti: warifu_service::Surroundings::system().hex(16),
        iat: at(second).as_second(),
        subject: holder(card),
        event,
    }
}

fn registered(card: char, token: &str, second: i32) -> SecurityEvent {
    said(card, Event::TokenRegistered { token: token.into(), key_version: 1 }, second)
}

fn ended(card: char, token: &str, second: i32) -> SecurityEvent {
    said(card, Event::TokenEnded { token: token.into() }, second)
}

/// The card of that digit, in use, of the person of that digit.
async fn own(store: &Store, person: char, card: char) {
    assert!(put(store, person, &holder(card)).await);
}

async fn apply(store: &Store, event: &SecurityEvent) -> usize {
    match store.apply(event, now()).await.unwrap() {
        Told::Now { ended } => ended,
        Told::Before => 0,
    }
}

async fn felica(store: &Store, token: &str) -> Option<FelicaCard> {
    store.felica_card(&store.felica_id_of(token)).await.unwrap()
}

async fn state(store: &Store, token: &str) -> CardState {
    felica(store, token).await.unwrap().card.state
}

/// Beside which card it stands, by its digit.
async fn stands(store: &Store, token: &str) -> Option<char> {
    let card = felica(store, token).await?.card;
    let beside = card.beside.filter(|_| card.state == CardState::Active);
    ['a', 'b', 'c'].into_iter().find(|digit| beside == Some(store.card_id(&holder(*digit))))
}

#[tokio::test]
async fn a_felica_card_stands_beside_the_card_it_was_registered_for() {
    for rig in both().await {
        let store = &rig.store;
        let event = registered('a', FIRST, 1);
        assert!(matches!(store.apply(&event, now()).await, Err(ApplyError::Early)));
        own(store, 'a', 'a').await;
        apply(store, &event).await;
        assert!(matches!(store.apply(&event, now()).await.unwrap(), Told::Before));
        let felica = felica(store, FIRST).await.unwrap();
        assert_eq!((felica.card.person, felica.beside), (id('a'), CardState::Active));
        assert_eq!((felica.pin, felica.key_version), (PinState::None, 1));
        assert_eq!(felica.card.scheme.as_deref(), Some(FELICA_SCHEME));
        own(store, 'b', 'b').await;
        let theirs = store.apply(&registered('b', FIRST, 2), now()).await;
        assert!(matches!(theirs, Err(ApplyError::CardTaken)), "changed hands");
    }
}

#[tokio::test]
async fn whatever_the_order_the_same_comes_of_it() {
    // From the card a to its successor b, and then another in its place.
    let events = [
        registered('a', FIRST, 1),
        ended('a', FIRST, 2),
        registered('b', FIRST, 2),
        registered('b', OTHER, 3),
    ];
    for rig in both().await {
        for order in [[0, 1, 2, 3], [3, 2, 1, 0], [2, 1, 0, 3], [1, 0, 3, 2], [3, 0, 2, 1]] {
            let store = &rig.store;
            for digit in ['a', 'b'] {
                own(store, 'a', digit).await;
            }
            for index in order {
                let again = SecurityEvent {
                    jti: warifu_service::Surroundings::system().hex(16),
                    ..events[index].clone()
                };
                apply(store, &again).await;
            }
            assert_eq!(stands(store, FIRST).await, None, "{order:?}");
            assert_eq!(stands(store, OTHER).await, Some('b'), "{order:?}");
            for token in [FIRST, OTHER] {
                let card = store.felica_id_of(token);
                execute!(store.database.write(), "DELETE FROM cards WHERE id = $1", card).unwrap();
            }
        }
    }
}

#[tokio::test]
async fn one_that_was_replaced_may_come_back() {
    for rig in both().await {
        let store = &rig.store;
        own(store, 'a', 'a').await;
        for (token, second) in [(FIRST, 1), (OTHER, 2), (FIRST, 3)] {
            apply(store, &registered('a', token, second)).await;
            assert_eq!(stands(store, token).await, Some('a'));
        }
        assert_eq!(state(store, OTHER).await, CardState::Ended);
    }
}

#[tokio::test]
async fn a_new_key_keeps_the_pin_and_a_new_life_does_not() {
    for rig in both().await {
        let store = &rig.store;
        own(store, 'a', 'a').await;
        own(store, 'a', 'b').await;
        apply(store, &registered('a', FIRST, 1)).await;
        let card = store.felica_id_of(FIRST);
        assert!(store.choose_pin(&id('a'), &card, "hash").await.unwrap());
        let newer = Event::TokenRegistered { token: FIRST.into(), key_version: 3 };
        apply(store, &said('a', newer, 2)).await;
        let known = felica(store, FIRST).await.unwrap();
        assert_eq!((known.key_version, known.pin), (3, PinState::Tries(MOST_TRIES)));
        apply(store, &registered('b', FIRST, 3)).await;
        let known = felica(store, FIRST).await.unwrap();
        assert_eq!((known.key_version, known.pin), (3, PinState::None));
    }
}

#[tokio::test]
async fn tries_are_used_up_before_each_check_and_by_no_more_than_there_are() {
    for rig in both().await {
        let store = &rig.store;
        own(store, 'a', 'a').await;
        apply(store, &registered('a', FIRST, 1)).await;
        let card = store.felica_id_of(FIRST);
        assert_eq!(store.take_try(&card).await.unwrap(), None, "there is no PIN");
        assert!(!store.choose_pin(&id('b'), &card, "theirs").await.unwrap());
        assert!(store.choose_pin(&id('a'), &card, "hash").await.unwrap());
        let tries = (0..MOST_TRIES + 3).map(|_| store.take_try(&card));
        let taken = futures::future::join_all(tries).await;
        let given = taken.into_iter().filter_map(Result::unwrap).count();
        assert_eq!(given, usize::from(MOST_TRIES));
        assert_eq!(felica(store, FIRST).await.unwrap().pin, PinState::Blocked);
        assert!(!store.give_tries_back(&card, "another PIN's").await.unwrap());
        assert!(store.give_tries_back(&card, "hash").await.unwrap());
        assert_eq!(felica(store, FIRST).await.unwrap().pin, PinState::Tries(MOST_TRIES));
    }
}

#[tokio::test]
async fn a_card_is_found_by_its_number_while_it_is_the_only_one() {
    let idm = |digits: &str| -> Idm {
        data_encoding::HEXLOWER.decode(&digits.as_bytes()[..16]).unwrap().try_into().unwrap()
    };
    for rig in both().await {
        let store = &rig.store;
        own(store, 'a', 'c').await;
        own(store, 'b', 'd').await;
        let found = async |digits: &str| {
            let found = store.felica_card_by_idm(&idm(digits)).await.unwrap();
            found.map(|found| (found.card.person, found.beside))
        };
        assert_eq!(found(FIRST).await, None);
        apply(store, &registered('c', FIRST, 1)).await;
        assert_eq!(found(FIRST).await, Some((id('a'), CardState::Active)));
        assert_eq!(found(OTHER).await, None);
        apply(store, &ended('c', FIRST, 2)).await;
        assert_eq!(found(FIRST).await, None);
        apply(store, &registered('c', FIRST, 3)).await;
        assert_eq!(found(FIRST).await, Some((id('a'), CardState::Active)));
        let same_number = format!("{}01{}", &FIRST[..16], &FIRST[18..]);
        apply(store, &registered('d', &same_number, 4)).await;
        assert_eq!(found(FIRST).await, None, "two of that number");
    }
}

/// Opens a session with the FeliCa card.
async fn open(store: &Store, cookie: &str) -> bool {
    store.add_login(&NewLogin { id: cookie, ..new_login() }).await.unwrap();
    let used = Use { card: store.felica_id_of(FIRST), at: now(), certificate: None };
    let session = NewSession {
        id: hash_of(cookie),
        person: id('a'),
        used,
        level: Level::Substantial,
        expires_at: at(3600),
        idle: at(900).duration_since(at(0)),
        watch: None,
        card_ends: None,
    };
    store.open_session(&session, None, cookie, None).await.unwrap()
}

async fn lives(store: &Store, cookie: &str) -> bool {
    store.session(&hash_of(cookie), now()).await.unwrap().is_some()
}

#[tokio::test]
async fn it_opens_nothing_while_the_card_beside_it_does_not() {
    let state = |state| Event::CardState { state, reason: None };
    for rig in both().await {
        let store = &rig.store;
        own(store, 'a', 'a').await;
        apply(store, &registered('a', FIRST, 1)).await;
        assert!(open(store, "first").await);
        assert_eq!(apply(store, &said('a', state(CardStatus::Suspended), 2)).await, 1);
        assert!(!lives(store, "first").await);
        assert!(!open(store, "second").await, "the card beside it is stopped");
        apply(store, &said('a', state(CardStatus::Active), 3)).await;
        assert!(open(store, "third").await);
        assert_eq!(store.revoke_card(&store.card_id(&holder('a')), now()).await.unwrap(), 1);
        assert!(!lives(store, "third").await, "the list of the card beside it");
        apply(store, &said('a', state(CardStatus::Ended), 4)).await;
        assert!(!open(store, "fourth").await);
        assert_eq!(felica(store, FIRST).await.unwrap().beside, CardState::Ended);
    }
}

#[tokio::test]
async fn its_holder_stops_it_and_takes_it_up_again_with_a_pin() {
    for rig in both().await {
        let store = &rig.store;
        own(store, 'a', 'a').await;
        apply(store, &registered('a', FIRST, 1)).await;
        let card = store.felica_id_of(FIRST);
        store.choose_pin(&id('a'), &card, "hash").await.unwrap();
        assert!(open(store, "first").await);
        assert!(!store.stop_felica(&id('b'), &card, now()).await.unwrap());
        assert!(store.stop_felica(&id('a'), &card, now()).await.unwrap());
        assert!(!lives(store, "first").await && !open(store, "second").await);
        assert_eq!(store.take_try(&card).await.unwrap(), None);
        apply(store, &registered('a', FIRST, 2)).await;
        assert_eq!(state(store, FIRST).await, CardState::Suspended, "a new key does not help");
        assert!(store.choose_pin(&id('a'), &card, "hash").await.unwrap());
        assert!(open(store, "third").await);
        apply(store, &ended('a', FIRST, 3)).await;
        assert!(!lives(store, "third").await);
        assert!(!store.choose_pin(&id('a'), &card, "hash").await.unwrap(), "it has ended");
    }
}

#[tokio::test]
async fn when_a_person_ends_it_is_forgotten() {
    for rig in both().await {
        let store = &rig.store;
        own(store, 'a', 'a').await;
        apply(store, &registered('a', FIRST, 1)).await;
        apply(store, &said('a', Event::PersonEnded, 2)).await;
        assert!(felica(store, FIRST).await.is_none());
        apply(store, &registered('a', FIRST, 1)).await;
        assert!(felica(store, FIRST).await.is_none(), "told late");
    }
}

#[tokio::test]
async fn neither_id_block_nor_pin_is_in_the_rows() {
    #[derive(sqlx::FromRow)]
    struct Kept {
        id: Vec<u8>,
    }
    for rig in both().await {
        let store = &rig.store;
        own(store, 'a', 'a').await;
        apply(store, &registered('a', FIRST, 1)).await;
        let sql = "SELECT id FROM cards WHERE scheme IS NOT NULL";
        let kept = fetch_optional!(store.database.read(), Kept, sql).unwrap().unwrap();
        assert_eq!(kept.id.len(), 32);
        assert_ne!(kept.id, hash_of(FIRST), "a plain hash can be guessed");
        let (one, other) =
            (store.peppered(&vec![1; 32], b"271828"), store.peppered(&vec![2; 32], b"271828"));
        assert_ne!(one, other, "the same PIN of two cards is seen");
    }
}
