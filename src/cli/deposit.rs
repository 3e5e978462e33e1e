//! `warifu deposit …`: coverage that insurers deposit at the relay.

use std::collections::BTreeMap;
use std::io::{BufWriter, IsTerminal as _};
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};
use warifu_contract::card_key::InsurerKey;
use warifu_relay::deposit::{
    DepositFile, Deposits, Fault, Hint, Kind, Order, Progress, State, Status,
};
use warifu_relay::{LogParts, RelayConfig};
use warifu_service::{Surroundings, config};

/// Deposits that `status` lists.
const LISTED: u32 = 20;

/// What to do with deposits.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Take in a file (CSV or XML, in CP932, UTF-8 or EUC-JP), up to the point where it can go live.
    /// The same file again goes on where it was.
    Put(Put),
    /// List an insurer's deposits, newest first.
    Status {
        #[command(flatten)]
        of: Of,
    },
    /// Say what is wrong with the records of a deposit.
    Errors {
        #[command(flatten)]
        of: Of,
        /// The deposit; otherwise the newest.
        #[arg(long)]
        number: Option<i64>,
        /// The deposited file: its wrong records are written out in its own encoding, to be
        /// corrected and put again.
        #[arg(long, requires = "out")]
        file: Option<PathBuf>,
        /// Where they are written.
        #[arg(long, requires = "file")]
        out: Option<PathBuf>,
    },
    /// Let a deposit go live that is ready, as a whole.
    Live {
        #[command(flatten)]
        of: Of,
        /// The deposit; otherwise the newest.
        #[arg(long)]
        number: Option<i64>,
        /// Say that so many cards may go.
        #[arg(long)]
        confirm: bool,
    },
    /// Give up a deposit that is not live.
    Cancel {
        #[command(flatten)]
        of: Of,
        /// The deposit; otherwise the newest.
        #[arg(long)]
        number: Option<i64>,
    },
}

/// Whose deposits, and where.
#[derive(Debug, Args)]
pub struct Of {
    /// 保険者番号.
    #[arg(long)]
    insurer: String,
    /// The relay's TOML file.
    #[arg(long)]
    config: PathBuf,
    /// Answer in JSON, for machines.
    #[arg(long)]
    json: bool,
}

/// What to take in.
#[derive(Debug, Args)]
pub struct Put {
    /// The file.
    file: PathBuf,
    #[command(flatten)]
    of: Of,
    /// It holds every card of the insurer (全件): those that are missing are gone.
    #[arg(long, required_unless_present = "changes", conflicts_with = "changes")]
    full: bool,
    /// It holds what changed (差分).
    #[arg(long)]
    changes: bool,
    /// Who deposits; it stands in the access log.
    #[arg(long, default_value = "operator")]
    by: String,
    /// Let it go live at once, when nothing speaks against it.
    #[arg(long)]
    live: bool,
}

/// Does it.
pub async fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Put(order) => put(order).await,
        Command::Status { of } => {
            let desk = Desk::open(&of).await?;
            let all = desk.deposits.history(&desk.insurer, LISTED).await?;
            desk.say(&all, all.iter().map(line).collect::<Vec<_>>().join("\n"))
        }
        Command::Errors { of, number, file, out } => errors(&of, number, file, out).await,
        Command::Live { of, number, confirm } => {
            let desk = Desk::open(&of).await?;
            let number = desk.number(number).await?;
            let status = desk.go_live(number, confirm).await?;
            desk.say(&status, line(&status))
        }
        Command::Cancel { of, number } => {
            let desk = Desk::open(&of).await?;
            let number = desk.number(number).await?;
            let status = desk.deposits.cancel(&desk.insurer, number).await?;
            desk.say(&status, line(&status))
        }
    }
}

/// Deposits of one insurer, opened.
struct Desk {
    relay: RelayConfig,
    deposits: Deposits,
    insurer: InsurerKey,
    json: bool,
}

impl Desk {
    async fn open(of: &Of) -> anyhow::Result<Self> {
        let relay: RelayConfig = config::load(&of.config)?;
        let deposits = warifu_relay::deposits(&relay, &Surroundings::system()).await?;
        let deposits = deposits.context("nobody deposits here: the file has no [deposit]")?;
        let insurer = InsurerKey::parse(&of.insurer).context("not an insurer number")?;
        Ok(Self { relay, deposits, insurer, json: of.json })
    }

