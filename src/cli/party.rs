//! One party: its configuration, its server, its background work.

use std::net::SocketAddr;
use std::path::Path;

use anyhow::Context as _;
use axum::Router;
use clap::ValueEnum;
use futures::future::BoxFuture;
use schemars::schema_for;
use tokio_util::sync::CancellationToken;
use warifu_ca::Ca;
use warifu_connectors::{Gateway, GatewayConfig, ResidentRegister, ResidentsConfig};
use warifu_idp::{Idp, IdpConfig};
use warifu_log::witness::{Witness, WitnessConfig};
use warifu_office::{CardOffice, OfficeApi, OfficeConfig};
use warifu_portal::{Portal, PortalConfig};
use warifu_relay::{Relay, RelayConfig};
use warifu_service::http::{ListenConfig, Server};
use warifu_service::{Surroundings, config};

/// Which party.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PartyKind {
    /// Signs people in with their cards.
    Idp,
    /// The web pages.
    Portal,
    /// Links, tokens, eligibility, the access log.
    Relay,
    /// A holder of records.
    Connector,
    /// The card office and its certification authority.
    Ca,
    /// The resident register.
    Register,
}

impl PartyKind {
    /// Every key of its configuration, as a JSON Schema.
    pub fn schema(self) -> anyhow::Result<String> {
        let schema = match self {
            Self::Idp => schema_for!(IdpConfig),
            Self::Portal => schema_for!(PortalConfig),
            Self::Relay => schema_for!(RelayConfig),
            Self::Connector => schema_for!(GatewayConfig),
            Self::Ca => schema_for!(OfficeConfig),
            Self::Register => schema_for!(ResidentsConfig),
        };
        Ok(serde_json::to_string_pretty(&schema)?)
    }
}

/// A party's configuration.
#[derive(Debug)]
pub enum Settings {
    /// Of the identity provider.
    Idp(Box<IdpConfig>),
    /// Of the portal.
    Portal(Box<PortalConfig>),
    /// Of the relay.
    Relay(Box<RelayConfig>),
    /// Of a connector.
    Connector(Box<GatewayConfig>),
    /// Of the card office and its certification authority.
    Ca(Box<OfficeConfig>),
    /// Of the resident register.
    Register(Box<ResidentsConfig>),
}

impl Settings {
    /// Reads a configuration file, with the environment over it.
    pub fn load(kind: PartyKind, path: &Path) -> anyhow::Result<Self> {
        Ok(match kind {
            PartyKind::Idp => Self::Idp(config::load(path)?),
            PartyKind::Portal => Self::Portal(config::load(path)?),
            PartyKind::Relay => Self::Relay(config::load(path)?),
            PartyKind::Connector => Self::Connector(config::load(path)?),
            PartyKind::Ca => Self::Ca(config::load(path)?),
            PartyKind::Register => Self::Register(config::load(path)?),
        })
    }

    /// The configuration as it takes effect.
    pub fn to_toml(&self) -> anyhow::Result<String> {
        Ok(match self {
            Self::Idp(config) => toml::to_string(config)?,
            Self::Portal(config) => toml::to_string(config)?,
            Self::Relay(config) => toml::to_string(config)?,
            Self::Connector(config) => toml::to_string(config)?,
            Self::Ca(config) => toml::to_string(config)?,
            Self::Register(config) => toml::to_string(config)?,
        })
    }

    /// Opens the party's database and keys and takes its address; serves nothing yet.
    pub async fn open(self, surroundings: &Surroundings) -> anyhow::Result<Party> {
        let surroundings = surroundings.clone();
        match self {
            Self::Idp(config) => identity_provider(*config, surroundings).await,
            Self::Portal(config) => {
                let portal = Portal::open(&config, surroundings).await?;
                let router = portal.router();
                let tending = |stop: CancellationToken| async move {
                    stop.run_until_cancelled(portal.tend()).await;
                    portal.finish().await;
                };
                Party::new(&config.listen, router, tending).await
            }
            Self::Relay(config) => {
                let listen = config.listen.clone();
                let relay = Relay::open(*config, surroundings).await?;
                let router = relay.router();
                let running = |stop| async move {
                    Box::pin(relay.clone().run(stop)).await;
                    relay.close().await;
                };
                Party::new(&listen, router, running).await
            }
            Self::Connector(config) => {
                let listen = config.listen.clone();
                let gateway = Gateway::open(*config, surroundings).await?;
                let router = gateway.router();
                Party::new(&listen, router, |stop| gateway.run(stop)).await
            }
            Self::Ca(config) => card_office(*config, surroundings).await,
            Self::Register(config) => {
                let listen = config.listen.clone();
                let register = ResidentRegister::open(*config, surroundings).await?;
                Party::new(&listen, register.router(), |_| async {}).await
            }
        }
    }
}

