//! Coverage that insurers deposit (事前蓄積), as their staff and their systems see it on its way: a
//! file, what it would change, who approves it, and how late news usually are.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::records::DisplayName;

/// What a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DepositKind {
    /// 全件: every card that the insurer has; those that are missing are gone.
    Full,
    /// 差分: what changed.
    Changes,
}

/// Where a deposit stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DepositState {
    /// The file is coming in.
    Arriving,
    /// The file is being read.
    Receiving,
    /// It is being compared with what is there.
    Checking,
    /// It waits for somebody's approval.
    Ready,
    /// It is what questions are answered from, or was.
    Live,
    /// It is being given up.
    Leaving,
    /// Too much was wrong with it, or it could not be read at all.
    Refused,
    /// Somebody gave it up.
    Cancelled,
}

impl DepositState {
    /// Every state.
    pub const ALL: [Self; 8] = [
        Self::Arriving,
        Self::Receiving,
        Self::Checking,
        Self::Ready,
        Self::Live,
        Self::Leaving,
        Self::Refused,
        Self::Cancelled,
    ];

    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Arriving => "arriving",
            Self::Receiving => "receiving",
            Self::Checking => "checking",
            Self::Ready => "ready",
            Self::Live => "live",
            Self::Leaving => "leaving",
            Self::Refused => "refused",
            Self::Cancelled => "cancelled",
        }
    }

    /// The state of that word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }

    /// Whether the relay is at work on it, so that it changes by itself.
    pub fn moves(self) -> bool {
        matches!(self, Self::Receiving | Self::Checking | Self::Leaving)
    }

    /// Whether nothing will change any more.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Live | Self::Refused | Self::Cancelled)
    }
}

/// What a file comes to, as far as it was read. A card is a 記号・番号 with everybody under it.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema,
)]
#[serde(deny_unknown_fields)]
pub struct DepositCounts {
    /// Records read.
    pub lines: u64,
    /// Of them refused: their cards stay as they were.
    pub wrong: u64,
    /// Cards in the file.
    pub cards: u64,
    /// Cards that were not there before.
    pub added: u64,
    /// Cards that were there and are different now; those that ended are among them.
    pub changed: u64,
    /// Cards whose coverage had no end and has one now, and cards that are gone.
    pub ended: u64,
    /// Cards of the file that stay as they are.
    pub unchanged: u64,
    /// Cards that were there before, as far as they were compared.
    pub held: u64,
}

/// Why the caller cannot approve a deposit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ApprovalBar {
    /// It is not ready, or is over.
    State,
    /// The caller's role only proposes (△); a system does too.
    Duty,
    /// The caller sent the file, and somebody else must look at it.
    SameEyes,
}

/// A deposit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Deposit {
    /// The insurer's id within the federation.
    pub insurer: String,
    /// Its number among the insurer's.
    pub number: u64,
    /// Where it stands.
    pub state: DepositState,
    /// What it holds.
    pub kind: DepositKind,
    /// What the sender calls the file; empty where nobody said.
    pub name: String,
    /// How the file is written, e.g. `csv Shift_JIS`, once that is known.
    pub written_as: Option<String>,
    /// Bytes of the file that are here: where it goes on. 0 where it came by the command.
    pub bytes: u64,
    /// When it was begun.
    #[schema(value_type = String, format = DateTime)]
    pub begun_at: Timestamp,
    /// When something last happened to it.
    #[schema(value_type = String, format = DateTime)]
    pub changed_at: Timestamp,
    /// Since when questions see it.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub live_at: Option<Timestamp>,
    /// Who sent it: the same eight characters for the same member of staff, a system by its name.
    pub by: String,
    /// Whether it was the caller.
    pub by_caller: bool,
    /// Who approved it, in the same way.
    pub approved_by: Option<String>,
    /// What it comes to.
    pub counts: DepositCounts,
    /// So many cards would end that whoever approves has to say yes to it.
    pub alarm: bool,
    /// Why the caller cannot approve it; none when the caller can.
    pub approval_bar: Option<ApprovalBar>,
    /// Whether the wrong records can be fetched.
    pub has_faults_file: bool,
}

/// What is wrong with a record. No values: only where, and what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DepositFault {
    /// The line on which it begins, from 1.
    pub line: u64,
    /// Which column; empty for the record as a whole.
    pub field: String,
    /// What is wrong, a stable code.
    pub code: String,
}

/// What was taken as it is, but is worth a look.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DepositWarning {
    /// Which column.
    pub field: String,
    /// What is odd, a stable code.
    pub code: String,
    /// The first line with it, from 1.
    pub first_line: u64,
    /// In how many records.
    pub count: u64,
}

/// Relay → who deposits: one deposit with what is wrong and odd about its records.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DepositDetail {
    /// The deposit.
    pub deposit: Deposit,
    /// By line; a hundred at most.
    pub faults: Vec<DepositFault>,
    /// By what is odd.
    pub warnings: Vec<DepositWarning>,
}

/// How late news usually are: from the day on which somebody's coverage began or ended to the
/// deposit that told it first, over a year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DepositLag {
    /// Half of all changes came within so many days.
    pub median_days: u16,
    /// Nine of ten came within so many days.
    pub ninety_days: u16,
    /// How many changes that rests on.
    pub changes: u64,
}

/// An insurer for which the caller deposits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DepositingInsurer {
    /// Its id within the federation.
    pub id: String,
    /// The insurer as people know it.
    pub name: DisplayName,
    /// How late its news usually are; none while too few are known.
    pub lag: Option<DepositLag>,
    /// Its deposits, newest first; fifty at most.
    pub deposits: Vec<Deposit>,
}

/// Relay → who deposits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DepositList {
    /// Those for which the caller deposits.
    pub insurers: Vec<DepositingInsurer>,
}

/// Who deposits → relay: a file is to come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DepositRequest {
    /// What it holds.
    pub kind: DepositKind,
    /// What the sender calls the file, at most 120 characters.
    #[serde(default)]
    pub name: String,
}

/// Bytes of a file that are hashed together in [`DepositSoFar::digest`].
pub const DIGEST_BLOCK: usize = 1 << 20;

/// Relay → who deposits: what is here of a file that broke off, so that whoever goes on can tell
/// whether it is the same file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DepositSoFar {
    /// How many bytes are here.
    pub bytes: u64,
    /// SHA-256, in hexadecimal, over the SHA-256s of each [`DIGEST_BLOCK`] of them, the last of
    /// which may be shorter: a browser has no SHA-256 that takes a file bit by bit.
    pub digest: String,
}

/// Who approves → relay.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema,
)]
#[serde(deny_unknown_fields)]
pub struct ApproveRequest {
    /// Says that so many cards may end; needed where the deposit has `alarm`.
    #[serde(default)]
    pub confirm_ended: bool,
}
