//! `/checks`, `/disputes` and `/slips`: what clinics and insurers see of the checks between them.

use serde_json::{Value, json};
use warifu_contract::checks::{CheckCounts, CheckEntry, ChecksPage};
use warifu_contract::dispute::{Dispute, DisputeKind, DisputeList, DisputeState, Finding};
use warifu_contract::eligibility::{EligibilityAnswer, Verdict};
use warifu_contract::history::{AccessResult, Asked, HistoryPage};
use warifu_contract::slip::Slip;
use warifu_pki::{Organization, Ticket};

use crate::bed::{Bed, INSURER_NUMBER, engines, refusal};

const ROLE: &str = "urn:warifu:role:";

fn staff(bed: &Bed, member: &str, role: &str, organization: &str) -> Ticket {
    let organization = Organization { code: organization.into(), name: organization.into() };
    Ticket {
        sub: member.into(),
        roles: vec![format!("{ROLE}{role}")],
        organization: Some(organization),
        ..bed.ticket()
    }
}

async fn insurer(bed: &Bed, role: &str) -> String {
    bed.token(&staff(bed, &format!("{role}-of-the-insurer"), role, "insurer-org")).await
}

/// The manager of the receptionist's clinic.
async fn manager(bed: &Bed) -> String {
    let ticket = Ticket {
        sub: "manager".into(),
        roles: vec![format!("{ROLE}clinic-manager")],
        ..bed.desk_ticket()
    };
    bed.token(&ticket).await
}

async fn tap(bed: &Bed, key: &str) -> EligibilityAnswer {
    let token = bed.token(&bed.presence_ticket()).await;
    let body = json!({ "subject": { "by": "card" }, "target_date": null, "idempotency_key": key });
    bed.post(&bed.portal, "/eligibility", &token, &body).await.json().await.unwrap()
}

async fn typed(bed: &Bed, token: &str, insurer: &str, key: &str) -> EligibilityAnswer {
    let body = json!({
        "subject": {
            "by": "number", "insurer_number": insurer, "symbol": "高12", "number": "001",
            "branch": null, "birth_date": "1955-05-05",
        },
        "target_date": null, "idempotency_key": key,
    });
    bed.post(&bed.portal, "/eligibility", token, &body).await.json().await.unwrap()
}

async fn read<T: serde::de::DeserializeOwned>(bed: &Bed, path: &str, token: &str) -> T {
    let answer = bed.get(&bed.portal, path, Some(token)).await;
    assert_eq!(answer.status(), 200, "{path}");
    answer.json().await.unwrap()
}

async fn refused(bed: &Bed, path: &str, token: &str, body: &Value) -> (u16, String) {
    refusal(bed.post(&bed.portal, path, token, body).await).await
}

fn key(n: u8) -> String {
    format!("0123456789abcde{n:x}")
}

#[tokio::test]
async fn a_clinic_finds_its_own_checks_and_nobody_elses() {
    for engine in engines() {
        let bed = Bed::on(engine).await;
        let desk = bed.token(&bed.desk_ticket()).await;
        let first = tap(&bed, &key(0)).await;
        let second = typed(&bed, &desk, "99999999", &key(1)).await;
        let token = manager(&bed).await;
        let page: ChecksPage = read(&bed, "/checks", &token).await;
        let numbers: Vec<_> = page.checks.iter().map(|one| &one.check_number).collect();
        assert_eq!(numbers, [&second.check_number, &first.check_number], "newest first");
        assert_eq!(page.checks[1].verdict, Verdict::Valid);
        assert_eq!(page.checks[1].source.as_ref().unwrap().en, "The insurer");
        assert_eq!(page.checks[0].source, None);
        assert_eq!(page.checks[0].member, page.checks[1].member);
        assert!(!page.checks[0].by_caller && page.checks[0].member.len() == 8);
        assert_eq!(page.before, None);

        let page: ChecksPage = read(&bed, "/checks?limit=1", &token).await;
        let rest = format!("/checks?limit=1&before={}", page.before.unwrap());
        let rest: ChecksPage = read(&bed, &rest, &token).await;
        assert_eq!(rest.checks[0].check_number, first.check_number);

        let path = format!("/checks/{}", first.check_number);
        let one: CheckEntry = read(&bed, &path, &token).await;
        assert_eq!(one.dispute, None);
        let other = bed.token(&staff(&bed, "other", "clinic-manager", "another-clinic")).await;
        let answer = refusal(bed.get(&bed.portal, &path, Some(&other)).await).await;
        assert_eq!(answer, (404, "check.unknown".into()));
        let page: ChecksPage = read(&bed, "/checks", &other).await;
        assert!(page.checks.is_empty());
        let text = serde_json::to_string(&one).unwrap();
        assert!(!text.contains("taro") && !text.contains("receptionist"), "{text}");
    }
}

