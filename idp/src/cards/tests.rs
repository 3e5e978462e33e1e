//! Cards in their holders' hands: activation, cards that others issued, their end.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use warifu_pki::security_event::CardStatus;
use warifu_pki::{
    CardApplication, CardLevel, CardScheme, CertificateRequirement, HolderRule, Reason, Subject,
    Validity,
};
use warifu_saml::names::{AC_SMARTCARD, AC_SMARTCARD_PKI, ATTRIBUTE_CARD_UNTIL};
use warifu_service::clock::SystemEntropy;

use crate::Role;
use crate::store::Message;
use crate::testing::{
    Answer, CRL_URL, Card, CardKind, HOLDER, ORIGIN, Pki, Rig, Tab, claims, days, p256,
};

const NEW: &str = "77777777777777777777777777777777";

/// A rig with a card that waits for its holder, on hold as it was born.
async fn with_new_card() -> (Rig, Card) {
    let rig = Rig::new().await;
    rig.issue('7', "谷中 花子", Role::Resident, None, NEW).await;
    let card = Card::new(&rig.pki, CardKind::Authentication, NEW);
    let held = [(&card.certificate, Reason::CertificateHold)];
    rig.publish(&rig.pki.list(&held, 2)).await;
    rig.clock.advance(SignedDuration::from_mins(1));
    (rig, card)
}

async fn is_told_to_the_office(rig: &Rig) -> bool {
    let due = rig.centre().store.due_notices(rig.now() + days(1), 99).await.unwrap();
    due.iter()
        .any(|notice| notice.message == Message::CardActivated { holder_reference: NEW.to_owned() })
}

/// Goes to the page for activation that a sign-in was led to.
async fn activation_page(tab: &mut Tab<'_>, login: &Answer) -> Answer {
    let page = tab.get(&format!("/activate?tx={}", login.attribute("data-tx"))).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.body);
    page
}

#[tokio::test]
async fn a_new_card_signs_in_by_way_of_its_activation() {
    let (rig, card) = with_new_card().await;
    let mut tab = rig.tab();
    let request = rig.portal.request(rig.now());
    let login = tab.reach_login_page(&request).await;
    assert_eq!(tab.answer_with(&login, &card).await.code(), "card.not-activated");
    assert_eq!(login.body.matches("href=\"/activate?tx=").count(), 2, "before and after the try");

    let page = activation_page(&mut tab, &login).await;
    assert_eq!(page.attribute("data-verb"), "activate");
    let asked = claims(&page.attribute("data-request"));
    let piv = serde_json::json!(["piv-pin"]);
    assert_eq!((&asked["purpose"], &asked["methods"]), (&"activate".into(), &piv));
    assert_eq!(asked["rp_name"], "割符カード窓口");
    let answer = tab.answer_with(&page, &card).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    assert!(is_told_to_the_office(&rig).await);

    let done = tab.get(answer.json()["next"].as_str().unwrap()).await;
    assert_eq!(rig.login(&done, &request).context_class, AC_SMARTCARD_PKI);
}

#[tokio::test]
async fn the_letter_leads_to_the_activation_without_any_service() {
    let (rig, card) = with_new_card().await;
    let mut tab = rig.tab();
    let begun = tab.get("/activate").await;
    let page = tab.get(&begun.location()).await;
    assert!(page.body.contains("カードを使いはじめます"));
    let answer = tab.answer_with(&page, &card).await;
    let next = tab.get(answer.json()["next"].as_str().unwrap()).await;
    assert_eq!(next.location(), "/cards?activated");
    let own = tab.get("/cards?activated").await;
    assert!(own.body.contains("カードが使えるようになりました"), "{}", own.body);
    assert!(own.body.contains("いま使っているカード"));
}

#[tokio::test]
async fn a_card_just_activated_signs_in_while_the_office_still_holds_it_and_not_for_ever() {
    let (rig, card) = with_new_card().await;
    let mut tab = rig.tab();
    let begun = tab.get("/activate").await;
    let page = tab.get(&begun.location()).await;
    tab.answer_with(&page, &card).await;
    rig.tab().sign_in(&rig.portal.request(rig.now()), &card).await;
    rig.clock.advance(SignedDuration::from_mins(16));
    let login = tab.reach_login_page(&rig.portal.request(rig.now())).await;
    assert_eq!(tab.answer_with(&login, &card).await.code(), "card.suspended");
}

