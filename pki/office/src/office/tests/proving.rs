//! 本人確認.

use warifu_contract::identity::{Departure, IdentityOutcome};

use super::*;

fn resolve() -> Action {
    Action::ResolveDoubt { note: "運転免許証の氏名と一致".into() }
}

#[tokio::test]
async fn a_silent_register_changes_nothing() {
    on_every_engine(async |bench| {
        let id = bench.apply(1).await;
        bench.register.lock().unwrap().is_silent = true;
        let silent = bench.act(&clerk(), &id, Action::Prove).await;
        assert_eq!(code(silent), "office.register-silent");
        let card = bench.card(&id).await;
        assert_eq!((card.stage, card.version), (Stage::Applied, 1));
        bench.register.lock().unwrap().is_silent = false;
        bench.act(&clerk(), &id, Action::Prove).await.unwrap();
        assert_eq!(bench.register.lock().unwrap().asked, [card.id.clone(), card.id]);
    })
    .await;
}

#[tokio::test]
async fn a_folded_name_is_looked_at_by_an_approver_who_did_not_ask() {
    on_every_engine(async |bench| {
        let mut held = resident(1);
        held.name.text = "髙橋 一郎".into();
        bench.know(held);
        let mut new = application(1);
        new.applicant.name = "高橋 一郎".into();
        let id = bench.apply_with(new).await;
        let both = Actor::machine("both");
        let card = bench.act(&both, &id, Action::Prove).await.unwrap();
        assert_eq!(card.stage, Stage::Doubtful);
        assert_eq!(code(bench.act(&both, &id, resolve()).await), "office.same-person");
        assert_eq!(code(bench.act(&approver(), &id, Action::Approve).await), "office.proof-needed");
        let short = Action::ResolveDoubt { note: "見ました".into() };
        assert_eq!(code(bench.act(&approver(), &id, short).await), "office.invalid");
        bench.act(&approver(), &id, resolve()).await.unwrap();
        assert_eq!(code(bench.act(&approver(), &id, Action::Approve).await), "office.same-person");
        let card = bench.act(&other_approver(), &id, Action::Approve).await.unwrap();
        assert_eq!(card.stage, Stage::Ordered);
        let history = bench.office.history(&clerk(), &id).await.unwrap();
        assert_eq!(history[2].note.as_deref(), Some("運転免許証の氏名と一致"));
        bench.require_agreement().await;
    })
    .await;
}

#[tokio::test]
async fn no_note_makes_up_for_another_birth_date_or_for_nobody() {
    on_every_engine(async |bench| {
        let mut other = resident(1);
        other.birth_date = jiff::civil::date(1920, 1, 1);
        bench.know(other);
        for id in [bench.apply_with(application(1)).await, bench.apply_with(application(7)).await] {
            let card = bench.act(&clerk(), &id, Action::Prove).await.unwrap();
            assert_eq!(card.stage, Stage::Doubtful);
            assert_eq!(code(bench.act(&approver(), &id, resolve()).await), "office.not-resolvable");
        }
    })
    .await;
}

#[tokio::test]
async fn somebody_who_is_gone_gets_no_card() {
    on_every_engine(async |bench| {
        let id = bench.apply(1).await;
        bench.gone(1, Departure::Deceased);
        let card = bench.act(&clerk(), &id, Action::Prove).await.unwrap();
        assert_eq!(card.stage, Stage::Doubtful);
        assert_eq!(card.proof, Some(IdentityOutcome::Gone { why: Departure::Deceased }));
        assert_eq!(code(bench.act(&approver(), &id, resolve()).await), "office.not-resolvable");
        bench.act(&clerk(), &id, Action::Reject { note: "登録がありません".into() }).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn without_consent_the_register_is_not_even_asked() {
    on_every_engine(async |bench| {
        bench.know(resident(1));
        let mut new = application(1);
        new.consent = false;
        let id = bench.apply_with(new).await;
        assert_eq!(code(bench.act(&clerk(), &id, Action::Prove).await), "office.consent");
        assert!(bench.register.lock().unwrap().asked.is_empty());
    })
    .await;
}

#[tokio::test]
async fn nobody_has_two_cards_of_one_kind() {
    on_every_engine(async |bench| {
        let first = bench.ordered(1).await;
        let second = bench.apply_with(application(1)).await;
        bench.act(&clerk(), &second, Action::Prove).await.unwrap();
        let refused = bench.act(&approver(), &second, Action::Approve).await;
        assert_eq!(code(refused), "office.card-exists");
        bench.act(&clerk(), &first, Action::Withdraw).await.unwrap();
        bench.act(&approver(), &second, Action::Approve).await.unwrap();
    })
    .await;
}
