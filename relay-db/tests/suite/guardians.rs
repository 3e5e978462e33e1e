//! Guardians with papers: asked for by the guardian, proposed by one member of staff, approved by
//! another; who may not; and the end.

use jiff::civil::date;
use jiff::{SignedDuration, ToSpan as _};
use reqwest::Response;
use serde_json::{Value, json};
use warifu_contract::linking::portal::Standing;
use warifu_contract::mandate::guardian::{Application, ApplicationState, Proposal, ProposalList};
use warifu_contract::mandate::stop::{Guardianship, GuardianshipList, StopReason};
use warifu_contract::mandate::{EndedBy, InviteCode, MandateList, MandateState};
use warifu_contract::records::{Panel, PanelOutcome};
use warifu_log::{Action, Series};
use warifu_pki::security_event::{Event, SecurityEvent};

use crate::bed::{engines, refusal};
use crate::ceremony::{ADMIN, Stage, attributes, entry};

const MOTHER: &str = "mother-at-the-relay";
const FATHER: &str = "father-at-the-relay";
const CLERK: &str = "urn:warifu:role:card-clerk";
const APPROVER: &str = "urn:warifu:role:card-approver";
/// One of the virtual twins.
const CHILD: &str = "ninsho-soichiro";

async fn stage(engine: crate::bed::Engine) -> Stage {
    let mut stage = Box::pin(Stage::on(engine)).await;
    for connector in &mut stage.bed.config.connectors {
        if connector.id == "insurer" {
            connector.insurer_numbers = vec![CARD.0.to_owned()];
        }
    }
    stage.bed.restart().await;
    stage
}

/// The insurance card of [`CHILD`].
const CARD: (&str, &str, &str, &str) = ("33333333", "52", "2007", "02");

async fn resident(stage: &Stage, subject: &str) -> String {
    stage.resident(subject, "nobody").await
}

async fn staff(stage: &Stage, member: &str, role: &str) -> String {
    stage.staff(member, role, "consortium").await
}

async fn apply(stage: &Stage, subject: &str, key: &str) -> Application {
    let token = resident(stage, subject).await;
    let request = stage.bed.portal.http.post(stage.bed.url("/guardians")).bearer_auth(token);
    let body = json!({ "capacity": "parent", "services": ["insurance"], "history": true,
                       "declared": ["city/infants"], "name": "長男", "own_name": "認証 母子", "text_version": "2026-11" });
    let answer = request.header("idempotency-key", key).json(&body).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    answer.json().await.unwrap()
}

fn papers(stage: &Stage, code: &InviteCode, change: impl FnOnce(&mut Value)) -> Value {
    let today = jiff::tz::offset(9).to_datetime(stage.bed.now()).date();
    let mut body = json!({
        "code": code, "paper": "family-register", "dated": today.saturating_sub(3.days()),
        "until": date(2030, 3, 31),
        "ward": { "insurer_number": CARD.0, "symbol": CARD.1, "number": CARD.2, "branch": CARD.3,
                  "birth_date": date(2015, 6, 1) },
    });
    change(&mut body);
    body
}

async fn post(stage: &Stage, token: &str, path: &str, body: &Value) -> Response {
    stage.bed.post(&stage.bed.portal, &format!("/guardians/{path}"), token, body).await
}

async fn proposed(stage: &Stage, code: &InviteCode) -> Proposal {
    let clerk = staff(stage, "clerk", CLERK).await;
    let answer = post(stage, &clerk, "propose", &papers(stage, code, |_| ())).await;
    assert_eq!(answer.status(), 200, "{}", answer.text().await.unwrap());
    answer.json().await.unwrap()
}

async fn approve(stage: &Stage, member: &str, role: &str, id: &str) -> Response {
    let token = staff(stage, member, role).await;
    post(stage, &token, &format!("{id}/approve"), &json!({})).await
}

