//! The person's own steps: this is me, this is somebody else, stop, go on, end.

use axum::Json;
use axum::extract::{Path, State as Part};
use warifu_connectors::SourceError;
use warifu_contract::calendar::today_in_japan;
use warifu_contract::coverage::Validity;
use warifu_contract::linking::portal::{FrozenBy, LinkList, LinkStep};
use warifu_contract::linking::{Candidate, EndReason, EndRequest};
use warifu_log::{Action, Outcome};
use warifu_service::Problem;

use super::access::{Found, Step, conflict, find, holder, silent};
use super::store::Told;
use super::{Ceremony, Read, State, holders, notices, view};
use crate::caller::Caller;
use crate::directory::Answerer;
use crate::events::{self, LinkActor, RELAY};
use crate::idempotency::require_key;
use crate::links::{Link, Terms};
use crate::relay::Relay;
use crate::token::log_problem;

/// One step on its way, with what it is about.
struct Own<'a> {
    relay: &'a Relay,
    caller: &'a Caller,
    id: &'a str,
    key: &'a str,
}

/// This is me: the link is made.
#[utoipa::path(
    post,
    path = "/links/{id}/confirm",
    request_body = LinkStep,
    responses(
        (status = 200, body = LinkList),
        (status = "4XX", body = warifu_service::problem::ProblemDocument),
        (status = 503, description = "The holder gives no answer",
         body = warifu_service::problem::ProblemDocument),
    )
)]
pub(crate) async fn confirm(
    Part(relay): Part<Relay>,
    caller: Caller,
    Path(id): Path<String>,
    Json(step): Json<LinkStep>,
) -> Result<Json<LinkList>, Problem> {
    let own = Own::new(&relay, &caller, &id, &step)?;
    if let Found::Ceremony(read) = own.found().await? {
        own.confirm(&read).await?;
    }
    own.list().await
}

/// This is somebody else: nothing is linked, and the holder looks into it. Of a link that was made,
/// the same, and it ends.
#[utoipa::path(
    post,
    path = "/links/{id}/decline",
    request_body = LinkStep,
    responses(
        (status = 200, body = LinkList),
        (status = "4XX", body = warifu_service::problem::ProblemDocument),
    )
)]
pub(crate) async fn decline(
    Part(relay): Part<Relay>,
    caller: Caller,
    Path(id): Path<String>,
    Json(step): Json<LinkStep>,
) -> Result<Json<LinkList>, Problem> {
    let own = Own::new(&relay, &caller, &id, &step)?;
    match own.found().await? {
        Found::Ceremony(read) => own.decline(&read).await?,
        Found::Link(link) => {
            let last = (Action::LinkDeclined, State::Declined, EndReason::Declined);
            own.retire(&link, last).await?;
        }
    }
    own.list().await
}

/// Stops a link: its holder is asked nothing any more.
#[utoipa::path(
    post,
    path = "/links/{id}/freeze",
    request_body = LinkStep,
    responses(
        (status = 200, body = LinkList),
        (status = "4XX", body = warifu_service::problem::ProblemDocument),
    )
)]
pub(crate) async fn freeze(
    Part(relay): Part<Relay>,
    caller: Caller,
    Path(id): Path<String>,
    Json(step): Json<LinkStep>,
) -> Result<Json<LinkList>, Problem> {
    let own = Own::new(&relay, &caller, &id, &step)?;
    let link = own.link().await?;
    if !link.terms.is_frozen() {
        own.log("freeze", Action::LinkFrozen, &link.connector).await?;
        let terms = Terms { frozen_by: Some(FrozenBy::Oneself), ..link.terms.clone() };
        relay.links().change(&caller.grant.subject, &Link { terms, ..link }).await?;
    }
    own.list().await
}

/// Lets a link go on that the person stopped.
#[utoipa::path(
    post,
    path = "/links/{id}/thaw",
    request_body = LinkStep,
    responses(
        (status = 200, body = LinkList),
        (status = "4XX", body = warifu_service::problem::ProblemDocument),
    )
)]
pub(crate) async fn thaw(
    Part(relay): Part<Relay>,
    caller: Caller,
    Path(id): Path<String>,
    Json(step): Json<LinkStep>,
) -> Result<Json<LinkList>, Problem> {
    let own = Own::new(&relay, &caller, &id, &step)?;
    let link = own.link().await?;
    match link.terms.frozen_by {
        None => {}
        Some(FrozenBy::Staff) => return Err(conflict("link.frozen-by-staff")),
        Some(FrozenBy::Oneself) => {
            own.log("thaw", Action::LinkThawed, &link.connector).await?;
            let terms = Terms { frozen_by: None, ..link.terms.clone() };
            relay.links().change(&caller.grant.subject, &Link { terms, ..link }).await?;
        }
    }
    own.list().await
}

