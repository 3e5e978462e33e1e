//! Single logout through the browser, from its beginning to its truthful end.

use axum::http::StatusCode;
use warifu_saml::{Login, Status};

use super::bed::{Bed, add_both, carry};
use super::tests::BackChannel;
use crate::testing::{Answer, Provider, Tab};

fn id_in(bed: &Bed, provider: &Provider, login: &Login) -> (String, String) {
    let request = provider.logout_request(login, bed.rig.now());
    (request.id.clone(), carry(provider, &request))
}

/// Lets whoever the browser was sent to answer, and gives where it is sent next.
async fn answers(bed: &Bed, tab: &mut Tab<'_>, sent: &Answer, who: (&Provider, Status)) -> Answer {
    let request = bed.asked(who.0, sent);
    tab.get(&bed.reply(who.0, &request.id, who.1)).await
}

/// Which of the two the browser was sent to.
fn whom<'a>(bed: &'a Bed, sent: &Answer) -> (&'a Provider, &'a Provider) {
    if sent.location().starts_with(&bed.records.slo) {
        (&bed.records, &bed.doctors)
    } else {
        (&bed.doctors, &bed.records)
    }
}

#[tokio::test]
async fn who_is_alone_is_answered_at_once() {
    let bed = Bed::new().await;
    let (mut tab, logins) = bed.signed_in(&[&bed.records]).await;
    let (id, path) = id_in(&bed, &bed.records, &logins[0]);
    let answer = tab.get(&path).await;
    assert_eq!(bed.answered(&bed.records, &answer, &id), Status::Success);
    assert!(!tab.cookies.contains_key("__Host-session"));
    assert!(!bed.is_signed_in(&mut tab).await);
}

#[tokio::test]
async fn the_others_are_told_through_the_browser_one_after_the_other() {
    let bed = Bed::new().await;
    let portal = bed.portal_taking_both().await;
    let (mut tab, logins) = bed.signed_in(&[&portal, &bed.records, &bed.doctors]).await;
    let (id, path) = id_in(&bed, &portal, &logins[0]);
    let on = tab.get(&path).await.location();
    assert_eq!(on, "/logout/services");
    let page = tab.get(&on).await;
    assert!(page.body.contains("id=\"onward\"") && page.body.contains("つづける"), "{}", page.body);
    assert!(!bed.is_signed_in(&mut tab).await, "the session here is over before the walk");

    let first = tab.get("/logout/next").await;
    let (one, other) = whom(&bed, &first);
    let second = answers(&bed, &mut tab, &first, (one, Status::Success)).await;
    for (sent, provider) in [(&first, one), (&second, other)] {
        let asked = bed.asked(provider, sent);
        let login = if provider.slo == bed.records.slo { &logins[1] } else { &logins[2] };
        assert_eq!(Some(&asked.name_id), login.name_id.as_ref());
        assert_eq!(asked.session_indexes.first(), login.session_index.as_ref());
    }
    let end = answers(&bed, &mut tab, &second, (other, Status::Success)).await;
    assert_eq!(bed.answered(&portal, &end, &id), Status::Success);
    let again = tab.get("/logout/next").await;
    assert_eq!(again.location(), "/logout/services", "answered twice");
}

#[tokio::test]
async fn a_provider_that_says_no_makes_it_partial() {
    let bed = Bed::new().await;
    let (mut tab, logins) = bed.signed_in(&[&bed.records, &bed.doctors]).await;
    for refusal in [Status::Responder, Status::PartialLogout, Status::UnknownPrincipal] {
        let (mut tab, logins) = bed.signed_in(&[&bed.records, &bed.doctors]).await;
        let (id, path) = id_in(&bed, &bed.records, &logins[0]);
        tab.get(&path).await;
        let sent = tab.get("/logout/next").await;
        let end = answers(&bed, &mut tab, &sent, (&bed.doctors, refusal)).await;
        let status = bed.answered(&bed.records, &end, &id);
        assert_eq!(status, Status::PartialLogout, "{refusal:?}");
        let page = tab.get("/logout/services").await;
        assert!(page.body.contains("確認できませんでした"), "{}", page.body);
    }
    assert!(bed.is_signed_in(&mut tab).await, "another browser of the same person");
    assert_eq!(logins.len(), 2);
}

#[tokio::test]
async fn a_provider_that_never_comes_back_does_not_lose_the_rest() {
    let bed = Bed::new().await;
    let (mut tab, _) = bed.signed_in(&[&bed.records, &bed.doctors]).await;
    let on = tab.post_form("/logout", "").await.location();
    assert_eq!(on, "/logout/services");
    let dead = tab.get("/logout/next").await;
    let (silent, other) = whom(&bed, &dead);
    let page = tab.get("/logout/services").await;
    assert!(page.body.contains("確認できませんでした") && page.body.contains("これからです"));
    assert!(page.body.contains("href=\"/logout/next\""));

    let sent = tab.get("/logout/next").await;
    let end = answers(&bed, &mut tab, &sent, (other, Status::Success)).await;
    assert_eq!(end.location(), "/logout/services");
    let page = tab.get("/logout/services").await;
    assert!(page.body.contains("確認できないサービスがあります"), "{}", page.body);
    assert!(!page.body.contains("id=\"onward\""));

    // It comes back after all, and is believed.
    let request = bed.asked(silent, &dead);
    tab.get(&bed.reply(silent, &request.id, Status::Success)).await;
    let page = tab.get("/logout/services").await;
    assert!(!page.body.contains("確認できません"), "{}", page.body);
}

