//! Files of checks: sent, worked on, stopped, taken up again, handed over.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::time::Duration;

use jiff::SignedDuration;
use serde_json::json;
use warifu_contract::batch::{BatchJob, BatchList, BatchState};
use warifu_contract::eligibility::Verdict;
use warifu_log::{Action, Outcome};
use warifu_relay::batch::config::{Keep, SiteConfig, SystemConfig};

use crate::bed::{Bed, Client, INSURER_NUMBER, clinic, engines, refusal};
use crate::source::Mood;

const HEADER: &str = "患者番号,保険者番号,記号,番号,枝番,生年月日,本人家族\n";

/// So many good lines.
fn good(lines: usize) -> String {
    let mut file = HEADER.to_owned();
    for n in 0..lines {
        writeln!(file, "P-{n},{INSURER_NUMBER},東京,{n},00,19550505,本人").unwrap();
    }
    file
}

/// Good and bad, 本人 and 家族.
fn mixed() -> String {
    format!(
        "{HEADER}P-1,{INSURER_NUMBER},東京,001,00,S30.5.5,本人\n\
         P-2,{INSURER_NUMBER},東京,001,01,昭和35年1月2日,家族\n\
         P-3,06130488,,7,,19800505,本人\n\
         P-4,{INSURER_NUMBER},東京,001,00,1955-13-05,本人\n\
         P-5,{INSURER_NUMBER},東京\n"
    )
}

async fn desk(bed: &Bed) -> String {
    bed.token(&bed.desk_ticket()).await
}

async fn sent(bed: &Bed, token: &str, file: &str) -> BatchJob {
    let answer = bed.send_file(&bed.portal, Some(token), file.as_bytes().to_vec()).await;
    assert!(answer.status().is_success(), "{:?}", refusal(answer).await);
    answer.json().await.unwrap()
}

async fn job(bed: &Bed, token: &str, id: &str) -> BatchJob {
    let answer = bed.get(&bed.portal, &format!("/batches/{id}"), Some(token)).await;
    assert_eq!(answer.status(), 200);
    answer.json().await.unwrap()
}