#[tokio::test]
async fn an_answer_counts_for_what_was_asked_and_for_nothing_else() {
    let (rig, card) = with_new_card().await;
    let mut tab = rig.tab();
    let login = tab.reach_login_page(&rig.portal.request(rig.now())).await;
    let page = activation_page(&mut tab, &login).await;
    // Back to the sign-in: the question for the activation is void.
    tab.get(&format!("/login?tx={}", login.attribute("data-tx"))).await;
    assert_eq!(tab.answer_with(&page, &card).await.code(), "token.signature");
    let login = tab.reach_login_page(&rig.portal.request(rig.now())).await;
    assert_eq!(tab.answer_with(&login, &card).await.code(), "card.not-activated");
    assert!(!is_told_to_the_office(&rig).await);
}

#[tokio::test]
async fn a_card_in_use_only_gets_a_new_pin_and_signs_in() {
    let rig = Rig::new().await;
    let mut tab = rig.tab();
    let begun = tab.get("/activate").await;
    let page = tab.get(&begun.location()).await;
    assert_eq!(tab.answer_with(&page, &rig.card).await.status, StatusCode::OK);
    let due = rig.centre().store.due_notices(rig.now() + days(1), 99).await.unwrap();
    assert_eq!(due, []);
}

#[tokio::test]
async fn a_card_that_was_stopped_or_revoked_is_not_put_into_use() {
    let (rig, card) = with_new_card().await;
    let activate = async || {
        let mut tab = rig.tab();
        let begun = tab.get("/activate").await;
        let page = tab.get(&begun.location()).await;
        tab.answer_with(&page, &card).await.code()
    };
    let lost = [(&card.certificate, Reason::KeyCompromise)];
    rig.publish(&rig.pki.list(&lost, 3)).await;
    assert_eq!(activate().await, "card.revoked");
    rig.publish(&rig.pki.list(&[], 4)).await;
    rig.tell_state(NEW, CardStatus::Suspended).await;
    assert_eq!(activate().await, "card.suspended");
    assert!(!is_told_to_the_office(&rig).await);
}

#[tokio::test]
async fn the_activation_page_speaks_both_languages_and_asks_for_no_secret() {
    let rig = Rig::new().await;
    for (language, title, step) in [
        ("ja", "カードを使いはじめます", "初期化コードを入れて、暗証番号を決めます"),
        ("en", "Start using your card", "Enter the code from the letter and choose a PIN"),
    ] {
        let mut tab = rig.tab();
        tab.language = language;
        let begun = tab.get("/activate").await;
        let page = tab.get(&begun.location()).await;
        assert!(page.body.contains(&format!("<h1>{title}</h1>")), "{}", page.body);
        assert!(page.body.contains(step), "{}", page.body);
        for screen in ["code", "code-wrong", "new-pin", "choose-card", "card-revoked"] {
            assert!(page.body.contains(&format!("data-screen=\"{screen}\"")), "{screen}");
        }
        assert!(!page.body.contains("data-screen=\"pin\"") && !page.body.contains("password"));
        assert_eq!(page.body.matches("role=\"status\"").count(), 1);
        let policy = page.headers["content-security-policy"].to_str().unwrap();
        assert!(policy.contains("connect-src 'self' http://127.0.0.1:8447"), "{policy}");
    }
}

/// A rig that believes the cards of another agency up to that level, and that agency.
pub(crate) async fn with_agency(level: CardLevel) -> (Rig, Pki) {
    Box::pin(with_agency_of(level, CardApplication::Piv, warifu_pki::KeyAlgorithm::P256)).await
}

