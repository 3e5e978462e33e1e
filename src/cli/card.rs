//! `warifu card issue|revoke`.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Subcommand;
use warifu_ca::{CaConfig, CardId, CardOffice, NewCard};
use warifu_pki::{PossessionProof, Reason};
use warifu_service::{Surroundings, config};

/// What to do with a card.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Issue the certificates of a card from its two certificate requests.
    Issue {
        /// The card office's TOML file.
        #[arg(long)]
        config: PathBuf,
        /// Whom the card stands for: 32 hexadecimal digits, random; the subject of both requests.
        #[arg(long)]
        holder: String,
        /// PKCS#10 request (DER) of the key in slot 9A.
        #[arg(long)]
        authentication: PathBuf,
        /// PKCS#10 request (DER) of the key in slot 9E.
        #[arg(long)]
        presence: PathBuf,
        /// Folder for 9a.pem and 9e.pem.
        #[arg(long)]
        out: PathBuf,
    },
    /// Revoke a card; the revocation list that says so is published at once.
    Revoke {
        /// The card office's TOML file.
        #[arg(long)]
        config: PathBuf,
        /// The number printed on the card, or a serial number of one of its certificates.
        card: CardId,
        /// Why: `key-compromise` (lost or stolen), `superseded`, `affiliation-changed`,
        /// `cessation-of-operation`, `privilege-withdrawn`.
        #[arg(long)]
        reason: Reason,
    },
}

/// Does it.
pub async fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Issue { config, holder, authentication, presence, out } => {
            let card = NewCard {
                authentication: request(&authentication)?,
                presence: request(&presence)?,
                holder_reference: holder,
                validity: None,
            };
            let issued = office(&config).await?.issue_card(&card).await?;
            std::fs::write(out.join("9a.pem"), issued.authentication.pem())?;
            std::fs::write(out.join("9e.pem"), issued.presence.pem())?;
            println!("{}", issued.number);
        }
        Command::Revoke { config, card, reason } => {
            let revocation = office(&config).await?.revoke_card(&card, reason).await?;
            println!("Revoked; revocation list {} says so.", revocation.list_number);
        }
    }
    Ok(())
}

async fn office(config_file: &std::path::Path) -> anyhow::Result<CardOffice> {
    let config: CaConfig = config::load(config_file)?;
    Ok(CardOffice::open(config, Surroundings::system()).await?)
}

fn request(path: &std::path::Path) -> anyhow::Result<PossessionProof> {
    let der = std::fs::read(path).with_context(|| path.display().to_string())?;
    Ok(PossessionProof::Request(der))
}
