//! `GET /saml/sso`: a service provider asks who is there (SAML profiles §4.1). The answer comes
//! at once from the browser's session, or after a sign-in with the card.

mod ask;

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::http::header::SET_COOKIE;
use axum::response::{IntoResponse as _, Redirect, Response};
use jiff::SignedDuration;
use warifu_saml::Status;
use warifu_saml::names::{NAMEID_TRANSIENT, NAMEID_UNSPECIFIED};
use warifu_service::Problem;

use crate::answer::Reply;
use crate::assurance::Level;
use crate::browser::{Browser, Cookie};
use crate::centre::{Centre, refuse};
use crate::config::AttributeName;
use crate::store::{NewLogin, SecretHash, hash_of};
use crate::view::{Address, View};

use ask::Ask;

/// How long a person may take to sign in.
pub(crate) const LOGIN_LASTS: SignedDuration = SignedDuration::from_mins(15);

/// Takes an AuthnRequest.
pub(crate) async fn begin(
    State(centre): State<Arc<Centre>>,
    browser: Browser,
    view: View,
    Address(address): Address,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let providers = centre.providers();
    let query = query.unwrap_or_default();
    let ask = ask::read(&query, &providers, &centre.sso_url, centre.now())?;
    let visit = Visit { centre: &centre, browser: &browser, view: &view, ask: &ask };
    match visit.next().await? {
        Next::Answer(response) => Ok(response),
        Next::Decline(status) => visit.reply().decline(status, &view),
        Next::SignIn { level, desk } => {
            if !centre.throttle.admits(address, centre.now()) {
                let problem = refuse(StatusCode::TOO_MANY_REQUESTS, "login.throttled");
                return Err(problem.retry_after(60));
            }
            visit.sign_in(level, desk).await
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
    SignIn { level: Level, desk: Option<SecretHash> },
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
            Some(Level::High) => self.person().await,
            Some(Level::Presence) => self.presence().await,
        }
    }

    /// Who is there? From the session, unless the provider wants it proven anew.
    async fn person(&self) -> Result<Next, Problem> {
        let session = self.centre.session(self.browser).await?;
        if let Some(session) = session.filter(|_| !self.ask.request.force_authn) {
            return Ok(Next::Answer(self.reply().person(&session, self.view).await?));
        }
        if self.ask.request.is_passive {
            return Ok(Next::Decline(Status::NoPassive));
        }
        Ok(Next::SignIn { level: Level::High, desk: None })
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
                Ok(Next::SignIn { level: Level::Presence, desk: Some(session.id) })
            }
            _ => Ok(Next::Decline(Status::RequestDenied)),
        }
    }

    fn reply(&self) -> Reply<'_> {
        Reply {
            centre: self.centre,
            provider: self.ask.provider,
            acs: &self.ask.acs,
            request: &self.ask.request.id,
            relay_state: self.ask.relay_state.as_deref(),
        }
    }

    /// Begins a sign-in, bound to this browser by a cookie, and shows the login page. Sign-ins in
    /// several tabs share the cookie.
    async fn sign_in(&self, level: Level, desk: Option<SecretHash>) -> Result<Response, Problem> {
        let secret = self.browser.login_secret();
        let secret = secret.map_or_else(|| self.centre.surroundings.token(), str::to_owned);
        let id = self.centre.reference();
        let login = NewLogin {
            id: &id,
            browser: hash_of(&secret),
            provider: &self.ask.provider.entity_id,
            acs: &self.ask.acs,
            request: &self.ask.request.id,
            relay_state: self.ask.relay_state.as_deref(),
            level,
            desk,
            expires_at: self.centre.now() + LOGIN_LASTS,
        };
        self.centre.store.add_login(&login).await?;
        let chosen =
            self.view.chosen_language().map(|language| format!("&lang={}", language.tag()));
        let page = format!("/login?tx={id}{}", chosen.unwrap_or_default());
        let mut response = Redirect::to(&page).into_response();
        if let Some(cookie) = Cookie::Login.set(&secret, Some(LOGIN_LASTS)) {
            response.headers_mut().append(SET_COOKIE, cookie);
        }
        Ok(response)
    }
}

#[cfg(test)]
mod tests;