/// Waits until the job is in that state.
async fn until(bed: &Bed, token: &str, id: &str, state: BatchState) -> BatchJob {
    for _ in 0..600 {
        let now = job(bed, token, id).await;
        if now.state == state {
            return now;
        }
        assert!(!now.state.is_over(), "{now:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the job does not come to {state:?}: {:?}", job(bed, token, id).await);
}

async fn text(bed: &Bed, token: &str, path: &str) -> String {
    let answer = bed.get(&bed.portal, path, Some(token)).await;
    assert_eq!(answer.status(), 200, "{path}");
    answer.text().await.unwrap()
}

/// The fields of each line of a result but its header.
fn rows(result: &str) -> Vec<Vec<String>> {
    let fields = |line: &str| line.split(',').map(str::to_owned).collect();
    result.lines().skip(1).map(fields).collect()
}

const REFERENCE: usize = 7;
const NUMBER: usize = 8;
const CODE: usize = 9;
const MESSAGE: usize = 10;
const REASON: usize = 11;

#[tokio::test]
async fn good_and_bad_lines_are_answered_each_with_its_number() {
    for engine in engines() {
        let bed = Bed::on(engine).await;
        let token = desk(&bed).await;
        let before = bed.relay.log().checkpoint().await.unwrap().size;
        let answer = bed.send_file(&bed.portal, Some(&token), mixed().into_bytes()).await;
        assert_eq!(answer.status(), 202);
        let sent: BatchJob = answer.json().await.unwrap();
        let done = until(&bed, &token, &sent.id, BatchState::Done).await;
        assert_eq!((done.counts.lines, done.counts.valid), (5, 2));
        assert_eq!((done.counts.insurer, done.counts.unreadable), (1, 2));
        assert_eq!((done.percent, done.name.as_deref()), (100, Some("checks.csv")));

        let result = text(&bed, &token, &format!("/batches/{}/result", sent.id)).await;
        let rows = rows(&result);
        let codes: Vec<_> = rows.iter().map(|row| row[CODE].as_str()).collect();
        let expected = ["cov.valid", "cov.valid", "cov.noinsurer", "file.date", "file.columns"];
        assert_eq!(codes, expected);
        assert_eq!(rows[0][MESSAGE], "有効な保険資格です");
        assert_eq!(rows[2][MESSAGE], "該当する保険者がありません");
        assert_eq!(rows[3][REASON], "生年月日: file.date");
        assert_eq!(rows[1][REFERENCE], "P-2");
        assert!(rows[3][NUMBER].is_empty() && rows[4][NUMBER].is_empty());
        for row in &rows[..3] {
            let logged = bed.relay.log().by_check_number(&row[NUMBER]).await.unwrap().unwrap();
            let entry = logged.entry.unwrap();
            let ground = format!("law:eligibility-for-treatment batch:{}", sent.id);
            assert_eq!(entry.ground, Some(ground));
            assert_eq!(entry.action, Action::EligibilityChecked);
        }
        // The file, three checks, the fetch.
        let size = bed.relay.log().checkpoint().await.unwrap().size;
        assert_eq!(size, before + 5);
        let errors = text(&bed, &token, &format!("/batches/{}/errors", sent.id)).await;
        assert_eq!(errors.lines().count(), 4);
    }
}

#[tokio::test]
async fn the_answer_is_written_as_the_question_was() {
    let bed = Bed::new().await;
    let token = desk(&bed).await;
    let csv = mixed();
    let xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<資格確認一覧><行><患者番号>①㈱髙</患者番号>\
         <保険者番号>{INSURER_NUMBER}</保険者番号><番号>1</番号><生年月日>19550505</生年月日></行>\
         </資格確認一覧>"
    );
    for encoding in warifu_files::Encoding::ALL {
        let mut file = Vec::new();
        encoding.encode(&csv, &mut file).unwrap();
        let answer = bed.send_file(&bed.portal, Some(&token), file).await;
        let sent: BatchJob = answer.json().await.unwrap();
        until(&bed, &token, &sent.id, BatchState::Done).await;
        let path = format!("/batches/{}/result", sent.id);
        let answer = bed.get(&bed.portal, &path, Some(&token)).await;
        let kind = format!("text/csv; charset={}", encoding.name());
        assert_eq!(answer.headers()["content-type"].to_str().unwrap(), kind);
        let bytes = answer.bytes().await.unwrap();
        let mut text = String::new();
        encoding.decode(&bytes, &mut text).unwrap();
        assert!(text.contains("有効な保険資格です"), "{text}");
    }
    let sent = sent(&bed, &token, &xml).await;
    until(&bed, &token, &sent.id, BatchState::Done).await;
    let result = text(&bed, &token, &format!("/batches/{}/result", sent.id)).await;
    assert!(
        result.starts_with("<?xml") && result.contains("<患者番号>①㈱髙</患者番号>"),
        "{result}"
    );
}

#[tokio::test]
async fn the_same_file_is_the_same_job_until_it_is_cancelled() {
    for engine in engines() {
        let bed = Bed::on(engine).await;
        let token = desk(&bed).await;
        bed.insurer.feels(Mood::Slow(Duration::from_mins(1)));
        let first = sent(&bed, &token, &mixed()).await;
        let answer = bed.send_file(&bed.portal, Some(&token), mixed().into_bytes()).await;
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.json::<BatchJob>().await.unwrap().id, first.id);
        assert_ne!(sent(&bed, &token, &good(2)).await.id, first.id);
        let list: BatchList =
            bed.get(&bed.portal, "/batches", Some(&token)).await.json().await.unwrap();
        assert_eq!(list.jobs.len(), 2);

        let cancel = format!("/batches/{}/cancel", first.id);
        let answer = bed.post(&bed.portal, &cancel, &token, &json!({})).await;
        assert_eq!(answer.json::<BatchJob>().await.unwrap().state, BatchState::Cancelled);
        assert_ne!(sent(&bed, &token, &mixed()).await.id, first.id);
        let result = format!("/batches/{}/result", first.id);
        let answer = bed.get(&bed.portal, &result, Some(&token)).await;
        assert_eq!(refusal(answer).await, (409, "batch.state".into()));
    }
}

