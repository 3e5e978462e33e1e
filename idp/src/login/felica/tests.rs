//! Sign-ins and taps with a FeliCa card, from the request to the answer, and what can go wrong.

use axum::http::StatusCode;
use jiff::SignedDuration;
use serde_json::json;
use warifu_pki::security_event::CardStatus;
use warifu_saml::names::{AC_PRESENCE, AC_SMARTCARD, ATTRIBUTE_CARD_UNTIL, ATTRIBUTE_RELAY_TICKET};

use crate::Role;
use crate::store::MOST_TRIES;
use crate::testing::{
    Answer, Card, FelicaToken, HOLDER, IDM, ORIGIN, Rig, Tab, claims, felica_rig, masters,
};

const PIN: &str = "271828";

/// A rig with a FeliCa card that has a PIN, beside the resident's card.
async fn with_pin() -> (Rig, FelicaToken) {
    let rig = felica_rig().await;
    rig.tell(HOLDER, FelicaToken::told(IDM, 1)).await;
    choose(&rig, PIN).await;
    (rig, FelicaToken::registered(IDM, 1))
}

/// The resident chooses a PIN for the FeliCa card.
async fn choose(rig: &Rig, pin: &str) {
    let mut tab = rig.tab();
    tab.sign_in(&rig.portal.request(rig.now()), &rig.card).await;
    let own = tab.get("/cards").await;
    let at = own.body.find("/cards/pin?card=").unwrap_or_else(|| panic!("{}", own.body));
    let card = own.body[at..].split(['=', '"']).nth(1).unwrap().to_owned();
    let form = format!("card={card}&pin={pin}&again={pin}");
    assert_eq!(tab.post_form("/cards/pin", &form).await.location(), "/cards?pin");
}

/// To the login page of a service that a FeliCa card will do for.
async fn login_page(rig: &Rig, tab: &mut Tab<'_>) -> Answer {
    tab.reach_login_page(&rig.portal.asking_for(AC_SMARTCARD, rig.now())).await
}

/// Lets the card prove itself, and goes to the page for its PIN.
async fn pin_page(rig: &Rig, tab: &mut Tab<'_>, card: &mut FelicaToken) -> (String, Answer) {
    let page = login_page(rig, tab).await;
    let answer = tab.answer_with_felica(&page, card).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    let next = answer.json()["next"].as_str().unwrap().to_owned();
    let page = tab.get(&next).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.body);
    (page.field("tx").unwrap(), page)
}

async fn enter(tab: &mut Tab<'_>, tx: &str, pin: &str) -> Answer {
    tab.post_form("/login/pin", &format!("tx={tx}&pin={pin}")).await
}

/// The code by which the card's answer is refused.
async fn refused(rig: &Rig, card: &mut FelicaToken) -> Option<String> {
    let mut tab = rig.tab();
    let page = login_page(rig, &mut tab).await;
    let answer = tab.answer_with_felica(&page, card).await;
    (answer.status != StatusCode::OK).then(|| answer.code())
}

#[tokio::test]
async fn a_felica_card_and_its_pin_sign_in_at_the_level_substantial() {
    let (rig, mut card) = with_pin().await;
    let mut tab = rig.tab();
    let request = rig.portal.asking_for(AC_SMARTCARD, rig.now());
    let page = tab.reach_login_page(&request).await;
    let asked = claims(&page.attribute("data-request"));
    assert_eq!(asked["methods"], json!(["piv-pin", "felica"]));
    let next = tab.answer_with_felica(&page, &mut card).await.json()["next"].clone();
    assert!(!tab.cookies.contains_key("__Host-session"), "without the PIN");
    let page = tab.get(next.as_str().unwrap()).await;
    let done = enter(&mut tab, &page.field("tx").unwrap(), PIN).await;
    assert!(done.location().starts_with("/login/done?tx="), "{}", done.location());
    let done = tab.get(&done.location()).await;
    let login = rig.login(&done, &request);
    assert_eq!(login.context_class, AC_SMARTCARD);
    let ticket = rig.open_ticket(login.value(ATTRIBUTE_RELAY_TICKET).unwrap());
    assert_eq!(
        (ticket.acr.as_str(), ticket.sub),
        (AC_SMARTCARD, rig.idp.relay_subject(&rig.resident))
    );
    // The session does not do for more, and the step up asks for no FeliCa card.
    let page = tab.reach_login_page(&rig.portal.request(rig.now())).await;
    assert_eq!(claims(&page.attribute("data-request"))["methods"], json!(["piv-pin"]));
    assert_eq!(tab.answer_with_felica(&page, &mut card).await.code(), "felica.off");
}

