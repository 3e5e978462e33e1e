//! Single logout through the browser, both ways, and every way in which that must not work.

use axum::http::{StatusCode, header};
use jiff::SignedDuration;
use warifu_saml::redirect::{self, Received};
use warifu_saml::{
    Certificate, LogoutRequest, LogoutResponse, NameId, RedirectParameter, Status, random_id,
};

use super::peers::{IDP_ID, IDP_SLO, ORIGIN, Saying, logout_request, random, signer_of};
use super::pki::{IDP, Identity, SAML, STRANGER};
use super::rig::{Answer as _, Browser, Rig};

const REQUEST: RedirectParameter = RedirectParameter::Request;
const RESPONSE: RedirectParameter = RedirectParameter::Response;

fn path(parameter: RedirectParameter, xml: &str, by: Option<&Identity>) -> String {
    let signer = by.map(signer_of);
    let signer = signer.as_ref().map(|signer| signer as &dyn warifu_saml::XmlSigner);
    redirect::url("/saml/slo", parameter, xml, Some("state"), signer).unwrap()
}

fn answer(rig: &Rig, to: &str, status: Status) -> LogoutResponse {
    LogoutResponse {
        id: random_id(&mut random),
        issuer: IDP_ID.to_owned(),
        issue_instant: rig.now(),
        destination: Some(format!("{ORIGIN}/saml/slo")),
        in_response_to: to.to_owned(),
        status,
    }
}

fn answer_path(rig: &Rig, to: &str, status: Status) -> String {
    path(RESPONSE, &answer(rig, to, status).to_xml().unwrap(), Some(&IDP))
}

/// What the browser is sent to the identity provider with, the portal's signature checked.
fn carried(location: &str, parameter: RedirectParameter) -> Received {
    let (address, query) = location.split_once('?').unwrap();
    assert_eq!(address, IDP_SLO);
    let received = redirect::receive(query, parameter).unwrap();
    received.verify(&[Certificate::from_pem(&SAML.certificate_pem()).unwrap()]).unwrap();
    received
}

/// Signs out and gives the request that the identity provider gets.
async fn leave(browser: &mut Browser<'_>, from: &str) -> LogoutRequest {
    let location = browser.post("/logout", &[("from", from)]).await.location();
    LogoutRequest::parse(&carried(&location, REQUEST).xml).unwrap()
}

async fn is_signed_in(browser: &mut Browser<'_>) -> bool {
    browser.get_json("/session").await["signed_in"] == true
}

async fn refused(browser: &mut Browser<'_>, path: &str) {
    let response = browser.get(path).await;
    assert_eq!(response.status(), StatusCode::FORBIDDEN, "{path}");
    assert!(!response.headers().contains_key(header::LOCATION));
    assert!(response.text().await.contains("logout.refused"));
}

#[tokio::test]
async fn the_own_session_ends_first_and_then_the_one_at_the_identity_provider() {
    let rig = Rig::with_logout().await;
    let mut browser = rig.browser();
    let request = browser.begin("/login").await;
    let saying = Saying::person(&request, rig.now(), "resident");
    let finish = browser.post_assertion(&saying.post_field()).await.location();
    browser.get(&finish).await.location();
    let asked = leave(&mut browser, "").await;
    assert!(!is_signed_in(&mut browser).await, "before anybody answers");
    assert_eq!(asked.issuer, format!("{ORIGIN}/saml/metadata"));
    assert_eq!(asked.name_id, NameId::transient("_transient"));
    assert_eq!(asked.session_indexes, [saying.session_index]);
    assert_eq!(asked.destination.as_deref(), Some(IDP_SLO));
    assert!(asked.not_on_or_after.unwrap() > rig.now());
    let page = browser.get("/").await;
    let policy = page.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
    assert!(policy.contains("form-action 'self' https://idp.example;"), "{policy}");
}

#[tokio::test]
async fn the_last_page_says_what_the_identity_provider_says() {
    let rig = Rig::with_logout().await;
    for (role, from, status, page, words) in [
        ("resident", "", Status::Success, "/signed-out", "記録は残っていません"),
        ("resident", "", Status::UnknownPrincipal, "/signed-out", "記録は残っていません"),
        ("resident", "", Status::PartialLogout, "/signed-out?partly", "確認できませんでした"),
        ("resident", "", Status::Responder, "/signed-out?partly", "確認できませんでした"),
        ("clinic-desk", "desk", Status::Success, "/desk/signed-out", "画面を閉じました"),
        ("clinic-desk", "desk", Status::PartialLogout, "/desk/signed-out?partly", "確認できません"),
    ] {
        let mut browser = rig.signed_in(role).await;
        let id = leave(&mut browser, from).await.id;
        let path = answer_path(&rig, &id, status);
        assert_eq!(browser.get(&path).await.location(), page, "{status:?}");
        assert!(browser.get(page).await.text().await.contains(words), "{status:?}");
        refused(&mut browser, &path).await;
    }
}

