//! The linking ceremony over real mutual TLS: office, relay, gateways; people and doubts.

use std::collections::BTreeSet;

use serde_json::json;
use warifu_contract::linking::portal::{FrozenBy, Standing};
use warifu_contract::linking::{Comparison, Item};
use warifu_contract::records::{PanelOutcome, Service};
use warifu_log::{Action, Outcome, Series};
use warifu_pki::Ticket;
use warifu_service::{Database, Surroundings, fetch_all};

use crate::bed::{Engine, engines, refusal};
use crate::ceremony::{ADMIN, APPROVER, Stage, attributes, entry};

const ICHIKO: &str = "ichiko-at-the-relay";
const HOLDER: &str = "sealed-ichiko";
const KEY: &str = "ueno-ichiko";

async fn stage(engine: Engine) -> (Stage, String) {
    let stage = Box::pin(Stage::on(engine)).await;
    stage.knows(HOLDER, attributes(KEY));
    let token = stage.resident(ICHIKO, HOLDER).await;
    (stage, token)
}

/// What the log says about the subject's links, oldest first.
async fn logged(stage: &Stage, subject: &str, connector: &str) -> Vec<(Action, Outcome)> {
    let log = stage.bed.relay.log();
    let all = log.history(subject, Series::Administration, None, 100).await.unwrap();
    let entries = all.into_iter().filter_map(|one| one.entry);
    let of = entries.filter(|entry| entry.source.as_deref() == Some(connector));
    let mut all: Vec<_> = of.map(|entry| (entry.action, entry.outcome)).collect();
    all.reverse();
    all
}

#[tokio::test]
async fn at_the_first_login_every_holder_is_asked_and_the_person_confirms() {
    for engine in engines() {
        let (stage, token) = stage(engine).await;
        let list = stage.discover(&token, None).await;
        let Standing::Confirming { target } = entry(&list, "insurer").standing else {
            panic!("{list:?}")
        };
        assert_eq!(target.in_japanese(), "上○ 一○　昭和35年○月生まれ　見本insurer　家族");
        assert!(matches!(entry(&list, "pension").standing, Standing::Failed { .. }));

        // Before it is confirmed nothing is linked, here or there.
        let panels = stage.bed.panels(&token, &[Service::Insurance]).await;
        assert_eq!(panels[0].outcome, PanelOutcome::NotLinked);
        assert_eq!(stage.pseudonym("insurer", KEY).await, None);

        let id = entry(&list, "insurer").id.unwrap();
        let body = json!({ "idempotency_key": "the-same-key-again" });
        let path = format!("/links/{id}/confirm");
        for _ in 0..3 {
            let answer = stage.bed.post(&stage.bed.portal, &path, &token, &body).await;
            assert_eq!(answer.status(), 200);
        }
        let panels = stage.bed.panels(&token, &[Service::Insurance]).await;
        assert!(matches!(panels[0].outcome, PanelOutcome::Ready { .. }), "{panels:?}");
        assert!(stage.pseudonym("insurer", KEY).await.is_some());
        let expected = [
            (Action::LinkStarted, Outcome::Done),
            (Action::LinkMatched, Outcome::Answered("exact".into())),
            (Action::LinkMade, Outcome::Done),
        ];
        assert_eq!(logged(&stage, ICHIKO, "insurer").await, expected);

        // What is linked, or waits for the person, is not asked again.
        stage.discover(&token, None).await;
        assert_eq!(logged(&stage, ICHIKO, "insurer").await.len(), 3);
        let waits = logged(&stage, ICHIKO, "checkup").await;
        assert!(waits.iter().filter(|(action, _)| *action == Action::LinkStarted).count() == 1);
    }
}

