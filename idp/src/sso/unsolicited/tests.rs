//! Answers that nobody asked for: to those alone who are registered for them.

use axum::http::StatusCode;

use super::super::tests::signed_in;
use crate::config::{EncryptionChoice, ServiceProviderConfig};
use crate::testing::{Answer, Rig, days};

fn path(provider: &str) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("provider", provider).append_pair("RelayState", "deep link");
    format!("/saml/unsolicited?{}", query.finish())
}

fn taken(provider: &mut ServiceProviderConfig) {
    provider.idp_initiated = true;
    provider.encryption = EncryptionChoice::Never;
}

fn refused(page: &Answer, code: &str) {
    assert!(page.status.is_client_error(), "{} {}", page.status, page.body);
    assert!(page.body.contains(code), "no {code} in {}", page.body);
    assert!(!page.body.contains("SAMLResponse"), "something was sent");
}

#[tokio::test]
async fn keycloak_cve_2026_3047_2603_16442_nobody_is_answered_who_is_not_registered_for_it() {
    let rig = Rig::new().await;
    let mut tab = signed_in(&rig).await;
    refused(&tab.get(&path(&rig.portal.entity_id)).await, "sso.unsolicited");
    refused(&tab.get(&path("https://stranger.example")).await, "sso.unknown-provider");
    assert!(tab.get("/saml/unsolicited").await.status.is_client_error());

    let disabled = Rig::registered(
        |provider| {
            taken(provider);
            provider.enabled = false;
        },
        &[],
    )
    .await;
    refused(&disabled.tab().get(&path(&disabled.portal.entity_id)).await, "sso.unknown-provider");
    let request = disabled.portal.redirect(&disabled.portal.request(disabled.now()));
    refused(&disabled.tab().get(&request).await, "sso.unknown-provider");

    let rig = Rig::registered(taken, &[]).await;
    rig.clock.advance(days(8));
    refused(&rig.tab().get(&path(&rig.portal.entity_id)).await, "sso.metadata-expired");
}

#[tokio::test]
async fn who_takes_it_is_answered_without_a_request() {
    let rig = Rig::registered(taken, &[]).await;
    let mut tab = signed_in(&rig).await;
    for _ in 0..2 {
        let page = tab.get(&path(&rig.portal.entity_id)).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.body);
        assert_eq!(page.attribute("action"), rig.portal.acs);
        assert_eq!(page.field("RelayState").as_deref(), Some("deep link"));
        let response = rig.response(&page);
        assert!(response.contains("上野太郎") && !response.contains("InResponseTo"), "{response}");
        let request = rig.portal.request(rig.now());
        let refused =
            rig.portal.consume(response.as_bytes(), &rig.idp_metadata(), &request, rig.now());
        assert!(refused.is_err(), "taken for the answer to a request");
    }
}

#[tokio::test]
async fn who_is_not_signed_in_signs_in_first() {
    let rig = Rig::registered(taken, &[]).await;
    let mut tab = rig.tab();
    let begun = tab.get(&path(&rig.portal.entity_id)).await;
    let page = tab.get(&begun.location()).await;
    let answer = tab.answer_with(&page, &rig.card).await;
    let done = tab.get(answer.json()["next"].as_str().unwrap()).await;
    assert!(!rig.response(&done).contains("InResponseTo"));
    assert_eq!(done.field("RelayState").as_deref(), Some("deep link"));
}

#[tokio::test]
async fn what_goes_back_with_the_answer_is_bounded() {
    let rig = Rig::registered(taken, &[]).await;
    let long = format!("{}{}", path(&rig.portal.entity_id), "x".repeat(1024));
    refused(&signed_in(&rig).await.get(&long).await, "sso.unreadable");
}
