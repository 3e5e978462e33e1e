//! Who gets in, and what everybody else sees: always the same nothing.

use serde_json::json;

use crate::bench::{Act, Bench};
use crate::idp::{Idp, ORIGIN, body, now};
use crate::wire::{Answer, Wire};

/// What every stranger gets.
async fn refusal(bench: &Bench) -> Answer {
    let answer = Wire::new(bench.address, "GET", "/nothing").send().await;
    assert_eq!((answer.status, answer.body.as_str()), (403, ""));
    assert_eq!(answer.header("access-control-allow-origin"), None);
    answer
}

/// Sends each request and sees that nothing but the one refusal comes back, and that no reader and
/// no card was so much as looked at.
async fn all_refused(bench: &Bench, requests: Vec<(&str, Wire)>) {
    let refusal = refusal(bench).await;
    let before = bench.touches();
    for (name, request) in requests {
        assert_eq!(request.send().await, refusal, "{name}");
    }
    assert_eq!(bench.touches(), before, "readers were touched");
}

fn good(bench: &Bench) -> Wire {
    Wire::authenticate(bench, bench.idp.request())
}

#[tokio::test]
async fn other_origins_and_hosts_all_get_the_same_nothing() {
    let bench = Bench::new().await;
    let origin = |value: &str| good(&bench).only("origin", value);
    let host = |value: &str| good(&bench).only("host", value);
    let port = bench.address.port();
    let requests = vec![
        ("foreign origin", origin("https://evil.example")),
        ("null origin", origin("null")),
        ("no origin", good(&bench).without("origin")),
        ("empty origin", origin("")),
        ("two origins", good(&bench).with("origin", ORIGIN)),
        ("two origins, one foreign", good(&bench).with("origin", "https://evil.example")),
        ("two origins in one line", origin(&format!("{ORIGIN}, {ORIGIN}"))),
        ("look-alike by suffix", origin(&format!("{ORIGIN}.evil.example"))),
        ("look-alike by prefix", origin("https://evil-idp.example:8444")),
        ("other port", origin("https://idp.example")),
        ("other scheme", origin("http://idp.example:8444")),
        ("other case", origin("https://IDP.example:8444")),
        ("trailing slash", origin(&format!("{ORIGIN}/"))),
        ("rebound host", host("evil.example")),
        ("rebound host with our port", host(&format!("evil.example:{port}"))),
        ("host without port", host("127.0.0.1")),
        ("host with another port", host("127.0.0.1:1")),
        ("two hosts", good(&bench).with("host", &bench.address.to_string())),
        ("no host", good(&bench).without("host")),
    ];
    all_refused(&bench, requests).await;
}

#[tokio::test]
async fn other_ways_of_sending_all_get_the_same_nothing() {
    let bench = Bench::new().await;
    let way = |name: &str, value: &str| good(&bench).only(name, value);
    let requests = vec![
        ("plain text", way("content-type", "text/plain")),
        ("form", way("content-type", "application/x-www-form-urlencoded")),
        ("no type", good(&bench).without("content-type")),
        ("navigation", way("sec-fetch-mode", "navigate")),
        ("no-cors", way("sec-fetch-mode", "no-cors")),
        ("typed address", way("sec-fetch-site", "none")),
        ("image", way("sec-fetch-dest", "image")),
        ("GET", Wire::new(bench.address, "GET", "/v1/authenticate").with("origin", ORIGIN)),
        ("PUT", Wire::new(bench.address, "PUT", "/v1/ping").with("origin", ORIGIN)),
        ("unknown route", Wire::new(bench.address, "POST", "/v2/authenticate")),
        ("PIN page that is not on", Wire::new(bench.address, "GET", "/pin")),
        ("ping by a stranger", Wire::new(bench.address, "GET", "/v1/ping")),
        (
            "preflight by a stranger",
            Wire::new(bench.address, "OPTIONS", "/v1/authenticate")
                .with("origin", "https://evil.example")
                .with("access-control-request-method", "POST"),
        ),
    ];
    all_refused(&bench, requests).await;
}