#[tokio::test]
async fn who_asked_and_was_kept_waiting_is_answered_by_way_of_the_page() {
    let bed = Bed::new().await;
    let (mut tab, logins) = bed.signed_in(&[&bed.records, &bed.doctors]).await;
    let (id, path) = id_in(&bed, &bed.records, &logins[0]);
    tab.get(&path).await;
    tab.get("/logout/next").await;
    let page = tab.get("/logout/services").await;
    assert!(page.body.contains("割符ポータルに戻る"), "{}", page.body);
    let end = tab.get("/logout/next").await;
    assert_eq!(bed.answered(&bed.records, &end, &id), Status::PartialLogout);
}

#[tokio::test]
async fn a_session_that_nobody_knows_is_said_so() {
    let bed = Bed::new().await;
    let (mut tab, logins) = bed.signed_in(&[&bed.records, &bed.doctors]).await;
    let request = bed.records.logout_request(&logins[0], bed.rig.now());
    let other_index =
        warifu_saml::LogoutRequest { session_indexes: vec!["_other".into()], ..request.clone() };
    let foreign = bed.records.logout_request(&logins[1], bed.rig.now());
    for request in [other_index, foreign] {
        let answer = tab.get(&carry(&bed.records, &request)).await;
        let status = bed.answered(&bed.records, &answer, &request.id);
        assert_eq!(status, Status::UnknownPrincipal);
        assert!(bed.is_signed_in(&mut tab).await);
    }
}

#[tokio::test]
async fn the_session_that_is_named_ends_and_not_that_of_the_browser() {
    let bed = Bed::new().await;
    let (mut mine, logins) = bed.signed_in(&[&bed.records]).await;
    let (mut other, _) = bed.signed_in(&[&bed.doctors]).await;
    let (id, path) = id_in(&bed, &bed.records, &logins[0]);
    let answer = other.get(&path).await;
    assert_eq!(bed.answered(&bed.records, &answer, &id), Status::Success);
    assert!(bed.is_signed_in(&mut other).await && !bed.is_signed_in(&mut mine).await);
    assert!(other.get("/logout/services").await.body.contains("id=\"goes-on\""));
}

#[tokio::test]
async fn answers_go_where_the_metadata_wants_them() {
    let place = "https://records.example/answers";
    let bed = Bed::with(|metadata| {
        let text = std::fs::read_to_string(metadata).unwrap();
        let at = "Location=\"https://records.example/saml/slo\"";
        assert!(text.contains(at));
        let with = format!("{at} ResponseLocation=\"{place}\"");
        std::fs::write(metadata, text.replace(at, &with)).unwrap();
    })
    .await;
    let (mut tab, logins) = bed.signed_in(&[&bed.records]).await;
    let answer = tab.get(&bed.ask(&bed.records, &logins[0])).await;
    assert!(answer.location().starts_with(&format!("{place}?SAMLResponse=")));
}

#[tokio::test]
async fn the_page_says_what_each_service_confirmed_in_both_languages() {
    let mut both = None;
    let channel = BackChannel::open_with(0, Status::Success, |config, pki, folder| {
        both = Some(add_both(config, pki, folder));
    })
    .await;
    let rig = &channel.rig;
    let mut tab = rig.tab();
    tab.sign_in(&rig.portal.request(rig.now()), &rig.card).await;
    let on = tab.post_form("/logout", "").await.location();
    let page = tab.get(&on).await;
    assert_eq!(page.body.matches("class=\"tag ok\"").count(), 1, "{}", page.body);
    tab.language = "en";
    let page = tab.get(&on).await;
    assert!(page.body.contains("You are signed out") && page.body.contains("Warifu portal"));
}

#[tokio::test]
async fn nobody_waits_long_for_a_server_that_is_silent() {
    let bed = Bed::new().await;
    let (mut tab, logins) = bed.signed_in(&[&bed.records, &bed.rig.portal]).await;
    let begun = std::time::Instant::now();
    let (id, path) = id_in(&bed, &bed.records, &logins[0]);
    let answer = tab.get(&path).await;
    assert_eq!(bed.answered(&bed.records, &answer, &id), Status::PartialLogout);
    assert!(begun.elapsed() < std::time::Duration::from_secs(5));
    assert!(tab.get("/logout/services").await.body.contains("伝えています"));
}

#[tokio::test]
async fn a_server_that_is_silent_is_visited_where_that_can_be_done() {
    let bed = Bed::new().await;
    let both = bed.portal_taking_both().await;
    let (mut tab, logins) = bed.signed_in(&[&bed.records, &both]).await;
    let (id, path) = id_in(&bed, &bed.records, &logins[0]);
    assert_eq!(tab.get(&path).await.location(), "/logout/services");
    let sent = tab.get("/logout/next").await;
    let end = answers(&bed, &mut tab, &sent, (&both, Status::Success)).await;
    assert_eq!(bed.answered(&bed.records, &end, &id), Status::Success);
}

#[tokio::test]
async fn without_a_logout_there_is_nothing_to_see() {
    let bed = Bed::new().await;
    for path in ["/logout/services", "/logout/next"] {
        let answer = bed.rig.tab().get(path).await;
        assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/logout".into()));
    }
    assert_eq!(bed.rig.tab().post_form("/logout", "").await.location(), "/logout");
}
