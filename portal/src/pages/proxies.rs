//! `/proxies`: who looks for me, and for whom I look. One question a page.

use axum::extract::{Form, Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use tower_sessions::Session;
use warifu_contract::calendar::today_in_japan;
use warifu_contract::history::Purpose;
use warifu_contract::mandate::{
    AcceptRequest, InviteCode, Mandate, MandateList, MandateState, Side,
};
use warifu_contract::services::{Catalogue, Offered};
use warifu_service::Problem;
use warifu_service::words::Voice;

use super::evidence::{open, saved};
use super::links::{Said, back_to, is_id, why};
use super::services::{named_by, offers};
use crate::access::{Acting, Resident, SignedIn, Viewer};
use crate::dates::words as dates;
use crate::form::{FieldProblem, Pick, Shape, Typed, errors, fields};
use crate::look::{Look, show};
use crate::proxies::{self, CODE, OTHER, Question};
use crate::relay::RelayError;
use crate::shared::{App, Shared};
use crate::view::guardians::ApplicationView;
use crate::view::proxies::{
    CodeScreen, MandateView, No, ProxiesScreen, QuestionScreen, other, summary,
};
use crate::view::site::Menu;
use crate::view::{Fact, Link, Tone, display_name};

/// The page's own path.
const PATH: &str = "/proxies";

/// `GET /proxies`: both lists.
pub async fn list(
    State(app): State<App>,
    Resident(me): Resident,
    Query(said): Query<Said>,
    look: Look,
) -> Result<Response, Problem> {
    let (voice, now) = (look.voice(&app), app.surroundings.now());
    let mut screen = ProxiesScreen {
        page: look.page(&app),
        site: me.site(voice, Menu::Resident, look.path()),
        said: said.said().and_then(answer),
        no_records: None,
        is_silent: false,
        given: Vec::new(),
        held: Vec::new(),
        applied: Vec::new(),
    };
    match me.access(now) {
        Err(reason) => screen.no_records = Some(reason),
        Ok(access) => match app.relay.mandates(access).await {
            Ok(MandateList { given, held, applied }) => {
                let declared = given.iter().chain(&held).flat_map(|one| &one.terms.declared);
                let declared = declared.chain(applied.iter().flat_map(|one| &one.request.declared));
                let named = named_by(&app, &me, &declared.copied().collect::<Vec<_>>()).await;
                let views = |all: &[Mandate], side| -> Vec<_> {
                    let view = |one| MandateView::new(voice, one, side, (&named, now));
                    all.iter().map(view).collect()
                };
                screen.given = views(&given, Side::Principal);
                screen.held = views(&held, Side::Proxy);
                let applied = applied.iter().map(|one| ApplicationView::new(voice, one, &named));
                screen.applied = applied.collect();
            }
            Err(cause) => {
                tracing::warn!(%cause, "the mandates are missing");
                screen.is_silent = true;
            }
        },
    }
    show(&screen)
}

/// `GET /proxies/invite`: the first question.
pub async fn begin(
    State(app): State<App>,
    Resident(me): Resident,
    look: Look,
) -> Result<Response, Problem> {
    let typed = Typed::default().with("time", "half");
    question(&app, &me, &look, Question::What, &typed, &[]).await
}

/// `POST /proxies/invite/next`: the next question, or the summary.
pub async fn next(
    State(app): State<App>,
    Resident(me): Resident,
    look: Look,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    let look = look.standing_at("/proxies/invite");
    let today = today_in_japan(app.surroundings.now());
    let asked = Question::named(typed.at("question"));
    if let Some(problem) = asked.problem(&typed, today) {
        return question(&app, &me, &look, asked, &typed, &[problem]).await;
    }
    match asked.next() {
        Some(then) => question(&app, &me, &look, then, &typed, &[]).await,
        None => check(&app, &me, &look, &typed).await,
    }
}

/// `POST /proxies/invite`: offers it, and shows the code. The same form again shows the same code.
pub async fn invite(
    State(app): State<App>,
    Resident(me): Resident,
    look: Look,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    let look = look.standing_at(PATH);
    let Ok(terms) = proxies::read(&typed, today_in_japan(app.surroundings.now())) else {
        return Ok(Redirect::to("/proxies/invite").into_response());
    };
    let Ok(access) = me.access(app.surroundings.now()) else { return Ok(back_to(PATH, None)) };
    let invitation = match app.relay.invite(access, typed.at("key"), &terms).await {
        Ok(invitation) => invitation,
        Err(error) => return Ok(back_to(PATH, Some(why(&error)))),
    };
    let voice = look.voice(&app);
    let mut facts = summary(voice, &terms, &named_by(&app, &me, &terms.declared).await);
    let until = dates::moment(voice.language, invitation.mandate.code_until);
    facts.push(Fact { label: voice.say("proxy-fact-code-until"), value: until });
    let digits = invitation.code.digits().chars().map(String::from);
    show(&CodeScreen {
        page: look.page(&app),
        site: me.site(voice, Menu::Resident, PATH),
        code: invitation.code.grouped(),
        spelled: digits.collect::<Vec<_>>().join(" "),
        facts,
    })
}

/// `GET /proxies/enter`: asks for the code.
pub async fn enter(
    State(app): State<App>,
    Resident(me): Resident,
    look: Look,
) -> Result<Response, Problem> {
    ask_code(&app, &me, &look, &Typed::default(), None)
}

/// `POST /proxies/enter`: what the code offers.
pub async fn offered(
    State(app): State<App>,
    Resident(me): Resident,
    look: Look,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    // The name of the card is not offered: the relay is not to know people by it.
    offer(&app, &me, &look.standing_at("/proxies/enter"), &typed, &[]).await
}

/// `POST /proxies/accept`: yes.
pub async fn accept(
    State(app): State<App>,
    Resident(me): Resident,
    look: Look,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    let look = look.standing_at("/proxies/enter");
    let name = match proxies::name(&typed, "proxy-name-wrong") {
        Ok(name) => name,
        Err(problem) => return offer(&app, &me, &look, &typed, &[problem]).await,
    };
    let Ok(code) = InviteCode::parse(typed.at("code")) else {
        return ask_code(&app, &me, &look, &typed, Some("proxy-code-wrong"));
    };
    let Ok(access) = me.access(app.surroundings.now()) else { return Ok(back_to(PATH, None)) };
    match app.relay.accept_mandate(access, &AcceptRequest { code, name }).await {
        Ok(_) => Ok(back_to(PATH, Some("accepted"))),
        Err(error) => refused(&app, &me, &look, &typed, &error),
    }
}

/// `GET /proxies/{id}/{step}`: asks once more: to confirm, or to end.
pub async fn ask(
    State(app): State<App>,
    Resident(me): Resident,
    Path((id, step)): Path<(String, String)>,
    look: Look,
) -> Result<Response, Problem> {
    let Ok(access) = me.access(app.surroundings.now()) else { return Ok(back_to(PATH, None)) };
    let list = match app.relay.mandates(access).await {
        Ok(list) => list,
        Err(error) => return Ok(back_to(PATH, Some(why(&error)))),
    };
    let Some((mandate, side)) = find(&list, &id) else { return Ok(back_to(PATH, None)) };
    let voice = look.voice(&app);
    let back = |key| No::Back(voice.say(key));
    let (words, no) = match (step.as_str(), side) {
        ("confirm", Side::Principal) => (
            "proxy-ask-confirm",
            No::Go(format!("{PATH}/{id}/end"), voice.say("proxy-ask-confirm-no")),
        ),
        ("end", Side::Principal) => ("proxy-ask-end", back("proxy-ask-back")),
        ("end", Side::Proxy) => ("proxy-ask-lay-down", back("proxy-ask-back")),
        _ => return Ok(back_to(PATH, None)),
    };
    let label = match side {
        Side::Principal => "proxy-fact-who",
        Side::Proxy => "proxy-fact-name",
    };
    let who = Fact { label: voice.say(label), value: other(voice, mandate, side) };
    let named = named_by(&app, &me, &mandate.terms.declared).await;
    let terms = summary(voice, &mandate.terms, &named).into_iter();
    let terms = terms.filter(|fact| fact.label != voice.say("proxy-fact-name"));
    show(&QuestionScreen {
        page: look.page(&app),
        site: me.site(voice, Menu::Resident, PATH),
        up: up(voice),
        place: None,
        title: voice.attribute(words, "title"),
        lead: voice.attribute(words, "text"),
        facts: [who].into_iter().chain(terms).collect(),
        errors: Vec::new(),
        fields: Vec::new(),
        picks: Vec::new(),
        hidden: Vec::new(),
        action: format!("{PATH}/{id}/{step}"),
        yes: voice.attribute(words, "do"),
        no,
    })
}

/// `POST /proxies/{id}/{step}`: confirms, ends, or begins to look for the other.
pub async fn act(
    State(app): State<App>,
    Resident(me): Resident,
    Path((id, step)): Path<(String, String)>,
    session: Session,
) -> Result<Response, Problem> {
    let access = me.access(app.surroundings.now()).ok().filter(|_| is_id(&id));
    let Some(access) = access else { return Ok(back_to(PATH, None)) };
    let done = match step.as_str() {
        "confirm" => app.relay.confirm_mandate(access, &id).await.map(|_| "confirmed"),
        "end" => app.relay.end_mandate(access, &id).await.map(|_| "ended"),
        "read" => return begin_to_read(&app, &me, &id, &session).await,
        _ => return Ok(back_to(PATH, None)),
    };
    Ok(back_to(PATH, Some(done.unwrap_or_else(|error| why(&error)))))
}

/// `POST /proxies/own`: back to one's own records.
pub async fn own(Viewer(me): Viewer, session: Session) -> Result<Response, Problem> {
    SignedIn { acting: None, ..me }.enter(&session).await?;
    Ok(Redirect::to("/home").into_response())
}

/// `GET /proxies/{id}/receipt`: the signed receipt, as a file.
pub async fn receipt(
    State(app): State<App>,
    Resident(me): Resident,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let unknown = || Problem::new(StatusCode::NOT_FOUND, "proxies.unknown");
    if !is_id(&id) {
        return Err(unknown());
    }
    let receipt = app.relay.mandate_receipt(open(&app, &me)?, &id).await;
    let receipt = receipt.map_err(|cause| unknown().caused_by(&cause))?;
    Ok(saved(&format!("warifu-mandate-{id}.jws"), "application/jose", receipt))
}

/// The session looks for the other from now on, as far as the relay lets it at each look.
async fn begin_to_read(
    app: &Shared,
    me: &SignedIn,
    id: &str,
    session: &Session,
) -> Result<Response, Problem> {
    let now = app.surroundings.now();
    let Ok(access) = me.access(now) else { return Ok(back_to(PATH, None)) };
    let list = match app.relay.mandates(access).await {
        Ok(list) => list,
        Err(error) => return Ok(back_to(PATH, Some(why(&error)))),
    };
    let held = list.held.into_iter().find(|one| one.id == id);
    let Some(mandate) = held.filter(|one| one.state(now) == MandateState::Active) else {
        return Ok(back_to(PATH, Some("changed")));
    };
    SignedIn { acting: Some(Acting::by(mandate)), ..me.clone() }.enter(session).await?;
    Ok(Redirect::to("/home").into_response())
}

fn find<'a>(list: &'a MandateList, id: &str) -> Option<(&'a Mandate, Side)> {
    let given = list.given.iter().map(|one| (one, Side::Principal));
    let mut all = given.chain(list.held.iter().map(|one| (one, Side::Proxy)));
    all.find(|(one, _)| one.id == id)
}

