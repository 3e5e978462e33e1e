//! The office at work, the same on every engine.

mod calling;
mod ending;
mod proving;
mod replacing;

use jiff::SignedDuration;
use warifu_contract::card_office::{Action, CardSearch, StopReason};
use warifu_pki::Reason;
use warifu_pki::security_event::{CardStatus, Event as Told};
use warifu_service::{fetch_all, fetch_one};

use super::tell::RESIDENT;
use super::*;
use crate::Actor;
use crate::life::Step;
use crate::testing::{
    application, approver, call_centre, clerk, employment, items, key, on_every_engine,
    other_approver, proofs, resident,
};

fn code<T: std::fmt::Debug>(result: Result<T, OfficeError>) -> &'static str {
    result.unwrap_err().code()
}

#[tokio::test]
async fn a_card_lives_from_application_to_destruction() {
    on_every_engine(async |bench| {
        let id = bench.apply(1).await;
        let card = bench.act(&clerk(), &id, Action::Prove).await.unwrap();
        assert_eq!(card.stage, Stage::Proved);
        assert!(card.number.is_none());
        let card = bench.act(&approver(), &id, Action::Approve).await.unwrap();
        assert_eq!(card.number.as_ref().unwrap().len(), 19);

        bench.make(&id).await;
        assert_eq!(bench.certificate_states(&id).await, ["held", "held"]);
        let letter = bench.office.letter(&clerk(), &id).await.unwrap();
        assert_eq!(letter.code.len(), 8);
        let tracking = "123-45-67890-1".to_owned();
        let card = bench.act(&clerk(), &id, Action::Send { tracking: tracking.clone() }).await;
        assert_eq!(card.unwrap().tracking, Some(tracking));
        bench.act(&clerk(), &id, Action::Return).await.unwrap();
        bench.act(&clerk(), &id, Action::Deliver).await.unwrap();
        assert_eq!(bench.certificate_states(&id).await, ["held", "held"]);

        bench.office.activated(&bench.holder(&id).await).await.unwrap();
        assert_eq!(bench.certificate_states(&id).await, ["valid", "valid"]);
        let revoke = Action::Revoke { reason: StopReason::NotWanted };
        let card = bench.act(&clerk(), &id, revoke).await.unwrap();
        assert_eq!(card.reason, Some(StopReason::NotWanted));
        assert_eq!(bench.certificate_states(&id).await, ["revoked", "revoked"]);
        let card = bench.act(&clerk(), &id, Action::Destroy).await.unwrap();
        assert_eq!(card.stage, Stage::Destroyed);
        assert_eq!(card.possible, []);

        let history = bench.office.history(&clerk(), &id).await.unwrap();
        let kinds: Vec<&str> = history.iter().map(|event| event.kind.as_str()).collect();
        let expected = [
            "card.applied",
            "card.proved",
            "card.approved",
            "card.personalisation-started",
            "card.personalised",
            "card.letter-printed",
            "card.sent",
            "card.returned",
            "card.delivered",
            "card.activated",
            "card.revoked",
            "card.destroyed",
        ];
        assert_eq!(kinds, expected);
        assert_eq!(history[6].note.as_deref(), Some("123-45-67890-1"));
        bench.require_agreement().await;
    })
    .await;
}

