//! Lite-S cards at the desk: on each engine, interrupted everywhere, with the master key in a token,
//! through a real pcscd.

#[path = "../../../card/tests/all/private_stack.rs"]
#[allow(dead_code, reason = "the card's own tests use the rest")]
mod private_stack;
mod rig;

use warifu_card::PcscReaders;
use warifu_card::felica::{FelicaError, Idm};
use warifu_contract::card_office::{Action, StopReason};
use warifu_pki::KeySource;
use warifu_pki::security_event::Event;

use super::*;
use crate::StaffRole;
use crate::life::Refusal;
use crate::testing::{Bench, approver, clerk, on_every_engine};
use private_stack::{Stack, insert, isolated};
use rig::{Desk, IDM, id_block, in_token, with_token, without_server};

/// More commands than any talk has.
const MOST_COMMANDS: usize = 60;

#[tokio::test]
async fn a_card_is_registered_and_recognised() {
    on_every_engine(async |bench| {
        let card = bench.active(1).await;
        let desk = Desk::new(&bench, 1);
        assert_eq!(desk.recognise().await.unwrap(), None);
        let done = desk.register(&card).await.unwrap();
        assert_eq!((done.key_version, &done.holder), (1, &bench.holder(&card).await));
        assert_eq!(desk.recognise().await.unwrap(), Some(done.clone()));
        assert_eq!(desk.felica.card_of(&id_block()).await.unwrap(), Some(done));
        assert_eq!(desk.felica.card_of(&[9; 16]).await.unwrap(), None);
        let history = bench.office.history(&clerk(), &card).await.unwrap();
        let last = history.last().unwrap();
        assert_eq!(
            (last.kind.as_str(), last.role.as_deref()),
            ("card.felica-registered", Some("clerk"))
        );
        bench.require_agreement().await;
    })
    .await;
}

/// What the identity provider is told of FeliCa cards.
async fn told(bench: &Bench) -> Vec<(String, Event)> {
    let is_felica =
        |event: &Event| matches!(event, Event::TokenRegistered { .. } | Event::TokenEnded { .. });
    bench.told().await.into_iter().filter(|(_, event)| is_felica(event)).collect()
}

fn registered_event(idm: Idm, key_version: u16) -> Event {
    Event::TokenRegistered { token: hex_of(idm), key_version }
}

fn hex_of(idm: Idm) -> String {
    HEXLOWER.encode(&idm) + "0000000000000000"
}

#[tokio::test]
async fn the_identity_provider_is_told_of_every_card_and_its_newest_key() {
    on_every_engine(async |bench| {
        let card = bench.active(1).await;
        let holder = bench.holder(&card).await;
        let old = Desk::new(&bench, 1);
        old.register(&card).await.unwrap();
        assert_eq!(told(&bench).await, [(holder.clone(), registered_event(IDM, 1))]);
        bench.tick();
        let desk = old.with_masters(&bench, &[1, 2]);
        desk.rotate().await.unwrap();
        assert_eq!(told(&bench).await[1..], [(holder.clone(), registered_event(IDM, 2))]);

        let reissue = Action::Reissue { reason: StopReason::Damaged };
        let ended = bench.act(&clerk(), &card, reissue).await.unwrap();
        let next: CardKey = ended.replaced_by.unwrap().parse().unwrap();
        bench.act(&approver(), &next, Action::Approve).await.unwrap();
        bench.make(&next).await;
        bench.use_it(&next).await;
        bench.tick();
        desk.register(&next).await.unwrap();
        let (from, to) = (holder, bench.holder(&next).await);
        let moved =
            [(from, Event::TokenEnded { token: hex_of(IDM) }), (to, registered_event(IDM, 2))];
        assert_eq!(told(&bench).await[2..], moved);
    })
    .await;
}

