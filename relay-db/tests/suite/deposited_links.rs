//! Cards linked to people of an insurer that deposits: by the same ceremony, and with the same
//! traces as where a connector answers.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::civil::date;
use serde_json::{Value, json};
use warifu_contract::card_key::InsurerKey;
use warifu_contract::coverage::{InsurerKind, Relation, Validity};
use warifu_contract::eligibility::{EligibilityAnswer, ReasonCheck, Verdict};
use warifu_contract::history::{AccessResult, Asked, HistoryPage, Reader};
use warifu_contract::linking::portal::{LinkList, Standing};
use warifu_contract::person::Name;
use warifu_contract::records::{Panel, PanelOutcome, Record, Service};
use warifu_log::{Action, Series};
use warifu_pki::Ticket;
use warifu_relay::deposit::{Change, DepositedInsurer, Kind, Order, Person, Row, Status};
use warifu_service::{Database, Surroundings, fetch_all};

use crate::bed::{Engine, engines};
use crate::ceremony::{APPROVER, Stage, attributes, entry};

const ICHIKO: &str = "ichiko-at-the-relay";
const HOLDER: &str = "sealed-ichiko";
const KEY: &str = "ueno-ichiko";
const NUMBER: &str = "111112";

fn city() -> DepositedInsurer {
    DepositedInsurer {
        id: "city".into(),
        number: NUMBER.into(),
        name: "仮想市国民健康保険".into(),
        name_en: "Sample City".into(),
        address: String::new(),
        kind: InsurerKind::National,
        r#virtual: true,
        from: date(2000, 4, 1),
        until: None,
        usual_lag_days: Some(5),
        organization: Some("city-org".into()),
        systems: Vec::new(),
    }
}

/// 一子 on a card of the city's, as the office knows her, at `address` or at home.
fn ichiko(address: Option<&str>) -> Row {
    let said = attributes(KEY).items;
    let person = Person {
        relationship: None,
        branch: None,
        birth_date: said.birth_date,
        validity: Validity { from: date(2004, 4, 1), until: None },
        sex: said.sex,
        copay: None,
        name: Name { text: said.name, kana: said.kana.unwrap() },
        workplace: None,
        provisional_until: None,
        address: address.map_or(said.address, str::to_owned),
    };
    let (symbol, number) = ("高12".into(), "001".into());
    Row { line: 2, insurer_number: NUMBER.into(), symbol, number, person, change: Change::Joined }
}

async fn stage(engine: Engine, row: Row) -> (Stage, String) {
    let mut stage = Box::pin(Stage::on(engine)).await;
    stage.depositing(engine, city()).await;
    let (relay, insurer) = (&stage.bed.relay, InsurerKey::parse(NUMBER).unwrap());
    let deposits = relay.deposits().unwrap();
    let (kind, by) = (Kind::Full, "city-staff".to_owned());
    let order = Order { insurer: insurer.clone(), kind, file: [1; 32], by };
    let rows = std::iter::once(Ok(row));
    let ready = deposits.put(order, rows, Arc::new(|_: &Status| ())).await.unwrap();
    warifu_relay::go_live(deposits, relay.log(), &insurer, ready.number, false).await.unwrap();
    stage.knows(HOLDER, attributes(KEY));
    let token = stage.resident(ICHIKO, HOLDER).await;
    (stage, token)
}

async fn linked(engine: Engine) -> (Stage, String) {
    let (stage, token) = stage(engine, ichiko(None)).await;
    let list: LinkList = stage.discover(&token, Some(&["city"])).await;
    let Standing::Confirming { target } = entry(&list, "city").standing else { panic!("{list:?}") };
    assert_eq!((target.name.as_str(), target.relation), ("上○ 一○", Some(Relation::Insured)));
    stage.confirm(&token, "city").await;
    (stage, token)
}

async fn check(stage: &Stage, ticket: Ticket, subject: Value) -> EligibilityAnswer {
    let token = stage.bed.token(&ticket).await;
    let key = Surroundings::system().hex(16);
    let body = json!({ "subject": subject, "target_date": "2026-11-20", "idempotency_key": key });
    let answer = stage.bed.post(&stage.bed.portal, "/eligibility", &token, &body).await;
    assert_eq!(answer.status(), 200, "{}", answer.text().await.unwrap());
    answer.json().await.unwrap()
}

async fn history(stage: &Stage, token: &str) -> HistoryPage {
    let answer = stage.bed.get(&stage.bed.portal, "/history", Some(token)).await;
    answer.json().await.unwrap()
}

