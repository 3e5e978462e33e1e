//! The relay as a whole: opened from its configuration, put together, closed.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
use jiff::{SignedDuration, Timestamp};
use sqlx::migrate::Migrator;
use tokio::sync::{Notify, Semaphore};
use tokio_util::sync::CancellationToken;
use warifu_deposit::Deposits;
use warifu_log::{Event, Log, LogError};
use warifu_pki::jose::JoseError;
use warifu_pki::{Ticket, TicketError, TicketOpener};
use warifu_service::health::health;
use warifu_service::http::{HttpLimits, finish};
use warifu_service::seal::KeyRing;
use warifu_service::storage::Migrations;
use warifu_service::words::Words;
use warifu_service::{Database, Surroundings};

use crate::batch::{self, Batches, Shares};
use crate::checks::Checks;
use crate::config::RelayConfig;
use crate::consents::Consents;
use crate::directory::Directory;
use crate::disputes::Disputes;
use crate::grants::Grants;
use crate::guardians::Guardians;
use crate::keeping::Keeping;
use crate::linking::Office;
use crate::links::{Link, LinkStoreError, Links, Terms};
use crate::mint::Mint;
use crate::numbers::Numbers;
use crate::opening::{self, LogParts, RelayError};
use crate::proxies::Proxies;
use crate::ratios::Ratios;
use crate::readiness::with_connectors;
use crate::services::Manifests;
use crate::session_end::Informant;
use crate::{
    caller, checks, consents, depositing, disputes, eligibility, events, evidence, guardians,
    history, jwks, linking, openapi, proxies, ratios, records, services, session_end, slips, token,
};

static SQLITE: Migrator = sqlx::migrate!("migrations/sqlite");
static POSTGRES: Migrator = sqlx::migrate!("migrations/postgres");

/// The relay's tables, in both engines' words. The log has its own database.
pub const MIGRATIONS: Migrations = Migrations { sqlite: &SQLITE, postgres: &POSTGRES };

/// How often what has ended is dropped.
const SWEEP: Duration = Duration::from_mins(10);
/// How often the index of checks follows the log.
const FOLLOW: Duration = Duration::from_secs(5);
/// How long an answer is kept under its client's key: retries come within minutes.
const KEPT: SignedDuration = SignedDuration::from_hours(1);
/// Searches for links that run at a time; who comes then is told to come again.
const SEARCHES: usize = 64;
/// Bytes of a pseudonym.
const LONGEST_PSEUDONYM: usize = 64;

/// The relay. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Relay(Arc<Parts>);

#[derive(Debug)]
struct Parts {
    config: RelayConfig,
    surroundings: Surroundings,
    words: Arc<Words>,
    database: Database,
    ring: Arc<KeyRing>,
    log: Log,
    keeping: Keeping,
    links: Links,
    consents: Consents,
    checks: Checks,
    disputes: Disputes,
    proxies: Proxies,
    guardians: Guardians,
    manifests: Manifests,
    grants: Grants,
    openers: Vec<TicketOpener>,
    informants: Vec<Informant>,
    mint: Mint,
    directory: Directory,
    numbers: Numbers,
    office: Option<Office>,
    deposits: Option<Deposits>,
    searches: Arc<Semaphore>,
    batches: Batches,
    shares: Shares,
    /// Rings when there may be work on jobs.
    work: Arc<Notify>,
    /// Rings when a file of coverage has come in.
    deposit_work: Notify,
    ratios: Ratios,
}

/// Why a subject cannot be linked.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// No connector has this id.
    #[error("link.no-connector: there is no connector {0}")]
    NoConnector(String),
    /// A subject or pseudonym is empty, or a pseudonym too long.
    #[error("link.malformed: not a subject, or not a pseudonym")]
    Malformed,
    /// The link's event could not be written.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The link could not be written.
    #[error(transparent)]
    Store(#[from] LinkStoreError),
}

