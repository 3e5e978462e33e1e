//! The sign-in with a card from the request to the answer, and everything that can go wrong.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use jiff::SignedDuration;
use serde_json::json;
use warifu_pki::security_event::CardStatus;
use warifu_pki::{Purpose, Reason};
use warifu_saml::names::{
    AC_PRESENCE, AC_SMARTCARD_PKI, ATTRIBUTE_DISPLAY_NAME, ATTRIBUTE_ENTITLEMENT,
    ATTRIBUTE_OFFICE_TICKET, ATTRIBUTE_ORGANIZATION, ATTRIBUTE_PAIRWISE_ID, ATTRIBUTE_RELAY_TICKET,
};
use warifu_saml::{Refusal, Status};

use crate::testing::{Card, CardKind, HOLDER, ORIGIN, Pki, Rig, claims};

#[tokio::test]
async fn a_card_signs_in() {
    let rig = Rig::new().await;
    let request = rig.portal.request(rig.now());
    let page = rig.tab().sign_in(&request, &rig.card).await;
    assert_eq!(page.attribute("action"), rig.portal.acs);
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("form-action https://portal.example"), "{policy}");

    let login = rig.login(&page, &request);
    assert_eq!(login.context_class, AC_SMARTCARD_PKI);
    assert_eq!(login.authenticated_at, rig.now());
    assert_eq!(login.value(ATTRIBUTE_DISPLAY_NAME), Some("上野太郎"));
    assert_eq!(login.values(ATTRIBUTE_ENTITLEMENT), ["urn:warifu:role:resident"]);
    assert!(login.values(ATTRIBUTE_ORGANIZATION).is_empty());
    let pairwise = login.value(ATTRIBUTE_PAIRWISE_ID).unwrap();
    assert!(pairwise.ends_with("@idp.example") && pairwise.len() == 32 + "@idp.example".len());
}

#[tokio::test]
async fn the_ticket_names_the_person_to_the_relay_alone() {
    let rig = Rig::new().await;
    let request = rig.portal.request(rig.now());
    let page = rig.tab().sign_in(&request, &rig.card).await;
    let login = rig.login(&page, &request);
    let ticket = rig.open_ticket(login.value(ATTRIBUTE_RELAY_TICKET).unwrap());
    assert_eq!(ticket.sub, rig.idp.relay_subject(&rig.resident));
    assert!(!login.value(ATTRIBUTE_PAIRWISE_ID).unwrap().starts_with(&ticket.sub));
    assert_eq!((ticket.purpose, ticket.act), (Purpose::Records, None));
    assert_eq!(ticket.acr, AC_SMARTCARD_PKI);
    assert_eq!(ticket.exp - ticket.iat, 300);
    assert_eq!(ticket.roles, ["urn:warifu:role:resident"]);
    let certificate = &rig.config.service_providers[0].client_certificate;
    let thumbprint =
        warifu_service::tls::thumbprint_of_file(certificate.as_deref().unwrap()).unwrap();
    assert_eq!(ticket.cnf.x5t_s256, thumbprint);
}

#[tokio::test]
async fn whose_card_it_was_the_ticket_tells_the_card_office_alone() {
    let rig = Rig::new().await;
    let request = rig.portal.request(rig.now());
    let page = rig.tab().sign_in(&request, &rig.card).await;
    let login = rig.login(&page, &request);
    let ticket = rig.open_ticket(login.value(ATTRIBUTE_RELAY_TICKET).unwrap());
    let holder = rig.open_holder(&ticket.holder.unwrap());
    assert_eq!(holder.sub, HOLDER);
    assert!(holder.exp - holder.iat <= 3600 && holder.iat == ticket.iat);
    let again = rig.portal.request(rig.now());
    let page = rig.tab().sign_in(&again, &rig.card).await;
    let ticket = rig.open_ticket(rig.login(&page, &again).value(ATTRIBUTE_RELAY_TICKET).unwrap());
    assert_ne!(rig.open_holder(&ticket.holder.unwrap()).jti, holder.jti);
}

