//! A name as a record writes it, with the カナ氏名 that the same record gives: over it for who reads
//! with ふりがな, and beside it for everybody else.

use warifu_contract::person::Name;
use warifu_service::words::{Voice, furigana};

/// 氏名 and カナ氏名 of one person.
#[derive(Debug, Clone)]
pub struct PersonName {
    /// The name, its kana over it where they are wanted.
    pub text: String,
    /// The kana; may be empty.
    pub kana: String,
    /// They stand over the name, where screen readers do not see them.
    pub is_over: bool,
}

impl PersonName {
    /// The name as `voice` shows it.
    pub fn of(voice: Voice<'_>, name: &Name) -> Self {
        let is_over = voice.furigana;
        let (text, kana) = (name.text.clone(), name.kana.clone());
        let text = if is_over { furigana::over(&text, &kana) } else { text };
        Self { text, kana, is_over }
    }
}
