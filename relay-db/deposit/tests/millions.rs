//! Many records out of a CP932 file, with questions asked meanwhile. Not run by itself: it measures.
//!
//! `WARIFU_DEPOSIT_ROWS=10000000 cargo test -p warifu-deposit --release --test millions -- --ignored
//! --nocapture`

#![allow(
    clippy::unwrap_used,
    clippy::cast_precision_loss,
    clippy::format_push_string,
    reason = "a measurement may panic, and rounds"
)]

use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use jiff::ToSpan;
use jiff::civil::{Date, date};
use warifu_contract::card_key::{CardQuery, InsurerKey};
use warifu_contract::coverage::InsurerKind;
use warifu_contract::eligibility::{TypedCard, Verdict};
use warifu_deposit::{
    Approval, DepositConfig, DepositFile, DepositedInsurer, Deposits, Hint, Kind, Order, Question,
    State, Status,
};
use warifu_files::Encoding;
use warifu_pki::{FileKey, KeyAlgorithm, LinkingConfig};
use warifu_service::Surroundings;
use warifu_service::seal::KeyRing;
use warifu_service::storage::DatabaseConfig;

const NUMBER: &str = "330019";
/// People on a card.
const FAMILY: u64 = 2;

fn rows() -> u64 {
    std::env::var("WARIFU_DEPOSIT_ROWS").map_or(1_000_000, |text| text.parse().unwrap())
}

/// Birthdays over eighty years, as people have them.
fn born(card: u64) -> Date {
    date(1930, 1, 1) + ToSpan::days(i64::try_from(card % 29_220).unwrap())
}

fn write_file(path: &Path, rows: u64) {
    let mut out = BufWriter::new(std::fs::File::create(path).unwrap());
    let (mut text, mut bytes) = (String::new(), Vec::new());
    text.push_str(
        "本人家族,保険者番号,記号,番号,枝番,氏名,カナ氏名,性別,生年月日,続柄,資格取得日,負担割合,住所\r\n",
    );
    for row in 0..rows {
        let (card, place) = (row / FAMILY, row % FAMILY);
        let (kind, relation) = if place == 0 { ("1", "") } else { ("2", "妻") };
        text.push_str(&format!(
            "{kind},{NUMBER},高{:03},{card:07},{place:02},髙﨑　太郎{place},ﾀｶｻｷ ﾀﾛｳ{place},1,\
             {},{relation},20200401,030,香川県高松市見本町{}-{}\r\n",
            card % 997,
            born(card).strftime("%Y%m%d"),
            card % 99 + 1,
            card / 99 % 99 + 1,
        ));
        if text.len() > 1 << 16 {
            Encoding::Cp932.encode(&text, &mut bytes).unwrap();
            out.write_all(&bytes).unwrap();
            text.clear();
            bytes.clear();
        }
    }
    Encoding::Cp932.encode(&text, &mut bytes).unwrap();
    out.write_all(&bytes).unwrap();
    out.flush().unwrap();
}

fn question(card: u64) -> Question {
    let typed = TypedCard {
        insurer_number: NUMBER.to_owned(),
        symbol: format!("高{:03}", card % 997),
        number: format!("{card:07}"),
        branch: Some("00".to_owned()),
        birth_date: born(card),
    };
    Question { query: CardQuery::try_from(&typed).unwrap(), day: date(2026, 11, 20) }
}

/// With keys for linking, so that people are listed by birth date.
fn linking(folder: &Path) -> LinkingConfig {
    let key = FileKey::generate(KeyAlgorithm::P256).unwrap();
    let (own, office) = (folder.join("linking.key"), folder.join("office.pub"));
    key.save(&own).unwrap();
    std::fs::write(&office, key.public_key().pem()).unwrap();
    LinkingConfig { key: own, office: "https://office.localhost".to_owned(), office_key: office }
}

async fn open(database: DatabaseConfig, folder: &Path, lists: bool) -> Deposits {
    let config = DepositConfig {
        database,
        folder: folder.join("runs"),
        refuse_wrong_percent: 0,
        confirm_removed_percent: 100,
        approval: Approval::default(),
        largest_bytes: 1 << 30,
        keep_file_days: 7,
        linking: lists.then(|| linking(folder)),
        insurers: vec![DepositedInsurer {
            id: "city".to_owned(),
            number: NUMBER.to_owned(),
            name: "仮想市".to_owned(),
            name_en: "Sample City".to_owned(),
            address: String::new(),
            kind: InsurerKind::National,
            r#virtual: true,
            from: date(2000, 4, 1),
            until: None,
            usual_lag_days: None,
            organization: None,
            systems: Vec::new(),
        }],
    };
    let surroundings = Surroundings::system();
    let ring = Arc::new(KeyRing::generate("1", &*surroundings.entropy).unwrap());
    Deposits::open(&config, ring, surroundings).await.unwrap()
}

