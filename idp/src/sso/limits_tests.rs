//! For how long a card's proof counts: by provider, and by who it is.

use std::num::NonZeroU32;

use axum::http::StatusCode;
use jiff::SignedDuration;
use warifu_saml::{AuthnRequest, Status};

use super::tests::declined;
use crate::config::{GroupLimits, ServiceProviderConfig};
use crate::testing::{Answer, Card, Rig, Tab};

fn minutes(count: i64) -> SignedDuration {
    SignedDuration::from_mins(count)
}

/// A rig whose provider has these limits.
async fn limited(absolute: Option<u32>, idle: Option<u32>) -> Rig {
    let change = |provider: &mut ServiceProviderConfig| {
        provider.session_absolute_minutes = absolute.and_then(NonZeroU32::new);
        provider.session_idle_minutes = idle.and_then(NonZeroU32::new);
    };
    Rig::registered(change, &[]).await
}

async fn ask(rig: &Rig, tab: &mut Tab<'_>) -> (AuthnRequest, Answer) {
    let request = rig.portal.request(rig.now());
    let answer = tab.get(&rig.portal.redirect(&request)).await;
    (request, answer)
}

/// Whether the card is asked for before there is an answer.
async fn asks_for_card(rig: &Rig, tab: &mut Tab<'_>) -> bool {
    ask(rig, tab).await.1.status == StatusCode::SEE_OTHER
}

/// The minutes from the card's answer to the end that the assertion names.
fn lasts(rig: &Rig, (request, answer): (AuthnRequest, Answer)) -> i64 {
    let login = rig.login(&answer, &request);
    let end = login.session_not_on_or_after.unwrap();
    end.duration_since(login.authenticated_at).as_mins()
}

async fn signed_in<'a>(rig: &'a Rig, card: &Card) -> (Tab<'a>, i64) {
    let mut tab = rig.tab();
    let request = rig.portal.request(rig.now());
    let answer = tab.sign_in(&request, card).await;
    (tab, lasts(rig, (request, answer)))
}

#[tokio::test]
async fn after_the_absolute_limit_the_card_is_asked_again_and_the_services_session_ends_before() {
    let rig = limited(Some(30), None).await;
    let (mut tab, lasts_at_first) = signed_in(&rig, &rig.card).await;
    assert_eq!(lasts_at_first, 30);
    for _ in 0..2 {
        rig.clock.advance(minutes(14));
        let told = ask(&rig, &mut tab).await;
        assert_eq!(lasts(&rig, told), 30, "counted from the card's answer");
    }
    rig.clock.advance(minutes(2));
    assert!(asks_for_card(&rig, &mut tab).await && asks_for_card(&rig, &mut tab).await);
    assert_eq!(tab.get("/cards").await.status, StatusCode::OK, "own pages go on");
    let request = rig.portal.request(rig.now());
    let again = tab.sign_in(&request, &rig.card).await;
    assert_eq!(lasts(&rig, (request, again)), 30);
    assert!(!asks_for_card(&rig, &mut tab).await);
}

#[tokio::test]
async fn a_pause_is_not_made_good_by_a_visit_elsewhere() {
    let rig = limited(None, Some(5)).await;
    let (mut tab, lasts) = signed_in(&rig, &rig.card).await;
    assert_eq!(lasts, 720);
    for _ in 0..3 {
        rig.clock.advance(minutes(4));
        assert!(!asks_for_card(&rig, &mut tab).await);
    }
    rig.clock.advance(minutes(6));
    for _ in 0..2 {
        assert_eq!(tab.get("/cards").await.status, StatusCode::OK);
        assert!(asks_for_card(&rig, &mut tab).await);
    }
    let request = rig.portal.request(rig.now());
    tab.sign_in(&request, &rig.card).await;
    assert!(!asks_for_card(&rig, &mut tab).await);
}

#[tokio::test]
async fn whoever_may_not_be_asked_is_not_there() {
    let rig = limited(Some(30), None).await;
    let (mut tab, _) = signed_in(&rig, &rig.card).await;
    for _ in 0..3 {
        rig.clock.advance(minutes(10));
        tab.get("/cards").await;
    }
    let request = AuthnRequest { is_passive: true, ..rig.portal.request(rig.now()) };
    let answer = tab.get(&rig.portal.redirect(&request)).await;
    assert_eq!(declined(&rig, &answer, &request), Status::NoPassive);
}

#[tokio::test]
async fn no_provider_prolongs_a_session() {
    let rig = limited(Some(u32::MAX), Some(u32::MAX)).await;
    let (mut tab, lasts) = signed_in(&rig, &rig.card).await;
    assert_eq!(lasts, 720);
    rig.clock.advance(minutes(15));
    assert!(asks_for_card(&rig, &mut tab).await);
}

#[tokio::test]
async fn desk_and_staff_have_limits_of_their_own() {
    let limits = |idle: u32, absolute: u32| GroupLimits {
        idle_minutes: NonZeroU32::new(idle),
        absolute_minutes: NonZeroU32::new(absolute),
    };
    let rig = Rig::with(|config, _| {
        config.sessions.desk = limits(120, 300);
        config.sessions.staff = limits(5, 60);
    })
    .await;
    let (desk, clerk) = (rig.staff().await, rig.clerk().await);
    rig.publish(&rig.pki.list(&[], 2)).await;
    let rows = [(&rig.card, 720, 15), (&desk, 300, 120), (&clerk, 60, 5)];
    for (card, absolute, idle) in rows {
        let (mut tab, lasts) = signed_in(&rig, card).await;
        assert_eq!(lasts, absolute);
        tab.language = "en";
        let page = tab.get("/sessions").await;
        assert!(page.body.contains(&format!("unused for {idle} minutes")), "{}", page.body);
        rig.clock.advance(minutes(idle) - SignedDuration::from_secs(1));
        assert!(!asks_for_card(&rig, &mut tab).await);
        rig.clock.advance(minutes(idle));
        assert!(asks_for_card(&rig, &mut tab).await);
        rig.publish(&rig.pki.list(&[], 2)).await;
    }
}
