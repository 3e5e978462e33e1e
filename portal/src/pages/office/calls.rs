//! `/office/calls`: somebody rings because a card is lost. First the questions, then one button.

use axum::extract::Path;
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::{Deserialize, Serialize};
use warifu_contract::card_office::{Action, Card, Stage};

use super::known;
use crate::access::Role;
use crate::dates::words;
use crate::form::{FieldProblem, Shape, Typed, errors, fields};
use crate::office::error::OfficeError;
use crate::office::staff::{Posted, Staff, Stop, page, page_as};
use crate::office::{deed, person, query};
use crate::view::office::Notice;
use crate::view::office::call::{CallCard, CallerScreen, QuestionsScreen, StoppedScreen};
use crate::view::office::card::title;

/// Under which key the session holds the caller's cards, until the call ends.
const CALL: &str = "office-call";
/// Under which key it holds the card that was just stopped.
const STOPPED: &str = "office-stopped";
/// Nobody has more cards worth looking at.
const MOST_CARDS: usize = 12;

const REASONS: [Shape; 1] = [Shape::one_of("reason", "call-reason", deed::CALLED_IN)];

/// What to say about a card that was stopped.
#[derive(Serialize, Deserialize)]
struct Done {
    name: String,
    since: String,
}

/// `GET /office/calls`: the questions. An earlier call is over.
pub async fn questions(staff: Staff) -> Result<Response, Stop> {
    staff.only(&[Role::CallCentre])?;
    staff.take_note::<Vec<String>>(CALL).await?;
    let kept = staff.kept().await?;
    let notice = kept.is_some().then(|| Notice::warning(staff.voice(), "form-kept"));
    page(&question_screen(&staff, &kept.unwrap_or_default(), &[], notice))
}

/// `POST /office/calls`: the office says whether every answer is right, never which is wrong.
pub async fn identify(Posted { staff, typed }: Posted) -> Result<Response, Stop> {
    staff.only(&[Role::CallCentre])?;
    let answers = match query::answers(&typed, staff.today()) {
        Ok(answers) => answers,
        Err(problems) => return page(&question_screen(&staff, &typed, &problems, None)),
    };
    let found = match staff.counter.identify(&answers).await {
        Ok(found) => found,
        Err(OfficeError::Ticket) => return Err(staff.stop(&OfficeError::Ticket).await),
        Err(error) => {
            tracing::warn!(cause = %error, "a caller could not be identified");
            let notice = Notice::complaint(staff.voice(), error.complaint(staff.voice()));
            let screen = question_screen(&staff, &typed, &[], Some(notice));
            return page_as(error.status(), &screen);
        }
    };
    if found.cards.is_empty() {
        let notice = Notice::warning(staff.voice(), "call-unknown");
        return page(&question_screen(&staff, &typed, &[], Some(notice)));
    }
    let ids: Vec<_> = found.cards.into_iter().take(MOST_CARDS).map(|line| line.id).collect();
    staff.note(CALL, ids).await?;
    Ok(Redirect::to("/office/calls/person").into_response())
}

fn question_screen<'a>(
    staff: &'a Staff,
    typed: &Typed,
    problems: &[FieldProblem],
    notice: Option<Notice>,
) -> QuestionsScreen<'a> {
    let voice = staff.voice();
    let focus = problems.first().map_or("name", |problem| problem.field);
    let shapes: Vec<_> = person::ITEMS.into_iter().chain([query::SECOND]).collect();
    QuestionsScreen {
        page: staff.page(),
        site: staff.site(),
        notice,
        errors: errors(voice, problems),
        stamp: staff.stamp(),
        fields: fields(voice, &shapes, typed, problems, Some(focus)),
    }
}

/// `GET /office/calls/person`: the caller's cards.
pub async fn caller(staff: Staff) -> Result<Response, Stop> {
    staff.only(&[Role::CallCentre])?;
    let ids: Vec<String> = staff.noted(CALL).await?.unwrap_or_default();
    show_cards(&staff, &ids, None, None).await
}

/// `GET /office/calls/stop/{id}`: one of them, where one comes back to after signing in again.
pub async fn one(staff: Staff, Path(id): Path<String>) -> Result<Response, Stop> {
    staff.only(&[Role::CallCentre])?;
    let id = own(&staff, &id).await?;
    show_cards(&staff, &[id], None, None).await
}