async fn with_agency_of(
    level: CardLevel,
    application: CardApplication,
    key: warifu_pki::KeyAlgorithm,
) -> (Rig, Pki) {
    let agency = Pki::new("2026-11-20T01:15:00Z".parse().unwrap());
    let rig = Rig::at_with(agency.now, |config, _, folder| {
        let file = |name: &str, text: Vec<u8>| {
            let path = folder.join(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        let list = file("agency.crl", agency.list(&[], 1));
        config.cards.schemes = vec![CardScheme {
            id: "agency".into(),
            application,
            roots: vec![file("agency-root.pem", agency.root.certificate().pem().into())],
            issuers: vec![file("agency-cards.pem", agency.cards.certificate().pem().into())],
            authentication: CertificateRequirement {
                purposes: Vec::new(),
                policies: vec!["1.3.6.1.4.1.32473.1.1".to_owned().try_into().unwrap()],
            },
            presence: None,
            keys: vec![key],
            crls: BTreeMap::from([(CRL_URL.to_owned(), list.to_str().unwrap().to_owned())]),
            holder: HolderRule::Enrolled,
            level,
        }];
    })
    .await;
    (rig, agency)
}

pub(crate) fn foreign(agency: &Pki) -> Card {
    Card::new(agency, CardKind::Authentication, &"9".repeat(32))
}

async fn refused(tab: &mut Tab<'_>, rig: &Rig, card: &Card) -> Option<String> {
    let page = tab.reach_login_page(&rig.portal.request(rig.now())).await;
    let answer = tab.answer_with(&page, card).await;
    (answer.status != StatusCode::OK).then(|| answer.code())
}

/// Adds that card to whoever is signed in; the code of a refusal.
pub(crate) async fn add(tab: &mut Tab<'_>, card: &Card) -> Option<String> {
    let begun = tab.post_form("/cards/add", "").await;
    let page = tab.get(&begun.location()).await;
    let answer = tab.answer_with(&page, card).await;
    if answer.status != StatusCode::OK {
        return Some(answer.code());
    }
    assert_eq!(answer.json()["next"], "/cards?added");
    None
}

async fn signed_in<'a>(rig: &'a Rig, card: &Card) -> Tab<'a> {
    let mut tab = rig.tab();
    tab.sign_in(&rig.portal.request(rig.now()), card).await;
    tab
}

#[tokio::test]
async fn a_card_of_others_signs_in_once_its_holder_has_added_it() {
    let (rig, agency) = with_agency(CardLevel::High).await;
    let card = foreign(&agency);
    assert_eq!(refused(&mut rig.tab(), &rig, &card).await.as_deref(), Some("card.not-enrolled"));
    let mut tab = signed_in(&rig, &rig.card).await;
    assert_eq!(add(&mut tab, &card).await, None);
    assert_eq!(add(&mut tab, &card).await, None, "not repeatable");
    let own = tab.get("/cards").await;
    assert!(own.body.contains("agency") && own.body.contains("ほかの発行者"), "{}", own.body);

    let request = rig.portal.request(rig.now());
    let done = rig.tab().sign_in(&request, &card).await;
    let login = rig.login(&done, &request);
    assert_eq!(login.context_class, AC_SMARTCARD_PKI);
    let ticket = login.value("urn:warifu:attribute:relay-ticket").unwrap();
    let ticket = rig.open_ticket(ticket);
    assert_eq!(ticket.sub, rig.idp.relay_subject(&rig.resident), "another person");
    assert_eq!(ticket.holder, None, "the card office knows nothing of this card");
}

#[tokio::test]
async fn an_individual_number_card_is_asked_for_added_and_signs_in() {
    let rsa = warifu_pki::KeyAlgorithm::Rsa2048;
    let (rig, agency) = with_agency_of(CardLevel::High, CardApplication::Jpki, rsa).await;
    let methods = |page: &Answer| claims(&page.attribute("data-request"))["methods"].clone();
    let mut tab = signed_in(&rig, &rig.card).await;
    let begun = tab.post_form("/cards/add", "").await;
    let page = tab.get(&begun.location()).await;
    assert_eq!(methods(&page), serde_json::json!(["jpki-pin"]));
    assert!(page.body.contains("マイナンバーカードは4けた"), "{}", page.body);
    let card = Card::rsa(&agency);
    assert_eq!(tab.answer_with(&page, &card).await.json()["next"], "/cards?added");

    let mut tab = rig.tab();
    let request = rig.portal.request(rig.now());
    let page = tab.reach_login_page(&request).await;
    assert_eq!(methods(&page), serde_json::json!(["piv-pin", "jpki-pin"]));
    let mut token =
        card.token(ORIGIN, claims(&page.attribute("data-request"))["nonce"].as_str().unwrap());
    assert_eq!(token["algorithm"], "RS256");
    token["algorithm"] = "PS256".into();
    assert_eq!(tab.give(&page, &token).await.code(), "token.signature", "not the key's algorithm");
    let done = tab.sign_in(&request, &card).await;
    assert_eq!(rig.login(&done, &request).context_class, AC_SMARTCARD_PKI);
}

