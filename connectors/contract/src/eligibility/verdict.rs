//! The decision in one word.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The decision in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// 有効.
    Valid,
    /// 暫定有効: the acquisition was notified and accepted (届出受理) but is not entered yet; it
    /// counts until the last day of the coverage shown.
    Provisional,
    /// 有効期限切れ: it was valid until a day before the target date.
    Expired,
    /// 有効期限切れ（新しい資格あり）: ended, and a newer coverage of the same person is known. Which
    /// one is not told.
    Superseded,
    /// It begins after the target date.
    NotYetStarted,
    /// 記号番号なし.
    NumberUnknown,
    /// The number is there, but not this dependant (被扶養者なし).
    DependantUnknown,
    /// 保険者番号なし, or the insurer itself is not in force on that day.
    InsurerUnknown,
    /// More than one coverage fits; the desk must ask.
    SeveralHits,
    /// The card's holder is linked to no insurer.
    NotLinked,
    /// The insurer did not answer in time (確認中).
    InsurerSilent,
}

impl Verdict {
    /// Every verdict.
    pub const ALL: [Self; 11] = [
        Self::Valid,
        Self::Provisional,
        Self::Expired,
        Self::Superseded,
        Self::NotYetStarted,
        Self::NumberUnknown,
        Self::DependantUnknown,
        Self::InsurerUnknown,
        Self::SeveralHits,
        Self::NotLinked,
        Self::InsurerSilent,
    ];

    /// The sentence the clinics of the 2005 trial knew, word for word (認証結果).
    pub fn legacy_message(self) -> &'static str {
        match self {
            Self::Valid | Self::Provisional => "有効な保険資格です",
            Self::Expired | Self::Superseded => "有効期限を過ぎています",
            Self::NotYetStarted | Self::NumberUnknown | Self::NotLinked => {
                "該当する記号・番号がありません"
            }
            Self::DependantUnknown => "被扶養者が存在しません",
            Self::InsurerUnknown => "該当する保険者がありません",
            Self::SeveralHits => "該当する記号・番号が複数あります",
            Self::InsurerSilent => "保険者の回答を待っています",
        }
    }

    /// The stable code of the result, the key of its texts (`cov.…`).
    pub fn code(self) -> &'static str {
        match self {
            Self::Valid => "cov.valid",
            Self::Provisional => "cov.provisional",
            Self::Expired => "cov.expired",
            Self::Superseded => "cov.superseded",
            Self::NotYetStarted => "cov.notstarted",
            Self::NumberUnknown => "cov.nonumber",
            Self::DependantUnknown => "cov.nodependant",
            Self::InsurerUnknown => "cov.noinsurer",
            Self::SeveralHits => "cov.several",
            Self::NotLinked => "cov.notlinked",
            Self::InsurerSilent => "cov.silent",
        }
    }

    /// Whether the person is covered on the target date: [`Self::Valid`] and [`Self::Provisional`].
    pub fn covers(self) -> bool {
        matches!(self, Self::Valid | Self::Provisional)
    }

    /// Whether one coverage of one person was found, so that it is shown.
    pub fn shows_coverage(self) -> bool {
        self.covers() || matches!(self, Self::Expired | Self::Superseded | Self::NotYetStarted)
    }
}