async fn question(
    app: &Shared,
    me: &SignedIn,
    look: &Look,
    asked: Question,
    typed: &Typed,
    problems: &[FieldProblem],
) -> Result<Response, Problem> {
    let voice = look.voice(app);
    let focus = problems.first().map(|problem| problem.field);
    let mut hidden = proxies::carried(typed, Some(asked));
    hidden.push(("question".into(), asked.name().to_owned()));
    let picks = match asked {
        Question::What => picks(voice, &offers(app, me).await, typed, |one| one.linked),
        Question::Name | Question::Time => Vec::new(),
    };
    show(&QuestionScreen {
        page: look.page(app),
        site: me.site(voice, Menu::Resident, PATH),
        up: up(voice),
        place: Some(voice.tell("proxy-step-of", &[("n", asked.place().into())])),
        title: voice.say(asked.key()),
        lead: voice.say(&format!("{}-lead", asked.key())),
        facts: Vec::new(),
        errors: errors(voice, problems),
        fields: fields(voice, asked.shapes(), typed, problems, focus),
        picks,
        hidden,
        action: "/proxies/invite/next".to_owned(),
        yes: voice.say("proxy-next"),
        no: No::Back(voice.say("proxy-check-no")),
    })
}

/// The declared services of `offers` that a proxy may be let see, as far as they `fit`.
pub(super) fn picks(
    voice: Voice<'_>,
    offers: &Catalogue,
    typed: &Typed,
    fit: impl Fn(&Offered) -> bool,
) -> Vec<Pick> {
    let may = |one: &&Offered| one.declaration.level_of(Purpose::OnBehalf).is_some() && fit(one);
    let pick = |one: &Offered| Pick {
        name: one.id.to_string(),
        label: display_name(voice.language, &one.declaration.name),
        ticked: typed.ticked(one.id.as_str()),
    };
    offers.services.iter().filter(may).map(pick).collect()
}