#[tokio::test]
async fn an_answer_that_nobody_waits_for_is_refused() {
    let rig = Rig::with_logout().await;
    let mut browser = rig.signed_in("resident").await;
    refused(&mut browser, &answer_path(&rig, "_nobody-asked", Status::Success)).await;
    let login = browser.begin("/login").await.id;
    refused(&mut browser, &answer_path(&rig, &login, Status::Success)).await;

    let mut other = rig.signed_in("resident").await;
    let id = leave(&mut other, "").await.id;
    let good = answer(&rig, &id, Status::Success);
    let xml = good.to_xml().unwrap();
    let elsewhere =
        LogoutResponse { destination: Some("https://x.example".into()), ..good.clone() };
    let nowhere = LogoutResponse { destination: None, ..good };
    for wrong in [
        path(RESPONSE, &xml, None),
        path(RESPONSE, &xml, Some(&STRANGER)),
        path(RESPONSE, &elsewhere.to_xml().unwrap(), Some(&IDP)),
        path(RESPONSE, &nowhere.to_xml().unwrap(), Some(&IDP)),
    ] {
        refused(&mut other, &wrong).await;
    }
    assert!(is_signed_in(&mut browser).await);
    refused(&mut browser, &path(RESPONSE, &xml, Some(&IDP))).await;
}

#[tokio::test]
async fn the_identity_provider_ends_sessions_through_the_browser() {
    let rig = Rig::with_logout().await;
    let mut browser = rig.signed_in("resident").await;
    let request = logout_request(rig.now(), Vec::new());
    let path = path(REQUEST, &request.to_xml().unwrap(), Some(&IDP));
    let received = carried(&browser.get(&path).await.location(), RESPONSE);
    assert_eq!(received.relay_state.as_deref(), Some("state"));
    let answer = LogoutResponse::parse(&received.xml).unwrap();
    answer.check(&request.id, IDP_SLO, rig.now()).unwrap();
    assert_eq!(answer.status, Status::Success);
    assert!(!is_signed_in(&mut browser).await);
    refused(&mut browser, &path).await;
}

#[tokio::test]
async fn nobody_else_ends_sessions_through_the_browser() {
    let rig = Rig::with_logout().await;
    let mut browser = rig.signed_in("resident").await;
    let good = logout_request(rig.now(), Vec::new());
    let xml = good.to_xml().unwrap();
    let signed = |request: &LogoutRequest| path(REQUEST, &request.to_xml().unwrap(), Some(&IDP));
    let inside = good.to_signed_xml(&signer_of(&IDP)).unwrap();
    let wrapped = xml.replace("</samlp:LogoutRequest>", &format!("{xml}</samlp:LogoutRequest>"));
    let over = rig.now() - SignedDuration::from_mins(4);
    for wrong in [
        "/saml/slo".to_owned(),
        "/saml/slo?SAMLRequest=AAAA".to_owned(),
        path(REQUEST, &xml, None),
        path(REQUEST, &xml, Some(&STRANGER)),
        path(REQUEST, &xml, Some(&IDP)).replace("RelayState=state", "RelayState=other"),
        format!("{}&SAMLResponse=AAAA", path(REQUEST, &xml, Some(&IDP))),
        path(REQUEST, &inside, Some(&IDP)),
        path(REQUEST, &wrapped, Some(&IDP)),
        signed(&LogoutRequest { issuer: "https://evil.example".into(), ..good.clone() }),
        signed(&LogoutRequest { destination: None, ..good.clone() }),
        signed(&LogoutRequest { destination: Some(IDP_SLO.into()), ..good.clone() }),
        signed(&LogoutRequest { not_on_or_after: Some(over), ..good.clone() }),
        signed(&LogoutRequest {
            issue_instant: rig.now() - SignedDuration::from_hours(1),
            ..good.clone()
        }),
    ] {
        refused(&mut browser, &wrong).await;
    }
    assert!(is_signed_in(&mut browser).await);
}

/// Browsers obey no line about a `__Host-` cookie that does not say so.
#[tokio::test]
async fn the_session_cookie_is_taken_away_in_words_that_browsers_obey() {
    let rig = Rig::new().await;
    let mut browser = rig.signed_in("resident").await;
    let response = browser.post("/logout", &[]).await;
    let lines = response.headers().get_all(header::SET_COOKIE).iter();
    let lines: Vec<_> = lines.map(|line| line.to_str().unwrap()).collect();
    let away = lines.iter().find(|line| line.starts_with("__Host-portal=;")).unwrap();
    assert!(away.contains("Secure") && away.contains("Path=/"), "{away}");
    assert!(away.contains("Max-Age=0"));
}
