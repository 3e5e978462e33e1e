//! What residents read of themselves out of an insurer's database, and the checks of it.

use std::time::Duration;

use warifu_contract::records::{CareKind, ConnectorRecordRequest, Meals, Record, Service};

use super::super::check::{Check, Report, check};
use super::*;
use crate::client::ConnectorClient;
use crate::config::ConnectorKind;
use crate::gateway::tests::rig::{Rig, TARO};

const TABLES: &str = "
    CREATE TABLE seikyu (kojin_no VARCHAR(40) NOT NULL, honnin_no VARCHAR(40) NOT NULL,
        hokensha VARCHAR(8) NOT NULL, nengetsu VARCHAR(7) NOT NULL, kikan VARCHAR(100) NOT NULL,
        kubun VARCHAR(8) NOT NULL, nissu INTEGER NOT NULL, sogaku INTEGER NOT NULL,
        shiharai INTEGER NOT NULL, kaisu INTEGER, shokuji INTEGER, kohi INTEGER, kampu INTEGER,
        kakutei INTEGER);
    CREATE TABLE shinchoku (hokensha VARCHAR(8) NOT NULL, made DATE NOT NULL);
    CREATE TABLE gendo (kojin_no VARCHAR(40) NOT NULL, kubun VARCHAR(8) NOT NULL,
        gaku INTEGER NOT NULL, koeru INTEGER, kara DATE NOT NULL, made DATE);
    CREATE TABLE jukyu (kojin_no VARCHAR(40) NOT NULL, seido VARCHAR(40) NOT NULL,
        futansha VARCHAR(8) NOT NULL, jukyusha VARCHAR(7) NOT NULL, kikan VARCHAR(200),
        jogen INTEGER, kara DATE NOT NULL)";
const INDEXES: &str = "CREATE INDEX seikyu_kojin ON seikyu (kojin_no);
    CREATE INDEX seikyu_honnin ON seikyu (honnin_no);
    CREATE INDEX gendo_kojin ON gendo (kojin_no);
    CREATE INDEX jukyu_kojin ON jukyu (kojin_no)";

/// 太郎's own bills, his wife's, and one that is still being checked.
const BILLS: [&str; 4] = [
    "'ueno-taro', 'ueno-taro', '00000001', '2005-05', '見本病院', '入院', 5, 200000, 62300, 15, \
     2300, NULL, 1000, 1",
    "'ueno-taro', 'ueno-taro', '00000001', '200506', '見本薬局', '調剤', 1, 5000, 1500, NULL, \
     NULL, 0, NULL, NULL",
    "'p2', 'ueno-taro', '00000001', '2005-07', '見本歯科', 'dental', 2, 8000, 2400, NULL, NULL, \
     NULL, NULL, 1",
    "'p2', 'ueno-taro', '00000001', '2005-08', '見本歯科', 'dental', 1, 8000, 2400, NULL, NULL, \
     NULL, NULL, 0",
];
const OTHERS: &str = "INSERT INTO shinchoku VALUES ('00000001', '2005-07-31');
    INSERT INTO gendo VALUES ('ueno-taro', 'ウ', 80100, 267000, '2004-04-01', '2009-07-31');
    INSERT INTO gendo VALUES ('ueno-taro', 'エ', 57600, NULL, '2009-08-01', NULL);
    INSERT INTO jukyu VALUES ('p2', '自立支援医療', '21136009', '1234566', \
        '見本医院|見本薬局', 5000, '2005-04-01')";

fn with_records(config: SourceConfig) -> SourceConfig {
    let query = |text: &str| Some(text.to_owned());
    SourceConfig {
        expenses: query(
            "SELECT kojin_no AS person, honnin_no AS insured_person, hokensha AS insurer_number, \
             nengetsu AS month, kikan AS institution, kubun AS care, nissu AS days, \
             sogaku AS total, shiharai AS paid, kaisu AS meals_count, shokuji AS meals_paid, \
             kohi AS public_part, kampu AS refund, kakutei AS settled FROM seikyu;",
        ),
        expense_progress: query(
            "SELECT hokensha AS insurer_number, made AS complete_until FROM shinchoku",
        ),
        cost_limits: query(
            "SELECT kojin_no AS person, kubun AS class, gaku AS base, koeru AS hundredth_over, \
             kara AS valid_from, made AS valid_until FROM gendo",
        ),
        public_aids: query(
            "SELECT kojin_no AS person, seido AS programme, futansha AS payer_number, \
             jukyusha AS recipient_number, kikan AS institutions, jogen AS monthly_limit, \
             kara AS valid_from FROM jukyu",
        ),
        ..config
    }
}