/// What the guardian sees by the mandate.
async fn look(stage: &Stage, subject: &str, id: &str) -> PanelOutcome {
    let token = resident(stage, subject).await;
    let body = json!({ "services": ["insurance"], "basis": { "by": "mandate", "id": id } });
    let answer = stage.bed.post(&stage.bed.portal, "/records", &token, &body).await;
    assert_eq!(answer.status(), 200, "{}", answer.text().await.unwrap());
    let text = answer.text().await.unwrap();
    let panel: Panel = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    panel.outcome
}

async fn list(stage: &Stage, subject: &str) -> MandateList {
    let token = resident(stage, subject).await;
    stage.bed.get(&stage.bed.portal, "/proxies", Some(&token)).await.json().await.unwrap()
}

async fn actions(stage: &Stage, subject: &str) -> Vec<Action> {
    let log = stage.bed.relay.log().history(subject, Series::Administration, None, 50).await;
    log.unwrap().into_iter().filter_map(|one| Some(one.entry?.action)).collect()
}

#[tokio::test]
async fn a_parent_reads_for_a_child_without_a_card_once_two_have_seen_the_papers() {
    for engine in engines() {
        let stage = stage(engine).await;
        let application = apply(&stage, MOTHER, "0123456789abcdef").await;
        assert_eq!(apply(&stage, MOTHER, "0123456789abcdef").await, application, "the same key");
        let code = application.code.clone().unwrap();
        let clerk = staff(&stage, "clerk", CLERK).await;
        let found = post(&stage, &clerk, "find", &json!({ "code": code })).await;
        let found: Application = found.json().await.unwrap();
        assert_eq!((found.request.own_name.as_str(), found.code), ("認証 母子", None));

        let proposal = proposed(&stage, &code).await;
        assert_eq!((proposal.target.name.as_str(), proposal.target.birth_year), ("認○ 双○", 2015));
        assert_eq!(list(&stage, MOTHER).await.applied[0].state, ApplicationState::Proposed);
        assert_eq!(stage.pseudonym("insurer", CHILD).await, None, "nothing is linked yet");
        let queue: ProposalList = stage
            .bed
            .get(&stage.bed.portal, "/guardians", Some(&clerk))
            .await
            .json()
            .await
            .unwrap();
        assert!(queue.proposals[0].by_you);

        for (member, role) in [("clerk", CLERK), ("clerk", APPROVER), ("other", CLERK)] {
            let refused = refusal(approve(&stage, member, role, &application.id).await).await;
            assert_eq!(refused, (403, "guardian.same-eyes".into()), "{member} {role}");
        }
        let herself = approve(&stage, MOTHER, ADMIN, &application.id).await;
        assert_eq!(refusal(herself).await, (409, "guardian.oneself".into()));
        let done = approve(&stage, "second", APPROVER, &application.id).await;
        assert_eq!(done.status(), 204, "{}", done.text().await.unwrap());
        let again = approve(&stage, "second", APPROVER, &application.id).await;
        assert_eq!(refusal(again).await, (404, "guardian.unknown".into()));

        let both = list(&stage, MOTHER).await;
        assert!(both.applied.is_empty());
        let mandate = &both.held[0];
        assert_eq!(mandate.state(stage.bed.now()), MandateState::Active);
        assert_eq!(
            (mandate.id.as_str(), mandate.terms.until),
            (&*application.id, date(2030, 3, 31))
        );
        assert!(mandate.papers.is_some());
        assert_eq!(mandate.terms.declared, ["city/infants".parse().unwrap()]);
        let log = stage.bed.relay.log().history(MOTHER, Series::Administration, None, 50).await;
        let approved = log.unwrap().into_iter().filter_map(|one| one.entry);
        let mut approved = approved.filter(|one| one.action == Action::GuardianApproved);
        assert_eq!(approved.next().unwrap().asked, ["insurance", "city/infants", "history"]);
        let seen = look(&stage, MOTHER, &application.id).await;
        assert!(matches!(seen, PanelOutcome::Ready { .. }), "{seen:?}");
        let own = actions(&stage, MOTHER).await;
        for action in [Action::GuardianApplied, Action::GuardianProposed, Action::GuardianApproved]
        {
            assert_eq!(own.iter().filter(|one| **one == action).count(), 1, "{own:?}");
        }

        // The other parent reads for the same child; the link goes with the last of them.
        let other = apply(&stage, FATHER, "fedcba9876543210").await;
        proposed(&stage, &other.code.clone().unwrap()).await;
        assert_eq!(approve(&stage, "second", ADMIN, &other.id).await.status(), 204);
        let end = async |subject: &str, id: &str| {
            let token = resident(&stage, subject).await;
            let path = format!("/proxies/{id}/end");
            stage.bed.post(&stage.bed.portal, &path, &token, &json!({})).await
        };
        assert_eq!(end(MOTHER, &application.id).await.status(), 200);
        assert!(matches!(look(&stage, FATHER, &other.id).await, PanelOutcome::Ready { .. }));
        assert!(stage.pseudonym("insurer", CHILD).await.is_some());
        assert_eq!(end(FATHER, &other.id).await.status(), 200);
        stage.until_forgotten("insurer", CHILD).await;
    }
}

