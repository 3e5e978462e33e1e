//! A database that has no leader for a while: what cannot be kept is refused in a way that says to
//! come again, and coming again does it once.

use std::net::SocketAddr;

use jiff::SignedDuration;
use reqwest::Response;
use serde_json::{Value, json};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use url::Url;
use warifu_contract::consent::{Consent, ConsentList};
use warifu_log::{Action, Series};
use warifu_service::Database;
use warifu_service::storage::Transaction;

use crate::bed::{Bed, Engine, TARO, engines, refusal};

const KEY: &str = "consent-in-an-outage-01";

/// The relay's own database, which can be taken away and given back. The log has another.
enum Outage {
    /// SQLite: another program writes and does not end.
    Writer(Database, Option<Transaction>),
    /// PostgreSQL: a line to the server that can be cut.
    Line(watch::Sender<bool>),
}

impl Outage {
    async fn before(engine: Engine, bed: &mut Bed) -> Self {
        match engine {
            Engine::Sqlite => {
                let database = Database::connect(&bed.config.database).await.unwrap();
                Self::Writer(database, None)
            }
            Engine::Postgres => {
                let (there, watched) = watch::channel(true);
                let mut url = Url::parse(&bed.config.database.url).unwrap();
                let server = SocketAddr::from(([127, 0, 0, 1], url.port().unwrap()));
                url.set_port(Some(line(server, watched).await.port())).unwrap();
                bed.config.database.url = url.into();
                bed.restart().await;
                Self::Line(there)
            }
        }
    }

    async fn begin(&mut self) {
        match self {
            Self::Writer(database, held) => *held = Some(database.begin().await.unwrap()),
            Self::Line(there) => {
                there.send(false).unwrap();
            }
        }
    }

    fn end(&mut self) {
        match self {
            Self::Writer(_, held) => drop(held.take()),
            Self::Line(there) => {
                there.send(true).unwrap();
            }
        }
    }
}

/// Brings connections to `server`, and breaks them off while it is not `there`.
async fn line(server: SocketAddr, there: watch::Receiver<bool>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut near, _)) = listener.accept().await {
            let mut there = there.clone();
            tokio::spawn(async move {
                if *there.borrow_and_update() {
                    let mut far = TcpStream::connect(server).await.unwrap();
                    tokio::select! {
                        _ = copy_bidirectional(&mut near, &mut far) => {}
                        _ = there.wait_for(|there| !there) => {}
                    }
                }
            });
        }
    });
    address
}

fn consent(bed: &Bed, purpose: &str) -> Value {
    let today = warifu_contract::calendar::today_in_japan(bed.now());
    json!({
        "reader": { "who": "organization", "code": "1310000001", "name": "第一診療所" },
        "scope": { "services": ["checkup"], "source": null },
        "purpose": purpose, "from": today, "until": today, "text_version": "1"
    })
}

async fn give(bed: &Bed, token: &str, purpose: &str) -> Response {
    let request = bed.portal.http.post(bed.url("/consents")).bearer_auth(token);
    request.header("idempotency-key", KEY).json(&consent(bed, purpose)).send().await.unwrap()
}

async fn is_away(answer: Response) {
    let after = answer.headers().get("retry-after").cloned();
    assert_eq!(refusal(answer).await, (503, "storage.away".to_owned()));
    assert!(after.unwrap().to_str().unwrap().parse::<u32>().unwrap() > 0);
}

#[tokio::test]
async fn without_a_leader_links_tokens_and_consents_say_to_come_again() {
    for engine in engines() {
        let mut bed = Bed::on(engine).await;
        let mut outage = Outage::before(engine, &mut bed).await;
        let token = bed.token(&bed.ticket()).await;
        let ticket = bed.idp.issue(&bed.ticket()).unwrap();

        outage.begin().await;
        let (given, exchanged) =
            tokio::join!(give(&bed, &token, "care"), bed.exchange(&bed.portal, &ticket));
        is_away(given).await;
        is_away(exchanged).await;
        if matches!(engine, Engine::Postgres) {
            is_away(bed.get(&bed.portal, "/links", Some(&token)).await).await;
            let records = json!({ "services": ["checkup"] });
            is_away(bed.post(&bed.portal, "/records", &token, &records).await).await;
        }
        outage.end();

        // What was entered before the outage is found under its key, and done once, as it was
        // entered.
        let mut entered = bed.now();
        bed.pass(SignedDuration::from_secs(5));
        match engine {
            Engine::Sqlite => {
                let other = give(&bed, &token, "health-guidance").await;
                assert_eq!(refusal(other).await, (409, "idempotency.other-request".into()));
            }
            // Not even looked up, so not entered.
            Engine::Postgres => entered = bed.now(),
        }
        let answer = give(&bed, &token, "care").await;
        let status = answer.status();
        let text = answer.text().await.unwrap();
        assert_eq!(status, 200, "{engine:?}: {text}");
        let consent: Consent = serde_json::from_str(&text).unwrap();
        let list = bed.get(&bed.portal, "/consents", Some(&token)).await;
        let list: ConsentList = list.json().await.unwrap();
        assert_eq!(consent.given.at, entered);
        assert_eq!(list.consents, [consent]);
        let log = bed.relay.log();
        let history = log.history(TARO, Series::Administration, None, 50).await.unwrap();
        let entries = history.into_iter().filter_map(|logged| logged.entry);
        let given = entries.filter(|entry| entry.action == Action::ConsentGiven).count();
        assert_eq!(given, 1, "{engine:?}");
        assert_eq!(bed.exchange(&bed.portal, &ticket).await.status(), 200, "not used up");
    }
}
