//! What the relay publishes of its log, its witnesses, and what is left after an erasure.

use std::time::Duration;

use tokio_util::sync::CancellationToken;
use warifu_contract::history::HistoryPage;
use warifu_contract::records::Service;
use warifu_log::export::Reader;
use warifu_log::witness::{Witness, WitnessConfig};
use warifu_log::{Checkpoint, ConsistencyProof, InclusionProof, NoteKey, NoteVerifier};
use warifu_relay::config::WitnessConfig as KnownWitness;
use warifu_service::Surroundings;
use warifu_service::clock::SystemEntropy;
use warifu_service::http::{ListenConfig, Server};
use warifu_service::storage::DatabaseConfig;
use warifu_service::tls::TlsConfig;

use crate::bed::{Bed, engines, refusal};

async fn text(bed: &Bed, path: &str, token: Option<&str>) -> String {
    let answer = bed.get(&bed.portal, path, token).await;
    assert_eq!(answer.status(), 200, "{path}");
    answer.text().await.unwrap()
}

async fn verifier(bed: &Bed) -> NoteVerifier {
    text(bed, "/log/key", None).await.parse().unwrap()
}

#[tokio::test]
async fn the_log_is_shown_to_have_grown() {
    for engine in engines() {
        let bed = Bed::on(engine).await;
        let log = verifier(&bed).await;
        let kept = Checkpoint::open(&text(&bed, "/log/checkpoint", None).await, &log).unwrap();
        let token = bed.token(&bed.ticket()).await;
        bed.panels(&token, &[Service::Insurance]).await;
        let path = format!("/log/consistency?old={}", kept.size);
        let proof: ConsistencyProof = text(&bed, &path, None).await.parse().unwrap();
        let grown = proof.verify(kept.root, &log).unwrap();
        assert!(grown.size > kept.size);
        let answer = bed.get(&bed.portal, "/log/consistency?old=99999", None).await;
        assert_eq!(refusal(answer).await, (404, "log.no-such-event".into()));
    }
}

#[tokio::test]
async fn tiles_are_served_and_entries_are_not() {
    let bed = Bed::new().await;
    let size = Checkpoint::open(&text(&bed, "/log/checkpoint", None).await, &verifier(&bed).await);
    let size = usize::try_from(size.unwrap().size).unwrap();
    let answer = bed.get(&bed.portal, &format!("/log/tile/0/000.p/{size}"), None).await;
    assert_eq!(answer.headers()["content-type"], "application/octet-stream");
    assert_eq!(answer.headers()["cache-control"], "public, max-age=3600");
    assert_eq!(answer.bytes().await.unwrap().len(), 32 * size);
    for path in ["0/000", "0/001.p/1", "entries/000", "0/000.p/0", "64/000.p/1", "x", "0/..%2f"] {
        let answer = bed.get(&bed.portal, &format!("/log/tile/{path}"), None).await;
        assert_eq!(refusal(answer).await, (404, "log.no-such-tile".into()), "{path}");
    }
    for _ in 0..300 {
        bed.relay.log().append(some_event()).await.unwrap();
    }
    let answer = bed.get(&bed.portal, "/log/tile/0/000", None).await;
    assert_eq!(answer.headers()["cache-control"], "public, max-age=31536000, immutable");
    assert_eq!(answer.bytes().await.unwrap().len(), 8192);
}

fn some_event() -> warifu_log::Event {
    warifu_log::Event {
        action: warifu_log::Action::TokenRefused,
        actor: warifu_log::Actor::Oneself,
        asked: Vec::new(),
        check_number: None,
        client: "portal".into(),
        ground: None,
        outcome: warifu_log::Outcome::Done,
        purpose: None,
        source: None,
        subject: None,
    }
}

/// A witness that serves on TLS until it is dropped, and how the relay knows it.
async fn witness(bed: &Bed, name: &str) -> (Witness, KnownWitness, CancellationToken) {
    let party = name.replace('.', "-");
    bed.federation.party(&party);
    let key = bed.federation.path(&format!("{party}.note"));
    NoteKey::generate(name, &SystemEntropy).unwrap().save(&key).unwrap();
    let tls = TlsConfig { client_ca: None, ..bed.federation.server_tls(&party) };
    let config = WitnessConfig {
        listen: ListenConfig { address: "127.0.0.1:0".parse().unwrap(), tls: Some(tls) },
        database: DatabaseConfig::sqlite(&bed.federation.path(&format!("{party}.db"))),
        name: name.into(),
        key,
        logs: vec![verifier(bed).await.to_string()],
    };
    let witness = Witness::open(&config, Surroundings::system()).await.unwrap();
    let server = Server::bind(&config.listen).await.unwrap();
    let known = KnownWitness {
        key: witness.verifier().to_string(),
        url: format!("https://localhost:{}", server.address().port()),
        client: bed.federation.client_tls("relay"),
    };
    let stop = CancellationToken::new();
    tokio::spawn(server.serve(witness.router().unwrap(), stop.clone()));
    (witness, known, stop)
}

