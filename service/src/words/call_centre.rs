//! Whom people call. Each federation has its own number, so the catalogues have none.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, de};

use super::Language;

/// Characters of one line at most.
const LONGEST: usize = 100;

/// The call centre of the federation: its number and when somebody answers, as pages say it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CallCentre {
    /// On Japanese pages, e.g. `0120-000-000 平日 9時から17時`.
    #[serde(deserialize_with = "line")]
    pub ja: String,
    /// On English pages, e.g. `0120-000-000, weekdays 9:00 to 17:00`.
    #[serde(deserialize_with = "line")]
    pub en: String,
}

impl CallCentre {
    /// As pages in that language say it.
    pub fn in_(&self, language: Language) -> &str {
        match language {
            Language::Ja => &self.ja,
            Language::En => &self.en,
        }
    }
}

fn line<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let text = String::deserialize(from)?;
    let text = text.trim();
    let fits = (1..=LONGEST).contains(&text.chars().count());
    if fits && !text.chars().any(char::is_control) {
        Ok(text.to_owned())
    } else {
        Err(de::Error::custom(format!("one line of 1 to {LONGEST} characters is wanted")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_in_each_language() {
        let read = |text: &str| toml::from_str::<CallCentre>(text);
        assert_eq!(read("ja = ' 一 '\nen = 'one'").unwrap().in_(Language::Ja), "一");
        for bad in ["ja = '一'", "ja = ''\nen = 'one'", "ja = \"一\\n二\"\nen = 'one'"] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
