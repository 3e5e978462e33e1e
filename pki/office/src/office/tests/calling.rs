//! コールセンター.

use warifu_contract::card_office::CallerAnswers;

use super::*;

fn answers(number: u32, second: &str) -> CallerAnswers {
    CallerAnswers { items: items(number), second: second.into() }
}

#[tokio::test]
async fn a_caller_who_answers_all_opens_the_cards_for_a_quarter_of_an_hour() {
    on_every_engine(async |bench| {
        let id = bench.active(1).await;
        let other = bench.active(2).await;
        let caller = call_centre();
        let closed = bench.office.card(&caller, &id).await;
        assert_eq!(code(closed), "office.not-identified");

        let tail = bench.card(&id).await.number.unwrap()[15..].to_owned();
        for second in ["０８７（８３９）０００１", tail.as_str()] {
            let list = bench.office.identify(&caller, &answers(1, second)).await.unwrap();
            assert_eq!(list.cards.len(), 1);
            assert_eq!(list.cards[0].name, None);
        }
        let card = bench.office.card(&caller, &id).await.unwrap().unwrap();
        assert_eq!(card.applicant, Some(items(1)));
        assert_eq!(code(bench.office.card(&caller, &other).await), "office.not-identified");
        let colleague = Actor::staff("colleague", [crate::StaffRole::CallCentre]);
        assert_eq!(code(bench.office.card(&colleague, &id).await), "office.not-identified");

        let suspend = Action::Suspend { reason: StopReason::Lost };
        let refused = bench.act(&caller, &other, suspend.clone()).await;
        assert_eq!(code(refused), "office.not-identified");
        bench.act(&caller, &id, suspend).await.unwrap();
        assert_eq!(bench.certificate_states(&id).await, ["held", "held"]);
        assert_eq!(code(bench.act(&caller, &id, Action::Release).await), "office.role");
        bench.clock.advance(SignedDuration::from_mins(16));
        assert_eq!(code(bench.office.card(&caller, &id).await), "office.not-identified");
        bench.require_agreement().await;
    })
    .await;
}

#[tokio::test]
async fn every_wrong_answer_looks_the_same() {
    on_every_engine(async |bench| {
        bench.active(1).await;
        let right = answers(1, "087-839-0001");
        let mut wrong = vec![answers(1, "087-839-0002"), answers(1, ""), answers(9, "0878390009")];
        let mut address = right.clone();
        address.items.address = "香川県高松市よそ町1".into();
        let mut name = right.clone();
        name.items.name = "見本 別人".into();
        wrong.extend([address, name]);
        let nothing = bench.office.identify(&call_centre(), &wrong[0]).await.unwrap();
        for answers in &wrong[1..] {
            let list = bench.office.identify(&call_centre(), answers).await.unwrap();
            assert_eq!(list, nothing);
        }
        assert!(nothing.cards.is_empty());
    })
    .await;
}

#[tokio::test]
async fn guesses_are_counted_for_the_caller_and_for_the_member_of_staff() {
    on_every_engine(async |bench| {
        bench.active(1).await;
        for turn in 0..5 {
            let member = Actor::staff(format!("m{turn}"), [crate::StaffRole::CallCentre]);
            bench.office.identify(&member, &answers(1, "0000")).await.unwrap();
        }
        let right = answers(1, "087-839-0001");
        let now = bench.office.identify(&call_centre(), &right).await;
        assert_eq!(code(now), "office.too-many-calls");
        bench.clock.advance(SignedDuration::from_mins(16));
        assert_eq!(bench.office.identify(&call_centre(), &right).await.unwrap().cards.len(), 1);

        for number in 10..20 {
            bench.office.identify(&call_centre(), &answers(number, "0000")).await.unwrap();
        }
        let tired = bench.office.identify(&call_centre(), &right).await;
        assert_eq!(code(tired), "office.too-many-calls");
    })
    .await;
}

#[tokio::test]
async fn an_application_in_the_name_of_another_opens_only_itself() {
    on_every_engine(async |bench| {
        let victim = bench.active(1).await;
        let mut forged = application(1);
        forged.phone = Some("090-0000-9999".into());
        let forged = bench.apply_with(forged).await;
        bench.act(&clerk(), &forged, Action::Prove).await.unwrap();
        let list = bench.office.identify(&call_centre(), &answers(1, "09000009999")).await.unwrap();
        assert_eq!(list.cards.len(), 1);
        assert_ne!(list.cards[0].id, bench.card(&victim).await.id);
        let closed = bench.office.card(&call_centre(), &victim).await;
        assert_eq!(code(closed), "office.not-identified");
    })
    .await;
}
