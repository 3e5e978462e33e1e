//! `warifu bench`: how fast the parts are, each beside its physical limit on this machine.
//!
//! Everything runs in this one process, on a demonstration of its own in a temporary folder. The load
//! runs on threads of its own, but on the same cores as the servers: a rate is what both together
//! reach, and beside it stands how much of the cores each of them took.

mod batch;
mod browser;
mod card;
mod checks;
mod cpu;
mod cryptography;
mod decision;
mod deposit;
mod growth;
mod history;
mod home;
mod limits;
mod links;
mod load;
mod log;
mod logins;
mod pressure;
mod provider;
mod report;
mod responses;
mod revocation;
mod stage;
mod tab;
mod ticket;
mod wire;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::bail;
use clap::ValueEnum;
use warifu_service::telemetry;

use report::Report;
use stage::Stage;

/// What the measuring is told.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// What to measure; everything when nothing is named.
    #[arg(value_enum)]
    parts: Vec<Part>,
    /// Print the figures as JSON, for programs.
    #[arg(long)]
    json: bool,
    /// Seconds that each figure is measured for.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..=600))]
    seconds: u64,
    /// The folder in which a temporary one is made; on the disk that shall be measured.
    #[arg(long, default_value = "/var/tmp")]
    dir: PathBuf,
    /// Events in the log for `log-history`; a million take about 130 MB.
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(10_000..=1_000_000_000))]
    events: u64,
    /// The first of the ports that the parties under test take.
    #[arg(long, default_value_t = 28443)]
    port_base: u16,
    #[command(flatten)]
    links: links::Plan,
    #[command(flatten)]
    deposit: deposit::Plan,
    #[command(flatten)]
    batch: batch::Plan,
}

/// What can be measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// SAML Responses in process.
    Responses,
    /// Card logins and answers from a session.
    Logins,
    /// The eligibility decision in memory.
    Decision,
    /// Eligibility checks.
    Checks,
    /// A resident's home.
    Home,
    /// What a slow and a breaking connector cost the others.
    Pressure,
    /// A deposit of coverage, with checks going on.
    Deposit,
    /// A file of checks.
    Batch,
    /// Appends to the access log.
    Log,
    /// One resident's history out of a large access log.
    LogHistory,
    /// Lookups among more and more links.
    Links,
    /// OCSP answers and revocation lists.
    Revocation,
}

/// Measures and prints.
pub async fn run(arguments: Arguments) -> anyhow::Result<()> {
    telemetry::start();
    let measured = tokio::select! {
        measured = measure(&arguments) => measured?,
        _ = tokio::signal::ctrl_c() => bail!("stopped before everything was measured"),
    };
    if arguments.json {
        super::print(&(serde_json::to_string_pretty(&measured)? + "\n"))?;
    } else {
        super::print(&measured.to_string())?;
    }
    Ok(())
}

impl Arguments {
    fn parts(&self) -> &[Part] {
        if self.parts.is_empty() { Part::value_variants() } else { &self.parts }
    }
}

async fn measure(arguments: &Arguments) -> anyhow::Result<Report> {
    let started = Instant::now();
    let lasting = Duration::from_secs(arguments.seconds);
    let mut report = Report::of_this_machine();
    say(&format!("making keys, cards and people; each figure then takes {lasting:?}"));
    let stage = Stage::set(&arguments.dir, arguments.port_base).await?;
    for part in arguments.parts() {
        report.extend(match part {
            Part::Responses => responses::measure(&stage, lasting).await?,
            Part::Logins => logins::measure(&stage, lasting).await?,
            Part::Decision => decision::measure(lasting).await?,
            Part::Checks => checks::measure(&stage, lasting).await?,
            Part::Home => home::measure(&stage, lasting).await?,
            Part::Pressure => pressure::measure(&stage, lasting).await?,
            Part::Deposit => deposit::measure(&stage, lasting, &arguments.deposit).await?,
            Part::Batch => batch::measure(&stage, &arguments.batch).await?,
            Part::Log => log::measure(&stage, lasting).await?,
            Part::LogHistory => history::measure(&stage, lasting, arguments.events).await?,
            Part::Links => links::measure(&stage, lasting, &arguments.links).await?,
            Part::Revocation => revocation::measure(&stage, lasting).await?,
        });
    }
    stage.strike().await?;
    say(&format!("done after {:.0} s", started.elapsed().as_secs_f64()));
    Ok(report)
}

/// A line of progress, apart from the figures.
fn say(line: &str) {
    eprintln!("warifu bench: {line}");
}
