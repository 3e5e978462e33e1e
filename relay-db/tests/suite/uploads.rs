//! Files of coverage over HTTP: sent by staff, looked at, approved by somebody else, given up; and
//! ratios that cannot be.

use serde_json::json;
use warifu_contract::checks::ImpossibleRatios;
use warifu_contract::copay::CopayRule;
use warifu_contract::deposits::{
    ApprovalBar, Deposit, DepositDetail, DepositKind, DepositList, DepositRequest, DepositState,
};
use warifu_contract::eligibility::EligibilityAnswer;
use warifu_log::{Action, Actor, Entry};
use warifu_pki::{Organization, Ticket};
use warifu_relay::deposit::DepositedInsurer;

use crate::bed::{Bed, Engine, engines, refusal};
use crate::deposits::city;

const HEAD: &str =
    "本人家族,保険者番号,記号,番号,氏名,カナ氏名,性別,生年月日,資格取得日,負担割合\r\n";

fn line(number: usize) -> String {
    format!("1,111112,高12,{number:03},上野 太郎,ウエノ タロウ,1,S30.5.5,20040401,030\r\n")
}

fn file(cards: usize) -> String {
    (1..=cards).fold(HEAD.to_owned(), |file, number| file + &line(number))
}

fn of(bed: &Bed, member: &str, role: &str) -> Ticket {
    let organization = Organization { code: "3710000001".into(), name: "仮想市".into() };
    Ticket {
        sub: member.into(),
        roles: vec![format!("urn:warifu:role:{role}")],
        organization: Some(organization),
        ..bed.ticket()
    }
}

async fn depositing(engine: Engine) -> Bed {
    let mut bed = Bed::on(engine).await;
    let organization = Some("3710000001".to_owned());
    bed.depositing(engine, DepositedInsurer { organization, ..city() }).await;
    bed
}

async fn begin(bed: &Bed, token: &str) -> Deposit {
    let request = DepositRequest { kind: DepositKind::Full, name: "11月分.csv".into() };
    let body = serde_json::to_value(request).unwrap();
    let answer = bed.post(&bed.portal, "/deposits/city", token, &body).await;
    assert_eq!(answer.status(), 201);
    answer.json().await.unwrap()
}

async fn put(bed: &Bed, token: &str, at: &str, body: Vec<u8>) -> reqwest::Response {
    let request = bed.portal.http.post(bed.url(&format!("/deposits/city/{at}")));
    request.bearer_auth(token).body(body).send().await.unwrap()
}

async fn show(bed: &Bed, token: &str, number: u64) -> DepositDetail {
    let path = format!("/deposits/city/{number}");
    bed.get(&bed.portal, &path, Some(token)).await.json().await.unwrap()
}