#[tokio::test]
async fn who_signs_in_to_work_adds_no_card_of_others() {
    let (rig, agency) = with_agency(CardLevel::High).await;
    let staff = rig.staff().await;
    let mut tab = signed_in(&rig, &staff).await;
    assert!(!tab.get("/cards").await.body.contains("action=\"/cards/add\""));
    assert!(signed_in(&rig, &rig.card).await.get("/cards").await.body.contains("/cards/add"));
    let _ = add(&mut tab, &foreign(&agency)).await;
    let refused = refused(&mut rig.tab(), &rig, &foreign(&agency)).await;
    assert_eq!(refused.as_deref(), Some("card.not-enrolled"));
}

#[tokio::test]
async fn a_card_of_others_counts_for_as_much_as_its_scheme() {
    let (rig, agency) = with_agency(CardLevel::Substantial).await;
    let card = foreign(&agency);
    let mut tab = signed_in(&rig, &rig.card).await;
    assert_eq!(add(&mut tab, &card).await, None);
    assert_eq!(refused(&mut rig.tab(), &rig, &card).await.as_deref(), Some("card.level"));

    let request = rig.portal.asking_for(AC_SMARTCARD, rig.now());
    let mut tab = rig.tab();
    let done = tab.sign_in(&request, &card).await;
    let login = rig.login(&done, &request);
    assert_eq!(login.context_class, AC_SMARTCARD);
    let ticket = login.value("urn:warifu:attribute:relay-ticket").unwrap();
    let ticket = rig.open_ticket(ticket);
    assert_eq!((ticket.acr.as_str(), ticket.holder), (AC_SMARTCARD, None));
    let more = rig.portal.asking_for(AC_SMARTCARD_PKI, rig.now());
    let page = tab.get(&rig.portal.redirect(&more)).await;
    assert!(page.location().starts_with("/login?tx="), "the session will not do");
    let begun = tab.post_form("/cards/add", "").await;
    assert!(begun.location().starts_with("/login?tx="), "not a card of the card office");
}

#[tokio::test]
async fn a_session_of_a_higher_level_meets_a_lower_one() {
    let rig = Rig::new().await;
    let mut tab = signed_in(&rig, &rig.card).await;
    let request = rig.portal.asking_for(AC_SMARTCARD, rig.now());
    let page = tab.get(&rig.portal.redirect(&request)).await;
    assert_eq!(rig.login(&page, &request).context_class, AC_SMARTCARD);
}

#[tokio::test]
async fn only_others_cards_are_added_and_only_by_one_person() {
    let (rig, agency) = with_agency(CardLevel::High).await;
    let card = foreign(&agency);
    let mut tab = signed_in(&rig, &rig.card).await;
    assert_eq!(add(&mut tab, &rig.card).await.as_deref(), Some("card.own"));
    let stranger = foreign(&Pki::new(rig.now()));
    assert_eq!(add(&mut tab, &stranger).await.as_deref(), Some("cert.untrusted"));
    assert_eq!(add(&mut tab, &card).await, None);
    let holder = "e".repeat(32);
    rig.enrol('e', "見本 花子", Role::Resident, None, &holder).await;
    let neighbour = Card::new(&rig.pki, CardKind::Authentication, &holder);
    let mut other = signed_in(&rig, &neighbour).await;
    assert_eq!(add(&mut other, &card).await.as_deref(), Some("card.taken"));
}

