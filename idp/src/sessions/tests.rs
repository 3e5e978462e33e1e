//! A person's own sessions, in several browsers.

use axum::http::StatusCode;
use jiff::SignedDuration;

use crate::Role;
use crate::testing::{Card, CardKind, Rig, Tab};

async fn signed_in(rig: &Rig) -> Tab<'_> {
    let mut tab = rig.tab();
    tab.sign_in(&rig.portal.request(rig.now()), &rig.card).await;
    tab
}

async fn is_signed_in(tab: &mut Tab<'_>) -> bool {
    tab.get("/logout").await.body.contains("id=\"logout\"")
}

#[tokio::test]
async fn who_is_alone_sees_one_and_nothing_to_end() {
    let rig = Rig::new().await;
    let mut tab = signed_in(&rig).await;
    for path in ["/", "/cards"] {
        assert!(tab.get(path).await.body.contains("href=\"/sessions\""), "{path}");
    }
    let page = tab.get("/sessions").await;
    assert!(page.body.contains("このブラウザー") && page.body.contains("割符ポータル"));
    assert!(page.body.contains("2026年11月20日 10時15分"), "{}", page.body);
    assert!(page.body.contains("id=\"none-else\"") && !page.body.contains("/sessions/end"));
    assert_eq!(tab.get("/sessions/end").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn one_that_was_left_open_elsewhere_is_ended_after_a_question() {
    let rig = Rig::new().await;
    let (mut tab, mut other, mut third) =
        (signed_in(&rig).await, signed_in(&rig).await, signed_in(&rig).await);
    rig.clock.advance(SignedDuration::from_mins(1));
    tab.language = "en";
    let page = tab.get("/sessions").await;
    assert_eq!(page.body.matches("Another device or browser").count(), 2);
    let start = page.body.find("/sessions/end?session=").unwrap();
    let href: String = page.body[start..].chars().take_while(|&c| c != '"').collect();
    let asked = tab.get(&href).await;
    assert!(asked.body.contains("Sign this one out?"), "{}", asked.body);
    let reference = asked.field("session").unwrap();
    assert!(is_signed_in(&mut other).await && is_signed_in(&mut third).await);

    let done = tab.post_form("/sessions/end", &format!("session={reference}")).await;
    assert_eq!(done.location(), "/logout/services");
    let page = tab.get("/logout/services").await;
    assert!(page.body.contains("id=\"goes-on\""));
    assert!(is_signed_in(&mut tab).await);
    assert!(is_signed_in(&mut other).await != is_signed_in(&mut third).await);
    let again = tab.post_form("/sessions/end", &format!("session={reference}")).await;
    assert_eq!(again.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn all_others_end_and_this_one_goes_on() {
    let rig = Rig::new().await;
    let (mut tab, mut other, mut third) =
        (signed_in(&rig).await, signed_in(&rig).await, signed_in(&rig).await);
    let asked = tab.get("/sessions/end").await;
    assert!(asked.body.contains("ほかの端末をすべてログアウトしますか"), "{}", asked.body);
    tab.post_form("/sessions/end", "").await;
    assert!(is_signed_in(&mut tab).await);
    assert!(!is_signed_in(&mut other).await && !is_signed_in(&mut third).await);
}

#[tokio::test]
async fn nobody_ends_the_sessions_of_others() {
    let rig = Rig::new().await;
    let mut mine = signed_in(&rig).await;
    let mut second = signed_in(&rig).await;
    let page = mine.get("/sessions").await;
    let start = page.body.find("session=").unwrap() + "session=".len();
    let reference: String = page.body[start..].chars().take_while(|&c| c != '"').collect();

    let holder = "b".repeat(32);
    rig.enrol('b', "谷中 花子", Role::Resident, None, &holder).await;
    let card = Card::new(&rig.pki, CardKind::Authentication, &holder);
    let mut stranger = rig.tab();
    stranger.sign_in(&rig.portal.request(rig.now()), &card).await;
    for reference in [reference.as_str(), "", "!!", "AAAA"] {
        let answer = stranger.post_form("/sessions/end", &format!("session={reference}")).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{reference}");
    }
    let nobody = rig.tab().post_form("/sessions/end", "").await;
    assert_eq!(nobody.status, StatusCode::FORBIDDEN);
    assert!(is_signed_in(&mut mine).await && is_signed_in(&mut second).await);
}

#[tokio::test]
async fn who_is_not_signed_in_signs_in_first() {
    let rig = Rig::new().await;
    let answer = rig.tab().get("/sessions").await;
    assert!(answer.location().starts_with("/login?tx="));
}
