//! `warifu log …`: the access log checked, proved, exported, witnessed.

mod answer;
mod files;

use std::io::IsTerminal as _;
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use futures::{Stream, StreamExt as _};
use serde_json::json;
use tokio::io::AsyncWriteExt as _;
use tokio_util::sync::CancellationToken;
use warifu_log::verify::{self, Auditor};
use warifu_log::witness::WitnessConfig;
use warifu_log::{Cosigner, Log, LogError, NoteKey, NoteSigner as _, Series, manual};
use warifu_relay::{LogParts, RelayConfig};
use warifu_service::{Surroundings, config, telemetry};

use super::party;
use super::serve::stop_on_signal;
use files::Trust;

/// What to do with the access log.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Check files of proof, offline; or, with the relay's configuration, the whole log.
    Verify(Verify),
    /// Write the proof of one event.
    Prove {
        /// Its position in the log.
        index: u64,
        #[command(flatten)]
        relay: RelayFile,
        /// The file; otherwise it is printed.
        #[arg(long)]
        out: Option<PathBuf>,
    },
    /// Write one subject's events with their proofs, or the whole log, as JSON Lines.
    Export(Export),
    /// Erase what events say, and enter that in the log. Their leaves stay.
    Erase {
        /// The events' positions in the log, at most 400.
        #[arg(required = true)]
        indices: Vec<u64>,
        /// Who ordered it, by which reference; it stands in the log for ever.
        #[arg(long)]
        ground: String,
        #[command(flatten)]
        relay: RelayFile,
        /// Say that you mean it: nothing brings the words back.
        #[arg(long)]
        yes: bool,
    },
    /// Run a witness of other parties' logs.
    Witness {
        /// Its TOML file.
        #[arg(long)]
        config: PathBuf,
    },
    /// Print the verifier key of a key file, which is made when it is not there.
    Key {
        /// The key's name: the log's origin, or the witness' name.
        name: String,
        /// The PEM file.
        file: PathBuf,
        /// It is the key of a witness.
        #[arg(long)]
        witness: bool,
    },
    /// Print the table of all events and their fields.
    Events,
}

/// The relay's configuration.
#[derive(Debug, Args)]
pub struct RelayFile {
    /// The relay's TOML file.
    #[arg(long)]
    config: PathBuf,
}

/// What to check, and whom to trust.
#[derive(Debug, Args)]
pub struct Verify {
    /// Files of proof, as the portal's history page or `warifu log` gives them.
    #[arg(conflicts_with = "config", required_unless_present = "config")]
    files: Vec<PathBuf>,
    /// The relay's TOML file: the whole log in its database is checked.
    #[arg(long)]
    config: Option<PathBuf>,
    /// The log's verifier key, or a file that holds it.
    #[arg(long, required_unless_present = "config", conflicts_with = "config")]
    key: Option<String>,
    /// The verifier key of a witness, or a file that holds it; may be said several times.
    #[arg(long)]
    witness: Vec<String>,
    /// How many of these witnesses must have cosigned; all of them when not said.
    #[arg(long)]
    need: Option<usize>,
    /// A file with a head of the log that was kept earlier; may be said several times.
    #[arg(long)]
    kept: Vec<PathBuf>,
    /// A file with a proof that the log grew from the kept head (`GET /log/consistency`).
    #[arg(long, requires = "kept")]
    grown: Option<PathBuf>,
    /// Answer in JSON, for machines.
    #[arg(long)]
    json: bool,
}

/// What to write.
#[derive(Debug, Args)]
pub struct Export {
    #[command(flatten)]
    relay: RelayFile,
    /// The subject, as the relay knows it; the whole log when not said.
    #[arg(long)]
    subject: Option<String>,
    /// Which of the subject's two series: `disclosure` or `administration`.
    #[arg(long, default_value = "disclosure", value_parser = series, requires = "subject")]
    series: Series,
    /// The file; otherwise it is printed.
    #[arg(long)]
    out: Option<PathBuf>,
}

fn series(text: &str) -> Result<Series, String> {
    let found = Series::ALL.into_iter().find(|series| series.name() == text);
    found.ok_or_else(|| "disclosure or administration".to_owned())
}

