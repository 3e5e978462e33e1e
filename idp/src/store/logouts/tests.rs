//! How far a logout has come survives everything but its end.

use super::super::hash_of;
use super::super::sessions::tests::{asked, open, ready};
use super::super::tests::{both, now};
use super::*;

const SERVER: &str = "https://server.example";
const FIRST: &str = "https://first.example";
const SECOND: &str = "https://second.example";
const MUTE: &str = "https://mute.example";
const LATER: SignedDuration = SignedDuration::from_hours(1);

fn way(provider: &str) -> Way {
    match provider {
        SERVER => Way::Server,
        MUTE => Way::None,
        _ => Way::Browser,
    }
}

fn party(provider: &str) -> Party {
    Party { provider: provider.into(), name_id: "n".into(), session_index: "i".into() }
}

async fn join(store: &Store, cookie: &str, provider: &str) {
    let request = asked(&format!("{cookie} {provider}"));
    store.record_answer(&hash_of(cookie), &party(provider), Some(&request), now()).await.unwrap();
}

fn asker() -> LogoutAsker {
    LogoutAsker {
        provider: FIRST.into(),
        request: "_asked".into(),
        relay_state: Some("state".into()),
    }
}

fn new<'a>(sessions: &'a [SecretHash], asker: Option<&'a LogoutAsker>) -> NewLogout<'a> {
    NewLogout { id: "l", browser: hash_of("browser"), asker, sessions }
}

async fn current(store: &Store) -> Logout {
    store.logout_in(&hash_of("browser"), now()).await.unwrap().unwrap()
}

async fn states(store: &Store) -> Vec<(String, StepState)> {
    let steps = current(store).await.steps;
    let mut states: Vec<_> =
        steps.into_iter().map(|step| (step.party.provider, step.state)).collect();
    states.sort_by(|one, other| one.0.cmp(&other.0));
    states
}

#[tokio::test]
async fn everybody_but_the_asker_is_told_the_way_they_take_it() {
    for rig in both().await {
        let store = &rig.store;
        ready(store).await;
        open(store, "c", 'a', None).await;
        for provider in [SERVER, FIRST, SECOND, MUTE] {
            join(store, "c", provider).await;
        }
        let (sessions, asker) = ([hash_of("c")], asker());
        let begun = store.begin_logout(&new(&sessions, Some(&asker)), way, now()).await.unwrap();
        let [notice] = begun.unwrap().try_into().unwrap();
        assert_eq!(notice.receiver, SERVER);
        assert_eq!(
            states(store).await,
            [
                (MUTE.to_owned(), StepState::Failed),
                (SECOND.to_owned(), StepState::Waiting),
                (SERVER.to_owned(), StepState::Asked),
            ]
        );
        let logout = current(store).await;
        assert_eq!(logout.asker.as_ref(), Some(&asker));
        assert!(logout.owes_answer() && !logout.is_confirmed());
        assert!(store.sessions_named(SECOND, "n", &[]).await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn the_first_attempt_is_the_callers_and_its_end_is_noted() {
    for rig in both().await {
        let store = &rig.store;
        ready(store).await;
        for (cookie, told) in [("c", true), ("d", false)] {
            open(store, cookie, 'a', None).await;
            join(store, cookie, SERVER).await;
            let sessions = [hash_of(cookie)];
            let new = NewLogout { id: cookie, ..new(&sessions, None) };
            let begun = store.begin_logout(&new, way, now()).await.unwrap();
            let [notice] = begun.unwrap().try_into().unwrap();
            let others = store.due_notices(now(), 9).await.unwrap();
            assert!(others.iter().all(|other| other.id != notice.id), "taken from the caller");
            assert!(store.due_notices(now() + LATER, 9).await.unwrap().contains(&notice));
            store.settle_notice(&notice, told).await.unwrap();
            let logout = store.logout(cookie, now()).await.unwrap().unwrap();
            assert_eq!(logout.is_confirmed(), told);
        }
    }
}

#[tokio::test]
async fn a_step_is_asked_once_and_answered_once() {
    for rig in both().await {
        let store = &rig.store;
        ready(store).await;
        open(store, "c", 'a', None).await;
        join(store, "c", FIRST).await;
        let sessions = [hash_of("c")];
        store.begin_logout(&new(&sessions, None), way, now()).await.unwrap().unwrap();
        assert!(store.logout_asking(FIRST, "_r", now()).await.unwrap().is_none());
        assert!(store.ask_step("l", 0, "_r").await.unwrap());
        assert!(!store.ask_step("l", 0, "_again").await.unwrap());
        assert!(store.logout_asking(SECOND, "_r", now()).await.unwrap().is_none());
        let (logout, place) = store.logout_asking(FIRST, "_r", now()).await.unwrap().unwrap();
        assert!(store.settle_step(&logout.id, place, true).await.unwrap());
        assert!(!store.settle_step(&logout.id, place, false).await.unwrap());
        assert!(store.logout_asking(FIRST, "_r", now()).await.unwrap().is_none());
        assert!(current(store).await.is_confirmed());
    }
}

#[tokio::test]
async fn the_asker_is_answered_once() {
    for rig in both().await {
        let store = &rig.store;
        ready(store).await;
        open(store, "c", 'a', None).await;
        let (sessions, asker) = ([hash_of("c")], asker());
        store.begin_logout(&new(&sessions, Some(&asker)), way, now()).await.unwrap().unwrap();
        assert!(store.answer_logout("l", now()).await.unwrap());
        assert!(!store.answer_logout("l", now()).await.unwrap());
        assert!(!current(store).await.owes_answer());
    }
}

#[tokio::test]
async fn a_session_that_is_over_begins_nothing() {
    for rig in both().await {
        let store = &rig.store;
        ready(store).await;
        let sessions = [hash_of("nobody")];
        assert_eq!(store.begin_logout(&new(&sessions, None), way, now()).await.unwrap(), None);
        assert_eq!(store.logout_in(&hash_of("browser"), now()).await.unwrap(), None);
    }
}

#[tokio::test]
async fn sessions_are_named_by_name_and_index() {
    for rig in both().await {
        let store = &rig.store;
        ready(store).await;
        open(store, "c", 'a', None).await;
        join(store, "c", FIRST).await;
        let named = async |provider: &str, name: &str, indexes: &[&str]| {
            let indexes: Vec<_> = indexes.iter().map(|&index| index.to_owned()).collect();
            store.sessions_named(provider, name, &indexes).await.unwrap().len()
        };
        assert_eq!(named(FIRST, "n", &[]).await, 1);
        assert_eq!(named(FIRST, "n", &["x", "i"]).await, 1);
        assert_eq!(named(FIRST, "n", &["x"]).await, 0);
        assert_eq!(named(FIRST, "x", &["i"]).await, 0);
        assert_eq!(named(SECOND, "n", &["i"]).await, 0, "the name of another provider");
    }
}

#[tokio::test]
async fn a_logout_is_forgotten() {
    for rig in both().await {
        let store = &rig.store;
        ready(store).await;
        open(store, "c", 'a', None).await;
        join(store, "c", FIRST).await;
        let sessions = [hash_of("c")];
        store.begin_logout(&new(&sessions, None), way, now()).await.unwrap().unwrap();
        assert_eq!(store.sweep_logouts(now()).await.unwrap(), 0);
        assert_eq!(store.logout("l", now() + LASTS).await.unwrap(), None);
        assert_eq!(store.sweep_logouts(now() + LASTS).await.unwrap(), 1);
        assert_eq!(store.logout("l", now()).await.unwrap(), None);
    }
}
