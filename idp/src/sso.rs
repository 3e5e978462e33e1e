//! `GET /saml/sso`: a service provider asks who is there (SAML profiles §4.1). The answer comes
//! at once from the browser's session, or after a sign-in with the card.

mod ask;

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use warifu_saml::Status;
use warifu_saml::names::{NAMEID_TRANSIENT, NAMEID_UNSPECIFIED};
use warifu_service::Problem;

use crate::answer::Reply;
use crate::assurance::Level;
use crate::browser::Browser;
use crate::centre::{Centre, refuse};
use crate::config::AttributeName;
use crate::login::{Begin, begin as begin_login};
use crate::refusals;
use crate::store::{Asker, SecretHash, Session, Task};
use crate::view::{Address, View};

use ask::Ask;

/// Takes an AuthnRequest.
pub(crate) async fn begin(
    State(centre): State<Arc<Centre>>,
    browser: Browser,
    view: View,
    address: Address,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let providers = centre.providers();
    let query = query.unwrap_or_default();
    let ask = ask::read(&query, &providers, &centre.sso_url, centre.now())?;
    refusals::about_provider(&ask.provider.entity_id);
    if !centre.throttle.admits_provider(&ask.provider.entity_id, centre.now()) {
        return Err(refuse(StatusCode::TOO_MANY_REQUESTS, "sso.throttled").retry_after(60));
    }
    let visit = Visit { centre: &centre, browser: &browser, view: &view, ask: &ask };
    match visit.next().await? {
        Next::Answer(response) => Ok(response),
        Next::Decline(status) => visit.reply(Level::High).decline(status, &view),
        Next::SignIn { level, within } => {
            let what = visit.begin(level, within);
            begin_login(&centre, &browser, (&view, &address), what).await
        }
    }
}

/// One request of one browser.
struct Visit<'a> {
    centre: &'a Centre,
    browser: &'a Browser,
    view: &'a View,
    ask: &'a Ask<'a>,
}

/// What to do about it.
enum Next {
    Answer(Response),
    Decline(Status),
    SignIn { level: Level, within: Option<SecretHash> },
}

impl Visit<'_> {
    async fn next(&self) -> Result<Next, Problem> {
        let request = &self.ask.request;
        let name_id = request.name_id_format.as_deref();
        if name_id.is_some_and(|format| ![NAMEID_TRANSIENT, NAMEID_UNSPECIFIED].contains(&format)) {
            return Ok(Next::Decline(Status::InvalidNameIdPolicy));
        }
        match Level::requested(request.requested_context.as_ref()) {
            None => Ok(Next::Decline(Status::NoAuthnContext)),
            Some(Level::Presence) => self.presence().await,
            Some(level) => self.person(level).await,
        }
    }

    /// Who is there? From the session, unless the provider wants it proven anew or more surely.
    async fn person(&self, level: Level) -> Result<Next, Problem> {
        let session = self.centre.session(self.browser).await?;
        let will_do = |session: &Session| session.level >= level && !self.ask.request.force_authn;
        if let Some(session) = session.filter(will_do) {
            let reply = self.reply(level);
            return Ok(Next::Answer(reply.person(&session, None, self.view).await?));
        }
        if self.ask.request.is_passive {
            return Ok(Next::Decline(Status::NoPassive));
        }
        Ok(Next::SignIn { level, within: None })
    }

    /// Whose card lies on the desk? Staff alone may ask, through a provider that gets tickets.
    async fn presence(&self) -> Result<Next, Problem> {
        let provider = self.ask.provider;
        let session = self.centre.session(self.browser).await?;
        let desk = self.centre.desk(session).await?;
        match desk {
            Some(_) if self.ask.request.is_passive => Ok(Next::Decline(Status::NoPassive)),
            Some((session, _))
                if provider.may_know(AttributeName::RelayTicket)
                    && provider.thumbprint.is_some() =>
            {
                Ok(Next::SignIn { level: Level::Presence, within: Some(session.id) })
            }
            _ => Ok(Next::Decline(Status::RequestDenied)),
        }
    }

    fn reply(&self, level: Level) -> Reply<'_> {
        Reply {
            centre: self.centre,
            provider: self.ask.provider,
            acs: &self.ask.acs,
            request: &self.ask.request.id,
            relay_state: self.ask.relay_state.as_deref(),
            level,
        }
    }

    fn begin(&self, level: Level, within: Option<SecretHash>) -> Begin {
        let asker = Asker {
            provider: self.ask.provider.entity_id.clone(),
            acs: self.ask.acs.clone(),
            request: self.ask.request.id.clone(),
            relay_state: self.ask.relay_state.clone(),
        };
        Begin { task: Task::SignIn, asker: Some(asker), level, within }
    }
}

#[cfg(test)]
mod tests;
