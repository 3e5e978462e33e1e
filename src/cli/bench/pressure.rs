//! What two bad connectors cost the others: one that answers after ten seconds, and one whose
//! connections break. Beside them stands the same load on the same relay while both are well, so
//! that the difference is what is bad about them and not that more is asked.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use anyhow::Context as _;
use axum::Router;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_util::sync::{CancellationToken, DropGuard};
use warifu_relay::{Relay, RelayConfig};
use warifu_service::http::{ListenConfig, Server};
use warifu_service::storage::DatabaseConfig;
use warifu_service::tls::TlsConfig;
use warifu_service::{Surroundings, config};

use super::checks::{Desk, token};
use super::load::{self, Load};
use super::report::Figure;
use super::say;
use super::stage::Stage;
use crate::cli::demo::folder::Member;

/// Desks that are measured.
const DESKS: usize = 8;
/// Desks that ask each of the two others meanwhile, and how long each thinks in between.
const OTHERS: usize = 8;
const THINKING: Duration = Duration::from_millis(100);
/// How long the slow one takes.
const SLOW: Duration = Duration::from_secs(10);
/// How long a connection to the breaking one lives at most.
const LIFE: Duration = Duration::from_millis(200);

const CHECKUP: Member = Member::Connector("checkup");
const PENSION: Member = Member::Connector("pension");
/// The two, and the insurer numbers for which they are asked here.
const TWO: [(Member, &str); 2] = [(CHECKUP, "00000011"), (PENSION, "00000012")];

/// Checks at the healthy insurer: alone, beside two that are well, beside two that are not.
pub async fn measure(stage: &Stage, lasting: Duration) -> anyhow::Result<Vec<Figure>> {
    let bad = Bad::start(stage).await?;
    let (well, worse) = (Front::open(stage, None).await?, Front::open(stage, Some(&bad)).await?);
    say(&format!("checks, {DESKS} at once, alone and beside a slow and a breaking connector"));
    let name = |beside: &str| format!("eligibility check, {DESKS} at once, {beside}");
    let alone = Figure::loaded(name("nothing beside"), &well.load(stage, 0, lasting).await?);
    let beside = well.load(stage, OTHERS, lasting).await?;
    let good = Figure::loaded(name("two well beside"), &beside);
    // The first seconds, in which the breaker learns, count as well.
    let beside = worse.load(stage, OTHERS, lasting).await?;
    let bad = Figure::loaded(name("two bad beside"), &beside).against(&good);
    Ok(vec![alone, good, bad])
}

/// A relay of its own, with databases of its own.
struct Front {
    relay: Relay,
    url: String,
    stop: CancellationToken,
}

impl Front {
    /// With `bad`, the two others are these.
    async fn open(stage: &Stage, bad: Option<&Bad>) -> anyhow::Result<Self> {
        let config = settings(stage, bad)?;
        let server = Server::bind(&config.listen).await?;
        let url = format!("https://localhost:{}", server.address().port());
        let relay = Relay::open(config, stage.surroundings.clone()).await?;
        let stop = CancellationToken::new();
        tokio::spawn(server.serve(relay.router(), stop.clone()));
        Ok(Self { relay, url, stop })
    }

    /// What the measured desks get, while so many ask each of the two others.
    async fn load(&self, stage: &Stage, others: usize, lasting: Duration) -> anyhow::Result<Load> {
        let token = token(stage, &self.url).await?;
        let desk = || Desk::new(stage, &self.url, &token);
        let mut beside = JoinSet::new();
        for (_, number) in TWO {
            for _ in 0..others {
                beside.spawn(ask_on(desk()?.asking(number)?));
            }
        }
        let desks: anyhow::Result<Vec<_>> = (0..DESKS).map(|_| desk()).collect();
        load::run(desks?, lasting).await
    }
}

impl Drop for Front {
    fn drop(&mut self) {
        self.stop.cancel();
        let relay = self.relay.clone();
        tokio::spawn(async move { relay.close().await });
    }
}

fn settings(stage: &Stage, bad: Option<&Bad>) -> anyhow::Result<RelayConfig> {
    let mut config: RelayConfig = config::load(&stage.folder.config(Member::Relay))?;
    let database = |name: &str| {
        let kind = if bad.is_some() { "bad" } else { "well" };
        DatabaseConfig::sqlite(&stage.dir().join(format!("{kind}-{name}.db")))
    };
    config.listen.address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    (config.database, config.log.database) = (database("relay"), database("log"));
    for (member, number) in TWO {
        let name = member.name();
        let found = config.connectors.iter_mut().find(|connector| connector.party == name);
        let connector = found.with_context(|| name)?;
        connector.insurer_numbers = vec![number.to_owned()];
        if let Some(bad) = bad {
            bad.url(member).clone_into(&mut connector.url);
        }
    }
    Ok(config)
}

/// Asks again and again. Every answer is one, whatever it says.
async fn ask_on(mut desk: Desk) {
    loop {
        if let Err(error) = desk.check().await {
            tracing::warn!(%error, "a check beside was not answered");
        }
        tokio::time::sleep(THINKING).await;
    }
}

/// The two bad connectors, for as long as they are held.
struct Bad {
    slow: String,
    breaking: String,
    _stop: DropGuard,
}

impl Bad {
    async fn start(stage: &Stage) -> anyhow::Result<Self> {
        let stop = CancellationToken::new();
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let file = |name: &str| stage.file(CHECKUP, name);
        let services = stage.file(Member::Ca, "services-ca.pem");
        let tls = TlsConfig {
            certificate: file("tls.pem"),
            key: file("tls.key"),
            client_ca: Some(services),
        };
        let server = Server::bind(&ListenConfig { address, tls: Some(tls) }).await?;
        let slow = format!("https://localhost:{}", server.address().port());
        let router = Router::new().fallback(|| tokio::time::sleep(SLOW));
        tokio::spawn(server.serve(router, stop.clone()));

        let listener = TcpListener::bind(address).await?;
        let breaking = format!("https://localhost:{}", listener.local_addr()?.port());
        let target = stage.folder.listen(PENSION);
        let breaks = break_all(listener, target, stage.surroundings.clone());
        tokio::spawn(stop.clone().run_until_cancelled_owned(breaks));
        Ok(Self { slow, breaking, _stop: stop.drop_guard() })
    }

    fn url(&self, member: Member) -> &str {
        if member == CHECKUP { &self.slow } else { &self.breaking }
    }
}

/// Passes every connection on to `target`, and resets it after a while, at random.
async fn break_all(listener: TcpListener, target: SocketAddr, surroundings: Surroundings) {
    while let Ok((mut client, _)) = listener.accept().await {
        let [chance] = surroundings.bytes::<1>();
        tokio::spawn(async move {
            let Ok(mut server) = TcpStream::connect(target).await else { return };
            let life = LIFE * u32::from(chance) / u32::from(u8::MAX);
            let passing = copy_bidirectional(&mut client, &mut server);
            let _ = tokio::time::timeout(life, passing).await;
            // Closing with nothing to linger for is a reset.
            let _ = client.set_zero_linger();
        });
    }
}
