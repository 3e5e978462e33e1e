//! `GET /saml/sso`: a service provider asks who is there (SAML profiles §4.1). The answer comes
//! at once from the browser's session, or after a sign-in with the card, or after the person has
//! agreed to it.

mod ask;
mod unsolicited;
mod wish;

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use warifu_saml::Status;
use warifu_service::Problem;

use crate::answer::{Behind, Reply};
use crate::assurance::Level;
use crate::browser::Browser;
use crate::centre::{Centre, refuse};
use crate::config::AttributeName;
use crate::consent::{self, Agreed, Standing};
use crate::login::{Begin, begin as begin_login};
use crate::provider::Provider;
use crate::refusals;
use crate::store::{Asker, SecretHash, Session, Task};
use crate::view::{Address, View};

pub(crate) use unsolicited::unsolicited;

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
    admit(&centre, ask.provider)?;
    let wishes = wish::read(&ask.request, ask.provider, (&centre.entity_id, centre.identifies()));
    let asker = ask.asker(wishes.clone().unwrap_or_default());
    let visit = Visit {
        centre: &centre,
        browser: &browser,
        view: &view,
        address: &address,
        provider: ask.provider,
        asker: &asker,
        force_authn: ask.request.force_authn,
        is_passive: ask.request.is_passive,
    };
    let next = match wishes {
        Ok(_) => visit.next().await?,
        Err(status) => Next::Decline(status),
    };
    visit.go(next).await
}

/// Whether the provider does not send people too fast; whatever is refused from here on is noted with
/// its name.
fn admit(centre: &Centre, provider: &Provider) -> Result<(), Problem> {
    refusals::about_provider(&provider.entity_id);
    if !centre.throttle.admits_provider(&provider.entity_id, centre.now()) {
        return Err(refuse(StatusCode::TOO_MANY_REQUESTS, "sso.throttled").retry_after(60));
    }
    Ok(())
}

/// One browser that a service provider sent, or is to get.
struct Visit<'a> {
    centre: &'a Centre,
    browser: &'a Browser,
    view: &'a View,
    address: &'a Address,
    provider: &'a Provider,
    asker: &'a Asker,
    force_authn: bool,
    is_passive: bool,
}

/// What to do about it.
enum Next {
    /// Answer from this session.
    Answer(Session, Agreed),
    /// Ask the person of this session first.
    Ask(Session),
    Decline(Status),
    SignIn {
        level: Level,
        within: Option<SecretHash>,
    },
}

impl Visit<'_> {
    async fn next(&self) -> Result<Next, Problem> {
        let session = self.centre.session(self.browser).await?;
        let session = session.filter(|it| self.provider.terms.takes(it, self.centre.now()));
        let wanted = &self.asker.wishes.wanted;
        let next = if wanted.is_tap() {
            self.presence(session)
        } else if wanted.is_identifier() {
            Self::at_desk(session, Level::Identifier)
        } else {
            self.person(session).await?
        };
        let needs_person = matches!(next, Next::Ask(_) | Next::SignIn { .. });
        let asks_in_vain = self.is_passive && needs_person;
        Ok(if asks_in_vain { Next::Decline(Status::NoPassive) } else { next })
    }

    /// Who is there? From the session, unless the provider wants it proven anew or more surely, or has
    /// shorter limits. Who proves more does so as the person that is signed in.
    async fn person(&self, session: Option<Session>) -> Result<Next, Problem> {
        let level = self.asker.wishes.wanted.least();
        let Some(session) = session.filter(|_| !self.force_authn) else {
            return Ok(Next::SignIn { level, within: None });
        };
        if !self.reply().is_about(&session).await? {
            return Ok(Next::Decline(Status::UnknownPrincipal));
        }
        if session.level < level {
            return Ok(Next::SignIn { level, within: Some(session.id) });
        }
        Ok(match consent::standing(&self.reply(), &session).await? {
            Standing::Agreed(agreed) => Next::Answer(session, agreed),
            Standing::Open(_) => Next::Ask(session),
        })
    }

    /// Whose card lies on the desk? Staff alone may ask, through a provider that gets tickets.
    fn presence(&self, session: Option<Session>) -> Next {
        let gets_tickets = self.provider.may_know(AttributeName::RelayTicket)
            && self.provider.thumbprint.is_some();
        Self::at_desk(session.filter(|_| gets_tickets), Level::Presence)
    }

    /// What staff alone may ask for, signed in at a desk.
    fn at_desk(session: Option<Session>, level: Level) -> Next {
        let may = if level == Level::Presence { Session::may_tap } else { Session::is_of_desk };
        match session.filter(may) {
            Some(session) => Next::SignIn { level, within: Some(session.id) },
            None => Next::Decline(Status::RequestDenied),
        }
    }

    async fn go(&self, next: Next) -> Result<Response, Problem> {
        match next {
            Next::Answer(session, agreed) => {
                self.reply().person(&session, agreed, Behind::default(), self.view).await
            }
            Next::Decline(status) => self.reply().decline(status, self.view),
            Next::Ask(session) => {
                let level = session.level;
                self.begin(Begin { known: Some(session), ..self.sign_in(level, None) }).await
            }
            Next::SignIn { level, within } => self.begin(self.sign_in(level, within)).await,
        }
    }

    fn sign_in(&self, level: Level, within: Option<SecretHash>) -> Begin {
        let asker = Some(self.asker.clone());
        Begin { task: Task::SignIn, asker, level, within, known: None, onward: None }
    }

    async fn begin(&self, what: Begin) -> Result<Response, Problem> {
        begin_login(self.centre, self.browser, (self.view, self.address), what).await
    }

    fn reply(&self) -> Reply<'_> {
        Reply { centre: self.centre, provider: self.provider, asker: self.asker }
    }
}

#[cfg(test)]
mod hostile_tests;
#[cfg(test)]
mod ladder_tests;
#[cfg(test)]
mod limits_tests;
#[cfg(test)]
pub(crate) mod tests;
#[cfg(test)]
mod wish_tests;