#[tokio::test]
async fn a_former_name_takes_four_eyes_and_the_persons_own() {
    for engine in engines() {
        let (stage, token) = stage(engine).await;
        let mut married = attributes(KEY);
        married.former_names = vec![married.items.name.clone()];
        married.items.name = "新田 一子".into();
        married.items.kana = Some("ニッタ イチコ".into());
        stage.knows(HOLDER, married);
        let list = stage.discover(&token, Some(&["insurer"])).await;
        assert_eq!(entry(&list, "insurer").standing, Standing::Doubtful);
        let id = entry(&list, "insurer").id.unwrap();
        assert_eq!(stage.step(&token, &format!("{id}/confirm")).await.status(), 409);

        let first = stage.staff("first", APPROVER, "insurer-org").await;
        let foreign = stage.staff("third", APPROVER, "checkup-org").await;
        let queue = stage.doubts(&first).await.doubts;
        assert_eq!(queue.len(), 1);
        assert!(queue[0].candidates[0].by_former_name && queue[0].id == id);
        assert!(stage.doubts(&foreign).await.doubts.is_empty());
        assert_eq!(
            refusal(stage.approve(&foreign, &id, 0).await).await,
            (404, "link.unknown".into())
        );
        assert_eq!(
            refusal(stage.approve(&token, &id, 0).await).await,
            (403, "link.not-yours".into())
        );
        let herself = stage.staff(ICHIKO, ADMIN, "consortium").await;
        assert_eq!(refusal(stage.approve(&herself, &id, 0).await).await, (403, "link.own".into()));
        assert!(stage.doubts(&herself).await.doubts.is_empty());

        stage.bed.pass(jiff::SignedDuration::from_mins(15));
        let first = stage.staff("first", APPROVER, "insurer-org").await;
        let second = stage.staff("second", ADMIN, "consortium").await;
        let token = stage.resident(ICHIKO, HOLDER).await;
        let which = json!({ "idempotency_key": Surroundings::system().hex(16), "candidate": 0 });
        let path = format!("/links/doubts/{id}/compare");
        let answer = stage.bed.post(&stage.bed.portal, &path, &first, &which).await;
        assert_eq!(answer.status(), 200, "the voucher is as old as the doubt");
        let compared: Comparison = answer.json().await.unwrap();
        let items: Vec<_> = compared.items.iter().map(|one| one.item).collect();
        assert_eq!(items, [Item::Name, Item::Kana], "what agrees is not told");
        let marked: Vec<_> = compared.items[0].held.iter().filter(|one| one.differs).collect();
        assert_eq!(marked.len(), 1, "上 of 上野, not 一子");
        let foreign = stage.staff("third", APPROVER, "checkup-org").await;
        let answer = stage.bed.post(&stage.bed.portal, &path, &foreign, &which).await;
        assert_eq!(refusal(answer).await, (404, "link.unknown".into()));
        let seen = logged(&stage, ICHIKO, "insurer").await;
        let seen = seen.iter().filter(|(action, _)| *action == Action::LinkCompared).count();
        assert_eq!(seen, 1, "the reading stands in the person's log");
        assert_eq!(stage.approve(&first, &id, 0).await.status(), 204);
        assert_eq!(
            refusal(stage.approve(&first, &id, 0).await).await,
            (409, "link.same-eyes".into())
        );
        assert_eq!(stage.entry(&token, "insurer").await.standing, Standing::Doubtful);
        let seen = stage.doubts(&second).await.doubts.remove(0);
        assert_eq!((seen.approved, seen.approved_by_you), (Some(0), false));
        assert_eq!(stage.approve(&second, &id, 0).await.status(), 204);
        assert!(stage.doubts(&second).await.doubts.is_empty());

        stage.confirm(&token, "insurer").await;
        let actions: Vec<_> =
            logged(&stage, ICHIKO, "insurer").await.into_iter().map(|(action, _)| action).collect();
        let expected = [
            Action::LinkStarted,
            Action::LinkMatched,
            Action::LinkCompared,
            Action::LinkApproved,
            Action::LinkApproved,
            Action::LinkMade,
        ];
        assert_eq!(actions, expected);
    }
}

