//! The short tour of the home page: what is here, who saw my records, how to get help. It comes by
//! itself at the first visit only, one step a page, and again from the help page.

use warifu_service::words::Voice;

/// How many steps there are.
const STEPS: u8 = 3;

/// One step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TourStep {
    /// 1 / 3.
    pub place: String,
    /// What it is about.
    pub title: String,
    /// What to know.
    pub text: String,
    /// The next step, or the end.
    pub next: String,
    /// The words on the way there.
    pub next_words: String,
    /// The step before.
    pub back: Option<String>,
    /// It is not the last.
    pub can_skip: bool,
}

impl TourStep {
    /// The step that was asked for, or at the first visit the first; none where it was skipped or is
    /// over.
    pub fn of(voice: Voice<'_>, asked: Option<u8>, is_first_visit: bool) -> Option<Self> {
        let number = asked.or(is_first_visit.then_some(1))?;
        let key = match number {
            1 => "tour-records",
            2 => "tour-viewers",
            3 => "tour-help",
            _ => return None,
        };
        let step = |number: u8| format!("/home?tour={number}#tour");
        let is_last = number == STEPS;
        Some(Self {
            place: format!("{number} / {STEPS}"),
            title: voice.say(key),
            text: voice.attribute(key, "text"),
            next: if is_last { "/home?tour=0".to_owned() } else { step(number + 1) },
            next_words: voice.say(if is_last { "tour-end" } else { "tour-next" }),
            back: (number > 1).then(|| step(number - 1)),
            can_skip: !is_last,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::tests::in_both;

    #[test]
    fn three_steps_forth_back_and_out() {
        in_both(|words, language| {
            let voice = words.in_(language);
            let step = |asked, first| TourStep::of(voice, asked, first);
            assert_eq!(step(None, false), None);
            assert_eq!(step(None, true), step(Some(1), false));
            assert_eq!(step(Some(0), true), None, "skipped");
            assert_eq!(step(Some(4), true), None);
            let last = step(Some(3), false).unwrap();
            assert!(!last.can_skip && last.next == "/home?tour=0");
            assert_eq!(last.back.as_deref(), Some("/home?tour=2#tour"));
            for number in 1..=STEPS {
                let step = step(Some(number), false).unwrap();
                assert!(!step.title.is_empty() && !step.text.is_empty());
            }
        });
    }
}
