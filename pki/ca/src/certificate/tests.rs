//! Certificates from issue to revocation, the same on every engine.

use warifu_pki::RevocationError;
use warifu_service::{fetch_all, fetch_one};

use super::*;
use crate::testing::{Bench, Card, HOLDER, key, on_every_engine};

async fn events(bench: &Bench) -> Vec<String> {
    let sql = "SELECT kind FROM authority_events WHERE card IS NOT NULL ORDER BY id";
    let rows = fetch_all!(bench.ca.inner.database.read(), (String,), sql).unwrap();
    rows.into_iter().map(|(kind,)| kind).collect()
}

async fn count(bench: &Bench, table: &'static str) -> i64 {
    let sql: &'static str = format!("SELECT count(*) FROM {table}").leak();
    fetch_one!(bench.ca.inner.database.read(), (i64,), sql).unwrap().0
}

async fn states(bench: &Bench, card: &Card) -> Vec<CertificateState> {
    let all = bench.ca.certificates_of(&card.number).await.unwrap();
    all.into_iter().map(|one| one.state).collect()
}

#[tokio::test]
async fn a_card_is_born_on_hold_released_held_and_revoked() {
    on_every_engine(async |bench| {
        let card = bench.held_card("1").await;
        let held = bench.judge(&card).await.unwrap_err();
        assert!(matches!(held, RevocationError::Revoked { reason: Reason::CertificateHold, .. }));
        assert_eq!(states(&bench, &card).await, [CertificateState::Held { since: bench.now() }; 2]);

        bench.pass(1);
        bench.release(&card).await.unwrap();
        assert_eq!(bench.judge(&card).await, Ok(()));
        bench.openssl(&card.authentication).await.unwrap();
        bench.openssl(&card.presence).await.unwrap();

        bench.hold(&card).await.unwrap();
        assert_eq!(bench.judge(&card).await.unwrap_err().code(), "card.suspended");
        let refused = bench.openssl(&card.authentication).await.unwrap_err();
        assert!(refused.contains("certificate revoked"), "{refused}");

        bench.revoke(&card, Reason::KeyCompromise).await.unwrap();
        let revoked = RevocationError::Revoked { at: bench.now(), reason: Reason::KeyCompromise };
        assert_eq!(bench.judge(&card).await, Err(revoked));
        let issued = "certificate.issued";
        let mut happened = events(&bench).await;
        // The two of the same moment stand in no order.
        happened.sort();
        let expected =
            [issued, issued, "certificates.held", "certificates.released", "certificates.revoked"];
        assert_eq!(happened, expected);
    })
    .await;
}

#[tokio::test]
async fn repeating_does_no_harm_and_the_first_reason_stands() {
    on_every_engine(async |bench| {
        let card = bench.card("1").await;
        bench.release(&card).await.unwrap();
        bench.hold(&card).await.unwrap();
        bench.hold(&card).await.unwrap();
        bench.revoke(&card, Reason::Superseded).await.unwrap();
        let at = bench.now();
        bench.pass(1);
        bench.revoke(&card, Reason::KeyCompromise).await.unwrap();
        bench.hold(&card).await.unwrap();
        let expected = CertificateState::Revoked { at, reason: Reason::Superseded };
        assert_eq!(states(&bench, &card).await, [expected; 2]);
        assert_eq!(events(&bench).await.len(), 4);
    })
    .await;
}

