//! `warifu ca init`.

use std::path::PathBuf;

use clap::Subcommand;
use warifu_ca::Ceremony;
use warifu_service::Surroundings;

/// What to do with the authorities.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make root, cards authority and services authority in an empty folder.
    Init {
        /// The folder; nothing in it is overwritten.
        #[arg(long)]
        folder: PathBuf,
        /// What the authorities' names begin with.
        #[arg(long)]
        name: String,
    },
}

/// Does it.
pub fn run(command: &Command) -> anyhow::Result<()> {
    match command {
        Command::Init { folder, name } => {
            let ceremony = Ceremony { name: name.clone() };
            warifu_ca::init(folder, &ceremony, &Surroundings::system())?;
            println!("Made the authorities in {}.", folder.display());
            println!("Keep ca.key, the root's key, elsewhere: the card office does not need it.");
            Ok(())
        }
    }
}