#[tokio::test]
async fn copies_replays_and_other_cards_are_refused_alike_and_cost_no_try() {
    let (rig, mut card) = with_pin().await;
    let mut tab = rig.tab();
    let page = login_page(&rig, &mut tab).await;
    let nonce = claims(&page.attribute("data-request"))["nonce"].as_str().unwrap().to_owned();
    let recorded = card.answer(ORIGIN, &nonce);
    let mut other = FelicaToken::registered([9; 8], 1);
    let mut renamed = other.answer(ORIGIN, &nonce);
    renamed["idBlock"] = recorded["idBlock"].clone();
    for answer in [
        card.copied().answer(ORIGIN, &nonce),
        FelicaToken::forged(IDM, 1).answer(ORIGIN, &nonce),
        renamed,
    ] {
        let page = login_page(&rig, &mut tab).await;
        let refused = tab.give_felica(&page, &answer).await;
        assert_eq!(
            (refused.status, refused.code().as_str()),
            (StatusCode::FORBIDDEN, "felica.wrong-mac")
        );
        let page = login_page(&rig, &mut tab).await;
        assert_eq!(tab.give_felica(&page, &recorded).await.code(), "felica.wrong-mac", "replayed");
    }
    // An unknown card says so only when it is genuine.
    assert_eq!(refused(&rig, &mut other).await.as_deref(), Some("felica.unknown"));
    let mut stranger = FelicaToken::forged([9; 8], 1);
    assert_eq!(refused(&rig, &mut stranger).await.as_deref(), Some("felica.wrong-mac"));
    let (_, page) = pin_page(&rig, &mut tab, &mut card).await;
    assert!(page.body.contains(&format!("あと{MOST_TRIES}回")), "{}", page.body);
}

#[tokio::test]
async fn an_answer_counts_once_and_for_its_own_browser() {
    let (rig, mut card) = with_pin().await;
    let mut tab = rig.tab();
    let page = login_page(&rig, &mut tab).await;
    assert_eq!(rig.tab().answer_with_felica(&page, &mut card).await.code(), "login.stale");
    let answer = tab.answer_with_felica(&page, &mut card).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(tab.answer_with_felica(&page, &mut card).await.code(), "login.replayed");
    let tx = page.attribute("data-tx");
    let mut other = rig.tab();
    other.get("/cards").await;
    assert_eq!(other.get(&format!("/login/pin?tx={tx}")).await.status, StatusCode::GONE);
    assert_eq!(enter(&mut other, &tx, PIN).await.status, StatusCode::GONE);
}

#[tokio::test]
async fn without_a_proof_in_this_sign_in_no_try_is_used_up() {
    let (rig, mut card) = with_pin().await;
    let mut tab = rig.tab();
    let page = login_page(&rig, &mut tab).await;
    let tx = page.attribute("data-tx");
    for _ in 0..=MOST_TRIES {
        assert_eq!(enter(&mut tab, &tx, "000000").await.location(), format!("/login?tx={tx}"));
    }
    let (tx, _) = pin_page(&rig, &mut tab, &mut card).await;
    // Back to the question to the card: what it proved is void. And after five minutes too.
    tab.get(&format!("/login?tx={tx}")).await;
    assert_eq!(enter(&mut tab, &tx, PIN).await.location(), format!("/login?tx={tx}"));
    let (tx, _) = pin_page(&rig, &mut tab, &mut card).await;
    rig.clock.advance(SignedDuration::from_secs(301));
    assert_eq!(enter(&mut tab, &tx, PIN).await.location(), format!("/login?tx={tx}"));
    let (_, page) = pin_page(&rig, &mut tab, &mut card).await;
    assert!(page.body.contains(&format!("あと{MOST_TRIES}回")));
}

#[tokio::test]
async fn wrong_pins_are_counted_to_the_end_and_a_right_one_gives_them_back() {
    let (rig, mut card) = with_pin().await;
    let mut tab = rig.tab();
    let (tx, _) = pin_page(&rig, &mut tab, &mut card).await;
    let wrong = enter(&mut tab, &tx, "314159").await;
    assert_eq!(wrong.location(), format!("/login/pin?tx={tx}&wrong"));
    let page = tab.get(&wrong.location()).await;
    assert!(
        page.body.contains("番号が違いました") && page.body.contains("あと4回"),
        "{}",
        page.body
    );
    let odd = enter(&mut tab, &tx, "31415x").await;
    assert_eq!(odd.location(), format!("/login/pin?tx={tx}&unreadable"));
    assert!(tab.get(&odd.location()).await.body.contains("あと4回"));
    assert!(enter(&mut tab, &tx, PIN).await.location().starts_with("/login/done"));

    let mut tab = rig.tab();
    let (tx, page) = pin_page(&rig, &mut tab, &mut card).await;
    assert!(page.body.contains("あと5回"), "given back");
    for left in (0..MOST_TRIES).rev() {
        let page = enter(&mut tab, &tx, "314159").await.location();
        let page = tab.get(&page).await;
        assert_eq!(page.body.contains("name=\"pin\""), left > 0);
        assert_eq!(page.body.contains("次に違うと"), left == 1);
    }
    let blocked = enter(&mut tab, &tx, PIN).await.location();
    assert!(tab.get(&blocked).await.body.contains("felica.pin-blocked"));
    assert_eq!(refused(&rig, &mut card).await.as_deref(), Some("felica.pin-blocked"));
    choose(&rig, "314159").await;
    let (tx, _) = pin_page(&rig, &mut tab, &mut card).await;
    assert!(enter(&mut tab, &tx, "314159").await.location().starts_with("/login/done"));
}