    async fn number(&self, named: Option<i64>) -> anyhow::Result<i64> {
        if let Some(number) = named {
            return Ok(number);
        }
        let newest = self.deposits.history(&self.insurer, 1).await?;
        Ok(newest.first().context("this insurer has not deposited anything")?.number)
    }

    async fn go_live(&self, number: i64, confirmed: bool) -> anyhow::Result<Status> {
        let log = LogParts::of(&self.relay).await?.open(Surroundings::system()).await?;
        let live =
            warifu_relay::go_live(&self.deposits, &log, &self.insurer, number, confirmed).await;
        log.close().await;
        log.database().close().await;
        Ok(live?)
    }

    fn say(&self, value: &impl serde::Serialize, text: String) -> anyhow::Result<()> {
        let text = if self.json { serde_json::to_string(value)? } else { text };
        Ok(super::print(&(text + "\n"))?)
    }
}

async fn put(order: Put) -> anyhow::Result<()> {
    let desk = Desk::open(&order.of).await?;
    let kind = if order.full { Kind::Full } else { Kind::Changes };
    let file = DepositFile::open(&order.file, kind, Hint::default())?;
    let size = std::fs::metadata(&order.file)?.len();
    let what = Order { insurer: desk.insurer.clone(), kind, file: file.hash(), by: order.by };
    let mut status = desk.deposits.put(what, file, watch(size, desk.json)).await?;
    if order.live && status.state == State::Ready {
        status = desk.go_live(status.number, false).await?;
    }
    desk.say(&status, line(&status))?;
    if status.state == State::Refused {
        anyhow::bail!("too many records are wrong: see `warifu deposit errors`");
    }
    Ok(())
}

/// A moving line on a terminal, plain lines elsewhere.
fn watch(size: u64, json: bool) -> Arc<Progress> {
    let terminal = std::io::stderr().is_terminal();
    let bar = if terminal { ProgressBar::new_spinner() } else { ProgressBar::hidden() };
    if let Ok(style) = ProgressStyle::with_template("{spinner} {elapsed_precise} {msg}") {
        bar.set_style(style);
    }
    bar.set_message(format!("reading {} MB", size >> 20));
    Arc::new(move |status: &Status| {
        bar.set_message(line(status));
        bar.tick();
        if !terminal && !json {
            eprintln!("{}", line(status));
        }
    })
}

async fn errors(
    of: &Of,
    number: Option<i64>,
    file: Option<PathBuf>,
    out: Option<PathBuf>,
) -> anyhow::Result<()> {
    let desk = Desk::open(of).await?;
    let number = desk.number(number).await?;
    let status = desk.deposits.status(&desk.insurer, number).await?;
    if let (Some(file), Some(out)) = (file, out) {
        let file = DepositFile::open(&file, status.kind, Hint::default())?;
        let sink = std::fs::File::create_new(&out).with_context(|| out.display().to_string())?;
        let mut told: BTreeMap<u64, Vec<Fault>> = BTreeMap::new();
        for fault in desk.deposits.faults(&desk.insurer, number).await? {
            told.entry(u64::try_from(fault.line).unwrap_or_default()).or_default().push(fault);
        }
        let count = file.write_faults(BufWriter::new(sink), &told)?;
        return desk.say(&count, format!("{count} records are in {}", out.display()));
    }
    let faults = desk.deposits.faults(&desk.insurer, number).await?;
    desk.say(&faults, faults.iter().map(fault).collect::<Vec<_>>().join("\n"))
}

fn fault(fault: &Fault) -> String {
    format!("line {}: {} {}", fault.line, fault.code, fault.field)
}

fn line(status: &Status) -> String {
    let Status { number, state, lines, wrong, cards, written, removed, .. } = status;
    let since = status.live_at.map(|at| format!(", live since {at:.0}"));
    format!(
        "deposit {number} {}: {lines} records, {wrong} wrong; {cards} cards, {written} changed, \
         {removed} gone{}",
        state.word(),
        since.unwrap_or_default()
    )
}
