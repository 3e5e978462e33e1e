//! Checks and disputes of virtual people.

use warifu_contract::CheckNumber;
use warifu_contract::checks::{CheckCounts, CheckEntry, ChecksPage, DayCount};
use warifu_contract::dispute::{
    Dispute, DisputeAnswer, DisputeKind, DisputeList, DisputeState, Finding,
};
use warifu_contract::eligibility::Verdict;
use warifu_contract::records::DisplayName;
use warifu_contract::slip::Slip;

use super::{TODAY, now};

fn insurer() -> DisplayName {
    DisplayName { ja: "東京見本健康保険組合".into(), en: "Tokyo sample society".into() }
}

pub fn number(count: u32) -> CheckNumber {
    CheckNumber::new(now(), 1, count)
}

fn entry(count: u32, verdict: Verdict, dispute: Option<DisputeState>) -> CheckEntry {
    CheckEntry {
        check_number: number(count),
        at: now(),
        organization: "春日見本医院".into(),
        member: "0a1b2c3d".into(),
        by_caller: count == 1,
        verdict,
        source: (verdict != Verdict::InsurerUnknown).then(insurer),
        dispute,
    }
}

pub fn checks() -> ChecksPage {
    let checks = vec![
        entry(1, Verdict::Valid, None),
        entry(2, Verdict::Expired, Some(DisputeState::Open)),
        entry(3, Verdict::InsurerUnknown, None),
        entry(4, Verdict::NumberUnknown, Some(DisputeState::Answered)),
    ];
    ChecksPage { checks, erased: 2, before: Some(77) }
}

pub fn counts() -> CheckCounts {
    let count = |day, verdict, count| DayCount { day, verdict, count };
    let yesterday = TODAY.yesterday().unwrap();
    let counts = vec![
        count(TODAY, Verdict::Valid, 1_426),
        count(TODAY, Verdict::Expired, 122),
        count(yesterday, Verdict::Valid, 63),
    ];
    CheckCounts { counts }
}

fn said(finding: Finding) -> DisputeAnswer {
    let text = "知らない項目<b>を直しました。".into();
    DisputeAnswer { finding, text, at: now(), member: "9f8e7d6c".into() }
}

pub fn dispute(answered: bool) -> Dispute {
    Dispute {
        check_number: number(2),
        verdict: Verdict::Expired,
        clinic: "春日見本医院".into(),
        insurer: insurer(),
        kind: DisputeKind::ShouldBeValid,
        text: "証には2027年3月までとあります。知らない項目<b>".into(),
        at: now(),
        proposal: (!answered).then(|| said(Finding::Corrected)),
        answer: answered.then(|| said(Finding::Confirmed)),
    }
}

pub fn disputes() -> DisputeList {
    let answered = Dispute { check_number: number(4), ..dispute(true) };
    DisputeList { disputes: vec![dispute(false), answered], more: true }
}

pub fn slip() -> Slip {
    Slip { text: "eyJ0eXAiOiJzbGlwK2p3dCJ9.e30.c2ln".into(), until: now() }
}
