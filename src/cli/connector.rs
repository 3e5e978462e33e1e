//! `warifu connector …`: whether an insurer's database may go live as a source.

use std::fmt::Write as _;
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::Subcommand;
use warifu_connectors::GatewayConfig;
use warifu_connectors::source::check::{self, Report};
use warifu_service::config;

/// What to do with a connector.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Prove the query of `[source]`: account, columns, rows, keys, index, speed. Nothing is
    /// written, and nobody is named.
    CheckSource {
        /// The connector's configuration file.
        #[arg(long)]
        config: PathBuf,
        /// How many rows are read at most.
        #[arg(long, default_value_t = 10_000)]
        rows: usize,
        /// Print the findings as JSON.
        #[arg(long)]
        json: bool,
    },
}

/// Does what was asked.
pub async fn run(command: Command) -> anyhow::Result<()> {
    let Command::CheckSource { config: path, rows, json } = command;
    let gateway: GatewayConfig = config::load(&path)?;
    let source = gateway.source.context("the configuration has no [source]")?;
    let report = check::check(&source, rows).await;
    let text = if json { serde_json::to_string_pretty(&report)? + "\n" } else { told(&report)? };
    super::print(&text)?;
    if report.is_good() { Ok(()) } else { bail!("the source must not go live") }
}

/// A line for each finding, then for each fault.
fn told(report: &Report) -> anyhow::Result<String> {
    let mut text = String::new();
    for finding in &report.findings {
        let mark = if finding.holds { "ok  " } else { "FAIL" };
        let name = serde_json::to_value(finding.check)?;
        let name = name.as_str().unwrap_or_default().to_owned();
        writeln!(text, "{mark} {:16} {name:16} {}", finding.query, finding.seen)?;
    }
    for fault in &report.faults {
        let people = fault.people.join(" ");
        let (what, rows) = (&fault.fault, fault.rows);
        writeln!(text, "     {what}: {rows} rows, SHA-256 of person: {people}")?;
    }
    Ok(text)
}
