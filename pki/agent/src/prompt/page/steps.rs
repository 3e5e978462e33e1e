//! Where the person is on the way to the end: the steps that the page shows.

use crate::prompt::{Question, Wanted};
use crate::purpose::Purpose;
use crate::words::Language;

/// One step as it is drawn.
pub(super) struct Step {
    pub(super) title: String,
    /// What to say below the title; the step that it is at has the form there instead.
    pub(super) note: String,
    /// A tick, or the number of the step.
    pub(super) sign: String,
    pub(super) state: State,
}

/// How far a step is; the name is that of its class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Done,
    Now,
    Next,
}

impl Step {
    pub(super) const fn class(&self) -> &'static str {
        match self.state {
            State::Done => "done",
            State::Now => "now",
            State::Next => "next",
        }
    }

    pub(super) fn is_now(&self) -> bool {
        self.state == State::Now
    }

    pub(super) fn is_done(&self) -> bool {
        self.state == State::Done
    }
}

/// The steps of the conversation that this question belongs to.
pub(super) fn of(question: &Question, language: Language) -> Vec<Step> {
    let say = |key| language.say(key);
    let new = (say("step-new-pin"), say("step-new-pin-note"));
    let middle = match question.purpose {
        Purpose::SignIn => vec![(say("step-pin"), String::new())],
        Purpose::Activate => vec![(say("step-code"), say("step-code-note")), new],
        Purpose::ChangePin => vec![(say("step-old-pin"), say("step-old-pin-note")), new],
    };
    let mut texts = vec![
        (say("step-software"), say("step-software-note")),
        (say("step-card"), say("step-card-note")),
    ];
    let now = texts.len() + usize::from(question.wanted != Wanted::Known);
    texts.extend(middle);
    texts.push((say("step-end"), say("step-end-note")));
    let step = |(place, (title, note))| {
        let (state, sign) = match usize::cmp(&place, &now) {
            std::cmp::Ordering::Less => (State::Done, "✓".to_owned()),
            std::cmp::Ordering::Equal => (State::Now, (place + 1).to_string()),
            std::cmp::Ordering::Greater => (State::Next, (place + 1).to_string()),
        };
        Step { title, note, sign, state }
    };
    texts.into_iter().enumerate().map(step).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prompt::question::tests::{code_question, question};

    fn states(question: &Question) -> Vec<State> {
        of(question, Language::Ja).iter().map(|step| step.state).collect()
    }

    #[test]
    fn the_new_pin_comes_after_what_the_card_knows() {
        use State::{Done, Next, Now};
        assert_eq!(states(&question()), [Done, Done, Now, Next]);
        assert_eq!(states(&code_question()), [Done, Done, Now, Next, Next]);
        for wanted in [Wanted::New, Wanted::Again] {
            let new = Question { wanted, ..code_question() };
            assert_eq!(states(&new), [Done, Done, Done, Now, Next]);
        }
    }
}
