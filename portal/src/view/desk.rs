//! The clinic's desk: the row, the answer, what can be done with it, and what else when there is none.

use askama::Template;
use warifu_contract::eligibility::EligibilityAnswer;
use warifu_service::web::Page;
use warifu_service::words::Voice;

use super::site::Site;
use crate::desk::form::FormView;
use crate::desk::ladder::StepView;
use crate::form::FieldLook;

/// The desk.
#[derive(Debug, Template)]
#[template(path = "desk.html")]
pub struct DeskScreen<'a> {
    /// The frame.
    pub page: Page<'a>,
    /// The portal's frame.
    pub site: Site,
    /// The result's word, for the title.
    pub state: Option<String>,
    /// The input row.
    pub form: FormView,
    /// There is a field for what a scanner types.
    pub scans: bool,
    /// The result's part, rendered.
    pub result: Option<String>,
    /// What can be done with the answer.
    pub acts: Option<ActsView>,
    /// What to do next when there is no good answer.
    pub ladder: Vec<StepView>,
}

/// What can be done with an answer.
#[derive(Debug, Clone)]
pub struct ActsView {
    /// The key under which the relay gives the answer once more.
    pub answer: String,
    /// 認証番号.
    pub number: String,
    /// Somebody was found, so that a label can be printed.
    pub label: bool,
    /// Somebody was asked, who can be asked again.
    pub dispute: bool,
    /// The dependants, each with the words of the button that checks this one.
    pub dependants: Vec<String>,
}

impl ActsView {
    /// The acts of `answer`, which was asked for with `key`.
    pub fn new(voice: Voice<'_>, answer: &EligibilityAnswer, key: &str) -> Self {
        let coverage = answer.decision.coverage.as_ref();
        let dependants = coverage.map_or(&[][..], |coverage| coverage.dependants.as_slice());
        let words = |name: &str, relationship: &str| {
            let gaps = [("name", name.into()), ("relationship", relationship.into())];
            voice.tell("desk-dependant", &gaps)
        };
        Self {
            answer: key.to_owned(),
            number: answer.check_number.to_string(),
            label: coverage.is_some(),
            dispute: answer.source.is_some(),
            dependants: dependants
                .iter()
                .map(|one| words(&one.name.text, &one.relationship))
                .collect(),
        }
    }
}
