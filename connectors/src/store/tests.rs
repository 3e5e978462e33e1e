//! The store's behaviour, on SQLite and, where `WARIFU_TEST_POSTGRES` names one, on PostgreSQL.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::{Date, date};
use warifu_contract::card_key::{CardKey, CardQuery, InsurerKey};
use warifu_contract::copay::Income;
use warifu_contract::coverage::{Insurer, InsurerKind, Validity, Workplace};
use warifu_contract::eligibility::TypedCard;
use warifu_contract::history::Purpose;
use warifu_contract::person::{Name, Sex};
use warifu_contract::records::{
    Checkup, CheckupItem, CheckupValue, PensionMonth, PensionRecord, PensionScheme, SchemeMonths,
};
use warifu_contract::register::{Copay, Enrolled, EnrolledDependant, Enrolment, RegisteredInsurer};
use warifu_service::storage::{Database, DatabaseConfig};
use warifu_service::{Surroundings, execute, fetch_one};

use super::*;

/// A database of its own, gone with the value on SQLite.
pub(crate) struct Place {
    pub(crate) config: DatabaseConfig,
    _folder: tempfile::TempDir,
}

/// A store in a place of its own.
pub(crate) struct Rig {
    pub(crate) store: Store,
    pub(crate) _place: Place,
}

/// A new database on each engine at hand.
pub(crate) async fn places() -> Vec<Place> {
    let folder = tempfile::tempdir().unwrap();
    let config = DatabaseConfig::sqlite(&folder.path().join("c.db"));
    let mut places = vec![Place { config, _folder: folder }];
    if let Ok(url) = std::env::var("WARIFU_TEST_POSTGRES") {
        let schema = format!("connector_{}", Surroundings::system().hex(8));
        let admin = DatabaseConfig { url: url.clone(), connections: 1 };
        let admin = Database::connect(&admin).await.unwrap();
        let sql = sqlx::AssertSqlSafe(format!("CREATE SCHEMA {schema}"));
        execute!(admin.write(), sql).unwrap();
        let join = if url.contains('?') { '&' } else { '?' };
        let url = format!("{url}{join}options=-csearch_path%3D{schema}");
        let config = DatabaseConfig { url, connections: 2 };
        places.push(Place { config, _folder: tempfile::tempdir().unwrap() });
    }
    places
}

