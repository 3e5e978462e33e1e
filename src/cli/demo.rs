//! `warifu demo`: every party on this machine, with virtual people and cards.

mod cards;
mod cast;
mod deposited;
pub mod folder;
pub mod found;
mod jpki;
pub mod keys;
mod people;
pub mod run;
mod settings;
mod trust;

use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::{Subcommand, ValueEnum};
use warifu_card::virtual_card::Randomness;
use warifu_service::Surroundings;

use folder::Folder;

/// What the demonstration is told.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The folder that holds everything; made at the first start.
    #[arg(long, global = true, env = "WARIFU_DEMO_DIR", default_value = "warifu-demo")]
    dir: PathBuf,
    /// The first of the ports; the portal's.
    #[arg(long, global = true, default_value_t = 8443)]
    port_base: u16,
    /// Which readers the card agent uses.
    #[arg(long, value_enum, default_value_t = ReaderKind::Virtual)]
    reader: ReaderKind,
    #[command(subcommand)]
    command: Option<Command>,
}

/// Where cards are put.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ReaderKind {
    /// Two readers that exist only here, with a drawer of cards.
    Virtual,
    /// This machine's PC/SC readers.
    Pcsc,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make Chromium of this user believe the demonstration's CA.
    Trust,
    /// Take the CA out again.
    Untrust,
    /// The drawer's cards, from the command line.
    #[command(subcommand)]
    Card(cards::Command),
}

/// Does it.
pub async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let folder = Folder::new(&arguments.dir, arguments.port_base)?;
    match arguments.command {
        None => run::run(&folder, arguments.reader).await,
        Some(Command::Trust) => trust::trust(&folder.at("ca.pem")),
        Some(Command::Untrust) => trust::untrust(),
        Some(Command::Card(command)) => cards::run(&folder, command).await,
    }
}

/// Randomness as a virtual card takes it.
fn card_randomness(surroundings: &Surroundings) -> Randomness {
    let entropy = surroundings.entropy.clone();
    Box::new(move |bytes| entropy.fill(bytes))
}

/// Writes a new file that only its owner can read.
pub fn write_private(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .and_then(|mut file| file.write_all(bytes))
        .with_context(|| format!("cannot write {}", path.display()))
}