#[tokio::test]
async fn the_identity_provider_is_told_what_it_must_know_and_in_order() {
    on_every_engine(async |bench| {
        let id = bench.active(1).await;
        let reason = StopReason::Lost;
        bench.act(&clerk(), &id, Action::Suspend { reason }).await.unwrap();
        bench.act(&approver(), &id, Action::Release).await.unwrap();
        bench.act(&clerk(), &id, Action::Revoke { reason }).await.unwrap();
        let told = bench.told().await;
        let holder = bench.holder(&id).await;
        assert!(told.iter().all(|(subject, _)| *subject == holder));
        let Told::CardIssued { person, display_name, roles, organization, replaces } = &told[0].1
        else {
            panic!("{told:?}");
        };
        assert_eq!(person.len(), 32);
        assert_ne!(*person, resident(1).reference, "the register's reference went abroad");
        assert_eq!(*display_name, items(1).name);
        assert_eq!(*roles, [RESIDENT]);
        assert_eq!((organization, replaces), (&None, &None));
        let reason = Some(Reason::KeyCompromise);
        let expected = [
            Told::CardState { state: CardStatus::Active, reason: None },
            Told::CardState { state: CardStatus::Suspended, reason },
            Told::CardState { state: CardStatus::Active, reason: None },
            Told::CardState { state: CardStatus::Ended, reason },
        ];
        let rest: Vec<Told> = told.into_iter().skip(1).map(|(_, event)| event).collect();
        assert_eq!(rest, expected);
    })
    .await;
}

#[tokio::test]
async fn two_persons_stand_behind_a_card() {
    on_every_engine(async |bench| {
        let both = Actor::machine("one");
        bench.know(resident(1));
        let id = key(&bench.office.apply(&both, application(1), None).await.unwrap());
        bench.act(&both, &id, Action::Prove).await.unwrap();
        assert_eq!(code(bench.act(&both, &id, Action::Approve).await), "office.same-person");
        assert_eq!(code(bench.act(&clerk(), &id, Action::Approve).await), "office.role");
        bench.act(&Actor::machine("two"), &id, Action::Approve).await.unwrap();

        bench.make(&id).await;
        bench.use_it(&id).await;
        let reason = StopReason::Lost;
        bench.act(&approver(), &id, Action::Suspend { reason }).await.unwrap();
        assert_eq!(bench.certificate_states(&id).await, ["held", "held"]);
        assert_eq!(code(bench.act(&approver(), &id, Action::Release).await), "office.same-person");
        assert_eq!(code(bench.act(&clerk(), &id, Action::Release).await), "office.role");
        bench.act(&other_approver(), &id, Action::Release).await.unwrap();
        assert_eq!(bench.certificate_states(&id).await, ["valid", "valid"]);
        bench.require_agreement().await;
    })
    .await;
}

#[tokio::test]
async fn an_application_is_taken_once_for_each_key() {
    on_every_engine(async |bench| {
        let (clerk, office) = (clerk(), &bench.office);
        let first = office.apply(&clerk, application(1), Some("k-1")).await.unwrap();
        let again = office.apply(&clerk, application(1), Some("k-1")).await.unwrap();
        assert_eq!(again, first);
        let other = office.apply(&clerk, application(2), Some("k-1")).await;
        assert_eq!(code(other), "office.repeat");
        let colleague = Actor::staff("colleague", [crate::StaffRole::Clerk]);
        let theirs = office.apply(&colleague, application(2), Some("k-1")).await.unwrap();
        assert_ne!(theirs.id, first.id);
        let without = office.apply(&clerk, application(1), None).await.unwrap();
        assert_ne!(without.id, first.id);
    })
    .await;
}

