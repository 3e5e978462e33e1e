//! Who is signed in at our own pages. Whoever asks for one and is not signs in first.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse as _, Response};
use warifu_service::Problem;

use crate::browser::Browser;
use crate::centre::{Centre, refuse};
use crate::login::{Begin, begin};
use crate::onward::OwnPage;
use crate::store::{Session, Task};
use crate::view::{Address, View};

/// A browser at one of our own pages.
pub(crate) struct Guest {
    pub(crate) browser: Browser,
    view: View,
    address: Address,
    page: Option<OwnPage>,
}

impl Guest {
    /// Leads through a sign-in, and then to the page that was asked for.
    pub(crate) async fn sign_in(&self, centre: &Centre) -> Result<Response, Problem> {
        let onward = self.page.clone();
        self.begin(centre, Begin { onward, ..Begin::own(Task::SignIn) }).await
    }

    /// Leads through any question to a card.
    pub(crate) async fn begin(&self, centre: &Centre, what: Begin) -> Result<Response, Problem> {
        begin(centre, &self.browser, (&self.view, &self.address), what).await
    }
}

impl<S: Sync> FromRequestParts<S> for Guest {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        Ok(Self {
            browser: Browser::from_request_parts(parts, state).await?,
            view: View::from_request_parts(parts, state).await?,
            address: Address::from_request_parts(parts, state).await?,
            page: OwnPage::of(parts),
        })
    }
}

/// The session of whoever is signed in, on a page that leads everybody else through a sign-in.
pub(crate) struct SignedIn(pub(crate) Session);

impl FromRequestParts<Arc<Centre>> for SignedIn {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, centre: &Arc<Centre>) -> Result<Self, Response> {
        let Ok(guest) = Guest::from_request_parts(parts, centre).await;
        match centre.session(&guest.browser).await {
            Ok(Some(session)) => Ok(Self(session)),
            Ok(None) => Err(guest.sign_in(centre).await.into_response()),
            Err(cause) => Err(Problem::from(cause).into_response()),
        }
    }
}

/// The same for a page of those who run the federation.
pub(crate) struct AdminSignedIn;

impl FromRequestParts<Arc<Centre>> for AdminSignedIn {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, centre: &Arc<Centre>) -> Result<Self, Response> {
        let SignedIn(session) = SignedIn::from_request_parts(parts, centre).await?;
        require_admin(&session).map_err(Problem::into_response)?;
        Ok(Self)
    }
}

impl Centre {
    /// The session of this browser, without which what it asks for is refused.
    pub(crate) async fn signed_in(&self, browser: &Browser) -> Result<Session, Problem> {
        let over = || refuse(StatusCode::FORBIDDEN, "session.over");
        self.session(browser).await?.ok_or_else(over)
    }
}

/// Refuses everybody but those who run the federation.
pub(crate) fn require_admin(session: &Session) -> Result<(), Problem> {
    if session.is_of_federation_admin() {
        return Ok(());
    }
    Err(refuse(StatusCode::FORBIDDEN, "admin.only"))
}