#[tokio::test]
async fn a_revoked_card_is_never_released() {
    on_every_engine(async |bench| {
        let card = bench.held_card("1").await;
        bench.revoke(&card, Reason::CessationOfOperation).await.unwrap();
        let refused = bench.release(&card).await;
        assert!(matches!(refused, Err(CaError::Revoked)));
        assert!(bench.judge(&card).await.is_err());
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_done_says_why() {
    on_every_engine(async |bench| {
        let card = bench.card("1").await;
        for reason in [Reason::CertificateHold, Reason::CaCompromise] {
            assert!(matches!(bench.revoke(&card, reason).await, Err(CaError::Reason)));
        }
        let nobody = Card { number: "2".into(), ..card.clone() };
        for refused in [
            bench.hold(&nobody).await,
            bench.release(&nobody).await,
            bench.revoke(&nobody, Reason::Superseded).await,
        ] {
            assert!(matches!(refused, Err(CaError::NoCertificate)));
        }
        assert_eq!(states(&bench, &card).await, [CertificateState::Valid; 2]);
    })
    .await;
}

#[tokio::test]
async fn a_card_is_found_by_number_and_serial() {
    on_every_engine(async |bench| {
        let card = bench.card("4111111111111111").await;
        let found = bench.ca.certificates_of(&card.number).await.unwrap();
        let record = found.iter().find(|one| one.profile == "card-presence").unwrap();
        assert_eq!(record.serial, card.presence.serial_hex());
        assert_eq!(record.not_after, card.presence.not_after());
        let owner = bench.ca.owner_of_serial(&record.serial).await.unwrap();
        assert_eq!(owner.as_deref(), Some("4111111111111111"));
        assert_eq!(bench.ca.owner_of_serial("00").await.unwrap(), None);
        assert!(bench.ca.certificates_of("2").await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test]
async fn every_slot_has_a_key_of_its_own_and_a_refused_card_leaves_nothing() {
    on_every_engine(async |bench| {
        let (one, two) = (key(), key());
        bench.try_card("1", [&one, &two], false).await.unwrap();
        let tables = ["certificates", "authority_events"];
        let before = (count(&bench, tables[0]).await, count(&bench, tables[1]).await);
        let both = key();
        for keys in [[&key(), &one], [&two, &key()], [&both, &both]] {
            let again = bench.try_card("2", keys, false).await;
            assert!(matches!(again, Err(CaError::KeyInUse)));
        }
        assert_eq!((count(&bench, tables[0]).await, count(&bench, tables[1]).await), before);
    })
    .await;
}

#[tokio::test]
async fn what_is_not_committed_never_was() {
    on_every_engine(async |bench| {
        let card = bench.card("1").await;
        let mut transaction = bench.ca.begin().await.unwrap();
        bench.ca.revoke(&mut transaction, "1", Reason::Superseded).await.unwrap();
        drop(transaction);
        bench.ca.publish_if_due().await.unwrap();
        assert_eq!(bench.judge(&card).await, Ok(()));
        assert_eq!(states(&bench, &card).await, [CertificateState::Valid; 2]);
    })
    .await;
}

#[tokio::test]
async fn every_profile_of_an_end_entity_is_issued_by_its_branch() {
    on_every_engine(async |bench| {
        for (index, profile) in Profile::all().iter().enumerate() {
            let subject = match profile.name() {
                "server" => Subject::server(&["www.localhost"]).unwrap(),
                "party" | "client" | "saml-signer" => Subject::party("portal", &[]).unwrap(),
                _ => Subject::named(HOLDER),
            };
            let (key, number) = (key(), index.to_string());
            let order = CertificateOrder {
                profile,
                subject: &subject,
                key: key.public_key(),
                owner: Owner::Card(&number),
                lifetime: SignedDuration::from_hours(24),
                held: false,
            };
            let mut transaction = bench.ca.begin().await.unwrap();
            let certified = bench.ca.certify(&mut transaction, &order).await;
            match Branch::issuing(profile) {
                Some(_) => drop(certified.unwrap()),
                None => assert!(matches!(certified, Err(CaError::Profile(_))), "{profile:?}"),
            }
        }
    })
    .await;
}

#[tokio::test]
async fn parties_are_certified_for_themselves_and_revoked() {
    on_every_engine(async |bench| {
        let key = key();
        let proof = PossessionProof::request("portal", &key).unwrap();
        let hosts = ["portal.localhost", "127.0.0.1"];
        let issued = bench.ca.issue_party_certificate("portal", &hosts, &proof).await.unwrap();
        bench.openssl(&issued.certificate).await.unwrap();
        let chain = Certificate::chain_from_pem(issued.chain_pem.as_bytes()).unwrap();
        assert_eq!(chain.len(), 2);

        let mut transaction = bench.ca.begin().await.unwrap();
        bench.ca.revoke_party(&mut transaction, "portal", Reason::KeyCompromise).await.unwrap();
        transaction.commit().await.unwrap();
        bench.ca.publish_if_due().await.unwrap();
        let refused = bench.openssl(&issued.certificate).await.unwrap_err();
        assert!(refused.contains("certificate revoked"), "{refused}");
        let records = bench.ca.certificates_of_party("portal").await.unwrap();
        assert!(matches!(records[0].state, CertificateState::Revoked { .. }));
    })
    .await;
}

#[tokio::test]
async fn possession_is_proved_for_the_party_that_is_named() {
    on_every_engine(async |bench| {
        let der = PossessionProof::request("portal", &key()).unwrap();
        let PossessionProof::Request(mut der) = der else { panic!("a request") };
        let last = der.len() - 1;
        der[last] ^= 1;
        let proof = PossessionProof::Request(der);
        let refused = bench.ca.issue_party_certificate("portal", &[], &proof).await;
        assert!(matches!(refused, Err(CaError::Possession(_))));
    })
    .await;
}

#[tokio::test]
async fn the_records_hold_no_holder_reference() {
    on_every_engine(async |bench| {
        bench.card("1").await;
        for file in ["ca.db", "ca.db-wal"] {
            let bytes = std::fs::read(bench.folder.path().join(file)).unwrap_or_default();
            let holds = bytes.windows(HOLDER.len()).any(|window| window == HOLDER.as_bytes());
            assert!(!holds, "{file}");
        }
    })
    .await;
}

#[tokio::test]
async fn no_certificate_outlives_its_authority() {
    on_every_engine(async |bench| {
        bench.pass(24 * 365 * 10 - 24);
        let long = bench.try_card("1", [&key(), &key()], false).await;
        assert!(matches!(long, Err(CaError::Issue(IssueError::Validity))));
        bench.pass(48);
        let none = bench.try_card("1", [&key(), &key()], false).await;
        assert!(matches!(none, Err(CaError::NoAuthority(Branch::Cards))));
    })
    .await;
}