#[tokio::test]
async fn a_browser_left_alone_adds_nothing() {
    let (rig, agency) = with_agency(CardLevel::High).await;
    let mut tab = signed_in(&rig, &rig.card).await;
    let begun = tab.post_form("/cards/add", "").await;
    let page = tab.get(&begun.location()).await;
    rig.clock.advance(SignedDuration::from_mins(9));
    let again = tab.post_form("/cards/add", "").await;
    assert!(again.location().starts_with("/cards/add?tx="));
    rig.clock.advance(SignedDuration::from_mins(2));
    let again = tab.post_form("/cards/add", "").await;
    assert!(again.location().starts_with("/login?tx="));
    let late = tab.answer_with(&page, &foreign(&agency)).await;
    assert!(["session.over", "login.stale"].contains(&late.code().as_str()));
    let mut nobody = rig.tab();
    assert!(nobody.post_form("/cards/add", "").await.location().starts_with("/login?tx="));
}

#[tokio::test]
async fn a_card_taken_away_signs_in_no_more_and_its_sessions_end() {
    let (rig, agency) = with_agency(CardLevel::High).await;
    let card = foreign(&agency);
    let mut tab = signed_in(&rig, &rig.card).await;
    add(&mut tab, &card).await;
    rig.clock.advance(SignedDuration::from_secs(2));
    let mut elsewhere = signed_in(&rig, &card).await;
    rig.clock.advance(SignedDuration::from_secs(2));
    let mut tab = signed_in(&rig, &rig.card).await;

    let own = tab.get("/cards").await;
    let at = own.body.find("/cards/remove?card=").unwrap();
    let link = own.body[at..].split('"').next().unwrap().to_owned();
    let question = tab.get(&link).await;
    assert!(question.body.contains("agency"), "{}", question.body);
    let form = format!("card={}", question.field("card").unwrap());
    assert_eq!(rig.tab().post_form("/cards/remove", &form).await.status, StatusCode::FORBIDDEN);
    assert_eq!(tab.post_form("/cards/remove", &form).await.location(), "/cards?removed");
    assert!(tab.get("/cards?removed").await.body.contains("カードを外しました"));
    assert!(!elsewhere.get("/").await.body.contains("id=\"logout\""));
    assert_eq!(refused(&mut rig.tab(), &rig, &card).await.as_deref(), Some("card.not-enrolled"));
}

#[tokio::test]
async fn a_revoked_card_of_others_is_refused() {
    let (rig, agency) = with_agency(CardLevel::High).await;
    let card = foreign(&agency);
    let mut tab = signed_in(&rig, &rig.card).await;
    add(&mut tab, &card).await;
    let lost = agency.list(&[(&card.certificate, Reason::KeyCompromise)], 2);
    std::fs::write(rig.folder.path().join("agency.crl"), lost).unwrap();
    rig.look().await;
    assert_eq!(refused(&mut rig.tab(), &rig, &card).await.as_deref(), Some("card.revoked"));
}

#[tokio::test]
async fn a_sign_in_leads_to_the_page_that_was_asked_for() {
    let rig = Rig::new().await;
    for (asked, led) in [
        ("/sessions", "/sessions"),
        ("/consents?lang=en", "/consents?lang=en"),
        (
            "/admin/refusals?hours=1&code=felica.wrong-mac",
            "/admin/refusals?hours=1&code=felica.wrong-mac",
        ),
        (&*format!("/consents?{}", "x".repeat(300)), "/cards"),
        ("/consents?//evil.example", "/consents?//evil.example"),
    ] {
        let mut tab = rig.tab();
        let begun = tab.get(asked).await.location();
        assert!(begun.starts_with("/login?tx=") && !begun.contains("onward"), "{begun}");
        let page = tab.get(&begun).await;
        let answer = tab.answer_with(&page, &rig.card).await;
        let done = tab.get(answer.json()["next"].as_str().unwrap()).await;
        assert_eq!(done.location(), led, "{asked}");
    }
}

