//! その他の記録: what connectors declare, shown without the portal's knowing it beforehand; and what
//! can be entered there, confirmed before it is sent.

use std::collections::BTreeMap;

use axum::extract::{Form, Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;
use warifu_contract::calendar::today_in_japan;
use warifu_contract::services::{
    Catalogue, Declaration, EntryError, EntryRequest, Form as Declared, ServiceAnswer, ServiceId,
};
use warifu_service::Problem;
use warifu_service::words::Tongue;

use super::stream;
use crate::access::{Resident, SignedIn, Viewer};
use crate::look::{Look, show};
use crate::relay::{Access, RelayError};
use crate::shared::{App, Shared};
use crate::view::display_name;
use crate::view::services::{
    PATH, ServiceCheckScreen, ServiceScreen, ServiceView, ServicesScreen, ServicesView,
    entry_errors, entry_fields, entry_summary, page_of, sent_sentence,
};
use crate::view::site::Menu;

/// Bytes of a form at most.
const LONGEST_FORM: usize = 16 * 1024;
/// Digits of the key of one sending.
const KEY: usize = 32;

type Typed = BTreeMap<String, String>;

/// What was sent a moment ago.
#[derive(Debug, Default, Deserialize)]
pub struct Sent {
    sent: Option<String>,
}

/// `GET /services`: the list, which follows when the relay has answered.
pub async fn list(
    State(app): State<App>,
    Viewer(me): Viewer,
    look: Look,
) -> Result<Response, Problem> {
    let access = me.declared_access(app.surroundings.now()).cloned();
    let screen = screen(&app, &me, &look, access.as_ref().err().copied());
    let Ok(access) = access else { return show(&screen) };
    let mandate = me.acting.map(|acting| acting.mandate);
    let list = listed(app.clone(), access, mandate, look.tongue());
    stream::page(&screen, futures::stream::once(list))
}

async fn listed(app: App, access: Access, mandate: Option<String>, tongue: Tongue) -> String {
    let query: Vec<_> = mandate.iter().map(|mandate| ("mandate", mandate.as_str())).collect();
    let catalogue = app.relay.catalogue(&access, &query).await;
    let catalogue = catalogue
        .inspect_err(|cause| tracing::warn!(%cause, "the services could not be listed"))
        .ok();
    stream::part(&ServicesView::new(app.words.in_(tongue), catalogue.as_ref()))
}

fn screen<'a>(
    app: &'a Shared,
    me: &SignedIn,
    look: &Look,
    no_records: Option<&'static str>,
) -> ServicesScreen<'a> {
    let acting = me.acting.as_ref();
    ServicesScreen {
        page: look.page(app),
        site: me.site(look.voice(app), Menu::Resident, PATH),
        lead: if acting.is_none() { "services-lead" } else { "services-lead-acting" },
        no_records,
        as_guardian: acting.is_some_and(|acting| acting.guardian),
    }
}

/// `GET /services/{connector}/{service}`: one service.
pub async fn page(
    State(app): State<App>,
    Viewer(me): Viewer,
    Path(path): Path<(String, String)>,
    Query(sent): Query<Sent>,
    look: Look,
) -> Result<Response, Problem> {
    let id = named(&path)?;
    let access = match me.declared_access(app.surroundings.now()) {
        Ok(access) => access,
        Err(reason) => return show(&screen(&app, &me, &look, Some(reason))),
    };
    let answer = app.relay.service(access, id, me.basis()).await;
    let answer = answer.map_err(|cause| not_told(&cause))?;
    let voice = look.voice(&app);
    let reference = sent.sent.as_deref();
    show(&ServiceScreen {
        page: look.page(&app),
        site: me.site(voice, Menu::Resident, PATH),
        sent: reference.and_then(|sent| sent_sentence(voice, &answer.declaration, sent)),
        view: view(&app, &look, &me, id, &answer),
        errors: Vec::new(),
    })
}

/// `POST /services/{connector}/{service}/check`: what was typed, before it is sent.
pub async fn check(
    State(app): State<App>,
    Resident(me): Resident,
    Path(path): Path<(String, String)>,
    look: Look,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    let look = look.standing_at(PATH);
    let typed = bounded(typed)?;
    let asking = Asking::of(&app, &me, named(&path)?).await?;
    match asking.read(&app, &typed) {
        Ok(request) => asking.confirm(&app, &me, &look, (&typed, &request), None),
        Err(wrong) => asking.again(&app, &me, &look, (&typed, &wrong)).await,
    }
}

/// `POST /services/{connector}/{service}/send`.
pub async fn send(
    State(app): State<App>,
    Resident(me): Resident,
    Path(path): Path<(String, String)>,
    look: Look,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    let look = look.standing_at(PATH);
    let mut typed = bounded(typed)?;
    let key = typed.remove("key").filter(|key| is_key(key));
    let asking = Asking::of(&app, &me, named(&path)?).await?;
    let request = match (asking.read(&app, &typed), &key) {
        (Ok(request), Some(_)) => request,
        (Ok(request), None) => {
            return asking.confirm(&app, &me, &look, (&typed, &request), None);
        }
        (Err(wrong), _) => return asking.again(&app, &me, &look, (&typed, &wrong)).await,
    };
    let key = key.unwrap_or_default();
    match app.relay.enter(&asking.access, &key, &request).await {
        Ok(receipt) => {
            let to = format!("{}?sent={}", page_of(asking.id), receipt.reference);
            Ok(Redirect::to(&to).into_response())
        }
        Err(cause) => {
            tracing::warn!(%cause, "what was entered was not taken");
            // The same key again: nothing is taken twice.
            asking.confirm(&app, &me, &look, (&typed, &request), Some(key))
        }
    }
}

