//! `/` and `/logout`: whether this browser is signed in, and the way out.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::header::SET_COOKIE;
use axum::response::Response;
use warifu_service::Problem;
use warifu_service::web::Page;

use crate::browser::{Browser, Cookie};
use crate::centre::Centre;
use crate::view::View;

/// What the page says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    SignedIn,
    SignedOut,
    Done,
}

impl Standing {
    fn heading(self) -> &'static str {
        match self {
            Self::SignedIn => "logout-signed-in",
            Self::SignedOut => "logout-signed-out",
            Self::Done => "logout-done",
        }
    }

    fn lead(self) -> &'static str {
        match self {
            Self::SignedIn => "logout-signed-in-lead",
            Self::SignedOut => "logout-signed-out-lead",
            Self::Done => "logout-done-lead",
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
    view: View,
) -> Result<Response, Problem> {
    if let Some(session) = browser.session() {
        let told = centre.store.end_session(&session, centre.now()).await?;
        tracing::info!(providers = told, "signed out");
        centre.bell.notify_one();
    }
    let mut response = render(&centre, Standing::Done, &view)?;
    if let Some(cookie) = Cookie::Session.clear() {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    Ok(response)
}

fn render(centre: &Centre, state: Standing, view: &View) -> Result<Response, Problem> {
    let page = LogoutPage { page: view.page(&centre.words), state };
    view.render(&page, "form-action 'self'")
}
