//! The identity provider's sentences.

use warifu_service::words::{Words, WordsError};

macro_rules! catalogues {
    ($language:literal) => {
        [
            include_str!(concat!("../locales/", $language, "/idp.ftl")),
            include_str!(concat!("../locales/", $language, "/certificate.ftl")),
            include_str!(concat!("../locales/", $language, "/consent.ftl")),
            include_str!(concat!("../locales/", $language, "/logout.ftl")),
            include_str!(concat!("../locales/", $language, "/registry.ftl")),
        ]
    };
}

/// The catalogues in both languages.
pub(crate) fn words() -> Result<Words, WordsError> {
    Words::with_furigana(&catalogues!("ja"), &catalogues!("en"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use warifu_service::words::furigana;

    /// The catalogues of the pages that residents see.
    const RESIDENTS: [&str; 4] = [
        include_str!("../locales/ja/idp.ftl"),
        include_str!("../locales/ja/certificate.ftl"),
        include_str!("../locales/ja/consent.ftl"),
        include_str!("../locales/ja/logout.ftl"),
    ];
    /// What those who run the federation read.
    const OPERATORS: [&str; 3] = ["refusals-", "admin-", "idp-description"];

    #[test]
    fn every_word_that_residents_read_has_a_reading() {
        let words = words().unwrap();
        let all = RESIDENTS.iter();
        let lacking: Vec<_> =
            all.flat_map(|source| furigana::unread(&words, source, &OPERATORS)).collect();
        assert_eq!(lacking, [""; 0], "to be added to readings.txt");
    }
}
