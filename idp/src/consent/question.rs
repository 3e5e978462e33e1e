//! `POST /consent`: the person's answer to the question what a service provider may be told.

use std::sync::Arc;

use axum::Form;
use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;
use warifu_saml::Status;
use warifu_service::Problem;

use super::{Agreed, Open, Standing, consent, pairs, standing};
use crate::answer::{Behind, Reply};
use crate::browser::Browser;
use crate::centre::Centre;
use crate::login::{own_login, stale, take};
use crate::store::{Session, StoreError};
use crate::view::View;

/// What the person chose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Choice {
    /// To let it be told this once.
    Once,
    /// And from then on, until something else would be told.
    Always,
    /// Not to.
    Never,
}

/// The answer.
#[derive(Deserialize)]
pub(crate) struct Decision {
    /// Names the sign-in.
    tx: String,
    /// What was shown.
    set: String,
    choice: Choice,
}

/// Answers the service provider as the person wishes. The sign-in is used up; where something else
/// would be told by now than was shown, the question is put anew instead.
pub(crate) async fn decide(
    State(centre): State<Arc<Centre>>,
    browser: Browser,
    view: View,
    Form(decision): Form<Decision>,
) -> Result<Response, Problem> {
    let login = own_login(&centre, &browser, &decision.tx).await?;
    let outcome = login.outcome.as_ref().ok_or_else(stale)?;
    let asker = login.asker.as_ref().ok_or_else(stale)?;
    let providers = centre.providers();
    let reply = Reply::to(&centre, asker, &providers)?;
    if decision.choice == Choice::Never {
        take(&centre, &browser, &login.id, true).await?;
        return reply.decline(Status::RequestDenied, &view);
    }
    let id = outcome.session.as_ref().ok_or_else(stale)?;
    let session = centre.store.session(id, centre.now()).await?;
    let session = session.ok_or_else(stale)?;
    let open = match standing(&reply, &session).await? {
        Standing::Open(open) if open.set == decision.set && reply.is_about(&session).await? => open,
        _ => return Ok(again(&login.id)),
    };
    take(&centre, &browser, &login.id, true).await?;
    if decision.choice == Choice::Always {
        keep(&reply, &session, &open).await?;
    }
    let behind = Behind { ends_at: outcome.ends_at, uses_up: None };
    reply.person(&session, Agreed { told: open.told }, behind, &view).await
}

async fn keep(reply: &Reply<'_>, session: &Session, open: &Open) -> Result<(), StoreError> {
    let told = pairs(&open.told);
    let consent = consent(reply, session, &told);
    reply.centre.store.keep_consent(&consent, reply.centre.now()).await?;
    tracing::info!(provider = reply.provider.entity_id, "a consent is kept");
    Ok(())
}

/// To where the question stands, or the answer if there is nothing to ask any more.
fn again(tx: &str) -> Response {
    Redirect::to(&format!("/login/done?tx={tx}")).into_response()
}
