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
use warifu_card::Pin;

use super::{Answer, Asked, PagePrompt, Showing, What};
use crate::gate::{Refusal, is_own_origin};
use crate::prompt::{Ending, Question};
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

/// The fields of the form. The PIN is checked and copied at once; the text is wiped with the body.
#[derive(Default)]
struct Form {
    id: String,
    word: String,
    pin: Option<Pin>,
}

impl Form {
    fn parse(body: &[u8]) -> Self {
        let mut form = Self::default();
        for (name, value) in form_urlencoded::parse(body) {
            match name.as_ref() {
                "question" => form.id = value.into_owned(),
                "answer" => form.word = value.into_owned(),
                "pin" => form.pin = Pin::new(&value).ok(),
                _ => {}
            }
        }
        form
    }

    /// `None` when a PIN was meant but is none.
    fn answer(&self) -> Option<Answer> {
        match self.word.as_str() {
            "pin" => self.pin.clone().map(Answer::Pin),
            "yes" => Some(Answer::Yes),
            _ => Some(Answer::No),
        }
    }
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
            Self::Question(asked) => Some(asked.question.language),
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
            Showing::Question(asked) => self.tries(&asked.question),
            Showing::Checking(_) => say("status-checking"),
            Showing::Withdrawn(_) => say("status-withdrawn"),
            Showing::Ended(ending, _) => say(ending_key(*ending)),
        }
    }

    fn explanation(&self) -> String {
        self.language.say(match self.showing {
            Showing::Nothing => "explain-nothing",
            Showing::Question(_) | Showing::Checking(_) => "explain-checking",
            Showing::Ended(Ending::Blocked, _) => "explain-blocked",
            Showing::Ended(..) | Showing::Withdrawn(_) => "explain-close",
        })
    }

    fn tries(&self, question: &Question) -> String {
        self.language.tell("tries-left", &[("tries", question.tries_left.into())])
    }

    /// One sign per try: filled while it is left.
    fn dots(question: &Question) -> String {
        let all = question.tries_left.max(DOTS);
        let dot = |n| {
            if n < question.tries_left { '●' } else { '○' }
        };
        (0..all).map(dot).collect()
    }

    fn complaint(&self, asked: &Asked) -> Option<String> {
        let question = Question { language: self.language, ..asked.question.clone() };
        question.complaint(asked.malformed)
    }

    fn is_consent(asked: &Asked) -> bool {
        asked.what == What::Consent
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
        Ending::Blocked => "status-blocked",
        Ending::CardGone => "status-card-gone",
        Ending::Cancelled => "status-cancelled",
        Ending::Failed => "status-failed",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prompt::tests::question;

    fn render(showing: &Showing, language: Language) -> String {
        Page { language, showing, version: 7 }.render().unwrap()
    }

    fn asking(what: What, tries_left: u8) -> Showing {
        let question = Question { tries_left, wrong_before: true, ..question() };
        Showing::Question(Asked { id: "ab".into(), what, question, malformed: false })
    }

    #[test]
    fn forms_are_read_and_pins_checked() {
        let form = Form::parse(b"question=ab&answer=pin&pin=123456");
        assert_eq!(form.id, "ab");
        assert!(matches!(form.answer(), Some(Answer::Pin(_))));
        assert!(Form::parse(b"question=ab&answer=pin&pin=12").answer().is_none());
        assert!(matches!(Form::parse(b"answer=cancel&pin=123456").answer(), Some(Answer::No)));
        assert!(matches!(Form::parse(b"").answer(), Some(Answer::No)));
    }

    proptest::proptest! {
        #[test]
        fn any_form_is_survived(body in proptest::collection::vec(proptest::num::u8::ANY, 0..1024)) {
            let _ = Form::parse(&body).answer();
        }
    }

    #[test]
    fn the_page_says_who_asks_and_how_many_tries_are_left() {
        let page = render(&asking(What::Pin, 2), Language::Ja);
        for part in [
            "https://idp.example",
            "割符ポータル 100%",
            "あと2回",
            "●●○",
            "type=\"password\"",
            "lang=\"ja\"",
        ] {
            assert!(page.contains(part), "{part} is missing in {page}");
        }
        assert!(!page.contains("style=") && !page.contains("<script>"), "inline code");
    }

    #[test]
    fn the_last_try_asks_for_consent_before_there_is_a_field() {
        let page = render(&asking(What::Consent, 1), Language::En);
        assert!(page.contains("1 try left") && !page.contains("type=\"password\""));
    }

    #[test]
    fn names_cannot_break_out_of_the_page() {
        let question = Question { relying_party: "<script>x</script>".into(), ..question() };
        let asked = Asked { id: "ab".into(), what: What::Pin, question, malformed: false };
        assert!(!render(&Showing::Question(asked), Language::Ja).contains("<script>x"));
    }

    #[test]
    fn every_state_renders_in_both_languages() {
        let endings =
            [Ending::Done, Ending::Blocked, Ending::CardGone, Ending::Cancelled, Ending::Failed];
        for language in [Language::Ja, Language::En] {
            let mut states: Vec<Showing> =
                endings.iter().map(|ending| Showing::Ended(*ending, language)).collect();
            states.extend([Showing::Nothing, Showing::Checking(language)]);
            states.extend([Showing::Withdrawn(language), asking(What::Pin, 3)]);
            for showing in &states {
                let page = render(showing, language);
                assert!(page.contains("<main") && page.contains("data-version=\"7\""));
            }
        }
    }
}
