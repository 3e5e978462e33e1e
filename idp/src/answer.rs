//! The answer to a service provider: a Response, signed, its assertion encrypted unless its
//! registration says otherwise, posted by the browser.

mod release;
mod ticket;

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use jiff::{SignedDuration, Timestamp};
use warifu_saml::names::{ATTRIBUTE_CANDIDATE, ATTRIBUTE_RELAY_TICKET};
use warifu_saml::{
    Assertion, Attribute, ErrorResponse, Issued, Protection, Status, issue, random_id,
};
use warifu_service::Problem;
use warifu_service::web::Page;

use crate::assurance::Level;
use crate::cards::Ending;
use crate::centre::{Centre, refuse};
use crate::config::{AttributeName, Origin};
use crate::consent::Agreed;
use crate::login::stale;
use crate::person::PersonId;
use crate::provider::{Provider, Providers};
use crate::store::{Asker, Party, Recorded, SecretHash, Session, StoreError};
use crate::view::View;

use release::uri;
pub(crate) use release::{Told, What};
use ticket::Subject;

/// How long an assertion may travel.
const ASSERTION_LASTS: SignedDuration = SignedDuration::from_mins(5);
/// A tap says who was there then; there is no session under it.
const PRESENCE_LASTS: SignedDuration = SignedDuration::from_mins(2);

/// A service provider waiting for its answer.
pub(crate) struct Reply<'a> {
    pub(crate) centre: &'a Centre,
    pub(crate) provider: &'a Provider,
    pub(crate) asker: &'a Asker,
}

/// The sign-in behind an answer, where there is one.
#[derive(Default)]
pub(crate) struct Behind<'a> {
    /// The end of the card's certificate, when the person is to be told of it first.
    pub(crate) ends_at: Option<Timestamp>,
    /// Its reference and its browser, when the answer is to use it up.
    pub(crate) uses_up: Option<(&'a str, SecretHash)>,
}

/// What an assertion says beside the request it answers.
struct Statement<'a> {
    class: &'static str,
    names: &'a Party,
    authenticated_at: Timestamp,
    session_ends: Timestamp,
    attributes: &'a [Attribute],
}

impl<'a> Reply<'a> {
    /// To whoever asked, as long as they are of the federation.
    pub(crate) fn to(
        centre: &'a Centre,
        asker: &'a Asker,
        providers: &'a Providers,
    ) -> Result<Self, Problem> {
        let provider = providers.find(&asker.provider).ok_or_else(stale)?;
        Ok(Self { centre, provider, asker })
    }
}

