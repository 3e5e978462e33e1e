//! `/staff/announcements`: what the consortium's administrators tell everybody.

use axum::extract::{Form, Path, Query, State};
use axum::response::Response;
use warifu_service::Problem;
use warifu_service::words::Language;

use super::links::{Said, back_to, is_id};
use crate::access::{Announcer, SignedIn};
use crate::announcements::{self, Deed, FIELDS};
use crate::form::{FieldProblem, Typed, errors, fields};
use crate::look::{Look, show};
use crate::shared::{App, Shared};
use crate::view::announcements::{
    AnnouncementRow, AnnouncementView, AnnouncementsScreen, PreviewScreen,
};
use crate::view::links::AskScreen;
use crate::view::proxies::{No, QuestionScreen};
use crate::view::site::{Menu, Site};
use crate::view::{Fact, Link, Tone};

/// The list.
const PATH: &str = "/staff/announcements";
const NEW: &str = "/staff/announcements/new";
const KEY: &str = "key";
const KEY_BYTES: usize = 16;

/// `GET /staff/announcements`.
pub async fn list(
    State(app): State<App>,
    Announcer(me): Announcer,
    Query(said): Query<Said>,
    look: Look,
) -> Result<Response, Problem> {
    let (voice, now) = (look.voice(&app), app.surroundings.now());
    let all = announcements::all(&app).await.map_err(|cause| Problem::internal(&cause))?;
    show(&AnnouncementsScreen {
        page: look.page(&app),
        site: site(&app, &me, &look),
        said: said.said().and_then(answer),
        rows: all.iter().map(|one| AnnouncementRow::new(voice, now, one)).collect(),
    })
}

/// `GET /staff/announcements/new`: the form.
pub async fn begin(
    State(app): State<App>,
    Announcer(me): Announcer,
    look: Look,
) -> Result<Response, Problem> {
    form(&app, &me, &look, &Typed::default(), &[])
}

/// `POST /staff/announcements/new`: the form again, with what was typed.
pub async fn mend(
    State(app): State<App>,
    Announcer(me): Announcer,
    look: Look,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    form(&app, &me, &look.standing_at(NEW), &typed, &[])
}

/// `POST /staff/announcements/preview`: as everybody will see it.
pub async fn preview(
    State(app): State<App>,
    Announcer(me): Announcer,
    look: Look,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    let look = look.standing_at(NEW);
    let now = app.surroundings.now();
    let one = match announcements::read(&typed, app.surroundings.hex(KEY_BYTES), deed(&app, &me)) {
        Ok(one) => one,
        Err(problems) => return form(&app, &me, &look, &typed, &problems),
    };
    let shown = |language| (language, AnnouncementView::new(app.words.in_(language), now, &one));
    let kept = FIELDS.iter().map(|field| (field.name, typed.at(field.name).to_owned()));
    show(&PreviewScreen {
        page: look.page(&app),
        site: site(&app, &me, &look),
        shown: Language::ALL.map(shown),
        typed: kept.chain([(KEY, one.id.clone())]).collect(),
    })
}

/// `POST /staff/announcements`: tells everybody.
pub async fn publish(
    State(app): State<App>,
    Announcer(me): Announcer,
    look: Look,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    let id = typed.at(KEY).to_owned();
    if !is_id(&id) {
        return Ok(back_to(PATH, None));
    }
    match announcements::read(&typed, id, deed(&app, &me)) {
        Err(problems) => form(&app, &me, &look.standing_at(NEW), &typed, &problems),
        Ok(one) => {
            let published = announcements::publish(&app, &one).await;
            published.map_err(|cause| Problem::internal(&cause))?;
            tracing::info!(announcement = one.id, "an announcement was published");
            Ok(back_to(PATH, Some("published")))
        }
    }
}

/// `GET /staff/announcements/{id}/withdraw`: asks once more.
pub async fn ask(
    State(app): State<App>,
    Announcer(me): Announcer,
    Path(id): Path<String>,
    look: Look,
) -> Result<Response, Problem> {
    let voice = look.voice(&app);
    let found = announcements::find(&app, &id).await.map_err(|cause| Problem::internal(&cause))?;
    let Some(one) = found else { return Ok(back_to(PATH, None)) };
    let view = AnnouncementView::new(voice, app.surroundings.now(), &one);
    let fact = |key, value| Fact { label: voice.say(key), value };
    show(&AskScreen {
        page: look.page(&app),
        site: site(&app, &me, &look),
        words: "announce-ask-withdraw",
        facts: vec![fact("announce-what", view.title), fact("announce-when", view.span)],
        fields: Vec::new(),
        action: format!("{PATH}/{id}/withdraw"),
        back: PATH,
        key: app.surroundings.hex(KEY_BYTES),
    })
}

/// `POST /staff/announcements/{id}/withdraw`.
pub async fn withdraw(
    State(app): State<App>,
    Announcer(me): Announcer,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let done = announcements::withdraw(&app, &id, deed(&app, &me)).await;
    if done.map_err(|cause| Problem::internal(&cause))? {
        tracing::info!(announcement = id, "an announcement was withdrawn");
        return Ok(back_to(PATH, Some("withdrawn")));
    }
    Ok(back_to(PATH, Some("over")))
}

fn form(
    app: &Shared,
    me: &SignedIn,
    look: &Look,
    typed: &Typed,
    problems: &[FieldProblem],
) -> Result<Response, Problem> {
    let voice = look.voice(app);
    let focus = problems.first().map(|problem| problem.field);
    show(&QuestionScreen {
        page: look.page(app),
        site: site(app, me, look),
        up: Link { href: PATH.to_owned(), words: voice.say("announce-title") },
        place: None,
        title: voice.say("announce-new"),
        lead: voice.say("announce-new-lead"),
        facts: Vec::new(),
        errors: errors(voice, problems),
        fields: fields(voice, &FIELDS, typed, problems, focus),
        picks: Vec::new(),
        hidden: Vec::new(),
        action: format!("{PATH}/preview"),
        yes: voice.say("announce-look"),
        no: No::Back(voice.say("links-cancel")),
    })
}

fn deed(app: &Shared, me: &SignedIn) -> Deed {
    Deed { at: app.surroundings.now(), by: me.name.clone().unwrap_or_default() }
}

fn site(app: &Shared, me: &SignedIn, look: &Look) -> Site {
    let menu = if me.in_office() { Menu::Office } else { Menu::Doubts };
    me.site(look.voice(app), menu, PATH)
}

fn answer(said: &str) -> Option<(Tone, &'static str)> {
    Some(match said {
        "published" => (Tone::Ok, "announce-said-published"),
        "withdrawn" => (Tone::Ok, "announce-said-withdrawn"),
        "over" => (Tone::Warn, "announce-said-over"),
        _ => return None,
    })
}