#[tokio::test]
async fn somebody_with_a_card_of_their_own_is_the_same_person_and_sees_it_too() {
    let stage = stage(crate::bed::Engine::Sqlite).await;
    stage.knows("sealed-child", attributes(CHILD));
    let child = stage.resident("child-at-the-relay", "sealed-child").await;
    let list_of = stage.discover(&child, Some(&["insurer"])).await;
    let doubtful = entry(&list_of, "insurer");
    assert_eq!(doubtful.standing, Standing::Doubtful, "twins wait for people");
    let id = doubtful.id.unwrap();
    for member in ["first", "second"] {
        let token = staff(&stage, member, ADMIN).await;
        assert_eq!(stage.approve(&token, &id, 0).await.status(), 204);
    }
    stage.confirm(&child, "insurer").await;

    let application = apply(&stage, MOTHER, "0123456789abcdef").await;
    proposed(&stage, &application.code.clone().unwrap()).await;
    assert_eq!(approve(&stage, "second", ADMIN, &application.id).await.status(), 204);
    let given = list(&stage, "child-at-the-relay").await.given;
    assert_eq!(given.len(), 1, "the child sees who reads");
    let own = actions(&stage, "child-at-the-relay").await;
    assert!(own.contains(&Action::GuardianProposed) && own.contains(&Action::GuardianApproved));
    let lost = Event::AccountDisabled;
    let lost = SecurityEvent { event: lost, ..stage.bed.session_revoked("child-at-the-relay") };
    assert_eq!(stage.bed.tell(&stage.bed.idp_party, &lost).await.status(), 202);
    let seen = look(&stage, MOTHER, &application.id).await;
    assert!(matches!(seen, PanelOutcome::Ready { .. }), "papers need no card of the child's");
}

async fn step(stage: &Stage, member: &str, role: &str, path: &str, body: Value) -> (u16, String) {
    let token = staff(stage, member, role).await;
    let answer = post(stage, &token, path, &body).await;
    let status = answer.status().as_u16();
    if status < 300 { (status, String::new()) } else { refusal(answer).await }
}

/// Whom staff find for the child's insurance card.
async fn held(stage: &Stage, member: &str) -> Vec<Guardianship> {
    let token = staff(stage, member, CLERK).await;
    let answer = post(stage, &token, "held", &json!({ "ward": ward() })).await;
    assert_eq!(answer.status(), 200, "{}", answer.text().await.unwrap());
    answer.json::<GuardianshipList>().await.unwrap().guardianships
}

fn ward() -> Value {
    json!({ "insurer_number": CARD.0, "symbol": CARD.1, "number": CARD.2, "branch": CARD.3,
            "birth_date": date(2015, 6, 1) })
}

/// A mandate on papers that holds.
async fn granted(stage: &Stage) -> String {
    let application = apply(stage, MOTHER, "0123456789abcdef").await;
    proposed(stage, &application.code.clone().unwrap()).await;
    assert_eq!(approve(stage, "second", APPROVER, &application.id).await.status(), 204);
    application.id
}

