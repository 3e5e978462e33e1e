//! The portal, put together: opened from its configuration, served as a router, tended in the
//! background.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn_with_state, map_response};
use axum::routing::{get, post};
use sqlx::migrate::Migrator;
use tokio::sync::Notify;
use utoipa::OpenApi;
use warifu_service::http::{HttpLimits, finish};
use warifu_service::seal::{KeyRing, SealError};
use warifu_service::session::Sessions;
use warifu_service::storage::{self, Migrations, StorageError};
use warifu_service::tls::TlsError;
use warifu_service::web::{self, AssetFile};
use warifu_service::words::WordsError;
use warifu_service::{Database, Surroundings, execute, health};

use crate::afterwards::Afterwards;
use crate::config::{AddressError, PortalConfig};
use crate::look;
use crate::office::client::CardOffice;
use crate::pages::{
    announcements, applications, batches, checks, consents, desk, disputes, doubts, entrance,
    events, evidence, expenses, guardians, guardianships, history, home, insurer, links, mydata,
    notices, office, proxies, ratios, readings, record, services, session, settings, sheets,
    uploads,
};
use crate::relay::Relay;
use crate::shared::{App, Shared};
use crate::sso::{self, Own, Saml, SamlSetupError};
use crate::view;
use crate::words::words;

static SQLITE: Migrator = sqlx::migrate!("migrations/sqlite");
static POSTGRES: Migrator = sqlx::migrate!("migrations/postgres");

/// The portal's schema.
pub const MIGRATIONS: Migrations = Migrations { sqlite: &SQLITE, postgres: &POSTGRES };

const SESSION_COOKIE: &str = "__Host-portal";
/// A signed and encrypted Response is about 10 kB; the gate refuses beyond 256 kB.
const LONGEST_POST: usize = 384 * 1024;
/// How often what has expired is deleted.
const SWEEP: Duration = Duration::from_mins(1);
/// Every so many sweeps the identity providers' metadata are read again.
const SWEEPS_PER_RELOAD: u32 = 10;

const ASSETS: [AssetFile; 5] = [
    ("portal.css", include_bytes!("../assets/portal.css")),
    ("office.css", include_bytes!("../assets/office.css")),
    ("desk.css", include_bytes!("../assets/desk.css")),
    ("desk.js", include_bytes!("../assets/desk.js")),
    ("upload.js", include_bytes!("../assets/upload.js")),
];

/// Why the portal cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum PortalError {
    /// Its configuration.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// Its keys, or the identity providers' metadata.
    #[error(transparent)]
    Saml(#[from] SamlSetupError),
    /// Its database.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// Its column keys.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// Its way to the relay, or to the card office.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// Its catalogues.
    #[error(transparent)]
    Words(#[from] WordsError),
    /// Its own metadata cannot be written.
    #[error(transparent)]
    Metadata(#[from] warifu_saml::IssueError),
}

/// The portal.
#[derive(Clone)]
pub struct Portal(App);

impl std::fmt::Debug for Portal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Portal").field("origin", &self.0.origin).finish_non_exhaustive()
    }
}

/// The portal's SAML metadata, signed; needs no database and no peer.
pub fn metadata_xml(
    config: &PortalConfig,
    surroundings: &Surroundings,
) -> Result<String, PortalError> {
    let own = Own::load(config)?;
    Ok(sso::metadata::describe(&own, &words()?, surroundings)?)
}

#[derive(OpenApi)]
#[openapi(paths(session::session), info(title = "Warifu portal"))]
struct Api;

/// The OpenAPI document of what programs may ask the portal.
pub fn openapi() -> utoipa::openapi::OpenApi {
    Api::openapi()
}

impl Portal {
    /// Opens database and keys, and reads the identity providers' metadata.
    pub async fn open(
        config: &PortalConfig,
        surroundings: Surroundings,
    ) -> Result<Self, PortalError> {
        config.check()?;
        let database = Database::open(&config.database, MIGRATIONS).await?;
        let keys = Arc::new(KeyRing::load(&config.column_keys)?);
        let sessions =
            Sessions::new(database.clone(), keys.clone(), surroundings.clone(), config.session);
        Ok(Self(Arc::new(Shared {
            origin: config.origin(),
            words: Arc::new(words()?.with_call_centre(config.call_centre.clone())),
            database,
            keys,
            sessions,
            saml: Saml::load(config, surroundings.now())?,
            relay: Relay::new(&config.relay)?,
            card_office: config.card_office.as_ref().map(CardOffice::new).transpose()?,
            desk: config.desk,
            afterwards: Afterwards::default(),
            ended: Notify::new(),
            surroundings,
        })))
    }

