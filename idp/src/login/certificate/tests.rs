//! Over real TLS: a browser that shows certificates to the card's host, and comes back.

mod bed;

use std::collections::BTreeMap;

use axum::http::StatusCode;
use jiff::SignedDuration;
use warifu_pki::Reason;
use warifu_pki::security_event::CardStatus;
use warifu_saml::names::{AC_PRESENCE, AC_SMARTCARD_PKI};
use warifu_service::words::lacking_advice;

use super::help::REASONS;
use super::leave::TICKET_LASTS;
use super::visit::CODE_LASTS;
use crate::store::Shown;
use crate::store::tests::postgres;
use crate::testing::{Card, CardKind, HOLDER, Pki, Rig, p256};
use bed::Bed;

#[tokio::test]
async fn a_card_that_the_browser_reaches_signs_in() {
    let mut beds = vec![Bed::open().await];
    if let Some(database) = postgres().await {
        beds.push(Bed::with(|config| config.database = database).await);
    }
    for bed in beds {
        for card in [&bed.rig.card, &Card::rsa(&bed.rig.pki)] {
            let mut tab = bed.rig.tab();
            let request = bed.rig.portal.request(bed.rig.now());
            let page = tab.reach_login_page(&request).await;
            let there = bed.leave(&mut tab, &page).await;
            let back = bed.show(&there, Some(card)).await;
            let done = tab.get(&back).await;
            assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
            assert!(tab.cookies.contains_key("__Host-session"));
            let answer = tab.get(&done.location()).await;
            let login = bed.rig.login(&answer, &request);
            assert_eq!(login.context_class, AC_SMARTCARD_PKI);
        }
    }
}

#[tokio::test]
async fn each_fault_of_a_certificate_has_its_own_code() {
    let bed = Bed::open().await;
    let pki = &bed.rig.pki;
    let revoked = Card::new(pki, CardKind::Authentication, HOLDER);
    let held = Card::new(pki, CardKind::Authentication, HOLDER);
    let entries = [
        (&revoked.certificate, Reason::KeyCompromise),
        (&held.certificate, Reason::CertificateHold),
    ];
    bed.rig.publish(&pki.list(&entries, 2)).await;
    let foreign = Card::new(&Pki::new(bed.rig.now()), CardKind::Authentication, HOLDER);
    let server_key = p256();
    let server = pki.party("portal", &["portal.example"], server_key.public_key());
    for (card, code) in [
        (None, "certificate.none"),
        (Some(Card::dated(pki, 400, 365)), "cert.expired"),
        (Some(Card::dated(pki, -3, 365)), "cert.notyet"),
        (Some(revoked), "card.revoked"),
        (Some(held), "card.suspended"),
        (Some(foreign), "cert.untrusted"),
        (Some(Card { key: server_key, certificate: server }), "cert.untrusted"),
        (Some(Card::new(pki, CardKind::Presence, HOLDER)), "cert.purpose"),
        (Some(Card::new(pki, CardKind::Authentication, &"9".repeat(32))), "card.unknown"),
    ] {
        let mut tab = bed.rig.tab();
        let there = bed.begin(&mut tab).await;
        let back = bed.show(&there, card.as_ref()).await;
        assert!(back.starts_with(&format!("/login/certificate/help?why={code}&")), "{back}");
        let page = tab.get(&back).await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(page.body.contains(code) && page.body.contains("id=\"again\""), "{}", page.body);
        assert!(!tab.cookies.contains_key("__Host-session"));
    }
}

#[tokio::test]
async fn a_card_stopped_here_and_a_day_without_lists_are_refused() {
    let bed = Bed::open().await;
    let mut tab = bed.rig.tab();
    bed.rig.tell_state(HOLDER, CardStatus::Suspended).await;
    let there = bed.begin(&mut tab).await;
    assert_eq!(bed.refusal(&there, &bed.rig.card).await, "card.suspended");
    bed.rig.tell_state(HOLDER, CardStatus::Active).await;
    bed.rig.clock.advance(SignedDuration::from_hours(25));
    let there = bed.begin(&mut tab).await;
    assert_eq!(bed.refusal(&there, &bed.rig.card).await, "revocation.unavailable");
}

