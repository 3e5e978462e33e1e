//! What every handler of the portal works with.

use std::sync::Arc;

use tokio::sync::Notify;
use warifu_service::seal::KeyRing;
use warifu_service::session::Sessions;
use warifu_service::words::Words;
use warifu_service::{Database, Surroundings};

use crate::afterwards::Afterwards;
use crate::config::DeskConfig;
use crate::office::client::CardOffice;
use crate::relay::Relay;
use crate::sso::Saml;

/// The state of the routers.
pub type App = Arc<Shared>;

/// The portal's parts.
pub struct Shared {
    /// The public address, without a slash at its end.
    pub origin: String,
    /// The sentences.
    pub words: Arc<Words>,
    /// The portal's own database.
    pub database: Database,
    /// Seals and looks up columns.
    pub keys: Arc<KeyRing>,
    /// Clock and randomness.
    pub surroundings: Surroundings,
    /// The browsers' sessions.
    pub sessions: Sessions,
    /// The service provider's side of SAML.
    pub saml: Saml,
    /// The relay.
    pub relay: Relay,
    /// The card office, where the portal has pages for its staff.
    pub card_office: Option<CardOffice>,
    /// How the clinics' desks work.
    pub desk: DeskConfig,
    /// What is written when its page is out.
    pub afterwards: Afterwards,
    /// Rings when some session was ended from elsewhere.
    pub ended: Notify,
}
