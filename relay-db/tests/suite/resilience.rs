//! Connectors that are slow or break connections cost themselves, and nobody else anything.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use futures::future::{join, join_all};
use jiff::SignedDuration;
use serde_json::{Value, json};
use warifu_contract::eligibility::{EligibilityAnswer, Verdict};
use warifu_contract::records::{Panel, PanelOutcome, Service};
use warifu_log::{Outcome, Series};
use warifu_service::telemetry;

use crate::bed::{Bed, INSURER_NUMBER, TARO, refusal};
use crate::faults::{Fault, Proxy};
use crate::source::Mood;

/// How long the slow connector takes for an answer.
const SLOW: Duration = Duration::from_secs(10);
/// How long the relay waits for it.
const DEADLINE_MS: u64 = 400;
/// Calls to one connector at the same time.
const CALLS: u32 = 8;
/// Residents that look at their insurance side by side, and for how long each does.
const RESIDENTS: usize = 4;
const LOOKING: Duration = Duration::from_secs(3);
/// Residents that ask for the two bad ones meanwhile.
const UNLUCKY: usize = 12;

const CHECKUP: usize = 1;
const PENSION: usize = 2;

async fn only(bed: &Bed, token: &str, service: Service) -> Panel {
    bed.panels(token, &[service]).await.remove(0)
}

fn code(outcome: &PanelOutcome) -> &str {
    match outcome {
        PanelOutcome::Failed { code } => code,
        PanelOutcome::Resting { .. } => "source.resting",
        PanelOutcome::Ready { .. } => "ready",
        PanelOutcome::Empty => "empty",
        other => panic!("{other:?}"),
    }
}

fn percentile(took: &[Duration], part: usize) -> Duration {
    took[(took.len() * part).div_ceil(100).saturating_sub(1)]
}

/// How long each look at the healthy connector took, shortest first. All of them succeed.
async fn healthy(bed: &Bed, token: &str) -> Vec<Duration> {
    let resident = async || {
        let (mut took, begun) = (Vec::new(), Instant::now());
        while begun.elapsed() < LOOKING {
            let started = Instant::now();
            let panel = only(bed, token, Service::Insurance).await;
            took.push(started.elapsed());
            assert_eq!(code(&panel.outcome), "ready");
        }
        took
    };
    let mut took = join_all((0..RESIDENTS).map(|_| resident())).await.concat();
    took.sort_unstable();
    took
}