/// Ends a link, and its pseudonym with it.
#[utoipa::path(
    post,
    path = "/links/{id}/end",
    request_body = LinkStep,
    responses(
        (status = 200, body = LinkList),
        (status = "4XX", body = warifu_service::problem::ProblemDocument),
    )
)]
pub(crate) async fn end(
    Part(relay): Part<Relay>,
    caller: Caller,
    Path(id): Path<String>,
    Json(step): Json<LinkStep>,
) -> Result<Json<LinkList>, Problem> {
    let own = Own::new(&relay, &caller, &id, &step)?;
    match own.found().await? {
        Found::Link(link) => {
            let last = (Action::LinkEnded, State::Ended, EndReason::Unlinked);
            own.retire(&link, last).await?;
        }
        Found::Ceremony(read) if read.ceremony.state == State::Ended => {}
        Found::Ceremony(_) => return Err(conflict("link.state")),
    }
    own.list().await
}

impl<'a> Own<'a> {
    fn new(
        relay: &'a Relay,
        caller: &'a Caller,
        id: &'a str,
        step: &'a LinkStep,
    ) -> Result<Self, Problem> {
        require_key(&step.idempotency_key)?;
        caller.require_own()?;
        Ok(Self { relay, caller, id, key: &step.idempotency_key })
    }

    fn subject(&self) -> &'a str {
        &self.caller.grant.subject
    }

    async fn found(&self) -> Result<Found, Problem> {
        find(self.relay, self.subject(), self.id).await
    }

    async fn link(&self) -> Result<Link, Problem> {
        match self.found().await? {
            Found::Link(link) => Ok(link),
            Found::Ceremony(_) => Err(conflict("link.state")),
        }
    }

    async fn list(&self) -> Result<Json<LinkList>, Problem> {
        Ok(Json(view::list(self.relay, self.subject()).await?))
    }

    async fn log(
        &self,
        name: &'static str,
        action: Action,
        connector: &str,
    ) -> Result<(), Problem> {
        let about = (self.caller.party.as_str(), self.subject(), connector);
        let event = events::link((action, LinkActor::Oneself), about, Outcome::Done);
        let Self { relay, caller, id, key } = *self;
        Step { relay, caller, name, id, key }.log(event).await
    }

    /// The connector first, because it may refuse, and a pseudonym that nobody uses does nothing;
    /// then the log; then the link.
    async fn confirm(&self, read: &Read) -> Result<(), Problem> {
        let State::Confirming { candidate } = &read.ceremony.state else {
            return Err(conflict("link.state"));
        };
        let chosen = read.ceremony.candidate(*candidate).ok_or_else(|| conflict("link.state"))?;
        self.bind(read, chosen).await?;
        self.log("confirm", Action::LinkMade, &read.connector).await?;
        let link = self.made(read, chosen);
        let moved = self.moved(&link).await?;
        let is_ours = self.relay.links().finish(self.subject(), read, &link, &moved).await?;
        if is_ours { Ok(()) } else { Err(conflict("link.changed")) }
    }

    async fn bind(&self, read: &Read, chosen: &Candidate) -> Result<(), Problem> {
        let holder = holder(self.relay, &read.connector)?;
        let errand = read.ceremony.errand.as_str();
        match holders::confirm_link(self.relay, holder, errand, &chosen.pseudonym).await {
            Ok(()) => Ok(()),
            Err(SourceError::Refused { code }) => Err(self.refused(read, &code).await?),
            Err(error) => Err(silent(&error)),
        }
    }

    /// The holder will not: somebody else is linked meanwhile, or the offer is over. The ceremony
    /// has failed, and may be begun again.
    async fn refused(&self, read: &Read, said: &str) -> Result<Problem, Problem> {
        let code = if said == "link.taken" { "link.taken" } else { "link.not-offered" };
        let state = State::Failed { code: code.to_owned() };
        let next = read.ceremony.in_state(state, self.relay.surroundings().now());
        let from = (read.connector.as_str(), read.version);
        self.relay.links().step(self.subject(), from, &next, None).await?;
        Ok(conflict(code))
    }

    fn made(&self, read: &Read, chosen: &Candidate) -> Link {
        let terms = Terms {
            errand: read.ceremony.errand.clone(),
            period: chosen.period,
            target: Some(chosen.target.clone()),
            ..Terms::plain(read.ceremony.id.clone(), self.relay.surroundings().now())
        };
        Link { connector: read.connector.clone(), pseudonym: chosen.pseudonym.clone(), terms }
    }

    /// Whoever comes to an insurer leaves the one before: the earlier link stays, so that what is
    /// kept there can still be seen, and its period ends the day before.
    async fn moved(&self, link: &Link) -> Result<Vec<Link>, Problem> {
        let is_insurer = |id: &str| {
            let holder = self.relay.directory().holder(id);
            holder.is_some_and(Answerer::insures)
        };
        if !is_insurer(&link.connector) {
            return Ok(Vec::new());
        }
        let today = today_in_japan(self.relay.surroundings().now());
        let from = link.terms.period.map_or(today, |period| period.from);
        let last = from.yesterday().unwrap_or(from);
        let others = self.relay.links().of(self.subject()).await?.into_iter();
        let left = others
            .filter(|other| other.connector != link.connector)
            .filter(|other| is_insurer(&other.connector));
        Ok(left.filter_map(|other| closed(other, last)).collect())
    }

    async fn decline(&self, read: &Read) -> Result<(), Problem> {
        match read.ceremony.state {
            State::Declined => return Ok(()),
            State::Confirming { .. } => {}
            _ => return Err(conflict("link.state")),
        }
        self.log("decline", Action::LinkDeclined, &read.connector).await?;
        let next = read.ceremony.in_state(State::Declined, self.relay.surroundings().now());
        let told = told(&next.errand, None, EndReason::Declined);
        let from = (read.connector.as_str(), read.version);
        if !self.relay.links().step(self.subject(), from, &next, Some(&told)).await? {
            return Err(conflict("link.changed"));
        }
        notices::tell_soon(self.relay);
        Ok(())
    }

    async fn retire(
        &self,
        link: &Link,
        (action, state, why): (Action, State, EndReason),
    ) -> Result<(), Problem> {
        self.log(why.word(), action, &link.connector).await?;
        let last = last(self.relay, link, state);
        let told = told(&link.terms.errand, Some(&link.pseudonym), why);
        self.relay.links().retire(self.subject(), link, &last, &told).await?;
        notices::tell_soon(self.relay);
        Ok(())
    }
}

