//! The certificates of the authorities, and what is not there.

use warifu_pki::Certificate;

use crate::rig::on_every_engine;

#[tokio::test]
async fn the_authorities_are_served_as_what_they_are() {
    on_every_engine(async |house| {
        assert_eq!(house.get("/ca.pem").await.body, house.ca.root().pem().as_bytes());
        assert_eq!(house.get("/ca.cer").await.body, house.ca.root().der());
        for name in ["cards", "services", "staff"] {
            let answer = house.get(&format!("/{name}-1.cer")).await;
            assert_eq!(answer.header("content-type"), "application/pkix-cert");
            assert_eq!(answer.body, house.issuer(&format!("{name} 1")).der());
        }
        let all = house.get("/authorities.pem").await;
        assert_eq!(Certificate::chain_from_pem(&all.body).unwrap(), house.ca.issuers());
        assert_eq!(house.get_unless("/authorities.pem", Some(&all)).await.status, 304);
    })
    .await;
}

#[tokio::test]
async fn keys_and_everything_else_are_not_there() {
    on_every_engine(async |house| {
        for path in [
            "/ca.key",
            "/cards-1.key",
            "/cards-2.cer",
            "/authorities.toml",
            "/crl/cards-1-40.crl",
            "/crl/cards-2-00.crl",
            "/crl/cards-1-00",
            "/crl/..%2fca.key",
            "/crl/",
        ] {
            let answer = house.get(path).await;
            assert_eq!(answer.status, 404, "{path}");
            assert_eq!(answer.json()["code"], "request.unknown-path", "{path}");
        }
        for path in ["/healthz", "/readyz"] {
            assert_eq!(house.get(path).await.status, 200);
        }
    })
    .await;
}

#[tokio::test]
async fn before_the_first_list_the_authority_says_so() {
    on_every_engine(async |house| {
        let database = house.ca.database();
        warifu_service::execute!(database.write(), "DELETE FROM lists").unwrap();
        house.pass(jiff::SignedDuration::from_secs(3));
        let answer = house.get("/crl/cards-1-00.crl").await;
        assert_eq!((answer.status, answer.header("retry-after")), (503, "5"));
        assert_eq!(answer.json()["code"], "ca.no-list");
        assert_eq!(answer.json()["title"], "失効リストがまだありません");
    })
    .await;
}

#[test]
fn every_route_is_described() {
    let description = serde_json::to_value(warifu_ca::openapi()).unwrap();
    for (path, method) in [
        ("/crl/index.json", "get"),
        ("/crl/{file}", "get"),
        ("/ca.pem", "get"),
        ("/authorities.pem", "get"),
        ("/{file}", "get"),
        ("/ocsp", "post"),
        ("/ocsp/{request}", "get"),
    ] {
        assert!(description["paths"][path][method].is_object(), "{path}");
    }
}