#[tokio::test]
async fn a_card_serves_one_person_once() {
    on_every_engine(async |bench| {
        let (card, other) = (bench.active(1).await, bench.active(2).await);
        let desk = Desk::new(&bench, 1);
        desk.register(&card).await.unwrap();
        for again in [&card, &other] {
            let refused = desk.register(again).await;
            assert!(matches!(refused, Err(FelicaDeskError::Taken)), "{refused:?}");
        }
        // Nor when the life it stood for is over.
        bench.act(&clerk(), &card, Action::Revoke { reason: StopReason::Lost }).await.unwrap();
        assert!(matches!(desk.register(&other).await, Err(FelicaDeskError::Taken)));
        assert_eq!(desk.recognise().await.unwrap(), None);
        bench.require_agreement().await;
    })
    .await;
}

#[tokio::test]
async fn a_copy_and_a_strangers_card_are_refused() {
    on_every_engine(async |bench| {
        let card = bench.active(1).await;
        let desk = Desk::new(&bench, 1);
        desk.register(&card).await.unwrap();
        let copy = desk.copied();
        let recognised = copy.recognise().await;
        assert!(matches!(recognised, Err(FelicaDeskError::Card(FelicaError::WrongMac))));
        let rotated = copy.rotate().await;
        assert!(matches!(rotated, Err(FelicaDeskError::Card(FelicaError::WrongMac))));

        // Another office's: locked with a key that is none of ours.
        let other = bench.active(2).await;
        let theirs = Desk::blank(&bench, &[1], [9; 8]).locked_by(9);
        let refused = Desk::around(&bench, &[1], theirs).register(&other).await;
        assert!(matches!(refused, Err(FelicaDeskError::Card(FelicaError::Locked))), "{refused:?}");
    })
    .await;
}

#[tokio::test]
async fn a_card_opens_what_its_life_opens() {
    on_every_engine(async |bench| {
        let card = bench.active(1).await;
        let desk = Desk::new(&bench, 1);
        desk.register(&card).await.unwrap();
        bench.act(&clerk(), &card, Action::Suspend { reason: StopReason::Lost }).await.unwrap();
        assert_eq!(desk.recognise().await.unwrap(), None);
        let refused = desk.rotate().await;
        assert!(matches!(refused, Err(FelicaDeskError::Office(OfficeError::Refused(_)))));
        bench.act(&approver(), &card, Action::Release).await.unwrap();
        assert!(desk.recognise().await.unwrap().is_some());
    })
    .await;
}

#[tokio::test]
async fn only_a_clerk_registers_and_only_for_a_card_in_use() {
    on_every_engine(async |bench| {
        let ordered = bench.ordered(1).await;
        let desk = Desk::new(&bench, 1);
        let refused = desk.register(&ordered).await;
        let refusal = |refused| match refused {
            Err(FelicaDeskError::Office(OfficeError::Refused(refusal))) => refusal,
            other => panic!("{other:?}"),
        };
        assert_eq!(refusal(refused), Refusal::Impossible);
        let card = bench.active(2).await;
        for role in [StaffRole::Approver, StaffRole::CallCentre] {
            let refused = desk.register_by(&Actor::staff("x", [role]), &card).await;
            assert_eq!(refusal(refused), Refusal::Role);
        }
        assert!(!desk.is_locked(), "nothing was written");
    })
    .await;
}

#[tokio::test]
async fn a_person_takes_it_to_the_next_card_and_another_takes_its_place() {
    on_every_engine(async |bench| {
        let card = bench.active(1).await;
        let desk = Desk::new(&bench, 1);
        let first = desk.register(&card).await.unwrap();
        let reissue = Action::Reissue { reason: StopReason::Damaged };
        let old = bench.act(&clerk(), &card, reissue).await.unwrap();
        let next: CardKey = old.replaced_by.unwrap().parse().unwrap();
        bench.act(&approver(), &next, Action::Approve).await.unwrap();
        bench.make(&next).await;
        bench.use_it(&next).await;
        assert_eq!(desk.recognise().await.unwrap(), None, "it is shown once more first");
        let copied = desk.copied().register(&next).await;
        assert!(matches!(copied, Err(FelicaDeskError::Card(FelicaError::WrongMac))));
        let moved = desk.register(&next).await.unwrap();
        assert_ne!(moved.holder, first.holder);
        assert_eq!(desk.recognise().await.unwrap(), Some(moved));

        let another = Desk::blank(&bench, &[1], [7; 8]);
        another.register(&next).await.unwrap();
        assert!(another.recognise().await.unwrap().is_some());
        assert_eq!(desk.recognise().await.unwrap(), None);
        assert!(matches!(desk.rotate().await, Err(FelicaDeskError::Unknown)));
        desk.register(&next).await.unwrap();
        assert!(desk.recognise().await.unwrap().is_some());
        assert_eq!(another.recognise().await.unwrap(), None);
        bench.require_agreement().await;
    })
    .await;
}

