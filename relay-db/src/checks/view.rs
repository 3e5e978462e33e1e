//! From the log to what is shown: numbers, times and results, no person.

use data_encoding::HEXLOWER;
use warifu_contract::CheckNumber;
use warifu_contract::checks::CheckEntry;
use warifu_contract::dispute::DisputeState;
use warifu_log::{Actor, Entry, Outcome};

use crate::events::meaning;
use crate::grants::Staff;
use crate::relay::Relay;

/// Characters by which a member of staff is told from others.
const MEMBER: usize = 8;

/// The number of the check that `entry` is.
pub(super) fn number_of(entry: &Entry) -> Option<CheckNumber> {
    entry.check_number.as_ref()?.parse().ok()
}

/// The entry as `reader` sees it; none for what is no answered check.
pub(super) fn view(
    relay: &Relay,
    reader: &Staff,
    entry: &Entry,
    dispute: Option<DisputeState>,
) -> Option<CheckEntry> {
    let Actor::Staff { code, member, name } = &entry.actor else { return None };
    let Outcome::Answered(verdict) = &entry.outcome else { return None };
    Some(CheckEntry {
        check_number: number_of(entry)?,
        at: entry.at,
        organization: name.clone(),
        member: member_of(relay, code, member),
        by_caller: *code == reader.organization.code && *member == reader.member,
        verdict: meaning(verdict)?,
        source: entry.source.as_ref().map(|id| relay.directory().name_of(id)),
        dispute,
    })
}

/// By what a member of staff of the organisation `code` is told from others: the pseudonym itself
/// stays here.
pub(crate) fn member_of(relay: &Relay, code: &str, member: &str) -> String {
    let named = format!("{code}\n{member}");
    let mut shown = HEXLOWER.encode(&relay.ring().lookup("relay.member", named.as_bytes()));
    shown.truncate(MEMBER);
    shown
}
