//! What goes where only after the person has let it: after a sign-in and from a session, this once
//! and from then on, and taken back.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use jiff::SignedDuration;
use warifu_saml::names::{
    ATTRIBUTE_DISPLAY_NAME, ATTRIBUTE_ENTITLEMENT, ATTRIBUTE_PAIRWISE_ID, ATTRIBUTE_RELAY_TICKET,
};
use warifu_saml::{AuthnRequest, Refusal, Status};
use warifu_service::words::{Language, lacking_advice};

use super::list::CODES;
use super::page::key;
use crate::Role;
use crate::config::{AttributeName, ServiceProviderConfig};
use crate::testing::{Answer, HOLDER, Rig, Tab};
use crate::words::words;

fn asking(provider: &mut ServiceProviderConfig) {
    provider.consent = true;
}

async fn rig() -> Rig {
    Rig::registered(asking, &[]).await
}

/// Signs in, up to whatever page comes then.
async fn enter(tab: &mut Tab<'_>, rig: &Rig) -> (AuthnRequest, Answer) {
    let request = rig.portal.request(rig.now());
    let page = tab.sign_in(&request, &rig.card).await;
    (request, page)
}

/// Comes once more from the provider, with the session.
async fn come(tab: &mut Tab<'_>, rig: &Rig) -> (AuthnRequest, Answer) {
    let request = rig.portal.request(rig.now());
    let page = tab.get(&rig.portal.redirect(&request)).await;
    if !page.status.is_redirection() {
        return (request, page);
    }
    let page = tab.get(&page.location()).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.body);
    (request, page)
}

fn asks(page: &Answer) -> bool {
    assert_eq!(page.status, StatusCode::OK, "{}", page.body);
    let asks = page.body.contains("action=\"/consent\"");
    assert_ne!(asks, page.body.contains("SAMLResponse"), "{}", page.body);
    asks
}

async fn choose(tab: &mut Tab<'_>, page: &Answer, choice: &str) -> Answer {
    let (tx, set) = (page.field("tx").unwrap(), page.field("set").unwrap());
    tab.post_form("/consent", &format!("tx={tx}&set={set}&choice={choice}")).await
}

#[tokio::test]
async fn nothing_is_told_before_the_person_has_seen_it() {
    let rig = rig().await;
    let mut tab = rig.tab();
    let (request, page) = enter(&mut tab, &rig).await;
    assert!(asks(&page));
    for seen in ["割符ポータル", "portal.example", "上野太郎", "自分の記録を見る", "お名前"]
    {
        assert!(page.body.contains(seen), "no {seen} in {}", page.body);
    }
    let answer = choose(&mut tab, &page, "once").await;
    let login = rig.login(&answer, &request);
    let policy = answer.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("form-action https://portal.example"), "{policy}");
    for name in [ATTRIBUTE_PAIRWISE_ID, ATTRIBUTE_DISPLAY_NAME, ATTRIBUTE_ENTITLEMENT] {
        assert!(page.body.contains(login.value(name).unwrap()), "not shown as sent: {name}");
    }
    let ticket = login.value(ATTRIBUTE_RELAY_TICKET).unwrap();
    assert!(page.body.contains("記録を受け取るための券") && !page.body.contains(ticket));
}

#[tokio::test]
async fn this_once_is_once_and_from_then_on_lasts_until_something_else_would_be_told() {
    let rig = rig().await;
    let mut tab = rig.tab();
    let (_, page) = enter(&mut tab, &rig).await;
    choose(&mut tab, &page, "once").await;

    let (request, page) = come(&mut tab, &rig).await;
    assert!(asks(&page), "once was for ever");
    rig.login(&choose(&mut tab, &page, "always").await, &request);
    let (request, page) = come(&mut tab, &rig).await;
    rig.login(&page, &request);
    let (request, page) = enter(&mut rig.tab(), &rig).await;
    rig.login(&page, &request);

    rig.clock.advance(SignedDuration::from_secs(1));
    rig.issue('a', "春日太郎", Role::Resident, None, HOLDER).await;
    let (_, page) = come(&mut tab, &rig).await;
    assert!(asks(&page) && page.body.contains("春日太郎"), "the name is another");
}

