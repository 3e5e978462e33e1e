//! Signing in and out, and every way in which that must not work.

use axum::body::Body;
use axum::http::{Method, Response, StatusCode, header};
use data_encoding::BASE64;
use warifu_saml::Comparison;
use warifu_saml::names::{
    AC_PRESENCE, AC_SMARTCARD, ATTRIBUTE_PAIRWISE_ID, ATTRIBUTE_RELAY_TICKET,
};

use super::peers::{NAME, SUBJECT, Saying, logout_envelope};
use super::pki::{IDP, STRANGER};
use super::rig::{Answer as _, Browser, Rig};

const SESSION: &str = "__Host-portal";

/// The refusal's code, from its page.
async fn refusal(response: Response<Body>) -> (StatusCode, String) {
    let status = response.status();
    let page = response.text().await;
    let known = crate::words::PROBLEMS.iter().find(|code| page.contains(**code));
    (status, known.map(|code| (*code).to_owned()).unwrap_or(page))
}

/// Posts what `change` makes of a good saying, in a fresh browser.
async fn posted(rig: &Rig, change: impl FnOnce(&mut Saying)) -> (StatusCode, String) {
    let mut browser = rig.browser();
    let request = browser.begin("/login").await;
    let mut saying = Saying::person(&request, rig.now(), "resident");
    change(&mut saying);
    refusal(browser.post_assertion(&saying.post_field()).await).await
}

#[tokio::test]
async fn a_felica_card_tells_who_is_there_and_opens_no_records() {
    let rig = Rig::new().await;
    let mut browser = rig.browser();
    let request = browser.begin("/login?card=felica&to=/home").await;
    let asked = request.requested_context.clone().unwrap();
    assert_eq!((asked.comparison, asked.classes), (Comparison::Minimum, vec![AC_SMARTCARD.into()]));
    let mut saying = Saying::person(&request, rig.now(), "resident");
    saying.context_class = AC_SMARTCARD;
    let finish = browser.post_assertion(&saying.post_field()).await.location();
    assert_eq!(browser.get(&finish).await.location(), "/home");
    let session = browser.get_json("/session").await;
    assert_eq!((&session["level"], &session["records"]), (&"substantial".into(), &false.into()));
    let home = browser.get("/home").await.text().await;
    assert!(home.contains("ICカードと暗証番号でログインし直してください"), "{home}");
    assert!(home.contains("href=\"/login\""), "the way up");
    assert!(browser.begin("/login").await.requested_context.is_none(), "the surest");
}

#[tokio::test]
async fn a_good_sign_in_leads_to_the_page_wanted() {
    let rig = Rig::new().await;
    let mut browser = rig.browser();
    let request = browser.begin("/login?to=/insurance").await;
    assert!(request.requested_context.is_none());
    let field = Saying::person(&request, rig.now(), "resident").post_field();
    let finish = browser.post_assertion(&field).await.location();
    assert!(finish.starts_with("/login/finish?h="));
    assert!(!browser.cookies.contains_key(SESSION), "no session before the same browser is back");
    assert_eq!(browser.get(&finish).await.location(), "/insurance");
    let session = browser.get_json("/session").await;
    assert_eq!(session["signed_in"], true);
    assert_eq!(session["subject"], SUBJECT);
    assert_eq!(session["level"], "high");
    assert_eq!(session["since"], "2026-11-20T01:15:02Z");
    assert_eq!(session["roles"], serde_json::json!(["resident"]));
    assert_eq!(session["records"], true);
}

#[tokio::test]
async fn nobody_is_signed_in_by_default() {
    let rig = Rig::new().await;
    let session = rig.browser().get_json("/session").await;
    assert_eq!(session, serde_json::json!({ "signed_in": false }));
}