#[tokio::test]
async fn a_registration_is_resumed_wherever_it_broke_off() {
    on_every_engine(async |bench| {
        let card = bench.active(1).await;
        let mut commands = 0;
        loop {
            let idm = [u8::try_from(commands).unwrap(); 8];
            let desk = Desk::blank(&bench, &[1], idm);
            desk.break_after(commands);
            let broken = desk.register(&card).await.is_err();
            desk.break_never();
            if !broken {
                break;
            }
            let done = desk.register(&card).await.unwrap();
            assert_eq!(desk.recognise().await.unwrap(), Some(done), "after {commands} commands");
            commands += 1;
            assert!(commands < MOST_COMMANDS);
        }
        println!("a registration takes {commands} commands");
        bench.require_agreement().await;
    })
    .await;
}

#[tokio::test]
async fn a_locked_card_that_was_not_noted_is_ours_by_its_key() {
    on_every_engine(async |bench| {
        let card = bench.active(1).await;
        // The newest master has changed since it broke off.
        let locked = Desk::new(&bench, 1).locked_by(1);
        let desk = Desk::around(&bench, &[1, 2], locked);
        assert_eq!(desk.recognise().await.unwrap(), None);
        let done = desk.register(&card).await.unwrap();
        assert_eq!(done.key_version, 1);
        assert_eq!(desk.rotate().await.unwrap().key_version, 2);
    })
    .await;
}

#[tokio::test]
async fn a_card_is_given_the_newest_key() {
    on_every_engine(async |bench| {
        let card = bench.active(1).await;
        let old = Desk::new(&bench, 1);
        old.register(&card).await.unwrap();
        let events = bench.office.history(&clerk(), &card).await.unwrap().len();
        let desk = old.with_masters(&bench, &[1, 3]);
        for _ in 0..2 {
            assert_eq!(desk.rotate().await.unwrap().key_version, 3);
            let history = bench.office.history(&clerk(), &card).await.unwrap();
            assert_eq!(history.len(), events + 1, "once");
            assert_eq!(history.last().unwrap().kind, "card.felica-rotated");
        }
        assert_eq!(desk.recognise().await.unwrap().unwrap().key_version, 3);
        let without = old.recognise().await;
        assert!(matches!(without, Err(FelicaDeskError::NoMaster(3))), "{without:?}");
        bench.require_agreement().await;
    })
    .await;
}

#[tokio::test]
async fn a_rotation_is_resumed_wherever_it_broke_off() {
    on_every_engine(async |bench| {
        let card = bench.active(1).await;
        let mut commands = 0;
        loop {
            let idm = [u8::try_from(commands).unwrap(); 8];
            let old = Desk::blank(&bench, &[1], idm);
            old.register(&card).await.unwrap();
            let desk = old.with_masters(&bench, &[1, 2]);
            desk.break_after(commands);
            let broken = desk.rotate().await.is_err();
            desk.break_never();
            if !broken {
                break;
            }
            // Whichever key it has now, it is recognised.
            let holder = bench.holder(&card).await;
            assert_eq!(desk.recognise().await.unwrap().unwrap().holder, holder, "{commands}");
            // Meanwhile there may be a master that is newer still.
            let newer = desk.with_masters(&bench, &[1, 2, 5]);
            assert_eq!(newer.rotate().await.unwrap().key_version, 5, "{commands}");
            assert_eq!(newer.recognise().await.unwrap().unwrap().key_version, 5, "{commands}");
            commands += 1;
            assert!(commands < MOST_COMMANDS);
        }
        println!("a rotation takes {commands} commands");
        bench.require_agreement().await;
    })
    .await;
}

