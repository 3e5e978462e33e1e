//! Linking to people of an insurer's database: who is found, what is kept, what the check says.

use warifu_contract::identity::MatchLevel;
use warifu_contract::linking::{
    Attributes, CardMatchAnswer, CardMatchRequest, CompareRequest, Item, MatchAnswer,
};
use warifu_service::clock::SeededEntropy;
use warifu_service::fetch_all;
use warifu_service::seal::KeyRing;
use warifu_service::storage::DatabaseConfig;

use super::super::check::{Check, Report, check};
use super::*;
use crate::config::ConnectorKind;
use crate::gateway::tests::links::{
    DEADLINE, ERRAND, ask, attributes, client, confirm, end, look, refused,
};
use crate::gateway::tests::rig::Rig;
use crate::store::{MOST_NEAR, SealedLinks, Store};

const OTHER: &str = "ffeeddccbbaa99887766554433221100";

const MEMBERS: &str = "SELECT kojin_no AS person, shimei AS name, kana AS name_kana, \
    seibetsu AS sex, birth AS birth_date, jusho AS address, kyusei AS former_names FROM kojin";

/// 太郎 and his wife, as the insurer's table of people has them.
const PEOPLE: [&str; 2] = [
    "'ueno-taro', '上野 太郎', 'ｳｴﾉ ﾀﾛｳ', '1', '1955-05-05', '東京都港区見本1-2-3', NULL",
    "'p2', '髙﨑 一子', 'ﾀｶｻｷ ｶｽﾞｺ', '2', '1960-12-01', '東京都港区見本1-2-3', '上野 一子|例 一子'",
];

fn with_members(config: SourceConfig) -> SourceConfig {
    SourceConfig { members: Some(MEMBERS.to_owned()), ..config }
}

/// A table of people whose birth dates are kept as `kind`, found by an index.
async fn people(place: &Place, kind: &str, rows: &[&str]) {
    let table = format!(
        "CREATE TABLE kojin (kojin_no VARCHAR(40) NOT NULL, shimei VARCHAR(100) NOT NULL, \
         kana VARCHAR(100), seibetsu CHAR(1) NOT NULL, birth {kind} NOT NULL, \
         jusho VARCHAR(200), kyusei VARCHAR(100))"
    );
    run(&place.owner, &table).await;
    run(&place.owner, "CREATE INDEX kojin_birth ON kojin (birth)").await;
    if let Some(name) = role(place).filter(|_| place.reader.starts_with("postgres")) {
        run(&place.owner, &format!("GRANT SELECT ON kojin TO {name}")).await;
    }
    for row in rows {
        run(&place.owner, &format!("INSERT INTO kojin VALUES ({row})")).await;
    }
}

fn role(place: &Place) -> Option<&str> {
    place.reader.split("//").nth(1).and_then(|rest| rest.split('@').next())
}

/// On each engine: the family, who they are, and a gateway over both.
async fn linked() -> Vec<(Place, Rig)> {
    let mut all = Vec::new();
    for place in places().await {
        place.insert(&FAMILY).await;
        people(&place, "DATE", &PEOPLE).await;
        let config = with_members(place.config());
        let rig = Rig::over(ConnectorKind::Insurer, Some(config)).await;
        all.push((place, rig));
    }
    all
}

fn taro() -> Attributes {
    let mut said = attributes("ueno-taro");
    said.items.address = "港区見本一丁目2番3号".to_owned();
    said
}

fn wife(name: &str) -> Attributes {
    let mut said = taro();
    said.items.name = name.to_owned();
    said.items.kana = None;
    said.items.birth_date = date(1960, 12, 1);
    said.items.sex = warifu_contract::person::Sex::Female;
    said
}

fn failed(report: &Report) -> Vec<(&'static str, Check)> {
    let findings = report.findings.iter().filter(|finding| !finding.holds);
    findings.map(|finding| (finding.query, finding.check)).collect()
}

#[tokio::test]
async fn a_birth_date_is_found_however_the_database_keeps_it() {
    let kept = [
        ("DATE", "1955-05-05"),
        ("VARCHAR(20)", "1955/05/05"),
        ("CHAR(8)", "19550505"),
        ("CHAR(12)", "3300505"),
        ("INTEGER", "19550505"),
        ("NUMERIC(7)", "3300505"),
        ("VARCHAR(20)", "昭和30年5月5日"),
    ];
    for (kind, written) in kept {
        for place in places().await {
            place.insert(&FAMILY[..4]).await;
            people(&place, kind, &[&PEOPLE[0].replace("1955-05-05", written)]).await;
            let config = with_members(place.config());
            let source = Source::open(&config).await.unwrap();
            let near = source.born_on(date(1955, 5, 5)).await.unwrap();
            let found: Vec<_> =
                near.members.iter().map(|one| one.person.reference.as_str()).collect();
            assert_eq!((found, near.is_complete), (vec!["ueno-taro"], true), "{kind} {written}");
            assert_eq!(near.members[0].person.name.kana, "ウエノ タロウ");
            assert_eq!(source.born_on(date(1955, 5, 6)).await.unwrap().members, []);
            let report = check(&config, 1000).await;
            assert_eq!(failed(&report), [], "{kind} {written} {} {report:#?}", place.reader);
        }
    }
}

