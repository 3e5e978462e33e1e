//! 死亡 and 転出.

use warifu_contract::identity::Departure;

use super::*;
use crate::testing::Bench;

async fn end(
    bench: &Bench,
    actor: &Actor,
    id: &CardKey,
) -> Result<warifu_contract::card_office::Card, OfficeError> {
    bench.office.end_person(actor, id, Departure::Deceased).await
}

#[tokio::test]
async fn one_person_stops_all_cards_and_another_ends_them() {
    on_every_engine(async |bench| {
        let home = bench.active(1).await;
        let mut new = application(1);
        new.employment = Some(employment());
        let work = bench.apply_with(new).await;
        bench.order(&work).await;
        let stranger = bench.active(2).await;

        assert_eq!(code(end(&bench, &call_centre(), &home).await), "office.role");
        let card = end(&bench, &clerk(), &home).await.unwrap();
        assert_eq!((card.stage, card.reason), (Stage::Suspended, Some(StopReason::Deceased)));
        assert_eq!(bench.certificate_states(&home).await, ["held", "held"]);
        let made = bench.office.personalise_with(&clerk(), &work, proofs).await.map(drop);
        assert_eq!(code(made), "office.person-ended");
        assert_eq!(code(end(&bench, &clerk(), &home).await), "office.role");
        let moved = bench.office.end_person(&approver(), &home, Departure::MovedAway).await;
        assert_eq!(code(moved), "office.impossible");

        let card = end(&bench, &approver(), &home).await.unwrap();
        assert_eq!(card.stage, Stage::Revoked);
        assert_eq!(bench.card(&work).await.stage, Stage::Withdrawn);
        assert_eq!(bench.card(&stranger).await.stage, Stage::Active);
        let reissue = Action::Reissue { reason: StopReason::Lost };
        assert_eq!(code(bench.act(&clerk(), &home, reissue).await), "office.person-ended");
        let told = bench.told().await;
        let persons = told.iter().filter(|(_, event)| *event == Told::PersonEnded);
        assert_eq!(persons.count(), 2, "at home and at work");
        bench.require_agreement().await;
    })
    .await;
}

#[tokio::test]
async fn whoever_said_it_does_not_confirm_it_but_another_may_take_it_back() {
    on_every_engine(async |bench| {
        let id = bench.active(1).await;
        let both = Actor::machine("both");
        end(&bench, &both, &id).await.unwrap();
        assert_eq!(code(end(&bench, &both, &id).await), "office.same-person");
        assert_eq!(code(bench.act(&both, &id, Action::Release).await), "office.same-person");
        let card = bench.act(&approver(), &id, Action::Release).await.unwrap();
        assert_eq!((card.stage, card.reason), (Stage::Active, None));
        assert_eq!(bench.certificate_states(&id).await, ["valid", "valid"]);
        // The next one says it anew.
        let card = end(&bench, &approver(), &id).await.unwrap();
        assert_eq!(card.stage, Stage::Suspended);
        bench.require_agreement().await;
    })
    .await;
}

#[tokio::test]
async fn a_card_in_the_making_ends_too() {
    on_every_engine(async |bench| {
        let id = bench.apply(1).await;
        end(&bench, &clerk(), &id).await.unwrap();
        let card = end(&bench, &approver(), &id).await.unwrap();
        assert_eq!(card.stage, Stage::Withdrawn);
        bench.require_agreement().await;
    })
    .await;
}