#[tokio::test]
async fn nothing_that_identifies_the_card_is_in_the_database() {
    on_every_engine(async |bench| {
        let card = bench.active(1).await;
        let desk = Desk::new(&bench, 1);
        desk.register(&card).await.unwrap();
        let mut seen = 0;
        let folder = bench.office.settings().folder.parent().unwrap();
        for file in std::fs::read_dir(folder).unwrap() {
            let path = file.unwrap().path();
            if !path.file_name().unwrap().to_string_lossy().starts_with("office.db") {
                continue;
            }
            let bytes = std::fs::read(&path).unwrap();
            seen += usize::from(rig::contains(&bytes, b"office_felica"));
            for form in rig::written_forms(&IDM) {
                assert!(!rig::contains(&bytes, &form), "{}", path.display());
            }
        }
        let is_sqlite = folder.join("office.db").exists();
        assert_eq!(seen > 0, is_sqlite);
        let shown = format!("{:?} {:?}", desk.recognise().await.unwrap(), desk.felica);
        for form in rig::written_forms(&IDM) {
            assert!(!rig::contains(shown.as_bytes(), &form));
        }
    })
    .await;
}

#[test]
fn the_master_key_may_be_in_a_token() {
    with_token("felica::tests::the_master_key_may_be_in_a_token", |folder| {
        rig::run(on_every_engine(async |bench| {
            let source =
                in_token(folder, &format!("felica-{}", bench.office.surroundings().hex(4)));
            warifu_pki::DiversificationKey::generate(&source).unwrap();
            let card = bench.active(1).await;
            let settings = rig::settings([(1, source.clone())]);
            let desk = Desk::with_settings(&bench, &settings);
            let done = desk.register(&card).await.unwrap();
            assert_eq!(desk.recognise().await.unwrap(), Some(done));
            // From the token to a file and back.
            let next = KeySource::file(rig::master_file(&bench, 2));
            let settings = rig::settings([(1, source), (2, next)]);
            let desk = desk.again_with(&bench, &settings);
            assert_eq!(desk.rotate().await.unwrap().key_version, 2);
            assert_eq!(desk.recognise().await.unwrap().unwrap().key_version, 2);
        }));
    });
}

#[test]
fn a_card_is_registered_and_recognised_through_pcscd() {
    let name = "felica::tests::a_card_is_registered_and_recognised_through_pcscd";
    let test = || {
        let _stack = Stack::start();
        rig::run(on_every_engine(async |bench| {
            let card = bench.active(1).await;
            let desk = Desk::new(&bench, 1);
            let inserted = insert(desk.shared(), 0);
            let readers: Arc<dyn Readers> = Arc::new(PcscReaders::new());
            let reader = private_stack::reader(0);
            let done =
                desk.felica.register(&clerk(), &card, readers.clone(), &reader).await.unwrap();
            let desk = desk.with_masters(&bench, &[1, 2]);
            let rotated = desk.felica.rotate(&clerk(), readers.clone(), &reader).await.unwrap();
            assert_eq!((done.key_version, rotated.key_version), (1, 2));
            let recognised = desk.felica.recognise(readers.clone(), &reader).await.unwrap();
            assert_eq!(recognised, Some(rotated));
            drop(inserted);
            private_stack::wait_until("the card is out", |readers| !readers[0].card_present);
        }));
    };
    without_server(name, || isolated(name, test));
}

#[tokio::test]
async fn masters_have_versions_of_their_own() {
    on_every_engine(async |bench| {
        let file = KeySource::file(rig::master_file(&bench, 1));
        let two = |first, second| rig::settings([(first, file.clone()), (second, file.clone())]);
        for settings in [FelicaSettings::default(), two(0, 1), two(1, 1)] {
            let opened = FelicaDesk::open(&bench.office, &settings);
            assert!(matches!(opened, Err(FelicaDeskError::Settings(_))), "{settings:?}");
        }
        let read: FelicaSettings =
            toml::from_str("[[masters]]\nversion = 1\nkey = { file = \"felica-1.key\" }").unwrap();
        assert_eq!(read, rig::settings([(1, KeySource::file("felica-1.key"))]));
    })
    .await;
}
