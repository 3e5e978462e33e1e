//! `/desk/disputes` and `/insurer/disputes`: an answer is questioned, and answered.

use axum::extract::{Form, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use warifu_contract::CheckNumber;
use warifu_contract::dispute::{
    Dispute, DisputeAnswerRequest, DisputeRequest, DisputeTextError, LONGEST_TEXT, check_text,
};
use warifu_contract::duty::May;
use warifu_service::Problem;

use super::links::{Said, back_to};
use crate::access::{Answerer, Clerk, SignedIn};
use crate::form::{self, FieldProblem, Input, Shape, Typed};
use crate::look::{Look, show};
use crate::relay::RelayError;
use crate::shared::{App, Shared};
use crate::view::disputes::{DisputeForm, DisputesScreen, facts, views};
use crate::view::site::Menu;
use crate::view::{Fact, Tone};

const DESK: &str = "/desk/disputes";
const INSURER: &str = "/insurer/disputes";

/// What the clinic writes.
const QUESTION: [Shape; 2] = [
    Shape::one_of(
        "kind",
        "dispute-kind",
        &[
            ("should-be-valid", "dispute-kind-should-be-valid"),
            ("should-have-ended", "dispute-kind-should-have-ended"),
            ("wrong-item", "dispute-kind-wrong-item"),
            ("wrong-ratio", "dispute-kind-wrong-ratio"),
            ("dependants", "dispute-kind-dependants"),
            ("other", "dispute-kind-other"),
        ],
    ),
    TEXT,
];
/// What the insurer writes.
const ANSWER: [Shape; 2] = [
    Shape::one_of(
        "finding",
        "dispute-finding",
        &[
            ("confirmed", "dispute-finding-confirmed"),
            ("corrected", "dispute-finding-corrected"),
            ("not-ours", "dispute-finding-not-ours"),
        ],
    ),
    TEXT,
];
const TEXT: Shape = Shape {
    hint: Some("dispute-text-hint"),
    input: Input::Lines,
    ..Shape::line("text", "dispute-text", LONGEST_TEXT)
};

/// Which check.
#[derive(Debug, Deserialize)]
pub struct Which {
    number: CheckNumber,
}

/// `GET /desk/disputes`: what the clinic questioned.
pub async fn desk_list(
    State(app): State<App>,
    Clerk(me): Clerk,
    Query(said): Query<Said>,
    look: Look,
) -> Result<Response, Problem> {
    list(&app, &look, &me, false, &said).await
}

/// `GET /insurer/disputes`: what waits for the insurer, and what it answered.
pub async fn insurer_list(
    State(app): State<App>,
    Answerer(me, _): Answerer,
    Query(said): Query<Said>,
    look: Look,
) -> Result<Response, Problem> {
    list(&app, &look, &me, true, &said).await
}

async fn list(
    app: &Shared,
    look: &Look,
    me: &SignedIn,
    of_insurer: bool,
    said: &Said,
) -> Result<Response, Problem> {
    let voice = look.voice(app);
    let screen = DisputesScreen {
        page: look.page(app),
        site: site(app, look, me, of_insurer),
        of_insurer,
        said: said.said().and_then(answered),
        no_records: None,
        is_silent: false,
        disputes: Vec::new(),
        more: false,
    };
    let access = match me.access(app.surroundings.now()) {
        Ok(access) => access,
        Err(why) => return show(&DisputesScreen { no_records: Some(why), ..screen }),
    };
    match app.relay.disputes(access).await {
        Ok(list) => show(&DisputesScreen {
            disputes: views(voice, &list.disputes, of_insurer),
            more: list.more,
            ..screen
        }),
        Err(cause) => {
            tracing::warn!(%cause, "the disputes are missing");
            show(&DisputesScreen { is_silent: true, ..screen })
        }
    }
}

/// `POST /desk/dispute`: the form for a question about one check.
pub async fn form(
    State(app): State<App>,
    Clerk(me): Clerk,
    look: Look,
    Form(which): Form<Which>,
) -> Result<Response, Problem> {
    question(&app, &look.standing_at("/desk"), &me, &which.number, &Typed::default(), &[])
}

/// `POST /desk/disputes`: sends the question.
pub async fn ask(
    State(app): State<App>,
    Clerk(me): Clerk,
    look: Look,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    let Ok(number) = typed.at("number").parse::<CheckNumber>() else {
        return Ok(back_to(DESK, Some("unknown")));
    };
    let text = typed.at("text").to_owned();
    let mut problems = problems(&text);
    let Some(kind) = chosen(&typed, "kind") else {
        problems.insert(0, FieldProblem { field: "kind", key: "dispute-need-kind" });
        return question(&app, &look.standing_at("/desk"), &me, &number, &typed, &problems);
    };
    if !problems.is_empty() {
        return question(&app, &look.standing_at("/desk"), &me, &number, &typed, &problems);
    }
    let Ok(access) = me.access(app.surroundings.now()) else { return Ok(back_to(DESK, None)) };
    let request = DisputeRequest { check_number: number, kind, text };
    Ok(back_to(
        DESK,
        Some(match app.relay.dispute(access, &request).await {
            Ok(_) => "sent",
            Err(error) => why(&error),
        }),
    ))
}

/// `POST /insurer/dispute`: the form for an answer to one dispute.
pub async fn answer_form(
    State(app): State<App>,
    Answerer(me, may): Answerer,
    look: Look,
    Form(which): Form<Which>,
) -> Result<Response, Problem> {
    let look = look.standing_at(INSURER);
    let Some(dispute) = open(&app, &me, &which.number).await else {
        return Ok(back_to(INSURER, Some("unknown")));
    };
    // Whoever approves begins with what is proposed.
    let typed = dispute.proposal.as_ref().map_or_else(Typed::default, |proposal| {
        let finding = serde_json::to_value(proposal.finding).unwrap_or_default();
        let typed = Typed::default().with("finding", finding.as_str().unwrap_or_default());
        typed.with("text", &proposal.text)
    });
    reply(&app, &look, (&me, may), &dispute, &typed, &[])
}

/// `POST /insurer/disputes`: sends the answer, or proposes it.
pub async fn answer(
    State(app): State<App>,
    Answerer(me, may): Answerer,
    look: Look,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    let look = look.standing_at(INSURER);
    let unknown = || Ok(back_to(INSURER, Some("unknown")));
    let Ok(number) = typed.at("number").parse::<CheckNumber>() else { return unknown() };
    let text = typed.at("text").to_owned();
    let mut problems = problems(&text);
    let finding = chosen(&typed, "finding");
    if finding.is_none() {
        problems.insert(0, FieldProblem { field: "finding", key: "dispute-need-finding" });
    }
    let Some(finding) = finding.filter(|_| problems.is_empty()) else {
        let Some(dispute) = open(&app, &me, &number).await else { return unknown() };
        return reply(&app, &look, (&me, may), &dispute, &typed, &problems);
    };
    let Ok(access) = me.access(app.surroundings.now()) else { return Ok(back_to(INSURER, None)) };
    let request = DisputeAnswerRequest { finding, text };
    Ok(back_to(
        INSURER,
        Some(match app.relay.answer_dispute(access, &number, &request).await {
            Ok(dispute) if dispute.answer.is_some() => "answered",
            Ok(_) => "proposed",
            Err(error) => why(&error),
        }),
    ))
}

/// The dispute about that check, as long as it waits.
async fn open(app: &Shared, me: &SignedIn, number: &CheckNumber) -> Option<Dispute> {
    let access = me.access(app.surroundings.now()).ok()?;
    let list = app.relay.disputes(access).await.ok()?;
    list.disputes.into_iter().find(|one| one.check_number == *number && one.answer.is_none())
}

fn question(
    app: &Shared,
    look: &Look,
    me: &SignedIn,
    number: &CheckNumber,
    typed: &Typed,
    problems: &[FieldProblem],
) -> Result<Response, Problem> {
    let voice = look.voice(app);
    let fact = Fact { label: voice.say("answer-number"), value: number.grouped() };
    show(&DisputeForm {
        page: look.page(app),
        site: me.site(voice, Menu::Desk, DESK),
        title: voice.say("dispute-ask-title"),
        lead: voice.say("dispute-ask-lead"),
        facts: vec![fact],
        number: number.to_string(),
        action: DESK,
        back: "/desk",
        send: voice.say("dispute-ask-send"),
        fields: form::fields(voice, &QUESTION, typed, problems, focus(problems)),
        errors: form::errors(voice, problems),
    })
}

fn reply(
    app: &Shared,
    look: &Look,
    (me, may): (&SignedIn, May),
    dispute: &Dispute,
    typed: &Typed,
    problems: &[FieldProblem],
) -> Result<Response, Problem> {
    let voice = look.voice(app);
    let (lead, send) = match may {
        May::Do => ("dispute-answer-lead", "dispute-answer-send"),
        May::Propose | May::No => ("dispute-propose-lead", "dispute-propose-send"),
    };
    let number = Fact { label: voice.say("answer-number"), value: dispute.check_number.grouped() };
    show(&DisputeForm {
        page: look.page(app),
        site: me.site(voice, Menu::Insurer, INSURER),
        title: voice.say("dispute-answer-title"),
        lead: voice.say(lead),
        facts: std::iter::once(number).chain(facts(voice, dispute, true)).collect(),
        number: dispute.check_number.to_string(),
        action: INSURER,
        back: INSURER,
        send: voice.say(send),
        fields: form::fields(voice, &ANSWER, typed, problems, focus(problems)),
        errors: form::errors(voice, problems),
    })
}

fn focus(problems: &[FieldProblem]) -> Option<&str> {
    problems.first().map(|problem| problem.field)
}

fn problems(text: &str) -> Vec<FieldProblem> {
    let key = match check_text(text) {
        Ok(()) => return Vec::new(),
        Err(DisputeTextError::TooLong) => "dispute-long",
        Err(DisputeTextError::IndividualNumber) => "dispute-individual-number",
    };
    vec![FieldProblem { field: "text", key }]
}

/// What was chosen in that field, in the contract's words.
fn chosen<T: DeserializeOwned>(typed: &Typed, field: &str) -> Option<T> {
    serde_json::from_value(typed.at(field).into()).ok()
}

fn why(error: &RelayError) -> &'static str {
    tracing::warn!(cause = %error, "a step of a dispute was not taken");
    match error {
        RelayError::Failed(StatusCode::CONFLICT) => "changed",
        RelayError::Failed(StatusCode::NOT_FOUND) => "unknown",
        RelayError::Failed(StatusCode::UNPROCESSABLE_ENTITY) => "nobody",
        RelayError::Refused | RelayError::Forbidden => "refused",
        _ => "silent",
    }
}

fn answered(said: &str) -> Option<(Tone, &'static str)> {
    Some(match said {
        "sent" => (Tone::Ok, "dispute-said-sent"),
        "answered" => (Tone::Ok, "dispute-said-answered"),
        "proposed" => (Tone::Ok, "dispute-said-proposed"),
        "changed" => (Tone::Warn, "dispute-said-changed"),
        "unknown" => (Tone::Warn, "dispute-said-unknown"),
        "nobody" => (Tone::Warn, "dispute-said-nobody"),
        "refused" => (Tone::Warn, "dispute-said-refused"),
        "silent" => (Tone::Warn, "links-said-silent"),
        _ => return None,
    })
}

fn site(app: &Shared, look: &Look, me: &SignedIn, of_insurer: bool) -> crate::view::site::Site {
    let (menu, path) = if of_insurer { (Menu::Insurer, INSURER) } else { (Menu::Desk, DESK) };
    me.site(look.voice(app), menu, path)
}
