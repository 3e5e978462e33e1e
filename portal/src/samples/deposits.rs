//! Deposits of a virtual insurer.

use warifu_contract::checks::{ImpossibleRatio, ImpossibleRatios, RatioCount};
use warifu_contract::copay::CopayRule;
use warifu_contract::deposits::{
    ApprovalBar, Deposit, DepositCounts, DepositDetail, DepositFault, DepositKind, DepositLag,
    DepositList, DepositState, DepositWarning, DepositingInsurer,
};
use warifu_contract::records::DisplayName;

use super::desks::number;
use super::now;

/// What a record can be refused for.
pub const FAULTS: [&str; 24] = [
    "file.ambiguous",
    "file.character",
    "file.code",
    "file.columns",
    "file.compressed",
    "file.count",
    "file.date",
    "file.duplicate",
    "file.empty",
    "file.encoding",
    "file.field-too-long",
    "file.line-too-long",
    "file.my-number",
    "file.number",
    "file.period",
    "file.quote",
    "file.required",
    "file.truncated",
    "file.xml",
    "duplicate",
    "contradiction",
    "no-insured",
    "insurer",
    "nobody",
];
/// What can be odd.
pub const WARNINGS: [&str; 4] = ["file.blanks", "file.variant", "file.private", "file.era-over"];

/// A deposit that stands so; one that is ready alarms.
pub fn deposit(state: DepositState) -> Deposit {
    let live = state == DepositState::Live;
    let begun = state != DepositState::Arriving;
    let counts = DepositCounts {
        lines: 12_345,
        wrong: 3,
        cards: 8_000,
        added: 120,
        changed: 640,
        ended: 610,
        unchanged: 7_240,
        held: 8_100,
    };
    Deposit {
        insurer: "city".into(),
        number: 12,
        state,
        kind: DepositKind::Full,
        name: "11月分<b>.csv".into(),
        written_as: begun.then(|| "csv Shift_JIS".into()),
        bytes: 1_234_567,
        begun_at: now(),
        changed_at: now(),
        live_at: live.then(now),
        by: "0a1b2c3d".into(),
        by_caller: false,
        approved_by: live.then(|| "9f8e7d6c".into()),
        counts: if begun { counts } else { DepositCounts::default() },
        alarm: state == DepositState::Ready,
        approval_bar: (state != DepositState::Ready).then_some(ApprovalBar::State),
        has_faults_file: matches!(state, DepositState::Ready | DepositState::Refused),
    }
}

/// The same with everything that can be wrong and odd.
pub fn detail(state: DepositState) -> DepositDetail {
    let fault = |(line, code): (u64, &&str)| DepositFault {
        line,
        field: if line % 3 == 0 { String::new() } else { "生年月日".into() },
        code: (*code).into(),
    };
    let warning = |code: &&str| DepositWarning {
        field: "氏名".into(),
        code: (*code).into(),
        first_line: 7,
        count: 1_234,
    };
    let open = matches!(state, DepositState::Ready | DepositState::Refused);
    DepositDetail {
        deposit: deposit(state),
        faults: if open { (2..).zip(&FAULTS).map(fault).collect() } else { Vec::new() },
        warnings: if open { WARNINGS.iter().map(warning).collect() } else { Vec::new() },
    }
}

/// A list with every state.
pub fn list() -> DepositList {
    let name = DisplayName { ja: "仮想市国民健康保険".into(), en: "Sample City".into() };
    let lag = Some(DepositLag { median_days: 3, ninety_days: 14, changes: 1_234 });
    let deposits = DepositState::ALL.map(deposit).to_vec();
    DepositList { insurers: vec![DepositingInsurer { id: "city".into(), name, lag, deposits }] }
}

/// Ratios that cannot be.
pub fn ratios() -> ImpossibleRatios {
    let count = |rule, count| RatioCount { rule, count };
    let check = |place, rule, possible| ImpossibleRatio {
        check_number: number(place),
        at: now(),
        rule,
        stated: Some(10),
        possible,
    };
    ImpossibleRatios {
        counts: vec![count(CopayRule::Elderly, 17), count(CopayRule::Preschool, 1)],
        checks: vec![
            check(1, CopayRule::Elderly, vec![20, 30]),
            check(2, CopayRule::Preschool, vec![20]),
        ],
    }
}
