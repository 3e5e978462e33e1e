//! The office's behaviour, the same on every engine.

use std::collections::BTreeSet;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use warifu_pki::{FileKey, KeyAlgorithm, RevocationError, Signer, possession_message};
use warifu_service::{fetch_all, fetch_one};

use super::*;
use crate::testing::{Bench, HOLDER, key, on_every_engine};

async fn events(bench: &Bench) -> Vec<String> {
    let sql = "SELECT kind FROM events ORDER BY id";
    let rows = fetch_all!(bench.office.inner.database.read(), (String,), sql).unwrap();
    rows.into_iter().map(|(kind,)| kind).collect()
}

async fn count(bench: &Bench, table: &'static str) -> i64 {
    let sql: &'static str = format!("SELECT count(*) FROM {table}").leak();
    fetch_one!(bench.office.inner.database.read(), (i64,), sql).unwrap().0
}

fn id(card: &IssuedCard) -> CardId {
    CardId::Number(card.number.clone())
}

#[tokio::test]
async fn a_card_lives_from_issue_to_revocation() {
    on_every_engine(async |bench| {
        let card = bench.card().await;
        let verified = bench.verified(&card);
        assert_eq!(verified.holder_reference, HOLDER);
        assert_eq!(bench.revocations().await.check(&verified, bench.now()), Ok(()));
        bench.openssl(&card.authentication).await.unwrap();
        bench.openssl(&card.presence).await.unwrap();

        bench.pass(1);
        let done = bench.office.revoke_card(&id(&card), Reason::KeyCompromise).await.unwrap();
        assert_eq!(done.list_number, 2);
        assert!(!done.card.is_in_use());

        let refused = bench.revocations().await.check(&verified, bench.now()).unwrap_err();
        let expected = RevocationError::Revoked { at: bench.now(), reason: Reason::KeyCompromise };
        assert_eq!(refused, expected);
        for slot in [&card.authentication, &card.presence] {
            let refused = bench.openssl(slot).await.unwrap_err();
            assert!(refused.contains("certificate revoked"), "{refused}");
        }
        let mut happened = events(&bench).await;
        assert_eq!(happened.pop().unwrap(), "card.revoked");
        happened.sort();
        let expected = ["card.issued", "certificate.issued", "certificate.issued"];
        assert_eq!(happened, expected);
    })
    .await;
}

