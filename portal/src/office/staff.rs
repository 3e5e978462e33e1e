//! A member of the card office's staff at one of its pages.

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Redirect, Response};
use data_encoding::BASE64URL_NOPAD;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tower_sessions::Session;
use warifu_contract::calendar::today_in_japan;
use warifu_service::Problem;
use warifu_service::web::Page;
use warifu_service::words::Voice;

use super::client::Counter;
use super::error::{Complaint, OfficeError};
use super::kept;
use crate::access::{self, Level, OfficeTicket, Role, SignedIn};
use crate::form::Typed;
use crate::look::{Look, show};
use crate::shared::{App, Shared};
use crate::sso::begin;
use crate::view::office::OfficeMessage;
use crate::view::screens::{Action, MessageScreen};
use crate::view::site::{Menu, Site};
use crate::view::{Link, icon};

/// What a page ends with instead of what was asked for: the way to the sign-in, or why not.
#[derive(Debug)]
pub struct Stop(Box<Response>);

impl From<Response> for Stop {
    fn from(response: Response) -> Self {
        Self(Box::new(response))
    }
}

impl From<Redirect> for Stop {
    fn from(redirect: Redirect) -> Self {
        redirect.into_response().into()
    }
}

impl From<Problem> for Stop {
    fn from(problem: Problem) -> Self {
        problem.into_response().into()
    }
}

impl IntoResponse for Stop {
    fn into_response(self) -> Response {
        *self.0
    }
}

/// Somebody of the staff, signed in at the highest level, with a ticket to the office.
#[derive(Clone)]
pub struct Staff {
    /// The portal.
    pub app: App,
    /// Who it is.
    pub me: SignedIn,
    /// How the page is wanted.
    pub look: Look,
    /// The office.
    pub counter: Counter,
    ticket: OfficeTicket,
    session: Session,
    here: Here,
}

/// Where the person is, and what came along.
#[derive(Debug, Clone)]
struct Here {
    path: String,
    /// With its query.
    address: String,
    typed: Option<Typed>,
}

/// Somebody of the staff who sends one of the office's forms.
pub struct Posted {
    /// Who it is.
    pub staff: Staff,
    /// The form.
    pub typed: Typed,
}

impl FromRequestParts<App> for Staff {
    type Rejection = Stop;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Stop> {
        admit(parts, app, None).await
    }
}

impl FromRequest<App> for Posted {
    type Rejection = Stop;

    async fn from_request(request: Request, app: &App) -> Result<Self, Stop> {
        let (mut parts, body) = request.into_parts();
        let whole = Request::from_parts(parts.clone(), body);
        let body = Bytes::from_request(whole, app).await.map_err(IntoResponse::into_response)?;
        let typed: Typed = serde_urlencoded::from_bytes(&body).map_err(|_| unreadable())?;
        let staff = admit(&mut parts, app, Some(typed.clone())).await?;
        if !kept::is_own(app, &staff.me, &typed) {
            return Err(Problem::new(StatusCode::FORBIDDEN, "office.form").into());
        }
        Ok(Self { staff, typed })
    }
}

/// The form cannot be read.
pub fn unreadable() -> Stop {
    Problem::new(StatusCode::BAD_REQUEST, "request.unreadable").into()
}

/// Lets in who works at the office; sends to the sign-in who is nobody or whose ticket is over,
/// keeping the form; tells the others kindly.
async fn admit(parts: &mut Parts, app: &App, typed: Option<Typed>) -> Result<Staff, Stop> {
    let session = access::session(parts)?;
    let look = Look::from_request_parts(parts, app).await.unwrap_or_else(|never| match never {});
    let address = parts.uri.path_and_query().map_or("/office", |whole| whole.as_str());
    let here = Here { path: parts.uri.path().to_owned(), address: address.to_owned(), typed };
    let now = app.surroundings.now();
    let found = SignedIn::of(&session, now).await?;
    let Some(me) = found else { return Err(sign_in(app, &session, &here).await) };
    if !me.in_office() {
        return Err(access::wrong_card(app, &look, &me, "wrong-role-office").into());
    }
    let (counter, ticket) = match way_in(app, &me, &look) {
        Ok(found) => found,
        Err(key) => return Err(closed(app, &look, &me, key)),
    };
    if ticket.is_over(now) {
        return Err(sign_in(app, &session, &here).await);
    }
    Ok(Staff { app: app.clone(), me, look, counter, ticket, session, here })
}

/// The office, or the key of why it is closed to this sign-in.
fn way_in(
    app: &Shared,
    me: &SignedIn,
    look: &Look,
) -> Result<(Counter, OfficeTicket), &'static str> {
    let office = app.card_office.as_ref().ok_or("office-closed-none")?;
    if me.level != Level::High {
        return Err("office-closed-level");
    }
    let ticket = me.office.clone().ok_or("office-closed-ticket")?;
    Ok((office.counter(&ticket, look.language), ticket))
}

