//! Wards at holders of check-ups and declared services: found by a voucher of the card office beside the insurance
//! card, under a pseudonym of their own; who reads there and who does not, and until when.

use jiff::ToSpan as _;
use jiff::civil::date;
use reqwest::Response;
use serde_json::{Value, json};
use warifu_contract::history::{Asked, HistoryPage, Reader};
use warifu_contract::mandate::guardian::{Application, Proposal};
use warifu_contract::records::{Panel, PanelOutcome};
use warifu_contract::services::{Catalogue, ServiceAnswer, ServiceId, ServiceOutcome};
use warifu_service::Surroundings;

use crate::bed::{Engine, engines, refusal};
use crate::ceremony::{SCHOOL, Stage, attributes};

const MOTHER: &str = "mother-at-the-relay";
const FATHER: &str = "father-at-the-relay";
const CLERK: &str = "urn:warifu:role:card-clerk";
const APPROVER: &str = "urn:warifu:role:card-approver";
/// A pupil without a card.
const CHILD: &str = "ueno-nanami";
const CARD: (&str, &str, &str, &str) = ("22222222", "21700023", "4", "01");
/// Somebody under guardianship, without a card.
const ADULT: &str = "ueno-taro";
const ADULTS_CARD: (&str, &str, &str, &str) = ("00000001", "東京", "001", "00");
/// One of the twins, who are no pupils of this board's, and the insurance card of both.
const TWIN: &str = "ninsho-soichiro";
const TWINS_CARD: (&str, &str, &str, &str) = ("33333333", "52", "2007", "02");
const SERVICE: &str = "school/measurements";
/// What stands in for what the office sealed.
const PROVED: &str = "sealed-ward";

async fn stage(engine: Engine) -> Stage {
    let mut stage = Box::pin(Stage::on(engine)).await;
    for connector in &mut stage.bed.config.connectors {
        if connector.id == "insurer" {
            connector.insurer_numbers =
                [CARD, TWINS_CARD, ADULTS_CARD].map(|card| card.0.to_owned()).into();
        }
    }
    Box::pin(stage.schooling()).await;
    stage
}

async fn apply(stage: &Stage, subject: &str, declared: &[&str]) -> Application {
    let body = json!({ "capacity": "parent", "services": ["insurance"], "history": true,
                       "declared": declared, "name": "長女", "own_name": "上野 次子",
                       "text_version": "2026-11" });
    apply_with(stage, subject, &body).await
}

async fn apply_with(stage: &Stage, subject: &str, body: &Value) -> Application {
    let token = stage.resident(subject, "nobody").await;
    let request = stage.bed.portal.http.post(stage.bed.url("/guardians")).bearer_auth(token);
    let key = Surroundings::system().hex(16);
    let answer = request.header("idempotency-key", key).json(body).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    answer.json().await.unwrap()
}

/// The papers, an insurance card beside them, and whom the office proved.
fn papers(
    stage: &Stage,
    application: &Application,
    ((insurer, symbol, number, branch), child): ((&str, &str, &str, &str), &str),
    holder: Option<&str>,
) -> Value {
    let today = jiff::tz::offset(9).to_datetime(stage.bed.now()).date();
    json!({
        "code": application.code, "paper": "family-register", "dated": today.saturating_sub(3.days()),
        "until": date(2030, 3, 31), "holder": holder,
        "ward": { "insurer_number": insurer, "symbol": symbol, "number": number, "branch": branch,
                  "birth_date": attributes(child).items.birth_date },
    })
}

async fn propose(stage: &Stage, body: &Value) -> Response {
    let clerk = stage.staff("clerk", CLERK, "consortium").await;
    stage.bed.post(&stage.bed.portal, "/guardians/propose", &clerk, body).await
}

async fn proposed(stage: &Stage, body: &Value) -> Proposal {
    let answer = propose(stage, body).await;
    assert_eq!(answer.status(), 200, "{}", answer.text().await.unwrap());
    answer.json().await.unwrap()
}

async fn approve(stage: &Stage, application: &Application) {
    let approver = stage.staff("second", APPROVER, "consortium").await;
    let path = format!("/guardians/{}/approve", application.id);
    let done = stage.bed.post(&stage.bed.portal, &path, &approver, &json!({})).await;
    assert_eq!(done.status(), 204, "{}", done.text().await.unwrap());
}

/// A guardian of [`CHILD`], who asked for these.
async fn guardian(stage: &Stage, subject: &str, declared: &[&str]) -> Application {
    let application = apply(stage, subject, declared).await;
    let body = papers(stage, &application, (CARD, CHILD), Some(PROVED));
    proposed(stage, &body).await;
    approve(stage, &application).await;
    application
}

