//! `/office/cards/{id}/{deed}`: doing something to a card.

use axum::extract::Path;
use axum::response::{IntoResponse as _, Redirect, Response};
use warifu_contract::card_office::Card;

use super::{DONE, card, known, unknown};
use crate::form::{FieldProblem, Typed, errors, fields};
use crate::office::deed::{Deed, Manner, Order};
use crate::office::error::OfficeError;
use crate::office::staff::{Posted, Staff, Stop, page, page_as, unreadable};
use crate::view::Fact;
use crate::view::office::card::{CardView, title};
use crate::view::office::deeds::{Standing, standing};
use crate::view::office::forms::DeedScreen;
use crate::view::office::{Notice, stage};

/// The page that asks for it; when it is not possible now, the card's page says why.
pub async fn form(
    staff: Staff,
    Path((id, name)): Path<(String, String)>,
) -> Result<Response, Stop> {
    let deed = Deed::find(&name).ok_or_else(unknown)?;
    let card = staff.ask(staff.counter.card(known(&id)?)).await?;
    if standing(&card, deed, &staff.me.roles) != Standing::Open {
        return Ok(to_card(&card.id));
    }
    let kept = staff.kept().await?;
    let notice = kept.is_some().then(|| Notice::warning(staff.voice(), "form-kept"));
    page(&screen(&staff, deed, &card, &kept.unwrap_or_default(), None, notice))
}

/// Does it.
pub async fn act(
    Path((id, name)): Path<(String, String)>,
    Posted { staff, typed }: Posted,
) -> Result<Response, Stop> {
    let deed = Deed::find(&name).ok_or_else(unknown)?;
    let id = known(&id)?;
    let version = typed.at("version").parse().map_err(|_| unreadable())?;
    let order = match deed.read(&typed) {
        Ok(order) => order,
        Err(problem) => {
            let card = staff.ask(staff.counter.card(id)).await?;
            return page(&screen(&staff, deed, &card, &typed, Some(problem), None));
        }
    };
    let done = match order {
        Order::Act(action) => staff.counter.act(id, version, &action).await.map(drop),
        Order::EndPerson(ended) => staff.counter.end_person(id, ended).await,
    };
    match done {
        Ok(()) => {
            staff.note(DONE, (id, format!("{}-done", deed.key()))).await?;
            Ok(to_card(id))
        }
        Err(OfficeError::Ticket) => Err(staff.stop(&OfficeError::Ticket).await),
        Err(error) if error.is_moved_on() => card::moved(&staff, id).await,
        Err(error) => refused(&staff, deed, id, &typed, &error).await,
    }
}

fn to_card(id: &str) -> Response {
    Redirect::to(&format!("/office/cards/{id}")).into_response()
}

/// The office's reason, where the deed was asked for; what was typed stays.
async fn refused(
    staff: &Staff,
    deed: &Deed,
    id: &str,
    typed: &Typed,
    error: &OfficeError,
) -> Result<Response, Stop> {
    tracing::warn!(cause = %error, deed = deed.name, "a deed was refused");
    let Ok(card) = staff.counter.card(id).await else { return Err(staff.stop(error).await) };
    let notice = Some(Notice::complaint(staff.voice(), error.complaint(staff.voice())));
    if deed.manner == Manner::Direct {
        return page_as(error.status(), &card::screen(staff, &card, notice));
    }
    page_as(error.status(), &screen(staff, deed, &card, typed, None, notice))
}

fn screen<'a>(
    staff: &'a Staff,
    deed: &Deed,
    card: &Card,
    typed: &Typed,
    problem: Option<FieldProblem>,
    notice: Option<Notice>,
) -> DeedScreen<'a> {
    let voice = staff.voice();
    let problems: Vec<_> = problem.into_iter().collect();
    let focus = problems.first().map(|problem| problem.field);
    let last = voice.attribute(&deed.key(), "last");
    DeedScreen {
        page: staff.page(),
        site: staff.site(),
        notice,
        errors: errors(voice, &problems),
        action: format!("/office/cards/{}/{}", card.id, deed.name),
        back: format!("/office/cards/{}", card.id),
        stamp: staff.stamp(),
        version: card.version,
        title: voice.attribute(&deed.key(), "title"),
        facts: which(staff, card),
        what: voice.attribute(&deed.key(), "what"),
        last: (deed.manner == Manner::Grave && !last.is_empty()).then_some(last),
        fields: fields(voice, &deed.shapes(), typed, &problems, focus),
        button: voice.say(&deed.key()),
    }
}

/// Which card it is about, so that nobody takes the wrong one.
pub fn which(staff: &Staff, card: &Card) -> Vec<Fact> {
    let voice = staff.voice();
    let view = CardView::new(voice, staff.today(), card, &staff.me.roles);
    [
        ("card-whose", title(voice, card)),
        ("card-which", view.lead),
        ("card-stage", stage::word(voice, card.stage)),
    ]
    .map(|(key, value)| Fact { label: voice.say(key), value })
    .into()
}
