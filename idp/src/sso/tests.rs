//! What happens to authentication requests: those that are answered, declined, or refused with a page.

use axum::http::StatusCode;
use jiff::SignedDuration;
use warifu_saml::names::{AC_PRESENCE, AC_SMARTCARD_PKI, ATTRIBUTE_DISPLAY_NAME};
use warifu_saml::{AcsChoice, AuthnRequest, NameIdPolicy, Refusal, Status};

use crate::testing::{Answer, Provider, Rig, Tab, days, redirect_signed};

pub(super) async fn refused(rig: &Rig, path: &str, code: &str) {
    let page = rig.tab().get(path).await;
    assert_eq!(page.status, StatusCode::BAD_REQUEST, "{}", page.body);
    assert!(page.body.contains(code), "no {code} in {}", page.body);
    assert!(!page.body.contains("SAMLResponse"), "something was sent");
}

pub(crate) fn declined(rig: &Rig, page: &Answer, request: &AuthnRequest) -> Status {
    assert_eq!(page.status, StatusCode::OK, "{}", page.body);
    match rig.consume(page, request) {
        Err(Refusal::Status(status)) => status,
        other => panic!("{other:?}"),
    }
}

pub(super) async fn signed_in(rig: &Rig) -> Tab<'_> {
    let mut tab = rig.tab();
    tab.sign_in(&rig.portal.request(rig.now()), &rig.card).await;
    tab
}

#[tokio::test]
async fn a_request_of_nobody_we_know_is_refused() {
    let rig = Rig::new().await;
    let stranger = Provider::new(&rig.pki, "stranger.example");
    let path = stranger.redirect(&stranger.request(rig.now()));
    refused(&rig, &path, "sso.unknown-provider").await;
}

#[tokio::test]
async fn an_answer_goes_only_where_the_metadata_says() {
    let rig = Rig::new().await;
    for wrong in ["https://evil.example/saml/acs", "https://portal.example/saml/acs/"] {
        let acs = AcsChoice::Url(wrong.into());
        let request = AuthnRequest { acs, ..rig.portal.request(rig.now()) };
        refused(&rig, &rig.portal.redirect(&request), "sso.acs").await;
    }
    let default = AuthnRequest { acs: AcsChoice::Default, ..rig.portal.request(rig.now()) };
    assert!(rig.tab().get(&rig.portal.redirect(&default)).await.status.is_redirection());
}

#[tokio::test]
async fn a_request_must_be_signed_by_its_provider() {
    let rig = Rig::new().await;
    let request = rig.portal.request(rig.now());
    let unsigned = redirect_signed(&request, None);
    refused(&rig, &unsigned, "sso.signature").await;
    let other = Provider::new(&rig.pki, "other.example");
    let forged = redirect_signed(&request, Some(&other.signer));
    refused(&rig, &forged, "sso.signature").await;
    let altered = rig.portal.redirect(&request).replace("relay", "other");
    refused(&rig, &altered, "sso.signature").await;
}

#[tokio::test]
async fn a_stale_request_and_one_for_another_idp_are_refused() {
    let rig = Rig::new().await;
    let old = rig.portal.request(rig.now() - SignedDuration::from_mins(30));
    refused(&rig, &rig.portal.redirect(&old), "sso.stale").await;
    let elsewhere = AuthnRequest {
        destination: Some("https://other.example/saml/sso".into()),
        ..rig.portal.request(rig.now())
    };
    refused(&rig, &rig.portal.redirect(&elsewhere), "sso.stale").await;
}

#[tokio::test]
async fn rubbish_is_refused() {
    let rig = Rig::new().await;
    for path in ["/saml/sso", "/saml/sso?SAMLRequest=", "/saml/sso?SAMLRequest=AAAA&SAMLRequest=B"]
    {
        refused(&rig, path, "sso.unreadable").await;
    }
}