fn is_closed(outcome: &PanelOutcome, code: &str) -> bool {
    serde_json::to_string(outcome).unwrap().contains(code)
}

#[tokio::test]
async fn one_of_the_staff_stops_it_at_once_and_another_ends_it() {
    for engine in engines() {
        let stage = stage(engine).await;
        let id = granted(&stage).await;
        let why = json!({ "reason": "kept-away" });
        let stop = format!("{id}/stop");
        let unknown = (404, "guardian.unknown".to_owned());
        assert_eq!(
            step(&stage, "third", CLERK, &stop, why.clone()).await,
            unknown,
            "not found yet"
        );
        let found = held(&stage, "third").await;
        assert_eq!((found.len(), found[0].id.as_str(), found[0].by_you), (1, &*id, false));
        assert_eq!((found[0].guardian.as_str(), found[0].stopped), ("認証 母子", None));
        let herself = step(&stage, MOTHER, ADMIN, &stop, why.clone()).await;
        assert_eq!(herself, (409, "guardian.oneself".into()));
        assert_eq!(step(&stage, "third", CLERK, &stop, why.clone()).await.0, 204);

        let seen = look(&stage, MOTHER, &id).await;
        assert!(is_closed(&seen, "proxy.stopped"), "{seen:?}");
        let mandate = list(&stage, MOTHER).await.held.remove(0);
        assert_eq!(mandate.state(stage.bed.now()), MandateState::Stopped);
        assert_eq!(mandate.stopped.unwrap().reason, StopReason::KeptAway);
        let again = step(&stage, "fourth", CLERK, &stop, why).await;
        assert_eq!(again, (409, "guardian.changed".into()));
        for (member, role) in [("third", APPROVER), ("fourth", CLERK)] {
            for what in ["end", "resume"] {
                let refused = step(&stage, member, role, &format!("{id}/{what}"), json!({})).await;
                assert_eq!(refused, (403, "guardian.same-eyes".into()), "{member} {what}");
            }
        }
        let clerk = staff(&stage, "third", CLERK).await;
        let queue = stage.bed.get(&stage.bed.portal, "/guardians", Some(&clerk)).await;
        let queue: ProposalList = queue.json().await.unwrap();
        assert!(queue.proposals.is_empty() && queue.stopped[0].by_you);

        let end = format!("{id}/end");
        assert_eq!(step(&stage, "fourth", APPROVER, &end, json!({})).await.0, 204);
        let mandate = list(&stage, MOTHER).await.held.remove(0);
        let ending = mandate.ended.unwrap();
        assert_eq!((ending.by, ending.reason), (EndedBy::Staff, Some(StopReason::KeptAway)));
        assert!(is_closed(&look(&stage, MOTHER, &id).await, "proxy.ended"));
        assert_eq!(step(&stage, "fourth", APPROVER, &end, json!({})).await, unknown);
        stage.until_forgotten("insurer", CHILD).await;
        assert!(held(&stage, "third").await.is_empty());
        let own = actions(&stage, MOTHER).await;
        for action in [Action::GuardianStopped, Action::GuardianEnded] {
            assert_eq!(own.iter().filter(|one| **one == action).count(), 1, "{own:?}");
        }
    }
}

#[tokio::test]
async fn what_was_stopped_may_go_on_and_be_stopped_again() {
    let stage = stage(crate::bed::Engine::Sqlite).await;
    let id = granted(&stage).await;
    let why = json!({ "reason": "changed" });
    for round in 0..2 {
        held(&stage, "third").await;
        assert_eq!(step(&stage, "third", CLERK, &format!("{id}/stop"), why.clone()).await.0, 204);
        stage.bed.pass(SignedDuration::from_secs(1));
        assert!(held(&stage, "fourth").await[0].stopped.is_some(), "and stays so when looked for");
        let resume = format!("{id}/resume");
        assert_eq!(step(&stage, "fourth", ADMIN, &resume, json!({})).await.0, 204);
        let seen = look(&stage, MOTHER, &id).await;
        assert!(matches!(seen, PanelOutcome::Ready { .. }), "{round}: {seen:?}");
    }
    let own = actions(&stage, MOTHER).await;
    assert_eq!(own.iter().filter(|one| **one == Action::GuardianStopped).count(), 2, "{own:?}");
}

