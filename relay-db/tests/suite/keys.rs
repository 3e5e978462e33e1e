//! The keys that connectors take tokens by: published, exchanged while questions keep coming, and
//! dropped.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use warifu_connectors::RelayJwksConfig;
use warifu_contract::connector_token::{
    Confirmation, ConnectorClaims, LONGEST_LIFE_SECONDS, RELAY_ISSUER, TOKEN_TYPE, audience,
};
use warifu_contract::history::Purpose;
use warifu_contract::records::{PanelOutcome, Service};
use warifu_pki::jose::JwsSigner;
use warifu_pki::{FileKey, PublicKey};
use warifu_service::http::{ListenConfig, Server};
use warifu_service::{Surroundings, tls};

use crate::bed::{Bed, engines};
use crate::federation::Federation;
use crate::gateway::{PSEUDONYM, with_gateway};

/// How many ask at the same time.
const ASKERS: usize = 4;
/// Longer than the relay takes to look at its files and a connector to hear of it.
const HEARD: Duration = Duration::from_secs(4);

/// The relay's token key, said to the connector `id` by somebody with the relay's certificate,
/// where the relay itself starts later.
pub async fn published(
    federation: &Federation,
    id: &str,
    stop: &CancellationToken,
) -> RelayJwksConfig {
    let pem = std::fs::read(federation.path("token.pub")).unwrap();
    let key = PublicKey::from_pem(&pem).unwrap().jwk("sig").unwrap();
    let keys = json!({ "keys": [key] });
    let listen = ListenConfig {
        address: "127.0.0.1:0".parse().unwrap(),
        tls: Some(federation.server_tls("relay")),
    };
    let server = Server::bind(&listen).await.unwrap();
    let url = format!("https://localhost:{}/jwks.json", server.address().port());
    let router = Router::new().route("/jwks.json", get(move || async move { Json(keys) }));
    tokio::spawn(server.serve(router, stop.clone()));
    let tls = federation.client_tls(&format!("connector-{id}"));
    RelayJwksConfig { url, party: "relay".into(), tls, refresh_seconds: 1 }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_is_announced_exchanged_and_dropped_while_questions_keep_coming() {
    for engine in engines() {
        let mut bed = Bed::on(engine).await;
        let folder = bed.federation.path("token-keys");
        std::fs::create_dir(&folder).unwrap();
        bed.config.announced_token_keys = Some(folder.clone());
        let stop = with_gateway(&mut bed).await;
        let old = FileKey::load(&bed.federation.path("token.key")).unwrap();
        let next = bed.federation.key("next");
        let token = bed.token(&bed.ticket()).await;

        let (asked, done) = (AtomicUsize::new(0), CancellationToken::new());
        let askers = (0..ASKERS).map(|_| ask_on(&bed, &token, &asked, &done));
        let exchange = async {
            place(&old, &folder, "old.pub");
            place(&next, &folder, "next.pub");
            tokio::time::sleep(HEARD).await;
            assert_eq!(key_in_use(&bed).await, old.public_key().thumbprint());
            let key = bed.federation.path("token.key");
            std::fs::rename(bed.federation.path("next.key"), key).unwrap();
            tokio::time::sleep(HEARD).await;
            assert_eq!(key_in_use(&bed).await, next.public_key().thumbprint());
            assert_eq!(shown(&bed, &old).await, 200, "not dropped yet");
            let before = asked.load(Ordering::SeqCst);
            std::fs::remove_file(folder.join("old.pub")).unwrap();
            let dropped = Instant::now();
            while shown(&bed, &old).await == 200 {
                assert!(dropped.elapsed() < Duration::from_secs(5), "a dropped key is taken");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            println!("{engine:?}: a dropped key was refused after {:?}", dropped.elapsed());
            assert_eq!(shown(&bed, &next).await, 200);
            assert!(asked.load(Ordering::SeqCst) > before, "questions kept coming");
            done.cancel();
        };
        let (refused, ()) = tokio::join!(futures::future::join_all(askers), exchange);
        let asked = asked.into_inner();
        println!("{engine:?}: {asked} questions over the exchange of the key");
        assert_eq!(refused.concat(), Vec::<String>::new());
        stop.cancel();
    }
}

/// Asks for a record again and again; what did not come.
async fn ask_on(
    bed: &Bed,
    token: &str,
    asked: &AtomicUsize,
    done: &CancellationToken,
) -> Vec<String> {
    let mut refused = Vec::new();
    while !done.is_cancelled() {
        let panels = bed.panels(token, &[Service::Insurance]).await;
        asked.fetch_add(1, Ordering::SeqCst);
        for panel in panels {
            if !matches!(panel.outcome, PanelOutcome::Ready { .. }) {
                refused.push(format!("{:?}", panel.outcome));
            }
        }
    }
    refused
}

/// Puts the public half into a folder as a whole.
fn place(key: &FileKey, folder: &Path, name: &str) {
    let draft = folder.join("draft");
    std::fs::write(&draft, key.public_key().pem()).unwrap();
    std::fs::rename(draft, folder.join(name)).unwrap();
}

async fn key_in_use(bed: &Bed) -> String {
    let keys: Value = bed.get(&bed.portal, "/jwks.json", None).await.json().await.unwrap();
    keys["keys"][0]["kid"].as_str().unwrap().to_owned()
}

/// What the gateway says to a token of the relay's that is signed with `key`.
async fn shown(bed: &Bed, key: &FileKey) -> u16 {
    let config = bed.federation.client_tls("relay");
    let certificate = config.certificate.clone().unwrap();
    let iat = bed.now().as_second();
    let claims = ConnectorClaims {
        iss: RELAY_ISSUER.into(),
        aud: audience("insurer"),
        sub: Some(PSEUDONYM.into()),
        act: None,
        purpose: Purpose::OwnLook,
        receipt: None,
        jti: Surroundings::system().hex(16),
        iat,
        exp: iat + LONGEST_LIFE_SECONDS,
        cnf: Confirmation { x5t_s256: tls::thumbprint_of_file(&certificate).unwrap() },
    };
    let signer = JwsSigner::new(Arc::new(key.clone())).unwrap();
    let http = tls::client(&config, Duration::from_secs(10)).unwrap();
    let url = format!("{}/v1/records", bed.config.connectors[0].url);
    let request = http.post(url).bearer_auth(signer.sign(TOKEN_TYPE, &claims).unwrap());
    request.json(&json!({ "service": "insurance" })).send().await.unwrap().status().as_u16()
}
