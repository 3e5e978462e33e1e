//! `/` and `/logout`: whether this browser is signed in, and the way out.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::header::SET_COOKIE;
use axum::response::{IntoResponse as _, Redirect, Response};
use warifu_service::Problem;
use warifu_service::web::Page;

use super::{Begin, begin};
use crate::browser::{Browser, Cookie};
use crate::centre::Centre;
use crate::view::View;

/// What the page says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    SignedIn,
    SignedOut,
}

impl Standing {
    fn heading(self) -> &'static str {
        match self {
            Self::SignedIn => "logout-signed-in",
            Self::SignedOut => "logout-signed-out",
        }
    }

    fn lead(self) -> &'static str {
        match self {
            Self::SignedIn => "logout-signed-in-lead",
            Self::SignedOut => "logout-signed-out-lead",
        }
    }

    fn is_signed_in(self) -> bool {
        self == Self::SignedIn
    }
}

#[derive(Template)]
#[template(path = "logout.html")]
struct LogoutPage<'a> {
    page: Page<'a>,
    state: Standing,
}

/// Says whether this browser is signed in.
pub(crate) async fn show(
    State(centre): State<Arc<Centre>>,
    browser: Browser,
    view: View,
) -> Result<Response, Problem> {
    let signed_in = centre.session(&browser).await?.is_some();
    let standing = if signed_in { Standing::SignedIn } else { Standing::SignedOut };
    render(&centre, standing, &view)
}

/// Ends the session here, and at every service provider that holds one under it.
pub(crate) async fn submit(
    State(centre): State<Arc<Centre>>,
    browser: Browser,
) -> Result<Response, Problem> {
    let sessions: Vec<_> = browser.session().into_iter().collect();
    let what = Begin { sessions: &sessions, asker: None };
    if let Some(response) = begin(&centre, &browser, what).await? {
        return Ok(response);
    }
    let mut response = Redirect::to("/logout").into_response();
    if let Some(cookie) = Cookie::Session.clear() {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    Ok(response)
}

fn render(centre: &Centre, state: Standing, view: &View) -> Result<Response, Problem> {
    let page = LogoutPage { page: view.page(&centre.words), state };
    view.render(&page, "form-action 'self'")
}