#[tokio::test]
async fn only_those_whose_task_it_is_read_the_list() {
    let bed = Bed::new().await;
    for ticket in [bed.desk_ticket(), bed.ticket(), staff(&bed, "x", "insurer-staff", "nobodys")] {
        let token = bed.token(&ticket).await;
        for path in ["/checks", "/checks/counts", "/checks/21681234567807000019"] {
            let answer = refusal(bed.get(&bed.portal, path, Some(&token)).await).await;
            assert_eq!(answer, (403, "duty.none".into()), "{path}");
        }
    }
}

#[tokio::test]
async fn an_insurer_sees_what_was_answered_in_its_name() {
    for engine in engines() {
        let bed = Bed::on(engine).await;
        let desk = bed.token(&bed.desk_ticket()).await;
        let own = tap(&bed, &key(0)).await;
        typed(&bed, &desk, "99999999", &key(1)).await;
        let token = insurer(&bed, "insurer-staff").await;
        let page: ChecksPage = read(&bed, "/checks", &token).await;
        assert_eq!(page.checks.len(), 1);
        assert_eq!(page.checks[0].check_number, own.check_number);
        assert_eq!(page.checks[0].organization, "第一診療所");
        typed(&bed, &desk, INSURER_NUMBER, &key(2)).await;
        let counts: CheckCounts = read(&bed, "/checks/counts?days=7", &token).await;
        assert_eq!(counts.counts.iter().map(|one| one.count).sum::<u64>(), 2);
        let clinic: CheckCounts = read(&bed, "/checks/counts", &manager(&bed).await).await;
        assert_eq!(clinic.counts.iter().map(|one| one.count).sum::<u64>(), 3);
    }
}

#[tokio::test]
async fn a_second_server_counts_nothing_twice() {
    for engine in engines() {
        let bed = Bed::on(engine).await;
        let _second = bed.neighbour().await;
        for n in 0..9 {
            tap(&bed, &key(n)).await;
        }
        let token = manager(&bed).await;
        let reads: [ChecksPage; 2] =
            [read(&bed, "/checks", &token).await, read(&bed, "/checks", &token).await];
        assert!(reads.iter().all(|page| page.checks.len() == 9));
        let counts: CheckCounts = read(&bed, "/checks/counts", &token).await;
        assert_eq!(counts.counts[0].count, 9);
    }
}

async fn ask(bed: &Bed, token: &str, answer: &EligibilityAnswer, text: &str) -> reqwest::Response {
    let body =
        json!({ "check_number": answer.check_number, "kind": "should-be-valid", "text": text });
    bed.post(&bed.portal, "/disputes", token, &body).await
}

