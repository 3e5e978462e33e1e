//! The relay with a real gateway at the other end: both halves of the connector's interface fit.

use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use warifu_connectors::{ConnectorKind, Gateway, GatewayConfig, RelayJwksConfig};
use warifu_contract::eligibility::{EligibilityAnswer, Verdict};
use warifu_contract::records::{DisplayName, PanelOutcome, Record, Service};
use warifu_log::Series;
use warifu_service::http::{ListenConfig, Server};
use warifu_service::storage::DatabaseConfig;
use warifu_service::{Surroundings, clock};

use crate::bed::{Bed, TARO};

pub const PSEUDONYM: &str = "0123456789abcdef0123456789abcdef";

/// Puts a real insurer's gateway, which knows 上野太郎, in the place of the bed's insurer. It takes
/// the relay's keys from the relay itself.
pub async fn with_gateway(bed: &mut Bed) -> CancellationToken {
    let listen = ListenConfig {
        address: "127.0.0.1:0".parse().unwrap(),
        tls: Some(bed.federation.server_tls("connector-insurer")),
    };
    let server = Server::bind(&listen).await.unwrap();
    bed.config.connectors[0].url = format!("https://localhost:{}", server.address().port());
    bed.config.connectors[0].insurer_numbers = vec!["00000001".into()];
    bed.restart().await;
    let federation = &bed.federation;
    let config = GatewayConfig {
        id: "insurer".into(),
        kind: ConnectorKind::Insurer,
        name: DisplayName { ja: "仮想保険者".into(), en: "Sample insurer".into() },
        listen,
        database: DatabaseConfig::sqlite(&federation.path("gateway.db")),
        source: None,
        services: None,
        relay_jwks: RelayJwksConfig {
            url: bed.url("/jwks.json"),
            party: "relay".into(),
            tls: federation.client_tls("connector-insurer"),
            refresh_seconds: 2,
        },
        linking: None,
    };
    let surroundings = Surroundings {
        clock: federation.clock.clone(),
        entropy: std::sync::Arc::new(clock::SystemEntropy),
    };
    let gateway = Gateway::open(config, surroundings).await.unwrap();
    let members = gateway.load_demo().await.unwrap();
    gateway.bind_pseudonym(&members["ueno-taro"], PSEUDONYM).await.unwrap();
    let stop = CancellationToken::new();
    tokio::spawn(server.serve(gateway.router(), stop.clone()));
    tokio::spawn(gateway.run(stop.clone()));
    bed.relay.link(TARO, "insurer", PSEUDONYM).await.unwrap();
    stop
}

#[tokio::test]
async fn a_record_and_both_kinds_of_check_go_all_the_way() {
    let mut bed = Bed::new().await;
    let stop = with_gateway(&mut bed).await;

    let token = bed.token(&bed.ticket()).await;
    let panels = bed.panels(&token, &[Service::Insurance]).await;
    let PanelOutcome::Ready { record, .. } = &panels[0].outcome else {
        panic!("{:?}", panels[0].outcome)
    };
    assert!(matches!(record.as_ref(), Record::Insurance(held) if !held.coverages.is_empty()));

    let presence = bed.token(&bed.presence_ticket()).await;
    let tapped = json!({ "subject": { "by": "card" }, "target_date": "2026-11-20",
                         "idempotency_key": "tapped-key-000001" });
    assert_eq!(verdict(&bed, &presence, &tapped).await, Verdict::Valid);

    let desk = bed.token(&bed.desk_ticket()).await;
    let check = |number: &str| {
        json!({
            "subject": { "by": "number", "insurer_number": "00000001", "symbol": "東京",
                         "number": number, "branch": null, "birth_date": "1955-05-05" },
            "target_date": "2026-11-20", "idempotency_key": format!("typed-key-{number:0>7}"),
        })
    };
    assert_eq!(verdict(&bed, &desk, &check("001")).await, Verdict::Valid);
    assert_eq!(verdict(&bed, &desk, &check("999")).await, Verdict::NumberUnknown);

    let seen = bed.relay.log().history(TARO, Series::Disclosure, None, 5).await.unwrap();
    assert_eq!(seen.len(), 3, "the look, the tap, the typed number; the last is nobody's");
    stop.cancel();
}

async fn verdict(bed: &Bed, token: &str, check: &Value) -> Verdict {
    let answer = bed.post(&bed.portal, "/eligibility", token, check).await;
    let answer: EligibilityAnswer = answer.json().await.unwrap();
    answer.decision.verdict
}