impl Relay {
    /// Reads the keys and opens the databases.
    pub async fn open(config: RelayConfig, surroundings: Surroundings) -> Result<Self, RelayError> {
        config.validate()?;
        let ring = Arc::new(KeyRing::load(&config.column_keys)?);
        let openers = opening::openers(&config)?;
        let informants = opening::informants(&config)?;
        let mint = opening::mint(&config, &surroundings)?;
        let directory = opening::directory(&config, &surroundings)?;
        let office = opening::office(&config)?;
        let words = Arc::new(opening::words()?);
        let database = Database::open(&config.database, MIGRATIONS).await?;
        let log = LogParts::of(&config).await?.open(surroundings.clone()).await?;
        let manifests = opening::manifest_verifiers(&config)?;
        let keeping = Keeping::of(&config)?;
        let deposits = depositing::open(&config, &ring, &surroundings).await?;
        Ok(Self(Arc::new(Parts {
            links: Links {
                database: database.clone(),
                ring: Arc::clone(&ring),
                surroundings: surroundings.clone(),
            },
            consents: Consents {
                database: database.clone(),
                ring: Arc::clone(&ring),
                surroundings: surroundings.clone(),
            },
            checks: Checks { database: database.clone(), ring: Arc::clone(&ring) },
            disputes: Disputes {
                database: database.clone(),
                ring: Arc::clone(&ring),
                surroundings: surroundings.clone(),
            },
            proxies: Proxies {
                database: database.clone(),
                ring: Arc::clone(&ring),
                surroundings: surroundings.clone(),
            },
            guardians: Guardians {
                database: database.clone(),
                ring: Arc::clone(&ring),
                surroundings: surroundings.clone(),
            },
            manifests: Manifests::new(database.clone(), manifests),
            grants: Grants::new(database.clone(), Arc::clone(&ring), surroundings.clone()),
            batches: Batches {
                database: database.clone(),
                ring: Arc::clone(&ring),
                surroundings: surroundings.clone(),
                node: config.node,
            },
            shares: Shares::of(&config),
            work: Arc::new(Notify::new()),
            deposit_work: Notify::new(),
            ratios: Ratios {
                database: database.clone(),
                ring: Arc::clone(&ring),
                surroundings: surroundings.clone(),
            },
            numbers: Numbers::of_node(config.node),
            config,
            surroundings,
            words,
            database,
            ring,
            log,
            keeping,
            openers,
            informants,
            mint,
            directory,
            office,
            deposits,
            searches: Arc::new(Semaphore::new(SEARCHES)),
        })))
    }