#[tokio::test]
async fn a_dispute_goes_to_the_insurer_and_comes_back() {
    for engine in engines() {
        let bed = Bed::on(engine).await;
        let desk = bed.token(&bed.desk_ticket()).await;
        let answer = tap(&bed, &key(0)).await;
        let asked: Dispute = ask(&bed, &desk, &answer, " 証は有効 ").await.json().await.unwrap();
        assert_eq!((asked.kind, asked.text.as_str()), (DisputeKind::ShouldBeValid, "証は有効"));
        assert_eq!(ask(&bed, &desk, &answer, "証は有効").await.status(), 200, "said again");
        let other = refusal(ask(&bed, &desk, &answer, "別の話").await).await;
        assert_eq!(other, (409, "dispute.exists".into()));

        // Whoever may only propose does not answer; the clinic sees nothing of it.
        let path = format!("/disputes/{}/answer", answer.check_number);
        let said = json!({ "finding": "corrected", "text": "直しました" });
        let media = insurer(&bed, "insurer-media").await;
        let proposed: Dispute =
            bed.post(&bed.portal, &path, &media, &said).await.json().await.unwrap();
        assert_eq!(proposed.state(), DisputeState::Open);
        assert_eq!(proposed.proposal.unwrap().finding, Finding::Corrected);
        let seen: DisputeList = read(&bed, "/disputes", &desk).await;
        assert_eq!(
            (seen.disputes[0].state(), &seen.disputes[0].proposal),
            (DisputeState::Open, &None)
        );

        let token = insurer(&bed, "insurer-staff").await;
        let waiting: DisputeList = read(&bed, "/disputes", &token).await;
        assert!(waiting.disputes[0].proposal.is_some());
        let answered: Dispute =
            bed.post(&bed.portal, &path, &token, &said).await.json().await.unwrap();
        assert_eq!(answered.state(), DisputeState::Answered);
        assert_eq!(bed.post(&bed.portal, &path, &token, &said).await.status(), 200);
        let late = json!({ "finding": "confirmed", "text": "" });
        assert_eq!(refused(&bed, &path, &token, &late).await, (409, "dispute.answered".into()));

        let seen: DisputeList = read(&bed, "/disputes", &desk).await;
        assert_eq!(seen.disputes[0].answer.as_ref().unwrap().text, "直しました");
        let page: ChecksPage = read(&bed, "/checks", &manager(&bed).await).await;
        assert_eq!(page.checks.len(), 1, "a dispute is no check");
        assert_eq!(page.checks[0].dispute, Some(DisputeState::Answered));

        // The person sees that it happened.
        let own = bed.token(&bed.ticket()).await;
        let history: HistoryPage = read(&bed, "/history", &own).await;
        let results: Vec<_> = history.entries.iter().map(|one| (one.asked, &one.result)).collect();
        assert_eq!(results[0], (Asked::Dispute, &AccessResult::Settled(Finding::Corrected)));
        assert_eq!(results[1], (Asked::Dispute, &AccessResult::Questioned));
        let numbers: Vec<_> = history.entries.iter().map(|one| one.check_number.as_ref()).collect();
        assert_eq!(numbers, [Some(&answer.check_number); 3]);
    }
}

#[tokio::test]
async fn a_dispute_that_cannot_be_is_refused() {
    let bed = Bed::new().await;
    let desk = bed.token(&bed.desk_ticket()).await;
    let answer = tap(&bed, &key(0)).await;
    let number = refusal(ask(&bed, &desk, &answer, "番号 1111-1111-1118").await).await;
    assert_eq!(number, (422, "dispute.individual-number".into()));
    let long = refusal(ask(&bed, &desk, &answer, &"あ".repeat(401)).await).await;
    assert_eq!(long, (422, "dispute.long".into()));
    let nobody = typed(&bed, &desk, "99999999", &key(1)).await;
    let nobody = refusal(ask(&bed, &desk, &nobody, "").await).await;
    assert_eq!(nobody, (422, "dispute.no-insurer".into()));
    let other = bed.token(&staff(&bed, "other", "clinic-desk", "another-clinic")).await;
    let foreign = refusal(ask(&bed, &other, &answer, "").await).await;
    assert_eq!(foreign, (404, "check.unknown".into()));
    let own = bed.token(&bed.ticket()).await;
    assert_eq!(refusal(ask(&bed, &own, &answer, "").await).await, (403, "role.none".into()));

    assert_eq!(ask(&bed, &desk, &answer, "").await.status(), 200);
    let path = format!("/disputes/{}/answer", answer.check_number);
    let said = json!({ "finding": "confirmed", "text": "" });
    let elsewhere = bed.token(&staff(&bed, "x", "insurer-staff", "pension-org")).await;
    assert_eq!(refused(&bed, &path, &elsewhere, &said).await, (403, "duty.none".into()));
    assert_eq!(refused(&bed, &path, &desk, &said).await, (403, "duty.none".into()));
}