#[tokio::test]
async fn after_a_refusal_another_certificate_may_be_shown() {
    let bed = Bed::open().await;
    let mut tab = bed.rig.tab();
    let there = bed.begin(&mut tab).await;
    assert!(bed.show(&there, None).await.contains("certificate.none"));
    let wrong = Card::new(&bed.rig.pki, CardKind::Presence, HOLDER);
    assert_eq!(bed.refusal(&there, &wrong).await, "cert.purpose");
    let back = bed.show(&there, Some(&bed.rig.card)).await;
    assert_eq!(tab.get(&back).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_stolen_code_is_worthless_and_used_up_in_another_browser() {
    let bed = Bed::open().await;
    let mut tab = bed.rig.tab();
    let there = bed.begin(&mut tab).await;
    let back = bed.show(&there, Some(&bed.rig.card)).await;
    let mut other = bed.rig.tab();
    other.language = "en";
    let refused = other.get(&back).await;
    assert_eq!(refused.status, StatusCode::GONE);
    assert!(refused.body.contains("login.stale"));
    // Nor does it help to have begun a sign-in of one's own.
    bed.begin(&mut other).await;
    assert_eq!(other.get(&back).await.status, StatusCode::GONE);
    assert!(!other.cookies.contains_key("__Host-session"));
    let late = tab.get(&back).await;
    assert_eq!(late.status, StatusCode::CONFLICT);
    assert!(late.body.contains("login.replayed"));
}

#[tokio::test]
async fn who_lures_a_card_s_holder_with_a_ticket_gets_nothing() {
    let bed = Bed::open().await;
    let (mut attacker, mut victim) = (bed.rig.tab(), bed.rig.tab());
    let there = bed.begin(&mut attacker).await;
    let back = bed.show(&there, Some(&bed.rig.card)).await;
    assert_eq!(victim.get(&back).await.status, StatusCode::GONE);
    let tx = Bed::parameter(&there, "tx");
    let done = attacker.get(&format!("/login/done?tx={tx}")).await;
    assert_eq!(done.status, StatusCode::GONE);
    for code in ["", &Bed::parameter(&there, "ticket")] {
        let path = format!("/login/certificate?tx={tx}&code={code}");
        assert_eq!(attacker.get(&path).await.status, StatusCode::CONFLICT, "{code}");
    }
}

#[tokio::test]
async fn ticket_and_code_count_once_and_for_their_own_sign_in() {
    let bed = Bed::open().await;
    let mut tab = bed.rig.tab();
    let (there, elsewhere) = (bed.begin(&mut tab).await, bed.begin(&mut tab).await);
    let crossed = there.replace(&Bed::parameter(&there, "tx"), &Bed::parameter(&elsewhere, "tx"));
    assert_eq!(bed.refusal(&crossed, &bed.rig.card).await, "login.stale");
    let back = bed.show(&there, Some(&bed.rig.card)).await;
    assert_eq!(bed.refusal(&there, &bed.rig.card).await, "login.stale");
    let crossed = back.replace(&Bed::parameter(&back, "tx"), &Bed::parameter(&elsewhere, "tx"));
    assert_eq!(tab.get(&crossed).await.status, StatusCode::CONFLICT);
    assert_eq!(tab.get(&back).await.status, StatusCode::SEE_OTHER);
    let replayed = tab.get(&back).await;
    assert_eq!(replayed.status, StatusCode::CONFLICT);
    assert!(replayed.body.contains("login.replayed"));
}

#[tokio::test]
async fn ticket_and_code_do_not_wait_for_ever() {
    let bed = Bed::open().await;
    let mut tab = bed.rig.tab();
    let there = bed.begin(&mut tab).await;
    bed.rig.clock.advance(TICKET_LASTS);
    assert_eq!(bed.refusal(&there, &bed.rig.card).await, "login.stale");
    let there = bed.begin(&mut tab).await;
    let back = bed.show(&there, Some(&bed.rig.card)).await;
    bed.rig.clock.advance(CODE_LASTS);
    assert_eq!(tab.get(&back).await.status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn a_card_revoked_on_the_way_back_opens_nothing() {
    let bed = Bed::open().await;
    let mut tab = bed.rig.tab();
    let there = bed.begin(&mut tab).await;
    let back = bed.show(&there, Some(&bed.rig.card)).await;
    let lost = [(&bed.rig.card.certificate, Reason::KeyCompromise)];
    bed.rig.publish(&bed.rig.pki.list(&lost, 2)).await;
    let refused = tab.get(&back).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert!(refused.body.contains("card.revoked"));
    assert!(!tab.cookies.contains_key("__Host-session"));
}

#[tokio::test]
async fn staff_sign_in_here_only_where_that_is_allowed() {
    for (allowed, status) in [(false, StatusCode::OK), (true, StatusCode::SEE_OTHER)] {
        let bed = Bed::with(|config| config.card_host.as_mut().unwrap().staff = allowed).await;
        let staff = bed.rig.staff().await;
        let mut tab = bed.rig.tab();
        let there = bed.begin(&mut tab).await;
        let back = bed.show(&there, Some(&staff)).await;
        assert_eq!(back.contains("certificate.staff"), !allowed);
        assert_eq!(tab.get(&back).await.status, status);
    }
}

#[tokio::test]
async fn a_patient_s_tap_does_not_go_that_way() {
    let bed = Bed::with(|config| config.card_host.as_mut().unwrap().staff = true).await;
    let staff = bed.rig.staff().await;
    let mut tab = bed.rig.tab();
    tab.sign_in(&bed.rig.portal.request(bed.rig.now()), &staff).await;
    let request = bed.rig.portal.asking_for(AC_PRESENCE, bed.rig.now());
    let page = tab.reach_login_page(&request).await;
    assert!(!page.body.contains("by-certificate"));
    let tx = page.attribute("data-tx");
    let refused = tab.post_form("/login/certificate", &format!("tx={tx}")).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert!(refused.body.contains("certificate.off"));
}

#[tokio::test]
async fn without_such_a_host_there_is_no_such_way() {
    let rig = Rig::new().await;
    assert!(rig.idp.card_host().is_none());
    let mut tab = rig.tab();
    let page = tab.reach_login_page(&rig.portal.request(rig.now())).await;
    assert!(!page.body.contains("by-certificate"));
    let tx = page.attribute("data-tx");
    let refused = tab.post_form("/login/certificate", &format!("tx={tx}")).await;
    assert!(refused.body.contains("certificate.off"));
}

#[tokio::test]
async fn the_page_may_send_its_form_there_and_nowhere_else() {
    let bed = Bed::open().await;
    let mut tab = bed.rig.tab();
    let page = tab.reach_login_page(&bed.rig.portal.request(bed.rig.now())).await;
    assert!(page.body.contains("id=\"by-certificate\""));
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.contains(&format!("form-action 'self' {}", bed.host)), "{policy}");
}

#[tokio::test]
async fn refusals_are_written_down_with_the_card_and_brakes_hold() {
    let bed = Bed::with(|config| config.limits.sign_ins_per_card = 2).await;
    let mut tab = bed.rig.tab();
    let there = bed.begin(&mut tab).await;
    bed.show(&there, None).await;
    bed.rig.tell_state(HOLDER, CardStatus::Ended).await;
    for code in ["card.revoked", "card.revoked", "card.throttled"] {
        assert_eq!(bed.refusal(&there, &bed.rig.card).await, code);
    }
    let (centre, since) = (bed.rig.centre(), bed.rig.now() - SignedDuration::from_mins(2));
    crate::refusals::write(centre).await;
    let shown = Shown { since, code: None, most: 10 };
    let lines = centre.store.refusals(&shown).await.unwrap();
    let lines: BTreeMap<_, _> = lines.iter().map(|line| (line.code.as_str(), line)).collect();
    assert_eq!(lines["certificate.none"].card, None);
    assert_eq!((lines["card.revoked"].count, lines["card.throttled"].count), (2, 1));
    assert!(lines["card.revoked"].card.is_some() && lines["card.revoked"].address.is_some());
}

#[tokio::test]
async fn an_address_that_tries_too_often_has_to_wait_here_too() {
    let bed = Bed::with(|config| config.limits.attempts_per_address = 4).await;
    let mut tab = bed.rig.tab();
    // The tab's own steps come from no address; the card's host sees the loopback's.
    let there = bed.begin(&mut tab).await;
    let mut last = String::new();
    for _ in 0..6 {
        last = bed.show(&there, None).await;
    }
    assert!(last.contains("why=login.throttled"), "{last}");
}

#[tokio::test]
async fn the_host_shows_nothing_and_keeps_no_connection() {
    let bed = Bed::open().await;
    let client = bed.client(Some(&bed.rig.card));
    for path in ["/", "/certificate", "/certificate?tx=%00&ticket=x"] {
        let answer = client.get(format!("{}{path}", bed.host)).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::SEE_OTHER, "{path}");
        assert_eq!(answer.headers()["connection"], "close");
        let location = answer.headers()["location"].to_str().unwrap();
        assert!(location.starts_with("https://idp.example/"), "{location}");
    }
    let twice = client.get(format!("{}/certificate?tx=a&tx=b", bed.host)).send().await.unwrap();
    assert_eq!(twice.status(), StatusCode::BAD_REQUEST);
    let nowhere = client.get(format!("{}/login", bed.host)).send().await.unwrap();
    assert_eq!(nowhere.status(), StatusCode::NOT_FOUND);
    assert_eq!(nowhere.headers()["connection"], "close");
}

#[tokio::test]
async fn the_help_page_speaks_of_known_refusals_only() {
    let rig = Rig::new().await;
    assert_eq!(lacking_advice(&rig.centre().words, &REASONS), BTreeMap::new());
    let mut tab = rig.tab();
    for why in REASONS {
        let page = tab.get(&format!("/login/certificate/help?why={why}")).await;
        assert_eq!(page.status, StatusCode::OK, "{why}");
    }
    let other = tab.get("/login/certificate/help?why=call.this-number").await;
    assert_eq!(other.status, StatusCode::NOT_FOUND);
    assert!(!other.body.contains("call.this-number"));
}
