//! A file that is looked over before its lines are checked.

use serde_json::json;
use warifu_contract::batch::{BatchJob, BatchPreview, BatchState};
use warifu_files::Encoding;
use warifu_log::Action;
use warifu_relay::batch::config::SampleKind;

use crate::bed::{Bed, INSURER_NUMBER, engines, refusal};

const BEFORE: &str = "/batches?name=checks.csv&start=false";
const HEADER: &str = "患者番号,保険者番号,記号,番号,枝番,生年月日,本人家族\n";

/// Two 本人 and 家族 as the lines say, one 家族 by its 枝番, one who knows, one that cannot be read.
fn file() -> String {
    let insurer = INSURER_NUMBER;
    format!(
        "{HEADER}P-1,{insurer},東京,1234567,00,S30.5.5,本人\nP-2,{insurer},東京,1234567,,S35.1.2,家族\n\
         P-3,{insurer},東京,7654321,01,19600102,\nP-4,{insurer},東京,1,,19600102,\n\
         P-5,{insurer},東京,髙橋,00,1955-13-05,本人\nP-6,{insurer},東京,2,00,19550505,本人\n"
    )
}

async fn sent(bed: &Bed, token: &str, path: &str) -> BatchJob {
    let mut bytes = Vec::new();
    Encoding::Cp932.encode(&file(), &mut bytes).unwrap();
    let request = bed.portal.http.post(bed.url(path)).bearer_auth(token).body(bytes);
    let answer = request.send().await.unwrap();
    assert!(answer.status().is_success(), "{:?}", refusal(answer).await);
    answer.json().await.unwrap()
}

async fn preview(bed: &Bed, token: &str, job: &BatchJob) -> BatchPreview {
    let answer = bed.get(&bed.portal, &format!("/batches/{}/preview", job.id), Some(token)).await;
    assert_eq!(answer.status(), 200);
    answer.json().await.unwrap()
}

async fn steer(bed: &Bed, token: &str, job: &BatchJob, step: &str) -> reqwest::Response {
    bed.post(&bed.portal, &format!("/batches/{}/{step}", job.id), token, &json!({})).await
}

async fn done(bed: &Bed, token: &str, job: &BatchJob) -> BatchJob {
    for _ in 0..600 {
        let path = format!("/batches/{}", job.id);
        let now: BatchJob = bed.get(&bed.portal, &path, Some(token)).await.json().await.unwrap();
        if now.state.is_over() {
            return now;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("the job does not end");
}

#[tokio::test]
async fn nothing_is_checked_before_somebody_has_looked() {
    for engine in engines() {
        let bed = Bed::on(engine).await;
        let token = bed.token(&bed.desk_ticket()).await;
        let job = sent(&bed, &token, BEFORE).await;
        assert_eq!(job.state, BatchState::Ready);
        let seen = preview(&bed, &token, &job).await;
        assert_eq!((seen.format.as_str(), seen.encoding.as_str()), ("csv", Encoding::Cp932.name()));
        assert_eq!((seen.lines, seen.insured, seen.dependants), (6, 2, 2));
        assert_eq!((seen.unstated, seen.unreadable), (1, 1));
        assert!(seen.is_masked && seen.has_header);
        assert_eq!(seen.sample.len(), 5);
        assert_eq!(seen.sample[0].number, "＊＊＊＊＊67");
        assert_eq!(seen.sample[0].birth_date, "1955＊＊＊＊＊＊");
        assert_eq!(seen.sample[4].faults, ["file.date"]);
        assert_eq!(seen.sample[4].number, "＊＊");

        let size = bed.relay.log().checkpoint().await.unwrap().size;
        let started: BatchJob = steer(&bed, &token, &job, "start").await.json().await.unwrap();
        assert_ne!(started.state, BatchState::Ready);
        let done = done(&bed, &token, &job).await;
        assert_eq!(
            (done.state, done.counts.lines, done.counts.unreadable),
            (BatchState::Done, 6, 1)
        );
        // That somebody started it comes before all that was checked.
        let first = bed.relay.log().since(size, 1).await.unwrap().remove(0).entry.unwrap();
        assert_eq!((first.action, first.asked), (Action::BatchSteered, vec!["start".to_owned()]));
        assert_eq!(steer(&bed, &token, &job, "start").await.status(), 200, "once more");
        let path = format!("/batches/{}/preview", job.id);
        let gone = bed.get(&bed.portal, &path, Some(&token)).await;
        assert_eq!(refusal(gone).await, (410, "batch.gone".into()));
    }
}

#[tokio::test]
async fn whoever_sends_it_to_be_checked_at_once_starts_what_waits() {
    let bed = Bed::new().await;
    let token = bed.token(&bed.desk_ticket()).await;
    let waiting = sent(&bed, &token, BEFORE).await;
    let again = sent(&bed, &token, BEFORE).await;
    assert_eq!((again.id.as_str(), again.state), (waiting.id.as_str(), BatchState::Ready));
    let started = sent(&bed, &token, "/batches?name=checks.csv").await;
    assert_eq!(started.id, waiting.id);
    assert_eq!(done(&bed, &token, &waiting).await.state, BatchState::Done);
}

#[tokio::test]
async fn one_that_waits_is_given_up_and_one_that_cannot_be_read_says_so() {
    let bed = Bed::new().await;
    let token = bed.token(&bed.desk_ticket()).await;
    let waiting = sent(&bed, &token, BEFORE).await;
    let pause = steer(&bed, &token, &waiting, "pause").await;
    assert_eq!(refusal(pause).await, (409, "batch.state".into()));
    let given_up: BatchJob = steer(&bed, &token, &waiting, "cancel").await.json().await.unwrap();
    assert_eq!(given_up.state, BatchState::Cancelled);
    let path = format!("/batches/{}/preview", waiting.id);
    let gone = bed.get(&bed.portal, &path, Some(&token)).await;
    assert_eq!(refusal(gone).await, (410, "batch.gone".into()));
    let start = steer(&bed, &token, &waiting, "start").await;
    assert_eq!(refusal(start).await, (409, "batch.state".into()));

    let request = bed.portal.http.post(bed.url(BEFORE)).bearer_auth(&token).body("保険者番号\n1\n");
    let broken: BatchJob = request.send().await.unwrap().json().await.unwrap();
    let refused = done(&bed, &token, &broken).await;
    assert_eq!(
        (refused.state, refused.refusal.as_deref()),
        (BatchState::Refused, Some("file.columns"))
    );
}

#[tokio::test]
async fn the_site_says_how_much_of_its_lines_is_shown() {
    let mut bed = Bed::new().await;
    for kind in [SampleKind::Open, SampleKind::Off] {
        bed.config.batches.sample = kind;
        bed.restart().await;
        let token = bed.token(&bed.desk_ticket()).await;
        let job = sent(&bed, &token, BEFORE).await;
        let seen = preview(&bed, &token, &job).await;
        assert!(!seen.is_masked);
        match kind {
            SampleKind::Off => assert!(seen.sample.is_empty()),
            _ => assert_eq!(seen.sample[0].number, "1234567"),
        }
        steer(&bed, &token, &job, "cancel").await;
    }
}
