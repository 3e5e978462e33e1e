//! The beginning: a question to a card, bound to the browser by a cookie.

use axum::http::header::SET_COOKIE;
use axum::response::{IntoResponse as _, Redirect, Response};
use jiff::SignedDuration;
use warifu_service::Problem;

use super::{admit, challenge};
use crate::assurance::Level;
use crate::browser::{Browser, Cookie};
use crate::centre::Centre;
use crate::onward::OwnPage;
use crate::store::{Asker, NewLogin, SecretHash, Session, Task, hash_of};
use crate::view::{Address, View};

/// How long a person may take.
const LASTS: SignedDuration = SignedDuration::from_mins(15);

/// What is asked, for whom.
pub(crate) struct Begin {
    pub(crate) task: Task,
    pub(crate) asker: Option<Asker>,
    pub(crate) level: Level,
    pub(crate) within: Option<SecretHash>,
    /// The session that answers it; no card is asked, only the person.
    pub(crate) known: Option<Session>,
    /// The page of our own that was asked for.
    pub(crate) onward: Option<OwnPage>,
}

impl Begin {
    /// A sign-in to our own pages.
    pub(crate) fn own(task: Task) -> Self {
        Self { task, asker: None, level: Level::High, within: None, known: None, onward: None }
    }

    fn page(&self) -> &'static str {
        match self.task {
            _ if self.known.is_some() => "/login/done",
            Task::SignIn => "/login",
            Task::Activate => "/activate",
            Task::AddCard => "/cards/add",
        }
    }
}

/// Begins, and leads to the page. Those in several tabs of a browser share the cookie.
pub(crate) async fn begin(
    centre: &Centre,
    browser: &Browser,
    (view, address): (&View, &Address),
    what: Begin,
) -> Result<Response, Problem> {
    admit(centre, address)?;
    let secret = browser.login_secret();
    let secret = secret.map_or_else(|| centre.surroundings.token(), str::to_owned);
    let (id, page) = (centre.reference(), what.page());
    let login = NewLogin {
        id: &id,
        browser: hash_of(&secret),
        task: what.task,
        asker: what.asker,
        level: what.level,
        within: what.within,
        known: what.known.as_ref(),
        onward: what.onward,
        challenge: what.known.is_none().then(|| challenge::first(centre)),
        expires_at: centre.now() + LASTS,
    };
    centre.store.add_login(&login).await?;
    let chosen = view.chosen_language().map(|language| format!("&lang={}", language.tag()));
    let page = format!("{page}?tx={id}{}", chosen.unwrap_or_default());
    let mut response = Redirect::to(&page).into_response();
    if let Some(cookie) = Cookie::Login.set(&secret, Some(LASTS)) {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    Ok(response)
}
