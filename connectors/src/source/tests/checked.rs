//! What the check of a source finds.

use super::super::check::{Check, Report, check};
use super::*;

fn failed(report: &Report) -> Vec<Check> {
    let findings = report.findings.iter().filter(|finding| !finding.holds);
    findings.map(|finding| finding.check).collect()
}

#[tokio::test]
async fn a_good_source_passes_every_check() {
    for place in places().await {
        place.insert(&FAMILY[..4]).await;
        let report = check(&place.config(), 1000).await;
        assert!(report.is_good(), "{} {report:#?}", place.reader);
        assert_eq!((report.rows, report.findings.len()), (4, 12));
    }
}

#[tokio::test]
async fn an_account_that_may_write_is_found() {
    for place in places().await {
        place.insert(&FAMILY[..4]).await;
        if place.reader.starts_with("sqlite") {
            continue; // Opened for reading, whatever the account may do.
        }
        let config = SourceConfig { url: place.owner.clone(), ..place.config() };
        assert_eq!(failed(&check(&config, 1000).await), [Check::ReadOnly], "{}", place.reader);
    }
}

#[tokio::test]
async fn the_session_writes_nothing_even_with_such_an_account() {
    for place in places().await {
        let config = SourceConfig { url: place.owner.clone(), ..place.config() };
        let engine = Engine::connect(&config).await.unwrap();
        let insert = format!("INSERT INTO hihokensha VALUES ({})", FAMILY[0]);
        assert!(engine.fetch(&insert, &[]).await.is_err(), "{}", place.reader);
    }
}

#[tokio::test]
async fn columns_that_lack_are_named() {
    for place in places().await {
        let lacking = QUERY.replace("kana AS name_kana, ", "").replace("kojin_no AS person, ", "");
        let config = SourceConfig { coverages: lacking, ..place.config() };
        let report = check(&config, 1000).await;
        assert_eq!(failed(&report), [Check::Columns]);
        let seen = &report.findings.last().unwrap().seen;
        assert!(seen.contains("name_kana, person"), "{seen}");
    }
}

#[tokio::test]
async fn rows_that_cannot_be_read_are_counted_and_nobody_is_named() {
    for place in places().await {
        place.insert(&FAMILY[..4]).await;
        place
            .insert(&[
                &FAMILY[1].replace("'2', '1960", "'8', '1960").replace("p2", "p20"),
                &FAMILY[1].replace("30, 1", "35, 7").replace("p2", "p21"),
            ])
            .await;
        let report = check(&place.config(), 1000).await;
        assert!(failed(&report).contains(&Check::Rows), "{report:#?}");
        let faults: Vec<(&str, usize)> =
            report.faults.iter().map(|fault| (fault.fault.as_str(), fault.rows)).collect();
        assert_eq!(faults, [("file.code 届出状態", 1), ("file.code 性別", 1)]);
        let told = serde_json::to_string(&report).unwrap();
        assert!(
            !told.contains("p20") && !told.contains("上野") && !told.contains("1960"),
            "{told}"
        );
    }
}

#[tokio::test]
async fn what_lookups_would_miss_is_found() {
    for place in places().await {
        place.insert(&FAMILY[..4]).await;
        place
            .insert(&[
                FAMILY[3], // twice
                &FAMILY[0].replace("'001'", "'0-7'").replace("ueno-taro", "p7"),
                &FAMILY[0].replace("00000001", "00000002"),
                &FAMILY[1].replace("'001'", "'002'").replace("p2", "p8"),
            ])
            .await;
        let report = check(&place.config(), 1000).await;
        let expected = [Check::Insurers, Check::Writing, Check::Dependants, Check::Unique];
        assert_eq!(failed(&report), expected, "{} {report:#?}", place.reader);
    }
}

#[tokio::test]
async fn a_table_without_an_index_is_found() {
    for place in bare_places().await {
        place.insert(&FAMILY[..4]).await;
        let report = check(&place.config(), 1000).await;
        let expected = [Check::IndexByCard, Check::IndexByPerson];
        assert_eq!(failed(&report), expected, "{} {report:#?}", place.reader);
    }
}

#[tokio::test]
async fn a_database_that_is_not_there_is_told() {
    let place = sqlite();
    let report = check(&place.config(), 1000).await;
    assert_eq!(failed(&report), [Check::Connected]);
}
