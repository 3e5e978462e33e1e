//! A card that others issued is put beside the person's own, by whoever is signed in and holds it.

use axum::response::Response;
use warifu_service::Problem;

use super::super::entrance::{Entrance, forbidden, go_on};
use super::super::stale;
use super::attempt::Attempt;
use super::refuse_token;
use crate::cards::may_change;
use crate::store::Added;
use crate::web_eid::TokenError;

impl Attempt<'_> {
    /// Binds the card to the person of the session in which it was asked for.
    pub(super) async fn add_card(&self) -> Result<Response, Problem> {
        let Entrance { centre, browser, login, now } = self.entrance;
        let session = centre.session(browser).await?;
        let same = session.filter(|session| login.within.as_ref() == Some(&session.id));
        let session = same.ok_or_else(|| forbidden("session.over"))?;
        if !may_change(centre, &session).await? {
            return Err(forbidden("session.over"));
        }
        if self.is_own() {
            return Err(forbidden("card.own"));
        }
        self.proof.standing.map_err(|cause| refuse_token(TokenError::from(cause)))?;
        let (store, card) = (&centre.store, &self.proof.card);
        let used = self.use_of(store.card_id(&card.holder));
        match store.add_foreign_card(&session.person, &card.scheme, &used).await? {
            Added::SomebodyElses => return Err(forbidden("card.taken")),
            Added::Now => tracing::info!(scheme = card.scheme, "a card of others was added"),
            Added::Before => {}
        }
        let browser = browser.login().ok_or_else(stale)?;
        store.take_login(&login.id, &browser, false, now).await?;
        Ok(go_on("/cards?added".to_owned()))
    }
}
