//! Five connectors with the records of one virtual person, a relay that asks them, and a portal
//! that shows them: each with a database of its own beside the stage's.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::Context as _;
use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use tokio_util::sync::{CancellationToken, DropGuard};
use warifu_connectors::Gateway;
use warifu_contract::records::Service;
use warifu_idp::Idp;
use warifu_portal::Portal;
use warifu_relay::config::ConnectorConfig;
use warifu_relay::{ConnectorLimits, Relay, RelayConfig};
use warifu_service::config;
use warifu_service::http::{ListenConfig, Server};
use warifu_service::storage::DatabaseConfig;
use warifu_service::tls::TlsConfig;

use super::visitor::Visitor;
use crate::cli::bench::browser::Browser;
use crate::cli::bench::logins::wait_until_open;
use crate::cli::bench::provider::Provider;
use crate::cli::bench::stage::{CARDS, Stage};
use crate::cli::bench::wire::Place;
use crate::cli::demo::folder::Member;

/// Whose records the connectors hold, among the virtual people.
const PERSON: &str = "ueno-taro";
/// The connectors, each of the kind of one of the demonstration: two of them hold check-ups.
const HOLDERS: [(&str, &str, Service); 5] = [
    ("home-insurance", "insurer", Service::Insurance),
    ("home-expenses", "insurer", Service::Expenses),
    ("home-checkup", "checkup", Service::Checkup),
    ("home-clinic", "checkup", Service::Checkup),
    (SLOW, "pension", Service::Pension),
];
/// The one that can be slow.
const SLOW: &str = "home-pension";
/// How long the relay waits for one of them, in milliseconds.
const DEADLINE_MS: u64 = 3_000;

/// What runs, for as long as it is held.
pub struct Scene<'a> {
    stage: &'a Stage,
    portal: String,
    provider: Arc<Provider>,
    delay: Delay,
    _stop: DropGuard,
}

/// Milliseconds for which the slow one waits.
type Delay = Arc<AtomicU64>;

impl<'a> Scene<'a> {
    /// Opens everything, and links every card of the stage to all five.
    pub async fn open(stage: &'a Stage) -> anyhow::Result<Self> {
        let (stop, delay) = (CancellationToken::new(), Delay::default());
        let mut holders = Vec::new();
        for (id, like, service) in HOLDERS {
            holders.push(Holder::open(stage, (id, like, service), &delay, &stop).await?);
        }
        let relay = Relay::open(relay_config(stage, &holders)?, stage.surroundings.clone()).await?;
        link(stage, &relay, &holders).await?;
        let relay = serve(stage, Member::Relay, relay.router(), &stop).await?;
        let mut config = stage.folder.portal_config()?;
        config.listen.address = anywhere();
        config.database = database(stage, "home-portal");
        config.relay.url = format!("https://localhost:{}", relay.port());
        let server = Server::bind(&config.listen).await?;
        let portal = format!("https://{}:{}", Member::Portal.host(), server.address().port());
        let shown = Portal::open(&config, stage.surroundings.clone()).await?;
        tokio::spawn(server.serve(shown.router(), stop.clone()));
        let provider = Arc::new(Provider::portal(stage)?);
        wait_until_open(stage, &provider).await?;
        Ok(Self { stage, portal, provider, delay, _stop: stop.drop_guard() })
    }

    /// From now on the slow one waits so long before it answers.
    pub fn slow_by(&self, delay: Duration) {
        let millis = u64::try_from(delay.as_millis()).unwrap_or(u64::MAX);
        self.delay.store(millis, Ordering::Relaxed);
    }

    /// Somebody with the card at that place, signed in.
    pub async fn visitor(&self, place: usize) -> anyhow::Result<Visitor> {
        let card = self.stage.cards.get(place % CARDS).context("no card")?;
        let mut browser = Browser::new(self.stage, &self.provider, card)?;
        let portal = Place::new(&self.portal, &self.stage.browser())?;
        Visitor::sign_in(portal, &mut browser).await
    }
}

/// A connector that runs.
struct Holder {
    gateway: Gateway,
    config: ConnectorConfig,
}

impl Holder {
    async fn open(
        stage: &Stage,
        (id, like, service): (&str, &'static str, Service),
        delay: &Delay,
        stop: &CancellationToken,
    ) -> anyhow::Result<Self> {
        let mut config = stage.folder.gateway_config(like);
        id.clone_into(&mut config.id);
        config.database = database(stage, id);
        config.linking = None;
        let name = config.name.clone();
        let gateway = Gateway::open(config, stage.surroundings.clone()).await?;
        let mut router = gateway.router();
        if id == SLOW {
            router = router.layer(from_fn_with_state(Arc::clone(delay), wait));
        }
        let member = Member::Connector(like);
        let address = serve(stage, member, router, stop).await?;
        tokio::spawn(gateway.clone().run(stop.clone()));
        let config = ConnectorConfig {
            id: id.to_owned(),
            url: format!("https://localhost:{}", address.port()),
            party: member.name(),
            services: vec![service],
            insurer_numbers: Vec::new(),
            name,
            deadline_ms: DEADLINE_MS,
            organization: None,
            manifest_keys: Vec::new(),
            limits: ConnectorLimits::default(),
        };
        Ok(Self { gateway, config })
    }
}

async fn wait(State(delay): State<Delay>, request: Request, next: Next) -> Response {
    tokio::time::sleep(Duration::from_millis(delay.load(Ordering::Relaxed))).await;
    next.run(request).await
}

fn relay_config(stage: &Stage, holders: &[Holder]) -> anyhow::Result<RelayConfig> {
    let mut config: RelayConfig = config::load(&stage.folder.config(Member::Relay))?;
    config.database = database(stage, "home-relay");
    config.log.database = database(stage, "home-log");
    config.log.witnesses.clear();
    config.connectors = holders.iter().map(|holder| holder.config.clone()).collect();
    config.deposit = None;
    config.office = None;
    Ok(config)
}

/// Every card is that of the one person whose records there are.
async fn link(stage: &Stage, relay: &Relay, holders: &[Holder]) -> anyhow::Result<()> {
    let idp = Box::pin(Idp::open(stage.folder.idp_config()?, stage.surroundings.clone())).await?;
    for holder in holders {
        let members = holder.gateway.load_demo().await?;
        let member = members.get(PERSON).context("the person is nobody's member")?;
        let pseudonym = stage.surroundings.hex(16);
        holder.gateway.bind_pseudonym(member, &pseudonym).await?;
        for card in &stage.cards {
            let person = idp.person_of_card(card.holder()).await?.context("nobody's card")?;
            relay.link(&idp.relay_subject(&person), &holder.config.id, &pseudonym).await?;
        }
    }
    Ok(())
}

/// Serves with that party's certificate, to those with one of their own.
async fn serve(
    stage: &Stage,
    member: Member,
    router: Router,
    stop: &CancellationToken,
) -> anyhow::Result<SocketAddr> {
    let file = |name: &str| stage.file(member, name);
    let client_ca = Some(stage.file(Member::Ca, "services-ca.pem"));
    let tls = TlsConfig { certificate: file("tls.pem"), key: file("tls.key"), client_ca };
    let server = Server::bind(&ListenConfig { address: anywhere(), tls: Some(tls) }).await?;
    let address = server.address();
    tokio::spawn(server.serve(router, stop.clone()));
    Ok(address)
}

fn database(stage: &Stage, name: &str) -> DatabaseConfig {
    DatabaseConfig::sqlite(&stage.dir().join(format!("{name}.db")))
}

fn anywhere() -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, 0))
}