impl Reply<'_> {
    /// Whether whoever has this session is the one asked about, if the provider asks about one: by a
    /// name that it was given (SAML core §3.4.1.4).
    pub(crate) async fn is_about(&self, session: &Session) -> Result<bool, StoreError> {
        let Some(name) = &self.asker.wishes.subject else { return Ok(true) };
        if *name == self.lasting_name(&session.person) {
            return Ok(true);
        }
        let party = self.centre.store.party(&session.id, &self.provider.entity_id).await?;
        Ok(party.is_some_and(|party| party.name_id == *name))
    }

    /// Says who is there, from their session, as far as they agreed.
    pub(crate) async fn person(
        &self,
        session: &Session,
        agreed: Agreed,
        behind: Behind<'_>,
        view: &View,
    ) -> Result<Response, Problem> {
        let class = self.asker.wishes.wanted.said_of(session.level).ok_or_else(stale)?;
        let session_ends = self.provider.terms.end_of(session);
        if session_ends <= self.centre.now() {
            return Err(stale());
        }
        let names = match self.record(session, behind.uses_up).await? {
            Recorded::Now(names) => names,
            Recorded::Before => return Err(replayed()),
            Recorded::SessionOver | Recorded::LoginGone => return Err(stale()),
        };
        let statement = Statement {
            class: class.uri,
            names: &names,
            authenticated_at: session.authenticated_at,
            session_ends,
            attributes: &self.attributes(session, agreed)?,
        };
        self.post(&self.issue(&statement)?, behind.ends_at, view)
    }

    async fn record(
        &self,
        session: &Session,
        login: Option<(&str, SecretHash)>,
    ) -> Result<Recorded, StoreError> {
        let (store, fresh) = (&self.centre.store, self.fresh_names(&session.person));
        let (request, now) = (self.asker.request.as_ref(), self.centre.now());
        match login {
            None => store.record_answer(&session.id, &fresh, request, now).await,
            Some((id, browser)) => {
                let login = (id, &browser);
                store.record_last_answer(&session.id, &fresh, request, login, now).await
            }
        }
    }

    /// Says to the desk whose card was tapped, in a ticket that only the relay can read.
    pub(crate) async fn presence(
        &self,
        desk: &Session,
        patient: &PersonId,
        tapped_at: Timestamp,
        view: &View,
    ) -> Result<Response, Problem> {
        self.claim().await?;
        let subject = Subject::Patient { patient, desk };
        let ticket = self.ticket(&subject, tapped_at)?;
        let attribute = |ticket| Attribute::new(ATTRIBUTE_RELAY_TICKET, [ticket]);
        let attributes: Vec<_> = ticket.map(attribute).into_iter().collect();
        let statement = Statement {
            class: Level::Presence.class(),
            names: &self.one_time_names(),
            authenticated_at: tapped_at,
            session_ends: self.centre.now() + PRESENCE_LASTS,
            attributes: &attributes,
        };
        self.post(&self.issue(&statement)?, None, view)
    }

    /// Says to a desk who it might be whose card's number was read: by a name of its own, so that
    /// whoever overlooks the class has learnt of nobody who signed in, and with no ticket.
    pub(crate) async fn candidate(
        &self,
        person: &PersonId,
        read_at: Timestamp,
        view: &View,
    ) -> Result<Response, Problem> {
        if !(self.provider.terms.identification && self.centre.identifies()) {
            return self.decline(Status::RequestDenied, view);
        }
        self.claim().await?;
        let pairwise = &self.centre.keys.pairwise;
        let candidate = pairwise.subject(&self.provider.entity_id, person);
        let statement = Statement {
            class: Level::Identifier.class(),
            names: &self.one_time_names(),
            authenticated_at: read_at,
            session_ends: self.centre.now() + PRESENCE_LASTS,
            attributes: &[Attribute::new(ATTRIBUTE_CANDIDATE, [candidate])],
        };
        self.post(&self.issue(&statement)?, None, view)
    }

    /// Answers the request now and never again.
    async fn claim(&self) -> Result<(), Problem> {
        let request = self.asker.request.as_ref().ok_or_else(stale)?;
        if self.centre.store.claim_request(&self.provider.entity_id, request).await? {
            return Ok(());
        }
        Err(replayed())
    }

    /// Says why there is no answer.
    pub(crate) fn decline(&self, status: Status, view: &View) -> Result<Response, Problem> {
        tracing::info!(?status, provider = self.provider.entity_id, "declined");
        let response = ErrorResponse {
            issuer: &self.centre.entity_id,
            acs_url: &self.asker.acs,
            in_response_to: self.asker.request_id(),
            issued_at: self.centre.now(),
            status,
            message: None,
        };
        let signer = self.centre.keys.saml(self.provider.signing);
        let issued = issue::error_response(&response, signer, &mut self.centre.random())
            .map_err(|cause| Problem::internal(&cause))?;
        self.post(&issued, None, view)
    }

    fn issue(&self, statement: &Statement<'_>) -> Result<Issued, Problem> {
        let now = self.centre.now();
        let assertion = Assertion {
            issuer: &self.centre.entity_id,
            audience: &self.provider.entity_id,
            acs_url: &self.asker.acs,
            in_response_to: self.asker.request_id(),
            name_id: &statement.names.name(&self.centre.entity_id),
            session_index: &statement.names.session_index,
            context_class: statement.class,
            issued_at: now,
            authenticated_at: statement.authenticated_at,
            not_on_or_after: now + ASSERTION_LASTS,
            session_not_on_or_after: statement.session_ends,
            attributes: statement.attributes,
        };
        let protection = Protection {
            signer: self.centre.keys.saml(self.provider.signing),
            encrypt_to: self.provider.encrypt_to.as_ref(),
            sign_assertion: self.provider.role.want_assertions_signed,
        };
        let (class, provider) = (statement.class, &self.provider.entity_id);
        tracing::info!(class, provider, "answered a service provider");
        issue::response(&assertion, &protection, &mut self.centre.random())
            .map_err(|cause| Problem::internal(&cause))
    }

    /// What was agreed to, as it goes over the wire; the tickets are made now.
    fn attributes(&self, session: &Session, agreed: Agreed) -> Result<Vec<Attribute>, Problem> {
        let told = agreed.told();
        let mut attributes = Vec::with_capacity(told.len());
        for Told { what, values } in told {
            let What::Attribute(name) = what else { continue };
            let values = match name {
                AttributeName::RelayTicket => {
                    let subject = Subject::Oneself(session);
                    self.ticket(&subject, session.authenticated_at)?.into_iter().collect()
                }
                AttributeName::OfficeTicket => self.office_ticket(session)?.into_iter().collect(),
                _ => values,
            };
            if !values.is_empty() {
                attributes.push(Attribute::new(uri(name), values));
            }
        }
        Ok(attributes)
    }

    /// The names by which a provider knows a person for the length of a session, or for good.
    fn fresh_names(&self, person: &PersonId) -> Party {
        let names = self.one_time_names();
        if !self.asker.wishes.lasting {
            return names;
        }
        Party { name_id: self.lasting_name(person), ..names }
    }

    fn one_time_names(&self) -> Party {
        let random = &mut self.centre.random();
        Party {
            provider: self.provider.entity_id.clone(),
            name_id: random_id(random),
            session_index: random_id(random),
        }
    }

    fn lasting_name(&self, person: &PersonId) -> String {
        self.centre.keys.pairwise.lasting_name(&self.provider.entity_id, person)
    }

    /// The page that posts the answer; it may post there and nowhere else. It waits for the person
    /// when there is something to read first.
    fn post(
        &self,
        issued: &Issued,
        ends_at: Option<Timestamp>,
        view: &View,
    ) -> Result<Response, Problem> {
        let words = &self.centre.words;
        let provider = self.provider.name(view.language);
        let voice = view.voice(words);
        let page = AnswerPage {
            page: view.last_page(words),
            title: voice.tell("answer-title", &[("provider", provider.as_str().into())]),
            submit: voice.tell("answer-continue", &[("provider", provider.as_str().into())]),
            acs: &self.asker.acs,
            response: &issued.post_field(),
            relay_state: self.asker.relay_state.as_deref(),
            ending: ends_at.map(|end| Ending::new(end, self.centre.now(), voice)),
        };
        let target = Origin::of(&self.asker.acs).map_or_else(String::new, String::from);
        view.render(&page, &format!("script-src 'self'; form-action {target}"))
    }
}

fn replayed() -> Problem {
    refuse(StatusCode::CONFLICT, "login.replayed")
}

#[derive(Template)]
#[template(path = "answer.html")]
struct AnswerPage<'a> {
    page: Page<'a>,
    title: String,
    submit: String,
    acs: &'a str,
    /// In base64, in which nothing is to be escaped.
    response: &'a str,
    relay_state: Option<&'a str>,
    ending: Option<Ending>,
}