/// What residents see who ask for `service` until `over`.
async fn unlucky(bed: &Bed, token: &str, service: Service, over: &AtomicBool) -> Vec<Panel> {
    let resident = async || {
        let mut seen = Vec::new();
        while !over.load(Ordering::SeqCst) {
            seen.push(only(bed, token, service).await);
            // People who read what they see.
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        seen
    };
    join_all((0..UNLUCKY).map(|_| resident())).await.concat()
}

/// The codes that came, each with how often.
fn codes(panels: &[Panel]) -> BTreeMap<&str, usize> {
    panels.iter().fold(BTreeMap::new(), |mut counts, panel| {
        *counts.entry(code(&panel.outcome)).or_default() += 1;
        counts
    })
}

fn metric(text: &str, name: &str) -> f64 {
    let line = text.lines().find(|line| line.starts_with(name));
    let value = line.unwrap_or_else(|| panic!("no {name} in\n{text}")).rsplit(' ').next();
    value.unwrap().parse().unwrap()
}

/// Looks at the healthy connector, while others ask for the two others.
async fn beside(bed: &Bed, token: &str) -> (Vec<Duration>, Vec<Panel>, Vec<Panel>) {
    let over = AtomicBool::new(false);
    let measured = async {
        let took = healthy(bed, token).await;
        over.store(true, Ordering::SeqCst);
        took
    };
    let (took, (checkup, pension)) = join(
        measured,
        join(
            unlucky(bed, token, Service::Checkup, &over),
            unlucky(bed, token, Service::Pension, &over),
        ),
    )
    .await;
    (took, checkup, pension)
}

/// From now on the check-up centre answers after ten seconds, and the pension office is behind a
/// line that breaks.
async fn spoil(bed: &mut Bed) -> Proxy {
    bed.checkup.feels(Mood::Slow(SLOW));
    bed.checkup.state.most.store(0, Ordering::SeqCst);
    let proxy = Proxy::before(&bed.pension.url, Fault::Reset(Duration::from_millis(60))).await;
    bed.config.connectors[PENSION].url.clone_from(&proxy.url);
    for connector in [CHECKUP, PENSION] {
        bed.config.connectors[connector].deadline_ms = DEADLINE_MS;
        bed.config.connectors[connector].limits.calls = CALLS;
        bed.config.connectors[connector].limits.wait_ms = 50;
    }
    bed.restart().await;
    proxy
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_and_a_breaking_connector_do_not_slow_the_others() {
    telemetry::start();
    let mut bed = Bed::new().await;
    let token = bed.token(&bed.ticket()).await;
    let alone = healthy(&bed, &token).await;
    let (beside_good, ..) = beside(&bed, &token).await;
    let proxy = spoil(&mut bed).await;
    let (beside_bad, slow, broken) = beside(&bed, &token).await;

    for (name, took) in [
        ("alone", &alone),
        ("beside two others that are well", &beside_good),
        ("beside a slow and a breaking one", &beside_bad),
    ] {
        println!(
            "healthy connector, {name}: p50 {:?}, p99 {:?} of {}",
            percentile(took, 50),
            percentile(took, 99),
            took.len()
        );
    }
    println!("slow one: {:?}; breaking one: {:?}", codes(&slow), codes(&broken));
    // Each panel of the slow one says why, and soon nobody waits for it any more.
    let known = ["source.slow", "source.busy", "source.resting"];
    assert!(slow.iter().all(|panel| known.contains(&code(&panel.outcome))), "{:?}", codes(&slow));
    let of_slow = codes(&slow);
    assert!(of_slow["source.slow"] < of_slow["source.resting"], "{of_slow:?}");
    let most = bed.checkup.state.most.load(Ordering::SeqCst);
    assert!((1..=usize::try_from(CALLS).unwrap()).contains(&most), "{most} at the same time");

    let known = ["ready", "source.down", "source.slow", "source.busy", "source.resting"];
    assert!(broken.iter().all(|panel| known.contains(&code(&panel.outcome))));
    assert!(proxy.accepted() > 1, "connections broke");
    telling_the_operator(&bed).await;
}

/// `/metrics` and `/readyz` say what is wrong, and the relay is ready all the same.
async fn telling_the_operator(bed: &Bed) {
    let answer = bed.get(&bed.portal, "/readyz", None).await;
    assert_eq!(answer.status(), 200);
    let text = answer.text().await.unwrap();
    assert!(text.starts_with("ready, but ") && text.contains("\ncheckup: since 20"), "{text}");
    let metrics = bed.get(&bed.portal, "/metrics", None).await.text().await.unwrap();
    assert!(metric(&metrics, "warifu_connector_resting{connector=\"checkup\"}") > 0.5);
    assert!(metric(&metrics, "warifu_connector_resting{connector=\"insurer\"}") < 0.5);
    assert!(metrics.contains("warifu_connector_calls_in_flight{connector=\"insurer\"}"));
    assert!(metrics.contains("connector=\"checkup\",outcome=\"source.resting\""));
}

#[tokio::test]
async fn a_resting_connector_is_answered_for_at_once_and_tried_again() {
    let mut bed = Bed::new().await;
    bed.hurry("pension").await;
    bed.pension.feels(Mood::Slow(SLOW));
    let token = bed.token(&bed.ticket()).await;
    let looks = (0..10).map(|_| only(&bed, &token, Service::Pension));
    let slow = join_all(looks).await;
    assert!(slow.iter().all(|panel| code(&panel.outcome) == "source.slow"));

    let heard = bed.pension.heard().len();
    let panel = only(&bed, &token, Service::Pension).await;
    let PanelOutcome::Resting { since, again } = panel.outcome else { panic!("{panel:?}") };
    assert_eq!(since, bed.now());
    let pause = again.duration_since(since).as_millis();
    assert!((3_750..=6_250).contains(&pause), "five seconds, a quarter more or less: {pause}");
    assert_eq!(panel.took_ms, 0);
    assert_eq!(bed.pension.heard().len(), heard, "nobody asked");
    let entries = bed.relay.log().history(TARO, Series::Disclosure, None, 1).await.unwrap();
    let entry = entries[0].entry.as_ref().unwrap();
    assert_eq!(entry.outcome, Outcome::Failed("source.resting".into()));

    bed.pension.feels(Mood::Well);
    bed.pass(SignedDuration::from_secs(7));
    assert_eq!(code(&only(&bed, &token, Service::Pension).await.outcome), "ready");
    let ready = bed.get(&bed.portal, "/readyz", None).await.text().await.unwrap();
    assert_eq!(ready, "ready\n");
}

#[tokio::test]
async fn a_connector_that_refuses_is_well() {
    let bed = Bed::new().await;
    bed.pension.feels(Mood::Refuses("token.expired"));
    let token = bed.token(&bed.ticket()).await;
    for _ in 0..30 {
        let panel = only(&bed, &token, Service::Pension).await;
        assert_eq!(code(&panel.outcome), "source.refused");
    }
}

#[tokio::test]
async fn a_connection_that_ends_before_the_answer_is_tried_once_more() {
    // In the handshake; and after the question was heard.
    for (fault, heard) in [(Fault::HalfClose(500), 0), (Fault::CutAfter(Duration::from_secs(1)), 2)]
    {
        let mut bed = Bed::new().await;
        bed.pension.feels(Mood::Slow(SLOW));
        let proxy = Proxy::before(&bed.pension.url, fault).await;
        bed.config.connectors[PENSION].url.clone_from(&proxy.url);
        bed.restart().await;
        let token = bed.token(&bed.ticket()).await;
        let panel = only(&bed, &token, Service::Pension).await;
        assert_eq!(code(&panel.outcome), "source.down", "{fault:?}");
        assert_eq!(proxy.accepted(), 2, "once, and once more: {fault:?}");
        let tokens: BTreeSet<_> = bed.pension.heard().into_iter().map(|one| one.jti).collect();
        assert_eq!(tokens.len(), heard, "with a token of its own: {fault:?}");
    }
}

#[tokio::test]
async fn a_late_line_is_waited_for_within_the_deadline() {
    let mut bed = Bed::new().await;
    let delay = Fault::Delay(Duration::from_millis(100));
    let proxy = Proxy::before(&bed.pension.url, delay).await;
    bed.config.connectors[PENSION].url.clone_from(&proxy.url);
    bed.restart().await;
    let token = bed.token(&bed.ticket()).await;
    assert_eq!(code(&only(&bed, &token, Service::Pension).await.outcome), "ready");
}

fn check(key: &str) -> Value {
    json!({
        "subject": {
            "by": "number", "insurer_number": INSURER_NUMBER, "symbol": "高12", "number": "001",
            "branch": null, "birth_date": "1955-05-05",
        },
        "target_date": "2026-11-20",
        "idempotency_key": key,
    })
}

#[tokio::test]
async fn the_deadline_travels_and_the_relay_keeps_its_share() {
    let bed = Bed::new().await;
    let token = bed.token(&bed.desk_ticket()).await;
    let body = check("0123456789abcdef");
    let answer = bed.post_within(3_000, "/eligibility", &token, &body).await;
    assert_eq!(answer.status(), 200);
    let given = bed.insurer.state.given.lock().unwrap().remove(0);
    assert!((1..=2_900).contains(&given), "{given} ms, and 100 for the log");

    // Who waits for ever waits as long as the relay does for this connector.
    let answer = bed.post_within(600_000, "/eligibility", &token, &check("fedcba9876543210")).await;
    assert_eq!(answer.status(), 200);
    let given = bed.insurer.state.given.lock().unwrap().remove(0);
    assert!((9_000..=10_000).contains(&given), "{given}");
}

#[tokio::test]
async fn whose_deadline_is_over_gets_no_work_done() {
    let bed = Bed::new().await;
    let token = bed.token(&bed.desk_ticket()).await;
    let size = bed.relay.log().checkpoint().await.unwrap().size;
    for millis in [0, 50] {
        let body = check("0123456789abcdef");
        let answer = bed.post_within(millis, "/eligibility", &token, &body).await;
        assert_eq!(refusal(answer).await, (504, "request.deadline".into()));
    }
    assert!(bed.insurer.heard().is_empty());
    assert_eq!(bed.relay.log().checkpoint().await.unwrap().size, size);
}

#[tokio::test]
async fn a_check_in_a_hurry_is_silence_and_no_failure_of_the_insurer() {
    let bed = Bed::new().await;
    bed.insurer.feels(Mood::Slow(Duration::from_secs(2)));
    let token = bed.token(&bed.desk_ticket()).await;
    let checks = (0..20).map(|n| {
        let (bed, token) = (&bed, &token);
        async move {
            let body = check(&format!("key-number-{n:05}"));
            let answer = bed.post_within(1_100, "/eligibility", token, &body).await;
            if answer.status() == 200 {
                let answer: EligibilityAnswer = answer.json().await.unwrap();
                assert_eq!(answer.decision.verdict, Verdict::InsurerSilent);
            }
        }
    });
    join_all(checks).await;
    assert!(!bed.insurer.heard().is_empty());
    bed.insurer.feels(Mood::Well);
    let answer: EligibilityAnswer = bed
        .post(&bed.portal, "/eligibility", &token, &check("0123456789abcdef"))
        .await
        .json()
        .await
        .unwrap();
    assert_eq!(answer.decision.verdict, Verdict::Valid);
}