#[tokio::test]
async fn a_link_is_made_over_the_database_and_opens_what_it_holds() {
    for (_place, rig) in linked().await {
        let answer = ask(&rig, ERRAND, &taro()).await.unwrap();
        let MatchAnswer::Matched { candidate } = answer else { panic!("{answer:?}") };
        assert_eq!(candidate.level, MatchLevel::Exact);
        assert_eq!(candidate.target.in_japanese(), "上○ 太○　昭和30年○月生まれ　仮想保険者　本人");
        let name = candidate.pseudonym.as_str();
        assert_eq!(look(&rig, name).await, refused("subject.unknown"));
        confirm(&rig, ERRAND, name).await.unwrap();
        confirm(&rig, ERRAND, name).await.unwrap();
        look(&rig, name).await.unwrap();

        let again = ask(&rig, OTHER, &taro()).await.unwrap();
        let MatchAnswer::Doubtful { candidates, count: 1 } = again else { panic!("{again:?}") };
        assert_eq!(candidates[0].held_as.as_deref(), Some(name));
        let other = &candidates[0].pseudonym;
        assert_eq!(confirm(&rig, OTHER, other).await, refused("link.taken"));
        end(&rig, ERRAND, Some(name)).await.unwrap();
        assert_eq!(look(&rig, name).await, refused("subject.unknown"));
        confirm(&rig, OTHER, other).await.unwrap();
        look(&rig, other).await.unwrap();
        rig.pass(jiff::SignedDuration::from_hours(24 * 31)).await;
        look(&rig, other).await.unwrap();
    }
}

#[tokio::test]
async fn what_is_not_the_same_to_the_letter_is_a_doubt_that_two_people_can_decide() {
    for (_place, rig) in linked().await {
        for (name, by_former_name, level) in [
            ("高崎 一子", false, MatchLevel::Folded),
            ("上野 一子", true, MatchLevel::Folded),
            ("髙﨑　一子", false, MatchLevel::Normalised),
        ] {
            let answer = ask(&rig, ERRAND, &wife(name)).await.unwrap();
            let MatchAnswer::Doubtful { candidates, count: 1 } = answer else {
                panic!("{name} {answer:?}")
            };
            assert_eq!(
                (candidates[0].by_former_name, candidates[0].level),
                (by_former_name, level)
            );
        }
        let said = wife("高崎 一子");
        let answer = ask(&rig, ERRAND, &said).await.unwrap();
        let MatchAnswer::Doubtful { candidates, .. } = answer else { panic!("{answer:?}") };
        let voucher = rig.office.issue(&rig.voucher(ERRAND, &said)).unwrap();
        let pseudonym = candidates[0].pseudonym.clone();
        let question = CompareRequest { voucher, pseudonym };
        let token = rig.token(&rig.linking(ERRAND));
        let comparison = client(&rig).compare(&token, &question, DEADLINE).await.unwrap();
        let items: Vec<Item> = comparison.items.iter().map(|one| one.item).collect();
        assert_eq!(items, [Item::Name, Item::Address]);
        let mut stranger = wife("例 見本");
        stranger.items.address = "大阪府".to_owned();
        assert_eq!(ask(&rig, ERRAND, &stranger).await, Ok(MatchAnswer::Unknown));
    }
}

#[tokio::test]
async fn whom_a_card_means_is_found_for_a_guardian() {
    for (_place, rig) in linked().await {
        let card = typed("", "55", date(1990, 1, 1));
        let token = rig.token(&rig.linking(ERRAND));
        let question = CardMatchRequest { card };
        let answer = client(&rig).match_card(&token, &question, DEADLINE).await.unwrap();
        let CardMatchAnswer::Found { member } = answer else { panic!("{answer:?}") };
        assert_eq!((member.held_as, member.period.is_some()), (None, true));
        confirm(&rig, ERRAND, &member.pseudonym).await.unwrap();
        look(&rig, &member.pseudonym).await.unwrap();
    }
}

