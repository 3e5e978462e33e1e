//! What the root does, as those see it who believe in cards.

use warifu_pki::{KeyAlgorithm, RevocationError};

use super::*;
use crate::testing::{Bench, Card, Party, on_every_engine};

const DAY: i64 = 24;

fn root_key() -> KeySource {
    KeySource::file("ca.key")
}

/// A second generation of the cards' authority, in use after so many days.
fn order(bench: &Bench, days: i64) -> Rollover {
    Rollover {
        branch: Branch::Cards,
        plan: AuthorityPlan { algorithm: KeyAlgorithm::P384, lists: 2, ..AuthorityPlan::default() },
        in_use_from: bench.now() + SignedDuration::from_hours(DAY * days),
    }
}

fn issuer_of(card: &Card) -> String {
    let text = crate::testing::list_of(&card.authentication);
    text.rsplit_once('-').unwrap().0.to_owned()
}

/// Every card is good for those who know the authorities of now, those who learn of new ones, and
/// OpenSSL.
async fn all_are_good(bench: &Bench, parties: &mut [Party], cards: &[&Card]) {
    bench.ca.publish_if_due().await.unwrap();
    for card in cards {
        assert_eq!(bench.judge(card).await, Ok(()));
        bench.openssl(&card.authentication).await.unwrap();
        for party in parties.iter_mut() {
            party.learn(bench).await;
            assert_eq!(party.judge(bench, card).await, Ok(()));
        }
    }
}

#[tokio::test]
async fn a_rollover_refuses_no_valid_card_at_any_step() {
    on_every_engine(async |bench| {
        let mut parties = [Party::new(&bench)];
        let old = bench.card("1").await;
        all_are_good(&bench, &mut parties, &[&old]).await;

        // Made, and not read again yet.
        let surroundings = bench.ca.surroundings().clone();
        let folder = bench.authorities();
        let made = rollover(&folder, &root_key(), &order(&bench, 30), &surroundings).unwrap();
        assert!(made.path.ends_with("cards-2.md"), "{made:?}");
        assert!(made.text.contains("Warifu test cards 2"), "{made:?}");
        all_are_good(&bench, &mut parties, &[&old]).await;

        // Announced: believed, and not in use.
        assert!(bench.ca.reload().unwrap());
        assert!(!bench.ca.reload().unwrap());
        assert_eq!(bench.ca.issuers().len(), 4);
        let meanwhile = bench.card("2").await;
        assert_eq!(issuer_of(&meanwhile), issuer_of(&old));
        all_are_good(&bench, &mut parties, &[&old, &meanwhile]).await;

        // In use; who has not looked since the announcement knows it already.
        bench.pass(DAY * 30);
        let new = bench.card("3").await;
        assert_ne!(issuer_of(&new), issuer_of(&old));
        bench.ca.publish_if_due().await.unwrap();
        assert_eq!(parties[0].judge(&bench, &new).await, Ok(()));
        all_are_good(&bench, &mut parties, &[&old, &meanwhile, &new]).await;

        // The old generation keeps its lists, and another process agrees.
        bench.revoke(&meanwhile, Reason::KeyCompromise).await.unwrap();
        assert_eq!(bench.judge(&meanwhile).await.unwrap_err().code(), "card.revoked");
        bench.colleague().await.publish_if_due().await.unwrap();
        all_are_good(&bench, &mut parties, &[&old, &new]).await;
    })
    .await;
}

#[tokio::test]
async fn the_generations_of_a_branch_are_believed_together_in_one_file() {
    on_every_engine(async |bench| {
        let folder = bench.authorities();
        let surroundings = bench.ca.surroundings().clone();
        rollover(&folder, &root_key(), &order(&bench, 1), &surroundings).unwrap();
        let bundle = std::fs::read(folder::bundle_path(&folder, Branch::Cards)).unwrap();
        let names: Vec<_> = warifu_pki::Certificate::chain_from_pem(&bundle)
            .unwrap()
            .iter()
            .map(|one| one.subject_cn().unwrap().to_owned())
            .collect();
        assert_eq!(names, ["Warifu test cards 1", "Warifu test cards 2"]);
    })
    .await;
}

#[tokio::test]
async fn a_revoked_authority_takes_its_cards_with_it() {
    on_every_engine(async |bench| {
        let folder = bench.authorities();
        let surroundings = bench.ca.surroundings().clone();
        let party = Party::new(&bench);
        let card = bench.card("1").await;
        rollover(&folder, &root_key(), &order(&bench, 0), &surroundings).unwrap();
        let (which, reason) = ((Branch::Cards, 1), Reason::CaCompromise);
        let number = revoke_authority(&folder, &root_key(), which, reason, &surroundings).unwrap();
        assert_eq!(number, 2);
        bench.ca.reload().unwrap();
        bench.ca.publish_if_due().await.unwrap();

        let refused = party.judge(&bench, &card).await;
        assert!(matches!(refused, Err(RevocationError::IssuerRevoked { .. })), "{refused:?}");
        let next = bench.card("2").await;
        assert_ne!(issuer_of(&next), issuer_of(&card));
        all_are_good(&bench, &mut [], &[&next]).await;

        let other = Reason::Superseded;
        let again = revoke_authority(&folder, &root_key(), which, other, &surroundings).unwrap();
        let list = std::fs::read(folder.join(ROOT_LIST)).unwrap();
        let list = Crl::verify(&list, bench.ca.root(), bench.now()).unwrap();
        assert_eq!((again, list.number(), list.len()), (3, 3, 1));
        let authority = folder::certificate(&folder.join("cards-1.pem")).unwrap();
        assert_eq!(list.state_of(authority.serial()).unwrap().reason, reason);
        let nobody = (Branch::Staff, 7);
        let nobody = revoke_authority(&folder, &root_key(), nobody, reason, &surroundings);
        assert!(matches!(nobody, Err(CaError::NoGeneration(Branch::Staff, 7))));
    })
    .await;
}

#[tokio::test]
async fn the_list_of_the_root_is_made_again_after_it_has_run_out() {
    on_every_engine(async |bench| {
        let folder = bench.authorities();
        let root = bench.ca.root().clone();
        let read = || std::fs::read(folder.join(ROOT_LIST)).unwrap();
        bench.pass(DAY * 200);
        assert!(Crl::verify(&read(), &root, bench.now()).is_err());
        let number = root_crl(&folder, &root_key(), bench.ca.surroundings()).unwrap();
        assert_eq!(number, 2);
        assert_eq!(Crl::verify(&read(), &root, bench.now()).unwrap().number(), 2);
    })
    .await;
}

#[tokio::test]
async fn the_key_of_another_root_does_nothing() {
    on_every_engine(async |bench| {
        let folder = bench.authorities();
        let before = std::fs::read(folder.join(ROOT_LIST)).unwrap();
        let other = KeySource::file("other.key");
        other.clone().within(&folder).generate(KeyAlgorithm::P384).unwrap();
        let surroundings = bench.ca.surroundings();
        assert!(matches!(root_crl(&folder, &other, surroundings), Err(CaError::Issue(_))));
        let order = order(&bench, 0);
        let refused = rollover(&folder, &other, &order, surroundings);
        assert!(matches!(refused, Err(CaError::Issue(_))));
        assert_eq!(std::fs::read(folder.join(ROOT_LIST)).unwrap(), before);
        assert!(!folder.join("cards-2.pem").exists());
    })
    .await;
}