/// A store on each engine at hand.
pub(crate) async fn both() -> Vec<Rig> {
    let mut rigs = Vec::new();
    for place in places().await {
        rigs.push(Rig { store: Store::open(&place.config).await.unwrap(), _place: place });
    }
    rigs
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn changed() -> Timestamp {
    at("2026-11-19T09:30:00.123456Z")
}

fn person(reference: &str, birth_date: Date) -> Member {
    Member {
        reference: reference.to_owned(),
        name: Name { text: format!("認証 {reference}"), kana: "ニンショウ".to_owned() },
        sex: Sex::Female,
        birth_date,
        address: Some("東京都○○区××2-2-2".to_owned()),
        former_names: vec!["前姓 見本".to_owned()],
        changed_at: changed(),
    }
}

fn insurer(number: &str) -> Arc<RegisteredInsurer> {
    Arc::new(RegisteredInsurer {
        key: InsurerKey::parse(number).unwrap(),
        insurer: Insurer {
            number: number.to_owned(),
            name: "仮想健康保険組合".to_owned(),
            address: "東京都○○区××1-1-1".to_owned(),
            kind: InsurerKind::MutualAid,
            r#virtual: true,
        },
        validity: Validity { from: date(2000, 4, 1), until: Some(date(2030, 3, 31)) },
    })
}

fn enrolled(id: &MemberId, member: &Member, branch: Option<&str>) -> Enrolled {
    Enrolled {
        person: id.as_str().to_owned(),
        name: member.name.clone(),
        sex: member.sex,
        birth_date: member.birth_date,
        branch: branch.map(str::to_owned),
        validity: Validity { from: date(2022, 4, 1), until: None },
        provisional_until: None,
        copays: vec![
            Copay { from: date(2022, 4, 1), percent: 30, income: None },
            Copay { from: date(2025, 6, 1), percent: 20, income: None },
        ],
    }
}

const INSURED: Date = date(1955, 5, 5);
const WIFE: Date = date(1960, 10, 10);

/// One card with two people, entered into `store`.
async fn family(store: &Store) -> (Enrolment, MemberId, MemberId) {
    let (husband, wife) = (person("husband", INSURED), person("wife", WIFE));
    let mut update = store.update().await.unwrap();
    let husband_id = update.put_member("a".repeat(32), &husband).await.unwrap();
    let wife_id = update.put_member("b".repeat(32), &wife).await.unwrap();
    let insurer = insurer("111111");
    let enrolment = Enrolment {
        symbol: "仮－２７".to_owned(),
        number: "００１".to_owned(),
        key: CardKey::parse("仮27", "001").unwrap(),
        workplace: Some(Workplace { name: "仮想商事".to_owned(), address: String::new() }),
        insured: enrolled(&husband_id, &husband, Some("00")),
        dependants: vec![EnrolledDependant {
            enrolled: enrolled(&wife_id, &wife, None),
            relationship: "妻".to_owned(),
        }],
        insurer: insurer.clone(),
    };
    let (shown, validity) = (&insurer.insurer, insurer.validity);
    update.put_insurer(shown, validity, Some(5), changed()).await.unwrap();
    update.put_enrolment("card", &enrolment).await.unwrap();
    update.commit().await.unwrap();
    (enrolment, husband_id, wife_id)
}

fn query(symbol: &str, number: &str, birth_date: Date) -> CardQuery {
    let typed = TypedCard {
        insurer_number: "111111".to_owned(),
        symbol: symbol.to_owned(),
        number: number.to_owned(),
        branch: None,
        birth_date,
    };
    CardQuery::try_from(&typed).unwrap()
}

async fn near(store: &Store, query: &CardQuery) -> Vec<Enrolment> {
    let insurer = store.insurer(&query.insurer).await.unwrap().unwrap();
    store.enrolments_near(&insurer.registered, query).await.unwrap()
}

#[tokio::test]
async fn a_card_comes_back_as_it_was_entered() {
    for Rig { store, _place } in both().await {
        let (card, husband, wife) = family(&store).await;
        let found = near(&store, &query("仮-27", "001", INSURED)).await;
        assert_eq!(found, std::slice::from_ref(&card));
        for member in [&husband, &wife] {
            let (cards, insurers) = store.enrolments_of(member).await.unwrap();
            assert_eq!(cards, std::slice::from_ref(&card));
            assert_eq!(insurers.len(), 1);
            assert_eq!(insurers[0].registered, card.insurer);
            assert_eq!(insurers[0].usual_lag_days, Some(5));
            assert_eq!(insurers[0].changed_at, changed());
        }
    }
}

#[tokio::test]
async fn an_insurer_is_found_by_its_padded_number_too() {
    for Rig { store, _place } in both().await {
        assert_eq!(store.insurers_changed_at().await.unwrap(), None);
        family(&store).await;
        for (number, is_known) in [("00111111", true), ("１１１１１１", true), ("111112", false)]
        {
            let key = InsurerKey::parse(number).unwrap();
            assert_eq!(store.insurer(&key).await.unwrap().is_some(), is_known, "{number}");
        }
        assert_eq!(store.insurer_numbers().await.unwrap(), ["111111"]);
        assert_eq!(store.insurers_changed_at().await.unwrap(), Some(changed()));
    }
}

#[tokio::test]
async fn near_cards_need_the_birth_date_and_one_field() {
    for Rig { store, _place } in both().await {
        family(&store).await;
        for (symbol, number, birth, hits) in [
            ("仮27", "999", WIFE, 1),
            ("別", "001", INSURED, 1),
            ("仮27", "999", date(1970, 1, 1), 0),
            ("別", "999", WIFE, 0),
        ] {
            let found = near(&store, &query(symbol, number, birth)).await;
            assert_eq!(found.len(), hits, "{symbol} {number} {birth}");
        }
    }
}

#[tokio::test]
async fn a_card_entered_again_replaces_the_old_one() {
    for Rig { store, _place } in both().await {
        let (mut card, husband, wife) = family(&store).await;
        card.dependants.clear();
        card.number = "002".to_owned();
        card.key = CardKey::parse(&card.symbol, "002").unwrap();
        card.insured.copays.truncate(1);
        let mut update = store.update().await.unwrap();
        update.put_enrolment("card", &card).await.unwrap();
        update.commit().await.unwrap();
        assert_eq!(store.enrolments_of(&husband).await.unwrap().0, [card]);
        assert_eq!(store.enrolments_of(&wife).await.unwrap().0, []);
        assert_eq!(near(&store, &query("仮27", "001", WIFE)).await, []);
    }
}

#[tokio::test]
async fn an_update_not_committed_leaves_no_trace() {
    for Rig { store, _place } in both().await {
        let mut update = store.update().await.unwrap();
        let id = update.put_member("c".repeat(32), &person("p", WIFE)).await.unwrap();
        drop(update);
        assert_eq!(store.member(&id).await.unwrap(), None);
    }
}

#[tokio::test]
async fn a_member_entered_again_keeps_the_id() {
    for Rig { store, _place } in both().await {
        let mut update = store.update().await.unwrap();
        let first = update.put_member("c".repeat(32), &person("p", WIFE)).await.unwrap();
        let moved = Member { changed_at: at("2026-11-20T00:00:00Z"), ..person("p", INSURED) };
        let again = update.put_member("d".repeat(32), &moved).await.unwrap();
        update.commit().await.unwrap();
        assert_eq!(first, again);
        assert_eq!(store.member(&first).await.unwrap(), Some(moved));
    }
}

#[tokio::test]
async fn a_new_pseudonym_takes_the_place_of_the_old() {
    for Rig { store, _place } in both().await {
        let (_, husband, wife) = family(&store).await;
        let (old, new) = ("1".repeat(32), "2".repeat(32));
        store.bind_pseudonym(&husband, &old).await.unwrap();
        assert_eq!(store.member_of(&old).await.unwrap(), Some(husband.clone()));
        store.bind_pseudonym(&husband, &new).await.unwrap();
        assert_eq!(store.member_of(&old).await.unwrap(), None);
        assert_eq!(store.member_of(&new).await.unwrap(), Some(husband.clone()));
        assert_eq!(store.pseudonym_of(husband.as_str()).await.unwrap(), Some(new.clone()));
        assert_eq!(store.pseudonym_of(wife.as_str()).await.unwrap(), None);
        assert!(store.bind_pseudonym(&wife, &new).await.is_err());
    }
}

fn checkup(taken_on: Date) -> Checkup {
    let item =
        |code: &str, value| CheckupItem { code: code.to_owned(), name: "項目".to_owned(), value };
    Checkup {
        taken_on,
        place: "仮想健診センター".to_owned(),
        items: vec![
            item(
                "9N001000000000001",
                CheckupValue::Quantity { value: 167.8, unit: "cm".to_owned() },
            ),
            item("1A020000000190111", CheckupValue::Text { text: "－".to_owned() }),
            item("9N021000000000001", CheckupValue::NotTaken),
        ],
    }
}

fn pension() -> PensionRecord {
    PensionRecord {
        sample: true,
        birth_date: Some(date(1983, 3, 3)),
        counted_months: 0,
        history: Vec::new(),
        qualifying_months: 421,
        needed_months: 120,
        schemes: vec![SchemeMonths { scheme: PensionScheme::Employees, months: 421 }],
        yearly_amount_yen: 1_793_400,
        estimate: false,
        paid_total_yen: 15_967_850,
        recent: vec![PensionMonth {
            month: date(2026, 9, 1),
            scheme: PensionScheme::Employees,
            standard_monthly_yen: Some(320_000),
            standard_bonus_yen: None,
            paid_yen: None,
        }],
    }
}

#[tokio::test]
async fn records_come_back_as_they_were_entered() {
    for Rig { store, _place } in both().await {
        let (_, husband, wife) = family(&store).await;
        let (older, newer) = (checkup(date(2025, 6, 11)), checkup(date(2026, 6, 12)));
        let mut update = store.update().await.unwrap();
        for (checkup, changed_at) in
            [(&older, "2025-07-20T03:00:00Z"), (&newer, "2026-07-20T03:00:00Z")]
        {
            update.put_checkup(&husband, checkup, at(changed_at)).await.unwrap();
            update.put_checkup(&husband, checkup, at(changed_at)).await.unwrap();
        }
        update.put_pension(&husband, &pension(), changed()).await.unwrap();
        update.commit().await.unwrap();

        let (record, as_of) = store.checkups(&husband).await.unwrap().unwrap();
        assert_eq!(record.checkups, [newer, older]);
        assert_eq!((record.sex, record.birth_date), (Sex::Female, INSURED));
        assert_eq!(as_of, at("2026-07-20T03:00:00Z"));
        assert_eq!(store.pension(&husband).await.unwrap(), Some((pension(), changed())));
        assert_eq!(store.checkups(&wife).await.unwrap(), None);
        assert_eq!(store.pension(&wife).await.unwrap(), None);
    }
}

#[tokio::test]
async fn a_token_is_logged_once() {
    for Rig { store, _place } in both().await {
        let entry = AccessEntry {
            jti: "0123456789abcdef",
            at: changed(),
            purpose: Purpose::Treatment,
            service: "eligibility",
            organization: Some("3710000001"),
            member: None,
            receipt: None,
            result: "cov.valid",
        };
        assert!(store.log_access(&entry).await.unwrap());
        let again = AccessEntry { result: "cov.expired", ..entry };
        assert!(!store.log_access(&again).await.unwrap());
        let sql = "SELECT purpose, result FROM access_log";
        let row = fetch_one!(store.database().read(), (String, String), sql).unwrap();
        assert_eq!(row, ("treatment".to_owned(), "cov.valid".to_owned()));
    }
}

#[tokio::test]
async fn a_corrupt_row_is_named_and_not_shown() {
    for Rig { store, _place } in both().await {
        let (_, husband, _) = family(&store).await;
        let sql = "UPDATE coverages SET valid_from = 'yesterday' WHERE id = 'card'";
        execute!(store.database().write(), sql).unwrap();
        let error = store.enrolments_of(&husband).await.unwrap_err();
        assert_eq!(error.to_string(), "store.corrupt: table coverages, column valid_from");
    }
}

#[tokio::test]
async fn a_real_insurers_number_must_fit() {
    for rig in both().await {
        let mut wrong = insurer("00000001").insurer.clone();
        wrong.r#virtual = false;
        let validity = Validity { from: date(2000, 4, 1), until: None };
        let mut update = rig.store.update().await.unwrap();
        let refused = update.put_insurer(&wrong, validity, None, changed()).await;
        assert!(matches!(refused, Err(StoreError::CheckDigit)));
    }
}

#[tokio::test]
async fn a_notice_and_an_income_are_kept() {
    for rig in both().await {
        let (mut enrolment, husband, _) = family(&rig.store).await;
        enrolment.insured.provisional_until = Some(date(2026, 12, 31));
        enrolment.insured.copays[1].income = Some(Income::Active);
        enrolment.dependants[0].enrolled.provisional_until = Some(date(2026, 11, 30));
        let mut update = rig.store.update().await.unwrap();
        update.put_enrolment("card", &enrolment).await.unwrap();
        update.commit().await.unwrap();
        let (kept, _) = rig.store.enrolments_of(&husband).await.unwrap();
        assert_eq!(kept[0].insured, enrolment.insured);
        assert_eq!(kept[0].dependants, enrolment.dependants);
    }
}