/// To the sign-in and back; the form waits meanwhile.
async fn sign_in(app: &Shared, session: &Session, here: &Here) -> Stop {
    if let Some(typed) = &here.typed
        && let Err(problem) = kept::keep(app, session, &here.path, typed).await
    {
        return problem.into();
    }
    Redirect::to(&begin::leading_to(&here.address)).into()
}

fn closed(app: &Shared, look: &Look, me: &SignedIn, key: &str) -> Stop {
    let voice = look.voice(app);
    let home = Link { href: "/help".to_owned(), words: voice.say("nav-help") };
    let screen = MessageScreen {
        page: look.page(app),
        site: me.site(voice, Menu::None, look.path()),
        icon: icon::LOCK,
        title: voice.say(key),
        text: voice.attribute(key, "text"),
        actions: vec![Action::SignOut(voice.say("wrong-role-switch")), Action::Go(home)],
    };
    page_as(StatusCode::FORBIDDEN, &screen).map_or_else(Into::into, Into::into)
}

/// The page.
pub fn page(screen: &impl askama::Template) -> Result<Response, Stop> {
    Ok(show(screen)?)
}

/// The page under another status than 200.
pub fn page_as(status: StatusCode, screen: &impl askama::Template) -> Result<Response, Stop> {
    Ok((status, show(screen)?).into_response())
}

impl Staff {
    /// The sentences.
    pub fn voice(&self) -> Voice<'_> {
        self.look.voice(&self.app)
    }

    /// The frame of the page.
    pub fn page(&self) -> Page<'_> {
        self.look.page(&self.app)
    }

    /// The frame with the office's menu.
    pub fn site(&self) -> Site {
        self.me.site(self.voice(), Menu::Office, self.look.path())
    }

    /// Now.
    pub fn now(&self) -> Timestamp {
        self.app.surroundings.now()
    }

    /// Today.
    pub fn today(&self) -> Date {
        today_in_japan(self.now())
    }

    /// Whether the person has that role.
    pub fn may(&self, role: Role) -> bool {
        self.me.may(role)
    }

    /// Only for these roles; the others are told so.
    pub fn only(&self, roles: &[Role]) -> Result<(), Stop> {
        if roles.iter().any(|role| self.may(*role)) {
            return Ok(());
        }
        let voice = self.voice();
        let complaint = Complaint {
            title: voice.say("office-role"),
            advice: voice.attribute("office-role", "person"),
            code: "office.role".to_owned(),
        };
        let screen = OfficeMessage { page: self.page(), site: self.site(), complaint };
        Err(page_as(StatusCode::FORBIDDEN, &screen)?.into())
    }

    /// A stamp for a form of this person.
    pub fn stamp(&self) -> String {
        kept::stamp(&self.app, &self.me)
    }

    /// Makes sending the same form twice one errand.
    pub fn once(&self, typed: &Typed) -> String {
        let form = serde_json::to_vec(typed).unwrap_or_default();
        BASE64URL_NOPAD.encode(&self.app.keys.lookup("idempotency.office", &form))
    }

    /// The form that was on its way to this page when the person had to sign in again.
    pub async fn kept(&self) -> Result<Option<Typed>, Stop> {
        Ok(kept::take(&self.session, &self.here.path).await?)
    }

    /// Lets the next page know something, in the sealed session.
    pub async fn note(&self, key: &str, what: impl Serialize + Sync) -> Result<(), Stop> {
        self.session.insert(key, what).await.map_err(|cause| failed(&cause))
    }

    /// What a page before this one noted.
    pub async fn noted<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, Stop> {
        self.session.get(key).await.map_err(|cause| failed(&cause))
    }

    /// What a page before this one noted, once.
    pub async fn take_note<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, Stop> {
        self.session.remove(key).await.map_err(|cause| failed(&cause))
    }

    /// Waits for the office's answer; a refusal becomes the page that says so.
    pub async fn ask<T>(
        &self,
        answer: impl Future<Output = Result<T, OfficeError>>,
    ) -> Result<T, Stop> {
        match answer.await {
            Ok(answer) => Ok(answer),
            Err(error) => Err(self.stop(&error).await),
        }
    }

    /// What to show when the office gave no answer: through the sign-in where only the ticket has
    /// ended, else the reason.
    pub async fn stop(&self, error: &OfficeError) -> Stop {
        let fresh = self.ticket.is_fresh(self.now());
        if matches!(error, OfficeError::Ticket) && !fresh {
            return sign_in(&self.app, &self.session, &self.here).await;
        }
        tracing::warn!(cause = %error, "the card office gave no answer");
        let (page, site) = (self.page(), self.site());
        let screen = OfficeMessage { page, site, complaint: error.complaint(self.voice()) };
        page_as(error.status(), &screen).map_or_else(Into::into, Into::into)
    }
}

fn failed(cause: &dyn std::fmt::Display) -> Stop {
    Problem::internal(cause).into()
}
