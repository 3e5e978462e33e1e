//! `/office/new`: a new application.

use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};

use super::DONE;
use crate::access::Role;
use crate::form::{FieldProblem, Typed, errors, fields};
use crate::office::error::OfficeError;
use crate::office::staff::{Posted, Staff, Stop, page, page_as};
use crate::office::{application, person};
use crate::view::office::Notice;
use crate::view::office::forms::ApplyScreen;

/// The form: empty, or as it was when its sender had to sign in again.
pub async fn form(staff: Staff) -> Result<Response, Stop> {
    staff.only(&[Role::CardClerk])?;
    let kept = staff.kept().await?;
    let notice = kept.is_some().then(|| Notice::warning(staff.voice(), "form-kept"));
    let typed = kept.unwrap_or_else(application::empty);
    page(&screen(&staff, &typed, &[], notice))
}

/// Hands the application in.
pub async fn send(Posted { staff, typed }: Posted) -> Result<Response, Stop> {
    staff.only(&[Role::CardClerk])?;
    let application = match application::read(&typed, staff.today()) {
        Ok(application) => application,
        Err(problems) => return page(&screen(&staff, &typed, &problems, None)),
    };
    match staff.counter.apply(&application, &staff.once(&typed)).await {
        Ok(card) => {
            staff.note(DONE, (&card.id, "application-done")).await?;
            Ok(Redirect::to(&format!("/office/cards/{}", card.id)).into_response())
        }
        Err(OfficeError::Ticket) => Err(staff.stop(&OfficeError::Ticket).await),
        Err(error) => again(&staff, &typed, &error),
    }
}

/// The form once more, nothing lost.
fn again(staff: &Staff, typed: &Typed, error: &OfficeError) -> Result<Response, Stop> {
    tracing::warn!(cause = %error, "an application was not taken");
    let status: StatusCode = error.status();
    let notice = Notice::complaint(staff.voice(), error.complaint(staff.voice()));
    page_as(status, &screen(staff, typed, &[], Some(notice)))
}

fn screen<'a>(
    staff: &'a Staff,
    typed: &Typed,
    problems: &[FieldProblem],
    notice: Option<Notice>,
) -> ApplyScreen<'a> {
    let voice = staff.voice();
    let focus = problems.first().map(|problem| problem.field);
    let part = |shapes| fields(voice, shapes, typed, problems, focus);
    let items: Vec<_> = person::ITEMS.into_iter().chain([person::PHONE]).collect();
    ApplyScreen {
        page: staff.page(),
        site: staff.site(),
        notice,
        errors: errors(voice, problems),
        stamp: staff.stamp(),
        channel: part(&application::CHANNEL),
        person: part(&items),
        proxy: part(&application::PROXY),
        consent: part(&application::CONSENT),
        employment: part(&application::EMPLOYMENT),
        for_staff: application::is_for_staff(typed),
    }
}
