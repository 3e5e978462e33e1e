//! Mandates (代理): one person, the principal, lets another, the proxy, read records for them, each
//! with a card of their own. The two know each other; the federation knows them by no name.

mod code;
pub mod guardian;
mod offering;
pub mod stop;
mod terms;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use code::{CodeError, InviteCode};
use guardian::{Application, Papers};
pub use offering::{AcceptRequest, Invitation, Offer, OfferRequest};
use stop::{Stop, StopReason};
pub use terms::{LONGEST_NAME, LONGEST_YEARS, MandateError, MandateRequest};

use crate::calendar::{end_of_day_in_japan, today_in_japan};
use crate::consent::Giving;
use crate::history::Asked;

/// Whoever gave the code says yes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Acceptance {
    /// What the principal calls the proxy; chosen by the proxy, recognised by the principal.
    pub name: String,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
}

/// Who of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    /// Whose records they are.
    Principal,
    /// Who reads them.
    Proxy,
}

/// Who ended a mandate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum EndedBy {
    /// Whose records they are.
    Principal,
    /// Who read them.
    Proxy,
    /// Nobody: one of the two has died or moved away.
    Departure,
    /// Two members of staff.
    Staff,
}

impl From<Side> for EndedBy {
    fn from(side: Side) -> Self {
        match side {
            Side::Principal => Self::Principal,
            Side::Proxy => Self::Proxy,
        }
    }
}

/// A mandate rests: one of the two has no card that opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Rest {
    /// Who has none.
    pub side: Side,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    pub since: Timestamp,
}

/// The end before the last day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Ending {
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// By whom.
    pub by: EndedBy,
    /// Why, where staff ended it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<StopReason>,
}

impl Ending {
    /// An end for which nobody gives a reason.
    pub fn by(by: EndedBy, at: Timestamp) -> Self {
        Self { at, by, reason: None }
    }
}

/// A mandate, as both sides see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Mandate {
    /// Names it: 32 hexadecimal digits.
    pub id: String,
    /// What was offered.
    pub terms: MandateRequest,
    /// How it was offered.
    pub given: Giving,
    /// Until when the code can be entered.
    #[schema(value_type = String, format = DateTime)]
    pub code_until: Timestamp,
    /// Who entered the code and said yes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accepted: Option<Acceptance>,
    /// When the principal said that it is the right person. Nothing opens before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub confirmed: Option<Timestamp>,
    /// Why it opens nothing for the time being; it goes on when there is nothing here any more.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rests: Vec<Rest>,
    /// On which papers staff registered it, where no principal could give it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub papers: Option<Papers>,
    /// Staff stopped it: it opens nothing until others have looked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped: Option<Stop>,
    /// Its end before the last day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<Ending>,
}

/// Relay → portal: the mandates of a person, newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MandateList {
    /// Those that the person gave.
    pub given: Vec<Mandate>,
    /// Those that the person holds, for others.
    pub held: Vec<Mandate>,
    /// What the person asked for as a guardian, as far as it is not decided.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub applied: Vec<Application>,
}

/// Where a mandate stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MandateState {
    /// The code waits to be entered.
    Offered,
    /// Nobody entered the code in time.
    Lapsed,
    /// Accepted, and waits for the principal.
    Accepted,
    /// It holds.
    Active,
    /// Its last day is over.
    Over,
    /// One of the two has no card that opens; it waits for another.
    Resting,
    /// Staff stopped it, and look into it.
    Stopped,
    /// Either side or staff ended it, or one left for good.
    Ended,
}

/// Why a proxy may not be told something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum MandateRefusal {
    /// The principal has not confirmed the proxy yet.
    #[error("proxy.unconfirmed")]
    Unconfirmed,
    /// It does not cover this.
    #[error("proxy.service")]
    Service,
    /// Its last day is over.
    #[error("proxy.over")]
    Over,
    /// One of the two ended it, or is gone.
    #[error("proxy.ended")]
    Ended,
    /// One of the two has no card that opens.
    #[error("proxy.resting")]
    Resting,
    /// Staff stopped it.
    #[error("proxy.stopped")]
    Stopped,
}