#[tokio::test]
async fn other_requests_all_get_the_same_nothing() {
    let bench = Bench::new().await;
    let now = now().as_second();
    let claims = |changes| Wire::authenticate(&bench, bench.idp.request_with(&changes));
    let signed = |request: &str| Wire::authenticate(&bench, body(request));
    let genuine = bench.idp.sign(&bench.idp.claims());
    let (unsigned, _) = genuine.rsplit_once('.').unwrap();
    let altered = genuine.replacen('.', ".A", 1);
    let other_key = Idp::at(ORIGIN).sign(&bench.idp.claims());
    let other_route = |path, changes| Wire::ask(&bench, path, bench.idp.request_with(&changes));
    let [activate, change] = ["activate", "change-pin"].map(|name| json!({ "purpose": name }));
    let presence = json!({"purpose": "activate", "methods": ["piv-presence"]});
    let oversize = format!("{}{}", " ".repeat(8 * 1024), bench.idp.request());
    let requests = vec![
        ("no signature", signed(&format!("{unsigned}."))),
        ("two parts", signed(unsigned)),
        ("altered", signed(&altered)),
        ("another key", signed(&other_key)),
        ("alg none", signed(&Idp::sign_with_none(&bench.idp.claims()))),
        ("HS256 with the public key", signed(&bench.idp.sign_confused(&bench.idp.claims()))),
        ("stale", claims(json!({"iat": now - 151, "exp": now - 31}))),
        ("future", claims(json!({"iat": now + 31, "exp": now + 120}))),
        ("good for too long", claims(json!({"exp": now + 121}))),
        ("without end", claims(json!({"exp": null}))),
        ("other issuer", claims(json!({"iss": "https://other.example"}))),
        ("other audience", claims(json!({"aud": "portal"}))),
        ("short nonce", claims(json!({"nonce": "AAAA"}))),
        ("unknown method", claims(json!({"methods": ["idm"]}))),
        ("no method", claims(json!({"methods": []}))),
        ("a method twice", claims(json!({"methods": ["felica", "felica"]}))),
        ("the claim of before", claims(json!({"methods": null, "method": "piv-pin"}))),
        ("signing key 9C asked for", claims(json!({"methods": ["piv-sign"]}))),
        ("watch of the wrong form", claims(json!({"watch": "x"}))),
        ("name with a line feed", claims(json!({"rp_name": "a\nb"}))),
        ("oversize", Wire::authenticate(&bench, oversize)),
        ("another purpose", claims(json!({"purpose": "activate"}))),
        ("unknown purpose", claims(json!({"purpose": "sign"}))),
        ("sign-in where a card is activated", other_route("/v1/activate", json!({}))),
        ("change where a card is activated", other_route("/v1/activate", change.clone())),
        ("activation where a PIN is changed", other_route("/v1/change-pin", activate.clone())),
        ("activation without PIN", other_route("/v1/activate", presence)),
        ("empty", Wire::authenticate(&bench, "")),
        ("no JSON", Wire::authenticate(&bench, "{")),
        ("unknown field", Wire::authenticate(&bench, r#"{"request":"","pin":"1"}"#)),
    ];
    all_refused(&bench, requests).await;
}

#[tokio::test]
async fn a_body_that_never_comes_is_not_waited_for() {
    let bench = Bench::new().await;
    let refusal = refusal(&bench).await;
    assert_eq!(good(&bench).send_without_body().await, refusal);
}

#[tokio::test]
async fn a_request_is_good_once() {
    let bench = Bench::with_card(&[]).await;
    bench.right_pin();
    let request = bench.idp.request();
    let events = Wire::authenticate(&bench, request.clone()).listen().await.events().await;
    assert!(events.last().unwrap().get("token").is_some(), "{events:?}");
    all_refused(&bench, vec![("replayed", Wire::authenticate(&bench, request))]).await;
}

#[tokio::test]
async fn while_one_signs_in_the_next_is_told_to_wait_and_may_come_again() {
    let bench = Bench::with_card(&[]).await;
    bench.prompt.will(Act::Think);
    let page = good(&bench).listen().await;
    bench.prompt.begun.notified().await;
    let next = bench.idp.request();
    let busy = Wire::authenticate(&bench, next.clone()).send().await;
    assert_eq!((busy.status, busy.body.as_str()), (409, ""));
    assert_eq!(busy.header("access-control-allow-origin"), Some(ORIGIN));
    drop(page);
    bench.prompt.closed().await;
    bench.right_pin();
    let events = Wire::authenticate(&bench, next).listen().await.events().await;
    assert!(events.last().unwrap().get("token").is_some(), "{events:?}");
}

#[tokio::test]
async fn who_asks_too_often_is_refused() {
    let bench = Bench::with_card(&[]).await;
    for _ in 0..20 {
        bench.prompt.will(Act::Refuse);
        drop(good(&bench).listen().await.events().await);
    }
    assert_eq!(good(&bench).send().await, refusal(&bench).await);
}

#[tokio::test]
async fn the_trusted_page_may_ask_beforehand_and_read_the_answer() {
    let bench = Bench::new().await;
    let preflight = |path, method| {
        Wire::new(bench.address, "OPTIONS", path)
            .with("origin", ORIGIN)
            .with("access-control-request-method", method)
            .with("access-control-request-headers", "content-type")
            .with("access-control-request-private-network", "true")
    };
    for path in ["/v1/activate", "/v1/change-pin"] {
        assert_eq!(preflight(path, "POST").send().await.status, 204);
    }
    let answer = preflight("/v1/authenticate", "POST").send().await;
    assert_eq!(answer.status, 204);
    for (name, value) in [
        ("access-control-allow-origin", ORIGIN),
        ("access-control-allow-methods", "POST"),
        ("access-control-allow-headers", "content-type"),
        ("access-control-allow-private-network", "true"),
        ("vary", "Origin"),
    ] {
        assert_eq!(answer.header(name), Some(value), "{name}");
    }
    assert_eq!(answer.header("access-control-allow-credentials"), None);
    let here = Wire::new(bench.address, "GET", "/v1/ping").with("origin", ORIGIN).send().await;
    assert_eq!(here.header("access-control-allow-origin"), Some(ORIGIN));
    let says: serde_json::Value = serde_json::from_str(&here.body).unwrap();
    assert_eq!((&says["name"], &says["prompt"]), (&json!("warifu-agent"), &json!("terminal")));
    assert_eq!(bench.touches(), 0);
}
