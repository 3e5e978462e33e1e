//! Links as their subject sees them.

use warifu_contract::linking::portal::{EarlierLink, LinkEntry, LinkList, Standing};

use super::store::PastLink;
use super::{Ceremony, State};
use crate::directory::Answerer;
use crate::links::{Link, LinkStoreError};
use crate::relay::Relay;

/// A search that nobody finished.
const INTERRUPTED: &str = "link.interrupted";

/// One entry for every holder, in the order of their ids.
pub(super) async fn list(relay: &Relay, subject: &str) -> Result<LinkList, LinkStoreError> {
    let links = relay.links().of(subject).await?;
    let ceremonies = relay.links().ceremonies(subject).await?;
    let mut past = relay.links().past(subject).await?;
    let entry = |holder: &Answerer| {
        let link = links.iter().find(|link| link.connector == holder.id());
        let read = ceremonies.iter().find(|read| read.connector == holder.id());
        let earlier = past.remove(holder.id()).unwrap_or_default();
        let (id, standing) = match (link, read) {
            (Some(link), _) => (Some(link.terms.id.clone()), linked(link)),
            (None, Some(read)) => {
                (Some(read.ceremony.id.clone()), under_way(relay, &read.ceremony))
            }
            (None, None) => (None, Standing::Unlinked),
        };
        LinkEntry {
            id,
            connector: holder.id().to_owned(),
            name: holder.name().clone(),
            services: holder.services().to_vec(),
            standing,
            earlier: earlier.iter().map(earlier_link).collect(),
        }
    };
    Ok(LinkList { links: relay.directory().linked().map(entry).collect() })
}

fn linked(link: &Link) -> Standing {
    Standing::Linked {
        target: link.terms.target.clone(),
        since: link.terms.since,
        period: link.terms.period,
        frozen_by: link.terms.frozen_by,
    }
}

fn under_way(relay: &Relay, ceremony: &Ceremony) -> Standing {
    match &ceremony.state {
        State::Searching if ceremony.is_broken_off(relay.surroundings().now()) => {
            Standing::Failed { code: INTERRUPTED.to_owned() }
        }
        State::Searching => Standing::Searching,
        State::Doubtful => Standing::Doubtful,
        State::Confirming { candidate } => match ceremony.candidate(*candidate) {
            Some(one) => Standing::Confirming { target: one.target.clone() },
            None => Standing::Failed { code: INTERRUPTED.to_owned() },
        },
        State::NotFound => Standing::NotFound,
        State::Failed { code } => Standing::Failed { code: code.clone() },
        State::Refused => Standing::Refused,
        State::Declined => Standing::Declined,
        State::Ended => Standing::Ended,
    }
}

fn earlier_link(past: &PastLink) -> EarlierLink {
    EarlierLink { period: past.terms.period, since: past.terms.since, until: past.until }
}