#[tokio::test]
async fn who_does_not_let_it_goes_back_and_nothing_is_told() {
    let rig = rig().await;
    let mut tab = rig.tab();
    for _ in 0..2 {
        let (request, page) = if tab.cookies.is_empty() {
            enter(&mut tab, &rig).await
        } else {
            come(&mut tab, &rig).await
        };
        assert!(asks(&page));
        let answer = choose(&mut tab, &page, "never").await;
        assert_eq!(answer.attribute("action"), rig.portal.acs);
        let refusal = rig.consume(&answer, &request).unwrap_err();
        assert!(matches!(refusal, Refusal::Status(Status::RequestDenied)), "{refusal:?}");
        let again = choose(&mut tab, &page, "once").await;
        assert_eq!(again.status, StatusCode::GONE, "answered after all");
    }
}

#[tokio::test]
async fn a_request_is_answered_once_whatever_is_pressed() {
    let rig = rig().await;
    let mut tab = rig.tab();
    enter(&mut tab, &rig).await;
    let request = rig.portal.request(rig.now());
    let mut pages = Vec::new();
    for _ in 0..2 {
        let waiting = tab.get(&rig.portal.redirect(&request)).await;
        pages.push(tab.get(&waiting.location()).await);
    }
    rig.login(&choose(&mut tab, &pages[0], "once").await, &request);
    assert_eq!(choose(&mut tab, &pages[0], "once").await.status, StatusCode::GONE);
    assert_eq!(choose(&mut tab, &pages[1], "once").await.status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn what_is_answered_is_what_was_shown() {
    let rig = rig().await;
    let mut tab = rig.tab();
    let (request, page) = enter(&mut tab, &rig).await;
    rig.clock.advance(SignedDuration::from_secs(1));
    rig.issue('a', "春日太郎", Role::Resident, None, HOLDER).await;
    let again = choose(&mut tab, &page, "always").await;
    assert_eq!(again.status, StatusCode::SEE_OTHER, "{}", again.body);
    let page = tab.get(&again.location()).await;
    assert!(asks(&page) && page.body.contains("春日太郎"));
    let answer = choose(&mut tab, &page, "always").await;
    assert_eq!(rig.login(&answer, &request).value(ATTRIBUTE_DISPLAY_NAME), Some("春日太郎"));
}

#[tokio::test]
async fn another_browser_answers_nothing() {
    let rig = rig().await;
    let mut tab = rig.tab();
    let (_, page) = enter(&mut tab, &rig).await;
    let mut other = rig.tab();
    assert_eq!(choose(&mut other, &page, "once").await.status, StatusCode::GONE);
    enter(&mut other, &rig).await;
    assert_eq!(choose(&mut other, &page, "once").await.status, StatusCode::GONE);
    assert!(choose(&mut tab, &page, "rubbish").await.status.is_client_error());
    tab.post_form("/logout", "").await;
    assert_eq!(choose(&mut tab, &page, "once").await.status, StatusCode::GONE, "signed out");
}

#[tokio::test]
async fn who_must_not_be_asked_is_not_answered_for() {
    let rig = rig().await;
    let mut tab = rig.tab();
    let (_, page) = enter(&mut tab, &rig).await;
    let passive = || AuthnRequest { is_passive: true, ..rig.portal.request(rig.now()) };
    let request = passive();
    let answer = tab.get(&rig.portal.redirect(&request)).await;
    let refusal = rig.consume(&answer, &request).unwrap_err();
    assert!(matches!(refusal, Refusal::Status(Status::NoPassive)), "{refusal:?}");
    choose(&mut tab, &page, "always").await;
    let request = passive();
    rig.login(&tab.get(&rig.portal.redirect(&request)).await, &request);
}

#[tokio::test]
async fn staff_are_not_asked_and_neither_is_anybody_where_nothing_is_told() {
    let rig = rig().await;
    let staff = rig.staff().await;
    let request = rig.portal.request(rig.now());
    rig.login(&rig.tab().sign_in(&request, &staff).await, &request);

    let nothing = |provider: &mut ServiceProviderConfig| {
        asking(provider);
        provider.attributes = Vec::new();
    };
    let rig = Rig::registered(nothing, &[]).await;
    let (request, page) = enter(&mut rig.tab(), &rig).await;
    assert!(rig.login(&page, &request).attributes.is_empty());
}

const UI: &str = "<mdui:Description xml:lang=\"ja\">健診の記録を見る場所です。</mdui:Description>\
    <mdui:Description xml:lang=\"en\">A place to see check-ups.</mdui:Description>\
    <mdui:Logo height=\"40\" width=\"80\">data:image/png;base64,AAAA</mdui:Logo>\
    <mdui:PrivacyStatementURL xml:lang=\"ja\">https://portal.example/privacy</mdui:PrivacyStatementURL>\
    </mdui:UIInfo>";

#[tokio::test]
async fn the_page_says_who_asks_in_both_languages() {
    let rig = Rig::registered(asking, &[("</mdui:UIInfo>", UI)]).await;
    let said = [
        ("ja", ["健診の記録を見る場所です。", "次回から確認しない", "今回だけ", "送らない"]),
        ("en", ["A place to see check-ups.", "do not ask again", "this once", "Do not send it"]),
    ];
    for (language, texts) in said {
        let mut tab = rig.tab();
        tab.language = language;
        let (_, page) = enter(&mut tab, &rig).await;
        assert!(page.body.contains(&format!("<html lang=\"{language}\">")));
        for text in texts {
            assert!(page.body.contains(text), "no {text} in {}", page.body);
        }
        let logo = "<img src=\"data:image/png;base64,AAAA\" alt=\"\"";
        assert!(page.body.contains(logo), "{}", page.body);
        let privacy = "href=\"https://portal.example/privacy\" target=\"_blank\" rel=\"noopener";
        assert!(page.body.contains(privacy));
        let policy = page.headers["content-security-policy"].to_str().unwrap();
        assert_eq!(policy.matches("img-src").count(), 1, "{policy}");
        assert!(policy.contains("img-src 'self' data:") && policy.contains("form-action 'self'"));
        is_well_made(&page);
    }
}

/// One heading on top, every part named, nothing that is only for the eye.
fn is_well_made(page: &Answer) {
    for once in ["<h1>", "<main", "<header", "<footer"] {
        assert_eq!(page.body.matches(once).count(), 1, "{once} in {}", page.body);
    }
    for (_, rest) in
        page.body.match_indices("aria-labelledby=\"").map(|at| page.body.split_at(at.0))
    {
        let id = rest.split('"').nth(1).unwrap();
        assert_eq!(page.body.matches(&format!("id=\"{id}\"")).count(), 1, "{id}");
    }
    let text = page.body.split('>').filter_map(|rest| rest.split('<').next());
    let unsaid = |text: &&str| {
        ["told-", "consent-", "consents-", "withdraw-", "role-"]
            .iter()
            .any(|key| text.trim().starts_with(key))
    };
    assert_eq!(text.filter(unsaid).collect::<Vec<_>>(), Vec::<&str>::new());
    assert!(!page.body.contains("style=") && !page.body.contains("<script"));
}

#[tokio::test]
async fn consents_are_listed_and_taken_back_after_one_question() {
    let rig = rig().await;
    let mut tab = rig.tab();
    assert!(tab.get("/consents").await.location().starts_with("/login?tx="));
    let (_, page) = enter(&mut tab, &rig).await;
    assert!(tab.get("/consents").await.body.contains("id=\"none\""));
    choose(&mut tab, &page, "always").await;
    assert!(tab.get("/cards").await.body.contains("href=\"/consents\""));
    let list = tab.get("/consents").await;
    is_well_made(&list);
    for seen in ["割符ポータル", "お名前", "2026年11月20日"] {
        assert!(list.body.contains(seen), "no {seen} in {}", list.body);
    }
    assert!(!list.body.contains("上野太郎"), "values are not kept");
    let address = list.body.split("href=\"").find(|part| part.starts_with("/consents/withdraw"));
    let address = address.unwrap().split('"').next().unwrap();
    let question = tab.get(address).await;
    is_well_made(&question);
    let form = format!("provider={}", question.field("provider").unwrap());
    assert!(rig.tab().post_form("/consents/withdraw", &form).await.status.is_client_error());
    let mut neighbour = rig.tab();
    let staff = rig.staff().await;
    neighbour.sign_in(&rig.portal.request(rig.now()), &staff).await;
    let refused = neighbour.post_form("/consents/withdraw", &form).await;
    assert!(refused.status == StatusCode::NOT_FOUND && refused.body.contains("consent.none-such"));

    let done = tab.post_form("/consents/withdraw", &form).await;
    assert_eq!(done.location(), "/consents?withdrawn");
    let list = tab.get("/consents?withdrawn").await;
    assert!(list.body.contains("次から、また確かめます") && list.body.contains("id=\"none\""));
    assert!(asks(&come(&mut tab, &rig).await.1));
}

#[test]
fn every_thing_that_can_be_told_has_its_words() {
    let words = words().unwrap();
    for language in Language::ALL {
        let voice = words.in_(language);
        for name in AttributeName::ALL {
            assert!(voice.knows(&key(name.as_str())), "{language:?} {name:?}");
        }
        assert!(voice.knows(&key("name-id")));
    }
    assert_eq!(lacking_advice(&words, &CODES), BTreeMap::new());
}