    /// Every route, with the limits that all servers have.
    pub fn router(&self) -> Router {
        let parts = &self.0;
        let health = health(Some(parts.database.clone()))
            .layer(from_fn_with_state(self.clone(), with_connectors));
        let router = Router::new()
            .route("/token", post(token::exchange))
            .route("/records", post(records::read))
            .route("/eligibility/answer", post(slips::answer))
            .route("/slips", post(slips::make))
            .route("/checks", get(checks::checks))
            .route("/checks/counts", get(checks::check_counts))
            .route("/checks/ratios", get(ratios::ratios))
            .route("/checks/{number}", get(checks::check_by_number))
            .route("/disputes", get(disputes::disputes).post(disputes::dispute))
            .route("/disputes/{number}/answer", post(disputes::answer_dispute))
            .route("/links", get(linking::list))
            .route("/links/discover", post(linking::discover))
            .route("/links/{id}/confirm", post(linking::confirm))
            .route("/links/{id}/decline", post(linking::decline))
            .route("/links/{id}/freeze", post(linking::freeze))
            .route("/links/{id}/thaw", post(linking::thaw))
            .route("/links/{id}/end", post(linking::end))
            .route("/links/doubts", get(linking::queue))
            .route("/links/doubts/{id}/approve", post(linking::approve))
            .route("/links/doubts/{id}/compare", post(linking::compare))
            .route("/links/doubts/{id}/refuse", post(linking::refuse))
            .route("/links/doubts/{id}/freeze", post(linking::freeze_rival))
            .route("/links/doubts/{id}/thaw", post(linking::thaw_rival))
            .route("/consents", get(consents::list).post(consents::give))
            .route("/consents/readable", get(consents::readable))
            .route("/consents/{id}/withdraw", post(consents::withdraw))
            .route("/consents/{id}/receipt", get(consents::receipt))
            .route("/proxies", get(proxies::list).post(proxies::invite))
            .route("/proxies/offer", post(proxies::offer))
            .route("/proxies/accept", post(proxies::accept))
            .route("/proxies/{id}/confirm", post(proxies::confirm))
            .route("/proxies/{id}/end", post(proxies::end))
            .route("/proxies/{id}/receipt", get(proxies::receipt))
            .route("/guardians", get(guardians::queue).post(guardians::apply))
            .route("/guardians/find", post(guardians::find))
            .route("/guardians/propose", post(guardians::propose))
            .route("/guardians/held", post(guardians::held))
            .route("/guardians/{id}/stop", post(guardians::stop))
            .route("/guardians/{id}/resume", post(guardians::resume))
            .route("/guardians/{id}/end", post(guardians::end))
            .route("/guardians/{id}/approve", post(guardians::approve))
            .route("/guardians/{id}/refuse", post(guardians::refuse))
            .route("/services", get(services::list))
            .route("/services/read", post(services::read))
            .route("/services/enter", post(services::enter))
            .route("/services/applications", get(services::applications))
            .route("/services/applications/{connector}/{reference}", get(services::application))
            .route(
                "/services/applications/{connector}/{reference}/settle",
                post(services::settle_application),
            )
            .route("/history", get(history::page))
            .route("/history/proof", get(history::proof))
            .route("/history/export", get(history::export))
            .route("/log/checkpoint", get(evidence::checkpoint))
            .route("/log/cosigned", get(evidence::cosigned))
            .route("/log/consistency", get(evidence::consistency))
            .route("/log/tile/{*tile}", get(evidence::tile))
            .route("/log/key", get(evidence::key))
            .route("/log/proof", get(evidence::proof))
            .route_layer(from_fn_with_state(self.clone(), caller::registered))
            .merge(self.asking())
            .merge(self.depositing())
            .route("/events", post(session_end::receive))
            .route("/jwks.json", get(jwks::tokens))
            .route("/receipts/jwks.json", get(jwks::receipts))
            .route("/openapi.json", get(openapi::get))
            .with_state(self.clone())
            .merge(health);
        let limits =
            HttpLimits { uploads: &[batch::UPLOAD, depositing::UPLOAD], ..HttpLimits::default() };
        finish(router, &parts.surroundings, Arc::clone(&parts.words), limits)
    }

    /// Where checks are asked for, by people at a party or by an organisation's own system.
    fn asking(&self) -> Router<Self> {
        Router::new()
            .route("/eligibility", post(eligibility::ask))
            .route(batch::UPLOAD, get(batch::list).post(batch::receive))
            .route("/batches/{id}", get(batch::show))
            .route("/batches/{id}/preview", get(batch::preview))
            .route("/batches/{id}/start", post(batch::start))
            .route("/batches/{id}/pause", post(batch::pause))
            .route("/batches/{id}/resume", post(batch::resume))
            .route("/batches/{id}/cancel", post(batch::cancel))
            .route("/batches/{id}/recheck", post(batch::recheck))
            .route("/batches/{id}/result", get(batch::result))
            .route("/batches/{id}/errors", get(batch::errors))
            .route_layer(from_fn_with_state(self.clone(), caller::registered_or_system))
    }

    /// Where insurers deposit, by their staff at a party or by their own systems.
    fn depositing(&self) -> Router<Self> {
        Router::new()
            .route("/deposits", get(depositing::list))
            .route("/deposits/{insurer}", post(depositing::begin))
            .route("/deposits/{insurer}/{number}", get(depositing::show))
            .route(
                depositing::UPLOAD,
                get(depositing::so_far)
                    .post(depositing::receive)
                    .layer(DefaultBodyLimit::disable()),
            )
            .route("/deposits/{insurer}/{number}/approve", post(depositing::approve))
            .route("/deposits/{insurer}/{number}/abandon", post(depositing::abandon))
            .route("/deposits/{insurer}/{number}/faults", get(depositing::faults))
            .route_layer(from_fn_with_state(self.clone(), depositing::registered_or_depositing))
    }

