//! `GET /office`: the work lists.

use axum::extract::Query;
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;
use url::form_urlencoded;
use warifu_contract::card_office::{CardList, Stage};

use crate::access::Role;
use crate::office::staff::{Staff, Stop, page};
use crate::view::Link;
use crate::view::office::list::{At, ListView, OverviewScreen, tabs};
use crate::view::office::stage;

/// Longest cursor that is passed on.
const LONGEST_CURSOR: usize = 200;

/// Which list, and from where on.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Choice {
    stage: Option<String>,
    cursor: Option<String>,
}

/// One of the lists; the call centre has none and goes to its questions.
pub async fn overview(staff: Staff, Query(choice): Query<Choice>) -> Result<Response, Stop> {
    if !staff.may(Role::CardClerk) && !staff.may(Role::CardApprover) {
        return Ok(Redirect::to("/office/calls").into_response());
    }
    let at = choice.stage.as_deref().and_then(At::named).unwrap_or_else(|| first(&staff));
    let cursor = choice.cursor.filter(|cursor| cursor.len() <= LONGEST_CURSOR);
    let list = match at {
        At::Stage(stage) => staff.ask(staff.counter.list(stage, cursor.as_deref())).await?,
        At::Ending => staff.ask(staff.counter.ending(cursor.as_deref())).await?,
    };
    page(&screen(&staff, at, &list, cursor.is_some()))
}

/// Where the person's work begins.
fn first(staff: &Staff) -> At {
    At::Stage(if staff.may(Role::CardClerk) { Stage::Applied } else { Stage::Proved })
}

fn screen<'a>(staff: &'a Staff, at: At, list: &CardList, later: bool) -> OverviewScreen<'a> {
    let voice = staff.voice();
    let home = at.href();
    let next = |cursor: &str| {
        let cursor: String = form_urlencoded::byte_serialize(cursor.as_bytes()).collect();
        format!("{home}&cursor={cursor}")
    };
    OverviewScreen {
        page: staff.page(),
        site: staff.site(),
        notice: None,
        work: tabs(voice, &At::work(), list, at),
        rest: tabs(voice, &At::rest(), list, at),
        rest_open: matches!(at, At::Stage(stage) if stage::REST.contains(&stage)),
        title: at.word(voice),
        lead: at.lead(voice),
        list: ListView::new(voice, staff.today(), list, next),
        first: later.then(|| Link { href: home.clone(), words: voice.say("list-first") }),
    }
}
