//! The portal's sentences in both languages.

use warifu_service::words::{Words, WordsError};

/// The codes of the problems that this party can answer with.
#[cfg(test)]
pub const PROBLEMS: [&str; 30] = [
    "services.unknown",
    "services.no-access",
    "services.no-relay",
    "applications.unknown",
    "applications.silent",
    "saml.unreadable",
    "saml.request-unknown",
    "saml.refused",
    "saml.replayed",
    "saml.level",
    "saml.identity-provider",
    "login.other-browser",
    "login.handle",
    "login.needed",
    "history.no-access",
    "history.no-entry",
    "history.no-relay",
    "relay.away",
    "consents.unknown",
    "consents.no-access",
    "consents.no-relay",
    "proxies.unknown",
    "request.cross-site",
    "logout.refused",
    "office.down",
    "office.failed",
    "office.broken",
    "office.ticket",
    "office.form",
    "office.refused",
];

/// The refusals of the card office that we say in our own words: those that stand beside a button.
#[cfg(test)]
pub const REFUSALS: [&str; 14] = [
    "office.role",
    "office.same-person",
    "office.impossible",
    "office.moved-on",
    "office.consent",
    "office.proof-needed",
    "office.not-resolvable",
    "office.card-exists",
    "office.replaced",
    "office.too-early",
    "office.person-ended",
    "office.letter-printed",
    "office.too-many-calls",
    "office.not-identified",
];

macro_rules! catalogues {
    ($language:literal) => {
        [
            include_str!(concat!("../locales/", $language, "/site.ftl")),
            include_str!(concat!("../locales/", $language, "/records.ftl")),
            include_str!(concat!("../locales/", $language, "/expenses.ftl")),
            include_str!(concat!("../locales/", $language, "/services.ftl")),
            include_str!(concat!("../locales/", $language, "/applications.ftl")),
            include_str!(concat!("../locales/", $language, "/links.ftl")),
            include_str!(concat!("../locales/", $language, "/settings.ftl")),
            include_str!(concat!("../locales/", $language, "/consents.ftl")),
            include_str!(concat!("../locales/", $language, "/notices.ftl")),
            include_str!(concat!("../locales/", $language, "/proxies.ftl")),
            include_str!(concat!("../locales/", $language, "/desk.ftl")),
            include_str!(concat!("../locales/", $language, "/batches.ftl")),
            include_str!(concat!("../locales/", $language, "/uploads.ftl")),
            include_str!(concat!("../locales/", $language, "/readings.ftl")),
            include_str!(concat!("../locales/", $language, "/disputes.ftl")),
            include_str!(concat!("../locales/", $language, "/office.ftl")),
            include_str!(concat!("../locales/", $language, "/office_problems.ftl")),
            include_str!(concat!("../locales/", $language, "/problems.ftl")),
        ]
    };
}

/// Loads the catalogues; fails when one language lacks a sentence.
pub fn words() -> Result<Words, WordsError> {
    Words::with_furigana(&catalogues!("ja"), &catalogues!("en"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;
    use warifu_service::words::{Language, furigana, lacking_advice};

    #[test]
    fn both_languages_are_complete() {
        let words = words().unwrap();
        assert_eq!(lacking_advice(&words, &PROBLEMS), BTreeMap::new());
        assert_eq!(lacking_advice(&words, &REFUSALS), BTreeMap::new());
    }

    #[test]
    fn every_key_in_code_and_templates_has_its_words() {
        let words = words().unwrap();
        let voice = words.in_(Language::Ja);
        let said: Vec<String> = sources()
            .iter()
            .flat_map(|text| {
                let parts = text.split("say(\"").skip(1);
                parts.filter_map(|rest| rest.split_once('"').map(|(key, _)| key.to_owned()))
            })
            .collect();
        assert!(said.len() > 100, "{}", said.len());
        let unknown: Vec<_> = said.iter().filter(|key| !voice.knows(key)).collect();
        assert!(unknown.is_empty(), "{unknown:?}");
    }

    #[test]
    fn every_problem_has_a_place_where_it_arises() {
        let sources = sources();
        for code in PROBLEMS {
            let quoted = format!("\"{code}\"");
            assert!(sources.iter().any(|text| text.contains(&quoted)), "{code}");
        }
    }

    macro_rules! for_residents {
        ($language:literal) => {
            [
                include_str!(concat!("../locales/", $language, "/site.ftl")),
                include_str!(concat!("../locales/", $language, "/records.ftl")),
                include_str!(concat!("../locales/", $language, "/expenses.ftl")),
                include_str!(concat!("../locales/", $language, "/links.ftl")),
                include_str!(concat!("../locales/", $language, "/settings.ftl")),
                include_str!(concat!("../locales/", $language, "/consents.ftl")),
                include_str!(concat!("../locales/", $language, "/proxies.ftl")),
                include_str!(concat!("../locales/", $language, "/problems.ftl")),
            ]
        };
    }

    /// Words for which residents read another, the same one everywhere; and words that blame.
    const NOT_IN_JAPANESE: [&str; 10] = [
        "エラー",
        "不正",
        "無効な",
        "失効",
        "被保険者証",
        "健康診断",
        "リンク",
        "サインアウト",
        "サインイン",
        "リーダライタ",
    ];
    const NOT_IN_ENGLISH: [&str; 7] =
        ["log in", "log out", "log on", "error", "invalid", "illegal", "medical exam"];

    #[test]
    fn residents_read_one_word_for_one_thing_and_none_that_blames() {
        let japanese = (for_residents!("ja"), NOT_IN_JAPANESE.as_slice());
        let english = (for_residents!("en"), NOT_IN_ENGLISH.as_slice());
        for (catalogues, never) in [japanese, english] {
            let lines = catalogues.iter().flat_map(|text| text.lines());
            let lines = lines.filter(|line| !line.trim_start().starts_with(".engineer"));
            let said: Vec<String> =
                lines.filter_map(|line| Some(line.split_once('=')?.1.to_lowercase())).collect();
            assert!(said.len() > 500, "{}", said.len());
            for line in said {
                let found = never.iter().find(|word| line.contains(**word));
                assert_eq!(found, None, "{line}");
            }
        }
    }

    fn sources() -> Vec<String> {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut folders = vec![root.join("src"), root.join("templates")];
        let mut texts = Vec::new();
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.file_name().is_none_or(|name| name != "words.rs") {
                    texts.push(std::fs::read_to_string(path).unwrap());
                }
            }
        }
        texts
    }

    /// The catalogues of the pages that residents see.
    const RESIDENTS: [&str; 10] = [
        include_str!("../locales/ja/site.ftl"),
        include_str!("../locales/ja/records.ftl"),
        include_str!("../locales/ja/expenses.ftl"),
        include_str!("../locales/ja/settings.ftl"),
        include_str!("../locales/ja/consents.ftl"),
        include_str!("../locales/ja/links.ftl"),
        include_str!("../locales/ja/notices.ftl"),
        include_str!("../locales/ja/proxies.ftl"),
        include_str!("../locales/ja/services.ftl"),
        include_str!("../locales/ja/problems.ftl"),
    ];

    #[test]
    fn every_word_that_residents_read_has_a_reading() {
        let words = words().unwrap();
        let all = RESIDENTS.iter();
        let lacking: Vec<_> =
            all.flat_map(|source| furigana::unread(&words, source, &[])).collect();
        assert_eq!(lacking, [""; 0], "to be added to readings.txt");
    }
}
