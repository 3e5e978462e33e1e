//! The identity provider's sentences.

use warifu_service::words::{Words, WordsError};

/// The catalogues in both languages.
pub(crate) fn words() -> Result<Words, WordsError> {
    Words::new(&[include_str!("../locales/ja/idp.ftl")], &[include_str!("../locales/en/idp.ftl")])
}