/// A clinic taps her card.
async fn tap(stage: &Stage) -> EligibilityAnswer {
    let ticket = Ticket { sub: ICHIKO.into(), ..stage.bed.presence_ticket() };
    check(stage, ticket, json!({ "by": "card" })).await
}

#[tokio::test]
async fn a_tapped_card_finds_what_was_deposited_and_its_holder_sees_every_look() {
    for engine in engines() {
        let (stage, token) = linked(engine).await;
        let tapped = tap(&stage).await;
        assert_eq!(tapped.decision.verdict, Verdict::Valid);
        assert_eq!(tapped.source.as_deref(), Some("仮想市国民健康保険"));
        assert_eq!(tapped.usual_lag_days, Some(5));
        let steps: Vec<_> = tapped.decision.reasons.iter().map(|step| step.check).collect();
        let expected =
            [ReasonCheck::CardGenuine, ReasonCheck::Linked, ReasonCheck::InsurerAnswered];
        assert_eq!(steps, expected);
        let coverage = tapped.decision.coverage.as_ref().unwrap();
        assert_eq!(coverage.number, "001");
        let typed = json!({ "by": "number", "insurer_number": NUMBER, "symbol": "高12",
                            "number": "001", "branch": null, "birth_date": "1960-10-10" });
        let typed = check(&stage, stage.bed.desk_ticket(), typed).await;

        let panels = stage.bed.panels(&token, &[Service::Insurance]).await;
        let PanelOutcome::Ready { record, as_of } = &panels[0].outcome else {
            panic!("{panels:?}")
        };
        let Record::Insurance(record) = record.as_ref() else { panic!("{record:?}") };
        assert_eq!((record.coverages.len(), record.usual_lag_days), (1, Some(5)));
        assert_eq!(Some(*as_of), tapped.as_of);

        let page = history(&stage, &token).await;
        let [shown, by_number, by_card] = page.entries.as_slice() else { panic!("{page:?}") };
        assert_eq!(
            (&shown.reader, shown.asked),
            (&Reader::Oneself, Asked::Record(Service::Insurance))
        );
        for (entry, answer) in [(by_number, &typed), (by_card, &tapped)] {
            assert_eq!(entry.result, AccessResult::Answered(Verdict::Valid));
            assert_eq!(entry.source.as_ref().unwrap().en, "Sample City");
            assert_eq!(entry.check_number.as_ref(), Some(&answer.check_number));
        }
        let mut seen = 3;
        let file = format!(
            "患者番号,保険者番号,記号,番号,枝番,生年月日,本人家族\nP-1,{NUMBER},高12,001,,19601010,本人\n"
        );
        let desk = stage.bed.token(&stage.bed.desk_ticket()).await;
        let sent = stage.bed.send_file(&stage.bed.portal, Some(&desk), file.into_bytes()).await;
        assert!(sent.status().is_success());
        for _ in 0..600 {
            seen = history(&stage, &token).await.entries.len();
            if seen == 4 {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        assert_eq!(seen, 4, "a line of a file is a look too");
        let sequence: Vec<_> = page.entries.iter().map(|entry| entry.subject_sequence).collect();
        assert_eq!(sequence, [3, 2, 1], "the same counter as elsewhere");
    }
}

#[tokio::test]
async fn two_people_decide_where_the_address_is_another() {
    for engine in engines() {
        let (stage, token) = stage(engine, ichiko(Some("香川県高松市別町9丁目9番9号"))).await;
        let list = stage.discover(&token, Some(&["city"])).await;
        assert_eq!(entry(&list, "city").standing, Standing::Doubtful);
        let id = entry(&list, "city").id.unwrap();
        for member in ["first", "second"] {
            assert_eq!(tap(&stage).await.decision.verdict, Verdict::NotLinked);
            let staff = stage.staff(member, APPROVER, "city-org").await;
            assert_eq!(stage.doubts(&staff).await.doubts.len(), 1);
            assert_eq!(stage.approve(&staff, &id, 0).await.status(), 204);
        }
        stage.confirm(&token, "city").await;
        assert_eq!(tap(&stage).await.decision.verdict, Verdict::Valid);
    }
}

#[tokio::test]
async fn what_was_stopped_or_ended_answers_nothing() {
    for engine in engines() {
        let (stage, token) = linked(engine).await;
        let id = stage.entry(&token, "city").await.id.unwrap();
        assert_eq!(stage.step(&token, &format!("{id}/freeze")).await.status(), 200);
        assert_eq!(tap(&stage).await.decision.verdict, Verdict::NotLinked);
        assert_eq!(stage.step(&token, &format!("{id}/thaw")).await.status(), 200);
        assert_eq!(tap(&stage).await.decision.verdict, Verdict::Valid);
        assert_eq!(stage.step(&token, &format!("{id}/end")).await.status(), 200);
        assert_eq!(tap(&stage).await.decision.verdict, Verdict::NotLinked);
        let panels = stage.bed.panels(&token, &[Service::Insurance]).await;
        assert_eq!(panels[0].outcome, PanelOutcome::NotLinked);
        // The pseudonym is gone as soon as the deposits were told; then she is found again.
        for _ in 0..400 {
            let list = stage.discover(&token, Some(&["city"])).await;
            if matches!(entry(&list, "city").standing, Standing::Confirming { .. }) {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(25)).await;
        }
        stage.confirm(&token, "city").await;
        assert_eq!(tap(&stage).await.decision.verdict, Verdict::Valid);
        let all = stage.bed.relay.log().history(ICHIKO, Series::Administration, None, 100).await;
        let entries = all.unwrap().into_iter().filter_map(|one| one.entry);
        let made = entries.filter(|entry| entry.action == Action::LinkMade);
        assert_eq!(made.count(), 2);
    }
}

/// Every value of a column of bytes.
async fn column(database: &Database, sql: &'static str) -> BTreeSet<Vec<u8>> {
    let rows = fetch_all!(database.read(), (Vec<u8>,), sql).unwrap();
    rows.into_iter().map(|(value,)| value).collect()
}

#[tokio::test]
async fn links_and_deposits_have_no_value_in_common() {
    for engine in engines() {
        let (stage, _) = linked(engine).await;
        let deposits = stage.bed.relay.deposits().unwrap().database();
        let relay = Database::connect(&stage.bed.config.database).await.unwrap();
        let (mut here, mut there) = (BTreeSet::new(), BTreeSet::new());
        for sql in [
            "SELECT pseudonym FROM deposit_pseudonym",
            "SELECT person FROM deposit_pseudonym",
            "SELECT body FROM deposit_pseudonym",
            "SELECT card FROM deposit_card",
        ] {
            here.extend(column(deposits, sql).await);
        }
        for sql in [
            "SELECT subject FROM relay_link",
            "SELECT pseudonym FROM relay_link",
            "SELECT pseudonym FROM relay_alias",
            "SELECT subject FROM relay_alias",
            "SELECT terms FROM relay_link WHERE terms IS NOT NULL",
        ] {
            there.extend(column(&relay, sql).await);
        }
        assert!(here.len() >= 5 && there.len() >= 5, "{} {}", here.len(), there.len());
        assert!(here.is_disjoint(&there));
    }
}

const MOTHER: &str = "mother-at-the-relay";
const CLERK: &str = "urn:warifu:role:card-clerk";
const APPROVER_OF_CARDS: &str = "urn:warifu:role:card-approver";
/// One of the virtual twins, as the connector's insurer has the child.
const CHILD: &str = "ninsho-soichiro";
const CARD: (&str, &str, &str, &str) = ("33333333", "52", "2007", "02");

/// 一子's card of the city's, with a child on it.
fn family() -> Vec<Row> {
    let born = date(2015, 6, 1);
    let insured = ichiko(None);
    let name =
        Name { text: "認証 双一郎".into(), kana: "ニンショウ ソウイチロウ".into() };
    let relationship = Some("子".to_owned());
    let person = Person { relationship, birth_date: born, name, ..insured.person.clone() };
    let child = Row { person, ..insured.clone() };
    vec![insured, child]
}

async fn staged_family(engine: Engine) -> Stage {
    let mut stage = Box::pin(Stage::on(engine)).await;
    for connector in &mut stage.bed.config.connectors {
        if connector.id == "insurer" {
            connector.insurer_numbers = vec![CARD.0.to_owned()];
        }
    }
    stage.depositing(engine, city()).await;
    let (relay, insurer) = (&stage.bed.relay, InsurerKey::parse(NUMBER).unwrap());
    let deposits = relay.deposits().unwrap();
    let order = Order {
        insurer: insurer.clone(),
        kind: Kind::Full,
        file: [1; 32],
        by: "city-staff".into(),
    };
    let rows = family().into_iter().map(Ok);
    let ready = deposits.put(order, rows, Arc::new(|_: &Status| ())).await.unwrap();
    warifu_relay::go_live(deposits, relay.log(), &insurer, ready.number, false).await.unwrap();
    stage
}

async fn staff_post(stage: &Stage, member: &str, role: &str, path: &str, body: &Value) -> Value {
    let token = stage.staff(member, role, "consortium").await;
    let answer = stage.bed.post(&stage.bed.portal, path, &token, body).await;
    let (status, text) = (answer.status(), answer.text().await.unwrap());
    assert!(status.is_success(), "{path}: {status} {text}");
    serde_json::from_str(&text).unwrap_or_default()
}

/// The mother's application, and the child's two cards beside the papers.
async fn proposal(stage: &Stage) -> (String, Value) {
    let token = stage.resident(MOTHER, "nobody").await;
    let request = stage.bed.portal.http.post(stage.bed.url("/guardians")).bearer_auth(token);
    let body = json!({ "capacity": "parent", "services": ["insurance"], "history": true,
                       "name": "長男", "own_name": "認証 母子", "text_version": "2026-11" });
    let key = Surroundings::system().hex(16);
    let answer = request.header("idempotency-key", key).json(&body).send().await.unwrap();
    let applied: Value = answer.json().await.unwrap();
    let born = "2015-06-01";
    let body = json!({
        "code": applied["code"], "paper": "family-register", "dated": "2026-11-19",
        "until": "2030-03-31",
        "ward": { "insurer_number": CARD.0, "symbol": CARD.1, "number": CARD.2, "branch": CARD.3,
                  "birth_date": born },
        "more": [{ "insurer_number": NUMBER, "symbol": "高12", "number": "001",
                   "birth_date": born }],
    });
    (applied["id"].as_str().unwrap().to_owned(), body)
}

/// From whom the guardian reads by the mandate.
async fn read_for(stage: &Stage, id: &str) -> BTreeSet<String> {
    let token = stage.resident(MOTHER, "nobody").await;
    let body = json!({ "services": ["insurance"], "basis": { "by": "mandate", "id": id } });
    let answer = stage.bed.post(&stage.bed.portal, "/records", &token, &body).await;
    let text = answer.text().await.unwrap();
    let panels = text.lines().map(|line| serde_json::from_str::<Panel>(line).unwrap());
    let ready = panels.filter(|panel| matches!(panel.outcome, PanelOutcome::Ready { .. }));
    ready.map(|panel| panel.source.unwrap().ja).collect()
}

#[tokio::test]
async fn a_guardian_reads_for_a_ward_at_a_connector_and_in_deposits_until_the_last_mandate_ends() {
    for engine in engines() {
        let stage = staged_family(engine).await;
        let (id, body) = proposal(&stage).await;
        let proposed = staff_post(&stage, "clerk", CLERK, "/guardians/propose", &body).await;
        assert_eq!(proposed["more"][0]["name"], "認○ 双○");
        let approve = format!("/guardians/{id}/approve");
        staff_post(&stage, "second", APPROVER_OF_CARDS, &approve, &json!({})).await;
        let read = read_for(&stage, &id).await;
        assert_eq!(read.len(), 2, "{read:?}");
        assert!(read.contains("仮想市国民健康保険"));

        // By either card staff find the same mandate.
        for ward in [&body["ward"], &body["more"][0]] {
            let asked = json!({ "ward": ward });
            let held = staff_post(&stage, "third", CLERK, "/guardians/held", &asked).await;
            assert_eq!(held["guardianships"][0]["id"], id.as_str());
        }
        let token = stage.resident(MOTHER, "nobody").await;
        let end = format!("/proxies/{id}/end");
        stage.bed.post(&stage.bed.portal, &end, &token, &json!({})).await;
        stage.until_forgotten("insurer", CHILD).await;
        assert!(read_for(&stage, &id).await.is_empty());
    }
}

#[tokio::test]
async fn a_later_card_joins_the_ward_that_is_there() {
    let stage = staged_family(Engine::Sqlite).await;
    let approved = async |body: &Value, id: &str| {
        staff_post(&stage, "clerk", CLERK, "/guardians/propose", body).await;
        let approve = format!("/guardians/{id}/approve");
        staff_post(&stage, "second", APPROVER_OF_CARDS, &approve, &json!({})).await;
    };
    let (first, mut body) = proposal(&stage).await;
    body["more"] = json!([]);
    approved(&body, &first).await;
    assert_eq!(read_for(&stage, &first).await.len(), 1);
    let (second, body) = proposal(&stage).await;
    approved(&body, &second).await;
    assert_eq!(read_for(&stage, &first).await.len(), 2, "the same ward");
    assert_eq!(read_for(&stage, &second).await.len(), 2);
}