#[tokio::test]
async fn a_new_session_has_a_new_secret() {
    let rig = Rig::new().await;
    let mut tab = rig.tab();
    tab.sign_in(&rig.portal.request(rig.now()), &rig.card).await;
    let first = tab.cookies["__Host-session"].clone();
    let mut again = rig.portal.request(rig.now());
    again.force_authn = true;
    tab.sign_in(&again, &rig.card).await;
    let second = tab.cookies.insert("__Host-session".into(), first.clone()).unwrap();
    assert_ne!(first, second);
    assert!(tab.get("/").await.body.contains("ログインしていません"), "the old secret still opens");
}

#[tokio::test]
async fn the_request_to_the_card_software_says_who_asks() {
    let rig = Rig::new().await;
    let page = rig.tab().reach_login_page(&rig.portal.request(rig.now())).await;
    let claims = claims(&page.attribute("data-request"));
    assert_eq!(claims["iss"], ORIGIN);
    assert_eq!(claims["aud"], "card-agent");
    assert_eq!(claims["rp_name"], "割符ポータル");
    assert_eq!((&claims["methods"], &claims["language"]), (&json!(["piv-pin"]), &json!("ja")));
    assert_eq!(claims["nonce"].as_str().unwrap().len(), 44);
    assert_eq!(claims["watch"].as_str().unwrap().len(), 43);
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 120);
}

#[tokio::test]
async fn a_new_request_replaces_the_last() {
    let rig = Rig::new().await;
    let mut tab = rig.tab();
    let page = tab.reach_login_page(&rig.portal.request(rig.now())).await;
    let tx = page.attribute("data-tx");
    let fresh = tab.post_json("/login/request", &json!({ "tx": tx })).await.json();
    let (old, new) =
        (claims(&page.attribute("data-request")), claims(fresh["request"].as_str().unwrap()));
    assert_ne!(old["nonce"], new["nonce"]);
    assert_ne!(old["tx"], new["tx"], "the card software takes each request once");
    let late = rig.card.token(ORIGIN, old["nonce"].as_str().unwrap());
    assert_eq!(tab.give(&page, &late).await.code(), "token.signature");
}

#[tokio::test]
async fn an_answer_counts_once() {
    let rig = Rig::new().await;
    let mut tab = rig.tab();
    let page = tab.reach_login_page(&rig.portal.request(rig.now())).await;
    assert_eq!(tab.answer_with(&page, &rig.card).await.status, StatusCode::OK);
    let again = tab.answer_with(&page, &rig.card).await;
    assert_eq!((again.status, again.code().as_str()), (StatusCode::CONFLICT, "login.replayed"));
}

#[tokio::test]
async fn even_a_wrong_answer_uses_the_question_up() {
    let rig = Rig::new().await;
    let mut tab = rig.tab();
    let page = tab.reach_login_page(&rig.portal.request(rig.now())).await;
    let wrong = rig.card.token(ORIGIN, "guess");
    assert_eq!(tab.give(&page, &wrong).await.code(), "token.signature");
    assert_eq!(tab.answer_with(&page, &rig.card).await.code(), "login.replayed");
}

