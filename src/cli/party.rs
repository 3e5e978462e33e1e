//! One party: its configuration, its server, its background work.

use std::net::SocketAddr;
use std::path::Path;

use anyhow::Context as _;
use axum::Router;
use clap::ValueEnum;
use futures::future::BoxFuture;
use schemars::schema_for;
use tokio_util::sync::CancellationToken;
use warifu_ca::{CaConfig, CardOffice};
use warifu_connectors::{Gateway, GatewayConfig};
use warifu_idp::{Idp, IdpConfig};
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
    /// The card office.
    Ca,
}

impl PartyKind {
    /// Every key of its configuration, as a JSON Schema.
    pub fn schema(self) -> anyhow::Result<String> {
        let schema = match self {
            Self::Idp => schema_for!(IdpConfig),
            Self::Portal => schema_for!(PortalConfig),
            Self::Relay => schema_for!(RelayConfig),
            Self::Connector => schema_for!(GatewayConfig),
            Self::Ca => schema_for!(CaConfig),
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
    /// Of the card office.
    Ca(Box<CaConfig>),
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
        })
    }

    /// Opens the party's database and keys and takes its address; serves nothing yet.
    pub async fn open(self, surroundings: &Surroundings) -> anyhow::Result<Party> {
        let surroundings = surroundings.clone();
        match self {
            Self::Idp(config) => {
                let listen = config.listen.clone();
                let idp = Idp::open(*config, surroundings).await?;
                let router = idp.router();
                Party::new(&listen, router, |stop| async move { idp.tasks(stop).await }).await
            }
            Self::Portal(config) => {
                let portal = Portal::open(&config, surroundings).await?;
                let router = portal.router();
                let tending = |stop: CancellationToken| async move {
                    stop.run_until_cancelled(portal.tend()).await;
                };
                Party::new(&config.listen, router, tending).await
            }
            Self::Relay(config) => {
                let listen = config.listen.clone();
                let relay = Relay::open(*config, surroundings).await?;
                let router = relay.router();
                let running = |stop| async move {
                    relay.clone().run(stop).await;
                    relay.close().await;
                };
                Party::new(&listen, router, running).await
            }
            Self::Connector(config) => {
                let listen = config.listen.clone();
                let gateway = Gateway::open(*config, surroundings).await?;
                Party::new(&listen, gateway.router(), |_| async {}).await
            }
            Self::Ca(config) => {
                let listen = config.listen.clone();
                let office = CardOffice::open(*config, surroundings).await?;
                let router = office.router()?;
                let tasks = |stop| async move { office.keep_published(stop).await };
                Party::new(&listen, router, tasks).await
            }
        }
    }
}

/// A party that holds its address and waits to serve.
pub struct Party {
    server: Server,
    router: Router,
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
        Ok(Self { server, router, background, stop })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// Serves until `stop`, then finishes what is running.
    pub async fn serve(self, stop: CancellationToken) -> anyhow::Result<()> {
        let background = tokio::spawn(self.background);
        let served = self.server.serve(self.router, stop).await;
        self.stop.cancel();
        background.await.context("background work ended badly")?;
        Ok(served?)
    }
}