/// Waits until the relay has taken it in.
async fn taken_in(bed: &Bed, token: &str, number: u64) -> DepositDetail {
    for _ in 0..600 {
        let detail = show(bed, token, number).await;
        if !detail.deposit.state.moves() {
            return detail;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("it is never taken in")
}

async fn send(bed: &Bed, token: &str, file: &str) -> DepositDetail {
    let begun = begin(bed, token).await;
    let at = format!("{}/file?offset=0&whole=true", begun.number);
    let sent: Deposit = put(bed, token, &at, file.into()).await.json().await.unwrap();
    assert_eq!(sent.bytes, file.len() as u64);
    taken_in(bed, token, begun.number).await
}

async fn approve(bed: &Bed, token: &str, number: u64, confirm: bool) -> reqwest::Response {
    let path = format!("/deposits/city/{number}/approve");
    bed.post(&bed.portal, &path, token, &json!({ "confirm_ended": confirm })).await
}

/// What the log has, oldest first.
async fn events(bed: &Bed) -> Vec<Entry> {
    let mut all = Vec::new();
    while let Ok(Some(logged)) = bed.relay.log().at(all.len() as u64).await {
        all.extend(logged.entry);
    }
    all
}

#[tokio::test]
async fn one_sends_and_another_approves() {
    for engine in engines() {
        let bed = depositing(engine).await;
        let clerk = bed.token(&of(&bed, "clerk", "insurer-staff")).await;
        let boss = bed.token(&of(&bed, "boss", "insurer-manager")).await;
        let sent = send(&bed, &clerk, &file(20)).await.deposit;
        assert_eq!(
            (sent.state, sent.counts.added, sent.by_caller),
            (DepositState::Ready, 20, true)
        );
        assert_eq!(sent.written_as.as_deref(), Some("csv UTF-8"));
        assert_eq!(sent.approval_bar, Some(ApprovalBar::Duty));
        let refused = refusal(approve(&bed, &clerk, sent.number, false).await).await;
        assert_eq!(refused, (403, "duty.none".into()));

        let seen = show(&bed, &boss, sent.number).await.deposit;
        assert!(!seen.by_caller && seen.approval_bar.is_none() && seen.by == sent.by);
        let live: Deposit = approve(&bed, &boss, sent.number, false).await.json().await.unwrap();
        assert_eq!(live.state, DepositState::Live);
        assert!(live.approved_by.is_some() && live.approved_by != Some(live.by));

        let log = events(&bed).await;
        let actions: Vec<_> = log.iter().map(|entry| entry.action).collect();
        assert!(actions.ends_with(&[Action::DepositReceived, Action::DepositLive]), "{actions:?}");
        let last = log.last().unwrap();
        assert!(matches!(&last.actor, Actor::Staff { member, .. } if member == "boss"));
        assert_eq!(last.ground.as_deref(), Some("deposit:1 by member:clerk"));
    }
}

#[tokio::test]
async fn who_sent_it_does_not_approve_unless_that_is_agreed() {
    let mut bed = depositing(Engine::Sqlite).await;
    let boss = bed.token(&of(&bed, "boss", "insurer-manager")).await;
    let sent = send(&bed, &boss, &file(3)).await.deposit;
    assert_eq!(sent.approval_bar, Some(ApprovalBar::SameEyes));
    let refused = refusal(approve(&bed, &boss, sent.number, false).await).await;
    assert_eq!(refused, (403, "deposit.same-eyes".into()));
    bed.config.deposit.as_mut().unwrap().approval = warifu_relay::deposit::Approval::Anybody;
    bed.restart().await;
    let boss = bed.token(&of(&bed, "boss", "insurer-manager")).await;
    assert_eq!(approve(&bed, &boss, sent.number, false).await.status(), 200);
}

#[tokio::test]
async fn a_file_goes_on_where_it_broke_off() {
    for engine in engines() {
        let bed = depositing(engine).await;
        let clerk = bed.token(&of(&bed, "clerk", "insurer-staff")).await;
        let (number, whole) = (begin(&bed, &clerk).await.number, file(20));
        let (first, second) = whole.as_bytes().split_at(500);
        let at = format!("{number}/file?offset=0");
        let kept: Deposit = put(&bed, &clerk, &at, first.into()).await.json().await.unwrap();
        assert_eq!((kept.bytes, kept.state), (500, DepositState::Arriving));
        let again = refusal(put(&bed, &clerk, &at, first.into()).await).await;
        assert_eq!(again, (409, "deposit.offset".into()));
        let busy = json!({ "kind": "full" });
        let busy = refusal(bed.post(&bed.portal, "/deposits/city", &clerk, &busy).await).await;
        assert_eq!(busy, (409, "deposit.busy".into()));
        let at = format!("{number}/file?offset=500&whole=true");
        assert_eq!(put(&bed, &clerk, &at, second.into()).await.status(), 200);
        let ready = taken_in(&bed, &clerk, number).await.deposit;
        assert_eq!((ready.state, ready.counts.added), (DepositState::Ready, 20));
        let abandon = format!("/deposits/city/{number}/abandon");
        let over: Deposit =
            bed.post(&bed.portal, &abandon, &clerk, &json!({})).await.json().await.unwrap();
        assert_eq!(over.state, DepositState::Cancelled);
        let late = refusal(put(&bed, &clerk, &at, second.into()).await).await;
        assert_eq!(late, (409, "deposit.state".into()));
    }
}

#[tokio::test]
async fn wrong_records_are_told_and_handed_over() {
    let bed = depositing(Engine::Sqlite).await;
    let clerk = bed.token(&of(&bed, "clerk", "insurer-staff")).await;
    let wrong = line(99).replace("S30.5.5", "S30.5.32");
    let detail = send(&bed, &clerk, &(file(30) + &wrong)).await;
    assert_eq!(detail.deposit.counts.wrong, 1);
    assert_eq!((detail.faults[0].line, detail.faults[0].code.as_str()), (32, "file.date"));
    assert!(detail.deposit.has_faults_file);
    let faults = bed.get(&bed.portal, "/deposits/city/1/faults", Some(&clerk)).await;
    assert_eq!(faults.headers()["content-type"], "text/csv; charset=UTF-8");
    let text = faults.text().await.unwrap();
    assert!(text.contains("S30.5.32") && text.lines().count() == 2, "{text}");
}

#[tokio::test]
async fn a_file_that_was_cut_off_wants_a_yes() {
    let bed = depositing(Engine::Sqlite).await;
    let clerk = bed.token(&of(&bed, "clerk", "insurer-staff")).await;
    let boss = bed.token(&of(&bed, "boss", "insurer-manager")).await;
    let first = send(&bed, &clerk, &file(20)).await.deposit;
    assert!(!first.alarm);
    assert_eq!(approve(&bed, &boss, first.number, false).await.status(), 200);
    let cut = send(&bed, &clerk, &file(10)).await.deposit;
    assert!(cut.alarm && cut.counts.ended == 10 && cut.counts.unchanged == 10);
    let refused = refusal(approve(&bed, &boss, cut.number, false).await).await;
    assert_eq!(refused, (409, "deposit.confirm".into()));
    assert_eq!(approve(&bed, &boss, cut.number, true).await.status(), 200);
}

#[tokio::test]
async fn nobody_else_deposits() {
    let bed = depositing(Engine::Sqlite).await;
    for ticket in [bed.desk_ticket(), bed.ticket()] {
        let token = bed.token(&ticket).await;
        let refused = refusal(bed.get(&bed.portal, "/deposits", Some(&token)).await).await;
        assert_eq!(refused, (403, "duty.none".into()));
    }
    let mut other = of(&bed, "clerk", "insurer-staff");
    other.organization = Some(Organization { code: "9".into(), name: "他".into() });
    let other = bed.token(&other).await;
    let refused = refusal(bed.get(&bed.portal, "/deposits", Some(&other)).await).await;
    assert_eq!(refused, (403, "duty.none".into()));
    let clerk = bed.token(&of(&bed, "clerk", "insurer-staff")).await;
    let list: DepositList =
        bed.get(&bed.portal, "/deposits", Some(&clerk)).await.json().await.unwrap();
    assert_eq!((list.insurers.len(), list.insurers[0].id.as_str()), (1, "city"));
    let unknown = refusal(bed.get(&bed.portal, "/deposits/town/1", Some(&clerk)).await).await;
    assert_eq!(unknown, (404, "deposit.unknown".into()));
    let none = refusal(bed.get(&bed.portal, "/deposits", None).await).await;
    assert_eq!(none, (401, "token.missing".into()));
}

#[tokio::test]
async fn an_impossible_ratio_is_told_to_the_insurer_by_its_number() {
    for engine in engines() {
        let bed = depositing(engine).await;
        let clerk = bed.token(&of(&bed, "clerk", "insurer-staff")).await;
        let boss = bed.token(&of(&bed, "boss", "insurer-manager")).await;
        // At 71, and after March 2014, 10 percent is no ratio any more.
        let odd = file(1).replace(",030", ",010");
        let sent = send(&bed, &clerk, &odd).await.deposit;
        assert_eq!(approve(&bed, &boss, sent.number, false).await.status(), 200);
        let desk = bed.token(&bed.desk_ticket()).await;
        let body = json!({
            "subject": {
                "by": "number", "insurer_number": "111112", "symbol": "高12", "number": "001",
                "branch": null, "birth_date": "1955-05-05",
            },
            "target_date": "2026-11-20",
            "idempotency_key": "0123456789abcde0",
        });
        let answer: EligibilityAnswer =
            bed.post(&bed.portal, "/eligibility", &desk, &body).await.json().await.unwrap();
        let told: ImpossibleRatios =
            bed.get(&bed.portal, "/checks/ratios", Some(&clerk)).await.json().await.unwrap();
        assert_eq!((told.counts[0].rule, told.counts[0].count), (CopayRule::Elderly, 1));
        let one = &told.checks[0];
        assert_eq!((&one.check_number, one.stated), (&answer.check_number, Some(10)));
        assert_eq!(one.possible, [20, 30]);
        let refused = refusal(bed.get(&bed.portal, "/checks/ratios", Some(&desk)).await).await;
        assert_eq!(refused, (403, "duty.none".into()));
    }
}
