//! Files of eligibility checks (一括認証): a job for each, its state and what came of it.

use jiff::{Timestamp, civil::Date};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::CheckNumber;

/// Where a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum BatchState {
    /// The file is there, and is looked over before somebody starts it.
    Ready,
    /// The file is there and waits for its turn.
    Received,
    /// Its lines are being checked.
    Running,
    /// It was stopped, and goes on when somebody says so.
    Paused,
    /// Every line has its answer.
    Done,
    /// It was given up. Nothing of it is kept.
    Cancelled,
    /// It cannot be read as a file of checks.
    Refused,
}

impl BatchState {
    /// Every state.
    pub const ALL: [Self; 7] = [
        Self::Ready,
        Self::Received,
        Self::Running,
        Self::Paused,
        Self::Done,
        Self::Cancelled,
        Self::Refused,
    ];

    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Received => "received",
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Done => "done",
            Self::Cancelled => "cancelled",
            Self::Refused => "refused",
        }
    }

    /// The state of that word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }

    /// Whether nothing will change any more.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Done | Self::Cancelled | Self::Refused)
    }
}

/// Lines by what came of them.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema,
)]
#[serde(deny_unknown_fields)]
pub struct BatchCounts {
    /// Lines with an answer or an error.
    pub lines: u64,
    /// 有効.
    pub valid: u64,
    /// 有効期限切れ, and not yet started.
    pub expired: u64,
    /// 記号番号なし, 被扶養者なし, several hits.
    pub number: u64,
    /// 保険者番号なし.
    pub insurer: u64,
    /// The insurer gave no answer: to be asked again.
    pub silent: u64,
    /// Lines that could not be read.
    pub unreadable: u64,
    /// Checked lines whose answer differs from that of the same card in the organisation's file
    /// before; new cards count.
    pub changed: u64,
}

/// A job as whoever sent the file sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BatchJob {
    /// Names it: 32 hexadecimal digits.
    pub id: String,
    /// Where it stands.
    pub state: BatchState,
    /// What the sender called the file.
    pub name: Option<String>,
    /// When the file was there.
    #[schema(value_type = String, format = DateTime)]
    pub received_at: Timestamp,
    /// When it was over.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ended_at: Option<Timestamp>,
    /// 対象年月日 of the lines that name none.
    #[schema(value_type = String, format = Date)]
    pub target_date: Date,
    /// Bytes of the file.
    pub bytes: u64,
    /// How much of the file has been answered, in percent.
    pub percent: u8,
    /// What came of the lines so far.
    pub counts: BatchCounts,
    /// Why it was refused, a stable code.
    pub refusal: Option<String>,
    /// The job with which `counts.changed` compares.
    pub compared_with: Option<String>,
    /// The job that this one checks again.
    pub recheck_of: Option<String>,
    /// Until when its results can be fetched; none when there are none, or none any more.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub results_until: Option<Timestamp>,
    /// The results can be fetched once.
    pub fetched_once: bool,
}

/// Relay → who sent a file: what it looks like, before its lines are checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BatchPreview {
    /// `csv` or `xml`.
    pub format: String,
    /// The encoding by its name, e.g. `Shift_JIS`.
    pub encoding: String,
    /// Whether its columns have names.
    pub has_header: bool,
    /// Lines, those included that cannot be read.
    pub lines: u64,
    /// 本人, as the line says or by 枝番 00.
    pub insured: u64,
    /// 家族, as the line says or by another 枝番.
    pub dependants: u64,
    /// Lines that can be read and tell neither.
    pub unstated: u64,
    /// Lines that cannot be read.
    pub unreadable: u64,
    /// The first lines, at most five; none where the site does not want them shown.
    pub sample: Vec<BatchSample>,
    /// 記号, 番号 and birth dates of the sample are masked.
    pub is_masked: bool,
}

/// A line as it was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BatchSample {
    /// The line of the file on which it begins, from 1.
    pub line: u64,
    /// The sender's own word for it.
    pub reference: String,
    /// 保険者番号.
    pub insurer_number: String,
    /// 記号.
    pub symbol: String,
    /// 番号.
    pub number: String,
    /// 枝番.
    pub branch: String,
    /// 生年月日 as it was understood, or as it is written where it could not be.
    pub birth_date: String,
    /// Why it cannot be read, stable codes; none when it can.
    pub faults: Vec<String>,
}

/// Relay → who asks: the organisation's jobs, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BatchList {
    /// At most a hundred.
    pub jobs: Vec<BatchJob>,
}

/// How much of an answer a connection is told, by agreement (開示レベル).
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum DisclosureLevel {
    /// Whether it is valid, the message and the 認証番号: no person's data.
    #[default]
    OkNg,
    /// The whole answer.
    Full,
}

/// Relay → a hospital system that is told only OK or NG.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OkNgAnswer {
    /// 認証番号.
    pub check_number: CheckNumber,
    /// Whether the insurance is valid on the day.
    pub valid: bool,
    /// 認証結果 in the words of 2005.
    pub message: String,
    /// 対象年月日.
    #[schema(value_type = String, format = Date)]
    pub target_date: Date,
    /// When the relay answered.
    #[schema(value_type = String, format = DateTime)]
    pub answered_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_those_of_the_wire() {
        for state in BatchState::ALL {
            assert_eq!(serde_json::to_value(state).unwrap(), state.as_str());
            assert_eq!(BatchState::parse(state.as_str()), Some(state));
        }
        assert_eq!(BatchState::parse("gone"), None);
    }
}
