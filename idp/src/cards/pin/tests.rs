//! The FeliCa card on the page of one's own cards, and the choice of its PIN.

use axum::http::StatusCode;
use jiff::SignedDuration;

use crate::testing::{Answer, FelicaToken, HOLDER, IDM, Rig, Tab, felica_rig};

async fn registered() -> Rig {
    let rig = felica_rig().await;
    rig.tell(HOLDER, FelicaToken::told(IDM, 1)).await;
    rig
}

async fn signed_in(rig: &Rig) -> Tab<'_> {
    let mut tab = rig.tab();
    tab.sign_in(&rig.portal.request(rig.now()), &rig.card).await;
    tab
}

/// The link of that path on the page.
fn link(page: &Answer, path: &str) -> String {
    let at = page.body.find(path).unwrap_or_else(|| panic!("no {path}: {}", page.body));
    page.body[at..].split('"').next().unwrap().to_owned()
}

async fn choose(tab: &mut Tab<'_>, pin: &str, again: &str) -> String {
    let own = tab.get("/cards").await;
    let page = tab.get(&link(&own, "/cards/pin?card=")).await;
    let form = format!("card={}&pin={pin}&again={again}", page.field("card").unwrap());
    tab.post_form("/cards/pin", &form).await.location()
}

#[tokio::test]
async fn the_page_says_how_the_card_stands_and_never_its_number() {
    let rig = registered().await;
    for (language, before, after) in
        [("ja", "暗証番号がまだです", "暗証番号を変える"), ("en", "No PIN yet", "Change the PIN")]
    {
        let mut tab = signed_in(&rig).await;
        tab.language = language;
        let own = tab.get("/cards").await;
        if language == "ja" {
            assert!(own.body.contains(before), "{}", own.body);
            assert_eq!(choose(&mut tab, "271828", "271828").await, "/cards?pin");
        }
        let own = tab.get("/cards?pin").await;
        assert!(own.body.contains(after), "{}", own.body);
        assert!(!own.body.contains(&FelicaToken::digits(IDM)) && !own.body.contains("own-"));
        assert!(!own.body.contains("felica-lite-s"));
    }
}

#[tokio::test]
async fn weak_unlike_and_unreadable_pins_are_not_taken() {
    let rig = registered().await;
    let mut tab = signed_in(&rig).await;
    for (pin, again, why, words) in [
        ("111111", "111111", "trivial", "だれにでも分かりやすい"),
        ("123456", "123456", "trivial", "だれにでも分かりやすい"),
        ("87654321", "87654321", "trivial", "だれにでも分かりやすい"),
        ("271828", "271829", "different", "2回の番号が違いました"),
        ("27182", "27182", "unreadable", "番号を読めませんでした"),
        ("271828182", "271828182", "unreadable", "番号を読めませんでした"),
    ] {
        let back = choose(&mut tab, pin, again).await;
        assert!(back.ends_with(&format!("&{why}")) && !back.contains(pin), "{back}");
        assert!(tab.get(&back).await.body.contains(words), "{words}");
    }
    assert!(tab.get("/cards").await.body.contains("暗証番号がまだです"));
}

#[tokio::test]
async fn only_a_fresh_sign_in_with_a_card_of_the_office_chooses_a_pin() {
    let rig = registered().await;
    let mut tab = signed_in(&rig).await;
    let own = tab.get("/cards").await;
    let page = link(&own, "/cards/pin?card=");
    let card = page.split_once('=').unwrap().1.to_owned();
    let form = format!("card={card}&pin=271828&again=271828");
    rig.clock.advance(SignedDuration::from_mins(9));
    tab.get("/cards").await;
    rig.clock.advance(SignedDuration::from_mins(2));
    assert!(tab.get(&page).await.location().starts_with("/login?tx="));
    assert!(tab.post_form("/cards/pin", &form).await.location().starts_with("/login?tx="));
    assert!(rig.tab().post_form("/cards/pin", &form).await.location().starts_with("/login?tx="));

    let neighbour = "e".repeat(32);
    rig.enrol('e', "見本 花子", crate::Role::Resident, None, &neighbour).await;
    let theirs =
        crate::testing::Card::new(&rig.pki, crate::testing::CardKind::Authentication, &neighbour);
    let mut other = rig.tab();
    other.sign_in(&rig.portal.request(rig.now()), &theirs).await;
    let refused = other.post_form("/cards/pin", &form).await;
    assert_eq!(refused.status, StatusCode::NOT_FOUND);
    assert!(refused.body.contains("card.none-such"));
}

#[tokio::test]
async fn a_card_is_put_away_and_taken_up_again() {
    let rig = registered().await;
    let mut tab = signed_in(&rig).await;
    choose(&mut tab, "271828", "271828").await;
    let own = tab.get("/cards").await;
    let question = tab.get(&link(&own, "/cards/remove?card=")).await;
    assert!(question.body.contains("暗証番号も消えます"), "{}", question.body);
    let form = format!("card={}", question.field("card").unwrap());
    assert_eq!(tab.post_form("/cards/remove", &form).await.location(), "/cards?removed");
    let own = tab.get("/cards").await;
    assert!(own.body.contains("止めてあります") && !own.body.contains("/cards/remove"));
    assert_eq!(choose(&mut tab, "314159", "314159").await, "/cards?pin");
    assert!(tab.get("/cards").await.body.contains("暗証番号を変える"));
    rig.clock.advance(SignedDuration::from_secs(1));
    rig.tell(HOLDER, FelicaToken::ended(IDM)).await;
    assert!(!tab.get("/cards").await.body.contains("FeliCa"), "its place is another's");
}