/// The host that asks for cards' certificates has a listener of its own.
async fn identity_provider(config: IdpConfig, surroundings: Surroundings) -> anyhow::Result<Party> {
    let (listen, card_host) = (config.listen.clone(), config.card_host.clone());
    let idp = Box::pin(Idp::open(config, surroundings)).await?;
    let (pages, visits) = (idp.router(), idp.card_host());
    let tasks = |stop: CancellationToken| async move { idp.tasks(stop).await };
    let party = Party::new(&listen, pages, tasks).await?;
    Ok(match card_host.zip(visits) {
        Some((host, visits)) => party.and_by(host.bind().await?, visits),
        None => party,
    })
}

/// The certification authority publishes over plain HTTP; the office has a listener of its own.
async fn card_office(config: OfficeConfig, surroundings: Surroundings) -> anyhow::Result<Party> {
    let ca = Ca::open(config.authority.clone(), surroundings.clone()).await?;
    let office = CardOffice::open(&config.office, ca.clone(), surroundings).await?;
    let api = OfficeApi::open(&config, office)?;
    let (publication, interface) = (ca.router()?, api.router());
    let tasks = |stop: CancellationToken| async move {
        tokio::join!(ca.keep_published(stop.clone()), api.run(stop));
    };
    let party = Party::new(&config.authority.listen, publication, tasks).await?;
    party.and_at(&config.api.listen, interface).await
}

/// A witness of somebody else's log.
pub async fn witness(config: &WitnessConfig, surroundings: Surroundings) -> anyhow::Result<Party> {
    let witness = Witness::open(config, surroundings).await?;
    tracing::info!(key = %witness.verifier(), "witnessing");
    let router = witness.router()?;
    let closing = |stop: CancellationToken| async move {
        stop.cancelled().await;
        witness.close().await;
    };
    Party::new(&config.listen, router, closing).await
}

/// A party that holds its addresses and waits to serve.
pub struct Party {
    servers: Vec<(Server, Router)>,
    background: BoxFuture<'static, ()>,
    stop: CancellationToken,
}

impl Party {
    async fn new<Background>(
        listen: &ListenConfig,
        router: Router,
        background: impl FnOnce(CancellationToken) -> Background,
    ) -> anyhow::Result<Self>
    where
        Background: Future<Output = ()> + Send + 'static,
    {
        let server = Server::bind(listen).await?;
        let stop = CancellationToken::new();
        let background = Box::pin(background(stop.clone()));
        Ok(Self { servers: vec![(server, router)], background, stop })
    }

    /// The same party at one more address.
    async fn and_at(self, listen: &ListenConfig, router: Router) -> anyhow::Result<Self> {
        Ok(self.and_by(Server::bind(listen).await?, router))
    }

    /// The same party by one more server.
    fn and_by(mut self, server: Server, router: Router) -> Self {
        self.servers.push((server, router));
        self
    }

    /// Where it listens.
    pub fn addresses(&self) -> impl Iterator<Item = SocketAddr> {
        self.servers.iter().map(|(server, _)| server.address())
    }

    /// Serves until `stop`, then finishes what is running.
    pub async fn serve(self, stop: CancellationToken) -> anyhow::Result<()> {
        let background = tokio::spawn(self.background);
        let servers = self.servers.into_iter();
        let served = servers.map(|(server, router)| server.serve(router, stop.clone()));
        let served = futures::future::try_join_all(served).await;
        self.stop.cancel();
        background.await.context("background work ended badly")?;
        Ok(served.map(drop)?)
    }
}
