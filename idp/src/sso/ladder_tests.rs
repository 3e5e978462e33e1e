//! How surely a person must be known, by request and session: the ladder over HTTP, and the way up.

use axum::http::StatusCode;
use jiff::SignedDuration;
use warifu_pki::CardLevel;
use warifu_saml::names::{
    AC_IDENTIFIER, AC_PRESENCE, AC_REFEDS_MFA, AC_SMARTCARD, AC_SMARTCARD_PKI,
};
use warifu_saml::{AuthnRequest, Comparison, RequestedContext, Status};

use super::tests::declined;
use crate::Role;
use crate::cards::tests::{add, foreign, with_agency};
use crate::testing::{Answer, Card, CardKind, Rig, Tab};

fn asking(rig: &Rig, comparison: Comparison, classes: &[&str]) -> AuthnRequest {
    let classes = classes.iter().map(|&class| class.to_owned()).collect();
    let context = RequestedContext { comparison, classes };
    AuthnRequest { requested_context: Some(context), ..rig.portal.request(rig.now()) }
}

/// A person signed in at substantial, with a card of others that is put beside their own.
async fn at_substantial() -> (Rig, Card) {
    let (rig, agency) = with_agency(CardLevel::Substantial).await;
    let mut own = rig.tab();
    own.sign_in(&rig.portal.request(rig.now()), &rig.card).await;
    let card = foreign(&agency);
    assert_eq!(add(&mut own, &card).await, None);
    (rig, card)
}

async fn signed_in<'a>(rig: &'a Rig, card: &Card) -> Tab<'a> {
    let mut tab = rig.tab();
    tab.sign_in(&asking(rig, Comparison::Exact, &[AC_SMARTCARD]), card).await;
    tab
}

