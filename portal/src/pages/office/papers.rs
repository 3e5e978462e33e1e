//! What the office prints: a card's face, the sheet that goes with it, the letter with its code.

use axum::extract::Path;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Response};

use super::deed::which;
use super::known;
use crate::access::Role;
use crate::office::client::Paper;
use crate::office::staff::{Posted, Staff, Stop, page};
use crate::view::office::forms::DeedScreen;

/// Who may print.
const PRINTERS: [Role; 2] = [Role::CardClerk, Role::CardApprover];

/// `GET /office/cards/{id}/face.pdf`.
pub async fn face(staff: Staff, Path(id): Path<String>) -> Result<Response, Stop> {
    print(&staff, Paper::Face(known(&id)?)).await
}

/// `GET /office/cards/{id}/cover.pdf`.
pub async fn cover(staff: Staff, Path(id): Path<String>) -> Result<Response, Stop> {
    print(&staff, Paper::Cover(known(&id)?)).await
}

/// `GET /office/batches/{id}/faces.pdf`.
pub async fn faces(staff: Staff, Path(id): Path<String>) -> Result<Response, Stop> {
    print(&staff, Paper::Faces(known(&id)?)).await
}

/// `GET /office/cards/{id}/letter`: says that it can be had once.
pub async fn letter(staff: Staff, Path(id): Path<String>) -> Result<Response, Stop> {
    staff.only(&PRINTERS)?;
    let card = staff.ask(staff.counter.card(known(&id)?)).await?;
    let voice = staff.voice();
    page(&DeedScreen {
        page: staff.page(),
        site: staff.site(),
        notice: None,
        errors: Vec::new(),
        action: format!("/office/cards/{}/letter", card.id),
        back: format!("/office/cards/{}", card.id),
        stamp: staff.stamp(),
        version: card.version,
        title: voice.attribute("deed-letter", "title"),
        facts: which(&staff, &card),
        what: voice.attribute("deed-letter", "what"),
        last: Some(voice.attribute("deed-letter", "last")),
        fields: Vec::new(),
        button: voice.say("deed-letter"),
    })
}

/// `POST /office/cards/{id}/letter`: the letter itself.
pub async fn print_letter(
    Path(id): Path<String>,
    Posted { staff, .. }: Posted,
) -> Result<Response, Stop> {
    print(&staff, Paper::Letter(known(&id)?)).await
}

/// The paper as a file; the office says who may have it.
async fn print(staff: &Staff, paper: Paper<'_>) -> Result<Response, Stop> {
    staff.only(&PRINTERS)?;
    let pdf = staff.ask(staff.counter.paper(paper)).await?;
    let name = format!("attachment; filename=\"{}\"", paper.file_name());
    let mut response = ([(header::CONTENT_TYPE, "application/pdf")], pdf).into_response();
    if let Ok(name) = HeaderValue::from_str(&name) {
        response.headers_mut().insert(header::CONTENT_DISPOSITION, name);
    }
    Ok(response)
}