#[tokio::test]
async fn an_answer_works_once() {
    let rig = Rig::new().await;
    let mut browser = rig.browser();
    let request = browser.begin("/login").await;
    let field = Saying::person(&request, rig.now(), "resident").post_field();
    let finish = browser.post_assertion(&field).await.location();
    let again = refusal(browser.post_assertion(&field).await).await;
    assert_eq!(again, (StatusCode::BAD_REQUEST, "saml.request-unknown".into()));
    assert_eq!(browser.get(&finish).await.status(), StatusCode::SEE_OTHER);
    let again = refusal(browser.get(&finish).await).await;
    assert_eq!(again, (StatusCode::BAD_REQUEST, "login.handle".into()));
}

#[tokio::test]
async fn a_forged_answer_does_not_spend_the_request() {
    let rig = Rig::new().await;
    let mut browser = rig.browser();
    let request = browser.begin("/login").await;
    let good = Saying::person(&request, rig.now(), "resident");
    let forged = Saying { signer: &STRANGER, ..good.clone() };
    let refused = refusal(browser.post_assertion(&forged.post_field()).await).await;
    assert_eq!(refused, (StatusCode::FORBIDDEN, "saml.refused".into()));
    let finish = browser.post_assertion(&good.post_field()).await.location();
    assert!(finish.starts_with("/login/finish?h="), "{finish}");
}

#[tokio::test]
async fn of_two_answers_the_first_counts() {
    let rig = Rig::new().await;
    let mut browser = rig.browser();
    let request = browser.begin("/login").await;
    let field = super::peers::stopped(&request, rig.now());
    let next = browser.post_assertion(&field).await.location();
    assert_eq!(next, "/login/stopped");
    let good = Saying::person(&request, rig.now(), "resident").post_field();
    let late = refusal(browser.post_assertion(&good).await).await;
    assert_eq!(late, (StatusCode::BAD_REQUEST, "saml.request-unknown".into()));
}

#[tokio::test]
async fn an_assertion_id_seen_before_is_refused_even_for_a_new_request() {
    let rig = Rig::new().await;
    let same = |saying: &mut Saying| saying.assertion_bytes = Some(7);
    let mut browser = rig.browser();
    let request = browser.begin("/login").await;
    let mut saying = Saying::person(&request, rig.now(), "resident");
    same(&mut saying);
    browser.post_assertion(&saying.post_field()).await.location();
    assert_eq!(posted(&rig, same).await, (StatusCode::BAD_REQUEST, "saml.replayed".into()));
}

#[tokio::test]
async fn what_is_not_for_us_or_not_from_them_is_refused() {
    let rig = Rig::new().await;
    let refused = (StatusCode::FORBIDDEN, "saml.refused".to_owned());
    let other = "https://other.example/saml/metadata";
    assert_eq!(posted(&rig, |one| one.audience = other.into()).await, refused);
    assert_eq!(
        posted(&rig, |one| one.acs_url = "https://other.example/saml/acs".into()).await,
        refused
    );
    assert_eq!(posted(&rig, |one| one.signer = &STRANGER).await, refused);
    assert_eq!(posted(&rig, |one| one.issuer = "https://evil.example").await, refused);
    let old = rig.now() - jiff::SignedDuration::from_hours(1);
    assert_eq!(posted(&rig, |one| one.now = old).await, refused);
    let level = (StatusCode::FORBIDDEN, "saml.level".to_owned());
    assert_eq!(posted(&rig, |one| one.context_class = AC_PRESENCE).await, level);
    let nobody = |one: &mut Saying| drop(one.attributes.remove(ATTRIBUTE_PAIRWISE_ID));
    assert_eq!(posted(&rig, nobody).await, level);
    let foreign = |one: &mut Saying| {
        one.attributes.insert(ATTRIBUTE_PAIRWISE_ID, vec!["someone@evil.example".into()]);
    };
    assert_eq!(posted(&rig, foreign).await, refused);
    let unasked = (StatusCode::BAD_REQUEST, "saml.request-unknown".to_owned());
    assert_eq!(
        posted(&rig, |one| one.in_response_to = "_nobody-asked-for-this".into()).await,
        unasked
    );
}

