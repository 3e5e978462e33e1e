//! `/office/search`: what is looked for is sent in the body, so that no number and no name stands
//! in an address.

use axum::response::{IntoResponse as _, Redirect, Response};

use crate::access::Role;
use crate::form::{FieldProblem, Typed, errors, fields};
use crate::office::query;
use crate::office::staff::{Posted, Staff, Stop, page};
use crate::view::office::Notice;
use crate::view::office::forms::SearchScreen;
use crate::view::office::list::ListView;

const SEARCHERS: [Role; 2] = [Role::CardClerk, Role::CardApprover];

/// The form.
pub async fn form(staff: Staff) -> Result<Response, Stop> {
    staff.only(&SEARCHERS)?;
    let kept = staff.kept().await?;
    let notice = kept.is_some().then(|| Notice::warning(staff.voice(), "form-kept"));
    page(&screen(&staff, &kept.unwrap_or_default(), &[], notice, None))
}

/// What is found; a single card opens at once.
pub async fn send(Posted { staff, typed }: Posted) -> Result<Response, Stop> {
    staff.only(&SEARCHERS)?;
    let search = match query::search(&typed) {
        Ok(search) => search,
        Err(problems) => return page(&screen(&staff, &typed, &problems, None, None)),
    };
    let found = staff.ask(staff.counter.search(&search)).await?;
    if let ([only], None) = (found.cards.as_slice(), &found.next) {
        return Ok(Redirect::to(&format!("/office/cards/{}", only.id)).into_response());
    }
    let voice = staff.voice();
    let list = ListView::new(voice, staff.today(), &found, |_| String::new());
    let notice = found.cards.is_empty().then(|| Notice::warning(voice, "search-nothing"));
    page(&screen(&staff, &typed, &[], notice, Some(ListView { next: None, ..list })))
}

fn screen<'a>(
    staff: &'a Staff,
    typed: &Typed,
    problems: &[FieldProblem],
    notice: Option<Notice>,
    found: Option<ListView>,
) -> SearchScreen<'a> {
    let voice = staff.voice();
    let focus = problems.first().map_or("id", |problem| problem.field);
    let mut all = fields(voice, &query::SEARCH, typed, problems, Some(focus));
    let person = all.split_off(2);
    SearchScreen {
        page: staff.page(),
        site: staff.site(),
        notice,
        errors: errors(voice, problems),
        stamp: staff.stamp(),
        numbers: all,
        person,
        found: found.filter(|found| !found.rows.is_empty()),
    }
}