#[tokio::test]
async fn an_answers_page_leads_nowhere_where_its_request_would_count_again() {
    let rig = Rig::new().await;
    let mut tab = signed_in(&rig).await;
    let path = rig.portal.redirect(&rig.portal.request(rig.now()));
    let page = tab.get(&path).await;
    assert!(page.field("SAMLResponse").is_some(), "{}", page.body);
    for of_the_request in ["SAMLRequest", "hreflang", "furigana="] {
        assert!(!page.body.contains(of_the_request), "{of_the_request} in {}", page.body);
    }
    assert_eq!(tab.get(&path).await.status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn metadata_counts_until_its_end() {
    let rig = Rig::new().await;
    rig.clock.advance(days(8));
    let path = rig.portal.redirect(&rig.portal.request(rig.now()));
    refused(&rig, &path, "sso.metadata-expired").await;
    let file = rig.folder.path().join("portal.xml");
    rig.portal.write_metadata(&file, rig.now() + days(7));
    rig.centre().registry.look_at_due().await;
    assert!(rig.tab().get(&path).await.status.is_redirection());
}

#[tokio::test]
async fn what_cannot_be_given_is_declined_in_a_response() {
    let rig = Rig::new().await;
    let password = "urn:oasis:names:tc:SAML:2.0:ac:classes:Password";
    let request = rig.portal.asking_for(password, rig.now());
    let page = rig.tab().get(&rig.portal.redirect(&request)).await;
    assert_eq!(declined(&rig, &page, &request), Status::NoAuthnContext);

    let passive = AuthnRequest { is_passive: true, ..rig.portal.request(rig.now()) };
    let page = rig.tab().get(&rig.portal.redirect(&passive)).await;
    assert_eq!(declined(&rig, &page, &passive), Status::NoPassive);

    let mail = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress";
    let policy = NameIdPolicy { format: Some(mail.into()), ..NameIdPolicy::default() };
    let by_mail = AuthnRequest { name_id_policy: policy, ..rig.portal.request(rig.now()) };
    let page = rig.tab().get(&rig.portal.redirect(&by_mail)).await;
    assert_eq!(declined(&rig, &page, &by_mail), Status::InvalidNameIdPolicy);
}

#[tokio::test]
async fn a_session_answers_without_the_card() {
    let rig = Rig::new().await;
    let mut tab = signed_in(&rig).await;
    let request = rig.portal.asking_for(AC_SMARTCARD_PKI, rig.now());
    let page = tab.get(&rig.portal.redirect(&request)).await;
    let login = rig.login(&page, &request);
    assert_eq!(login.value(ATTRIBUTE_DISPLAY_NAME), Some("上野太郎"));
    assert_eq!(page.field("RelayState").as_deref(), Some("relay state"));

    let passive = AuthnRequest { is_passive: true, ..rig.portal.request(rig.now()) };
    let page = tab.get(&rig.portal.redirect(&passive)).await;
    assert_eq!(rig.login(&page, &passive).session_index, login.session_index);
}

#[tokio::test]
async fn a_provider_that_wants_it_proven_anew_gets_that() {
    let rig = Rig::new().await;
    let mut tab = signed_in(&rig).await;
    rig.clock.advance(SignedDuration::from_mins(5));
    let request = AuthnRequest { force_authn: true, ..rig.portal.request(rig.now()) };
    let page = tab.sign_in(&request, &rig.card).await;
    assert_eq!(rig.login(&page, &request).authenticated_at, rig.now());

    let both =
        AuthnRequest { force_authn: true, is_passive: true, ..rig.portal.request(rig.now()) };
    let page = tab.get(&rig.portal.redirect(&both)).await;
    assert_eq!(declined(&rig, &page, &both), Status::NoPassive);
}

#[tokio::test]
async fn an_idle_session_answers_no_more() {
    let rig = Rig::new().await;
    let mut tab = signed_in(&rig).await;
    rig.clock.advance(SignedDuration::from_mins(16));
    let request = rig.portal.request(rig.now());
    assert!(tab.get(&rig.portal.redirect(&request)).await.status.is_redirection());
}

#[tokio::test]
async fn a_request_is_answered_once() {
    let rig = Rig::new().await;
    let mut tab = signed_in(&rig).await;
    let request = rig.portal.request(rig.now());
    let path = rig.portal.redirect(&request);
    rig.login(&tab.get(&path).await, &request);
    let again = tab.get(&path).await;
    assert_eq!(again.status, StatusCode::CONFLICT);
    assert!(again.body.contains("login.replayed"));
}

#[tokio::test]
async fn presence_is_for_staff_alone() {
    let rig = Rig::new().await;
    let request = rig.portal.asking_for(AC_PRESENCE, rig.now());
    let page = rig.tab().get(&rig.portal.redirect(&request)).await;
    assert_eq!(declined(&rig, &page, &request), Status::RequestDenied);
    let request = rig.portal.asking_for(AC_PRESENCE, rig.now());
    let page = signed_in(&rig).await.get(&rig.portal.redirect(&request)).await;
    assert_eq!(declined(&rig, &page, &request), Status::RequestDenied);
}

#[tokio::test]
async fn an_address_that_tries_too_often_has_to_wait() {
    let rig = Rig::new().await;
    let mut answers = Vec::new();
    for _ in 0..1001 {
        let path = rig.portal.redirect(&rig.portal.request(rig.now()));
        answers.push(rig.tab().get(&path).await);
    }
    let last = answers.last().unwrap();
    assert_eq!(last.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(last.headers["retry-after"], "60");
    assert!(last.body.contains("login.throttled"));
}