#[tokio::test]
async fn an_altered_answer_is_refused() {
    let rig = Rig::new().await;
    let mut browser = rig.browser();
    let request = browser.begin("/login").await;
    let field = Saying::person(&request, rig.now(), "resident").post_field();
    let xml = String::from_utf8(BASE64.decode(field.as_bytes()).unwrap()).unwrap();
    let at = xml.rfind("</xenc:CipherValue>").unwrap() - 40;
    let mut altered = xml.clone().into_bytes();
    altered[at] = if altered[at] == b'A' { b'B' } else { b'A' };
    let answer = refusal(browser.post_assertion(&BASE64.encode(&altered)).await).await;
    assert_eq!(answer, (StatusCode::FORBIDDEN, "saml.refused".into()));
    for junk in ["", "%%%", "PGE+", &BASE64.encode(b"<!DOCTYPE a><a/>")] {
        let answer = refusal(browser.post_assertion(junk).await).await;
        assert_eq!(answer, (StatusCode::BAD_REQUEST, "saml.unreadable".into()), "{junk}");
    }
}

#[tokio::test]
async fn another_browser_cannot_take_the_sign_in() {
    let rig = Rig::new().await;
    let mut mine = rig.browser();
    let request = mine.begin("/login").await;
    let field = Saying::person(&request, rig.now(), "resident").post_field();
    let finish = mine.post_assertion(&field).await.location();
    let mut other = rig.browser();
    other.begin("/login").await;
    for mut wrong in [other, rig.browser()] {
        let mut fresh = mine.clone();
        let request = fresh.begin("/login").await;
        let field = Saying::person(&request, rig.now(), "resident").post_field();
        let finish = fresh.post_assertion(&field).await.location();
        let answer = refusal(wrong.get(&finish).await).await;
        assert_eq!(answer, (StatusCode::FORBIDDEN, "login.other-browser".into()));
        assert!(!wrong.cookies.contains_key(SESSION));
    }
    assert_eq!(mine.get(&finish).await.status(), StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn time_runs_out() {
    let rig = Rig::new().await;
    let mut browser = rig.browser();
    let request = browser.begin("/login").await;
    rig.pass(601);
    let field = Saying::person(&request, rig.now(), "resident").post_field();
    let late = refusal(browser.post_assertion(&field).await).await;
    assert_eq!(late, (StatusCode::BAD_REQUEST, "saml.request-unknown".into()));
    let request = browser.begin("/login").await;
    let field = Saying::person(&request, rig.now(), "resident").post_field();
    let finish = browser.post_assertion(&field).await.location();
    rig.pass(61);
    let late = refusal(browser.get(&finish).await).await;
    assert_eq!(late, (StatusCode::BAD_REQUEST, "login.handle".into()));
}

#[tokio::test]
async fn a_sign_in_makes_a_new_session() {
    let rig = Rig::new().await;
    let mut browser = rig.signed_in("resident").await;
    let before = browser.cookies[SESSION].clone();
    let request = browser.begin("/login").await;
    let field = Saying::person(&request, rig.now(), "resident").post_field();
    let finish = browser.post_assertion(&field).await.location();
    browser.get(&finish).await.location();
    assert_ne!(browser.cookies[SESSION], before);
    let mut old = rig.browser();
    old.cookies.insert(SESSION.into(), before);
    assert_eq!(old.get_json("/session").await["signed_in"], false);
}

#[tokio::test]
async fn signing_out_ends_the_session() {
    let rig = Rig::new().await;
    let mut browser = rig.signed_in("resident").await;
    let copy = browser.clone();
    assert_eq!(browser.post("/logout", &[]).await.location(), "/signed-out");
    assert!(!browser.cookies.contains_key(SESSION));
    for mut one in [browser, copy] {
        assert_eq!(one.get_json("/session").await["signed_in"], false);
    }
}

#[tokio::test]
async fn another_site_cannot_act() {
    let rig = Rig::new().await;
    let mut browser = rig.signed_in("resident").await;
    for (name, value) in [("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")] {
        let request = browser
            .request(Method::POST, "/logout")
            .header(name, value)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        let answer = refusal(browser.send(request.body(Body::empty()).unwrap()).await).await;
        assert_eq!(answer, (StatusCode::FORBIDDEN, "request.cross-site".into()));
    }
    assert_eq!(browser.get_json("/session").await["signed_in"], true);
}

async fn slo(browser: &mut Browser<'_>, envelope: String) -> Response<Body> {
    let request =
        browser.request(Method::POST, "/saml/slo").header(header::CONTENT_TYPE, "text/xml");
    browser.send(request.body(envelope.into()).unwrap()).await
}

#[tokio::test]
async fn the_identity_provider_ends_one_session_or_all() {
    let rig = Rig::new().await;
    for name_them in [true, false] {
        let mut browser = rig.browser();
        let request = browser.begin("/login").await;
        let saying = Saying::person(&request, rig.now(), "resident");
        let finish = browser.post_assertion(&saying.post_field()).await.location();
        browser.get(&finish).await.location();
        let mut other = rig.signed_in("resident").await;
        let indexes = if name_them { vec![saying.session_index.clone()] } else { Vec::new() };
        let mut idp = rig.browser();
        let answer = slo(&mut idp, logout_envelope(&IDP, rig.now(), indexes)).await;
        assert_eq!(answer.status(), StatusCode::OK);
        assert!(answer.text().await.contains("status:Success"));
        assert_eq!(browser.get_json("/session").await["signed_in"], false);
        assert_eq!(other.get_json("/session").await["signed_in"], name_them);
    }
}

#[tokio::test]
async fn nobody_else_ends_sessions() {
    let rig = Rig::new().await;
    let mut browser = rig.signed_in("resident").await;
    let mut stranger = rig.browser();
    let old = rig.now() - jiff::SignedDuration::from_hours(1);
    for envelope in [
        logout_envelope(&STRANGER, rig.now(), Vec::new()),
        logout_envelope(&IDP, old, Vec::new()),
        logout_envelope(&IDP, rig.now(), Vec::new()).replace("/saml/slo", "/saml/xyz"),
        "<a/>".to_owned(),
        String::new(),
    ] {
        let answer = refusal(slo(&mut stranger, envelope).await).await;
        assert_eq!(answer, (StatusCode::FORBIDDEN, "logout.refused".into()));
    }
    assert_eq!(browser.get_json("/session").await["signed_in"], true);
}

#[tokio::test]
async fn an_open_page_hears_that_its_session_ended() {
    use futures::StreamExt as _;
    let rig = Rig::new().await;
    let mut browser = rig.signed_in("clinic-desk").await;
    let copy = browser.clone();
    let response = browser.get("/session/events").await;
    assert_eq!(response.headers()[header::CONTENT_TYPE], "text/event-stream");
    let mut events = response.into_body().into_data_stream();
    let mut idp = copy;
    slo(&mut idp, logout_envelope(&IDP, rig.now(), Vec::new())).await;
    let heard = tokio::time::timeout(std::time::Duration::from_secs(3), events.next()).await;
    let heard = heard.expect("heard in time").unwrap().unwrap();
    assert!(String::from_utf8_lossy(&heard).contains("event: signed-out"));
    assert!(events.next().await.is_none(), "and then the stream ends");
}

#[tokio::test]
async fn a_sign_in_without_a_ticket_says_so() {
    let rig = Rig::new().await;
    let mut browser = rig.browser();
    let request = browser.begin("/login").await;
    let mut saying = Saying::person(&request, rig.now(), "resident");
    saying.attributes.remove(ATTRIBUTE_RELAY_TICKET);
    let finish = browser.post_assertion(&saying.post_field()).await.location();
    browser.get(&finish).await.location();
    let session = browser.get_json("/session").await;
    assert_eq!((&session["signed_in"], &session["records"]), (&true.into(), &false.into()));
    let page = browser.get("/home").await.text().await;
    assert!(page.contains(NAME));
    assert!(page.contains("記録を見るには、もう一度ログインが要ります"));
}

#[tokio::test]
async fn the_database_alone_says_nothing() {
    let rig = Rig::new().await;
    let mut browser = rig.signed_in("resident").await;
    browser.get("/home").await.text().await;
    let request = browser.begin("/login").await;
    let mut bytes = Vec::new();
    for file in ["portal.db", "portal.db-wal"] {
        bytes.extend(std::fs::read(rig.folder.path().join(file)).unwrap_or_default());
    }
    if std::env::var_os("WARIFU_TEST_POSTGRES").is_some() {
        return; // Its files are not ours to read.
    }
    assert!(bytes.len() > 4096);
    let session = browser.cookies[SESSION].clone();
    let secrets = [SUBJECT, NAME, "access-for-", "ticket-of-", &request.id, &session, "_transient"];
    for secret in secrets {
        let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
        assert!(!found, "{secret}");
    }
}

#[tokio::test]
async fn the_language_is_kept() {
    let rig = Rig::new().await;
    let mut browser = rig.browser();
    assert!(browser.get("/").await.text().await.contains("lang=\"ja\""));
    assert!(browser.get("/?lang=en").await.text().await.contains("Sign in with card"));
    assert_eq!(browser.cookies["lang"], "en");
    assert!(browser.get("/help").await.text().await.contains("lang=\"en\""));
}

#[tokio::test]
async fn pages_allow_no_script_but_our_own() {
    let rig = Rig::new().await;
    let response = rig.browser().get("/").await;
    let policy = response.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap().to_owned();
    assert!(policy.starts_with("default-src 'none'; style-src 'self';"), "{policy}");
    assert!(policy.contains("form-action 'self' https://idp.example;"), "{policy}");
    assert!(!policy.contains("unsafe"), "{policy}");
    assert_eq!(response.headers()[header::CACHE_CONTROL], "no-store");
}

#[tokio::test]
async fn the_portal_describes_itself_to_its_peers() {
    let rig = Rig::new().await;
    let response = rig.browser().get("/saml/metadata").await;
    assert_eq!(response.headers()[header::CONTENT_TYPE], "application/samlmetadata+xml");
    let xml = response.text().await;
    let policy = warifu_saml::MetadataPolicy {
        trusted: &[],
        require_valid_until: true,
        longest_validity: jiff::SignedDuration::from_hours(24 * 60),
    };
    let entities = warifu_saml::metadata::parse(xml.as_bytes(), &policy, rig.now()).unwrap();
    let provider = entities[0].sp.as_ref().unwrap();
    assert_eq!(provider.acs[0].location, "https://portal.example/saml/acs");
    assert!(provider.encryption_key().is_some());
}

#[tokio::test]
async fn a_sign_in_given_up_is_no_error() {
    let rig = Rig::new().await;
    let mut browser = rig.browser();
    let request = browser.begin("/login").await;
    let field = super::peers::stopped(&request, rig.now());
    let next = browser.post_assertion(&field).await.location();
    assert_eq!(next, "/login/stopped");
    assert!(browser.get(&next).await.text().await.contains("ログインを終えませんでした"));
    assert_eq!(browser.get_json("/session").await["signed_in"], false);
}

#[tokio::test]
async fn what_has_expired_is_swept() {
    let rig = Rig::new().await;
    let mut browser = rig.browser();
    let request = browser.begin("/login").await;
    browser.begin("/login").await;
    let field = Saying::person(&request, rig.now(), "resident").post_field();
    browser.post_assertion(&field).await.location();
    assert_eq!(rig.rows().await, 3, "a request, a used assertion, an arrival");
    rig.portal.sweep().await.unwrap();
    assert_eq!(rig.rows().await, 3, "none of them has expired");
    rig.pass(15 * 60);
    rig.portal.sweep().await.unwrap();
    assert_eq!(rig.rows().await, 0);
}

#[tokio::test]
async fn a_language_that_was_chosen_goes_along_to_the_sign_in() {
    let rig = Rig::new().await;
    let mut browser = rig.browser();
    assert!(!browser.get("/login").await.location().contains("lang="), "nobody chose one");
    browser.get("/?lang=en").await;
    assert!(browser.get("/login").await.location().ends_with("&lang=en"));
    browser.get("/?lang=ja").await;
    assert!(browser.get("/login").await.location().ends_with("&lang=ja"));
}