/// `POST /office/calls/stop/{id}`: stops it, whatever else is happening to it.
pub async fn stop(
    Path(id): Path<String>,
    Posted { staff, typed }: Posted,
) -> Result<Response, Stop> {
    staff.only(&[Role::CallCentre])?;
    let id = own(&staff, &id).await?;
    let reason = match deed::called_in(&typed) {
        Ok(reason) => reason,
        Err(problem) => return show_cards(&staff, &[id], Some(problem), None).await,
    };
    match staff.counter.act_at_once(&id, &Action::Suspend { reason }).await {
        Ok(card) => {
            staff.note(STOPPED, done(&staff, &card)).await?;
            Ok(Redirect::to("/office/calls/stopped").into_response())
        }
        Err(OfficeError::Ticket) => Err(staff.stop(&OfficeError::Ticket).await),
        Err(error) => {
            tracing::warn!(cause = %error, "a card was not stopped");
            let notice = Notice::complaint(staff.voice(), error.complaint(staff.voice()));
            show_cards(&staff, &[id], None, Some((error, notice))).await
        }
    }
}

fn done(staff: &Staff, card: &Card) -> Done {
    let voice = staff.voice();
    let since = words::full_moment(voice.language, card.since);
    Done { name: CallCard::new(voice, card, Vec::new()).name, since }
}

/// `GET /office/calls/stopped`: what to tell the caller.
pub async fn stopped(staff: Staff) -> Result<Response, Stop> {
    staff.only(&[Role::CallCentre])?;
    let Some(Done { name, since }) = staff.noted(STOPPED).await? else {
        return Ok(Redirect::to("/office/calls").into_response());
    };
    page(&StoppedScreen {
        page: staff.page(),
        site: staff.site(),
        stamp: staff.stamp(),
        name,
        since,
    })
}

/// `POST /office/calls/end`: nothing of the caller stays.
pub async fn end(Posted { staff, .. }: Posted) -> Result<Response, Stop> {
    staff.take_note::<Vec<String>>(CALL).await?;
    staff.take_note::<Done>(STOPPED).await?;
    Ok(Redirect::to("/office/calls").into_response())
}

/// The card, when it is one of the caller's; else back to the questions.
async fn own(staff: &Staff, id: &str) -> Result<String, Stop> {
    let id = known(id)?;
    let ids: Vec<String> = staff.noted(CALL).await?.unwrap_or_default();
    let back = || Redirect::to("/office/calls").into();
    ids.into_iter().find(|one| one == id).ok_or_else(back)
}

async fn show_cards(
    staff: &Staff,
    ids: &[String],
    problem: Option<FieldProblem>,
    refused: Option<(OfficeError, Notice)>,
) -> Result<Response, Stop> {
    if ids.is_empty() {
        return Ok(Redirect::to("/office/calls").into_response());
    }
    let mut cards = Vec::new();
    for id in ids {
        cards.push(staff.ask(staff.counter.card(id)).await?);
    }
    cards.sort_by_key(|card| (card.stage != Stage::Active, card.since));
    let status = refused.as_ref().map_or(axum::http::StatusCode::OK, |(error, _)| error.status());
    let notice = refused.map(|(_, notice)| notice);
    page_as(status, &caller_screen(staff, &cards, problem, notice))
}

fn caller_screen<'a>(
    staff: &'a Staff,
    cards: &[Card],
    problem: Option<FieldProblem>,
    notice: Option<Notice>,
) -> CallerScreen<'a> {
    let voice = staff.voice();
    let problems: Vec<_> = problem.into_iter().collect();
    let lost = Typed::default().with("reason", "lost");
    let reasons = || fields(voice, &REASONS, &lost, &problems, None);
    let titled = cards.iter().find(|card| card.applicant.is_some()).or(cards.first());
    CallerScreen {
        page: staff.page(),
        site: staff.site(),
        notice,
        errors: errors(voice, &problems),
        stamp: staff.stamp(),
        title: titled.map(|card| title(voice, card)).unwrap_or_default(),
        cards: cards.iter().map(|card| CallCard::new(voice, card, reasons())).collect(),
    }
}
