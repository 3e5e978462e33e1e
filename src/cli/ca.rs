//! `warifu ca …`: the certification authority's ceremonies, and whether all records agree.

mod policy;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use jiff::Timestamp;
use warifu_ca::{AuthorityPlan, Branch, Ca, Ceremony, Rollover};
use warifu_office::{CardOffice, OfficeConfig};
use warifu_pki::{KeySource, PolicyArc, Reason};
use warifu_service::{Surroundings, config};

/// What to do with the authorities.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// The key ceremony: make root and issuing authorities after a reviewed file.
    Init {
        /// The folder; nothing in it is overwritten.
        #[arg(long)]
        folder: PathBuf,
        /// The TOML file that everybody present has read; its keys: `warifu ca schema`.
        #[arg(long)]
        ceremony: PathBuf,
    },
    /// Print every key of the ceremony's file with its meaning, as a JSON Schema.
    Schema,
    /// Make the root's next revocation list.
    RootList(WithRoot),
    /// Make the next generation of an issuing authority: announced now, used from a date.
    Rollover {
        #[command(flatten)]
        root: WithRoot,
        /// `cards`, `services` or `staff`.
        branch: Branch,
        /// When it begins to issue, e.g. `2027-04-01T00:00:00Z`: long enough from now that every
        /// relying party has fetched its certificate.
        #[arg(long)]
        in_use_from: Timestamp,
        /// The TOML file of its plan, as in the ceremony's file; the usual plan if not said.
        #[arg(long)]
        plan: Option<PathBuf>,
    },
    /// Revoke an issuing authority, and with it all that it issued.
    RevokeAuthority {
        #[command(flatten)]
        root: WithRoot,
        /// `cards`, `services` or `staff`.
        branch: Branch,
        /// Which generation.
        generation: u32,
        /// Why: `ca-compromise`, `superseded`, `cessation-of-operation`.
        #[arg(long)]
        reason: Reason,
        /// Say that you mean it: every certificate of this authority will be refused.
        #[arg(long)]
        yes: bool,
    },
    /// Print the tables of the certificate policy, made from the profiles.
    Policy {
        /// Which table.
        #[arg(value_enum)]
        table: policy::Table,
        /// The arc of the consortium's policies.
        #[arg(long, default_value_t)]
        arc: PolicyArc,
    },
    /// Look whether cards, certificates, revocation lists and events agree.
    Audit {
        /// The card office's TOML file.
        #[arg(long)]
        config: PathBuf,
    },
}

/// The folder, and where the root's key is brought in.
#[derive(Debug, Args)]
pub struct WithRoot {
    /// The authorities' folder.
    #[arg(long)]
    folder: PathBuf,
    /// The root's key: a PEM file, or a TOML file that says where it is (`pkcs11 = { … }`).
    #[arg(long)]
    root_key: PathBuf,
    /// The file with the passphrase of the root's key.
    #[arg(long)]
    passphrase_file: Option<PathBuf>,
}

impl WithRoot {
    fn key(&self) -> anyhow::Result<KeySource> {
        if self.root_key.extension().is_some_and(|extension| extension == "toml") {
            return read(&self.root_key);
        }
        let (file, passphrase_file) = (self.root_key.clone(), self.passphrase_file.clone());
        Ok(KeySource::File { file, passphrase_file })
    }
}

/// Does it.
pub async fn run(command: Command) -> anyhow::Result<()> {
    let surroundings = Surroundings::system();
    match command {
        Command::Init { folder, ceremony } => {
            let ceremony: Ceremony = read(&ceremony)?;
            let report = warifu_ca::init(&folder, &ceremony, &surroundings)?;
            super::print(&report.text)?;
            println!("The report stands in {}.", report.path.display());
            println!("Take the root's key elsewhere now: nothing that runs needs it.");
        }
        Command::Schema => {
            let schema = serde_json::to_string_pretty(&schemars::schema_for!(Ceremony))?;
            super::print(&(schema + "\n"))?;
        }
        Command::RootList(root) => {
            let number = warifu_ca::root_crl(&root.folder, &root.key()?, &surroundings)?;
            println!("Made the root's revocation list {number}.");
        }
        Command::Rollover { root, branch, in_use_from, plan } => {
            let plan = plan.map_or_else(|| Ok(AuthorityPlan::default()), |file| read(&file))?;
            let order = Rollover { branch, plan, in_use_from };
            let key = root.key()?;
            let report = warifu_ca::rollover(&root.folder, &key, &order, &surroundings)?;
            super::print(&report.text)?;
            println!("The new generation of {branch} issues from {in_use_from}.");
        }
        Command::RevokeAuthority { root, branch, generation, reason, yes } => {
            if !yes {
                bail!("every certificate of {branch} {generation} will be refused; say --yes");
            }
            let (key, which) = (root.key()?, (branch, generation));
            let number =
                warifu_ca::revoke_authority(&root.folder, &key, which, reason, &surroundings)?;
            println!("Revoked; the root's revocation list {number} says so.");
        }
        Command::Policy { table, arc } => super::print(&policy::table(table, &arc))?,
        Command::Audit { config } => audit(&config, surroundings).await?,
    }
    Ok(())
}

async fn audit(file: &Path, surroundings: Surroundings) -> anyhow::Result<()> {
    let config: OfficeConfig = config::load(file)?;
    let ca = Ca::open(config.authority.clone(), surroundings.clone()).await?;
    let office = CardOffice::open(&config.office, ca, surroundings).await?;
    let found = office.audit().await?;
    for one in &found {
        println!("{}: {}", one.card, one.what);
    }
    if !found.is_empty() {
        bail!("{} records do not agree", found.len());
    }
    println!("Cards, certificates, revocation lists and events agree.");
    Ok(())
}

fn read<T: serde::de::DeserializeOwned>(file: &Path) -> anyhow::Result<T> {
    let text = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
    toml::from_str(&text).with_context(|| file.display().to_string())
}
