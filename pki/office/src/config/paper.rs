//! What the card office's papers look like, and whom they tell people to call.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The fonts that cards and letters are set in. They must have every character of the residents'
/// names; what they lack is refused when a card is ordered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct FontConfig {
    /// OpenType font or collection for text; Debian's package `fonts-noto-cjk` has the default.
    pub regular: PathBuf,
    /// The same in bold.
    pub bold: PathBuf,
    /// Which font of a collection, from 0; the same in both files. 0 is Japanese in Debian's.
    pub index: u32,
}

impl Default for FontConfig {
    fn default() -> Self {
        let noto = |weight| format!("/usr/share/fonts/opentype/noto/NotoSansCJK-{weight}.ttc");
        Self { regular: noto("Regular").into(), bold: noto("Bold").into(), index: 0 }
    }
}

/// Who writes to the residents.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LetterConfig {
    /// The consortium that issues the cards; stands on every card, e.g. `讃岐広域連携協議会`.
    pub consortium: String,
    /// The office within it, e.g. `カード事務局`.
    pub department: String,
    /// Its postal address, one line.
    pub address: String,
    /// Where to call with questions.
    pub phone: String,
    /// When somebody answers there, e.g. `平日 9時〜17時`.
    pub hours: String,
    /// Where to report a lost card, at any hour.
    pub lost_phone: String,
    /// The address of the portal, where a card is first used, e.g. `https://portal.example.jp`.
    pub portal: String,
}

#[cfg(test)]
impl LetterConfig {
    /// For tests.
    pub(crate) fn sample() -> Self {
        Self {
            consortium: "讃岐広域連携協議会".into(),
            department: "カード事務局".into(),
            address: "香川県高松市番町0丁目0番0号".into(),
            phone: "087-000-0000".into(),
            hours: "平日 9時〜17時".into(),
            lost_phone: "0120-000-000".into(),
            portal: "https://portal.example.jp".into(),
        }
    }
}