impl MandateRefusal {
    /// Every refusal.
    pub const ALL: [Self; 6] =
        [Self::Unconfirmed, Self::Service, Self::Over, Self::Ended, Self::Resting, Self::Stopped];

    /// The stable code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Unconfirmed => "proxy.unconfirmed",
            Self::Service => "proxy.service",
            Self::Over => "proxy.over",
            Self::Ended => "proxy.ended",
            Self::Resting => "proxy.resting",
            Self::Stopped => "proxy.stopped",
        }
    }
}

impl Mandate {
    /// Where it stands at `now`.
    pub fn state(&self, now: Timestamp) -> MandateState {
        match () {
            () if self.ended.is_some() => MandateState::Ended,
            () if self.accepted.is_none() && now >= self.code_until => MandateState::Lapsed,
            () if today_in_japan(now) > self.terms.until => MandateState::Over,
            () if self.stopped.is_some() => MandateState::Stopped,
            () if !self.rests.is_empty() => MandateState::Resting,
            () if self.accepted.is_none() => MandateState::Offered,
            () if self.confirmed.is_none() => MandateState::Accepted,
            () => MandateState::Active,
        }
    }

    /// Whether it could still be read by, now or later.
    pub fn is_open(&self, now: Timestamp) -> bool {
        use MandateState::{Accepted, Active, Offered, Resting, Stopped};
        matches!(self.state(now), Offered | Accepted | Active | Resting | Stopped)
    }

    /// Whether the proxy may be told `asked` at `now`.
    pub fn covers(&self, asked: Asked, now: Timestamp) -> Result<(), MandateRefusal> {
        match self.state(now) {
            MandateState::Active => {}
            MandateState::Ended => return Err(MandateRefusal::Ended),
            MandateState::Over => return Err(MandateRefusal::Over),
            MandateState::Resting => return Err(MandateRefusal::Resting),
            MandateState::Stopped => return Err(MandateRefusal::Stopped),
            _ => return Err(MandateRefusal::Unconfirmed),
        }
        let is_covered = match asked {
            Asked::Record(service) => self.terms.services.contains(&service),
            Asked::Declared(service) => self.terms.declared.contains(&service),
            Asked::History => self.terms.history,
            Asked::Eligibility | Asked::Dispute => false,
        };
        if is_covered { Ok(()) } else { Err(MandateRefusal::Service) }
    }

    /// The mandate when `side` has, or has not, had a card that opens since `at`. One on papers does
    /// not need its principal's card.
    #[must_use]
    pub fn with_card(&self, side: Side, opens: bool, at: Timestamp) -> Self {
        let mut next = self.clone();
        let was_resting = next.rests.iter().any(|rest| rest.side == side);
        let needs_none = side == Side::Principal && next.papers.is_some();
        if opens || needs_none {
            next.rests.retain(|rest| rest.side != side);
        } else if !was_resting {
            next.rests.push(Rest { side, since: at });
        }
        next
    }

