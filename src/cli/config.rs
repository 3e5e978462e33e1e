//! `warifu config check|show|schema`.

use std::path::PathBuf;

use clap::Subcommand;

use super::party::{PartyKind, Settings};

/// What to do with a configuration.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Say whether a file can be used, and if not, which key is wrong.
    Check {
        /// Whose configuration it is.
        party: PartyKind,
        /// The TOML file.
        #[arg(long)]
        config: PathBuf,
    },
    /// Print the configuration as it takes effect: file, environment and defaults together.
    Show {
        /// Whose configuration it is.
        party: PartyKind,
        /// The TOML file.
        #[arg(long)]
        config: PathBuf,
    },
    /// Print every key with its meaning, as a JSON Schema.
    Schema {
        /// Whose configuration.
        party: PartyKind,
    },
}

/// Does it.
pub fn run(command: &Command) -> anyhow::Result<()> {
    match command {
        Command::Check { party, config } => {
            Settings::load(*party, config)?;
            println!("{}: good", config.display());
        }
        Command::Show { party, config } => {
            super::print(&Settings::load(*party, config)?.to_toml()?)?;
        }
        Command::Schema { party } => super::print(&(party.schema()? + "\n"))?,
    }
    Ok(())
}
