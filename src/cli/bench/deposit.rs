//! A large deposit, with desks that check cards of the same insurer meanwhile.

use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use jiff::civil::date;
use warifu_contract::card_key::InsurerKey;
use warifu_contract::coverage::InsurerKind;
use warifu_pki::LinkingConfig;
use warifu_relay::RelayConfig;
use warifu_relay::deposit::{
    Approval, DepositConfig, DepositFile, DepositedInsurer, Deposits, Hint, Kind, Order, State,
    Status,
};
use warifu_service::storage::DatabaseConfig;

use super::checks::{Desk, token};
use super::load;
use super::report::Figure;
use super::say;
use super::stage::Stage;
use super::{cpu, limits};
use crate::cli::demo::folder::Member;

/// The insurer who deposits here, and nowhere else.
pub const INSURER: &str = "88888888";
/// Desks that check cards while the deposit comes in.
const DESKS: usize = 8;
/// Cards that are there before anything is measured.
const FIRST: u64 = 2_000;
/// People on a card.
const FAMILY: u64 = 2;

/// How much is deposited.
#[derive(Debug, clap::Args)]
#[group(id = "bench-deposit")]
pub struct Plan {
    /// Records of the deposit; ten million take about 4 GB.
    #[arg(long = "deposit-rows", default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(10_000..=100_000_000))]
    rows: u64,
}

/// Adds an insurer that deposits to a relay of the stage, in `folder`.
pub fn configure(config: &mut RelayConfig, folder: &Path) {
    config.deposit = Some(DepositConfig {
        database: DatabaseConfig::sqlite(&folder.join("deposit.db")),
        folder: folder.join("deposit"),
        refuse_wrong_percent: 0,
        confirm_removed_percent: 100,
        approval: Approval::default(),
        largest_bytes: 1 << 30,
        keep_file_days: 7,
        linking: None,
        insurers: vec![DepositedInsurer {
            id: "depositing".to_owned(),
            number: INSURER.to_owned(),
            name: "計測健康保険組合".to_owned(),
            name_en: "Sample depositing insurer".to_owned(),
            address: String::new(),
            kind: InsurerKind::Society,
            r#virtual: true,
            from: date(2000, 4, 1),
            until: None,
            usual_lag_days: Some(1),
            organization: None,
            systems: Vec::new(),
        }],
    });
}

/// Deposits a few cards, so that checks have something to find.
pub async fn first(stage: &Stage) -> anyhow::Result<()> {
    let deposits = open(stage).await?;
    let key = InsurerKey::parse(INSURER).context("not an insurer number")?;
    let first = put(stage, &deposits, &key, FIRST).await?;
    // An earlier part of the same run may have deposited it.
    if first.state == State::Ready {
        deposits.go_live(&key, first.number, true).await?;
    }
    Ok(())
}

/// Records a second, and how checks fare meanwhile.
pub async fn measure(stage: &Stage, lasting: Duration, plan: &Plan) -> anyhow::Result<Vec<Figure>> {
    first(stage).await?;
    let relay = stage.folder.address(Member::Relay);
    let token = token(stage, &relay).await?;
    let desks = || {
        let desk = || Desk::new(stage, &relay, &token)?.asking(INSURER);
        (0..DESKS).map(|_| desk()).collect::<anyhow::Result<Vec<_>>>()
    };
    let before = load::run(desks()?, lasting).await?;
    say(&format!("writing a file of {} records", plan.rows));
    let file = stage.dir().join("deposit.csv");
    write_file(&file, plan.rows)?;
    let reading = read_alone(&file)?;
    let fsync = limits::fsync(stage.dir(), lasting / 2).await?;
    say("the deposit comes in, and desks go on checking");
    let deposits = open(stage).await?;
    let key = InsurerKey::parse(INSURER).context("not an insurer number")?;
    let started = Instant::now();
    let putting = put_file(&deposits, &key, &file);
    // As long as the reading alone takes there is surely something coming in.
    let checking = load::run(desks()?, reading.max(lasting));
    let (ready, during) = tokio::join!(putting, checking);
    let (ready, during) = (ready?, during?);
    let took = started.elapsed();
    deposits.go_live(&key, ready.number, true).await?;
    deposits.close().await;
    say("the same again, with and without lists of people by birth date");
    let lists = lists(stage, &file, plan.rows).await?;
    std::fs::remove_file(&file)?;
    let idle = Figure::loaded(format!("check of a deposited card, {DESKS} at once"), &before);
    let busy = format!("check of a deposited card while a deposit comes in, {DESKS} at once");
    let busy = Figure::loaded(busy, &during).against(&idle);
    let what = format!(
        "deposit of {} records in CP932 with lists for linking, checks going on",
        plan.rows
    );
    let deposit = Figure::rate(what, rate(plan.rows, took))
        .beside("decoding and reading alone", rate(plan.rows, reading))
        .beside("bare fsync", fsync);
    Ok(vec![idle, deposit, busy, lists])
}

/// What it costs an intake to list people by birth date, so that cards can be linked to them: in
/// processor time, which other work on the machine does not change.
async fn lists(stage: &Stage, file: &Path, rows: u64) -> anyhow::Result<Figure> {
    let (_, plain) = put_apart(stage, "plain", None, file).await?;
    let (took, listed) = put_apart(stage, "listed", Some(linking(stage)), file).await?;
    let what = format!("deposit of {rows} records with lists for linking, alone");
    let (listed, plain) = (listed.as_secs_f64(), plain.as_secs_f64());
    let more = (listed / plain - 1.0) * 100.0;
    let note =
        format!("{listed:.1} s of processor, {more:+.0} % of the {plain:.1} s without lists");
    Ok(Figure::rate(what, rate(rows, took)).noting(note))
}