#[tokio::test]
async fn it_ends_by_itself_with_its_last_day() {
    let stage = stage(crate::bed::Engine::Sqlite).await;
    let application = apply(&stage, MOTHER, "0123456789abcdef").await;
    let clerk = staff(&stage, "clerk", CLERK).await;
    let today = jiff::tz::offset(9).to_datetime(stage.bed.now()).date();
    let code = application.code.clone().unwrap();
    let short = papers(&stage, &code, |body| body["until"] = today.to_string().into());
    assert_eq!(post(&stage, &clerk, "propose", &short).await.status(), 200);
    assert_eq!(approve(&stage, "second", ADMIN, &application.id).await.status(), 204);
    assert!(matches!(look(&stage, MOTHER, &application.id).await, PanelOutcome::Ready { .. }));
    stage.bed.pass(SignedDuration::from_hours(24));
    assert!(is_closed(&look(&stage, MOTHER, &application.id).await, "proxy.over"));
    assert!(held(&stage, "third").await.is_empty(), "nothing is left to stop");
}

/// Makes papers other than they should be.
type Change = fn(&mut Value);

#[tokio::test]
async fn what_papers_do_not_show_is_refused_and_says_why() {
    let stage = stage(crate::bed::Engine::Sqlite).await;
    let application = apply(&stage, MOTHER, "0123456789abcdef").await;
    let code = application.code.clone().unwrap();
    let clerk = staff(&stage, "clerk", CLERK).await;
    let cases: [(Change, &str); 6] = [
        (|body| body["paper"] = "guardianship-certificate".into(), "guardian.paper"),
        (|body| body["dated"] = "2020-01-01".into(), "guardian.dated"),
        (|body| body["until"] = "2033-06-01".into(), "guardian.until"),
        (|body| body["ward"]["branch"] = "77".into(), "guardian.no-member"),
        (|body| body["ward"]["insurer_number"] = "99999999".into(), "guardian.no-insurer"),
        (|body| body["ward"]["birth_date"] = "2014-06-02".into(), "guardian.no-member"),
    ];
    for (change, code_of) in cases {
        let answer = post(&stage, &clerk, "propose", &papers(&stage, &code, change)).await;
        assert_eq!(refusal(answer).await, (422, code_of.into()));
    }
    let nobody = resident(&stage, "somebody").await;
    let answer = post(&stage, &nobody, "find", &json!({ "code": code })).await;
    assert_eq!(refusal(answer).await, (403, "duty.none".into()));
    let wrong = json!({ "code": InviteCode::new([9; 16]) });
    let answer = post(&stage, &clerk, "find", &wrong).await;
    assert_eq!(refusal(answer).await, (404, "guardian.unknown".into()));

    proposed(&stage, &code).await;
    let path = format!("{}/refuse", application.id);
    let no = json!({ "reason": "kept-away" });
    assert_eq!(post(&stage, &clerk, &path, &no).await.status(), 204);
    let applied = list(&stage, MOTHER).await.applied.remove(0);
    assert_eq!((applied.state, applied.code), (ApplicationState::Refused, None));
    assert!(actions(&stage, MOTHER).await.contains(&Action::GuardianRefused));

    let late = apply(&stage, FATHER, "0123456789abcdef").await;
    stage.bed.pass(SignedDuration::from_hours(24 * 31));
    let clerk = staff(&stage, "clerk", CLERK).await;
    let answer = post(&stage, &clerk, "find", &json!({ "code": late.code })).await;
    assert_eq!(refusal(answer).await, (404, "guardian.unknown".into()), "after thirty days");
}