/// Does it.
pub async fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Verify(Verify { config: Some(config), kept, json, .. }) => {
            whole(RelayFile { config }, &kept, json).await
        }
        Command::Verify(order) => {
            let key = order.key.as_deref().context("--key is missing")?;
            let mut trust = Trust::of(key, &order.witness, order.need)?;
            trust.keep(&order.kept, order.grown.as_deref())?;
            let shown = trust.check_all(&order.files)?;
            answer::give(&shown, order.json)
        }
        Command::Prove { index, relay, out } => {
            let log = relay.open().await?;
            let proof = log.proof(index).await?.to_string();
            let lines = futures::stream::iter([Ok(proof)]);
            finish(log, write(lines, out).await).await
        }
        Command::Export(order) => export(order).await,
        Command::Erase { indices, ground, relay, yes } => {
            if !yes {
                bail!("the words of {} events would be gone; say --yes", indices.len());
            }
            let log = relay.open().await?;
            let erased = log.erase(indices, "operator", &ground).await;
            let receipt = finish(log, erased.map_err(Into::into)).await?;
            println!("Erased; event {} says so.", receipt.index);
            Ok(())
        }
        Command::Witness { config } => witness(&config::load(&config)?).await,
        Command::Key { name, file, witness } => key(&name, &file, witness),
        Command::Events => Ok(super::print(&manual::document())?),
    }
}

impl RelayFile {
    async fn parts(&self) -> anyhow::Result<LogParts> {
        let config: RelayConfig = config::load(&self.config)?;
        Ok(LogParts::of(&config).await?)
    }

    async fn open(&self) -> anyhow::Result<Log> {
        Ok(self.parts().await?.open(Surroundings::system()).await?)
    }
}

/// Lets the log finish before its process ends.
async fn finish<T>(log: Log, done: anyhow::Result<T>) -> anyhow::Result<T> {
    log.close().await;
    log.database().close().await;
    done
}

/// The whole log, against its newest head, the newest cosigned one and those that were kept.
async fn whole(relay: RelayFile, kept: &[PathBuf], json: bool) -> anyhow::Result<()> {
    let LogParts { database, ring, signer } = relay.parts().await?;
    let verifier = signer.verifier();
    let heads = kept.iter().map(|file| files::head(file, verifier));
    let mut heads = heads.collect::<Result<Vec<_>, _>>()?;
    // The witnesses hold the newest cosigned head.
    heads.extend(verify::cosigned(&database, verifier).await?);
    let terminal = std::io::stderr().is_terminal();
    let watch = move |done: u64, all: u64| {
        if terminal {
            eprint!("\r{:3} % of {} events, twice", done * 100 / all.max(1), all / 2);
        }
    };
    let auditor =
        Auditor { database: &database, ring: &ring, verifier, kept: &heads, watch: &watch };
    let found = auditor.verify().await;
    if terminal {
        eprintln!();
    }
    let report = found?;
    let text = format!(
        "The log is in order: {} events, {} of them erased, {} series without a gap.\n  \
         tree head    {}\n  heads kept   {}\n",
        report.events,
        report.erased,
        report.series,
        report.root,
        heads.len()
    );
    let value = json!({
        "events": report.events, "erased": report.erased, "series": report.series,
        "root": report.root.to_string(), "kept": heads.len(),
    });
    answer::say(&value, json, &text)
}

async fn export(order: Export) -> anyhow::Result<()> {
    let log = order.relay.open().await?;
    let written = match &order.subject {
        Some(subject) => write(log.export_series(subject, order.series).await?, order.out).await,
        None => write(log.export().await?, order.out).await,
    };
    finish(log, written).await
}

/// Writes `lines` as they come, to a new file or to the standard output.
async fn write(
    lines: impl Stream<Item = Result<String, LogError>>,
    out: Option<PathBuf>,
) -> anyhow::Result<()> {
    let mut sink: Box<dyn tokio::io::AsyncWrite + Unpin> = match &out {
        Some(path) => {
            let file = tokio::fs::File::create_new(path).await;
            Box::new(file.with_context(|| path.display().to_string())?)
        }
        None => Box::new(tokio::io::stdout()),
    };
    let mut lines = std::pin::pin!(lines);
    while let Some(line) = lines.next().await {
        sink.write_all(line?.as_bytes()).await?;
    }
    Ok(sink.flush().await?)
}

async fn witness(config: &WitnessConfig) -> anyhow::Result<()> {
    telemetry::start();
    let party = party::witness(config, Surroundings::system()).await?;
    for address in party.addresses() {
        tracing::info!(%address, "serving");
    }
    let stop = CancellationToken::new();
    tokio::spawn(stop_on_signal(stop.clone()));
    party.serve(stop).await
}

fn key(name: &str, file: &std::path::Path, witness: bool) -> anyhow::Result<()> {
    if !file.exists() {
        NoteKey::generate(name, Surroundings::system().entropy.as_ref())?.save(file)?;
    }
    let key = NoteKey::load(name, file)?;
    if witness {
        println!("{}", Cosigner::new(key)?.verifier());
    } else {
        println!("{}", key.verifier());
    }
    Ok(())
}
