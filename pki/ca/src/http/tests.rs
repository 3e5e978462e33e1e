//! What the office serves, through the router as it is run.

use axum::body::{Body, to_bytes};
use axum::http::Request;
use tower::ServiceExt;
use warifu_pki::Reason;

use super::*;
use crate::CardId;
use crate::testing::{Bench, on_every_engine};

async fn get(bench: &Bench, path: &str, tag: Option<&HeaderValue>) -> Response {
    let mut request = Request::get(path);
    if let Some(tag) = tag {
        request = request.header(header::IF_NONE_MATCH, tag);
    }
    let router = bench.office.router().unwrap();
    router.oneshot(request.body(Body::empty()).unwrap()).await.unwrap()
}

async fn body(response: Response) -> Vec<u8> {
    to_bytes(response.into_body(), 1 << 20).await.unwrap().to_vec()
}

#[tokio::test]
async fn a_list_is_sent_once_until_it_changes() {
    on_every_engine(async |bench| {
        let card = bench.card().await;
        let first = get(&bench, LIST_PATH, None).await;
        assert_eq!(first.status(), StatusCode::OK);
        assert_eq!(first.headers()[header::CONTENT_TYPE], "application/pkix-crl");
        assert_eq!(first.headers()[header::CACHE_CONTROL], "no-cache");
        let tag = first.headers()[header::ETAG].clone();
        assert_eq!(body(first).await, bench.list().await);

        let second = get(&bench, LIST_PATH, Some(&tag)).await;
        assert_eq!(second.status(), StatusCode::NOT_MODIFIED);
        assert_eq!(second.headers()[header::ETAG], tag);
        assert!(body(second).await.is_empty());

        // Another process revokes; this one serves it at once.
        let colleague = bench.colleague().await;
        let id = CardId::Number(card.number.clone());
        colleague.revoke_card(&id, Reason::KeyCompromise).await.unwrap();
        let third = get(&bench, LIST_PATH, Some(&tag)).await;
        assert_eq!(third.status(), StatusCode::OK);
        let revocations = warifu_pki::RevocationList::new(bench.office.cards_authority().clone());
        revocations.accept(&body(third).await, bench.now()).unwrap();
        assert!(revocations.check(&bench.verified(&card), bench.now()).is_err());
    })
    .await;
}

#[tokio::test]
async fn the_authorities_are_served_as_what_they_are() {
    on_every_engine(async |bench| {
        let root = get(&bench, ROOT_PATH, None).await;
        assert_eq!(body(root).await, bench.office.root().pem().as_bytes());
        for (path, certificate) in [
            (CARDS_CERTIFICATE_PATH, bench.office.cards_authority()),
            (SERVICES_CERTIFICATE_PATH, bench.office.services_authority()),
        ] {
            let answer = get(&bench, path, None).await;
            assert_eq!(answer.headers()[header::CONTENT_TYPE], "application/pkix-cert");
            assert_eq!(body(answer).await, certificate.der());
        }
        assert_eq!(get(&bench, "/healthz", None).await.status(), StatusCode::OK);
        assert_eq!(get(&bench, "/readyz", None).await.status(), StatusCode::OK);
        assert_eq!(get(&bench, "/ca.key", None).await.status(), StatusCode::NOT_FOUND);
    })
    .await;
}

#[tokio::test]
async fn before_the_first_list_the_office_says_so() {
    on_every_engine(async |bench| {
        let sql = "DELETE FROM lists";
        warifu_service::execute!(bench.office.inner.database.write(), sql).unwrap();
        let answer = get(&bench, LIST_PATH, None).await;
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(answer.headers()[header::RETRY_AFTER], "5");
        let problem: serde_json::Value = serde_json::from_slice(&body(answer).await).unwrap();
        assert_eq!(problem["code"], "ca.no-list");
        assert_eq!(problem["title"], "失効リストがまだありません");
    })
    .await;
}

#[test]
fn every_route_is_described() {
    let description = serde_json::to_value(openapi()).unwrap();
    for path in [LIST_PATH, ROOT_PATH, CARDS_CERTIFICATE_PATH, SERVICES_CERTIFICATE_PATH] {
        assert!(description["paths"][path]["get"].is_object(), "{path}");
    }
}

#[test]
fn a_tag_is_found_in_a_list_of_tags() {
    let tag = HeaderValue::from_static("\"cards-7\"");
    for (line, expected) in [
        ("\"cards-7\"", true),
        ("W/\"cards-7\"", true),
        ("\"a\", \"cards-7\"", true),
        ("*", true),
        ("\"cards-77\"", false),
        ("", false),
    ] {
        let mut headers = HeaderMap::new();
        headers.insert(header::IF_NONE_MATCH, HeaderValue::from_static(line));
        assert_eq!(names(&headers, &tag), expected, "{line}");
    }
}
