//! `warifu-agent`: runs the agent, or says what is wrong with this computer's card reading.

use std::io::{BufRead, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Args, Parser, Subcommand, ValueEnum};
use jiff::Timestamp;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};
use warifu_agent::doctor::{self, Patient, Report, Verdict};
use warifu_agent::log::{self, Bundle, RotatingLog};
use warifu_agent::system::autostart::{self, Autostart};
use warifu_agent::system::{Places, SystemError, told_to_stop};
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
        #[command(flatten)]
        asked: Asked,
        /// Write JSON for machines.
        #[arg(long)]
        json: bool,
    },
    /// The agent's own log.
    #[command(subcommand)]
    Log(Log),
    /// Start with the desktop, or no longer.
    Autostart {
        /// What to do.
        switch: Switch,
        #[command(flatten)]
        asked: Asked,
    },
}

#[derive(Subcommand)]
enum Log {
    /// Put log and doctor's report into one file for whoever helps, after showing what is in it.
    Export {
        /// The file to make.
        file: PathBuf,
        /// Do not ask.
        #[arg(long)]
        yes: bool,
        #[command(flatten)]
        asked: Asked,
    },
}

#[derive(Args)]
struct Asked {
    /// The configuration file.
    #[arg(long, default_value = DEFAULT_CONFIG)]
    config: PathBuf,
    /// `ja` or `en`. Default: the language of the environment.
    #[arg(long, value_parser = language)]
    language: Option<Language>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Switch {
    /// Start with the desktop.
    On,
    /// No longer.
    Off,
    /// Say which it is.
    Status,
}

impl Asked {
    fn language(&self) -> Language {
        self.language.unwrap_or_else(from_environment)
    }

    fn report(&self) -> Report {
        doctor::examine(&Patient {
            config: AgentConfig::load(&self.config),
            readers: &PcscReaders::new(),
            now: now(),
            root: Path::new("/"),
        })
    }
}

fn main() -> ExitCode {
    match Cli::parse().command {
        Command::Run { config } => run(&config),
        Command::Doctor { asked, json } => examine(&asked, json),
        Command::Log(Log::Export { file, yes, asked }) => export(&file, yes, &asked),
        Command::Autostart { switch, asked } => start_with_desktop(switch, &asked),
    }
}

fn run(config: &Path) -> ExitCode {
    start_logging();
    match serve(config) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(%error, "the agent cannot start");
            ExitCode::FAILURE
        }
    }
}

/// To the screen as the environment asks, and to the log in the state folder.
fn start_logging() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let screen = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_filter(filter);
    let kept = Places::of_user().map_err(|error| error.to_string()).and_then(|places| {
        RotatingLog::open(&log::file_in(&places.state)).map_err(|error| error.to_string())
    });
    let (kept, missing) = match kept {
        Ok(kept) => (Some(log::layer(kept, now)), None),
        Err(error) => (None, Some(error)),
    };
    tracing_subscriber::registry().with(screen).with(kept).init();
    if let Some(error) = missing {
        tracing::warn!(%error, "no log is kept");
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

/// Exit code 0: all is well. 1: something does not work.
fn examine(asked: &Asked, json: bool) -> ExitCode {
    let report = asked.report();
    let text = if json {
        serde_json::to_string_pretty(&report).unwrap_or_default() + "\n"
    } else {
        report.text(asked.language())
    };
    say(&text);
    ExitCode::from(u8::from(report.verdict() == Verdict::Problem))
}

fn export(file: &Path, yes: bool, asked: &Asked) -> ExitCode {
    let language = asked.language();
    let bundle = match Places::of_user() {
        Ok(places) => {
            let log = log::file_in(&places.state);
            Bundle::gather(&asked.report(), &log, language).map_err(|error| error.to_string())
        }
        Err(error) => Err(explained(&error, language)),
    };
    let written = bundle.and_then(|bundle| {
        say(bundle.text());
        if !yes && !agreed(language) {
            return Ok("log-not-written");
        }
        bundle.write(file).map(|()| "log-written").map_err(|error| error.to_string())
    });
    let file = file.display().to_string();
    conclude(written.map(|key| language.about(key, &file)))
}

/// Whether the person at the terminal agrees to what was shown.
fn agreed(language: Language) -> bool {
    if !std::io::stdin().is_terminal() {
        return false;
    }
    say(&language.about("log-agree", ""));
    let mut line = String::new();
    let read = std::io::stdin().lock().read_line(&mut line);
    read.is_ok() && line.trim().eq_ignore_ascii_case("yes")
}

fn start_with_desktop(switch: Switch, asked: &Asked) -> ExitCode {
    let language = asked.language();
    let done = Places::of_user().and_then(|places| switched(switch, &places, &asked.config));
    let told = done.map(|state| {
        let (key, entry) = match (switch, &state) {
            (Switch::On, Autostart::On(entry)) => ("autostart-switched-on", entry),
            (Switch::Off, Autostart::Off(entry)) => ("autostart-switched-off", entry),
            (_, Autostart::On(entry)) => ("autostart-on", entry),
            (_, Autostart::Off(entry)) => ("autostart-off", entry),
        };
        language.about(key, &entry.display().to_string())
    });
    conclude(told.map_err(|error| explained(&error, language)))
}

fn switched(switch: Switch, places: &Places, config: &Path) -> Result<Autostart, SystemError> {
    match switch {
        Switch::Off => autostart::off(places),
        Switch::Status => autostart::status(places),
        Switch::On => {
            let absolute = |path: &Path| {
                std::path::absolute(path)
                    .map_err(|source| SystemError::File { path: path.to_owned(), source })
            };
            let program = std::env::current_exe()
                .map_err(|source| SystemError::File { path: "warifu-agent".into(), source })?;
            autostart::on(places, &program, &absolute(config)?)
        }
    }
}

fn explained(error: &SystemError, language: Language) -> String {
    match error {
        SystemError::NotYet => language.about("system-not-yet", std::env::consts::OS),
        other => other.to_string(),
    }
}

fn conclude(told: Result<String, String>) -> ExitCode {
    match told {
        Ok(text) => {
            say(&(text + "\n"));
            ExitCode::SUCCESS
        }
        Err(reason) => {
            let _ = writeln!(std::io::stderr(), "{reason}");
            ExitCode::FAILURE
        }
    }
}

/// Whoever reads may have read enough.
fn say(text: &str) {
    let mut out = std::io::stdout();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
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