#[tokio::test]
async fn another_browser_cannot_take_part() {
    let rig = Rig::new().await;
    let mut tab = rig.tab();
    let page = tab.reach_login_page(&rig.portal.request(rig.now())).await;
    let mut other = rig.tab();
    assert_eq!(other.answer_with(&page, &rig.card).await.code(), "login.stale");
    other.reach_login_page(&rig.portal.request(rig.now())).await;
    assert_eq!(other.answer_with(&page, &rig.card).await.code(), "login.stale");
    let tx = page.attribute("data-tx");
    assert_eq!(other.get(&format!("/login?tx={tx}")).await.status, StatusCode::GONE);
    assert_eq!(other.get(&format!("/login/done?tx={tx}")).await.status, StatusCode::GONE);
    assert_eq!(tab.answer_with(&page, &rig.card).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_sign_in_does_not_wait_for_ever() {
    let rig = Rig::new().await;
    let mut tab = rig.tab();
    let page = tab.reach_login_page(&rig.portal.request(rig.now())).await;
    rig.clock.advance(SignedDuration::from_mins(11));
    assert_eq!(tab.answer_with(&page, &rig.card).await.code(), "login.stale");
    rig.clock.advance(SignedDuration::from_mins(5));
    let answer = tab.post_json("/login/request", &json!({ "tx": page.attribute("data-tx") })).await;
    assert_eq!(answer.code(), "login.stale");
}

#[tokio::test]
async fn each_fault_of_a_card_has_its_own_code() {
    let rig = Rig::new().await;
    let pki = &rig.pki;
    let revoked = Card::new(pki, CardKind::Authentication, HOLDER);
    let suspended = Card::new(pki, CardKind::Authentication, HOLDER);
    let entries = [
        (&revoked.certificate, Reason::KeyCompromise),
        (&suspended.certificate, Reason::CertificateHold),
    ];
    rig.publish(&pki.list(&entries, 2)).await;
    let stranger = "9".repeat(32);
    for (card, code) in [
        (revoked, "card.revoked"),
        (suspended, "card.suspended"),
        (Card::dated(pki, 400, 365), "cert.expired"),
        (Card::dated(pki, -3, 365), "cert.notyet"),
        (Card::new(&Pki::new(rig.now()), CardKind::Authentication, HOLDER), "cert.untrusted"),
        (Card::new(pki, CardKind::Presence, HOLDER), "cert.purpose"),
        (Card::new(pki, CardKind::Authentication, &stranger), "card.unknown"),
    ] {
        let mut tab = rig.tab();
        let page = tab.reach_login_page(&rig.portal.request(rig.now())).await;
        let answer = tab.answer_with(&page, &card).await;
        assert_eq!((answer.status, answer.code().as_str()), (StatusCode::FORBIDDEN, code));
        assert!(!tab.cookies.contains_key("__Host-session"));
    }
}

#[tokio::test]
async fn a_card_stopped_here_is_stopped() {
    let rig = Rig::new().await;
    for (state, code) in
        [(CardStatus::Suspended, "card.suspended"), (CardStatus::Ended, "card.revoked")]
    {
        rig.tell_state(HOLDER, state).await;
        let mut tab = rig.tab();
        let page = tab.reach_login_page(&rig.portal.request(rig.now())).await;
        assert_eq!(tab.answer_with(&page, &rig.card).await.code(), code);
    }
}

#[tokio::test]
async fn without_a_current_revocation_list_nobody_signs_in() {
    let rig = Rig::new().await;
    rig.clock.advance(SignedDuration::from_hours(25));
    let mut tab = rig.tab();
    let page = tab.reach_login_page(&rig.portal.request(rig.now())).await;
    let answer = tab.answer_with(&page, &rig.card).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.code(), "revocation.unavailable");
}

#[tokio::test]
async fn rubbish_for_a_token_is_refused_in_words() {
    let rig = Rig::new().await;
    let mut tab = rig.tab();
    let page = tab.reach_login_page(&rig.portal.request(rig.now())).await;
    for body in [json!({}), json!({ "tx": 1 }), json!({ "tx": "x", "token": {} })] {
        let answer = tab.post_json("/login/token", &body).await;
        assert_eq!(answer.code(), "request.unreadable", "{body}");
    }
    let large = json!({ "tx": "x", "token": "x".repeat(20_000) });
    assert_eq!(tab.post_json("/login/token", &large).await.code(), "request.too-large");
    assert_eq!(tab.answer_with(&page, &rig.card).await.status, StatusCode::OK);
}

#[tokio::test]
async fn another_sites_page_cannot_sign_anybody_in() {
    let rig = Rig::new().await;
    let mut tab = rig.tab();
    let page = tab.reach_login_page(&rig.portal.request(rig.now())).await;
    let form = format!("tx={}", page.attribute("data-tx"));
    let request = Request::post("/login/cancel")
        .header("origin", "https://evil.example")
        .header("content-type", "application/x-www-form-urlencoded")
        .header("accept", "text/html")
        .body(Body::from(form))
        .unwrap();
    let answer = tab.send(request).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert!(answer.body.contains("request.foreign-origin"));
    assert_eq!(tab.answer_with(&page, &rig.card).await.status, StatusCode::OK);
}

#[tokio::test]
async fn cancelling_tells_the_provider() {
    let rig = Rig::new().await;
    let mut tab = rig.tab();
    let request = rig.portal.request(rig.now());
    let page = tab.reach_login_page(&request).await;
    let tx = page.attribute("data-tx");
    let answer = tab.post_form("/login/cancel", &format!("tx={tx}")).await;
    let refusal = rig.consume(&answer, &request).unwrap_err();
    assert!(matches!(refusal, Refusal::Status(Status::AuthnFailed)), "{refusal:?}");
    assert_eq!(tab.answer_with(&page, &rig.card).await.code(), "login.stale");
}

#[tokio::test]
async fn a_tap_at_the_desk_gives_the_relay_a_ticket_and_the_portal_nothing_else() {
    let rig = Rig::new().await;
    let staff = rig.staff().await;
    let mut tab = rig.tab();
    tab.sign_in(&rig.portal.request(rig.now()), &staff).await;

    let request = rig.portal.asking_for(AC_PRESENCE, rig.now());
    let page = tab.reach_login_page(&request).await;
    let asked = claims(&page.attribute("data-request"));
    assert_eq!(asked["methods"], json!(["piv-presence"]));
    assert!(asked.get("watch").is_none(), "a tap is watched");
    let tapped = Card::new(&rig.pki, CardKind::Presence, HOLDER);
    let next = tab.answer_with(&page, &tapped).await.json()["next"].clone();
    let done = tab.get(next.as_str().unwrap()).await;

    let login = rig.login(&done, &request);
    assert_eq!(login.context_class, AC_PRESENCE);
    assert_eq!(login.attributes.len(), 1);
    let ticket = rig.open_ticket(login.value(ATTRIBUTE_RELAY_TICKET).unwrap());
    assert_eq!((ticket.purpose, ticket.acr.as_str()), (Purpose::Eligibility, AC_PRESENCE));
    assert_eq!(ticket.sub, rig.idp.relay_subject(&rig.resident));
    assert_eq!(ticket.exp - ticket.iat, 120);
    assert_eq!(ticket.roles, ["urn:warifu:role:clinic-desk"], "as whom they tapped");
    let actor = ticket.act.unwrap();
    assert_eq!(actor.organization.unwrap().code, "3712345");
    assert_ne!(actor.sub, ticket.sub);
}

#[tokio::test]
async fn a_city_halls_clerk_taps_too_and_the_card_offices_does_not() {
    let rig = Rig::new().await;
    let (city, office) = (rig.city_clerk().await, rig.clerk().await);
    let mut tab = rig.tab();
    tab.sign_in(&rig.portal.request(rig.now()), &city).await;
    let request = rig.portal.asking_for(AC_PRESENCE, rig.now());
    let page = tab.reach_login_page(&request).await;
    let tapped = Card::new(&rig.pki, CardKind::Presence, HOLDER);
    let next = tab.answer_with(&page, &tapped).await.json()["next"].clone();
    let login = rig.login(&tab.get(next.as_str().unwrap()).await, &request);
    let ticket = rig.open_ticket(login.value(ATTRIBUTE_RELAY_TICKET).unwrap());
    assert_eq!(ticket.roles, ["urn:warifu:role:city-clerk"]);
    assert_eq!(ticket.act.unwrap().organization.unwrap().code, "372011");

    let mut tab = rig.tab();
    tab.sign_in(&rig.portal.request(rig.now()), &office).await;
    let request = rig.portal.asking_for(AC_PRESENCE, rig.now());
    let refused = tab.get(&rig.portal.redirect(&request)).await;
    let refusal = rig.consume(&refused, &request).unwrap_err();
    assert!(matches!(refusal, Refusal::Status(Status::RequestDenied)), "{refusal:?}");
}

#[tokio::test]
async fn a_tap_counts_only_while_the_staff_are_signed_in() {
    let rig = Rig::new().await;
    let staff = rig.staff().await;
    let mut tab = rig.tab();
    tab.sign_in(&rig.portal.request(rig.now()), &staff).await;
    let page = tab.reach_login_page(&rig.portal.asking_for(AC_PRESENCE, rig.now())).await;
    let tapped = Card::new(&rig.pki, CardKind::Presence, HOLDER);
    let session = tab.cookies.remove("__Host-session").unwrap();
    assert_eq!(tab.answer_with(&page, &tapped).await.code(), "desk.signed-out");

    tab.cookies.insert("__Host-session".into(), session);
    let page = tab.reach_login_page(&rig.portal.asking_for(AC_PRESENCE, rig.now())).await;
    let next = tab.answer_with(&page, &tapped).await.json()["next"].clone();
    tab.post_form("/logout", "").await;
    let done = tab.get(next.as_str().unwrap()).await;
    assert_eq!(done.status, StatusCode::FORBIDDEN);
    assert!(done.body.contains("desk.signed-out"));
}

#[tokio::test]
async fn a_tap_with_the_pin_key_is_not_taken() {
    let rig = Rig::new().await;
    let staff = rig.staff().await;
    let mut tab = rig.tab();
    tab.sign_in(&rig.portal.request(rig.now()), &staff).await;
    let page = tab.reach_login_page(&rig.portal.asking_for(AC_PRESENCE, rig.now())).await;
    assert_eq!(tab.answer_with(&page, &rig.card).await.code(), "cert.purpose");
}

#[tokio::test]
async fn staff_of_the_card_office_get_a_ticket_to_it_for_no_longer_than_the_session() {
    let rig = Rig::new().await;
    let clerk = rig.clerk().await;
    let mut tab = rig.tab();
    let request = rig.portal.request(rig.now());
    let page = tab.sign_in(&request, &clerk).await;
    let login = rig.login(&page, &request);
    let ticket = login.value(ATTRIBUTE_OFFICE_TICKET).unwrap();
    let ticket = rig.open_office_ticket(ticket);
    assert_eq!((ticket.purpose, ticket.act), (Purpose::CardOffice, None));
    assert_eq!(ticket.roles, ["urn:warifu:role:card-clerk"]);
    assert_eq!(ticket.exp - ticket.iat, 3600);
    assert_eq!(ticket.acr, AC_SMARTCARD_PKI);
    let relay = rig.open_ticket(login.value(ATTRIBUTE_RELAY_TICKET).unwrap());
    assert_ne!(ticket.sub, relay.sub, "the office's own name for the person");
    assert_eq!(ticket.cnf, relay.cnf);

    // The session ends after twelve hours; used all along, half an hour before that.
    for _ in 0..69 {
        rig.clock.advance(SignedDuration::from_mins(10));
        assert!(tab.get("/").await.body.contains("id=\"logout\""));
    }
    let half_an_hour = rig.portal.request(rig.now());
    let page = tab.get(&rig.portal.redirect(&half_an_hour)).await;
    let login = rig.login(&page, &half_an_hour);
    let ticket = login.value(ATTRIBUTE_OFFICE_TICKET).unwrap();
    let ticket = rig.open_office_ticket(ticket);
    assert_eq!(ticket.exp - ticket.iat, 30 * 60);
}

#[tokio::test]
async fn nobody_else_gets_a_ticket_to_the_card_office() {
    let rig = Rig::new().await;
    let staff = rig.staff().await;
    for card in [&rig.card, &staff] {
        let request = rig.portal.request(rig.now());
        let page = rig.tab().sign_in(&request, card).await;
        let login = rig.login(&page, &request);
        assert_eq!(login.value(ATTRIBUTE_OFFICE_TICKET), None);
    }
}
