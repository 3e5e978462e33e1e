//! `warifu eligibility …`: checks asked by an organisation's own system, over its certificate.

mod batch;
mod progress;
mod relay;

use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use jiff::civil::Date;
use serde_json::json;
use warifu_service::{Surroundings, config};

use relay::{Relay, SystemFile};

/// What to ask.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Check one card.
    Check(Check),
    /// Check a file of cards, and write the answers beside it. Run again, it goes on with the same
    /// file.
    Batch(batch::Batch),
}

/// How the relay is reached.
#[derive(Debug, Args)]
pub struct Connection {
    /// The TOML file with `url` of the relay and `tls` (`ca`, `certificate`, `key`) of this system.
    #[arg(long, env = "WARIFU_SYSTEM_CONFIG")]
    config: PathBuf,
    /// Print JSON, for programs.
    #[arg(long)]
    json: bool,
}

impl Connection {
    fn relay(&self) -> anyhow::Result<Relay> {
        let file: SystemFile = config::load(&self.config)?;
        Relay::new(&file)
    }
}

/// A card.
#[derive(Debug, Args)]
pub struct Check {
    #[command(flatten)]
    connection: Connection,
    /// 保険者番号.
    #[arg(long)]
    insurer_number: String,
    /// 記号.
    #[arg(long, default_value = "")]
    symbol: String,
    /// 番号.
    #[arg(long)]
    number: String,
    /// 枝番, two digits.
    #[arg(long)]
    branch: Option<String>,
    /// 生年月日, e.g. 1955-05-05.
    #[arg(long)]
    birth_date: Date,
    /// 対象年月日; today when absent.
    #[arg(long)]
    target_date: Option<Date>,
}

/// Does what was asked.
pub async fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Check(check) => run_check(check).await,
        Command::Batch(batch) => batch::run(batch).await,
    }
}

async fn run_check(check: Check) -> anyhow::Result<()> {
    let relay = check.connection.relay()?;
    let question = json!({
        "subject": {
            "by": "number",
            "insurer_number": check.insurer_number,
            "symbol": check.symbol,
            "number": check.number,
            "branch": check.branch,
            "birth_date": check.birth_date,
        },
        "target_date": check.target_date,
        "idempotency_key": Surroundings::system().hex(16),
    });
    let answer = relay.check(&question).await?;
    if check.connection.json {
        return Ok(super::print(&(serde_json::to_string_pretty(&answer)? + "\n"))?);
    }
    let word = |name: &str| answer.get(name).and_then(|value| value.as_str()).unwrap_or_default();
    super::print(&format!("{}  {}\n", word("check_number"), word("message")))?;
    let valid = answer.get("valid").and_then(serde_json::Value::as_bool);
    let verdict = answer.pointer("/decision/verdict").and_then(serde_json::Value::as_str);
    let covered = valid.or_else(|| Some(matches!(verdict?, "valid" | "provisional")));
    if covered.context("the relay's answer does not say whether it is valid")? {
        return Ok(());
    }
    bail!("the insurance is not valid on that day")
}