/// What is asked, and what is said of a session at substantial and of one at high.
type Row<'a> = (Comparison, &'a [&'a str], Option<&'a str>, Option<&'a str>);

/// The class in the answer, or that a new sign-in is begun.
async fn told(tab: &mut Tab<'_>, rig: &Rig, request: &AuthnRequest) -> Option<String> {
    let page = tab.get(&rig.portal.redirect(request)).await;
    (!page.status.is_redirection()).then(|| rig.login(&page, request).context_class)
}

#[tokio::test]
async fn each_comparison_is_answered_from_the_session_as_far_as_that_is_true() {
    use Comparison::{Better, Exact, Maximum, Minimum};
    let (rig, card) = at_substantial().await;
    let mut substantial = signed_in(&rig, &card).await;
    let mut high = signed_in(&rig, &rig.card).await;
    let (pki, plain, mfa) = (Some(AC_SMARTCARD_PKI), Some(AC_SMARTCARD), Some(AC_REFEDS_MFA));
    let rows: [Row<'_>; 10] = [
        (Exact, &[AC_SMARTCARD_PKI], None, pki),
        (Exact, &[AC_SMARTCARD_PKI, AC_SMARTCARD], plain, pki),
        (Exact, &["urn:x:unknown", AC_SMARTCARD], plain, plain),
        (Exact, &[AC_REFEDS_MFA], mfa, mfa),
        (Minimum, &[AC_SMARTCARD], plain, pki),
        (Minimum, &[AC_PRESENCE], plain, pki),
        (Better, &[AC_SMARTCARD], None, pki),
        (Better, &[AC_PRESENCE], plain, pki),
        (Maximum, &[AC_SMARTCARD], plain, plain),
        (Maximum, &[AC_SMARTCARD, AC_SMARTCARD_PKI], None, pki),
    ];
    for (comparison, classes, at_substantial, at_high) in rows {
        let request = asking(&rig, comparison, classes);
        let seen = told(&mut substantial, &rig, &request).await;
        assert_eq!(seen.as_deref(), at_substantial, "{comparison:?} {classes:?}");
        let request = asking(&rig, comparison, classes);
        let seen = told(&mut high, &rig, &request).await;
        assert_eq!(seen.as_deref(), at_high, "{comparison:?} {classes:?}");
    }
}

#[tokio::test]
async fn what_the_ladder_does_not_hold_is_declined() {
    let rig = Rig::new().await;
    for (comparison, class) in [
        (Comparison::Exact, "urn:oasis:names:tc:SAML:2.0:ac:classes:Password"),
        (Comparison::Exact, AC_IDENTIFIER),
        (Comparison::Better, AC_SMARTCARD_PKI),
        (Comparison::Maximum, AC_IDENTIFIER),
        (Comparison::Minimum, "urn:x:unknown"),
    ] {
        let request = asking(&rig, comparison, &[class]);
        let page = rig.tab().get(&rig.portal.redirect(&request)).await;
        assert_eq!(declined(&rig, &page, &request), Status::NoAuthnContext, "{class}");
    }
}

async fn step_up(tab: &mut Tab<'_>, rig: &Rig) -> (AuthnRequest, Answer) {
    let request = rig.portal.asking_for(AC_SMARTCARD_PKI, rig.now());
    let page = tab.reach_login_page(&request).await;
    (request, page)
}

#[tokio::test]
async fn who_needs_a_stronger_sign_in_is_told_why() {
    let (rig, card) = at_substantial().await;
    for (language, why) in [
        ("ja", "カードが暗証番号を確かめる、より確かなログインが要ります"),
        ("en", "needs a stronger sign-in, with a card that checks the PIN itself"),
    ] {
        let mut tab = signed_in(&rig, &card).await;
        tab.language = language;
        let (_, page) = step_up(&mut tab, &rig).await;
        assert!(page.body.contains(why), "{}", page.body);
        assert!(page.body.contains("data-screen=\"login-other-person\""));
        tab = rig.tab();
        tab.language = language;
        let (_, page) = step_up(&mut tab, &rig).await;
        assert!(!page.body.contains(why), "nobody was signed in: {}", page.body);
    }
}

#[tokio::test]
async fn a_stronger_sign_in_keeps_the_other_services() {
    let (rig, card) = at_substantial().await;
    let mut tab = rig.tab();
    let first = asking(&rig, Comparison::Exact, &[AC_SMARTCARD]);
    let before = rig.login(&tab.sign_in(&first, &card).await, &first);
    rig.clock.advance(SignedDuration::from_mins(1));
    let (request, page) = step_up(&mut tab, &rig).await;
    let answer = tab.answer_with(&page, &rig.card).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    let done = tab.get(answer.json()["next"].as_str().unwrap()).await;
    let after = rig.login(&done, &request);
    assert_eq!(after.context_class, AC_SMARTCARD_PKI);
    assert_eq!(after.authenticated_at, rig.now());
    assert_eq!(after.session_index, before.session_index, "the service lost its session");
    let due = rig.centre().store.due_notices(rig.now(), 9).await.unwrap();
    assert_eq!(due, [], "somebody was told of an end");
}

#[tokio::test]
async fn a_stronger_sign_in_is_for_the_person_who_is_signed_in() {
    let (rig, card) = at_substantial().await;
    let holder = "e".repeat(32);
    rig.enrol('e', "見本 花子", Role::Resident, None, &holder).await;
    let neighbour = Card::new(&rig.pki, CardKind::Authentication, &holder);
    let mut tab = signed_in(&rig, &card).await;
    let (_, page) = step_up(&mut tab, &rig).await;
    let answer = tab.answer_with(&page, &neighbour).await;
    assert_eq!(
        (answer.status, answer.code()),
        (StatusCode::FORBIDDEN, "login.other-person".into())
    );
    let request = asking(&rig, Comparison::Exact, &[AC_SMARTCARD]);
    assert!(told(&mut tab, &rig, &request).await.is_some(), "the session is gone");

    let (_, page) = step_up(&mut tab, &rig).await;
    tab.post_form("/logout", "").await;
    let answer = tab.answer_with(&page, &neighbour).await;
    assert_eq!(answer.status, StatusCode::OK, "nobody is signed in any more: {}", answer.body);
}

#[tokio::test]
async fn a_weaker_card_does_not_lead_up() {
    let (rig, card) = at_substantial().await;
    let mut tab = signed_in(&rig, &card).await;
    let (_, page) = step_up(&mut tab, &rig).await;
    assert_eq!(tab.answer_with(&page, &card).await.code(), "card.level");
}
