//! 再発行 and 更新.

use warifu_contract::card_office::Card;

use super::*;
use crate::testing::Bench;

async fn next_of(bench: &Bench, card: &Card) -> CardKey {
    let next = CardKey::Id(card.replaced_by.as_ref().unwrap().parse().unwrap());
    assert_eq!(bench.card(&next).await.replaces.as_ref(), Some(&card.id));
    next
}

async fn persons(bench: &Bench) -> Vec<(String, Option<String>)> {
    let issued = bench.told().await.into_iter().filter_map(|(_, event)| match event {
        Told::CardIssued { person, replaces, .. } => Some((person, replaces)),
        _ => None,
    });
    issued.collect()
}

#[tokio::test]
async fn a_lost_card_dies_at_once_and_the_next_is_the_same_persons() {
    on_every_engine(async |bench| {
        let old = bench.active(1).await;
        let reissue = Action::Reissue { reason: StopReason::Lost };
        let card = bench.act(&clerk(), &old, reissue.clone()).await.unwrap();
        assert_eq!((card.stage, card.reason), (Stage::Revoked, Some(StopReason::Lost)));
        assert_eq!(bench.certificate_states(&old).await, ["revoked", "revoked"]);
        let next = next_of(&bench, &card).await;
        assert_eq!(bench.card(&next).await.stage, Stage::Proved, "the register was asked again");
        let alone = Actor::staff("clerk", [crate::StaffRole::Approver]);
        assert_eq!(code(bench.act(&alone, &next, Action::Approve).await), "office.same-person");
        assert_eq!(code(bench.act(&clerk(), &old, reissue).await), "office.replaced");

        bench.act(&approver(), &next, Action::Approve).await.unwrap();
        bench.make(&next).await;
        bench.use_it(&next).await;
        let persons = persons(&bench).await;
        assert_eq!(persons[0].0, persons[1].0);
        assert_eq!(persons[1].1, Some(bench.holder(&old).await));
        assert_ne!(bench.holder(&next).await, bench.holder(&old).await);
        bench.require_agreement().await;
    })
    .await;
}

#[tokio::test]
async fn a_reissue_survives_a_silent_register() {
    on_every_engine(async |bench| {
        let old = bench.active(1).await;
        bench.register.lock().unwrap().is_silent = true;
        let reissue = Action::Reissue { reason: StopReason::Stolen };
        let card = bench.act(&clerk(), &old, reissue).await.unwrap();
        assert_eq!(card.stage, Stage::Revoked);
        let next = next_of(&bench, &card).await;
        assert_eq!(bench.card(&next).await.stage, Stage::Applied);
        bench.register.lock().unwrap().is_silent = false;
        bench.order(&next).await;
    })
    .await;
}

#[tokio::test]
async fn the_next_card_is_for_nobody_else() {
    on_every_engine(async |bench| {
        let old = bench.active(1).await;
        bench.register.lock().unwrap().residents[0].reference = "f".repeat(32);
        let reissue = Action::Reissue { reason: StopReason::Lost };
        let card = bench.act(&clerk(), &old, reissue).await.unwrap();
        let next = next_of(&bench, &card).await;
        assert_eq!(bench.card(&next).await.stage, Stage::Doubtful);
        let note = Action::ResolveDoubt { note: "運転免許証の氏名と一致".into() };
        assert_eq!(code(bench.act(&approver(), &next, note).await), "office.not-resolvable");
        // Given up, it may be ordered again.
        bench.act(&clerk(), &next, Action::Withdraw).await.unwrap();
        assert_eq!(bench.card(&old).await.replaced_by, None);
        let reissue = Action::Reissue { reason: StopReason::Lost };
        bench.act(&clerk(), &old, reissue).await.unwrap();
        bench.require_agreement().await;
    })
    .await;
}