    /// Every route.
    pub fn router(&self) -> Router {
        let app = &self.0;
        let sessions = app.sessions.clone().layer(SESSION_COOKIE);
        let people = people().layer(from_fn_with_state(app.clone(), look::same_site_acts));
        let people = people.layer(sessions).layer(map_response(look::secure_cookies));
        let pages = people.merge(others());
        let dressed = pages.layer(from_fn_with_state(app.clone(), look::dress));
        let whole = dressed
            .with_state(app.clone())
            .merge(web::assets(&ASSETS))
            .merge(health::health(Some(app.database.clone())));
        let limits = HttpLimits {
            uploads: &[view::batches::PATH, view::uploads::PATH],
            ..HttpLimits::default()
        };
        finish(whole, &app.surroundings, app.words.clone(), limits)
    }

    /// Deletes what has expired and reads metadata again, for ever: run it beside the server and
    /// drop it to stop.
    pub async fn tend(&self) {
        for round in 0_u32.. {
            tokio::time::sleep(SWEEP).await;
            if let Err(cause) = self.sweep().await {
                tracing::warn!(%cause, "what has expired was not deleted");
            }
            if round % SWEEPS_PER_RELOAD == 0 {
                self.0.saml.providers.reload(self.0.surroundings.now());
            }
        }
    }

    /// Waits for what is still written of visits: after the last page is out, before the process ends.
    pub async fn finish(&self) {
        self.0.afterwards.finish().await;
    }

    pub(crate) async fn sweep(&self) -> Result<(), sqlx::Error> {
        let now = storage::micros(self.0.surroundings.now());
        for sql in [
            "DELETE FROM saml_requests WHERE expires_at <= $1",
            "DELETE FROM saml_replays WHERE expires_at <= $1",
            "DELETE FROM arrivals WHERE expires_at <= $1",
            "DELETE FROM session_indexes WHERE expires_at <= $1",
            "DELETE FROM seen WHERE expires_at <= $1",
            "DELETE FROM announcements WHERE expires_at <= $1",
        ] {
            execute!(self.0.database.write(), sql, now)?;
        }
        self.0.sessions.sweep().await?;
        Ok(())
    }
}

