//! `warifu connector …`: whether an insurer's database may go live as a source, and whether a
//! manifest of services is sound.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::Subcommand;
use warifu_connectors::source::check::{self, Report};
use warifu_connectors::{GatewayConfig, services};
use warifu_contract::services::ServiceManifest;
use warifu_pki::FileKey;
use warifu_service::seal::KeyRing;
use warifu_service::{Surroundings, config};

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
    /// Make the keys that seal which pseudonym stands for which person of a source
    /// (`source.link_keys`), in a new file that only its owner can read.
    NewLinkKeys {
        /// Where they are written.
        #[arg(long)]
        out: PathBuf,
    },
    /// Prove a manifest of services (TOML) before it is signed, and say what it declares.
    CheckManifest {
        /// The manifest.
        manifest: PathBuf,
    },
    /// Sign a manifest for the connector to publish. The key need not be where the connector is.
    SignManifest {
        /// The manifest (TOML).
        manifest: PathBuf,
        /// PEM file with the private key (P-256) whose public half the relay knows.
        #[arg(long)]
        key: PathBuf,
        /// Where the signed manifest is written.
        #[arg(long)]
        out: PathBuf,
    },
}

/// Does what was asked.
pub async fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::CheckSource { config, rows, json } => check_source(&config, rows, json).await,
        Command::NewLinkKeys { out } => {
            let surroundings = Surroundings::system();
            Ok(KeyRing::generate("1", surroundings.entropy.as_ref())?.save(&out)?)
        }
        Command::CheckManifest { manifest } => Ok(super::print(&declared(&read(&manifest)?)?)?),
        Command::SignManifest { manifest, key, out } => {
            let key = FileKey::load(&key).with_context(|| key.display().to_string())?;
            let signed = services::sign(&read(&manifest)?, &key)?;
            std::fs::write(&out, signed + "\n").with_context(|| out.display().to_string())
        }
    }
}

fn read(path: &Path) -> anyhow::Result<ServiceManifest> {
    let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
    services::read(&text).with_context(|| path.display().to_string())
}

/// A line for the manifest, and one for each service.
fn declared(manifest: &ServiceManifest) -> anyhow::Result<String> {
    let ServiceManifest { connector, version, valid_from, valid_until, services } = manifest;
    let mut text = format!("ok   {connector} version {version}, {valid_from} to {valid_until}\n");
    for service in services {
        let (fields, views) = (service.fields.len(), service.show.len());
        let form = if service.form.is_some() { ", form" } else { "" };
        let name = &service.name.en;
        writeln!(text, "     {:24} {name} ({fields} fields, {views} views{form})", service.id)?;
    }
    Ok(text)
}

async fn check_source(path: &Path, rows: usize, json: bool) -> anyhow::Result<()> {
    let gateway: GatewayConfig = config::load(path)?;
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