#[tokio::test]
async fn a_card_opens_what_the_card_beside_it_opens() {
    let (rig, mut card) = with_pin().await;
    let mut tab = rig.tab();
    let (tx, _) = pin_page(&rig, &mut tab, &mut card).await;
    for (state, code) in
        [(CardStatus::Suspended, "card.suspended"), (CardStatus::Ended, "card.revoked")]
    {
        rig.tell_state(HOLDER, state).await;
        assert_eq!(refused(&rig, &mut card).await.as_deref(), Some(code));
        let late = enter(&mut tab, &tx, PIN).await;
        assert_eq!(late.status, StatusCode::FORBIDDEN, "stopped after the card had proved itself");
        assert!(late.body.contains(code));
    }
}

#[tokio::test]
async fn a_card_ends_with_the_certificate_of_the_card_beside_it_and_says_so_before() {
    let (rig, mut card) = with_pin().await;
    let told = async |card: &mut FelicaToken| {
        let mut tab = rig.tab();
        let request = rig.portal.asking_for(AC_SMARTCARD, rig.now());
        let page = tab.reach_login_page(&request).await;
        let next = tab.answer_with_felica(&page, card).await.json()["next"].clone();
        let page = tab.get(next.as_str().unwrap()).await;
        let done = enter(&mut tab, &page.field("tx").unwrap(), PIN).await.location();
        let page = tab.get(&done).await;
        let login = rig.login(&page, &request);
        let cards = tab.get("/cards").await.body;
        (login.value(ATTRIBUTE_CARD_UNTIL).map(str::to_owned), page.body + &cards)
    };
    let (until, page) = told(&mut card).await;
    assert!(until.is_none() && !page.contains("期限が切れます"), "{page}");
    let ending = Card::dated(&rig.pki, 300, 301);
    rig.tab().sign_in(&rig.portal.request(rig.now()), &ending).await;
    let (until, page) = told(&mut card).await;
    assert_eq!(until.as_deref(), Some("2026-11-21"));
    assert!(page.matches("あした（2026年11月21日まで）").count() >= 2, "{page}");
    rig.clock.advance(SignedDuration::from_hours(24));
    assert_ne!(refused(&rig, &mut card).await.as_deref(), Some("cert.expired"), "its last second");
    rig.clock.advance(SignedDuration::from_secs(1));
    assert_eq!(refused(&rig, &mut card).await.as_deref(), Some("cert.expired"));
    rig.tell_state(HOLDER, CardStatus::Ended).await;
    assert_eq!(refused(&rig, &mut card).await.as_deref(), Some("cert.expired"), "and not revoked");
}

#[tokio::test]
async fn each_standing_has_its_code() {
    let rig = felica_rig().await;
    let mut card = FelicaToken::registered(IDM, 1);
    assert_eq!(refused(&rig, &mut card).await.as_deref(), Some("felica.unknown"));
    rig.tell(HOLDER, FelicaToken::told(IDM, 1)).await;
    assert_eq!(refused(&rig, &mut card).await.as_deref(), Some("felica.no-pin"));
    choose(&rig, PIN).await;
    assert_eq!(refused(&rig, &mut card).await, None);
    rig.clock.advance(SignedDuration::from_secs(1));
    rig.tell(HOLDER, FelicaToken::told(IDM, 2)).await;
    let old = refused(&rig, &mut card).await;
    assert_eq!(old.as_deref(), Some("felica.wrong-mac"), "a key that was replaced");
    assert_eq!(refused(&rig, &mut FelicaToken::registered(IDM, 2)).await, None);
    rig.clock.advance(SignedDuration::from_secs(1));
    rig.tell(HOLDER, FelicaToken::ended(IDM)).await;
    let ended = refused(&rig, &mut FelicaToken::registered(IDM, 2)).await;
    assert_eq!(ended.as_deref(), Some("felica.ended"));
    rig.clock.advance(SignedDuration::from_hours(25));
    rig.tell(HOLDER, FelicaToken::told(IDM, 2)).await;
    let unsure = refused(&rig, &mut FelicaToken::registered(IDM, 2)).await;
    assert_eq!(unsure.as_deref(), Some("revocation.unavailable"));
}