/// What `subject` is told of the school by the mandate.
async fn look(stage: &Stage, subject: &str, mandate: Option<&str>) -> ServiceOutcome {
    let token = stage.resident(subject, "nobody").await;
    let mut body = json!({ "service": SERVICE });
    if let Some(id) = mandate {
        body["basis"] = json!({ "by": "mandate", "id": id });
    }
    let answer = stage.bed.post(&stage.bed.portal, "/services/read", &token, &body).await;
    assert_eq!(answer.status(), 200, "{}", answer.text().await.unwrap());
    answer.json::<ServiceAnswer>().await.unwrap().outcome
}

fn refused(code: &str) -> ServiceOutcome {
    ServiceOutcome::Refused { code: code.into() }
}

/// By whom the school was looked at, in this history.
async fn readers(stage: &Stage, subject: &str, query: &str) -> Vec<Reader> {
    let token = stage.resident(subject, "nobody").await;
    let page = stage.bed.get(&stage.bed.portal, &format!("/history{query}"), Some(&token)).await;
    let page: HistoryPage = page.json().await.unwrap();
    let asked = Asked::Declared(SERVICE.parse::<ServiceId>().unwrap());
    page.entries.into_iter().filter(|one| one.asked == asked).map(|one| one.reader).collect()
}

#[tokio::test]
async fn a_guardian_opens_a_wards_declared_service_and_both_histories_say_so() {
    for engine in engines() {
        let stage = stage(engine).await;
        stage.knows(PROVED, attributes(CHILD));
        let application = apply(&stage, MOTHER, &[SERVICE]).await;
        let body = papers(&stage, &application, (CARD, CHILD), Some(PROVED));
        let proposal = proposed(&stage, &body).await;
        let [school] = &proposal.more[..] else { panic!("{proposal:?}") };
        assert_eq!((school.name.as_str(), school.birth_year), ("上○ 七○", 2016));
        assert_eq!(school.organization.ja, "見本school");
        assert!(proposal.without.is_empty());
        assert_eq!(stage.pseudonym(SCHOOL, CHILD).await, None, "two have to see the papers");
        approve(&stage, &application).await;

        let told = look(&stage, MOTHER, Some(&application.id)).await;
        let ServiceOutcome::Ready { content, .. } = told else { panic!("{told:?}") };
        assert!(serde_json::to_string(&content).unwrap().contains("上野 七海"));
        let token = stage.resident(MOTHER, "nobody").await;
        let path = format!("/services?mandate={}", application.id);
        let listed = stage.bed.get(&stage.bed.portal, &path, Some(&token)).await;
        let listed: Catalogue = listed.json().await.unwrap();
        assert!(listed.services.iter().all(|one| one.linked), "{listed:?}");
        let (school, insurer) =
            (stage.pseudonym(SCHOOL, CHILD).await, stage.pseudonym("insurer", CHILD).await);
        assert!(school.is_some() && insurer.is_some() && school != insurer, "one for each");

        let own = readers(&stage, MOTHER, "").await;
        assert_eq!(own, [Reader::OnBehalf { name: "長女".into() }]);
        let of_child = readers(&stage, MOTHER, &format!("?mandate={}", application.id)).await;
        assert_eq!(of_child, [Reader::Proxy { name: "上野 次子".into() }]);

        // The link goes with the last mandate.
        let path = format!("/proxies/{}/end", application.id);
        let ended = stage.bed.post(&stage.bed.portal, &path, &token, &json!({})).await;
        assert_eq!(ended.status(), 200);
        assert_eq!(look(&stage, MOTHER, Some(&application.id)).await, refused("proxy.ended"));
        stage.until_forgotten(SCHOOL, CHILD).await;
    }
}

#[tokio::test]
async fn a_guardian_opens_an_adult_wards_checkups_that_were_asked_for_and_no_others() {
    for engine in engines() {
        let stage = stage(engine).await;
        stage.knows(PROVED, attributes(ADULT));
        let body = json!({ "capacity": "adults-guardian", "services": ["insurance", "checkup"],
                           "history": true, "name": "父", "own_name": "上野 次子",
                           "text_version": "2026-11" });
        let application = apply_with(&stage, MOTHER, &body).await;
        let mut papers = papers(&stage, &application, (ADULTS_CARD, ADULT), Some(PROVED));
        papers["paper"] = "guardianship-certificate".into();
        let proposal = proposed(&stage, &papers).await;
        let [checkup] = &proposal.more[..] else { panic!("{proposal:?}") };
        assert_eq!(checkup.name.as_str(), "上○ 太○");
        assert!(proposal.without.is_empty());
        approve(&stage, &application).await;
        let pseudonym = async |connector| stage.pseudonym(connector, ADULT).await;
        let (insurer, checkup) = (pseudonym("insurer").await, pseudonym("checkup").await);
        assert!(insurer.is_some() && checkup.is_some() && insurer != checkup);
        assert_eq!(pseudonym("insurer2").await, None, "an insurer whose card nobody showed");

        let token = stage.resident(MOTHER, "nobody").await;
        for (service, expected) in [("checkup", "ready"), ("pension", "refused")] {
            let body = json!({ "services": [service],
                               "basis": { "by": "mandate", "id": application.id } });
            let answer = stage.bed.post(&stage.bed.portal, "/records", &token, &body).await;
            let line = answer.text().await.unwrap();
            let panel: Panel = serde_json::from_str(line.trim()).unwrap();
            let is_ready = matches!(panel.outcome, PanelOutcome::Ready { .. });
            assert_eq!(if is_ready { "ready" } else { "refused" }, expected, "{line}");
        }
    }
}