    /// Without a ceremony: lets the connector `connector` speak of `subject` (the relay's own pairwise identifier) as
    /// `pseudonym`. Nothing happens, and nothing is logged, when that is so already.
    pub async fn link(
        &self,
        subject: &str,
        connector: &str,
        pseudonym: &str,
    ) -> Result<(), LinkError> {
        if self.directory().holder(connector).is_none() {
            return Err(LinkError::NoConnector(connector.to_owned()));
        }
        if subject.is_empty() || !(1..=LONGEST_PSEUDONYM).contains(&pseudonym.len()) {
            return Err(LinkError::Malformed);
        }
        let known = self.links().of(subject).await?;
        if known.iter().any(|link| link.connector == connector && link.pseudonym == pseudonym) {
            return Ok(());
        }
        let terms = Terms::plain(self.surroundings().hex(16), self.surroundings().now());
        let (connector, pseudonym) = (connector.to_owned(), pseudonym.to_owned());
        let link = Link { connector, pseudonym, terms };
        // The event first: a change without its event never happens.
        self.log().append(events::link_made(subject, &link.connector)).await?;
        Ok(self.links().save(subject, &link).await?)
    }

    /// The work behind the routes, until `stop`: drops what has ended, looks after the log and at
    /// the files of keys.
    /// Requests still running may finish afterwards; what they were told is durable, so nothing
    /// needs to be flushed.
    pub async fn run(self, stop: CancellationToken) {
        let resealed = stop.run_until_cancelled(self.reseal());
        let (keys, swept) = (self.mint().keys.keep(&stop), self.sweep_until(&stop));
        let (kept, followed) = (self.0.keeping.keep(&self, &stop), self.follow_until(&stop));
        let deposits = depositing::work(&self, &stop);
        let now = || self.surroundings().now();
        let declared = self.manifests().keep(self.directory(), now, &stop);
        let batches = batch::work(&self, &stop);
        tokio::join!(resealed, keys, swept, kept, followed, deposits, declared, batches);
    }