/// A service whose form somebody fills in.
struct Asking {
    id: ServiceId,
    access: Access,
    declaration: Declaration,
    form: Declared,
}

impl Asking {
    async fn of(app: &Shared, me: &SignedIn, id: ServiceId) -> Result<Self, Problem> {
        let ended = |_| Problem::new(StatusCode::FORBIDDEN, "services.no-access");
        let access = me.declared_access(app.surroundings.now()).map_err(ended)?.clone();
        let catalogue = app.relay.catalogue(&access, &[]).await;
        let catalogue = catalogue.map_err(|cause| not_told(&cause))?;
        let mut offered = catalogue.services.into_iter();
        let declaration = offered.find(|one| one.id == id).map(|one| one.declaration);
        let declaration = declaration.ok_or_else(unknown)?;
        let form = declaration.form.clone().ok_or_else(unknown)?;
        Ok(Self { id, access, declaration, form })
    }

    fn read(&self, app: &Shared, typed: &Typed) -> Result<EntryRequest, Vec<(String, EntryError)>> {
        let today = today_in_japan(app.surroundings.now());
        let values = self.declaration.read(&self.form, typed, today)?;
        Ok(EntryRequest { service: self.id, values })
    }

    /// `earlier` is the key of a sending that came to nothing.
    fn confirm(
        &self,
        app: &Shared,
        me: &SignedIn,
        look: &Look,
        (typed, request): (&Typed, &EntryRequest),
        earlier: Option<String>,
    ) -> Result<Response, Problem> {
        let voice = look.voice(app);
        let today = today_in_japan(app.surroundings.now());
        let words = |words| display_name(voice.language, words);
        let filled = typed.iter().filter(|(name, value)| {
            !value.is_empty() && self.form.fields.iter().any(|one| &one.field == *name)
        });
        show(&ServiceCheckScreen {
            page: look.page(app),
            site: me.site(voice, Menu::Resident, PATH),
            href: page_of(self.id),
            title: words(&self.declaration.name),
            note: words(&self.form.note),
            button: words(&self.form.button),
            facts: entry_summary(voice, &self.declaration, &request.values, today),
            hidden: filled.map(|(name, value)| (name.clone(), value.clone())).collect(),
            problem: earlier.as_ref().map(|_| voice.say("services-not-taken")),
            key: earlier.unwrap_or_else(|| app.surroundings.hex(KEY / 2)),
        })
    }

    /// The page once more, with what is wrong beside the fields.
    async fn again(
        &self,
        app: &Shared,
        me: &SignedIn,
        look: &Look,
        (typed, wrong): (&Typed, &[(String, EntryError)]),
    ) -> Result<Response, Problem> {
        let answer = app.relay.service(&self.access, self.id, None).await;
        let answer = answer.map_err(|cause| not_told(&cause))?;
        let voice = look.voice(app);
        let fields = entry_fields(voice, &self.declaration, &self.form, typed, wrong);
        let page = show(&ServiceScreen {
            page: look.page(app),
            site: me.site(voice, Menu::Resident, PATH),
            view: view(app, look, me, self.id, &answer).typed(fields),
            errors: entry_errors(voice, &self.declaration, wrong),
            sent: None,
        })?;
        Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
    }
}

fn view(
    app: &Shared,
    look: &Look,
    me: &SignedIn,
    id: ServiceId,
    answer: &ServiceAnswer,
) -> ServiceView {
    let now = app.surroundings.now();
    ServiceView::new(look.voice(app), id, answer, now, me.acting.is_none())
}

fn named((connector, service): &(String, String)) -> Result<ServiceId, Problem> {
    ServiceId::new(connector, service).map_err(|_| unknown())
}

fn unknown() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "services.unknown")
}

/// What those services are called; nothing is asked where there are none.
pub(super) async fn named_by(app: &Shared, me: &SignedIn, declared: &[ServiceId]) -> Catalogue {
    if declared.is_empty() { Catalogue::default() } else { offers(app, me).await }
}

/// What the person could open; nothing while the relay is silent.
pub(super) async fn offers(app: &Shared, me: &SignedIn) -> Catalogue {
    let Ok(access) = me.access(app.surroundings.now()) else { return Catalogue::default() };
    let found = app.relay.catalogue(access, &[]).await;
    found
        .inspect_err(|cause| tracing::warn!(%cause, "services stay without their names"))
        .unwrap_or_default()
}

/// Why the relay told nothing.
pub(super) fn not_told(cause: &RelayError) -> Problem {
    match cause {
        RelayError::Failed(StatusCode::NOT_FOUND) => unknown(),
        RelayError::Refused => cause.page(StatusCode::FORBIDDEN, "services.no-access"),
        _ => cause.page(StatusCode::BAD_GATEWAY, "services.no-relay"),
    }
}

fn bounded(typed: Typed) -> Result<Typed, Problem> {
    let length: usize = typed.iter().map(|(name, value)| name.len() + value.len()).sum();
    if length > LONGEST_FORM { Err(unknown()) } else { Ok(typed) }
}

fn is_key(key: &str) -> bool {
    key.len() == KEY && key.bytes().all(|b| b.is_ascii_hexdigit())
}