    /// When its last day in Japan is over.
    pub fn expiry(&self) -> Timestamp {
        end_of_day_in_japan(self.terms.until)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::records::Service;
    use jiff::civil::date;
    use proptest::prelude::*;

    pub(crate) fn mandate() -> Mandate {
        let at = "2026-11-20T01:00:00Z".parse().unwrap();
        let terms = MandateRequest {
            services: vec![Service::Checkup],
            declared: Vec::new(),
            history: false,
            until: date(2027, 11, 20),
            name: "母".into(),
            text_version: "2026-11".into(),
        };
        Mandate {
            id: "ab".repeat(16),
            terms,
            given: Giving { at, level: "high".into(), client: "portal".into() },
            code_until: "2026-11-21T01:00:00Z".parse().unwrap(),
            accepted: Some(Acceptance { name: "一子".into(), at }),
            confirmed: Some(at),
            rests: Vec::new(),
            papers: None,
            stopped: None,
            ended: None,
        }
    }

    #[test]
    fn it_goes_from_the_code_to_its_end() {
        let state = |change: fn(&mut Mandate), at: &str| {
            let mut mandate = mandate();
            change(&mut mandate);
            mandate.state(at.parse().unwrap())
        };
        let offered = |one: &mut Mandate| {
            one.accepted = None;
            one.confirmed = None;
        };
        assert_eq!(state(offered, "2026-11-21T00:59:59Z"), MandateState::Offered);
        assert_eq!(state(offered, "2026-11-21T01:00:00Z"), MandateState::Lapsed);
        let accepted = |one: &mut Mandate| one.confirmed = None;
        assert_eq!(state(accepted, "2026-12-21T01:00:00Z"), MandateState::Accepted);
        assert_eq!(state(|_| (), "2027-11-20T14:59:59Z"), MandateState::Active);
        assert_eq!(state(|_| (), "2027-11-20T15:00:00Z"), MandateState::Over);
        let ended = |one: &mut Mandate| {
            one.ended = Some(Ending::by(EndedBy::Proxy, one.given.at));
        };
        assert_eq!(state(ended, "2026-11-20T01:00:00Z"), MandateState::Ended);
        let stopped = |one: &mut Mandate| {
            one.stopped = Some(Stop { at: one.given.at, reason: StopReason::KeptAway });
        };
        assert_eq!(state(stopped, "2026-11-20T01:00:00Z"), MandateState::Stopped);
        assert_eq!(state(stopped, "2027-11-20T15:00:00Z"), MandateState::Over);
    }

    #[test]
    fn it_rests_while_either_has_no_card_and_goes_on_with_a_new_one() {
        let (now, at) = ("2026-12-01T03:00:00Z".parse().unwrap(), mandate().given.at);
        let without = mandate().with_card(Side::Principal, false, at);
        assert_eq!(without.state(now), MandateState::Resting);
        let refused = without.covers(Asked::Record(Service::Checkup), now);
        assert_eq!(refused, Err(MandateRefusal::Resting));
        assert_eq!(without.with_card(Side::Principal, false, now), without, "since when it was");
        let neither = without.with_card(Side::Proxy, false, now);
        assert_eq!(neither.with_card(Side::Principal, true, now).state(now), MandateState::Resting);
        let again = neither.with_card(Side::Principal, true, now).with_card(Side::Proxy, true, now);
        assert_eq!(again, mandate());
        let on_papers = Mandate { papers: Some(guardian::tests::papers()), ..mandate() };
        assert_eq!(on_papers.with_card(Side::Principal, false, at), on_papers);
        assert_eq!(on_papers.with_card(Side::Proxy, false, at).state(now), MandateState::Resting);
    }

    proptest! {
        #[test]
        fn nothing_is_covered_but_what_is_named_while_it_holds(
            is_accepted in any::<bool>(),
            is_confirmed in any::<bool>(),
            is_ended in any::<bool>(),
            history in any::<bool>(),
            day in 1..29_i8,
            until in 1..29_i8,
            asked in prop::sample::select(vec![
                Asked::Eligibility, Asked::History, Asked::Record(Service::Checkup),
                Asked::Record(Service::Pension),
                Asked::Declared("city/vaccinations".parse().unwrap()),
            ]),
        ) {
            let mut one = mandate();
            one.terms.until = date(2026, 12, until);
            one.terms.history = history;
            if !is_accepted { one.accepted = None; }
            if !is_confirmed { one.confirmed = None; }
            if is_ended { one.ended = Some(Ending::by(EndedBy::Principal, one.given.at)); }
            let now = format!("2026-12-{day:02}T03:00:00Z").parse().unwrap();
            let named = match asked {
                Asked::Record(service) => service == Service::Checkup,
                Asked::History => history,
                Asked::Declared(_) | Asked::Eligibility | Asked::Dispute => false,
            };
            let holds = is_accepted && is_confirmed && !is_ended && day <= until;
            prop_assert_eq!(one.covers(asked, now).is_ok(), holds && named);
        }
    }
}