async fn check(
    app: &Shared,
    me: &SignedIn,
    look: &Look,
    typed: &Typed,
) -> Result<Response, Problem> {
    let Ok(terms) = proxies::read(typed, today_in_japan(app.surroundings.now())) else {
        return Ok(Redirect::to("/proxies/invite").into_response());
    };
    let voice = look.voice(app);
    let mut hidden = proxies::carried(typed, None);
    hidden.push(("key".into(), app.surroundings.hex(16)));
    show(&QuestionScreen {
        page: look.page(app),
        site: me.site(voice, Menu::Resident, PATH),
        up: up(voice),
        place: None,
        title: voice.say("proxy-check-title"),
        lead: voice.say("proxy-check-lead"),
        facts: summary(voice, &terms, &named_by(app, me, &terms.declared).await),
        errors: Vec::new(),
        fields: Vec::new(),
        picks: Vec::new(),
        hidden,
        action: "/proxies/invite".to_owned(),
        yes: voice.say("proxy-check-yes"),
        no: No::Back(voice.say("proxy-check-no")),
    })
}

fn ask_code(
    app: &Shared,
    me: &SignedIn,
    look: &Look,
    typed: &Typed,
    problem: Option<&'static str>,
) -> Result<Response, Problem> {
    let voice = look.voice(app);
    let problems: Vec<_> =
        problem.into_iter().map(|key| FieldProblem { field: "code", key }).collect();
    show(&QuestionScreen {
        page: look.page(app),
        site: me.site(voice, Menu::Resident, PATH),
        up: up(voice),
        place: None,
        title: voice.say("proxy-enter-title"),
        lead: voice.say("proxy-enter-lead"),
        facts: Vec::new(),
        errors: errors(voice, &problems),
        fields: fields(voice, &CODE, typed, &problems, Some("code")),
        picks: Vec::new(),
        hidden: Vec::new(),
        action: "/proxies/enter".to_owned(),
        yes: voice.say("proxy-enter-next"),
        no: No::Back(voice.say("proxy-check-no")),
    })
}

