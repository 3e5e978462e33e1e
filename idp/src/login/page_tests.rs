//! The pages as people and their tools meet them: both languages, every state, strict policy.

use axum::http::StatusCode;

use super::scene::Scene;
use super::screen::spoken;
use crate::testing::{Answer, Rig};
use crate::words::words;
use warifu_saml::names::AC_PRESENCE;
use warifu_service::words::Language;

async fn login_page(rig: &Rig, language: &'static str) -> Answer {
    let mut tab = rig.tab();
    tab.language = language;
    tab.reach_login_page(&rig.portal.request(rig.now())).await
}

#[tokio::test]
async fn the_page_can_say_everything_in_both_languages() {
    let rig = Rig::new().await;
    for (language, title) in [("ja", "カードでログイン"), ("en", "Sign in with your card")]
    {
        let page = login_page(&rig, language).await;
        assert!(page.body.contains(&format!("<html lang=\"{language}\">")));
        assert!(page.body.contains(&format!("<h1>{title}</h1>")));
        let words = words().unwrap();
        for screen in spoken(Scene::SignIn, &[], words.in_(Language::Ja)) {
            let name = screen.name();
            assert!(page.body.contains(&format!("data-screen=\"{name}\"")), "{language} {name}");
            if let Some(code) = screen.code() {
                assert!(page.body.contains(code), "{language} {code}");
            }
        }
    }
}

#[tokio::test]
async fn no_key_of_a_sentence_is_left_unsaid() {
    let rig = Rig::new().await;
    for language in ["ja", "en"] {
        let body = login_page(&rig, language).await.body;
        for key in ["login-", "step-", "help-", "owner-", "pin-"] {
            let text = body.split('>').filter_map(|rest| rest.split('<').next());
            let unsaid: Vec<_> = text.filter(|text| text.trim().starts_with(key)).collect();
            assert_eq!(unsaid, Vec::<&str>::new(), "{language}");
        }
    }
}

#[tokio::test]
async fn the_policy_lets_this_page_alone_talk_to_the_card_software() {
    let rig = Rig::new().await;
    let page = login_page(&rig, "ja").await;
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    for directive in [
        "default-src 'none'",
        "script-src 'self'",
        "connect-src 'self' http://127.0.0.1:8447",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ] {
        assert!(policy.split("; ").any(|part| part == directive), "no {directive} in {policy}");
    }
    let other = rig.tab().get("/logout").await;
    let policy = other.headers["content-security-policy"].to_str().unwrap();
    assert!(!policy.contains("connect-src") && !policy.contains("script-src"), "{policy}");
}

#[tokio::test]
async fn nothing_in_the_pages_needs_a_looser_policy() {
    let rig = Rig::new().await;
    let mut tab = rig.tab();
    let login = tab.reach_login_page(&rig.portal.request(rig.now())).await;
    let done = tab.sign_in(&rig.portal.request(rig.now()), &rig.card).await;
    let logout = tab.get("/logout").await;
    for page in [login, done, logout] {
        assert!(!page.body.contains("style="), "inline style");
        assert!(!page.body.contains("<style"), "inline style");
        assert!(!page.body.contains(" onclick") && !page.body.contains("javascript:"));
        for script in page.body.split("<script").skip(1) {
            assert!(script.starts_with(" type=\"module\" src=\"/assets/"), "inline script");
        }
    }
}

#[tokio::test]
async fn the_page_has_landmarks_and_one_live_region() {
    let rig = Rig::new().await;
    let body = login_page(&rig, "ja").await.body;
    for once in ["<h1>", "<main", "<header", "<footer", "<aside", "role=\"status\""] {
        assert_eq!(body.matches(once).count(), 1, "{once}");
    }
    assert!(body.contains("<noscript>"));
    assert!(!body.contains("type=\"password\""), "a place for the PIN");
}

#[tokio::test]
async fn at_the_desk_the_page_speaks_of_the_patient() {
    let rig = Rig::new().await;
    let staff = rig.staff().await;
    for (language, words, step) in [
        ("ja", "患者さんのカード", "受付のカードリーダーに置きます"),
        ("en", "patient&#39;s card", "Goes on the reception&#39;s card reader"),
    ] {
        let mut tab = rig.tab();
        tab.language = language;
        tab.sign_in(&rig.portal.request(rig.now()), &staff).await;
        let page = tab.reach_login_page(&rig.portal.asking_for(AC_PRESENCE, rig.now())).await;
        assert!(page.body.contains(words), "{language}: {}", page.body);
        assert!(!page.body.contains("id=\"step-pin\""));
        assert!(page.body.contains(step), "{language}: {}", page.body);
        assert_eq!(page.attribute("data-level"), "presence");
        assert!(!page.body.contains("/activate"), "a patient's card is not put into use here");
    }
}

#[tokio::test]
async fn a_language_chosen_once_is_kept() {
    let rig = Rig::new().await;
    let mut tab = rig.tab();
    assert!(tab.get("/logout").await.body.contains("ログインしていません"));
    assert!(tab.get("/logout?lang=en").await.body.contains("You are not signed in"));
    assert!(tab.get("/logout").await.body.contains("You are not signed in"));
}

#[tokio::test]
async fn a_refusal_is_a_page_with_a_code_and_a_number() {
    let rig = Rig::new().await;
    for language in ["ja", "en"] {
        let mut tab = rig.tab();
        tab.language = language;
        let page = tab.get("/login?tx=none").await;
        assert_eq!(page.status, StatusCode::GONE);
        assert!(page.body.contains("login.stale"));
        assert!(page.body.contains(page.headers["x-request-id"].to_str().unwrap()));
        assert!(page.body.contains(&format!("<html lang=\"{language}\">")));
    }
}

#[tokio::test]
async fn the_assets_are_there() {
    let rig = Rig::new().await;
    for (name, kind) in [
        ("login.js", "text/javascript"),
        ("login.css", "text/css"),
        ("answer.js", "text/javascript"),
    ] {
        let asset = rig.tab().get(&format!("/assets/{name}")).await;
        assert_eq!(asset.status, StatusCode::OK);
        assert!(asset.headers["content-type"].to_str().unwrap().starts_with(kind));
    }
}