/// Puts a file and gives how long each half took.
async fn put(deposits: &Deposits, path: &Path, file: u8) -> (Status, Duration, Duration) {
    let started = Instant::now();
    let insurer = InsurerKey::parse(NUMBER).unwrap();
    let file_rows = DepositFile::open(path, Kind::Full, Hint::default()).unwrap();
    println!("  hashed and sniffed after {:.1} s", started.elapsed().as_secs_f64());
    let received = Arc::new(std::sync::Mutex::new(None));
    let at = Arc::clone(&received);
    let tell = move |status: &Status| {
        if status.state == State::Checking {
            at.lock().unwrap().get_or_insert(started.elapsed());
        }
    };
    let order = Order { insurer, kind: Kind::Full, file: [file; 32], by: "bench".to_owned() };
    let status = deposits.put(order, file_rows, Arc::new(tell)).await.unwrap();
    let received = received.lock().unwrap().unwrap_or_default();
    (status, received, started.elapsed())
}

/// Asks one after the other until told to stop; how long each took.
async fn ask(deposits: Deposits, cards: u64, stop: Arc<AtomicBool>) -> Vec<Duration> {
    let mut took = Vec::new();
    let mut card = 1;
    while !stop.load(Ordering::Relaxed) {
        card = (card * 48_271 + 11) % cards;
        let started = Instant::now();
        let answer = deposits.decide(&[question(card)]).await.unwrap();
        took.push(started.elapsed());
        assert_eq!(answer.first().unwrap().found.decision.verdict, Verdict::Valid);
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    took.sort_unstable();
    took
}

/// Processor time of this process on all cores, ended threads included (`proc(5)`, utime and stime
/// in hundredths of a second).
fn cpu() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields = stat.rsplit(')').next().unwrap().split_whitespace();
    let used: f64 = fields.skip(11).take(2).map(|field| field.parse::<f64>().unwrap()).sum();
    used / 100.0
}

/// What listing people by birth date costs an intake, in processor time.
async fn measure_lists(folder: &Path, file: &Path) {
    let mut used = Vec::new();
    for lists in [false, true, false, true] {
        let own = tempfile::Builder::new().tempdir_in(folder).unwrap();
        let database = DatabaseConfig::sqlite(&own.path().join("deposit.db"));
        let deposits = open(database, own.path(), lists).await;
        let before = cpu();
        let (status, _, all) = put(&deposits, file, 1).await;
        assert_eq!((status.state, status.wrong), (State::Ready, 0));
        let spent = cpu() - before;
        println!("lists: {lists}; {spent:.1} s of processor, {:.1} s in all", all.as_secs_f64());
        used.push(spent);
        deposits.close().await;
    }
    let [plain, listed, plain_again, listed_again] = used.try_into().unwrap();
    let more = (listed + listed_again) / (plain + plain_again) - 1.0;
    println!("with lists for linking: {:.0} % more processor time", more * 100.0);
}

async fn measure(name: &str, database: DatabaseConfig, folder: &Path, file: &Path) {
    let rows = rows();
    let deposits = open(database, folder, true).await;
    let insurer = InsurerKey::parse(NUMBER).unwrap();
    let (status, received, all) = put(&deposits, file, 1).await;
    assert_eq!((status.state, status.wrong), (State::Ready, 0));
    let rate = |time: Duration| rows as f64 / time.as_secs_f64();
    println!(
        "{name}: {rows} records with lists in {:.1} s ({:.0}/s); first batch written after {:.1} s",
        all.as_secs_f64(),
        rate(all),
        received.as_secs_f64()
    );
    deposits.go_live(&insurer, status.number, true).await.unwrap();
    for size in [1, 256] {
        let (started, mut count) = (Instant::now(), 0);
        while started.elapsed() < Duration::from_secs(2) {
            let questions: Vec<_> =
                (0..size).map(|n| question((count * 7_919 + n * 31) % (rows / FAMILY))).collect();
            let answers = deposits.decide(&questions).await.unwrap();
            assert!(answers.iter().all(|a| a.found.decision.verdict == Verdict::Valid));
            count += size;
        }
        println!("{name}: {:.0} decisions/s, {size} at a time, one asker", count as f64 / 2.0);
    }
    let stop = Arc::new(AtomicBool::new(false));
    let asking = tokio::spawn(ask(deposits.clone(), rows / FAMILY, Arc::clone(&stop)));
    let (again, _, all) = put(&deposits, file, 2).await;
    stop.store(true, Ordering::Relaxed);
    let took = asking.await.unwrap();
    let p99 = took.get(took.len() * 99 / 100).unwrap();
    println!(
        "{name}: the same again in {:.1} s ({:.0}/s), {} written; p99 of {} questions {:.1} ms",
        all.as_secs_f64(),
        rate(all),
        again.written,
        took.len(),
        p99.as_secs_f64() * 1e3
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "measures"]
async fn a_large_deposit() {
    let folder = tempfile::Builder::new().tempdir_in("/var/tmp").unwrap();
    let file = folder.path().join("deposit.csv");
    write_file(&file, rows());
    println!("{} MB of CP932", std::fs::metadata(&file).unwrap().len() >> 20);
    let started = Instant::now();
    let read = DepositFile::open(&file, Kind::Full, Hint::default()).unwrap().count();
    println!("reading alone: {:.0} records/s", read as f64 / started.elapsed().as_secs_f64());
    measure_lists(folder.path(), &file).await;
    let sqlite = DatabaseConfig::sqlite(&folder.path().join("deposit.db"));
    measure("SQLite", sqlite, folder.path(), &file).await;
    if let Ok(url) = std::env::var("WARIFU_TEST_POSTGRES") {
        let config = DatabaseConfig { url, connections: 8 };
        measure("PostgreSQL", config, folder.path(), &file).await;
    }
}
