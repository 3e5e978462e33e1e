//! Identity proof: whether an applicant is a person of the resident register (住民基本台帳), by the
//! four items 氏名・住所・生年月日・性別. The register answers how well each item agrees and never
//! sends an item of its own.

mod matching;
mod writing;

use jiff::Timestamp;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::person::Sex;

pub(crate) use writing::{common_form, folded as kana_folded, is_selector, kana_key};

pub use matching::{Resident, address_key, compare, decide, name_key, name_level};

/// What the applicant says: 基本4情報, the reading besides.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FourItems {
    /// 氏名: family and given name, a space between; at most 100 characters.
    pub name: String,
    /// カナ氏名, if the applicant wrote one; at most 100 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kana: Option<String>,
    /// 住所: one line, at most 200 characters.
    pub address: String,
    /// 生年月日.
    pub birth_date: Date,
    /// 性別.
    pub sex: Sex,
}

/// Shows nothing of a person.
impl std::fmt::Debug for FourItems {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FourItems(…)")
    }
}

/// How well one item agrees, best first.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    JsonSchema,
    ToSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum MatchLevel {
    /// The same characters.
    Exact,
    /// The same after width, spaces, hyphens and the ways of writing a house number were made one.
    Normalised,
    /// The same only when variant characters (異体字, e.g. 髙 and 高) are folded together, or when
    /// ● stands for a character that a system could not write (外字). Alone it never passes.
    Folded,
    /// Not the same.
    Different,
}

/// How well each item agrees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ItemLevels {
    /// 氏名.
    pub name: MatchLevel,
    /// カナ氏名; none when the applicant or the register has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kana: Option<MatchLevel>,
    /// 住所.
    pub address: MatchLevel,
    /// 生年月日: exact or different.
    pub birth_date: MatchLevel,
    /// 性別: exact or different.
    pub sex: MatchLevel,
}

/// What the register says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(tag = "result", rename_all = "kebab-case", deny_unknown_fields)]
pub enum IdentityOutcome {
    /// One resident, alive and living there; every item exact or normalised. `person` is the
    /// register's own random reference for this office alone: the same person gives the same one.
    Proved {
        /// 32 hexadecimal digits.
        person: String,
        /// How well each item agrees.
        items: ItemLevels,
    },
    /// One resident could be meant, but an item is only folded or different, or there are several:
    /// a person must look.
    Doubtful {
        /// The register's reference, when there is one candidate only.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        person: Option<String>,
        /// How well each item of the best candidate agrees.
        items: ItemLevels,
        /// How many residents could be meant.
        candidates: u32,
    },
    /// The resident has died or moved away.
    Gone {
        /// Which of both.
        why: Departure,
    },
    /// Nobody like this is registered.
    Unknown,
}

/// Why a resident is no longer one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Departure {
    /// 死亡.
    Deceased,
    /// 転出.
    MovedAway,
}

/// Card office → register, `POST /identity-proof`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct IdentityRequest {
    /// What the applicant says.
    pub items: FourItems,
    /// The application it is for (受付番号), for the register's own access log.
    pub application: String,
}

/// Register → card office.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct IdentityAnswer {
    /// What came of it.
    pub outcome: IdentityOutcome,
    /// As of when the register's data is.
    pub as_of: Timestamp,
}
