//! What a PKI card that has answered opens: a session, also for a card that its holder puts into use
//! now, or mere presence at a desk.

use axum::response::Response;
use warifu_service::Problem;

use super::super::admission::{opens, waits};
use super::super::entrance::{Entrance, Opened, forbidden, go_on};
use super::refuse_token;
use crate::assurance::Level;
use crate::cards::OWN_SCHEME;
use crate::person::CardState;
use crate::store::{Card, CardId, KnownCard, SecretHash, Use, UsedCertificate};
use crate::web_eid::Proof;

/// A question that a card has answered well.
pub(in crate::login) struct Attempt<'a> {
    pub(in crate::login) entrance: Entrance<'a>,
    pub(in crate::login) proof: &'a Proof,
}

impl Attempt<'_> {
    /// Signs the holder in.
    pub(super) async fn sign_in(&self) -> Result<Opened, Problem> {
        let known = self.known().await?;
        self.require_fit(&known.card)?;
        self.open_session(&known).await
    }

    /// Whether the card opens what is asked for now.
    pub(in crate::login) fn require_fit(&self, card: &Card) -> Result<(), Problem> {
        opens(card, self.proof.standing, self.entrance.now).map_err(refuse_token)?;
        if Level::from(self.proof.card.level) < self.entrance.login.level {
            return Err(forbidden("card.level"));
        }
        Ok(())
    }

    /// Puts the card into use, and signs the holder in with it. A card that is in use already has
    /// only got a new PIN.
    pub(super) async fn activate(&self) -> Result<Opened, Problem> {
        if !self.is_own() {
            return Err(forbidden("card.foreign"));
        }
        let mut known = self.known().await?;
        if known.card.state == CardState::Issued {
            waits(self.proof.standing).map_err(refuse_token)?;
            let (store, holder) = (&self.entrance.centre.store, &self.proof.card.holder);
            if store.activate(&known.card.id, holder, self.entrance.now).await? {
                tracing::info!("a card was put into use");
            }
            known = self.known().await?;
        }
        opens(&known.card, self.proof.standing, self.entrance.now).map_err(refuse_token)?;
        self.open_session(&known).await
    }

    /// Notes whose card was tapped.
    pub(super) async fn tap(&self) -> Result<Response, Problem> {
        let KnownCard { card, .. } = self.known().await?;
        opens(&card, self.proof.standing, self.entrance.now).map_err(refuse_token)?;
        self.entrance.tap(&card.person, &self.use_of(card.id.clone())).await?;
        Ok(go_on(self.entrance.done()))
    }

    /// Opens a session for the holder of a card that fits.
    pub(in crate::login) async fn open_session(
        &self,
        known: &KnownCard,
    ) -> Result<Opened, Problem> {
        let KnownCard { card, holder } = known;
        let (used, level) = (self.use_of(card.id.clone()), self.proof.card.level.into());
        let end = Some(self.proof.card.not_after);
        let opened = self.entrance.open((card, holder), used, level, end).await?;
        self.require_still(card, &opened.session).await?;
        Ok(opened)
    }

    /// A list that came into force while the session was being opened did not find it there: so it
    /// is asked once more.
    async fn require_still(&self, card: &Card, session: &SecretHash) -> Result<(), Problem> {
        let standing =
            self.entrance.centre.trust.believed().standing(&self.proof.card, self.entrance.now);
        let Err(error) = opens(card, standing, self.entrance.now) else { return Ok(()) };
        self.entrance.centre.store.end_session(session, self.entrance.now).await?;
        Err(refuse_token(error))
    }

    /// What is known of the card and its holder; the attempt counts as one of the card's.
    pub(in crate::login) async fn known(&self) -> Result<KnownCard, Problem> {
        let known = self.look_up().await?;
        self.entrance.admit(&known.card.id)?;
        Ok(known)
    }

    /// What is known of the card and its holder.
    pub(in crate::login) async fn look_up(&self) -> Result<KnownCard, Problem> {
        let store = &self.entrance.centre.store;
        let known = store.known_card(&store.card_id(&self.proof.card.holder)).await?;
        let unknown = if self.is_own() { "card.unknown" } else { "card.not-enrolled" };
        known.ok_or_else(|| forbidden(unknown))
    }

    /// Whether the card office issued it.
    pub(super) fn is_own(&self) -> bool {
        self.proof.card.scheme == OWN_SCHEME
    }

    /// This answer, as one of that card.
    pub(super) fn use_of(&self, card: CardId) -> Use {
        let proven = &self.proof.card;
        let certificate = UsedCertificate {
            issuer: proven.issuer_thumbprint.clone(),
            serial: proven.serial_hex.clone(),
            expires_at: proven.not_after,
            holder: self.is_own().then(|| proven.holder.clone()),
        };
        Use { card, at: self.entrance.now, certificate: Some(certificate) }
    }
}
