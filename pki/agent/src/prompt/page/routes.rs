//! `GET /pin`, `POST /pin` and `GET /pin/state`: the PIN page over HTTP.

use std::sync::Arc;
use std::time::Duration;

use askama::Template;
use axum::Json;
use axum::Router;
use axum::extract::{Query, Request, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::any;
use serde::{Deserialize, Serialize};
use url::form_urlencoded;
use warifu_card::{Pin, PinForm, PkiKind, TransportCode};
use zeroize::Zeroizing;

use super::steps::{self, Step};
use super::{Answer, Asking, PagePrompt, Showing};
use crate::gate::{Refusal, is_own_origin};
use crate::prompt::question::{self, typed_code};
use crate::prompt::{Ending, Question, Wanted};
use crate::purpose::Purpose;
use crate::routes::refuse;
use crate::web::{Asked as AskedLanguage, body, html};
use crate::words::Language;

const MOST_BODY: usize = 1024;
/// How long the page's script is kept waiting for a change.
const POLL: Duration = Duration::from_secs(20);
/// Dots that are drawn at least, so that used-up tries can be seen.
const DOTS: u8 = 3;

pub(crate) fn router(prompt: Arc<PagePrompt>) -> Router {
    Router::new()
        .route("/pin", any(refuse).get(show).post(answer))
        .route("/pin/state", any(refuse).get(state))
        .with_state(prompt)
}

#[derive(Template)]
#[template(path = "pin.html")]
struct Page<'a> {
    language: Language,
    showing: &'a Showing,
    version: u64,
}

async fn show(State(prompt): State<Arc<PagePrompt>>, asked: AskedLanguage) -> Response {
    let (showing, version) = prompt.showing();
    let language = asked.explicit.or(showing.language()).unwrap_or(asked.accepted);
    html(&Page { language, showing: &showing, version })
}

/// Takes the answer; with or without script the page then shows what is next.
async fn answer(
    State(prompt): State<Arc<PagePrompt>>,
    asked: AskedLanguage,
    request: Request,
) -> Result<Response, Refusal> {
    let (parts, body) = request.into_parts();
    if !is_own_origin(&parts.headers) {
        return Err(Refusal::Origin);
    }
    let body = body::read(body, MOST_BODY).await.map_err(|_| Refusal::Body)?;
    let form = Form::parse(&body);
    match form.answer() {
        Some(answer) => {
            prompt.answer(&form.id, answer);
        }
        None => prompt.ask_again(&form.id),
    }
    let next = match asked.explicit {
        Some(language) => format!("/pin?lang={}", language.tag()),
        None => "/pin".to_owned(),
    };
    Ok(Redirect::to(&next).into_response())
}

/// The fields of the form. Secrets are checked and copied at once, and their text is wiped.
#[derive(Default)]
struct Form {
    id: String,
    word: String,
    pin: Option<Pin>,
    code: Option<TransportCode>,
}

impl Form {
    fn parse(body: &[u8]) -> Self {
        let mut form = Self::default();
        for (name, value) in form_urlencoded::parse(body) {
            match name.as_ref() {
                "question" => form.id = value.into_owned(),
                "answer" => form.word = value.into_owned(),
                "pin" => form.pin = any_pin(&Zeroizing::new(value.into_owned())),
                "code" => form.code = typed_code(&Zeroizing::new(value.into_owned())),
                _ => {}
            }
        }
        form
    }

    /// `None` when a PIN or code was meant but is none.
    fn answer(&self) -> Option<Answer> {
        match self.word.as_str() {
            "pin" => self.pin.clone().map(Answer::Pin),
            "code" => self.code.clone().map(Answer::Code),
            "yes" => Some(Answer::Yes),
            word => Some(chosen(word).map_or(Answer::No, Answer::Card)),
        }
    }
}

/// A PIN of either form; which one is asked for, the question knows.
fn any_pin(text: &str) -> Option<Pin> {
    [PinForm::Piv, PinForm::Jpki].into_iter().find_map(|form| Pin::of(form, text).ok())
}

/// The place of a chosen card: `card:0` is the first.
fn chosen(word: &str) -> Option<usize> {
    word.strip_prefix("card:")?.parse().ok()
}

#[derive(Deserialize)]
struct Seen {
    seen: Option<u64>,
}

#[derive(Serialize)]
struct Now {
    version: u64,
}

/// What version there is to show, as soon as it is another than the one the page has.
async fn state(State(prompt): State<Arc<PagePrompt>>, Query(seen): Query<Seen>) -> Json<Now> {
    if let Some(seen) = seen.seen {
        let _ = tokio::time::timeout(POLL, prompt.changed(seen)).await;
    }
    Json(Now { version: prompt.showing().1 })
}

