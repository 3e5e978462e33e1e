//! `/office/cards/{id}`: one card, and its history.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use warifu_contract::card_office::Card;

use super::{DONE, known};
use crate::dates::words;
use crate::office::staff::{Staff, Stop, page, page_as};
use crate::view::office::Notice;
use crate::view::office::card::{CardScreen, CardView, moved_on, title};
use crate::view::office::history::{CardHistoryScreen, rows};

/// The card.
pub async fn card(staff: Staff, Path(id): Path<String>) -> Result<Response, Stop> {
    let card = staff.ask(staff.counter.card(known(&id)?)).await?;
    let done: Option<(String, String)> = staff.take_note(DONE).await?;
    let done = done.filter(|(of, _)| *of == card.id);
    let notice = done.map(|(_, key)| Notice::done(staff.voice(), &key));
    page(&screen(&staff, &card, notice))
}

/// The card as somebody else has left it, and who that was.
pub async fn moved(staff: &Staff, id: &str) -> Result<Response, Stop> {
    let card = staff.ask(staff.counter.card(id)).await?;
    let events = staff.counter.history(id).await.unwrap_or_default();
    let notice = moved_on(staff.voice(), &card, &events);
    page_as(StatusCode::CONFLICT, &screen(staff, &card, Some(notice)))
}

/// The card's page.
pub fn screen<'a>(staff: &'a Staff, card: &Card, notice: Option<Notice>) -> CardScreen<'a> {
    CardScreen {
        page: staff.page(),
        site: staff.site(),
        notice,
        stamp: staff.stamp(),
        card: CardView::new(staff.voice(), staff.today(), card, &staff.me.roles),
    }
}

/// `GET /office/cards/{id}/history`.
pub async fn history(staff: Staff, Path(id): Path<String>) -> Result<Response, Stop> {
    let id = known(&id)?;
    let card = staff.ask(staff.counter.card(id)).await?;
    let events = staff.ask(staff.counter.history(id)).await?;
    let voice = staff.voice();
    let moment = words::full_moment(voice.language, staff.now());
    page(&CardHistoryScreen {
        page: staff.page(),
        site: staff.site(),
        id: card.id.clone(),
        title: title(voice, &card),
        as_of: voice.tell("card-history-as-of", &[("moment", moment.into())]),
        events: rows(voice, &events),
    })
}
