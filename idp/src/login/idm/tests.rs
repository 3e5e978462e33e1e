//! Who it might be by a card's number: off by default, for desks alone, and it opens nothing.

use axum::http::StatusCode;
use jiff::SignedDuration;
use proptest::prelude::*;
use serde_json::{Value, json};
use warifu_pki::security_event::CardStatus;
use warifu_saml::names::{AC_IDENTIFIER, AC_PRESENCE, ATTRIBUTE_CANDIDATE};
use warifu_saml::{AuthnRequest, Status};

use super::*;
use crate::testing::{
    Answer as Page, Card, CardKind, FelicaToken, HOLDER, IDM, Rig, Tab, claims, masters,
};

/// A rig that allows it or not, and whose provider is registered for it or not.
async fn rig(allowed: bool, registered: bool) -> Rig {
    let now = "2026-11-20T01:15:00Z".parse().unwrap();
    let rig = Rig::at_with(now, |config, _, folder| {
        let identification = allowed;
        config.felica =
            Some(crate::config::FelicaConfig { identification, ..masters(folder, &[1]) });
        config.service_providers[0].identification = registered;
    });
    let rig = rig.await;
    rig.tell(HOLDER, FelicaToken::told(IDM, 1)).await;
    rig
}

fn asking(rig: &Rig) -> AuthnRequest {
    rig.portal.asking_for(AC_IDENTIFIER, rig.now())
}

/// What the card software makes of a card with that number.
fn number(idm: Idm) -> Value {
    json!({ "format": FORMAT, "idm": STANDARD.encode(idm) })
}

async fn give(tab: &mut Tab<'_>, page: &Page, idm: &Value) -> Page {
    let tx = page.attribute("data-tx");
    tab.post_json("/login/idm", &json!({ "tx": tx, "idm": idm })).await
}

/// A desk whose staff is signed in.
async fn desk(rig: &Rig) -> Tab<'_> {
    let card = rig.staff().await;
    let mut tab = rig.tab();
    tab.sign_in(&rig.portal.request(rig.now()), &card).await;
    tab
}

async fn declined(rig: &Rig, tab: &mut Tab<'_>) -> Status {
    let request = asking(rig);
    let page = tab.get(&rig.portal.redirect(&request)).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.body);
    crate::sso::tests::declined(rig, &page, &request)
}

/// The code by which a number is refused at a desk.
async fn refused(rig: &Rig, tab: &mut Tab<'_>, idm: &Value) -> String {
    let page = tab.reach_login_page(&asking(rig)).await;
    let answer = give(tab, &page, idm).await;
    assert_ne!(answer.status, StatusCode::OK);
    answer.code()
}

#[tokio::test]
async fn it_is_off_until_configuration_and_registration_both_say_so() {
    for (allowed, registered) in [(false, false), (true, false), (false, true)] {
        let rig = rig(allowed, registered).await;
        let mut tab = desk(&rig).await;
        assert_eq!(declined(&rig, &mut tab).await, Status::NoAuthnContext);
    }
}

#[tokio::test]
async fn a_desk_learns_who_it_might_be_and_nothing_else() {
    let rig = rig(true, true).await;
    let mut tab = desk(&rig).await;
    tab.language = "en";
    let before = tab.cookies.get("__Host-session").cloned();
    let request = asking(&rig);
    let page = tab.reach_login_page(&request).await;
    assert!(page.body.contains("This does not prove who it is"), "{}", page.body);
    assert_eq!(claims(&page.attribute("data-request"))["methods"], json!(["felica-idm"]));
    let next = give(&mut tab, &page, &number(IDM)).await.json()["next"].clone();
    let done = tab.get(next.as_str().unwrap()).await;
    let told = rig.login(&done, &request);
    assert_eq!(told.context_class, AC_IDENTIFIER);
    let [attribute] = &told.attributes[..] else { panic!("{:?}", told.attributes) };
    assert_eq!(attribute.name, ATTRIBUTE_CANDIDATE);
    let pairwise = &rig.centre().keys.pairwise;
    assert_eq!(attribute.values, [pairwise.subject(&rig.portal.entity_id, &rig.resident)]);
    assert!(told.name_id.unwrap().value.starts_with('_'), "a name used once");
    let lasts = told.session_not_on_or_after.unwrap().duration_since(rig.now());
    assert_eq!(lasts, SignedDuration::from_mins(2));
    assert_eq!(tab.cookies.get("__Host-session").cloned(), before, "the desk's own goes on");
    let own = rig.centre().store.own_sessions(&rig.resident, rig.now()).await.unwrap();
    assert_eq!(own, [], "no session came of it");
    let again = tab.get(&rig.portal.redirect(&request)).await;
    assert!(again.status != StatusCode::OK || rig.consume(&again, &request).is_err());
}