#[tokio::test]
async fn who_signs_in_to_work_uses_the_card_of_the_office() {
    let rig = felica_rig().await;
    let holder = "f".repeat(32);
    rig.enrol('f', "受付 花子", Role::ClinicDesk, None, &holder).await;
    rig.tell(&holder, FelicaToken::told(IDM, 1)).await;
    let mut card = FelicaToken::registered(IDM, 1);
    assert_eq!(refused(&rig, &mut card).await.as_deref(), Some("felica.staff"));
}

#[tokio::test]
async fn a_tap_at_the_desk_needs_no_pin_and_opens_no_session() {
    let rig = felica_rig().await;
    rig.tell(HOLDER, FelicaToken::told(IDM, 1)).await;
    let staff = rig.staff().await;
    let mut tab = rig.tab();
    tab.sign_in(&rig.portal.request(rig.now()), &staff).await;
    let request = rig.portal.asking_for(AC_PRESENCE, rig.now());
    let page = tab.reach_login_page(&request).await;
    let asked = claims(&page.attribute("data-request"));
    assert_eq!(asked["methods"], json!(["piv-presence", "felica"]));
    let mut card = FelicaToken::registered(IDM, 1);
    let copied = tab.answer_with_felica(&page, &mut card.copied()).await;
    assert_eq!(copied.code(), "felica.wrong-mac");
    let page = tab.reach_login_page(&request).await;
    let next = tab.answer_with_felica(&page, &mut card).await.json()["next"].clone();
    let done = tab.get(next.as_str().unwrap()).await;
    let login = rig.login(&done, &request);
    assert_eq!(login.context_class, AC_PRESENCE);
    let ticket = rig.open_ticket(login.value(ATTRIBUTE_RELAY_TICKET).unwrap());
    assert_eq!(ticket.sub, rig.idp.relay_subject(&rig.resident));
    let mut alone = rig.tab();
    assert!(alone.get("/cards").await.location().starts_with("/login"), "a session");
}

#[tokio::test]
async fn where_it_is_not_configured_it_is_not_asked_for() {
    let rig = Rig::new().await;
    rig.tell(HOLDER, FelicaToken::told(IDM, 1)).await;
    let mut tab = rig.tab();
    let page = login_page(&rig, &mut tab).await;
    assert_eq!(claims(&page.attribute("data-request"))["methods"], json!(["piv-pin"]));
    let mut card = FelicaToken::registered(IDM, 1);
    assert_eq!(tab.answer_with_felica(&page, &mut card).await.code(), "felica.off");
    // The same with the settings of now, after a restart.
    let mut rig = rig;
    rig.config.felica = Some(masters(rig.folder.path(), &[1]));
    rig.reopen().await;
    rig.look().await;
    assert_eq!(refused(&rig, &mut card).await.as_deref(), Some("felica.no-pin"));
}

#[tokio::test]
async fn rubbish_is_refused_in_words() {
    let (rig, mut card) = with_pin().await;
    let mut tab = rig.tab();
    let page = login_page(&rig, &mut tab).await;
    let tx = page.attribute("data-tx");
    for body in [json!({}), json!({ "tx": tx }), json!({ "tx": tx, "felica": { "format": 1 } })] {
        assert_eq!(tab.post_json("/login/felica", &body).await.code(), "request.unreadable");
    }
    let odd = json!({ "format": "warifu-felica:1", "idBlock": "", "keyVersion": "x", "mac": "é" });
    let answer = tab.give_felica(&page, &odd).await;
    assert_eq!((answer.status, answer.code().as_str()), (StatusCode::BAD_REQUEST, "felica.format"));
    assert_eq!(tab.answer_with_felica(&page, &mut card).await.code(), "login.replayed");
}

#[tokio::test]
async fn the_page_for_the_pin_speaks_both_languages_and_has_a_strict_policy() {
    let (rig, mut card) = with_pin().await;
    for (language, words) in [
        ("ja", ["FeliCaカードの暗証番号", "割符ポータル", "あと5回"]),
        ("en", ["PIN of the FeliCa card", "You may put the card away", "5 tries left"]),
    ] {
        let mut tab = rig.tab();
        tab.language = language;
        let (_, page) = pin_page(&rig, &mut tab, &mut card).await;
        for word in words {
            assert!(page.body.contains(word), "{language} {word}: {}", page.body);
        }
        assert!(page.body.contains("type=\"password\" inputmode=\"numeric\""));
        assert!(page.body.contains("autocomplete=\"off\"") && !page.body.contains("<script"));
        assert!(!page.body.contains("felica-pin") && !page.body.contains("style="));
        let policy = page.headers["content-security-policy"].to_str().unwrap();
        assert!(policy.contains("form-action 'self'") && !policy.contains("script-src"));
    }
}
