//! A demonstration of its own, in a temporary folder, with every party running in this process.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use tempfile::TempDir;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use warifu_ca::Ca;
use warifu_idp::Idp;
use warifu_idp::config::ServiceProviderConfig;
use warifu_relay::RelayConfig;
use warifu_service::Surroundings;
use warifu_service::config;
use warifu_service::tls::ClientConfig;

use super::card::SoftwareCard;
use super::{deposit, provider};
use crate::cli::demo::folder::{Folder, Member};
use crate::cli::demo::found::found;
use crate::cli::demo::run::{settings, start};
use crate::cli::party::Settings;

/// How long an answer may take before the measuring is given up.
pub const PATIENCE: Duration = Duration::from_secs(20);
/// Cards, and so people, that sign in side by side.
pub const CARDS: usize = 16;

/// The parties, and what drives them.
pub struct Stage {
    /// Where everything stands.
    pub folder: Folder,
    /// Clock and randomness.
    pub surroundings: Surroundings,
    /// Residents' cards.
    pub cards: Vec<SoftwareCard>,
    parties: JoinSet<anyhow::Result<()>>,
    stop: CancellationToken,
    home: TempDir,
}

impl Stage {
    /// Makes keys, people and cards, and starts every party, in a temporary folder in `dir`.
    pub async fn set(dir: &Path, port_base: u16) -> anyhow::Result<Self> {
        let surroundings = Surroundings::system();
        let home = tempfile::Builder::new().prefix("warifu-bench-").tempdir_in(dir);
        let home = home.with_context(|| format!("no temporary folder in {}", dir.display()))?;
        let folder = Folder::new(&home.path().join("demo"), port_base)?;
        Box::pin(found(&folder, &surroundings)).await?;
        let cards = cards(&folder, &surroundings).await?;
        let stop = CancellationToken::new();
        let other = provider::other(&folder, &surroundings)?;
        let loaded = |settings| depositing(unthrottled(settings, &other), home.path());
        let servers = settings(&folder, |_| true)?.into_iter();
        let servers = servers.map(|(member, settings)| (member, loaded(settings))).collect();
        let parties = start(servers, &surroundings, &stop).await?;
        Ok(Self { folder, surroundings, cards, parties, stop, home })
    }

    /// A folder on the disk that the parties' databases are on.
    pub fn dir(&self) -> &Path {
        self.home.path()
    }

    /// A file of a party.
    pub fn file(&self, member: Member, name: &str) -> PathBuf {
        self.folder.of(member, name)
    }

    /// How a browser, which has no certificate, calls.
    pub fn browser(&self) -> ClientConfig {
        ClientConfig { ca: self.folder.at("ca.pem"), certificate: None, key: None }
    }

    /// How the portal calls, with its certificate.
    pub fn portal(&self) -> ClientConfig {
        self.folder.client_config(Member::Portal)
    }

    /// The relay's configuration, as it runs here.
    pub fn relay_config(&self) -> anyhow::Result<RelayConfig> {
        let mut config = config::load(&self.folder.config(Member::Relay))?;
        deposit::configure(&mut config, self.dir());
        Ok(config)
    }

    /// Stops the parties; the folder goes with the stage.
    pub async fn strike(mut self) -> anyhow::Result<()> {
        self.stop.cancel();
        while let Some(ended) = self.parties.join_next().await {
            ended??;
        }
        Ok(())
    }
}

/// All of the load comes from one address, which the brake on attempts would take for an attack. There
/// is another service provider beside the portal.
fn unthrottled(mut settings: Settings, other: &ServiceProviderConfig) -> Settings {
    if let Settings::Idp(config) = &mut settings {
        config.service_providers.push(other.clone());
        config.limits.attempts_per_address = u32::MAX;
        config.limits.sign_ins_per_card = u32::MAX;
        config.limits.requests_per_provider = u32::MAX;
    }
    settings
}

/// Nobody deposits in the demonstration, and its witness is not one of the parties here.
fn depositing(mut settings: Settings, dir: &Path) -> Settings {
    if let Settings::Relay(config) = &mut settings {
        deposit::configure(config, dir);
        config.log.witnesses.clear();
    }
    settings
}

async fn cards(folder: &Folder, surroundings: &Surroundings) -> anyhow::Result<Vec<SoftwareCard>> {
    let authority = Ca::open(folder.ca_config(), surroundings.clone()).await?;
    let idp = Idp::open(folder.idp_config()?, surroundings.clone()).await?;
    let mut cards = Vec::new();
    for _ in 0..CARDS {
        cards.push(SoftwareCard::issue(&authority, &idp, surroundings).await?);
    }
    Ok(cards)
}