#[tokio::test]
async fn a_job_stops_when_it_is_told_and_goes_on() {
    for engine in engines() {
        let bed = Bed::on(engine).await;
        let token = desk(&bed).await;
        let release = std::sync::Arc::new(tokio::sync::Notify::new());
        bed.insurer.feels(Mood::Held(release.clone()));
        let sent = sent(&bed, &token, &good(3)).await;
        until(&bed, &token, &sent.id, BatchState::Running).await;
        let pause = format!("/batches/{}/pause", sent.id);
        let answer = bed.post(&bed.portal, &pause, &token, &json!({})).await;
        assert_eq!(answer.json::<BatchJob>().await.unwrap().state, BatchState::Paused);
        // Once more changes nothing.
        assert_eq!(bed.post(&bed.portal, &pause, &token, &json!({})).await.status(), 200);
        bed.insurer.feels(Mood::Well);
        release.notify_waiters();
        tokio::time::sleep(Duration::from_millis(300)).await;
        let paused = job(&bed, &token, &sent.id).await;
        assert_eq!((paused.state, paused.counts.lines), (BatchState::Paused, 0));
        let resume = format!("/batches/{}/resume", sent.id);
        assert_eq!(bed.post(&bed.portal, &resume, &token, &json!({})).await.status(), 200);
        let done = until(&bed, &token, &sent.id, BatchState::Done).await;
        assert_eq!(done.counts.valid, 3);
        let answer = bed.post(&bed.portal, &pause, &token, &json!({})).await;
        assert_eq!(refusal(answer).await, (409, "batch.state".into()));
    }
}

#[tokio::test]
async fn a_relay_that_stops_in_the_middle_goes_on_without_a_double() {
    for engine in engines() {
        let mut bed = Bed::on(engine).await;
        let token = desk(&bed).await;
        let sent = sent(&bed, &token, &good(3_500)).await;
        for _ in 0..3 {
            tokio::time::sleep(Duration::from_millis(150)).await;
            bed.restart().await;
        }
        let done = until(&bed, &token, &sent.id, BatchState::Done).await;
        assert_eq!((done.counts.lines, done.counts.valid), (3_500, 3_500));
        let result = text(&bed, &token, &format!("/batches/{}/result", sent.id)).await;
        let rows = rows(&result);
        assert_eq!(rows.len(), 3_500);
        for (n, row) in rows.iter().enumerate() {
            assert_eq!(row[REFERENCE], format!("P-{n}"));
        }
        let numbers: BTreeSet<_> = rows.iter().map(|row| &row[NUMBER]).collect();
        assert_eq!(numbers.len(), 3_500);
        let log = bed.relay.log();
        let size = log.checkpoint().await.unwrap().size;
        let all: Vec<_> = futures::TryStreamExt::try_collect(log.all(size)).await.unwrap();
        let all: &Vec<warifu_log::Logged> = &all;
        let entries = all.iter().filter_map(|one| one.entry.as_ref());
        let checks = entries.filter(|entry| entry.action == Action::EligibilityChecked);
        let logged: Vec<_> = checks.filter_map(|entry| entry.check_number.as_ref()).collect();
        assert_eq!(logged.len(), 3_500, "each once");
        assert_eq!(logged.into_iter().collect::<BTreeSet<_>>(), numbers);
    }
}