#[tokio::test]
async fn this_is_not_me_goes_to_the_queue_and_the_holder_is_told() {
    for engine in engines() {
        let (stage, token) = stage(engine).await;
        let list = stage.discover(&token, Some(&["insurer"])).await;
        let id = entry(&list, "insurer").id.unwrap();
        assert_eq!(stage.step(&token, &format!("{id}/decline")).await.status(), 200);
        assert_eq!(stage.entry(&token, "insurer").await.standing, Standing::Declined);
        assert_eq!(stage.step(&token, &format!("{id}/confirm")).await.status(), 409);
        let offers = "SELECT pseudonym FROM link_offers";
        let store = stage.gateways["insurer"].0.store();
        for _ in 0..200 {
            let left = fetch_all!(store.database().read(), (String,), offers).unwrap();
            if left.is_empty() {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(25)).await;
        }
        assert!(fetch_all!(store.database().read(), (String,), offers).unwrap().is_empty());

        let staff = stage.staff("first", APPROVER, "insurer-org").await;
        let doubt = stage.doubts(&staff).await.doubts.remove(0);
        assert!(doubt.declined);
        assert_eq!(refusal(stage.approve(&staff, &id, 0).await).await, (409, "link.state".into()));
        let why = |note: &str| {
            json!({ "idempotency_key": Surroundings::system().hex(16), "reason": "wrong-data",
                    "note": note })
        };
        let path = format!("/links/doubts/{id}/refuse");
        let bed = &stage.bed;
        let long = bed.post(&bed.portal, &path, &staff, &why(&"長".repeat(201))).await;
        assert_eq!(refusal(long).await, (422, "request.unreadable".into()));
        let closed = bed.post(&bed.portal, &path, &staff, &why("台帳の生年月日を直しました")).await;
        assert_eq!(closed.status(), 204);
        let entries = bed.relay.log().history(ICHIKO, Series::Administration, None, 20);
        let entries = entries.await.unwrap();
        let mut entries = entries.into_iter().filter_map(|logged| logged.entry);
        let said = entries.find(|entry| entry.action == Action::LinkRefused).unwrap();
        assert_eq!(said.outcome, Outcome::Answered("wrong-data".into()));
        assert_eq!(said.ground.as_deref(), Some("台帳の生年月日を直しました"));
        assert!(stage.doubts(&staff).await.doubts.is_empty());
        // By itself nothing begins again; the person may.
        let list = stage.discover(&token, None).await;
        assert_eq!(entry(&list, "insurer").standing, Standing::Refused);
        let list = stage.discover(&token, Some(&["insurer"])).await;
        assert!(matches!(entry(&list, "insurer").standing, Standing::Confirming { .. }));
    }
}

#[tokio::test]
async fn a_frozen_link_is_silent_and_an_ended_one_is_dead() {
    for engine in engines() {
        let (stage, token) = stage(engine).await;
        stage.discover(&token, Some(&["insurer"])).await;
        stage.confirm(&token, "insurer").await;
        let before = stage.pseudonym("insurer", KEY).await.unwrap();
        let id = stage.entry(&token, "insurer").await.id.unwrap();
        let asked = || async {
            let sql = "SELECT jti FROM access_log WHERE service = 'insurance'";
            let store = stage.gateways["insurer"].0.store();
            fetch_all!(store.database().read(), (String,), sql).unwrap().len()
        };

        for _ in 0..2 {
            assert_eq!(stage.step(&token, &format!("{id}/freeze")).await.status(), 200);
        }
        let panels = stage.bed.panels(&token, &[Service::Insurance]).await;
        assert_eq!(panels[0].outcome, PanelOutcome::Refused { code: "link.frozen".into() });
        assert_eq!(asked().await, 0);
        assert_eq!(stage.step(&token, &format!("{id}/thaw")).await.status(), 200);
        let panels = stage.bed.panels(&token, &[Service::Insurance]).await;
        assert!(matches!(panels[0].outcome, PanelOutcome::Ready { .. }));
        assert_eq!(asked().await, 1);

        for _ in 0..2 {
            assert_eq!(stage.step(&token, &format!("{id}/end")).await.status(), 200);
        }
        stage.until_forgotten("insurer", KEY).await;
        let ended = stage.entry(&token, "insurer").await;
        assert_eq!((ended.standing, ended.earlier.len()), (Standing::Ended, 1));
        let panels = stage.bed.panels(&token, &[Service::Insurance]).await;
        assert_eq!(panels[0].outcome, PanelOutcome::NotLinked);
        // Not by itself, but when asked for, it begins again, under another name.
        assert_eq!(entry(&stage.discover(&token, None).await, "insurer").standing, Standing::Ended);
        stage.discover(&token, Some(&["insurer"])).await;
        stage.confirm(&token, "insurer").await;
        assert_ne!(stage.pseudonym("insurer", KEY).await.unwrap(), before);
    }
}

