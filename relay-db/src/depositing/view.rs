//! A deposit as who deposits sees it.

use warifu_contract::deposits::{
    ApprovalBar, Deposit, DepositCounts, DepositKind, DepositLag, DepositState,
};
use warifu_contract::duty::May;
use warifu_deposit::{Approval, Kind, Lag, State, Status};

use super::sender::Sender;
use crate::checks::member_of;
use crate::relay::Relay;

/// What a file holds, in the store's words.
pub(super) fn kind_of(kind: DepositKind) -> Kind {
    match kind {
        DepositKind::Full => Kind::Full,
        DepositKind::Changes => Kind::Changes,
    }
}

/// The deposit as `sender` sees it.
pub(super) fn view(relay: &Relay, sender: &Sender, insurer: &str, status: &Status) -> Deposit {
    let deposits = relay.deposits();
    let ready = status.state == State::Ready;
    Deposit {
        insurer: insurer.to_owned(),
        number: count(status.number),
        state: state(status.state),
        kind: if status.kind == Kind::Full { DepositKind::Full } else { DepositKind::Changes },
        name: status.name.clone(),
        written_as: Some(status.written_as.clone()).filter(|text| !text.is_empty()),
        bytes: count(status.bytes),
        begun_at: status.begun_at,
        changed_at: status.changed_at,
        live_at: status.live_at,
        by: shown(relay, sender, &status.by),
        by_caller: status.by == sender.name(),
        approved_by: status.approved_by.as_deref().map(|by| shown(relay, sender, by)),
        counts: counts(status),
        alarm: ready && deposits.is_some_and(|deposits| deposits.is_alarming(status)),
        approval_bar: bar(relay, sender, status),
        has_faults_file: status.wrong > 0
            && deposits.is_some_and(|deposits| deposits.keeps_file(status)),
    }
}

/// Why `sender` cannot approve it.
pub(super) fn bar(relay: &Relay, sender: &Sender, status: &Status) -> Option<ApprovalBar> {
    let config = relay.config().deposit.as_ref();
    let second = config.is_none_or(|config| config.approval == Approval::SecondPerson);
    if status.state != State::Ready {
        Some(ApprovalBar::State)
    } else if sender.may != May::Do {
        Some(ApprovalBar::Duty)
    } else if second && status.by == sender.name() {
        Some(ApprovalBar::SameEyes)
    } else {
        None
    }
}

/// A member of staff by eight characters, a system by its name.
fn shown(relay: &Relay, sender: &Sender, by: &str) -> String {
    let code = sender.staff.as_ref().map_or("", |staff| staff.organization.code.as_str());
    match by.split_once(':') {
        Some(("member", member)) => member_of(relay, code, member),
        Some(("system", system)) => system.to_owned(),
        _ => by.to_owned(),
    }
}

fn counts(status: &Status) -> DepositCounts {
    DepositCounts {
        lines: count(status.lines),
        wrong: count(status.wrong),
        cards: count(status.cards),
        added: count(status.added),
        changed: count(status.written - status.added),
        ended: count(status.ended),
        unchanged: count(status.cards - status.written),
        held: count(status.held),
    }
}

/// The usual lag in the contract's words.
pub(super) fn lag(lag: Lag) -> DepositLag {
    let Lag { median_days, ninety_days, changes } = lag;
    DepositLag { median_days, ninety_days, changes: count(changes) }
}

pub(super) fn count(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

fn state(state: State) -> DepositState {
    match state {
        State::Arriving => DepositState::Arriving,
        State::Receiving => DepositState::Receiving,
        State::Checking => DepositState::Checking,
        State::Ready => DepositState::Ready,
        State::Live => DepositState::Live,
        State::Leaving => DepositState::Leaving,
        State::Refused => DepositState::Refused,
        State::Cancelled => DepositState::Cancelled,
    }
}