#[tokio::test]
async fn only_what_changed_is_told_and_claims_are_checked_again() {
    for engine in engines() {
        let bed = Bed::on(engine).await;
        let token = desk(&bed).await;
        let first = sent(&bed, &token, &good(3)).await;
        let first = until(&bed, &token, &first.id, BatchState::Done).await;
        assert_eq!((first.counts.changed, first.compared_with.clone()), (3, None));

        bed.pass(SignedDuration::from_secs(5));
        let more = format!("{}N-1,{INSURER_NUMBER},東京,new,00,19550505,本人\n", good(3));
        let second = sent(&bed, &token, &more).await;
        let second = until(&bed, &token, &second.id, BatchState::Done).await;
        assert_eq!((second.counts.changed, second.compared_with), (1, Some(first.id.clone())));
        let changes = format!("/batches/{}/result?only=changes", second.id);
        let changes = rows(&text(&bed, &token, &changes).await);
        assert_eq!(changes.len(), 1);
        assert_eq!(changes[0][REFERENCE], "N-1");

        bed.pass(SignedDuration::from_secs(5));
        *bed.insurer.state.verdict.lock().unwrap() = Verdict::Expired;
        let recheck = format!("/batches/{}/recheck", first.id);
        let body = json!({ "target_date": null });
        let answer = bed.post(&bed.portal, &recheck, &token, &body).await;
        assert_eq!(answer.status(), 202);
        let again: BatchJob = answer.json().await.unwrap();
        assert_eq!(again.target_date, first.target_date.last_of_month());
        let again = until(&bed, &token, &again.id, BatchState::Done).await;
        assert_eq!((again.counts.changed, again.counts.expired), (3, 3));
        assert_eq!(again.recheck_of, Some(first.id));
        let answer = bed.post(&bed.portal, &recheck, &token, &body).await;
        assert_eq!(answer.status(), 200, "asked again, it is the same job");
        assert_eq!(answer.json::<BatchJob>().await.unwrap().id, again.id);
    }
}

#[tokio::test]
async fn where_results_are_not_kept_they_are_handed_over_once() {
    for engine in engines() {
        let mut bed = Bed::on(engine).await;
        let site = SiteConfig {
            organization: clinic().code,
            keep: Keep::Off,
            keep_days: None,
            sample: None,
        };
        bed.config.batches.sites.push(site);
        bed.restart().await;
        let token = desk(&bed).await;
        let sent = sent(&bed, &token, &mixed()).await;
        let done = until(&bed, &token, &sent.id, BatchState::Done).await;
        assert!(done.fetched_once && done.results_until.is_some());
        let path = format!("/batches/{}/result", sent.id);
        assert_eq!(text(&bed, &token, &path).await.lines().count(), 6);
        let answer = bed.get(&bed.portal, &path, Some(&token)).await;
        assert_eq!(refusal(answer).await, (410, "batch.gone".into()));
        assert_eq!(job(&bed, &token, &sent.id).await.results_until, None);
    }
}

#[tokio::test]
async fn what_is_no_file_of_checks_is_refused_with_its_code() {
    let mut bed = Bed::new().await;
    let token = desk(&bed).await;
    for (file, code) in
        [("PK\u{3}\u{4}zip", "file.compressed"), ("保険者番号,記号\n1,2\n", "file.columns")]
    {
        let sent = sent(&bed, &token, file).await;
        let refused = until(&bed, &token, &sent.id, BatchState::Refused).await;
        assert_eq!(refused.refusal.as_deref(), Some(code));
    }
    let answer = bed.send_file(&bed.portal, Some(&token), Vec::new()).await;
    assert_eq!(refusal(answer).await, (422, "batch.empty".into()));
    bed.config.batches.largest_bytes = 100;
    bed.config.batches.largest_lines = 2;
    bed.restart().await;
    let answer = bed.send_file(&bed.portal, Some(&token), good(9).into_bytes()).await;
    assert_eq!(refusal(answer).await, (413, "batch.too-large".into()));
    bed.config.batches.largest_bytes = 10_000;
    bed.restart().await;
    let sent = sent(&bed, &token, &good(9)).await;
    let done = until(&bed, &token, &sent.id, BatchState::Done).await;
    assert_eq!((done.counts.valid, done.counts.unreadable), (2, 1));
}

