//! Disputes (6-2⑦ of the 2005 trial): a clinic questions an answer, the insurer looks, and stands by
//! what it finds.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::eligibility::Verdict;
use crate::records::DisplayName;
use crate::{CheckNumber, individual_number};

/// Characters of a text.
pub const LONGEST_TEXT: usize = 400;

/// What seems wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DisputeKind {
    /// The patient's card says that the insurance holds.
    ShouldBeValid,
    /// The patient says that the insurance has ended.
    ShouldHaveEnded,
    /// A name, a date or another item is wrong.
    WrongItem,
    /// 負担割合.
    WrongRatio,
    /// A dependant is missing, or does not belong.
    Dependants,
    /// Something else.
    Other,
}

impl DisputeKind {
    /// Every kind, in the order in which they are offered.
    pub const ALL: [Self; 6] = [
        Self::ShouldBeValid,
        Self::ShouldHaveEnded,
        Self::WrongItem,
        Self::WrongRatio,
        Self::Dependants,
        Self::Other,
    ];
}

/// What the insurer found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Finding {
    /// The answer was right.
    Confirmed,
    /// It was wrong; the data are mended.
    Corrected,
    /// The person is not insured here.
    NotOurs,
}

impl Finding {
    /// Every finding, in the order in which they are offered.
    pub const ALL: [Self; 3] = [Self::Confirmed, Self::Corrected, Self::NotOurs];
}

/// Where a dispute stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DisputeState {
    /// The insurer has not answered.
    Open,
    /// The insurer has answered.
    Answered,
}

/// Clinic → relay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DisputeRequest {
    /// 認証番号 of the answer, which the own organisation was given. One answer is questioned once.
    pub check_number: CheckNumber,
    /// What seems wrong.
    pub kind: DisputeKind,
    /// In words; may be empty. No 個人番号.
    pub text: String,
}

/// Insurer → relay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DisputeAnswerRequest {
    /// What was found.
    pub finding: Finding,
    /// In words; may be empty. No 個人番号.
    pub text: String,
}

/// An answer, or what somebody proposes as one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DisputeAnswer {
    /// What was found.
    pub finding: Finding,
    /// In words; may be empty.
    pub text: String,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// Who: the same eight characters for the same member of staff, and no name.
    pub member: String,
}

/// A dispute as clinic and insurer see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Dispute {
    /// 認証番号 of the answer that is questioned.
    pub check_number: CheckNumber,
    /// What was answered.
    pub verdict: Verdict,
    /// The clinic, as people know it.
    pub clinic: String,
    /// The insurer.
    pub insurer: DisplayName,
    /// What seems wrong.
    pub kind: DisputeKind,
    /// In words; may be empty.
    pub text: String,
    /// When it was asked.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// What somebody at the insurer proposes, who may not answer alone: for the insurer only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proposal: Option<DisputeAnswer>,
    /// The answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<DisputeAnswer>,
}

impl Dispute {
    /// Where it stands.
    pub fn state(&self) -> DisputeState {
        if self.answer.is_some() { DisputeState::Answered } else { DisputeState::Open }
    }
}

/// Relay → portal: disputes, the unanswered first, then the newest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DisputeList {
    /// The unanswered, oldest first; then the answered, newest first.
    pub disputes: Vec<Dispute>,
    /// There are more than fit.
    pub more: bool,
}

/// Why a text is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DisputeTextError {
    /// More than [`LONGEST_TEXT`] characters.
    #[error("dispute.long")]
    TooLong,
    /// It holds a 個人番号.
    #[error("dispute.individual-number")]
    IndividualNumber,
}

impl DisputeTextError {
    /// The stable code.
    pub fn code(self) -> &'static str {
        match self {
            Self::TooLong => "dispute.long",
            Self::IndividualNumber => "dispute.individual-number",
        }
    }
}

/// Whether `text` may be sent: not too long, and without a 個人番号.
pub fn check_text(text: &str) -> Result<(), DisputeTextError> {
    if text.chars().count() > LONGEST_TEXT {
        return Err(DisputeTextError::TooLong);
    }
    if individual_number::is_in(text) {
        return Err(DisputeTextError::IndividualNumber);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_has_bounds_and_no_individual_number() {
        assert_eq!(check_text(""), Ok(()));
        assert_eq!(check_text(&"あ".repeat(LONGEST_TEXT)), Ok(()));
        let long = check_text(&"あ".repeat(LONGEST_TEXT + 1));
        assert_eq!(long, Err(DisputeTextError::TooLong));
        let number = check_text("本人の番号は 1111 1111 1118 です");
        assert_eq!(number, Err(DisputeTextError::IndividualNumber));
    }
}