impl Showing {
    fn language(&self) -> Option<Language> {
        match self {
            Self::Nothing => None,
            Self::Question(asked) => Some(asked.asking.language()),
            Self::Checking(language) | Self::Withdrawn(language) | Self::Ended(_, language) => {
                Some(*language)
            }
        }
    }

    /// Whether something else will be shown without the person doing anything here.
    fn is_passing(&self) -> bool {
        matches!(self, Self::Nothing | Self::Checking(_))
    }

    /// Whether the page has nothing more to show and may close.
    fn is_over(&self) -> bool {
        matches!(self, Self::Ended(..) | Self::Withdrawn(_))
    }
}

impl Page<'_> {
    /// The state in a few words: the first part of the page's title.
    fn status(&self) -> String {
        let say = |key| self.language.say(key);
        match self.showing {
            Showing::Nothing => say("status-nothing"),
            Showing::Question(asked) => self.asks(&asked.asking),
            Showing::Checking(_) => say("status-checking"),
            Showing::Withdrawn(_) => say("status-withdrawn"),
            Showing::Ended(ending, _) => say(ending_key(*ending)),
        }
    }

    fn explanation(&self) -> String {
        self.language.say(match self.showing {
            Showing::Nothing => "explain-nothing",
            Showing::Question(_) | Showing::Checking(_) => "explain-checking",
            Showing::Ended(Ending::Blocked(PkiKind::Piv), _) => "explain-blocked",
            Showing::Ended(Ending::Blocked(PkiKind::Jpki), _) => "explain-blocked-jpki",
            Showing::Ended(Ending::Lost, _) => "explain-lost",
            Showing::Ended(..) | Showing::Withdrawn(_) => "explain-close",
        })
    }

    /// The question in a few words.
    fn asks(&self, asking: &Asking) -> String {
        match asking.question() {
            Some(question) => {
                let question = question.in_language(self.language);
                question.tries().unwrap_or_else(|| question.label())
            }
            None => self.language.say("choose-heading"),
        }
    }

    /// The page's heading.
    fn heading(&self, question: &Question, consent: bool) -> String {
        self.language.say(match (question.wanted, question.purpose) {
            _ if consent => "consent-heading",
            (Wanted::Known, Purpose::SignIn) if question.card == PkiKind::Jpki => {
                "pin-heading-jpki"
            }
            (Wanted::Known, Purpose::SignIn) => "pin-heading",
            (Wanted::Known, Purpose::Activate) => "code-heading",
            (Wanted::Known, Purpose::ChangePin) => "old-pin-heading",
            (Wanted::New | Wanted::Again, _) => "new-pin-heading",
        })
    }

    fn lead(&self, purpose: Purpose, party: &str) -> String {
        question::lead(self.language, purpose, party)
    }

    fn steps(&self, question: &Question) -> Vec<Step> {
        steps::of(question, self.language)
    }

    /// What to know when there are few tries: what happens after the last, and that it is fine to
    /// stop before.
    fn warnings(&self, question: &Question, consent: bool) -> Vec<String> {
        let (say, code) = (|key| self.language.say(key), question.is_for_code());
        let Some(tries) = question.tries_left.filter(|tries| *tries < DOTS) else {
            return Vec::new();
        };
        let after = match (code, consent) {
            (true, true) => say("consent-lead-code"),
            (false, true) if question.card == PkiKind::Jpki => say("consent-lead-jpki"),
            (false, true) => say("consent-lead"),
            (true, false) => self.language.tell("code-until-lost", &[("tries", tries.into())]),
            (false, false) => self.language.tell("pin-until-blocked", &[("tries", tries.into())]),
        };
        vec![after, say(if code { "code-stop-is-fine" } else { "pin-stop-is-fine" })]
    }

    /// One sign per try: filled while it is left.
    fn dots(question: &Question) -> String {
        let Some(left) = question.tries_left else { return String::new() };
        let dot = |n| if n < left { '●' } else { '○' };
        (0..left.max(DOTS)).map(dot).collect()
    }

    /// How many digits the field takes at least and at most.
    fn digits(question: &Question) -> (usize, usize) {
        question.pin_form().lengths().into_inner()
    }

    fn certificate(&self, question: &Question) -> Option<String> {
        question.certificate_ends.map(|ends| self.language.day(ends))
    }

    fn is_done(&self) -> bool {
        matches!(self.showing, Showing::Ended(Ending::Done, _))
    }
}

const fn ending_key(ending: Ending) -> &'static str {
    match ending {
        Ending::Done => "status-done",
        Ending::Blocked(_) => "status-blocked",
        Ending::Lost => "status-lost",
        Ending::CardGone => "status-card-gone",
        Ending::Cancelled => "status-cancelled",
        Ending::Failed => "status-failed",
    }
}

#[cfg(test)]
mod tests;