#[tokio::test]
async fn a_new_card_keeps_the_links_and_a_second_person_never_gets_them() {
    for engine in engines() {
        let (stage, token) = stage(engine).await;
        stage.discover(&token, Some(&["insurer"])).await;
        stage.confirm(&token, "insurer").await;
        let linked = stage.entry(&token, "insurer").await;

        // A card's reissue: the same person to the identity provider, another holder to the office.
        stage.knows("sealed-ichiko-reissued", attributes(KEY));
        let reissued = stage.resident(ICHIKO, "sealed-ichiko-reissued").await;
        let list = stage.discover(&reissued, None).await;
        assert_eq!(entry(&list, "insurer"), linked);

        // Another person to the identity provider, with the same four items.
        let second = stage.resident("another-at-the-relay", HOLDER).await;
        let list = stage.discover(&second, Some(&["insurer"])).await;
        assert_eq!(entry(&list, "insurer").standing, Standing::Doubtful);
        let staff = stage.staff("first", APPROVER, "insurer-org").await;
        let doubt = stage.doubts(&staff).await.doubts.remove(0);
        assert!(doubt.candidates[0].is_taken);
        let refused = refusal(stage.approve(&staff, &doubt.id, 0).await).await;
        assert_eq!(refused, (409, "link.taken".into()));
        assert_eq!(stage.step(&staff, &format!("doubts/{}/freeze", doubt.id)).await.status(), 204);
        let Standing::Linked { frozen_by, .. } = stage.entry(&token, "insurer").await.standing
        else {
            panic!("not linked")
        };
        assert_eq!(frozen_by, Some(FrozenBy::Staff));
        let id = linked.id.unwrap();
        let refused = refusal(stage.step(&token, &format!("{id}/thaw")).await).await;
        assert_eq!(refused, (409, "link.frozen-by-staff".into()));
        assert_eq!(stage.step(&staff, &format!("doubts/{}/thaw", doubt.id)).await.status(), 204);
        assert_eq!(stage.entry(&token, "insurer").await.standing, linked.standing);
        assert_eq!(refusal(stage.step(&second, &format!("{id}/end")).await).await.0, 404);
    }
}

#[tokio::test]
async fn whoever_moves_to_another_insurer_keeps_both_periods() {
    for engine in engines() {
        let (stage, token) = stage(engine).await;
        for insurer in ["insurer", "insurer2"] {
            stage.discover(&token, Some(&[insurer])).await;
            stage.confirm(&token, insurer).await;
        }
        let period = |standing| match standing {
            Standing::Linked { period: Some(period), .. } => period,
            other => panic!("{other:?}"),
        };
        let old = period(stage.entry(&token, "insurer").await.standing);
        let new = period(stage.entry(&token, "insurer2").await.standing);
        assert_eq!(old.until, Some(new.from.yesterday().unwrap()));
        assert!(new.until.is_none_or(|until| until > new.from));
        let panels = stage.bed.panels(&token, &[Service::Insurance]).await;
        assert_eq!(panels.len(), 2, "what the old insurer keeps can still be seen");
        assert!(panels.iter().all(|one| matches!(one.outcome, PanelOutcome::Ready { .. })));
    }
}

#[tokio::test]
async fn a_silent_office_costs_nothing_but_another_try() {
    let (stage, token) = stage(Engine::Sqlite).await;
    *stage.office.is_down.lock().unwrap() = true;
    let list = stage.discover(&token, None).await;
    let failed = Standing::Failed { code: "office.silent".into() };
    assert!(list.links.iter().all(|link| link.standing == failed), "{list:?}");
    *stage.office.is_down.lock().unwrap() = false;
    let list = stage.discover(&token, None).await;
    assert!(matches!(entry(&list, "insurer").standing, Standing::Confirming { .. }));
    let ceremonies: BTreeSet<_> =
        stage.office.heard.lock().unwrap().iter().map(|one| one.ceremony.clone()).collect();
    assert_eq!(ceremonies.len(), 2, "every search has a name of its own");
}

#[tokio::test]
async fn links_are_for_card_and_pin_and_for_who_carries_a_holder() {
    let (stage, _) = stage(Engine::Sqlite).await;
    let key = json!({ "idempotency_key": Surroundings::system().hex(16) });
    let discover = async |ticket: Ticket, body: &serde_json::Value| {
        let token = stage.bed.token(&ticket).await;
        refusal(stage.bed.post(&stage.bed.portal, "/links/discover", &token, body).await).await
    };
    let substantial = Ticket { acr: "urn:warifu:ac:presence".into(), ..stage.bed.ticket() };
    assert_eq!(discover(substantial, &key).await, (403, "level.low".into()));
    assert_eq!(discover(stage.bed.presence_ticket(), &key).await, (403, "token.purpose".into()));
    assert_eq!(discover(stage.bed.ticket(), &key).await, (409, "link.no-holder".into()));
    let short = json!({ "idempotency_key": "short" });
    assert_eq!(discover(stage.bed.ticket(), &short).await, (422, "idempotency.key".into()));
}

