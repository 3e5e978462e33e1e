//! The PIN on the agent's own page.

use serde_json::{Value, json};
use warifu_agent::{AgentConfig, PromptKind};

use crate::bench::{Bench, FIRST};
use crate::maker::{Maker, PIN, WRONG};
use crate::wire::{Page, Wire};

/// An agent that asks by its page, with a card in the reader, and a sign-in that waits for the PIN.
async fn asking() -> (Bench, Page) {
    let bench = Bench::with(|config| AgentConfig { prompt: PromptKind::Page, ..config }).await;
    bench.insert(FIRST, &Maker::new(1));
    let mut page = Wire::authenticate(&bench, bench.idp.request()).listen().await;
    let url = format!("http://{}/pin", bench.address);
    let expected = json!({"state": "pin", "tries": 3, "prompt": "page", "url": url});
    assert_eq!(page.event().await, Some(expected));
    (bench, page)
}

fn get(bench: &Bench, path: &str) -> Wire {
    Wire::new(bench.address, "GET", path)
}

async fn shown(bench: &Bench) -> String {
    let answer = get(bench, "/pin").send().await;
    assert_eq!(answer.status, 200);
    answer.body
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    let start = text.split_once(before).unwrap_or_else(|| panic!("no {before} in {text}")).1;
    start.split_once(after).unwrap().0
}

/// Waits until the page asks something, and gives the question's name.
async fn question(bench: &Bench) -> String {
    for _ in 0..200 {
        let page = shown(bench).await;
        if page.contains("name=\"question\"") {
            return between(&page, "name=\"question\" value=\"", "\"").to_owned();
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("nothing was asked");
}

fn post(bench: &Bench, form: &str) -> Wire {
    Wire::new(bench.address, "POST", "/pin")
        .with("origin", &format!("http://{}", bench.address))
        .with("content-type", "application/x-www-form-urlencoded")
        .with("sec-fetch-site", "same-origin")
        .body(form)
}

/// Answers what is asked, and gives the page that asked it.
pub async fn answer(bench: &Bench, rest: &str) -> String {
    let id = question(bench).await;
    let asked = shown(bench).await;
    let answer = post(bench, &format!("question={id}&{rest}")).send().await;
    assert_eq!((answer.status, answer.header("location")), (303, Some("/pin")));
    asked
}

fn is_token(event: Option<&Value>) -> bool {
    event.is_some_and(|event| event.get("token").is_some())
}

#[tokio::test]
async fn the_pin_typed_on_the_page_signs_in() {
    let (bench, page) = asking().await;
    answer(&bench, &format!("answer=pin&pin={PIN}")).await;
    assert!(is_token(page.events().await.last()));
    assert!(shown(&bench).await.contains("できました"));
}

#[tokio::test]
async fn another_sites_answer_counts_for_nothing() {
    let (bench, page) = asking().await;
    let id = question(&bench).await;
    let form = format!("question={id}&answer=pin&pin={PIN}");
    let own = format!("http://{}", bench.address);
    let refused = [
        post(&bench, &form).only("origin", "https://evil.example"),
        post(&bench, &form).only("origin", &bench.idp.origin),
        post(&bench, &form).only("origin", "null"),
        post(&bench, &form).with("origin", &own),
        post(&bench, &form).without("origin"),
        post(&bench, &form).only("sec-fetch-site", "cross-site"),
        post(&bench, &form).only("host", "evil.example"),
        get(&bench, "/pin").with("origin", "https://evil.example"),
        get(&bench, "/pin/state").with("sec-fetch-site", "cross-site"),
        get(&bench, "/pin")
            .with("sec-fetch-site", "cross-site")
            .with("sec-fetch-mode", "navigate")
            .with("sec-fetch-dest", "iframe"),
    ];
    for request in refused {
        let answer = request.send().await;
        assert_eq!((answer.status, answer.body.as_str()), (403, ""));
    }
    assert_eq!(question(&bench).await, id, "still the same question");
    answer(&bench, "answer=cancel").await;
    let cancelled = json!({"error": {"code": "cancelled"}});
    assert_eq!(page.events().await, [cancelled]);
}

#[tokio::test]
async fn an_answer_to_another_question_counts_for_nothing() {
    let (bench, page) = asking().await;
    let id = question(&bench).await;
    let form = format!("question={}&answer=pin&pin={PIN}", "0".repeat(32));
    assert_eq!(post(&bench, &form).send().await.status, 303);
    assert_eq!(question(&bench).await, id);
    answer(&bench, &format!("answer=pin&pin={PIN}")).await;
    assert!(is_token(page.events().await.last()));
}

#[tokio::test]
async fn what_is_no_pin_costs_no_try() {
    let (bench, page) = asking().await;
    answer(&bench, "answer=pin&pin=12").await;
    let now = shown(&bench).await;
    assert!(now.contains("6けたから8けた") && now.contains("あと3回"), "{now}");
    answer(&bench, &format!("answer=pin&pin={PIN}")).await;
    assert!(is_token(page.events().await.last()));
}

#[tokio::test]
async fn wrong_pins_lead_over_consent_to_the_end() {
    let (bench, mut page) = asking().await;
    for tries in [2, 1] {
        answer(&bench, &format!("answer=pin&pin={WRONG}")).await;
        assert_eq!(page.event().await, Some(json!({"state": "pin-wrong", "tries": tries})));
    }
    question(&bench).await;
    let consent = shown(&bench).await;
    assert!(consent.contains("value=\"yes\"") && !consent.contains("type=\"password\""));
    answer(&bench, "answer=yes").await;
    answer(&bench, &format!("answer=pin&pin={WRONG}")).await;
    assert_eq!(page.events().await, [json!({"error": {"code": "pin.blocked"}})]);
    assert!(shown(&bench).await.contains("カードが止まりました"));
}

#[tokio::test]
async fn a_page_that_waits_is_told_when_something_changes() {
    let (bench, page) = asking().await;
    question(&bench).await;
    let version = between(&shown(&bench).await, "data-version=\"", "\"").to_owned();
    let waiting = get(&bench, &format!("/pin/state?seen={version}")).send();
    let (state, ()) = tokio::join!(waiting, async { drop(page) });
    let state: Value = serde_json::from_str(&state.body).unwrap();
    assert_ne!(state["version"].to_string(), version);
    assert!(!shown(&bench).await.contains("name=\"question\""));
}

#[tokio::test]
async fn the_page_is_locked_down_and_speaks_two_languages() {
    let (bench, _page) = asking().await;
    let answer = get(&bench, "/pin?lang=en").send().await;
    assert!(answer.body.contains("lang=\"en\"") && answer.body.contains("You have 3 tries left"));
    let policy = answer.header("content-security-policy").unwrap();
    assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"));
    assert!(!policy.contains("unsafe"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(answer.header("access-control-allow-origin"), None);
    for (name, media_type) in
        [("agent.css", "text/css; charset=utf-8"), ("pin.js", "text/javascript; charset=utf-8")]
    {
        let file = get(&bench, &format!("/assets/{name}")).send().await;
        assert_eq!(file.header("content-type"), Some(media_type));
    }
    let link = get(&bench, "/pin")
        .with("sec-fetch-site", "cross-site")
        .with("sec-fetch-mode", "navigate")
        .with("sec-fetch-dest", "document");
    assert_eq!(link.send().await.status, 200);
}