#[tokio::test]
async fn a_slip_is_made_read_and_ends() {
    for engine in engines() {
        let bed = Bed::on(engine).await;
        let desk = bed.token(&bed.desk_ticket()).await;
        let answer = tap(&bed, &key(0)).await;
        let which = json!({ "idempotency_key": key(0) });
        let again: EligibilityAnswer =
            bed.post(&bed.portal, "/eligibility/answer", &desk, &which).await.json().await.unwrap();
        assert_eq!(again, answer);
        let slip: Slip = bed.post(&bed.portal, "/slips", &desk, &which).await.json().await.unwrap();
        assert!(slip.text.len() < 700, "{} characters", slip.text.len());
        let coverage = answer.decision.coverage.unwrap();
        for part in slip.text.split('.') {
            let part = data_encoding::BASE64URL_NOPAD.decode(part.as_bytes()).unwrap();
            let part = String::from_utf8_lossy(&part);
            assert!(!part.contains(&coverage.insurer.number), "{part}");
        }
        let scan = |text: &str, key: String| json!({ "subject": { "by": "slip", "text": text }, "target_date": null, "idempotency_key": key });
        let scanned: EligibilityAnswer = bed
            .post(&bed.portal, "/eligibility", &desk, &scan(&slip.text, key(1)))
            .await
            .json()
            .await
            .unwrap();
        assert_eq!(scanned.decision.verdict, Verdict::Valid);
        let typed = bed.insurer.typed().unwrap();
        assert_eq!(typed.insurer_number, coverage.insurer.number);
        assert_eq!((typed.number, typed.birth_date), (coverage.number, coverage.birth_date));

        let altered = slip.text.replacen("eyJ", "eyK", 1);
        let answer = refused(&bed, "/eligibility", &desk, &scan(&altered, key(2))).await;
        assert_eq!(answer, (422, "slip.unreadable".into()));
        bed.pass(jiff::SignedDuration::from_hours(96));
        let desk = bed.token(&bed.desk_ticket()).await;
        let answer = refused(&bed, "/eligibility", &desk, &scan(&slip.text, key(3))).await;
        assert_eq!(answer, (410, "slip.over".into()));
        let other = bed.token(&staff(&bed, "other", "clinic-desk", "another-clinic")).await;
        assert_eq!(refused(&bed, "/slips", &other, &which).await, (404, "answer.gone".into()));
    }
}

#[tokio::test]
async fn where_codes_are_stopped_none_is_made_or_read() {
    let mut bed = Bed::new().await;
    bed.config.slips.stopped = true;
    bed.restart().await;
    let desk = bed.token(&bed.desk_ticket()).await;
    tap(&bed, &key(0)).await;
    let which = json!({ "idempotency_key": key(0) });
    assert_eq!(refused(&bed, "/slips", &desk, &which).await, (423, "slip.stopped".into()));
    let scan = json!({ "subject": { "by": "slip", "text": "a.b.c" }, "target_date": null, "idempotency_key": key(1) });
    assert_eq!(refused(&bed, "/eligibility", &desk, &scan).await, (423, "slip.stopped".into()));
}