/// Ends every link of somebody for whom nobody speaks any more.
pub(crate) async fn end_all(relay: &Relay, subject: &str) -> Result<(), Problem> {
    for link in relay.links().of(subject).await? {
        let about = (RELAY, subject, link.connector.as_str());
        let event = events::link((Action::LinkEnded, LinkActor::Relay), about, Outcome::Done);
        relay.log().append(event).await.map_err(|error| log_problem(&error))?;
        let last = last(relay, &link, State::Ended);
        let told = told(&link.terms.errand, Some(&link.pseudonym), EndReason::Unlinked);
        relay.links().retire(subject, &link, &last, &told).await?;
    }
    notices::tell_soon(relay);
    Ok(())
}

/// What stands in the place of a link that is over.
fn last(relay: &Relay, link: &Link, state: State) -> Ceremony {
    let now = relay.surroundings().now();
    let Terms { id, errand, .. } = link.terms.clone();
    Ceremony::begun(id, errand, now).in_state(state, now)
}

pub(super) fn told(errand: &str, pseudonym: Option<&str>, why: EndReason) -> Told {
    let pseudonym = pseudonym.map(str::to_owned);
    Told { errand: errand.to_owned(), request: EndRequest { pseudonym, why } }
}

/// The link with its period ended on `last`, if it goes on beyond.
fn closed(link: Link, last: jiff::civil::Date) -> Option<Link> {
    let from = link.terms.period.map_or(last, |period| period.from.min(last));
    let goes_on =
        link.terms.period.is_none_or(|period| period.until.is_none_or(|until| until > last));
    goes_on.then(|| {
        let period = Some(Validity { from, until: Some(last) });
        Link { terms: Terms { period, ..link.terms.clone() }, ..link }
    })
}