/// Statements one by one, as not every engine takes several.
async fn run_all(place: &Place, statements: &str) {
    for statement in statements.split(';') {
        run(&place.owner, statement).await;
    }
}

/// On each engine: the family, and what its care cost; 太郎 under the key `taro`.
async fn filled(taro: &str) -> Vec<Place> {
    let places = places().await;
    for place in &places {
        for row in FAMILY {
            place.insert(&[&row.replace("ueno-taro", taro)]).await;
        }
        fill(place, taro).await;
    }
    places
}

async fn fill(place: &Place, taro: &str) {
    run_all(place, TABLES).await;
    run_all(place, INDEXES).await;
    let bills = BILLS.map(|bill| format!("INSERT INTO seikyu VALUES ({bill})"));
    run_all(place, &bills.join(";").replace("ueno-taro", taro)).await;
    run_all(place, &OTHERS.replace("ueno-taro", taro)).await;
    let name = place.reader.split("//").nth(1).and_then(|rest| rest.split('@').next());
    if let Some(name) = name.filter(|_| place.reader.starts_with("postgres")) {
        let tables = "seikyu, shinchoku, gendo, jukyu";
        run(&place.owner, &format!("GRANT SELECT ON {tables} TO {name}")).await;
    }
}

#[tokio::test]
async fn an_insured_person_reads_the_family_s_bills_and_a_dependant_the_own() {
    for place in filled("ueno-taro").await {
        let source = Source::open(&with_records(place.config())).await.unwrap();
        let own = source.expenses("ueno-taro").await.unwrap().unwrap();
        assert_eq!((own.complete_until, own.pending), (Some(date(2005, 7, 1)), 1));
        let told: Vec<_> = own
            .entries
            .iter()
            .map(|entry| (entry.month, entry.patient.as_str(), entry.own, entry.care))
            .collect();
        let expected = [
            (date(2005, 7, 1), "上野 一子", false, CareKind::Dental),
            (date(2005, 6, 1), "上野 太郎", true, CareKind::Pharmacy),
            (date(2005, 5, 1), "上野 太郎", true, CareKind::Inpatient),
        ];
        assert_eq!(told, expected, "{}", place.reader);
        let hospital = &own.entries[2];
        assert_eq!(hospital.meals, Some(Meals { count: 15, paid_yen: 2_300 }));
        let amounts = (hospital.total_yen, hospital.paid_yen, hospital.public_yen);
        assert_eq!((amounts, hospital.refund_yen), ((200_000, 62_300, 0), 1_000));
        assert_eq!((&*hospital.insured, &*hospital.insurer), ("上野 太郎", "仮想健康保険組合"));

        let wife = source.expenses("p2").await.unwrap().unwrap();
        assert_eq!((wife.entries.len(), wife.pending), (1, 1));
        assert_eq!((wife.entries[0].own, &*wife.entries[0].insured), (true, "上野 太郎"));
        assert_eq!(source.expenses("nobody").await.unwrap(), None);
    }
}

#[tokio::test]
async fn limits_and_programmes_stand_beside_the_coverages() {
    for place in filled("ueno-taro").await {
        let source = Source::open(&with_records(place.config())).await.unwrap();
        let today = date(2010, 1, 1);
        let taro = source.insurance("ueno-taro", today).await.unwrap().unwrap();
        let numbers: Vec<_> = taro.coverages.iter().map(|one| one.number.as_str()).collect();
        assert_eq!(numbers, ["901", "001"]);
        let limits: Vec<_> = taro
            .limits
            .iter()
            .map(|one| (&*one.class, one.base_yen, one.hundredth_over_yen))
            .collect();
        assert_eq!(limits, [("エ", 57_600, None), ("ウ", 80_100, Some(267_000))]);
        assert_eq!(taro.usual_lag_days, Some(2));
        let wife = source.insurance("p2", today).await.unwrap().unwrap();
        assert_eq!((wife.limits.len(), wife.aids.len()), (0, 1));
        assert_eq!(wife.aids[0].institutions, ["見本医院", "見本薬局"]);
        assert_eq!(wife.aids[0].monthly_limit_yen, Some(5_000));
        assert_eq!(source.insurance("nobody", today).await.unwrap(), None);
        // Without the further queries there are coverages alone.
        let bare = Source::open(&place.config()).await.unwrap();
        let alone = bare.insurance("p2", today).await.unwrap().unwrap();
        assert_eq!((alone.coverages, alone.aids.len()), (wife.coverages, 0));
        assert_eq!(bare.expenses("p2").await.unwrap(), None);
    }
}

