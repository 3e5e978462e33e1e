//! Why, as a list of steps, each with the steps it rests on.

use askama::Template;
use warifu_contract::eligibility::{ReasonCheck, ReasonStep, Source};
use warifu_service::words::Voice;

use crate::dates::words;

/// Steps on one level.
#[derive(Debug, Clone, Template)]
#[template(path = "parts/reasons.html")]
pub(super) struct Reasons {
    steps: Vec<Step>,
}

#[derive(Debug, Clone)]
struct Step {
    holds: bool,
    class: &'static str,
    words: String,
    /// Whose data, as of when.
    source: Option<String>,
    within: Option<Reasons>,
}

impl Reasons {
    /// The answer's reasons in the page's voice.
    pub(super) fn new(voice: Voice<'_>, steps: &[ReasonStep]) -> Self {
        Self::level(voice, steps, true)
    }

    /// `decides` is false below a step that held: what was looked at besides decides nothing, and
    /// does not stand out.
    fn level(voice: Voice<'_>, steps: &[ReasonStep], decides: bool) -> Self {
        Self { steps: steps.iter().map(|one| step(voice, one, decides)).collect() }
    }
}

fn step(voice: Voice<'_>, step: &ReasonStep, decides: bool) -> Step {
    let below = decides && (!step.holds || step.check == ReasonCheck::InsurerAnswered);
    let prefix = if step.holds { "reason" } else { "reason-not" };
    Step {
        holds: step.holds,
        class: match (step.holds, decides) {
            (true, _) => "ok",
            (false, true) => "bad",
            (false, false) => "none",
        },
        words: voice.say(&format!("{prefix}-{}", step.check.code())),
        source: step.source.as_ref().map(|source| source_words(voice, source)),
        within: (!step.within.is_empty()).then(|| Reasons::level(voice, &step.within, below)),
    }
}

fn source_words(voice: Voice<'_>, source: &Source) -> String {
    let name = source.name.clone().unwrap_or_else(|| voice.say("reason-source-other"));
    let as_of = source.as_of.map(|at| {
        let moment = words::full_moment(voice.language, at);
        voice.tell("answer-as-of", &[("moment", moment.into())])
    });
    let lag =
        source.usual_lag_days.map(|days| voice.tell("reason-source-lag", &[("days", days.into())]));
    let parts = [Some(name), as_of, lag];
    parts.into_iter().flatten().collect::<Vec<_>>().join(&voice.say("reason-source-comma"))
}
