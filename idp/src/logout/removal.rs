//! `POST /agent/card-removed`: the card software tells that a watched card was pulled.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use warifu_service::Problem;

use crate::browser::is_secret;
use crate::centre::Centre;
use crate::store::hash_of;

/// The words that the card software was given when the card signed in: whoever knows them may
/// end that session, and nothing else.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Removal {
    watch: String,
}

/// Ends the session. The answer is the same whether there was one. No brake on attempts: the words
/// cannot be guessed, and a removal must always count.
pub(crate) async fn card_removed(
    State(centre): State<Arc<Centre>>,
    Json(removal): Json<Removal>,
) -> Result<StatusCode, Problem> {
    if is_secret(&removal.watch)
        && let Some(session) = centre.store.watched_session(&hash_of(&removal.watch)).await?
    {
        let told = centre.store.end_session(&session, centre.now()).await?;
        tracing::info!(providers = told, "a card was removed and its session ended");
        centre.bell.notify_one();
    }
    Ok(StatusCode::NO_CONTENT)
}
