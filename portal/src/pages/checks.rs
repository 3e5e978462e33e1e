//! `/desk/history` and `/insurer/answers`: checks by number and page by page.

use axum::extract::{Form, Query, State};
use axum::response::Response;
use serde::Deserialize;
use warifu_contract::CheckNumber;
use warifu_service::Problem;

use crate::access::{AnswersReader, ChecksReader, SignedIn};
use crate::form::{self, FieldProblem, Shape, Typed};
use crate::look::{Look, show};
use crate::shared::{App, Shared};
use crate::view::checks::{ChecksScreen, Whose, rows};
use crate::view::site::Menu;

/// Checks on one page.
const PAGE: u16 = 50;
/// The field for a number: twenty digits with blanks between them.
const NUMBER: [Shape; 1] = [Shape { digits: true, ..Shape::line("number", "checks-number", 40) }];

/// Which page.
#[derive(Debug, Default, Deserialize)]
pub struct Choice {
    /// Checks before this place.
    before: Option<u64>,
}

/// `GET /desk/history`.
pub async fn desk_list(
    State(app): State<App>,
    ChecksReader(me): ChecksReader,
    Query(choice): Query<Choice>,
    look: Look,
) -> Result<Response, Problem> {
    list(&app, &look, &me, Whose::Clinic, choice).await
}

/// `POST /desk/history`: one check by its number.
pub async fn desk_find(
    State(app): State<App>,
    ChecksReader(me): ChecksReader,
    look: Look,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    find(&app, &look.standing_at("/desk/history"), &me, Whose::Clinic, &typed).await
}

/// `GET /insurer/answers`.
pub async fn insurer_list(
    State(app): State<App>,
    AnswersReader(me): AnswersReader,
    Query(choice): Query<Choice>,
    look: Look,
) -> Result<Response, Problem> {
    list(&app, &look, &me, Whose::Insurer, choice).await
}

/// `POST /insurer/answers`: one check by its number.
pub async fn insurer_find(
    State(app): State<App>,
    AnswersReader(me): AnswersReader,
    look: Look,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    find(&app, &look.standing_at("/insurer/answers"), &me, Whose::Insurer, &typed).await
}

async fn list(
    app: &Shared,
    look: &Look,
    me: &SignedIn,
    whose: Whose,
    choice: Choice,
) -> Result<Response, Problem> {
    let screen = screen(app, look, me, whose, &Typed::default(), &[]);
    let access = match me.access(app.surroundings.now()) {
        Ok(access) => access,
        Err(why) => return show(&ChecksScreen { no_records: Some(why), ..screen }),
    };
    match app.relay.checks(access, choice.before, PAGE).await {
        Ok(page) => show(&screen.with_page(look.voice(app), &page, choice.before.is_none())),
        Err(cause) => {
            tracing::warn!(%cause, "the checks are missing");
            show(&ChecksScreen { is_silent: true, ..screen })
        }
    }
}

async fn find(
    app: &Shared,
    look: &Look,
    me: &SignedIn,
    whose: Whose,
    typed: &Typed,
) -> Result<Response, Problem> {
    let with = |problems: &[FieldProblem]| {
        let screen = screen(app, look, me, whose, typed, problems);
        ChecksScreen { is_search: true, ..screen }
    };
    let Ok(number) = typed.at("number").parse::<CheckNumber>() else {
        return show(&with(&[FieldProblem { field: "number", key: "checks-bad-number" }]));
    };
    let access = match me.access(app.surroundings.now()) {
        Ok(access) => access,
        Err(why) => return show(&ChecksScreen { no_records: Some(why), ..with(&[]) }),
    };
    match app.relay.check(access, &number).await {
        Ok(found) => {
            let found: Vec<_> = found.into_iter().collect();
            show(&ChecksScreen { rows: rows(look.voice(app), whose, &found), ..with(&[]) })
        }
        Err(cause) => {
            tracing::warn!(%cause, "a check could not be looked for");
            show(&ChecksScreen { is_silent: true, ..with(&[]) })
        }
    }
}

fn screen<'a>(
    app: &'a Shared,
    look: &Look,
    me: &SignedIn,
    whose: Whose,
    typed: &Typed,
    problems: &[FieldProblem],
) -> ChecksScreen<'a> {
    let voice = look.voice(app);
    let menu = match whose {
        Whose::Clinic => Menu::Desk,
        Whose::Insurer => Menu::Insurer,
    };
    let focus = problems.first().map(|problem| problem.field);
    ChecksScreen {
        page: look.page(app),
        site: me.site(voice, menu, whose.path()),
        whose,
        title: voice.say(&format!("{}-title", whose.key())),
        lead: voice.say(&format!("{}-lead", whose.key())),
        fields: form::fields(voice, &NUMBER, typed, problems, focus),
        errors: form::errors(voice, problems),
        no_records: None,
        is_silent: false,
        is_search: false,
        rows: Vec::new(),
        erased: None,
        older: None,
        newest: None,
    }
}
