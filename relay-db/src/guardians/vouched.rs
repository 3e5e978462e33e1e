//! Wards at holders who know no insurance cards, of check-ups, of pensions, of declared services: found
//! by vouchers of the card office, as anybody is whose card signed in. The office proved whom the papers
//! name; each insurer says that this is the person on its card.

use std::collections::BTreeMap;

use futures::future::try_join_all;
use warifu_connectors::SourceError;
use warifu_contract::identity::MatchLevel;
use warifu_contract::linking::{CompareRequest, Comparison, Item, MatchAnswer, VouchersRequest};
use warifu_contract::mandate::guardian::ApplicationRequest;
use warifu_contract::services::ServiceId;
use warifu_pki::voucher::errand;
use warifu_service::Problem;
use warifu_service::http::Deadline;

use super::staff::{conflict, invalid, silent};
use super::store::{Found, Proposed};
use super::wards::is_ward;
use crate::directory::Answerer;
use crate::linking::{OfficeError, holders};
use crate::relay::Relay;

/// A search for the person on the papers.
pub(super) struct Search<'a> {
    /// The secret that only the office and the relay know.
    pub ceremony: String,
    /// Whom the office proved, sealed to it; without it nobody is looked for.
    pub sealed: Option<String>,
    /// What the guardian asked for.
    pub wanted: &'a ApplicationRequest,
    pub until: Deadline,
}

/// Sealed vouchers by connector.
type Vouchers = BTreeMap<String, String>;

impl Search<'_> {
    /// `proposed` with those whom holders of what is wanted find, and with the holders who find
    /// nobody. Somebody with an own card links these with it.
    pub async fn among_holders(
        self,
        relay: &Relay,
        mut proposed: Proposed,
    ) -> Result<Proposed, Problem> {
        let open = self.open(relay, &proposed).await?;
        let may = proposed.subject().is_none_or(|subject| is_ward(subject));
        let (Some(sealed), true, false) = (&self.sealed, may, open.is_empty()) else {
            proposed.without = open;
            return Ok(proposed);
        };
        let vouchers = self.vouchers(relay, sealed).await?;
        let compared = proposed.found().map(|found| self.require_same(relay, found, &vouchers));
        try_join_all(compared).await?;
        let searched = open.iter().map(|id| self.find(relay, id, &vouchers));
        for (found, id) in try_join_all(searched).await?.into_iter().zip(open) {
            match found {
                Some(found) => proposed.more.push(found),
                None => proposed.without.push(id),
            }
        }
        Ok(proposed)
    }

    /// The holders of what is wanted, as far as the person is not linked there yet.
    async fn open(&self, relay: &Relay, proposed: &Proposed) -> Result<Vec<String>, Problem> {
        let linked = match proposed.subject() {
            Some(subject) => relay.links().of(subject).await?,
            None => Vec::new(),
        };
        let is_open = |id: &&str| {
            !linked.iter().any(|link| link.connector == *id)
                && !proposed.found().any(|found| found.connector == *id)
        };
        // Insurers are asked by the cards that are shown to staff, and no others.
        let holds = |holder: &&Answerer| {
            let wanted = &self.wanted.services;
            !holder.insures() && holder.services().iter().any(|one| wanted.contains(one))
        };
        let mut open: Vec<&str> = self.wanted.declared.iter().map(ServiceId::connector).collect();
        open.extend(relay.directory().linked().filter(holds).map(Answerer::id));
        open.sort_unstable();
        open.dedup();
        Ok(open.into_iter().filter(is_open).map(str::to_owned).collect())
    }

    async fn vouchers(&self, relay: &Relay, sealed: &str) -> Result<Vouchers, Problem> {
        let office = relay.office().ok_or_else(|| conflict("link.closed"))?;
        let (holder, ceremony) = (sealed.to_owned(), self.ceremony.clone());
        let given = office.vouchers(&VouchersRequest { holder, ceremony }).await;
        given.map_err(|error| match error {
            OfficeError::Refused => conflict("guardian.unproved").caused_by(&error),
            OfficeError::Silent | OfficeError::Broken => silent().caused_by(&error),
        })
    }

    /// Refuses papers about somebody else than the insurance card: the insurer, who holds both,
    /// compares them.
    async fn require_same(
        &self,
        relay: &Relay,
        found: &Found,
        vouchers: &Vouchers,
    ) -> Result<(), Problem> {
        let other = || invalid("guardian.other-person");
        let holder = relay.directory().holder(&found.connector).ok_or_else(other)?;
        let voucher = vouchers.get(&found.connector).ok_or_else(other)?.clone();
        let question = CompareRequest { voucher, pseudonym: found.pseudonym.clone() };
        let errand = &found.errand;
        match holders::compare(relay, holder, errand, &question, self.until).await {
            Ok(comparison) if is_same(&comparison) => Ok(()),
            Ok(_) => Err(other()),
            Err(error) if is_refused(&error) => Err(other().caused_by(&error)),
            Err(error) => Err(silent().caused_by(&error)),
        }
    }

    /// Whom the holder finds beyond doubt, and nobody speaks of yet.
    async fn find(
        &self,
        relay: &Relay,
        id: &str,
        vouchers: &Vouchers,
    ) -> Result<Option<Found>, Problem> {
        let holder = relay.directory().holder(id).filter(|holder| holder.is_linked());
        let Some((holder, voucher)) = holder.zip(vouchers.get(id)) else { return Ok(None) };
        let errand = errand(&self.ceremony, id);
        match holders::match_member(relay, holder, &errand, voucher.clone()).await {
            Ok(answer) => Ok(met(holder, errand, answer)),
            Err(error) if is_refused(&error) => Ok(None),
            Err(error) => Err(silent().caused_by(&error)),
        }
    }
}

/// A doubt is decided by people about whoever asks them to with a card, not here.
fn met(holder: &Answerer, errand: String, answer: MatchAnswer) -> Option<Found> {
    let MatchAnswer::Matched { candidate } = answer else { return None };
    let is_clear = candidate.level == MatchLevel::Exact && candidate.held_as.is_none();
    let (pseudonym, target, period) = (candidate.pseudonym, candidate.target, candidate.period);
    let connector = holder.id().to_owned();
    is_clear.then_some(Found { connector, errand, pseudonym, target, period, subject: None })
}

/// The card names one member already; name, birth date and sex must be theirs to the letter.
fn is_same(comparison: &Comparison) -> bool {
    let makes_a_person = |item| matches!(item, Item::Name | Item::BirthDate | Item::Sex);
    !comparison.items.iter().any(|one| makes_a_person(one.item))
}

/// Whether the holder said no; otherwise it gave no answer.
fn is_refused(error: &SourceError) -> bool {
    matches!(error, SourceError::Refused { .. })
}