#[tokio::test]
async fn a_card_is_found_by_number_serial_and_holder() {
    on_every_engine(async |bench| {
        let card = bench.card().await;
        let found = bench.office.card(&id(&card)).await.unwrap().unwrap();
        let serials = [&card.authentication, &card.presence].map(Certificate::serial_hex).to_vec();
        assert_eq!(found.serials, serials);
        assert_eq!(found.holder_reference, HOLDER);
        assert_eq!(found.state, CardState::Issued);
        assert_eq!(found.issued_at, bench.now());
        let by_serial = CardId::Serial(card.presence.serial_hex());
        assert_eq!(bench.office.card(&by_serial).await.unwrap(), Some(found.clone()));
        assert_eq!(bench.office.cards_of(HOLDER).await.unwrap(), [found]);
        assert!(bench.office.cards_of("0").await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test]
async fn revoking_by_serial_revokes_the_whole_card_once() {
    on_every_engine(async |bench| {
        let card = bench.card().await;
        let serial = CardId::Serial(card.presence.serial_hex());
        let first = bench.office.revoke_card(&serial, Reason::Superseded).await.unwrap();
        bench.pass(1);
        let again = bench.office.revoke_card(&id(&card), Reason::KeyCompromise).await.unwrap();
        assert_eq!(again.card, first.card);
        assert_eq!(again.list_number, first.list_number);
        let verified = bench.verified(&card);
        let refused = bench.revocations().await.check(&verified, bench.now()).unwrap_err();
        assert!(matches!(refused, RevocationError::Revoked { reason: Reason::Superseded, .. }));
        let revoked = events(&bench).await.iter().filter(|kind| *kind == "card.revoked").count();
        assert_eq!(revoked, 1);
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_revoked_says_why() {
    on_every_engine(async |bench| {
        let card = bench.card().await;
        let hold = bench.office.revoke_card(&id(&card), Reason::CertificateHold).await;
        assert!(matches!(hold, Err(OfficeError::Reason)));
        let nobody = CardId::Serial("4".repeat(32));
        let unknown = bench.office.revoke_card(&nobody, Reason::Superseded).await;
        assert!(matches!(unknown, Err(OfficeError::UnknownCard)));
        assert!(bench.office.card(&id(&card)).await.unwrap().unwrap().is_in_use());
    })
    .await;
}

#[tokio::test]
async fn every_slot_has_a_key_of_its_own_and_a_refused_card_leaves_nothing() {
    on_every_engine(async |bench| {
        let (one, two) = (key(), key());
        bench.try_card(HOLDER, &one, &two).await.unwrap();
        let before = (count(&bench, "cards").await, count(&bench, "events").await);
        for (authentication, presence) in [(&key(), &one), (&two, &key())] {
            let again = bench.try_card(HOLDER, authentication, presence).await;
            assert!(matches!(again, Err(OfficeError::KeyInUse)));
        }
        let both = key();
        let twice = bench.try_card(HOLDER, &both, &both).await;
        assert!(matches!(twice, Err(OfficeError::KeyInUse)));
        assert_eq!((count(&bench, "cards").await, count(&bench, "events").await), before);
    })
    .await;
}

#[tokio::test]
async fn possession_is_proved_for_the_holder() {
    on_every_engine(async |bench| {
        let rsa = FileKey::generate(KeyAlgorithm::Rsa2048).unwrap();
        let signed_for = |holder: &str| PossessionProof::Signature {
            public_key_der: rsa.public_key_der().to_vec(),
            signature: rsa.sign(&possession_message(holder, rsa.public_key_der())).unwrap(),
        };
        let card = |authentication| NewCard {
            holder_reference: HOLDER.into(),
            authentication,
            presence: PossessionProof::request(HOLDER, &key()).unwrap(),
            validity: Some(SignedDuration::from_hours(1)),
        };
        let other = signed_for("fedcba9876543210fedcba9876543210");
        let refused = bench.office.issue_card(&card(other)).await;
        assert!(matches!(refused, Err(OfficeError::Possession(_))));
        let issued = bench.office.issue_card(&card(signed_for(HOLDER))).await.unwrap();
        let lifetime = issued.presence.not_after().duration_since(bench.now());
        assert_eq!(lifetime, SignedDuration::from_hours(1));
        for holder in ["", "上野太郎", &HOLDER.to_uppercase(), &HOLDER[1..]] {
            let refused = bench.try_card(holder, &key(), &key()).await;
            assert!(matches!(refused, Err(OfficeError::HolderReference)), "{holder}");
        }
    })
    .await;
}

#[tokio::test]
async fn without_a_list_in_force_no_card_is_good() {
    on_every_engine(async |bench| {
        let verified = bench.verified(&bench.card().await);
        let revocations = bench.revocations().await;
        bench.pass(24);
        let refused = revocations.check(&verified, bench.now());
        assert_eq!(refused, Err(RevocationError::Stale));
        let stale = bench.list().await;
        assert!(revocations.accept(&stale, bench.now()).is_err());

        bench.office.publish_if_due().await.unwrap();
        revocations.accept(&bench.list().await, bench.now()).unwrap();
        assert_eq!(revocations.check(&verified, bench.now()), Ok(()));
    })
    .await;
}

#[tokio::test]
async fn a_list_is_made_again_when_half_of_its_time_is_over() {
    on_every_engine(async |bench| {
        bench.pass(11);
        assert_eq!(bench.office.publish_if_due().await.unwrap(), 1);
        bench.pass(1);
        assert_eq!(bench.office.publish_if_due().await.unwrap(), 2);
        assert_eq!(bench.office.publish_if_due().await.unwrap(), 2);
        for number in 3..=12 {
            bench.pass(12);
            assert_eq!(bench.office.publish_if_due().await.unwrap(), number);
        }
        assert_eq!(count(&bench, "lists").await, 8);
    })
    .await;
}

#[tokio::test]
async fn a_running_office_publishes_what_others_revoked() {
    on_every_engine(async |bench| {
        let stop = CancellationToken::new();
        let office = bench.office.clone();
        let running = tokio::spawn({
            let stop = stop.clone();
            async move { office.keep_published(stop).await }
        });
        bench.pass(12);
        let waiting = async {
            while bench.office.list_number().await.unwrap() != Some(2) {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), waiting).await.unwrap();
        stop.cancel();
        running.await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn an_expired_card_leaves_the_list_after_one_more() {
    on_every_engine(async |bench| {
        let proof = |key: FileKey| PossessionProof::request(HOLDER, &key).unwrap();
        let short = NewCard {
            holder_reference: HOLDER.into(),
            authentication: proof(key()),
            presence: proof(key()),
            validity: Some(SignedDuration::from_hours(6)),
        };
        let card = bench.office.issue_card(&short).await.unwrap();
        bench.office.revoke_card(&id(&card), Reason::Superseded).await.unwrap();
        let listed = async || bench.revocations().await.latest().unwrap().len();
        assert_eq!(listed().await, 2);
        bench.pass(12);
        bench.office.publish_if_due().await.unwrap();
        assert_eq!(listed().await, 2);
        bench.pass(12);
        bench.office.publish_if_due().await.unwrap();
        assert_eq!(listed().await, 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_offices_revoking_at_once_lose_nothing() {
    on_every_engine(async |bench| {
        let other = bench.colleague().await;
        let mut cards = Vec::new();
        for _ in 0..12 {
            cards.push(bench.card().await);
        }
        let mut work = tokio::task::JoinSet::new();
        for (index, card) in cards.iter().enumerate() {
            let office = if index % 2 == 0 { bench.office.clone() } else { other.clone() };
            let id = id(card);
            work.spawn(async move { office.revoke_card(&id, Reason::Superseded).await });
        }
        while let Some(done) = work.join_next().await {
            done.unwrap().unwrap();
        }
        let list = bench.revocations().await.latest().unwrap();
        assert_eq!(list.len(), 24);
        for card in &cards {
            assert!(list.state_of(card.authentication.serial()).is_some());
        }
    })
    .await;
}

#[tokio::test]
async fn numbers_and_serials_do_not_repeat() {
    on_every_engine(async |bench| {
        let mut seen = BTreeSet::new();
        for _ in 0..20 {
            let card = bench.card().await;
            seen.insert(card.number.as_str().to_owned());
            seen.insert(card.authentication.serial_hex());
            seen.insert(card.presence.serial_hex());
        }
        assert_eq!(seen.len(), 60);
    })
    .await;
}

#[tokio::test]
async fn the_records_hold_no_holder_reference() {
    on_every_engine(async |bench| {
        bench.card().await;
        let sql = "SELECT holder, holder_lookup FROM cards";
        let rows = fetch_all!(bench.office.inner.database.read(), (Vec<u8>, Vec<u8>), sql);
        for (sealed, lookup) in rows.unwrap() {
            assert!(!contains(&sealed, HOLDER) && !contains(&lookup, HOLDER));
        }
        for file in ["office.db", "office.db-wal"] {
            let bytes = std::fs::read(bench.folder.path().join(file)).unwrap_or_default();
            assert!(!contains(&bytes, HOLDER), "{file}");
        }
    })
    .await;
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}
