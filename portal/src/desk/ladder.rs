//! What the desk can do next when a check does not go through: one list, from the card down to a
//! note for later, with the step to take now.

use warifu_service::words::Voice;

/// A step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Put the card on the reader once more.
    Card,
    /// Another reader, or the card software started again.
    Reader,
    /// Type what stands on the insurance card.
    Type,
    /// Scan the code of a slip.
    Slip,
    /// Ask the insurer: by phone with the four items, or by a dispute.
    Insurer,
    /// Note the numbers down and check again later.
    Later,
}

impl Step {
    /// All of them, in their order.
    const ALL: [Self; 6] =
        [Self::Card, Self::Reader, Self::Type, Self::Slip, Self::Insurer, Self::Later];

    fn key(self) -> &'static str {
        match self {
            Self::Card => "ladder-card",
            Self::Reader => "ladder-reader",
            Self::Type => "ladder-type",
            Self::Slip => "ladder-slip",
            Self::Insurer => "ladder-insurer",
            Self::Later => "ladder-later",
        }
    }
}

/// By what a check failed, and the step to take first.
const FIRST: [(&str, Step); 19] = [
    ("failed-tap", Step::Card),
    ("failed-ticket", Step::Card),
    ("failed-tap-again", Step::Reader),
    ("failed-relay", Step::Later),
    ("failed-forbidden", Step::Later),
    ("failed-ended", Step::Later),
    ("failed-slip", Step::Type),
    ("failed-slip-over", Step::Type),
    ("failed-slip-stopped", Step::Type),
    ("failed-answer", Step::Card),
    ("cov.expired", Step::Insurer),
    ("cov.superseded", Step::Type),
    ("cov.notstarted", Step::Insurer),
    ("cov.nonumber", Step::Type),
    ("cov.nodependant", Step::Type),
    ("cov.noinsurer", Step::Type),
    ("cov.several", Step::Type),
    ("cov.notlinked", Step::Type),
    ("cov.silent", Step::Later),
];

/// One step as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepView {
    /// What to do.
    pub words: String,
    /// It is the one to take now.
    pub current: bool,
}

/// The list for what went wrong under `code`; nothing when the answer is good. Without codes that
/// can be scanned, that step is left out.
pub fn steps(voice: Voice<'_>, code: &str, scans: bool) -> Vec<StepView> {
    if ["cov.valid", "cov.provisional"].contains(&code) {
        return Vec::new();
    }
    let current = first(code);
    let steps = Step::ALL.into_iter().filter(|step| scans || *step != Step::Slip);
    steps.map(|step| StepView { words: voice.say(step.key()), current: step == current }).collect()
}

/// A code that is not in the table leaves a note for later, which is always possible.
fn first(code: &str) -> Step {
    FIRST.iter().find(|(known, _)| *known == code).map_or(Step::Later, |(_, step)| *step)
}

#[cfg(test)]
mod tests {
    use super::*;
    use warifu_contract::eligibility::Verdict;
    use warifu_service::words::Language;

    #[test]
    fn each_failure_marks_one_step_in_both_languages() {
        let words = crate::words::words().unwrap();
        for language in Language::ALL {
            for (code, step) in FIRST {
                let all = steps(words.in_(language), code, true);
                assert_eq!(all.len(), Step::ALL.len());
                let marked: Vec<_> = all.iter().filter(|one| one.current).collect();
                assert_eq!(marked.len(), 1, "{code}");
                assert_eq!(marked[0].words, words.in_(language).say(step.key()), "{code}");
            }
        }
    }

    #[test]
    fn every_verdict_but_a_good_one_leads_on() {
        let words = crate::words::words().unwrap();
        let voice = words.in_(Language::Ja);
        for verdict in Verdict::ALL {
            let good = matches!(verdict, Verdict::Valid | Verdict::Provisional);
            assert_eq!(steps(voice, verdict.code(), true).is_empty(), good, "{verdict:?}");
            let known = FIRST.iter().any(|(code, _)| *code == verdict.code());
            assert_eq!(known, !good, "{verdict:?}");
        }
    }

    #[test]
    fn without_codes_nobody_is_told_to_scan() {
        let words = crate::words::words().unwrap();
        let voice = words.in_(Language::Ja);
        assert_eq!(steps(voice, "failed-tap", false).len(), 5);
        assert!(steps(voice, "something.new", false).last().unwrap().current);
    }
}
