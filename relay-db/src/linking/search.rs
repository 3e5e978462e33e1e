//! The search behind a ceremony: vouchers of the office, then every holder side by side, each on
//! its own deadline. What came of each stands in the log before it takes effect.

use std::collections::BTreeMap;

use tokio::sync::OwnedSemaphorePermit;
use tokio::task::JoinSet;
use warifu_connectors::SourceError;
use warifu_contract::identity::MatchLevel;
use warifu_contract::linking::{MatchAnswer, VouchersRequest};
use warifu_log::{Action, Outcome};

use super::office::OfficeError;
use super::{Ceremony, Office, State, holders};
use crate::directory::Answerer;
use crate::events::{self, LinkActor, word};
use crate::relay::Relay;

/// The office has no voucher for a connector: it is not of its federation.
const NO_VOUCHER: &str = "voucher.none";

/// Ceremonies of one subject that begin together.
pub(super) struct Search {
    pub subject: String,
    /// The party that asked for it.
    pub client: String,
    pub holder: String,
    /// The secret that only the office and the relay know.
    pub ceremony: String,
    pub started: Vec<Started>,
    pub office: Office,
}

pub(super) struct Started {
    pub holder: Answerer,
    pub version: i64,
    pub ceremony: Ceremony,
}

/// Runs the search; `_place` is one of those that the relay runs at a time.
pub(super) async fn search(relay: Relay, search: Search, _place: OwnedSemaphorePermit) {
    let Search { subject, client, holder, ceremony, started, office } = search;
    let vouchers = office.vouchers(&VouchersRequest { holder, ceremony }).await;
    if let Err(error) = &vouchers {
        tracing::warn!(%error, "the card office gave no vouchers");
    }
    let mut calls = JoinSet::new();
    for one in started {
        let voucher = voucher_for(&vouchers, one.holder.id());
        let about = (subject.clone(), client.clone());
        calls.spawn(settle(relay.clone(), about, one, voucher));
    }
    while calls.join_next().await.is_some() {}
}

fn voucher_for(
    vouchers: &Result<BTreeMap<String, String>, OfficeError>,
    connector: &str,
) -> Result<String, &'static str> {
    let vouchers = vouchers.as_ref().map_err(|error| error.code())?;
    vouchers.get(connector).cloned().ok_or(NO_VOUCHER)
}

async fn settle(
    relay: Relay,
    (subject, client): (String, String),
    started: Started,
    voucher: Result<String, &'static str>,
) {
    let Started { holder, version, ceremony } = started;
    let (next, outcome) = match voucher {
        Err(code) => failed(&ceremony, code),
        Ok(voucher) => {
            let errand = ceremony.errand.as_str();
            let asked = holders::match_member(&relay, &holder, errand, voucher.clone()).await;
            let (next, outcome) = met(&ceremony, asked);
            let voucher = (next.state == State::Doubtful).then_some(voucher);
            (Ceremony { voucher, ..next }, outcome)
        }
    };
    let next = Ceremony { since: relay.surroundings().now(), ..next };
    let event = events::link(
        (Action::LinkMatched, LinkActor::Relay),
        (&client, &subject, holder.id()),
        outcome,
    );
    // Without its entry the search stays as it is, and counts as broken off after a while.
    if let Err(error) = relay.log().append(event).await {
        tracing::error!(%error, "what came of a search could not be entered in the log");
        return;
    }
    let from = (holder.id(), version);
    if let Err(error) = relay.links().step(&subject, from, &next, None).await {
        tracing::error!(%error, "what came of a search could not be kept");
    }
}

fn failed(ceremony: &Ceremony, code: &str) -> (Ceremony, Outcome) {
    let state = State::Failed { code: code.to_owned() };
    (Ceremony { state, ..ceremony.clone() }, Outcome::Failed(code.to_owned()))
}

fn met(ceremony: &Ceremony, asked: Result<MatchAnswer, SourceError>) -> (Ceremony, Outcome) {
    let (state, candidates, count, said) = match asked {
        // Whatever a connector calls it: what is not exact, or taken, is for people to look at.
        Ok(MatchAnswer::Matched { candidate })
            if candidate.level == MatchLevel::Exact && candidate.held_as.is_none() =>
        {
            let said = word(&candidate.level);
            (State::Confirming { candidate: 0 }, vec![candidate], 1, said)
        }
        Ok(MatchAnswer::Matched { candidate }) => {
            (State::Doubtful, vec![candidate], 1, "doubtful".to_owned())
        }
        Ok(MatchAnswer::Doubtful { mut candidates, count }) if !candidates.is_empty() => {
            candidates.truncate(warifu_contract::linking::MOST_CANDIDATES);
            (State::Doubtful, candidates, count, "doubtful".to_owned())
        }
        Ok(MatchAnswer::Doubtful { .. }) => return failed(ceremony, SourceError::Broken.code()),
        Ok(MatchAnswer::Unknown) => (State::NotFound, Vec::new(), 0, "unknown".to_owned()),
        Err(error) => {
            return failed(ceremony, error.code());
        }
    };
    (Ceremony { state, candidates, count, ..ceremony.clone() }, Outcome::Answered(said))
}
