//! The answer to a service provider: a Response, signed, its assertion encrypted where the provider
//! can decrypt it, posted by the browser.

mod release;
mod ticket;

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use jiff::{SignedDuration, Timestamp};
use warifu_saml::{
    Assertion, Attribute, ErrorResponse, Issued, NameId, Protection, Status, issue, random_id,
};
use warifu_service::Problem;
use warifu_service::web::Page;

use crate::assurance::Level;
use crate::cards::Ending;
use crate::centre::{Centre, refuse};
use crate::config::{AttributeName, Origin};
use crate::login::stale;
use crate::person::{Person, PersonId};
use crate::provider::Provider;
use crate::store::{Party, Recorded, Session};
use crate::view::View;

use ticket::Subject;

/// How long an assertion may travel.
const ASSERTION_LASTS: SignedDuration = SignedDuration::from_mins(5);
/// A tap says who was there then; there is no session under it.
const PRESENCE_LASTS: SignedDuration = SignedDuration::from_mins(2);

/// A request waiting for its answer.
pub(crate) struct Reply<'a> {
    pub(crate) centre: &'a Centre,
    pub(crate) provider: &'a Provider,
    pub(crate) acs: &'a str,
    pub(crate) request: &'a str,
    pub(crate) relay_state: Option<&'a str>,
    /// What was asked for, which is what is said: a session of a higher level meets it.
    pub(crate) level: Level,
}

/// What an assertion says beside the request it answers.
struct Statement<'a> {
    level: Level,
    names: &'a Party,
    authenticated_at: Timestamp,
    session_ends: Timestamp,
    attributes: &'a [Attribute],
}

impl Reply<'_> {
    /// Says who is there, from their session.
    ///
    /// `ends_at` is the end of the card's certificate, when the person is to be told of it first.
    pub(crate) async fn person(
        &self,
        session: &Session,
        ends_at: Option<Timestamp>,
        view: &View,
    ) -> Result<Response, Problem> {
        let person = self.centre.person(&session.person).await?;
        let (store, fresh) = (&self.centre.store, self.fresh_names());
        let now = self.centre.now();
        let names = match store.record_answer(&session.id, &fresh, self.request, now).await? {
            Recorded::Now(names) => names,
            Recorded::Before => return Err(replayed()),
            Recorded::SessionOver => return Err(stale()),
        };
        let attributes = self.person_attributes(session, &person)?;
        let statement = Statement {
            level: self.level.min(session.level),
            names: &names,
            authenticated_at: session.authenticated_at,
            session_ends: session.expires_at,
            attributes: &attributes,
        };
        self.post(&self.issue(&statement)?, ends_at, view)
    }

    /// Says to the desk whose card was tapped, in a ticket that only the relay can read.
    pub(crate) async fn presence(
        &self,
        desk: (&Session, &Person),
        patient: &PersonId,
        tapped_at: Timestamp,
        view: &View,
    ) -> Result<Response, Problem> {
        let now = self.centre.now();
        let entity = &self.provider.entity_id;
        if !self.centre.store.claim_request(entity, self.request, now).await? {
            return Err(replayed());
        }
        let subject = Subject::Patient { patient, staff: &desk.0.person, at_desk: desk.1 };
        let ticket = self.ticket(&subject, tapped_at)?;
        let attributes: Vec<_> = ticket.into_iter().collect();
        let statement = Statement {
            level: Level::Presence,
            names: &self.fresh_names(),
            authenticated_at: tapped_at,
            session_ends: now + PRESENCE_LASTS,
            attributes: &attributes,
        };
        self.post(&self.issue(&statement)?, None, view)
    }

    /// Says why there is no answer.
    pub(crate) fn decline(&self, status: Status, view: &View) -> Result<Response, Problem> {
        tracing::info!(?status, provider = self.provider.entity_id, "declined");
        let response = ErrorResponse {
            issuer: &self.centre.entity_id,
            acs_url: self.acs,
            in_response_to: self.request,
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
            acs_url: self.acs,
            in_response_to: Some(self.request),
            name_id: &NameId::transient(&statement.names.name_id),
            session_index: &statement.names.session_index,
            context_class: statement.level.class(),
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
        let (level, provider) = (statement.level.as_str(), &self.provider.entity_id);
        tracing::info!(level, provider, "answered a service provider");
        issue::response(&assertion, &protection, &mut self.centre.random())
            .map_err(|cause| Problem::internal(&cause))
    }

    fn person_attributes(
        &self,
        session: &Session,
        person: &Person,
    ) -> Result<Vec<Attribute>, Problem> {
        let pairwise = self.centre.keys.pairwise.subject(&self.provider.entity_id, &session.person);
        let scope = self.centre.config.public_url.host();
        let mut attributes = release::about(self.provider, person, &pairwise, scope);
        if self.provider.may_know(AttributeName::RelayTicket) {
            let subject = Subject::Oneself { session, person };
            attributes.extend(self.ticket(&subject, session.authenticated_at)?);
        }
        if self.provider.may_know(AttributeName::OfficeTicket) {
            attributes.extend(self.office_ticket(session, person)?);
        }
        Ok(attributes)
    }

    /// The names by which a provider knows a person for the length of a session.
    fn fresh_names(&self) -> Party {
        let random = &mut self.centre.random();
        Party {
            provider: self.provider.entity_id.clone(),
            name_id: random_id(random),
            session_index: random_id(random),
        }
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
        let voice = words.in_(view.language);
        let page = AnswerPage {
            page: view.page(words),
            title: voice.tell("answer-title", &[("provider", provider.as_str().into())]),
            submit: voice.tell("answer-continue", &[("provider", provider.as_str().into())]),
            acs: self.acs,
            response: &issued.post_field(),
            relay_state: self.relay_state,
            ending: ends_at.map(|end| Ending::new(end, self.centre.now(), voice)),
        };
        let target = Origin::of(self.acs).map_or_else(String::new, String::from);
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
    response: &'a str,
    relay_state: Option<&'a str>,
    ending: Option<Ending>,
}
