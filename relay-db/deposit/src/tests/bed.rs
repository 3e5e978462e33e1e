//! Deposits of one insurer on a database of the test's own, with a clock that stands still.

use std::sync::Arc;

use jiff::civil::{Date, date};
use jiff::{SignedDuration, Timestamp};
use tempfile::TempDir;
use warifu_contract::card_key::{CardQuery, InsurerKey};
use warifu_contract::coverage::{InsurerKind, Validity};
use warifu_contract::eligibility::TypedCard;
use warifu_contract::person::{Name, Sex};
use warifu_contract::register::Copay;
use warifu_service::clock::{FrozenClock, SeededEntropy};
use warifu_service::seal::KeyRing;
use warifu_service::storage::DatabaseConfig;
use warifu_service::{Database, Surroundings};

use crate::*;

/// Where the clock stands at first.
pub const START: &str = "2026-11-20T00:00:00Z";
pub const NUMBER: &str = "330019";

pub struct Bed {
    pub deposits: Deposits,
    pub clock: Arc<FrozenClock>,
    pub folder: TempDir,
    pub config: DepositConfig,
    pub ring: Arc<KeyRing>,
}

/// A bed on each engine.
pub async fn beds(test: &str) -> Vec<Bed> {
    let folder = tempfile::tempdir().unwrap();
    let config = DatabaseConfig::sqlite(&folder.path().join("deposit.db"));
    let mut all = vec![Bed::new(folder, config).await];
    if let Ok(url) = std::env::var("WARIFU_TEST_POSTGRES") {
        let name = format!("deposit_{test}");
        let connect = |url| async move {
            Database::connect(&DatabaseConfig { url, connections: 1 }).await.unwrap()
        };
        let plain = connect(url.clone()).await;
        let anew = format!("DROP SCHEMA IF EXISTS {name} CASCADE; CREATE SCHEMA {name}");
        let Database::Postgres(pool) = &plain else { panic!("not PostgreSQL: {url}") };
        sqlx::raw_sql(sqlx::AssertSqlSafe(anew)).execute(pool).await.unwrap();
        let url = format!("{url}?options=-csearch_path%3D{name}");
        let config = DatabaseConfig { url, connections: 4 };
        all.push(Bed::new(tempfile::tempdir().unwrap(), config).await);
    }
    all
}

impl Bed {
    async fn new(folder: TempDir, database: DatabaseConfig) -> Self {
        let config = DepositConfig {
            database,
            folder: folder.path().join("runs"),
            refuse_wrong_percent: 20,
            confirm_removed_percent: 50,
            approval: Approval::default(),
            largest_bytes: 1 << 30,
            keep_file_days: 7,
            linking: None,
            insurers: vec![DepositedInsurer {
                id: "city".to_owned(),
                number: NUMBER.to_owned(),
                name: "仮想市国民健康保険".to_owned(),
                name_en: "Sample City".to_owned(),
                address: String::new(),
                kind: InsurerKind::National,
                r#virtual: true,
                from: date(2000, 4, 1),
                until: None,
                usual_lag_days: Some(5),
                organization: None,
                systems: Vec::new(),
            }],
        };
        let clock = Arc::new(FrozenClock::at(START.parse().unwrap()));
        let entropy = Arc::new(SeededEntropy::new(7));
        let ring = Arc::new(KeyRing::generate("1", &*entropy).unwrap());
        let surroundings = Surroundings { clock: clock.clone(), entropy };
        let deposits = Deposits::open(&config, Arc::clone(&ring), surroundings).await.unwrap();
        Self { deposits, clock, folder, config, ring }
    }

    /// Puts a file that is known by `file`.
    pub async fn put(&self, kind: Kind, file: u8, rows: Vec<Result<Row, Wrong>>) -> Status {
        self.try_put(kind, file, rows).await.unwrap()
    }

    pub async fn try_put(
        &self,
        kind: Kind,
        file: u8,
        rows: Vec<Result<Row, Wrong>>,
    ) -> Result<Status, IntakeError> {
        self.deposits.put(order(kind, file), rows.into_iter(), Arc::new(|_: &Status| ())).await
    }

    /// Puts it and lets it go live, an hour after the one before.
    pub async fn deposit(&self, kind: Kind, file: u8, rows: Vec<Row>) -> Status {
        self.clock.advance(SignedDuration::from_hours(1));
        let status = self.put(kind, file, rows.into_iter().map(Ok).collect()).await;
        assert_eq!(status.state, State::Ready);
        self.deposits.go_live(&insurer(), status.number, true).await.unwrap()
    }

    pub async fn ask(&self, question: &Question) -> Answer {
        let mut answers = self.deposits.decide(std::slice::from_ref(question)).await.unwrap();
        answers.remove(0)
    }
}

pub fn insurer() -> InsurerKey {
    InsurerKey::parse(NUMBER).unwrap()
}

pub fn start() -> Timestamp {
    START.parse().unwrap()
}

pub fn order(kind: Kind, file: u8) -> Order {
    Order { insurer: insurer(), kind, file: [file; 32], by: "staff".to_owned() }
}

/// Somebody born on that day of 1980, on a card from then on; the first of the month is insured.
pub fn person(day: i8, from: Date) -> Person {
    let dependant = day > 1;
    Person {
        relationship: dependant.then(|| "妻".to_owned()),
        branch: None,
        birth_date: date(1980, 1, day),
        validity: Validity { from, until: None },
        sex: Sex::Unknown,
        copay: Some(Copay { from, percent: 30, income: None }),
        name: Name { text: format!("名{day}"), kana: format!("ナ{day}") },
        workplace: None,
        provisional_until: None,
        address: String::new(),
    }
}

pub fn row(symbol: &str, number: &str, person: Person, change: Change) -> Row {
    Row {
        line: 1,
        insurer_number: NUMBER.to_owned(),
        symbol: symbol.to_owned(),
        number: number.to_owned(),
        person,
        change,
    }
}

pub fn joined(symbol: &str, number: &str, day: i8) -> Row {
    row(symbol, number, person(day, date(2020, 4, 1)), Change::Joined)
}

pub fn question(symbol: &str, number: &str, day: i8, on: Date) -> Question {
    let typed = TypedCard {
        insurer_number: NUMBER.to_owned(),
        symbol: symbol.to_owned(),
        number: number.to_owned(),
        branch: None,
        birth_date: date(1980, 1, day),
    };
    Question { query: CardQuery::try_from(&typed).unwrap(), day: on }
}