#[tokio::test]
async fn nobody_but_a_desk_may_ask() {
    let rig = rig(true, true).await;
    assert_eq!(declined(&rig, &mut rig.tab()).await, Status::RequestDenied);
    let mut resident = rig.tab();
    resident.sign_in(&rig.portal.request(rig.now()), &rig.card).await;
    assert_eq!(declined(&rig, &mut resident).await, Status::RequestDenied);
    let city = rig.city_clerk().await;
    let mut counter = rig.tab();
    counter.sign_in(&rig.portal.request(rig.now()), &city).await;
    assert_eq!(declined(&rig, &mut counter).await, Status::RequestDenied, "it taps, no more");

    let mut tab = desk(&rig).await;
    let page = tab.reach_login_page(&asking(&rig)).await;
    tab.cookies.remove("__Host-session");
    for idm in [IDM, [9; 8]] {
        let answer = give(&mut tab, &page, &number(idm)).await;
        assert!(["desk.signed-out", "login.replayed"].contains(&answer.code().as_str()));
    }
}

#[tokio::test]
async fn numbers_of_no_card_in_use_tell_nothing() {
    let rig = rig(true, true).await;
    let mut tab = desk(&rig).await;
    assert_eq!(refused(&rig, &mut tab, &number([9; 8])).await, "felica.unknown");
    for odd in [
        json!({ "format": "warifu-idm:2", "idm": "AS5EECAwQFA=" }),
        json!({
            "format": FORMAT, "idm": "AS5EECAwQFAA",
        }),
    ] {
        assert_eq!(refused(&rig, &mut tab, &odd).await, "felica.format");
    }
    rig.tell_state(HOLDER, CardStatus::Suspended).await;
    assert_eq!(refused(&rig, &mut tab, &number(IDM)).await, "card.suspended");
    rig.tell_state(HOLDER, CardStatus::Active).await;
    rig.clock.advance(SignedDuration::from_secs(1));
    rig.tell(HOLDER, FelicaToken::ended(IDM)).await;
    assert_eq!(refused(&rig, &mut tab, &number(IDM)).await, "felica.unknown");
}

#[tokio::test]
async fn a_number_answers_no_question_but_its_own_and_no_other_answer_that() {
    let rig = rig(true, true).await;
    let mut tab = desk(&rig).await;
    for class in [AC_PRESENCE, warifu_saml::names::AC_SMARTCARD_PKI] {
        let mut request = rig.portal.asking_for(class, rig.now());
        request.force_authn = class != AC_PRESENCE;
        let page = tab.reach_login_page(&request).await;
        assert_eq!(give(&mut tab, &page, &number(IDM)).await.code(), "felica.off");
    }
    let page = tab.reach_login_page(&asking(&rig)).await;
    let mut felica = FelicaToken::registered(IDM, 1);
    assert_eq!(tab.answer_with_felica(&page, &mut felica).await.code(), "felica.off");
    for kind in [CardKind::Presence, CardKind::Authentication] {
        let page = tab.reach_login_page(&asking(&rig)).await;
        let answer = tab.answer_with(&page, &Card::new(&rig.pki, kind, HOLDER)).await;
        assert_eq!(answer.code(), "cert.purpose");
    }
    let page = tab.reach_login_page(&asking(&rig)).await;
    let tx = page.attribute("data-tx");
    for path in ["/activate", "/cards/add"] {
        assert_eq!(tab.get(&format!("{path}?tx={tx}")).await.status, StatusCode::GONE, "{path}");
    }
}

#[tokio::test]
async fn what_was_allowed_when_it_was_asked_must_be_so_still() {
    let mut rig = rig(true, true).await;
    let (tx, cookies) = {
        let mut tab = desk(&rig).await;
        let page = tab.reach_login_page(&asking(&rig)).await;
        assert_eq!(give(&mut tab, &page, &number(IDM)).await.status, StatusCode::OK);
        (page.attribute("data-tx"), tab.cookies.clone())
    };
    rig.config.service_providers[0].identification = false;
    rig.reopen().await;
    rig.look().await;
    let mut tab = rig.tab();
    tab.cookies = cookies;
    let done = tab.get(&format!("/login/done?tx={tx}")).await;
    assert!(rig.response(&done).contains("RequestDenied"), "{}", done.body);
}

#[tokio::test]
async fn the_number_stands_nowhere_in_the_database() {
    let rig = rig(true, true).await;
    let mut tab = desk(&rig).await;
    let page = tab.reach_login_page(&asking(&rig)).await;
    give(&mut tab, &page, &number(IDM)).await;
    let folder = std::fs::read_dir(rig.folder.path()).unwrap();
    let files = folder.map(|file| file.unwrap().path());
    let digits = FelicaToken::digits(IDM);
    for file in files.filter(|file| file.to_string_lossy().contains("idp.db")) {
        let bytes = std::fs::read(&file).unwrap();
        for trace in [&IDM[..], &digits.as_bytes()[..16], STANDARD.encode(IDM).as_bytes()] {
            assert!(!bytes.windows(trace.len()).any(|part| part == trace), "{}", file.display());
        }
    }
    assert!(!page.body.contains(&digits[..16]));
}

proptest! {
    #[test]
    fn any_number_is_read_or_refused(format in "\\PC{0,20}", idm in "\\PC{0,40}") {
        for format in [format, FORMAT.to_owned()] {
            let _ = IdmAnswer { format, idm: idm.clone() }.read();
        }
    }
}