/// What the code offers, and the question whether to take it up.
async fn offer(
    app: &Shared,
    me: &SignedIn,
    look: &Look,
    typed: &Typed,
    problems: &[FieldProblem],
) -> Result<Response, Problem> {
    let Ok(code) = InviteCode::parse(typed.at("code")) else {
        return ask_code(app, me, look, typed, Some("proxy-code-wrong"));
    };
    let Ok(access) = me.access(app.surroundings.now()) else { return Ok(back_to(PATH, None)) };
    let offer = match app.relay.offer(access, &code).await {
        Ok(offer) => offer,
        Err(error) => return refused(app, me, look, typed, &error),
    };
    let voice = look.voice(app);
    let gaps = || [("name", offer.terms.name.as_str().into())];
    let focus = problems.first().map(|problem| problem.field);
    let shapes: &[Shape] = &OTHER;
    show(&QuestionScreen {
        page: look.page(app),
        site: me.site(voice, Menu::Resident, PATH),
        up: up(voice),
        place: None,
        title: voice.tell("proxy-offer-title", &gaps()),
        lead: voice.tell("proxy-offer-lead", &gaps()),
        facts: summary(voice, &offer.terms, &named_by(app, me, &offer.terms.declared).await),
        errors: errors(voice, problems),
        fields: fields(voice, shapes, typed, problems, focus),
        picks: Vec::new(),
        hidden: vec![("code".into(), code.digits().to_owned())],
        action: "/proxies/accept".to_owned(),
        yes: voice.say("proxy-offer-yes"),
        no: No::Back(voice.say("proxy-offer-no")),
    })
}

/// Why a code was not taken, at the field where it can be mended.
fn refused(
    app: &Shared,
    me: &SignedIn,
    look: &Look,
    typed: &Typed,
    error: &RelayError,
) -> Result<Response, Problem> {
    let key = match error {
        RelayError::Failed(StatusCode::NOT_FOUND) => "proxy-code-dead",
        RelayError::Failed(StatusCode::UNPROCESSABLE_ENTITY) => "proxy-code-own",
        RelayError::Failed(StatusCode::TOO_MANY_REQUESTS) => "proxy-code-tries",
        RelayError::Failed(StatusCode::CONFLICT) => "proxy-code-full",
        other => return Ok(back_to(PATH, Some(why(other)))),
    };
    ask_code(app, me, look, typed, Some(key))
}

fn up(voice: Voice<'_>) -> Link {
    Link { href: PATH.to_owned(), words: voice.say("proxies-title") }
}

fn answer(said: &str) -> Option<(Tone, &'static str)> {
    Some(match said {
        "applied" => (Tone::Ok, "proxies-said-applied"),
        "accepted" => (Tone::Ok, "proxies-said-accepted"),
        "confirmed" => (Tone::Ok, "proxies-said-confirmed"),
        "ended" => (Tone::Ok, "proxies-said-ended"),
        "changed" => (Tone::Warn, "proxies-said-changed"),
        "refused" => (Tone::Warn, "proxies-said-refused"),
        "silent" => (Tone::Warn, "proxies-said-silent"),
        _ => return None,
    })
}