#[tokio::test]
async fn a_renewed_card_works_until_the_next_is_in_use() {
    on_every_engine(async |bench| {
        let old = bench.active(1).await;
        assert_eq!(code(bench.act(&clerk(), &old, Action::Renew).await), "office.too-early");
        let due = async || {
            let list = bench.office.ending(&clerk(), None).await.unwrap();
            list.cards.into_iter().map(|line| line.id).collect::<Vec<_>>()
        };
        assert!(due().await.is_empty());
        bench.pass_days(1826 - 80);
        assert_eq!(due().await, [bench.card(&old).await.id]);
        let card = bench.act(&clerk(), &old, Action::Renew).await.unwrap();
        assert_eq!(card.stage, Stage::Active);
        assert!(due().await.is_empty(), "the next one is ordered");
        let next = next_of(&bench, &card).await;
        bench.act(&approver(), &next, Action::Approve).await.unwrap();
        bench.make(&next).await;
        assert_eq!(bench.certificate_states(&old).await, ["valid", "valid"]);
        bench.use_it(&next).await;
        let card = bench.card(&old).await;
        assert_eq!((card.stage, card.reason), (Stage::Revoked, Some(StopReason::Replaced)));
        assert_eq!(bench.certificate_states(&next).await, ["valid", "valid"]);
        let told = bench.told().await;
        let ended = (
            bench.holder(&old).await,
            Told::CardState { state: CardStatus::Ended, reason: Some(Reason::Superseded) },
        );
        assert!(told.contains(&ended));
        bench.require_agreement().await;
    })
    .await;
}

#[tokio::test]
async fn warnings_come_three_times_each_once_and_then_the_end() {
    on_every_engine(async |bench| {
        let id = bench.active(1).await;
        bench.active(2).await;
        let renewed = bench.active(3).await;
        let days = async || {
            let due = bench.office.remind(bench.now()).await.unwrap();
            due.iter().map(|reminder| reminder.days).collect::<Vec<_>>()
        };
        assert!(days().await.is_empty());
        bench.pass_days(1826 - 90);
        bench.act(&clerk(), &renewed, Action::Renew).await.unwrap();
        assert_eq!(days().await, [90, 90]);
        assert!(days().await.is_empty());
        bench.pass_days(62);
        assert_eq!(days().await, [30, 30], "what was missed is not caught up");
        bench.pass_days(27);
        assert_eq!(bench.office.expire(bench.now()).await.unwrap(), 0);
        bench.pass_days(2);
        assert_eq!(bench.office.expire(bench.now()).await.unwrap(), 3);
        assert_eq!(bench.office.expire(bench.now()).await.unwrap(), 0);
        let card = bench.card(&id).await;
        assert_eq!(card.stage, Stage::Expired);
        bench.act(&clerk(), &id, Action::Reissue { reason: StopReason::Replaced }).await.unwrap();
        bench.act(&clerk(), &id, Action::Destroy).await.unwrap();
        bench.office.ca().publish_if_due().await.unwrap();
        bench.require_agreement().await;
    })
    .await;
}

#[tokio::test]
async fn a_next_card_lost_in_the_mail_is_replaced_and_the_old_one_goes_on() {
    on_every_engine(async |bench| {
        let old = bench.active(1).await;
        bench.pass_days(1826 - 80);
        let card = bench.act(&clerk(), &old, Action::Renew).await.unwrap();
        let lost = next_of(&bench, &card).await;
        bench.act(&approver(), &lost, Action::Approve).await.unwrap();
        bench.make(&lost).await;
        let reissue = Action::Reissue { reason: StopReason::Undelivered };
        let card = bench.act(&clerk(), &lost, reissue.clone()).await.unwrap();
        let next = next_of(&bench, &card).await;
        assert_eq!(bench.certificate_states(&old).await, ["valid", "valid"]);

        // Given up, the old one may be renewed again; ordered again, it ends when that one is used.
        bench.act(&clerk(), &next, Action::Withdraw).await.unwrap();
        let card = bench.act(&clerk(), &old, Action::Renew).await.unwrap();
        let lost = next_of(&bench, &card).await;
        bench.act(&approver(), &lost, Action::Approve).await.unwrap();
        bench.make(&lost).await;
        let card = bench.act(&clerk(), &lost, reissue).await.unwrap();
        let next = next_of(&bench, &card).await;
        bench.act(&approver(), &next, Action::Approve).await.unwrap();
        bench.make(&next).await;
        bench.use_it(&next).await;
        assert_eq!(bench.card(&old).await.stage, Stage::Revoked);
        assert_eq!(bench.certificate_states(&next).await, ["valid", "valid"]);
        bench.require_agreement().await;
    })
    .await;
}