#[tokio::test]
async fn ones_own_cards_need_a_sign_in_and_show_no_number() {
    let rig = Rig::new().await;
    let mut tab = rig.tab();
    let begun = tab.get("/cards").await;
    let page = tab.get(&begun.location()).await;
    assert!(page.body.contains("カードのページに入ります"), "{}", page.body);
    let answer = tab.answer_with(&page, &rig.card).await;
    let done = tab.get(answer.json()["next"].as_str().unwrap()).await;
    assert_eq!(done.location(), "/cards");
    for (language, words) in
        [("ja", ["使えます", "2026年11月20日"]), ("en", ["In use", "20 November 2026"])]
    {
        tab.language = language;
        let own = tab.get("/cards").await;
        for word in words {
            assert!(own.body.contains(word), "{language} {word}: {}", own.body);
        }
        assert!(
            !own.body.contains(HOLDER) && !own.body.contains(&rig.card.certificate.serial_hex())
        );
        assert!(!own.body.contains("id=\"add\""), "no scheme is configured");
        assert!(!own.body.contains("own-") && !own.body.contains("month-"));
    }
}

#[tokio::test]
async fn a_certificate_that_ends_soon_is_told_once_and_then_shown_with_the_card() {
    let rig = Rig::new().await;
    let ending = Card::dated(&rig.pki, 300, 358);
    let done = signed_in_page(&rig, &ending).await;
    assert!(done.body.contains("id=\"ending\"") && done.body.contains("あと58日"), "{}", done.body);
    assert!(!done.body.contains("answer.js"), "it went on by itself");
    assert!(done.body.contains("SAMLResponse"));
    rig.clock.advance(SignedDuration::from_hours(1));
    let again = signed_in_page(&rig, &ending).await;
    assert!(!again.body.contains("id=\"ending\"") && again.body.contains("answer.js"));
    let mut tab = signed_in(&rig, &ending).await;
    assert!(tab.get("/cards").await.body.contains("あと5"));
    let long = signed_in_page(&rig, &rig.card).await;
    assert!(!long.body.contains("id=\"ending\""));
}

/// What the portal is told of the end of that card.
async fn told_until(rig: &Rig, card: &Card) -> Option<String> {
    let request = rig.portal.request(rig.now());
    let page = rig.tab().sign_in(&request, card).await;
    rig.login(&page, &request).value(ATTRIBUTE_CARD_UNTIL).map(str::to_owned)
}

#[tokio::test]
async fn the_portal_is_told_the_last_day_from_ninety_days_before() {
    let rig = Rig::new().await;
    for (length, until) in [
        (391, None),
        (390, Some("2027-02-18")),
        (302, Some("2026-11-22")),
        (301, Some("2026-11-21")),
    ] {
        let card = Card::dated(&rig.pki, 300, length);
        assert_eq!(told_until(&rig, &card).await.as_deref(), until, "{length} days");
    }
    let staff = rig.staff().await;
    assert_eq!(told_until(&rig, &staff).await, None);
    let ending =
        rig.pki.card(CardKind::Staff.profile(), staff.key.public_key(), &"f".repeat(32), (10, 20));
    let staff = Card { key: staff.key, certificate: ending };
    assert_eq!(told_until(&rig, &staff).await.as_deref(), Some("2026-11-30"), "staff as well");
}

/// The resident's card with a certificate that ends then.
fn ending_at(rig: &Rig, end: Timestamp) -> Card {
    let key = p256();
    let validity = Validity::lasting(end - days(300), days(300));
    let (profile, subject) = (CardKind::Authentication.profile(), Subject::named(HOLDER));
    let authority = &rig.pki.cards;
    let certificate =
        authority.issue(profile, &subject, key.public_key(), validity, &SystemEntropy).unwrap();
    Card { key, certificate }
}

/// Lets an hour pass but for a microsecond, used all along.
async fn nearly_an_hour(rig: &Rig, tab: &mut Tab<'_>) {
    for _ in 0..4 {
        rig.clock.advance(SignedDuration::from_mins(14));
        assert!(tab.get("/").await.body.contains("id=\"logout\""));
    }
    rig.clock.advance(SignedDuration::from_mins(4) - SignedDuration::from_micros(1));
}