#[tokio::test]
async fn strangers_and_guardians_without_that_mandate_are_told_nothing() {
    let stage = stage(Engine::Sqlite).await;
    stage.knows(PROVED, attributes(CHILD));
    let mother = guardian(&stage, MOTHER, &[SERVICE]).await;
    let father = guardian(&stage, FATHER, &[]).await;
    for (subject, mandate, outcome) in [
        ("stranger", Some(&mother.id), refused("proxy.none")),
        (FATHER, Some(&mother.id), refused("proxy.none")),
        (FATHER, Some(&father.id), refused("proxy.service")),
        (MOTHER, None, ServiceOutcome::NotLinked),
        ("stranger", None, ServiceOutcome::NotLinked),
    ] {
        let told = look(&stage, subject, mandate.map(String::as_str)).await;
        assert_eq!(told, outcome, "{subject} {mandate:?}");
    }
}

#[tokio::test]
async fn a_later_application_links_the_ward_that_is_there() {
    let stage = stage(Engine::Sqlite).await;
    stage.knows(PROVED, attributes(CHILD));
    let father = guardian(&stage, FATHER, &[]).await;
    assert_eq!(stage.pseudonym(SCHOOL, CHILD).await, None, "nobody asked for it");
    assert!(stage.office.heard.lock().unwrap().is_empty(), "nor the office");
    let mother = guardian(&stage, MOTHER, &[SERVICE]).await;
    let told = look(&stage, MOTHER, Some(&mother.id)).await;
    assert!(matches!(told, ServiceOutcome::Ready { .. }), "{told:?}");
    let again = guardian(&stage, "uncle-at-the-relay", &[SERVICE]).await;
    let told = look(&stage, "uncle-at-the-relay", Some(&again.id)).await;
    assert!(matches!(told, ServiceOutcome::Ready { .. }), "linked already: {told:?}");
    assert_eq!(look(&stage, FATHER, Some(&father.id)).await, refused("proxy.service"));
}

#[tokio::test]
async fn papers_of_somebody_else_than_the_card_are_refused_by_the_insurer() {
    for engine in engines() {
        let stage = stage(engine).await;
        let application = apply(&stage, MOTHER, &[SERVICE]).await;
        for (card, other) in [
            ((CARD, CHILD), "ueno-tsugiko"),
            ((CARD, CHILD), TWIN),
            // One birth date, one sex, one address: one character tells them apart.
            ((TWINS_CARD, TWIN), "ninsho-sojiro"),
        ] {
            stage.knows(PROVED, attributes(other));
            let answer = propose(&stage, &papers(&stage, &application, card, Some(PROVED))).await;
            let expected = (422, "guardian.other-person".to_owned());
            assert_eq!(refusal(answer).await, expected, "{card:?} {other}");
        }
        let body = papers(&stage, &application, (CARD, CHILD), Some("of nobody's sealing"));
        assert_eq!(refusal(propose(&stage, &body).await).await, (409, "guardian.unproved".into()));
        stage.knows(PROVED, attributes(CHILD));
        let body = papers(&stage, &application, (CARD, CHILD), Some(PROVED));
        *stage.office.is_down.lock().unwrap() = true;
        assert_eq!(refusal(propose(&stage, &body).await).await, (503, "guardian.silent".into()));
        *stage.office.is_down.lock().unwrap() = false;
        proposed(&stage, &body).await;
    }
}

#[tokio::test]
async fn where_nobody_is_found_staff_are_told_and_nothing_opens() {
    let stage = stage(Engine::Sqlite).await;
    let twin = (TWINS_CARD, TWIN);
    stage.knows(PROVED, attributes(TWIN));
    for holder in [None, Some(PROVED)] {
        let application = apply(&stage, MOTHER, &[SERVICE]).await;
        let proposal = proposed(&stage, &papers(&stage, &application, twin, holder)).await;
        assert!(proposal.more.is_empty());
        let without: Vec<_> = proposal.without.iter().map(|name| name.ja.as_str()).collect();
        assert_eq!(without.len(), 1, "{without:?}");
        approve(&stage, &application).await;
        let told = look(&stage, MOTHER, Some(&application.id)).await;
        assert_eq!(told, ServiceOutcome::NotLinked, "{holder:?}");
    }
}