/// What cards are linked to an insurer's people with: people are then listed by birth date.
fn linking(stage: &Stage) -> LinkingConfig {
    LinkingConfig {
        key: stage.folder.of(Member::Relay, "deposit.key"),
        office: stage.folder.office_config().office.names.office,
        office_key: stage.folder.of(Member::Office, "voucher.pub"),
    }
}

/// Takes the file in at a database of its own: how long that took, and how much processor time.
async fn put_apart(
    stage: &Stage,
    name: &str,
    linking: Option<LinkingConfig>,
    file: &Path,
) -> anyhow::Result<(Duration, Duration)> {
    let mut config = stage.relay_config()?;
    let folder = stage.dir().join(name);
    std::fs::create_dir(&folder)?;
    if let Some(deposit) = &mut config.deposit {
        deposit.database = DatabaseConfig::sqlite(&folder.join("deposit.db"));
        deposit.folder = folder.join("runs");
        deposit.linking = linking;
    }
    let deposits = warifu_relay::deposits(&config, &stage.surroundings).await?;
    let deposits = deposits.context("the relay of the stage has no deposits")?;
    let key = InsurerKey::parse(INSURER).context("not an insurer number")?;
    let (started, before) = (Instant::now(), cpu::of_process().unwrap_or_default());
    put_file(&deposits, &key, file).await?;
    let used = cpu::of_process().unwrap_or_default().saturating_sub(before);
    let took = started.elapsed();
    deposits.close().await;
    std::fs::remove_dir_all(&folder)?;
    Ok((took, used))
}

/// How long reading the file takes that does nothing else.
fn read_alone(file: &Path) -> anyhow::Result<Duration> {
    let started = Instant::now();
    let records = DepositFile::open(file, Kind::Full, Hint::default())?;
    let wrong = records.filter(Result::is_err).count();
    ensure!(wrong == 0, "{wrong} records of the file are wrong");
    Ok(started.elapsed())
}

/// The deposits of the stage, as whoever takes files in opens them: with lists for linking.
async fn open(stage: &Stage) -> anyhow::Result<Deposits> {
    let mut config = stage.relay_config()?;
    if let Some(deposit) = &mut config.deposit {
        deposit.linking = Some(linking(stage));
    }
    let deposits = warifu_relay::deposits(&config, &stage.surroundings).await?;
    deposits.context("the relay of the stage has no deposits")
}

async fn put(
    stage: &Stage,
    deposits: &Deposits,
    key: &InsurerKey,
    rows: u64,
) -> anyhow::Result<Status> {
    let file = stage.dir().join("first.csv");
    write_file(&file, rows)?;
    put_file(deposits, key, &file).await
}

async fn put_file(deposits: &Deposits, key: &InsurerKey, file: &Path) -> anyhow::Result<Status> {
    let records = DepositFile::open(file, Kind::Full, Hint::default())?;
    let order = Order {
        insurer: key.clone(),
        kind: Kind::Full,
        file: records.hash(),
        by: "bench".to_owned(),
    };
    let status = deposits.put(order, records, Arc::new(|_: &_| ())).await?;
    let taken = matches!(status.state, State::Ready | State::Live);
    ensure!(taken, "the deposit is {}", status.state.word());
    Ok(status)
}

/// The birth date of everybody on the card of that place, spread as people's are; the first is the
/// one that desks ask for.
pub fn birth_date(card: u64) -> String {
    let (year, day) = if card == 0 { (1955, 5) } else { (1930 + card % 80, card / 80 % 28 + 1) };
    format!("{year}05{day:02}")
}

/// Families of two with what people are linked by, the address too; the first is the one that
/// desks check.
fn write_file(path: &Path, rows: u64) -> anyhow::Result<()> {
    let mut out = BufWriter::new(std::fs::File::create(path)?);
    write!(
        out,
        "relation,insurer_number,symbol,number,branch,name,name_kana,sex,birth_date,relationship,\
         acquired_on,copay,address\r\n"
    )?;
    // 東京, 計測 太郎, ｹｲｿｸ ﾀﾛｳ, 妻, 香川県高松市見本町, as CP932 writes them.
    let (tokyo, wife): (&[u8], &[u8]) = (b"\x93\x8c\x8b\x9e", b"\x8d\xc8");
    let name: &[u8] = b"\x8c\x76\x91\xaa\x81\x40\x91\xbe\x98\x59";
    let kana: &[u8] = b"\xb9\xb2\xbf\xb8 \xc0\xdb\xb3";
    let town: &[u8] = b"\x8d\x81\x90\xec\x8c\xa7\x8d\x82\x8f\xbc\x8e\x73\x8c\xa9\x96\x7b\x92\xac";
    for row in 0..rows {
        let (card, place) = (row / FAMILY, row % FAMILY);
        let (relation, relationship) = if place == 0 { (1, &b""[..]) } else { (2, wife) };
        let number = card + 1;
        let birth_date = birth_date(card);
        write!(out, "{relation},{INSURER},")?;
        out.write_all(tokyo)?;
        write!(out, ",{number:03},{place:02},")?;
        out.write_all(name)?;
        out.write_all(b",")?;
        out.write_all(kana)?;
        write!(out, ",1,{birth_date},")?;
        out.write_all(relationship)?;
        write!(out, ",20040401,030,")?;
        out.write_all(town)?;
        write!(out, "{}-{}\r\n", card % 99 + 1, card / 99 % 99 + 1)?;
    }
    Ok(out.flush()?)
}

#[expect(clippy::cast_precision_loss, reason = "counts far below 2^52")]
fn rate(rows: u64, took: Duration) -> f64 {
    rows as f64 / took.as_secs_f64()
}