    async fn sweep_until(&self, stop: &CancellationToken) {
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(SWEEP) => self.sweep().await,
            }
        }
    }

    /// Keeps the index of checks close behind the log, so that whoever asks waits for little.
    async fn follow_until(&self, stop: &CancellationToken) {
        let mut pause = FOLLOW;
        while stop.run_until_cancelled(tokio::time::sleep(pause)).await.is_some() {
            pause = match self.checks().follow(self.log()).await {
                Ok(true) => FOLLOW,
                Ok(false) => Duration::ZERO,
                Err(error) => {
                    tracing::warn!(%error, "the index of checks could not follow the log");
                    FOLLOW
                }
            };
        }
    }

    /// Lets the log finish what is waiting, and closes every database.
    pub async fn close(&self) {
        self.log().close().await;
        self.log().database().close().await;
        if let Some(deposits) = self.deposits() {
            deposits.close().await;
        }
        self.0.database.close().await;
    }

    /// The configuration it runs with.
    pub fn config(&self) -> &RelayConfig {
        &self.0.config
    }

    /// The access log.
    pub fn log(&self) -> &Log {
        &self.0.log
    }

    pub(crate) fn surroundings(&self) -> &Surroundings {
        &self.0.surroundings
    }

    pub(crate) fn ring(&self) -> &KeyRing {
        &self.0.ring
    }

    pub(crate) fn links(&self) -> &Links {
        &self.0.links
    }

    pub(crate) fn consents(&self) -> &Consents {
        &self.0.consents
    }

    pub(crate) fn checks(&self) -> &Checks {
        &self.0.checks
    }

    pub(crate) fn disputes(&self) -> &Disputes {
        &self.0.disputes
    }

    pub(crate) fn proxies(&self) -> &Proxies {
        &self.0.proxies
    }

    pub(crate) fn guardians(&self) -> &Guardians {
        &self.0.guardians
    }

    pub(crate) fn manifests(&self) -> &Manifests {
        &self.0.manifests
    }

    /// Asks every connector now what it declares, as [`Relay::run`] does again and again; whether
    /// each has a manifest that stands.
    pub async fn read_manifests(&self) -> bool {
        self.manifests().refresh(self.directory(), self.surroundings().now()).await
    }

    pub(crate) fn grants(&self) -> &Grants {
        &self.0.grants
    }

    pub(crate) fn informants(&self) -> &[Informant] {
        &self.0.informants
    }

    pub(crate) fn mint(&self) -> &Mint {
        &self.0.mint
    }

    pub(crate) fn directory(&self) -> &Directory {
        &self.0.directory
    }

    pub(crate) fn office(&self) -> Option<&Office> {
        self.0.office.as_ref()
    }

    /// What insurers deposited here, where any do.
    pub fn deposits(&self) -> Option<&Deposits> {
        self.0.deposits.as_ref()
    }

    pub(crate) fn searches(&self) -> Arc<Semaphore> {
        Arc::clone(&self.0.searches)
    }

    pub(crate) fn batches(&self) -> &Batches {
        &self.0.batches
    }

    pub(crate) fn shares(&self) -> &Shares {
        &self.0.shares
    }

    pub(crate) fn work(&self) -> &Notify {
        &self.0.work
    }

    pub(crate) fn deposit_work(&self) -> &Notify {
        &self.0.deposit_work
    }

    pub(crate) fn ratios(&self) -> &Ratios {
        &self.0.ratios
    }

    pub(crate) fn numbers(&self) -> &Numbers {
        &self.0.numbers
    }

    /// Whole milliseconds since `started`.
    pub(crate) fn millis_since(&self, started: Timestamp) -> u32 {
        let took = self.surroundings().now().duration_since(started).as_millis();
        u32::try_from(took.max(0)).unwrap_or(u32::MAX)
    }

    /// Enters what was refused. A refusal stands whether or not it can be entered.
    pub(crate) async fn note(&self, event: Event) {
        if let Err(error) = self.log().append(event).await {
            tracing::error!(%error, "a refusal could not be entered in the log");
        }
    }

    /// Opens a ticket of any trusted identity provider. Of several refusals, gives the one by the
    /// provider whose key the ticket names.
    pub(crate) fn open_ticket(&self, sealed: &str, now: Timestamp) -> Result<Ticket, TicketError> {
        let mut refusal = TicketError::Token(JoseError::WrongIssuer);
        for opener in &self.0.openers {
            match opener.open(sealed, now) {
                Err(TicketError::Token(JoseError::WrongHeader)) => {}
                Err(error) => refusal = error,
                opened => return opened,
            }
        }
        Err(refusal)
    }

    /// Whatever an older key seals is sealed under the current one; what fails, at the next start.
    async fn reseal(&self) {
        match self.links().reseal().await {
            Ok(0) => {}
            Ok(count) => tracing::info!(count, "values were sealed again under the current key"),
            Err(error) => tracing::warn!(%error, "older values could not be sealed again"),
        }
        let Some(deposits) = self.deposits() else { return };
        match deposits.reseal().await {
            Ok(0) => {}
            Ok(count) => tracing::info!(count, "cards were sealed again under the current key"),
            Err(error) => tracing::warn!(%error, "older cards could not be sealed again"),
        }
    }

    /// What has ended is dropped; a failure is tried again the next time.
    async fn sweep(&self) {
        let now = self.surroundings().now();
        if let Err(error) = self.grants().sweep(now).await {
            tracing::warn!(%error, "ended tokens could not be dropped");
        }
        if let Err(error) = self.proxies().sweep(now).await {
            tracing::warn!(%error, "ended codes could not be dropped");
        }
        guardians::sweep(self, now).await;
        let before = now.checked_sub(KEPT).unwrap_or(Timestamp::MIN);
        if let Err(error) = self.log().forget_answers(before).await {
            tracing::warn!(%error, "old answers could not be dropped");
        }
        if let Err(error) = self.batches().sweep(now).await {
            tracing::warn!(%error, "files of checks that have had their time could not be dropped");
        }
        if let Err(error) = self.ratios().sweep(now).await {
            tracing::warn!(%error, "old doubts about ratios could not be dropped");
        }
        if let Some(deposits) = self.deposits()
            && let Err(error) = deposits.sweep().await
        {
            tracing::warn!(%error, "files of coverage that have had their time could not be dropped");
        }
        linking::tell(self).await;
    }
}