#[tokio::test]
async fn nobody_sees_the_files_of_others() {
    let bed = Bed::new().await;
    let token = desk(&bed).await;
    let sent = sent(&bed, &token, &good(1)).await;
    let mut other = bed.desk_ticket();
    other.organization.as_mut().unwrap().code = "3710000002".into();
    let other = bed.token(&other).await;
    let answer = bed.get(&bed.portal, &format!("/batches/{}", sent.id), Some(&other)).await;
    assert_eq!(refusal(answer).await, (404, "batch.unknown".into()));
    let resident = bed.token(&bed.ticket()).await;
    let answer = bed.get(&bed.portal, "/batches", Some(&resident)).await;
    assert_eq!(refusal(answer).await, (403, "role.none".into()));
    let answer = bed.get(&bed.portal, "/batches", None).await;
    assert_eq!(refusal(answer).await, (401, "token.missing".into()));
    let answer = bed.get(&bed.portal, "/batches/none", Some(&token)).await;
    assert_eq!(refusal(answer).await, (404, "batch.unknown".into()));
}

/// A system of the clinic, which is told OK or NG.
fn system(party: &str, certificate: Option<String>) -> SystemConfig {
    SystemConfig {
        party: party.into(),
        certificate,
        organization: clinic().code,
        name: clinic().name,
        disclosure: warifu_contract::batch::DisclosureLevel::OkNg,
    }
}

#[tokio::test]
async fn a_hospitals_system_asks_by_its_certificate_and_is_told_ok_or_ng() {
    for engine in engines() {
        let mut bed = Bed::on(engine).await;
        let his = Client::new(&bed.federation, "his");
        let body = json!({
            "subject": { "by": "number", "insurer_number": INSURER_NUMBER, "symbol": "東京",
                "number": "001", "branch": null, "birth_date": "1955-05-05" },
            "target_date": null, "idempotency_key": "0123456789abcdef",
        });
        let ask = |url: String| his.http.post(url).json(&body).send();
        let refused = ask(bed.url("/eligibility")).await.unwrap();
        assert_eq!(refusal(refused).await, (403, "peer.unknown".into()));
        bed.config.systems.push(system("his", Some("another".into())));
        bed.restart().await;
        let refused = ask(bed.url("/eligibility")).await.unwrap();
        assert_eq!(refusal(refused).await, (403, "peer.unknown".into()));
        bed.config.systems[0].certificate = Some(his.certificate.clone());
        bed.restart().await;

        let answer = ask(bed.url("/eligibility")).await.unwrap();
        let answer: serde_json::Value = answer.json().await.unwrap();
        assert_eq!(answer["valid"], true);
        assert_eq!(answer["message"], "有効な保険資格です");
        let mut names: Vec<_> = answer.as_object().unwrap().keys().cloned().collect();
        names.sort();
        let expected = ["answered_at", "check_number", "message", "target_date", "valid"];
        assert_eq!(names, expected, "nothing else is told");
        let number = answer["check_number"].as_str().unwrap();
        let entry = bed.relay.log().by_check_number(number).await.unwrap().unwrap().entry.unwrap();
        assert_eq!(
            (entry.client.as_str(), entry.outcome),
            ("his", Outcome::Answered("valid".into()))
        );

        let card = json!({ "subject": { "by": "card" }, "target_date": null,
            "idempotency_key": "another-key-0001" });
        let refused = his.http.post(bed.url("/eligibility")).json(&card).send().await.unwrap();
        assert_eq!(refusal(refused).await, (403, "token.purpose".into()));
        let refused = bed.get(&his, "/history", None).await;
        assert_eq!(refusal(refused).await, (403, "peer.unknown".into()));

        let answer = bed.send_file(&his, None, mixed().into_bytes()).await;
        assert_eq!(answer.status(), 202);
        let sent: BatchJob = answer.json().await.unwrap();
        let token = desk(&bed).await;
        until(&bed, &token, &sent.id, BatchState::Done).await;
        let path = format!("/batches/{}/result", sent.id);
        let result = bed.get(&his, &path, None).await.text().await.unwrap();
        let codes: Vec<_> = rows(&result).into_iter().map(|row| row[CODE].clone()).collect();
        assert_eq!(codes, ["ok", "ok", "ng", "file.date", "file.columns"]);
        // The desk of the same organisation is told all of it.
        assert!(text(&bed, &token, &path).await.contains("cov.noinsurer"));
    }
}