/// Everything at the relay that is sealed and lasts.
const SEALED: [&str; 6] = [
    "SELECT pseudonym FROM relay_link",
    "SELECT terms FROM relay_link",
    "SELECT subject FROM relay_alias",
    "SELECT body FROM relay_ceremony",
    "SELECT body FROM relay_link_past",
    "SELECT body FROM relay_doubt",
];

#[tokio::test]
async fn a_new_key_takes_over_while_the_relay_serves() {
    for engine in engines() {
        let (mut stage, token) = stage(engine).await;
        stage.discover(&token, Some(&["insurer", "checkup"])).await;
        stage.confirm(&token, "insurer").await;
        let id = stage.entry(&token, "insurer").await.id.unwrap();
        assert_eq!(stage.step(&token, &format!("{id}/end")).await.status(), 200);
        stage.confirm(&token, "checkup").await;
        let id = stage.entry(&token, "checkup").await.id.unwrap();
        let second = stage.resident("another-at-the-relay", HOLDER).await;
        stage.discover(&second, Some(&["checkup"])).await;
        let before = stage.list(&token).await;

        let path = stage.bed.federation.path("columns.toml");
        let ring = std::fs::read_to_string(&path).unwrap();
        let fresh = data_encoding::BASE64.encode(&Surroundings::system().bytes::<32>());
        let ring = ring.replace("current = \"test\"", "current = \"fresh\"");
        let ring = ring.replace("[keys]", &format!("[keys]\nfresh = \"{fresh}\""));
        std::fs::write(&path, ring).unwrap();
        stage.bed.restart().await;

        let database = Database::connect(&stage.bed.config.database).await.unwrap();
        for sql in SEALED {
            let mut waited = 0;
            loop {
                let rows = fetch_all!(database.read(), (Vec<u8>,), sql).unwrap();
                assert!(!rows.is_empty(), "{sql}");
                if rows.iter().all(|(sealed,)| sealed.starts_with(b"\x05fresh")) {
                    break;
                }
                waited += 1;
                assert!(waited < 400, "{sql}");
                tokio::time::sleep(std::time::Duration::from_millis(25)).await;
            }
        }
        assert_eq!(stage.list(&token).await, before);
        assert_eq!(stage.step(&token, &format!("{id}/freeze")).await.status(), 200);
    }
}

/// Each party's files alone: what joins them is sealed at the relay, and different at every gateway.
#[tokio::test]
async fn no_database_of_a_ceremony_joins_another() {
    let (stage, token) = stage(Engine::Sqlite).await;
    let list = stage.discover(&token, Some(&["insurer", "checkup", "insurer2"])).await;
    stage.confirm(&token, "insurer").await;
    stage.confirm(&token, "checkup").await;
    let mut secrets: Vec<(&str, String)> = vec![("relay", ICHIKO.into()), ("relay", HOLDER.into())];
    secrets.extend(list.links.iter().filter_map(|link| Some(("relay", link.id.clone()?))));
    for request in stage.office.heard.lock().unwrap().iter() {
        secrets.push(("office", request.ceremony.clone()));
        for id in ["insurer", "checkup", "insurer2"] {
            secrets.push((id, warifu_pki::voucher::errand(&request.ceremony, id)));
        }
    }
    for (id, (gateway, _)) in &stage.gateways {
        let sql = "SELECT pseudonym FROM pseudonyms UNION SELECT pseudonym FROM link_offers";
        let names = fetch_all!(gateway.store().database().read(), (String,), sql).unwrap();
        assert!(!names.is_empty());
        secrets.extend(names.into_iter().map(|(name,)| (*id, name)));
        secrets.push((*id, "上○".into()));
    }
    stage.bed.relay.close().await;
    for file in ["relay", "log", "insurer", "checkup", "insurer2"] {
        let mut stored = std::fs::read(stage.bed.federation.path(&format!("{file}.db"))).unwrap();
        let wal = stage.bed.federation.path(&format!("{file}.db-wal"));
        stored.extend(std::fs::read(wal).unwrap_or_default());
        for (home, secret) in secrets.iter().filter(|(home, _)| *home != file) {
            let found = stored.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!found, "{secret} of {home} is in {file}");
        }
        for (_, secret) in secrets.iter().filter(|_| file == "relay" || file == "log") {
            let found = stored.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!found, "{secret} can be read in {file}");
        }
    }
}