/// Routes that a person's session belongs to.
fn people() -> Router<App> {
    Router::new()
        .route("/", get(entrance::top))
        .route("/help", get(entrance::help))
        .route("/login/finish", get(sso::finish::finish))
        .route("/logout", post(sso::logout::logout))
        .route("/session", get(session::session))
        .route("/session/events", get(events::events))
        .route("/home", get(home::home))
        .route("/insurance", get(record::insurance))
        .route("/insurance/numbers", post(record::numbers))
        .route("/expenses", get(expenses::page))
        .route("/expenses/deduction", get(expenses::deduction).post(expenses::act))
        .route("/checkups", get(record::checkups))
        .route("/pension", get(record::pension))
        .route("/mydata", get(mydata::page))
        .route("/mydata/json", post(mydata::json))
        .route("/mydata/csv", post(mydata::csv))
        .route("/mydata/print", post(mydata::print))
        .route("/settings", get(settings::page))
        .route("/settings/display", post(settings::display))
        .route("/services", get(services::list))
        .route("/services/{connector}/{service}", get(services::page))
        .route("/services/{connector}/{service}/check", post(services::check))
        .route("/services/{connector}/{service}/send", post(services::send))
        .route("/staff/applications", get(applications::list))
        .route("/staff/applications/{connector}/{reference}", get(applications::page))
        .route("/staff/applications/{connector}/{reference}/settle", post(applications::settle))
        .route("/links", get(links::links))
        .route("/links/search", post(links::search))
        .route("/links/{id}/{step}", get(links::ask).post(links::act))
        .route("/staff/guardians", get(guardians::queue).post(guardians::find))
        .route("/staff/guardians/propose", post(guardians::propose))
        .route("/staff/guardians/held", get(guardianships::ask_card).post(guardianships::find))
        .route("/staff/guardians/{id}/{step}", get(guardianships::ask).post(guardianships::act))
        .route("/staff/guardians/{id}/approve", post(guardians::approve))
        .route("/staff/guardians/{id}/refuse", get(guardians::ask_why).post(guardians::refuse))
        .route("/staff/links", get(doubts::queue))
        .route("/staff/links/{id}/approve", post(doubts::approve))
        .route("/staff/links/{id}/compare", post(doubts::compare))
        .route("/staff/links/{id}/stop", post(doubts::rivals))
        .route("/staff/links/{id}/refuse", get(doubts::ask).post(doubts::refuse))
        .route("/staff/announcements", get(announcements::list).post(announcements::publish))
        .route("/staff/announcements/new", get(announcements::begin).post(announcements::mend))
        .route("/staff/announcements/preview", post(announcements::preview))
        .route(
            "/staff/announcements/{id}/withdraw",
            get(announcements::ask).post(announcements::withdraw),
        )
        .merge(batches::routes())
        .merge(uploads::routes())
        .route("/notices", get(notices::page))
        .route("/history", get(history::history))
        .route("/history/proof", get(evidence::proof))
        .route("/history/export", get(evidence::export))
        .route("/history/key", get(evidence::key))
        .route("/consents", get(consents::list).post(consents::give))
        .route("/consents/check", post(consents::check))
        .route("/consents/withdraw", post(consents::withdraw))
        .route("/consents/receipt", get(consents::receipt))
        .route("/proxies/guardian", get(guardians::begin).post(guardians::apply))
        .route("/proxies", get(proxies::list))
        .route("/proxies/invite", get(proxies::begin).post(proxies::invite))
        .route("/proxies/invite/next", post(proxies::next))
        .route("/proxies/enter", get(proxies::enter).post(proxies::offered))
        .route("/proxies/accept", post(proxies::accept))
        .route("/proxies/own", post(proxies::own))
        .route("/proxies/{id}/receipt", get(proxies::receipt))
        .route("/proxies/{id}/{step}", get(proxies::ask).post(proxies::act))
        .route("/desk", get(desk::desk))
        .route("/desk/check", post(desk::check))
        .route("/desk/tap", post(desk::tap))
        .route("/desk/tap/finish", get(desk::tap_finish))
        .route("/desk/records", get(readings::page))
        .route("/desk/records/tap", post(readings::tap))
        .route("/desk/records/arrive", get(readings::arrived))
        .route("/desk/records/next", post(readings::next))
        .route("/desk/records/read", post(readings::show_records))
        .route("/desk/records/service", post(readings::open_service))
        .route("/desk/scan", post(desk::scan))
        .route("/desk/dependant", post(desk::dependant))
        .route("/desk/label", post(sheets::label))
        .route("/desk/slip", post(sheets::slip))
        .route("/desk/history", get(checks::desk_list).post(checks::desk_find))
        .route("/desk/disputes", get(disputes::desk_list).post(disputes::ask))
        .route("/desk/dispute", post(disputes::form))
        .route("/insurer", get(insurer::today))
        .route("/insurer/ratios", get(ratios::list))
        .route("/insurer/answers", get(checks::insurer_list).post(checks::insurer_find))
        .route("/insurer/disputes", get(disputes::insurer_list).post(disputes::answer))
        .route("/insurer/dispute", post(disputes::answer_form))
        .merge(office::routes())
}

/// Routes without a session: the way in, the way out, and what identity providers send.
fn others() -> Router<App> {
    Router::new()
        .route("/login", get(sso::begin::login))
        .route("/login/stopped", get(entrance::stopped))
        .route("/signed-out", get(entrance::signed_out))
        .route("/desk/signed-out", get(entrance::covered))
        .route("/saml/metadata", get(sso::metadata::metadata))
        .route("/saml/acs", post(sso::consume::acs).layer(DefaultBodyLimit::max(LONGEST_POST)))
        .route("/saml/slo", get(sso::slo::slo).post(sso::logout::by_soap))
}