#[tokio::test]
async fn the_moment_counts_also_within_a_session() {
    let rig = Rig::new().await;
    let card = ending_at(&rig, rig.now() + days(90) + SignedDuration::from_hours(1));
    let mut tab = signed_in(&rig, &card).await;
    let told = async |tab: &mut Tab<'_>| {
        let request = rig.portal.request(rig.now());
        let page = tab.get(&rig.portal.redirect(&request)).await;
        rig.login(&page, &request).value(ATTRIBUTE_CARD_UNTIL).map(str::to_owned)
    };
    nearly_an_hour(&rig, &mut tab).await;
    assert_eq!(told(&mut tab).await, None, "a microsecond too early");
    rig.clock.advance(SignedDuration::from_micros(1));
    assert_eq!(told(&mut tab).await.as_deref(), Some("2027-02-18"));
}

#[tokio::test]
async fn the_page_of_the_cards_says_why_one_does_not_open_any_more() {
    let rig = Rig::new().await;
    let card = ending_at(&rig, rig.now() + SignedDuration::from_hours(1));
    let mut tab = signed_in(&rig, &card).await;
    nearly_an_hour(&rig, &mut tab).await;
    let body = tab.get("/cards").await.body;
    assert!(body.contains("今日（2026年11月20日まで）で"), "{body}");
    rig.clock.advance(SignedDuration::from_micros(1));
    assert!(tab.get("/cards").await.body.contains("今日（"), "through its last second");
    rig.clock.advance(SignedDuration::from_secs(1));
    let body = tab.get("/cards").await.body;
    assert!(body.contains("カードの電子証明書の期限が切れています"), "{body}");
    assert!(body.contains("カードを受け取った窓口で、新しくできます"));
    let mut tab = rig.tab();
    let login = tab.reach_login_page(&rig.portal.request(rig.now())).await;
    assert_eq!(tab.answer_with(&login, &card).await.code(), "cert.expired");
}

#[tokio::test]
async fn readings_are_switched_on_and_off_on_any_page() {
    const RUBY: &str = "<ruby>暗証番号<rp aria-hidden=\"true\">（</rp>";
    let rig = Rig::new().await;
    let mut tab = rig.tab();
    let plain = tab.reach_login_page(&rig.portal.request(rig.now())).await;
    assert!(!plain.body.contains("<ruby>"), "nobody asked for them");
    let address = format!("/login?tx={}&#38;furigana=on", plain.attribute("data-tx"));
    assert!(
        plain.body.contains(&format!("<a href=\"{address}\" id=\"furigana\">")),
        "{}",
        plain.body
    );
    let read = tab.get(&address.replace("&#38;", "&")).await;
    assert!(read.body.contains(RUBY) && read.body.contains("furigana=off"), "{}", read.body);
    assert!(read.body.contains("<template data-screen=\"cert-expired\""));
    let is_marked = |body: &str| body.contains(['\u{FFF9}', '\u{FFFA}', '\u{FFFB}']);
    let title = read.body.split("</title>").next().unwrap();
    assert!(!title.contains("ruby") && !is_marked(&read.body));

    // From now on, and on every page, also those of what did not work.
    assert_eq!(tab.cookies.get("look").map(String::as_str), Some("100-normal-furigana"));
    let page = tab.reach_login_page(&rig.portal.request(rig.now())).await;
    assert_eq!(tab.answer_with(&page, &rig.card).await.status, StatusCode::OK);
    for path in ["/cards", "/sessions", "/consents", "/nowhere"] {
        let page = tab.get(path).await;
        assert!(page.body.contains("<ruby>") && !is_marked(&page.body), "{path}: {}", page.body);
    }
    tab.language = "en";
    let english = tab.get("/cards").await;
    assert!(!english.body.contains("<ruby>") && !english.body.contains("id=\"furigana\""));
    tab.language = "ja";
    assert!(!tab.get("/cards?furigana=off").await.body.contains("<ruby>"));
    assert!(!tab.get("/cards").await.body.contains("<ruby>"));
}

async fn signed_in_page(rig: &Rig, card: &Card) -> Answer {
    rig.tab().sign_in(&rig.portal.request(rig.now()), card).await
}
