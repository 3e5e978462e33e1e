//! Why: the steps of the reasoning, as a tree.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One step of the reasoning, in the order it was taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReasonStep {
    /// What was checked.
    pub check: ReasonCheck,
    /// Whether it held; the first that did not decides.
    pub holds: bool,
    /// Whose data this step and those within rest on; none means the same as the step around it,
    /// and at the top the relay itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
    /// What this step rests on, where several things were looked at.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(no_recursion)]
    pub within: Vec<ReasonStep>,
}

impl ReasonStep {
    /// A step that rests on nothing further.
    pub fn new(check: ReasonCheck, holds: bool) -> Self {
        Self { check, holds, source: None, within: Vec::new() }
    }

    /// The step resting on `within`.
    #[must_use]
    pub fn with(self, within: Vec<ReasonStep>) -> Self {
        Self { within, ..self }
    }

    /// Whether this step or one within is such.
    pub fn any(&self, is_such: fn(&Self) -> bool) -> bool {
        is_such(self) || self.within.iter().any(|step| step.any(is_such))
    }

    /// The step by the data of `source`.
    #[must_use]
    pub fn by(self, source: Source) -> Self {
        Self { source: Some(source), ..self }
    }
}

/// The check that decided: the first that did not hold, as deep as it goes. An insurer's answer is
/// looked into, other steps that held are not; none where everything held.
pub fn deciding(steps: &[ReasonStep]) -> Option<ReasonCheck> {
    steps.iter().find_map(|step| match (step.holds, step.check) {
        (true, ReasonCheck::InsurerAnswered) => deciding(&step.within),
        (true, _) => None,
        (false, check) => deciding(&step.within).or(Some(check)),
    })
}

/// Whose data a step rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// The source as people know it; none for one whose name the reader has no need to know: an
    /// insurer that was asked too and is not the one that insures.
    pub name: Option<String>,
    /// When its data were last changed (更新日時); none when it did not answer.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub as_of: Option<Timestamp>,
    /// How long a change usually takes to reach it, in days.
    pub usual_lag_days: Option<u16>,
}

/// The checks that an answer can rest on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ReasonCheck {
    /// The card is genuine and in force (checked by the identity provider).
    CardGenuine,
    /// The holder is linked to an insurer.
    Linked,
    /// The insurer answered within the deadline; its own steps are within.
    InsurerAnswered,
    /// 保険者番号 is registered.
    InsurerKnown,
    /// The check digit (検証番号) of the 保険者番号 fits, and it has 6 or 8 digits.
    InsurerNumberFits,
    /// The insurer itself is in force on the target date.
    InsurerInForce,
    /// 記号・番号 exist; within, each coverage looked at where there are several.
    NumberKnown,
    /// One coverage, as it stands on the target date; its steps are within.
    CoverageInForce,
    /// 生年月日 and 枝番 lead to one person.
    PersonFound,
    /// The person has no second coverage in force on the target date; within, the other insurers
    /// that were asked.
    OneCoverage,
    /// The target date is not before the first day.
    Started,
    /// The target date is not after the last day.
    NotEnded,
    /// The insurer has entered the acquisition; until then it is only notified (届出受理).
    Entered,
    /// A newer coverage of the same person is known: stands within a coverage that ended.
    NewerKnown,
}

impl ReasonCheck {
    /// Every check.
    pub const ALL: [Self; 14] = [
        Self::CardGenuine,
        Self::Linked,
        Self::InsurerAnswered,
        Self::InsurerKnown,
        Self::InsurerNumberFits,
        Self::InsurerInForce,
        Self::NumberKnown,
        Self::CoverageInForce,
        Self::PersonFound,
        Self::OneCoverage,
        Self::Started,
        Self::NotEnded,
        Self::Entered,
        Self::NewerKnown,
    ];

    /// The stable code, the key of its texts.
    pub fn code(self) -> &'static str {
        match self {
            Self::CardGenuine => "card-genuine",
            Self::Linked => "linked",
            Self::InsurerAnswered => "insurer-answered",
            Self::InsurerKnown => "insurer-known",
            Self::InsurerNumberFits => "insurer-number-fits",
            Self::InsurerInForce => "insurer-in-force",
            Self::NumberKnown => "number-known",
            Self::CoverageInForce => "coverage-in-force",
            Self::PersonFound => "person-found",
            Self::OneCoverage => "one-coverage",
            Self::Started => "started",
            Self::NotEnded => "not-ended",
            Self::Entered => "entered",
            Self::NewerKnown => "newer-known",
        }
    }
}

/// Which typed field to look at again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FieldHint {
    /// 保険者番号: its check digit does not fit, or a known insurer's differs by a slip.
    InsurerNumber,
    /// 記号; the birth date fits somebody.
    Symbol,
    /// 番号; the birth date fits somebody.
    Number,
    /// 枝番; the birth date fits somebody.
    Branch,
    /// 生年月日: it misses by a slip the one whom 記号・番号 and 枝番 name.
    BirthDate,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_that_failed_decides_wherever_it_stands() {
        use ReasonCheck::{
            CoverageInForce, Entered, InsurerAnswered, InsurerKnown, NewerKnown, NotEnded,
            NumberKnown, OneCoverage,
        };
        let step = ReasonStep::new;
        let aside = step(InsurerAnswered, true).with(vec![step(CoverageInForce, false)]);
        let besides = step(OneCoverage, true).with(vec![aside]);
        let ended = |within| step(NotEnded, false).with(within);
        for (steps, decided) in [
            (vec![step(InsurerKnown, true), besides.clone()], None),
            (
                vec![
                    step(InsurerKnown, true),
                    step(InsurerAnswered, true).with(vec![step(NumberKnown, false)]),
                    besides,
                ],
                Some(NumberKnown),
            ),
            (vec![step(InsurerAnswered, false)], Some(InsurerAnswered)),
            (vec![ended(vec![step(NewerKnown, true)])], Some(NotEnded)),
            (vec![ended(vec![step(Entered, false)])], Some(Entered)),
        ] {
            assert_eq!(deciding(&steps), decided, "{steps:?}");
        }
    }
}