#[tokio::test]
async fn of_a_link_nothing_can_be_read_without_the_keys() {
    for (_place, rig) in linked().await {
        let answer = ask(&rig, ERRAND, &taro()).await.unwrap();
        let MatchAnswer::Matched { candidate } = answer else { panic!("{answer:?}") };
        let read = rig.gateway.store().database().read();
        let offers: Vec<(Vec<u8>,)> =
            fetch_all!(read, (Vec<u8>,), "SELECT body FROM source_offers").unwrap();
        confirm(&rig, ERRAND, &candidate.pseudonym).await.unwrap();
        let read = rig.gateway.store().database().read();
        let links: Vec<(Vec<u8>,)> =
            fetch_all!(read, (Vec<u8>,), "SELECT body FROM source_links").unwrap();
        assert_eq!((offers.len(), links.len()), (1, 1));
        for (body,) in offers.iter().chain(&links) {
            let text = String::from_utf8_lossy(body);
            assert!(!text.contains("ueno") && !text.contains(&candidate.pseudonym));
        }
        let read = rig.gateway.store().database().read();
        let sql = "SELECT member_id FROM access_log WHERE member_id IS NOT NULL";
        let logged: Vec<(String,)> = fetch_all!(read, (String,), sql).unwrap();
        assert!(!logged.is_empty() && logged.iter().all(|(id,)| !id.contains("ueno")));
    }
}

#[tokio::test]
async fn links_are_sealed_again_under_a_new_key() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let old = KeyRing::generate("1", &SeededEntropy::new(3)).unwrap();
    old.save(&path("old.toml")).unwrap();
    let mut both: toml::Table = std::fs::read_to_string(path("old.toml")).unwrap().parse().unwrap();
    let fresh = KeyRing::generate("2", &SeededEntropy::new(4)).unwrap();
    fresh.save(&path("fresh.toml")).unwrap();
    let fresh: toml::Table = std::fs::read_to_string(path("fresh.toml")).unwrap().parse().unwrap();
    both["current"] = "2".into();
    both["keys"].as_table_mut().unwrap().insert("2".to_owned(), fresh["keys"]["2"].clone());
    std::fs::write(path("both.toml"), both.to_string()).unwrap();

    let store = Store::open(&DatabaseConfig::sqlite(&path("own.db"))).await.unwrap();
    let now = "2026-11-20T01:15:00Z".parse().unwrap();
    let open = |keys: &str| SealedLinks::open(&store, &path(keys), Surroundings::system()).unwrap();
    let links = open("old.toml");
    for number in 0..700 {
        let offers = [(format!("{number:032x}"), format!("person-{number}"))];
        links.offer("errand", &offers, now).await.unwrap();
        links.bind_offer("errand", &offers[0].0, now).await.unwrap();
    }
    assert_eq!(links.reseal().await.unwrap(), 0);
    let links = open("both.toml");
    assert_eq!(links.reseal().await.unwrap(), 700);
    assert_eq!(links.reseal().await.unwrap(), 0);
    let found = links.person_of(&format!("{:032x}", 699)).await.unwrap();
    assert_eq!(found.as_deref(), Some("person-699"));
}

#[tokio::test]
async fn among_too_many_of_one_birthday_nobody_is_beyond_doubt() {
    for place in places().await {
        place.insert(&FAMILY[..4]).await;
        people(&place, "DATE", &PEOPLE).await;
        let crowd: Vec<String> = (0..MOST_NEAR)
            .map(|number| format!("({})", PEOPLE[0].replace("ueno-taro", &format!("c{number}"))))
            .collect();
        run(&place.owner, &format!("INSERT INTO kojin VALUES {}", crowd.join(", "))).await;
        let config = with_members(place.config());
        let source = Source::open(&config).await.unwrap();
        let near = source.born_on(date(1955, 5, 5)).await.unwrap();
        assert_eq!((near.members.len(), near.is_complete), (MOST_NEAR, false));
    }
}

#[tokio::test]
async fn a_key_that_leads_to_somebody_else_is_found_before_it_goes_live() {
    for place in places().await {
        place.insert(&FAMILY[..4]).await;
        people(&place, "DATE", &PEOPLE).await;
        for row in
            [PEOPLE[0], &PEOPLE[1].replace("'p2'", "'p3'"), &PEOPLE[1].replace("'p2'", "'nobody'")]
        {
            run(&place.owner, &format!("INSERT INTO kojin VALUES ({row})")).await;
        }
        let on_table = if place.reader.starts_with("mysql") { " ON kojin" } else { "" };
        run(&place.owner, &format!("DROP INDEX kojin_birth{on_table}")).await;
        let report = check(&with_members(place.config()), 1000).await;
        let expected = [
            ("members", Check::Unique),
            ("members", Check::People),
            ("members", Check::SamePerson),
            ("members", Check::IndexByBirthDate),
        ];
        assert_eq!(failed(&report), expected, "{} {report:#?}", place.reader);
        let told = serde_json::to_string(&report).unwrap();
        assert!(!told.contains("nobody") && !told.contains("一子"), "{told}");
    }
}

#[tokio::test]
async fn a_source_that_cannot_link_says_so_at_the_start() {
    let place = sqlite();
    let rig = Rig::start(ConnectorKind::Insurer).await;
    let config =
        crate::GatewayConfig { source: Some(place.config()), ..rig.gateway.config().clone() };
    let error = config.validate().unwrap_err().to_string();
    assert_eq!(error, "source.members: linking needs the query of members, and link_keys");
}