/// The newest cosigned head, once it covers `size` events.
async fn cosigned(bed: &Bed, size: u64) -> String {
    let log = verifier(bed).await;
    for _ in 0..100 {
        let answer = bed.get(&bed.portal, "/log/cosigned", None).await;
        if answer.status() == 200 {
            let note = answer.text().await.unwrap();
            if Checkpoint::open(&note, &log).unwrap().size >= size {
                return note;
            }
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("no head of size {size} was cosigned");
}

#[tokio::test]
async fn two_of_three_witnesses_cosign_and_stand_in_the_residents_proof() {
    for engine in engines() {
        let mut bed = Bed::on(engine).await;
        let answer = bed.get(&bed.portal, "/log/cosigned", None).await;
        assert_eq!(refusal(answer).await, (404, "log.not-cosigned".into()));
        let mut witnesses = Vec::new();
        for name in ["one.witness", "two.witness", "three.witness"] {
            witnesses.push(witness(&bed, name).await);
        }
        bed.config.log.witnesses = witnesses.iter().map(|(_, known, _)| known.clone()).collect();
        bed.config.log.cosignatures = Some(2);
        witnesses[2].2.cancel();
        bed.restart().await;

        let token = bed.token(&bed.ticket()).await;
        bed.panels(&token, &[Service::Insurance]).await;
        let size = bed.relay.log().checkpoint().await.unwrap().size;
        let note = cosigned(&bed, size).await;
        for (witness, ..) in &witnesses[..2] {
            assert!(witness.verifier().witnessed(&note).unwrap().is_some());
        }
        assert_eq!(witnesses[2].0.verifier().witnessed(&note).unwrap(), None);
        let page: HistoryPage =
            serde_json::from_str(&text(&bed, "/history", Some(&token)).await).unwrap();
        let path = format!("/history/proof?index={}", page.entries[0].index);
        let proof: InclusionProof = text(&bed, &path, Some(&token)).await.parse().unwrap();
        proof.verify_entry(&verifier(&bed).await).unwrap();
        let seen = witnesses[0].0.verifier().witnessed(&proof.checkpoint).unwrap();
        assert_eq!(seen.unwrap().by, "one.witness");
    }
}

#[tokio::test]
async fn one_witness_alone_is_not_enough_where_two_must_cosign() {
    let mut bed = Bed::new().await;
    let (one, two) = (witness(&bed, "one.witness").await, witness(&bed, "two.witness").await);
    two.2.cancel();
    bed.config.log.witnesses = vec![one.1.clone(), two.1.clone()];
    bed.restart().await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    let answer = bed.get(&bed.portal, "/log/cosigned", None).await;
    assert_eq!(refusal(answer).await, (404, "log.not-cosigned".into()));
}

#[tokio::test]
async fn a_history_taken_home_holds_and_says_what_was_erased() {
    for engine in engines() {
        let bed = Bed::on(engine).await;
        let token = bed.token(&bed.ticket()).await;
        for _ in 0..3 {
            bed.panels(&token, &[Service::Insurance, Service::Checkup]).await;
        }
        let page = async || -> HistoryPage {
            serde_json::from_str(&text(&bed, "/history", Some(&token)).await).unwrap()
        };
        let oldest = page().await.entries.last().unwrap().index;
        bed.relay.log().erase(vec![oldest], "relay", "order").await.unwrap();
        let after = page().await;
        assert_eq!(after.entries.len(), 5);
        assert_eq!((after.erased[0].index, after.erased[0].subject_sequence), (oldest, 1));
        let path = format!("/history/proof?index={oldest}");
        let answer = bed.get(&bed.portal, &path, Some(&token)).await;
        assert_eq!(refusal(answer).await, (410, "log.erased".into()));

        let file = text(&bed, "/history/export", Some(&token)).await;
        let mut lines = file.lines();
        let mut reader = Reader::begin(lines.next().unwrap(), &verifier(&bed).await).unwrap();
        for line in lines {
            reader.next(line).unwrap();
        }
        let shown = reader.finish().unwrap();
        assert_eq!((shown.events, shown.erased), (6, 1));
    }
}
