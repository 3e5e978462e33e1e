//! An insurer's database on SQLite and, where `WARIFU_TEST_POSTGRES` and `WARIFU_TEST_MARIADB`
//! name servers, on PostgreSQL and MariaDB.

mod answers;
mod checked;
mod linking;
mod records;

use jiff::civil::{Date, date};
use sqlx::{AssertSqlSafe, Connection as _, MySqlConnection, PgConnection, SqliteConnection};
use warifu_contract::coverage::InsurerKind;
use warifu_contract::eligibility::TypedCard;
use warifu_service::Surroundings;

use super::*;

/// A table as an insurer might have it: its own names, words and types.
const TABLE: &str = "CREATE TABLE hihokensha (
    kojin_no VARCHAR(40) NOT NULL, hokensha VARCHAR(8) NOT NULL, kigo VARCHAR(40),
    bango VARCHAR(40) NOT NULL, edaban INTEGER, kubun INTEGER NOT NULL, shimei VARCHAR(100) NOT NULL,
    kana VARCHAR(100) NOT NULL, seibetsu CHAR(1) NOT NULL, birth DATE NOT NULL,
    zokugara VARCHAR(40), shutoku DATE NOT NULL, soshitsu DATE, wariai INTEGER,
    jotai INTEGER)";

const INDEXES: [&str; 2] = [
    "CREATE INDEX by_card ON hihokensha (bango, kigo, hokensha)",
    "CREATE INDEX by_person ON hihokensha (kojin_no)",
];

const QUERY: &str = "SELECT kojin_no AS person, hokensha AS insurer_number, kigo AS symbol, \
    bango AS number, edaban AS branch, kubun AS relation, shimei AS name, kana AS name_kana, \
    seibetsu AS sex, birth AS birth_date, zokugara AS relationship, shutoku AS acquired_on, \
    soshitsu AS lost_on, wariai AS copay, jotai AS standing FROM hihokensha";

/// 上野太郎's family: he changed his card in 2010, his daughter left in 2006.
const FAMILY: [&str; 5] = [
    "'ueno-taro', '00000001', '東京', '001', 0, 1, '上野 太郎', 'ｳｴﾉ ﾀﾛｳ', '1', '1955-05-05', \
     NULL, '2004-04-01', '2010-04-01', 30, NULL",
    "'p2', '00000001', '東京', '001', 1, 2, '上野 一子', 'ｳｴﾉ ｶｽﾞｺ', '2', '1960-12-01', \
     '妻', '2004-04-01', '2010-04-01', 30, 1",
    "'p3', '00000001', '東京', '001', 2, 2, '上野 次子', 'ｳｴﾉ ﾂｷﾞｺ', '2', '1983-03-03', \
     '長女', '2004-04-01', '2006-04-01', 30, 1",
    "'ueno-taro', '00000001', '東京', '901', 0, 1, '上野 太郎', 'ｳｴﾉ ﾀﾛｳ', '1', '1955-05-05', \
     NULL, '2010-04-01', NULL, 20, 1",
    "'p9', '00000001', NULL, '55', NULL, 1, '辻󠄀 髙﨑', 'ﾂｼﾞ', '1', '1990-01-01', \
     NULL, '2026-11-10', NULL, 30, 2",
];

/// A database, and two ways into it.
struct Place {
    owner: String,
    reader: String,
    _folder: tempfile::TempDir,
}

impl Place {
    fn config(&self) -> SourceConfig {
        SourceConfig {
            url: self.reader.clone(),
            coverages: QUERY.to_owned(),
            expenses: None,
            expense_progress: None,
            cost_limits: None,
            public_aids: None,
            members: None,
            link_keys: None,
            writing: Writing::Narrow,
            connections: 2,
            patience_ms: 10_000,
            notice_days: 30,
            insurers: vec![SourceInsurer {
                number: "00000001".to_owned(),
                name: "仮想健康保険組合".to_owned(),
                address: "東京都".to_owned(),
                kind: InsurerKind::Society,
                r#virtual: true,
                valid_from: date(1990, 1, 1),
                valid_until: None,
                usual_lag_days: Some(2),
            }],
        }
    }

    async fn insert(&self, rows: &[&str]) {
        for row in rows {
            run(&self.owner, &format!("INSERT INTO hihokensha VALUES ({row})")).await;
        }
    }
}

/// Runs a statement as the owner.
async fn run(url: &str, sql: &str) {
    let sql = AssertSqlSafe(sql.to_owned());
    if url.starts_with("postgres") {
        let mut connection = PgConnection::connect(url).await.unwrap();
        sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    } else if url.starts_with("mysql") {
        let mut connection = MySqlConnection::connect(url).await.unwrap();
        sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    } else {
        let mut connection = SqliteConnection::connect(url).await.unwrap();
        sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    }
}

/// An empty table on each engine at hand, with its indexes.
async fn places() -> Vec<Place> {
    let mut places = bare_places().await;
    for place in &mut places {
        for index in INDEXES {
            run(&place.owner, index).await;
        }
    }
    places
}

async fn bare_places() -> Vec<Place> {
    let mut places = vec![sqlite()];
    if let Ok(url) = std::env::var("WARIFU_TEST_POSTGRES") {
        places.push(postgres(&url).await);
    }
    if let Ok(url) = std::env::var("WARIFU_TEST_MARIADB") {
        places.push(mariadb(&url).await);
    }
    for place in &places {
        run(&place.owner, TABLE).await;
    }
    grant(&places).await;
    places
}

fn sqlite() -> Place {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("insurer.db");
    let reader = format!("sqlite:{}", path.display());
    Place { owner: format!("{reader}?mode=rwc"), reader, _folder: folder }
}

async fn postgres(url: &str) -> Place {
    let name = format!("source_{}", Surroundings::system().hex(6));
    run(url, &format!("CREATE SCHEMA {name}")).await;
    run(url, &format!("CREATE ROLE {name} LOGIN")).await;
    run(url, &format!("GRANT USAGE ON SCHEMA {name} TO {name}")).await;
    let owner = format!("{url}?options=-csearch_path%3D{name}");
    let reader = owner.replacen("postgres@", &format!("{name}@"), 1);
    Place { owner, reader, _folder: tempfile::tempdir().unwrap() }
}

async fn mariadb(url: &str) -> Place {
    let name = format!("source_{}", Surroundings::system().hex(6));
    run(url, &format!("CREATE DATABASE {name} CHARACTER SET utf8mb4")).await;
    run(url, &format!("CREATE USER {name}@'%'")).await;
    let owner = url.replacen("/mysql", &format!("/{name}"), 1);
    let reader = owner.replacen("root@", &format!("{name}@"), 1);
    Place { owner, reader, _folder: tempfile::tempdir().unwrap() }
}

/// The reader may read the table.
async fn grant(places: &[Place]) {
    for place in places {
        let name = place.reader.split("//").nth(1).and_then(|rest| rest.split('@').next());
        match name {
            Some(name) if place.reader.starts_with("postgres") => {
                run(&place.owner, &format!("GRANT SELECT ON hihokensha TO {name}")).await;
            }
            Some(name) => {
                run(&place.owner, &format!("GRANT SELECT ON {name}.* TO {name}@'%'")).await;
            }
            None => {}
        }
    }
}

fn typed(symbol: &str, number: &str, birth_date: Date) -> TypedCard {
    TypedCard {
        insurer_number: "00000001".to_owned(),
        symbol: symbol.to_owned(),
        number: number.to_owned(),
        branch: None,
        birth_date,
    }
}