#[tokio::test]
async fn the_same_key_at_the_same_moment_is_one_application() {
    on_every_engine(async |bench| {
        let tasks: Vec<_> = (0..6)
            .map(|_| {
                let office = bench.office.clone();
                tokio::spawn(async move {
                    office.apply(&clerk(), application(1), Some("k")).await.unwrap().id
                })
            })
            .collect();
        let mut ids = Vec::new();
        for task in tasks {
            ids.push(task.await.unwrap());
        }
        ids.dedup();
        assert_eq!(ids.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn of_two_who_act_at_once_one_is_told_to_look_again() {
    on_every_engine(async |bench| {
        let id = bench.apply(1).await;
        let stale = bench.office.act(&clerk(), &id, Some(7), Action::Withdraw).await;
        assert!(matches!(stale, Err(OfficeError::MovedOn { version: 1 })), "{stale:?}");

        let mut first = bench.office.file(&id).await.unwrap();
        let mut second = first.clone();
        let mut change = bench.office.begin().await.unwrap();
        let step = Step::Withdraw;
        bench.office.step(&mut change, &mut first, &clerk(), step, None).await.unwrap();
        bench.office.commit(change).await.unwrap();
        let mut change = bench.office.begin().await.unwrap();
        let late = bench.office.step(&mut change, &mut second, &clerk(), Step::Reject, None).await;
        assert_eq!(code(late), "office.moved-on");
        drop(change);
        assert_eq!(bench.card(&id).await.stage, Stage::Withdrawn);
        bench.require_agreement().await;
    })
    .await;
}

#[tokio::test]
async fn an_application_that_is_not_sound_is_refused_by_name() {
    on_every_engine(async |bench| {
        type Spoil = fn(&mut warifu_contract::card_office::NewApplication);
        let spoils: [(&str, Spoil); 6] = [
            ("name", |new| new.applicant.name = " ".into()),
            ("address", |new| new.applicant.address = "長".repeat(201)),
            ("birth_date", |new| new.applicant.birth_date = jiff::civil::date(2199, 1, 1)),
            ("phone", |new| new.phone = Some("nobody".into())),
            ("proxy.power_of_attorney_seen", |new| {
                new.proxy = Some(warifu_contract::card_office::Proxy {
                    name: "見本 花子".into(),
                    relation: "子".into(),
                    power_of_attorney_seen: false,
                });
            }),
            ("employment.roles", |new| {
                new.employment = Some(warifu_contract::card_office::Employment {
                    roles: Vec::new(),
                    ..employment()
                });
            }),
        ];
        for (what, spoil) in spoils {
            let mut new = application(1);
            spoil(&mut new);
            let refused = bench.office.apply(&clerk(), new, None).await.unwrap_err();
            assert!(matches!(refused, OfficeError::Invalid(named) if named == what), "{refused}");
        }
        let refused = bench.office.apply(&approver(), application(1), None).await;
        assert_eq!(code(refused), "office.role");
    })
    .await;
}

#[tokio::test]
async fn a_card_is_found_by_whatever_somebody_has_of_it() {
    on_every_engine(async |bench| {
        let id = bench.ordered(1).await;
        bench.make(&id).await;
        bench.ordered(2).await;
        let card = bench.card(&id).await;
        let found = async |search: CardSearch| {
            let list = bench.office.search(&clerk(), &search).await.unwrap();
            list.cards.into_iter().map(|line| line.id).collect::<Vec<_>>()
        };
        let by_id = CardSearch { id: Some(card.id.to_lowercase()), ..CardSearch::default() };
        assert_eq!(found(by_id).await, std::slice::from_ref(&card.id));
        for number in [card.number.clone().unwrap(), card.certificates[1].serial.clone()] {
            let by_number = CardSearch { number: Some(number), ..CardSearch::default() };
            assert_eq!(found(by_number).await, std::slice::from_ref(&card.id));
        }
        let birth_date = Some(items(1).birth_date);
        for name in [items(1).name.replace(' ', "　"), items(1).kana.unwrap()] {
            let by_name = CardSearch { name: Some(name), birth_date, ..CardSearch::default() };
            assert_eq!(found(by_name).await, std::slice::from_ref(&card.id));
        }
        let slip = CardSearch { id: Some("A7K2-0000".into()), ..CardSearch::default() };
        assert!(found(slip).await.is_empty());
        let nothing = bench.office.search(&clerk(), &CardSearch::default()).await;
        assert_eq!(code(nothing), "office.invalid");
        let caller = bench.office.search(&call_centre(), &CardSearch::default()).await;
        assert_eq!(code(caller), "office.role");
    })
    .await;
}

#[tokio::test]
async fn lists_are_paged_newest_first_and_counted() {
    on_every_engine(async |bench| {
        for number in 0..53 {
            bench.apply(number).await;
            bench.clock.advance(SignedDuration::from_millis(i64::from(number % 2)));
        }
        let first = bench.office.list(&clerk(), Some(Stage::Applied), None).await.unwrap();
        assert_eq!(first.cards.len(), 50);
        assert!(first.cards.is_sorted_by(|a, b| a.since >= b.since));
        let next = first.next.clone().unwrap();
        let second = bench.office.list(&clerk(), Some(Stage::Applied), Some(&next)).await.unwrap();
        assert_eq!((second.cards.len(), second.next), (3, None));
        assert!(second.cards.iter().all(|line| first.cards.iter().all(|one| one.id != line.id)));
        assert_eq!(first.counts.len(), 1);
        assert_eq!(first.counts[0].count, 53);
        let all = bench.office.list(&approver(), None, None).await.unwrap();
        assert_eq!(all.cards.len(), 50);
        let wrong = bench.office.list(&clerk(), None, Some("1.x")).await;
        assert_eq!(code(wrong), "office.invalid");
    })
    .await;
}

#[tokio::test]
async fn a_letter_is_printed_once_and_again_only_by_an_approver() {
    on_every_engine(async |bench| {
        let id = bench.ordered(1).await;
        assert_eq!(code(bench.office.letter(&clerk(), &id).await.map(drop)), "office.impossible");
        let (_, code_on_card) = bench.office.personalise_with(&clerk(), &id, proofs).await.unwrap();
        let first = bench.office.letter(&clerk(), &id).await.unwrap();
        assert_eq!(*first.code, code_on_card.digits());
        let again = bench.office.letter(&clerk(), &id).await.map(drop);
        assert_eq!(code(again), "office.letter-printed");
        let again = bench.office.letter(&approver(), &id).await.unwrap();
        assert_eq!(again.code, first.code);
        let face = bench.office.face(&clerk(), &id).await.unwrap();
        assert_eq!(Some(face.number), bench.card(&id).await.number);
        assert_eq!(face.kana, items(1).kana.unwrap());

        let reason = StopReason::Damaged;
        bench.act(&clerk(), &id, Action::Revoke { reason }).await.unwrap();
        assert!(bench.office.store().code(&id_of(&id)).await.unwrap().is_none());
    })
    .await;
}

fn id_of(key: &CardKey) -> crate::CardId {
    let CardKey::Id(id) = key else { panic!("no id") };
    id.clone()
}

#[tokio::test]
async fn a_staff_card_has_one_key_and_its_own_person() {
    on_every_engine(async |bench| {
        bench.active(1).await;
        let mut new = application(1);
        new.employment = Some(employment());
        let staff = bench.apply_with(new).await;
        bench.order(&staff).await;
        let two = bench.office.personalise_with(&clerk(), &staff, proofs).await.map(drop);
        assert_eq!(code(two), "office.slots");
        let one = |holder: &str| {
            let proofs = proofs(holder)?;
            Ok(crate::CardProofs { presence: None, ..proofs })
        };
        bench.office.personalise_with(&clerk(), &staff, one).await.unwrap();
        bench.use_it(&staff).await;
        let card = bench.card(&staff).await;
        assert_eq!(card.certificates.len(), 1);
        assert_eq!(card.certificates[0].profile, "staff-authentication");
        let persons: Vec<_> = bench
            .told()
            .await
            .into_iter()
            .filter_map(|(_, event)| match event {
                Told::CardIssued { person, organization, .. } => Some((person, organization)),
                _ => None,
            })
            .collect();
        assert_ne!(persons[0].0, persons[1].0, "work and home are told apart");
        assert_eq!(persons[1].1.as_ref().unwrap().name, "見本医院");
        bench.require_agreement().await;
    })
    .await;
}

#[tokio::test]
async fn nothing_of_a_person_can_be_read_in_the_rows() {
    on_every_engine(async |bench| {
        let id = bench.ordered(1).await;
        bench.make(&id).await;
        let tracking = "123456789012".to_owned();
        bench.act(&clerk(), &id, Action::Send { tracking }).await.unwrap();
        bench.act(&clerk(), &id, Action::Deliver).await.unwrap();
        let card = bench.card(&id).await;
        let number = card.number.unwrap().replace(' ', "");
        let letter = bench.office.letter(&clerk(), &id).await.unwrap();
        let secrets = [
            items(1).name,
            items(1).address,
            number,
            bench.holder(&id).await,
            letter.code.to_string(),
            resident(1).reference,
            "123456789012".to_owned(),
        ];
        let sealed = sealed_columns(&bench).await;
        assert!(sealed.len() > 15, "{}", sealed.len());
        for secret in secrets {
            for bytes in &sealed {
                let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
                assert!(!found, "{secret} stands in a row");
            }
        }
    })
    .await;
}

/// Every byte and text of the rows that could hold something of a person.
async fn sealed_columns(bench: &crate::testing::Bench) -> Vec<Vec<u8>> {
    let on = || bench.office.database().read();
    let mut all = Vec::new();
    for column in ["application", "proof", "number", "holder", "tracking", "code", "name_key"] {
        let sql = format!("SELECT {column} FROM office_cards");
        let rows = fetch_all!(on(), (Option<Vec<u8>>,), sqlx::AssertSqlSafe(sql)).unwrap();
        all.extend(rows.into_iter().filter_map(|(bytes,)| bytes));
    }
    for (column, table) in [
        ("reference", "office_persons"),
        ("identity", "office_persons"),
        ("register", "office_persons"),
        ("body", "office_personalisations"),
        ("body", "outbox"),
    ] {
        let sql = format!("SELECT {column} FROM {table}");
        let rows = fetch_all!(on(), (Vec<u8>,), sqlx::AssertSqlSafe(sql)).unwrap();
        all.extend(rows.into_iter().map(|(bytes,)| bytes));
    }
    let sql = "SELECT note FROM office_events WHERE note IS NOT NULL";
    let notes = fetch_all!(on(), (Vec<u8>,), sql).unwrap();
    all.extend(notes.into_iter().map(|(bytes,)| bytes));
    let sql = "SELECT step FROM office_events";
    let steps = fetch_all!(on(), (String,), sql).unwrap();
    all.extend(steps.into_iter().map(|(text,)| text.into_bytes()));
    all
}

#[tokio::test]
async fn an_altered_or_missing_event_is_noticed() {
    on_every_engine(async |bench| {
        let id = bench.ordered(1).await;
        bench.require_agreement().await;
        let on = || bench.office.database().write();
        let (actor,) = fetch_one!(
            on(),
            (String,),
            "UPDATE office_events SET actor = 'somebody' WHERE sequence = 2 RETURNING actor"
        )
        .unwrap();
        assert_eq!(actor, "somebody");
        let found = bench.office.audit().await.unwrap();
        assert_eq!(found.len(), 1, "{found:?}");
        let sql = "UPDATE office_events SET actor = 'clerk' WHERE sequence = 2";
        warifu_service::execute!(on(), sql).unwrap();
        bench.require_agreement().await;
        let sql = "DELETE FROM office_events WHERE sequence = 3";
        warifu_service::execute!(on(), sql).unwrap();
        assert!(!bench.office.audit().await.unwrap().is_empty());
        drop(id);
    })
    .await;
}

#[tokio::test]
async fn a_drawer_of_cards_is_made_in_a_moment() {
    let bench = crate::testing::Bench::in_folder().await;
    for number in 0..28 {
        bench.know(resident(number));
    }
    let started = std::time::Instant::now();
    let lives = (0..28).map(async |number| {
        let id = bench.apply_with(application(number)).await;
        bench.order(&id).await;
        bench.make(&id).await;
        bench.use_it(&id).await;
    });
    futures::future::join_all(lives).await;
    eprintln!("28 cards from application to use in {:.2?}", started.elapsed());
    bench.require_agreement().await;
}
