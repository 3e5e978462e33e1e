//! `warifu-agent`: runs the agent, or says what is wrong with this computer's card reading.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Parser, Subcommand};
use jiff::Timestamp;
use tracing_subscriber::EnvFilter;
use warifu_agent::doctor::{self, Patient, Verdict};
use warifu_agent::{Agent, AgentConfig, AgentError, Language, Surroundings};
use warifu_card::PcscReaders;

const DEFAULT_CONFIG: &str = "/etc/warifu/agent.toml";

/// The program beside the card reader.
#[derive(Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Answer the login pages of the configured identity providers until told to stop.
    Run {
        /// The configuration file.
        #[arg(long, default_value = DEFAULT_CONFIG)]
        config: PathBuf,
    },
    /// Say what is right and what is wrong with reader, card, certificate and browser.
    Doctor {
        /// The configuration file.
        #[arg(long, default_value = DEFAULT_CONFIG)]
        config: PathBuf,
        /// Write JSON for machines.
        #[arg(long)]
        json: bool,
        /// `ja` or `en`. Default: the language of the environment.
        #[arg(long, value_parser = language)]
        language: Option<Language>,
    },
}

fn main() -> ExitCode {
    match Cli::parse().command {
        Command::Run { config } => run(&config),
        Command::Doctor { config, json, language } => examine(&config, json, language),
    }
}

fn run(config: &Path) -> ExitCode {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    match serve(config) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(%error, "the agent cannot start");
            ExitCode::FAILURE
        }
    }
}

#[tokio::main]
async fn serve(config: &Path) -> Result<(), AgentError> {
    let config = AgentConfig::load(config)?;
    let readers = Arc::new(PcscReaders::new());
    let agent = Agent::bind(config, readers, Surroundings::new(now, random)).await?;
    tracing::info!(addresses = ?agent.addresses(), "listening");
    agent.serve(told_to_stop()).await;
    Ok(())
}

async fn told_to_stop() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
}

/// Exit code 0: all is well. 1: something does not work.
fn examine(config: &Path, json: bool, language: Option<Language>) -> ExitCode {
    let patient = Patient {
        config: AgentConfig::load(config),
        readers: &PcscReaders::new(),
        now: now(),
        root: Path::new("/"),
    };
    let report = doctor::examine(&patient);
    let text = if json {
        serde_json::to_string_pretty(&report).unwrap_or_default() + "\n"
    } else {
        report.text(language.unwrap_or_else(from_environment))
    };
    // Whoever reads may have read enough.
    let _ = std::io::stdout().write_all(text.as_bytes());
    ExitCode::from(u8::from(report.verdict() == Verdict::Problem))
}

fn language(tag: &str) -> Result<Language, String> {
    Language::from_tag(tag).ok_or_else(|| "ja or en".to_owned())
}

/// The language of the locale variables (POSIX, XBD 8.2).
fn from_environment() -> Language {
    let set =
        ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().filter_map(|name| std::env::var(name).ok());
    set.filter(|value| !value.is_empty())
        .find_map(|value| Language::from_tag(&value))
        .unwrap_or(Language::En)
}

#[expect(clippy::disallowed_methods, reason = "the one place where the program takes the time")]
fn now() -> Timestamp {
    Timestamp::now()
}

/// Fills the buffer; without randomness nothing here is safe, so the program ends.
fn random(bytes: &mut [u8]) {
    if openssl::rand::rand_bytes(bytes).is_err() {
        tracing::error!("the system gives no random bytes");
        std::process::abort();
    }
}