#[tokio::test]
async fn the_gateway_gives_out_the_records_of_the_database() {
    for place in places().await {
        let config = with_records(place.config());
        fill(&place, "ueno-taro").await;
        let rig = Rig::over(ConnectorKind::Insurer, Some(config)).await;
        place.insert(&FAMILY).await;
        rig.link("ueno-taro", TARO).await;
        let client = ConnectorClient::new(&rig.base, rig.relay.http.clone()).unwrap();
        for service in [Service::Insurance, Service::Expenses] {
            let (token, question) =
                (rig.token(&rig.own_look()), ConnectorRecordRequest { service });
            let answer = client.record(&token, &question, Duration::from_secs(10)).await.unwrap();
            assert_eq!(answer.as_of, rig.now());
            match answer.record.unwrap() {
                Record::Insurance(record) => assert_eq!(record.coverages[0].number, "901"),
                Record::Expenses(record) => assert_eq!(record.entries.len(), 3),
                record => panic!("{record:?}"),
            }
        }
        let manifest = client.manifest(Duration::from_secs(10)).await.unwrap();
        assert_eq!(manifest.insurer_numbers, ["00000001"]);
    }
}

fn failed(report: &Report) -> Vec<(&'static str, Check)> {
    let findings = report.findings.iter().filter(|finding| !finding.holds);
    findings.map(|finding| (finding.query, finding.check)).collect()
}

#[tokio::test]
async fn good_records_pass_every_check() {
    for place in filled("ueno-taro").await {
        let report = check(&with_records(place.config()), 1000).await;
        // One card of the family has no 枝番 and is only notified; it passes as well.
        assert_eq!(failed(&report), [], "{} {report:#?}", place.reader);
        let of = |query: &str| {
            let checks = report.findings.iter().filter(|finding| finding.query == query);
            checks.map(|finding| finding.check).collect::<Vec<_>>()
        };
        let (columns, rows) = (Check::Columns, Check::Rows);
        let (people, index) = (Check::People, Check::IndexByPerson);
        assert_eq!(of("expenses"), [columns, rows, people, index, people, index]);
        assert_eq!(of("expense_progress"), [columns, rows]);
        assert_eq!(of("cost_limits"), [columns, rows, people, index]);
        assert_eq!(of("public_aids"), [columns, rows, people, index]);
    }
}

#[tokio::test]
async fn what_residents_could_not_read_is_found_and_nobody_named() {
    for place in filled("ueno-taro").await {
        run_all(
            &place,
            "INSERT INTO jukyu VALUES ('stranger', '生活保護', '12136009', '1', NULL, NULL, \
             '2005-04-01'); UPDATE seikyu SET kubun = '謎' WHERE kaisu = 15",
        )
        .await;
        let on_table = if place.reader.starts_with("mysql") { " ON gendo" } else { "" };
        run(&place.owner, &format!("DROP INDEX gendo_kojin{on_table}")).await;
        let report = check(&with_records(place.config()), 1000).await;
        let expected = [
            ("expenses", Check::Rows),
            ("cost_limits", Check::IndexByPerson),
            ("public_aids", Check::People),
        ];
        assert_eq!(failed(&report), expected, "{} {report:#?}", place.reader);
        let faults: Vec<_> = report.faults.iter().map(|fault| fault.fault.as_str()).collect();
        assert_eq!(faults, ["file.code care"]);
        let told = serde_json::to_string(&report).unwrap();
        assert!(!told.contains("stranger") && !told.contains("見本") && !told.contains("謎"));
        let source = Source::open(&with_records(place.config())).await.unwrap();
        let error = source.expenses("ueno-taro").await.unwrap_err().to_string();
        assert_eq!(error, "source.row: expenses: file.code care");
        let lacking = SourceConfig {
            cost_limits: Some("SELECT kojin_no AS person FROM gendo".to_owned()),
            ..place.config()
        };
        let report = check(&lacking, 1000).await;
        assert_eq!(failed(&report), [("coverages", Check::Columns)]);
        let seen = &report.findings.last().unwrap().seen;
        assert!(seen.contains("cost_limits has no column class, base, valid_from"), "{seen}");
    }
}
