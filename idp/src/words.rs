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
    Words::new(&catalogues!("ja"), &catalogues!("en"))
}
