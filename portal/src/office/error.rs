//! Why the card office gave no answer.

use axum::http::StatusCode;
use serde::Deserialize;
use warifu_service::words::Voice;

use crate::body::BodyError;

/// Longest sentence taken over from a problem document.
const LONGEST_SENTENCE: usize = 300;
const LONGEST_CODE: usize = 64;

/// Why the card office gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum OfficeError {
    /// It cannot be reached, or broke off.
    #[error("office.down: {0}")]
    Unreachable(#[from] reqwest::Error),
    /// The ticket is not (or no longer) good.
    #[error("office.ticket")]
    Ticket,
    /// It will not do this, and says why.
    #[error("{code}: status {status}", code = .0.code, status = .0.status)]
    Refused(Refusal),
    /// It answers with a failure of its own.
    #[error("office.failed: status {0}")]
    Failed(StatusCode),
    /// The answer does not have the agreed shape, or is too long.
    #[error("office.broken: {0}")]
    Broken(&'static str),
}

impl From<BodyError> for OfficeError {
    fn from(cause: BodyError) -> Self {
        match cause {
            BodyError::Cut(cause) => Self::Unreachable(cause),
            BodyError::TooLong => Self::Broken("too long"),
        }
    }
}

/// A refusal of the card office.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The HTTP status.
    pub status: StatusCode,
    /// The stable code.
    pub code: String,
    /// What happened, as the office says it.
    title: String,
    /// What to do, as the office says it.
    advice: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Document {
    code: String,
    title: String,
    advice: Advice,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Advice {
    person: String,
}

impl Refusal {
    /// Reads a problem document (RFC 9457), as far as it is one.
    pub fn read(status: StatusCode, body: &[u8]) -> Self {
        let document: Document = serde_json::from_slice(body).unwrap_or_default();
        let is_code = |code: &str| {
            (1..=LONGEST_CODE).contains(&code.len())
                && code
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-.".contains(&b))
        };
        let code =
            if is_code(&document.code) { document.code } else { "office.refused".to_owned() };
        let sentence = |text: String| text.chars().take(LONGEST_SENTENCE).collect();
        Self {
            status,
            code,
            title: sentence(document.title),
            advice: sentence(document.advice.person),
        }
    }

    /// Whether it says more than that something failed.
    pub fn explains(&self) -> bool {
        self.code.starts_with("office.") && self.code != "office.refused"
    }
}

/// What happened and what to do, for the person, and the code for those who help.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Complaint {
    /// What happened.
    pub title: String,
    /// What to do.
    pub advice: String,
    /// The code.
    pub code: String,
}

impl OfficeError {
    /// The stable code.
    pub fn code(&self) -> &str {
        match self {
            Self::Unreachable(_) => "office.down",
            Self::Ticket => "office.ticket",
            Self::Refused(refusal) => &refusal.code,
            Self::Failed(_) => "office.failed",
            Self::Broken(_) => "office.broken",
        }
    }

    /// The status of the page that says so.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Ticket => StatusCode::UNAUTHORIZED,
            Self::Refused(refusal) => refusal.status,
            Self::Unreachable(_) | Self::Failed(_) | Self::Broken(_) => StatusCode::BAD_GATEWAY,
        }
    }

    /// Whether somebody else has moved the card on since it was shown.
    pub fn is_moved_on(&self) -> bool {
        self.code() == "office.moved-on"
    }

    /// In words: our own where we know the code, else the office's.
    pub fn complaint(&self, voice: Voice<'_>) -> Complaint {
        let code = self.code();
        let key = code.replace('.', "-");
        if voice.knows(&key) {
            return complaint(voice, &key, code);
        }
        match self {
            Self::Refused(refusal) if !refusal.title.is_empty() => Complaint {
                title: refusal.title.clone(),
                advice: refusal.advice.clone(),
                code: code.to_owned(),
            },
            _ => complaint(voice, "office-refused", code),
        }
    }
}

fn complaint(voice: Voice<'_>, key: &str, code: &str) -> Complaint {
    Complaint {
        title: voice.say(key),
        advice: voice.attribute(key, "person"),
        code: code.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use warifu_service::words::Language;

    fn refused(body: &str) -> OfficeError {
        OfficeError::Refused(Refusal::read(StatusCode::FORBIDDEN, body.as_bytes()))
    }

    #[test]
    fn a_known_code_is_said_in_our_words_and_an_unknown_one_in_the_offices() {
        let words = crate::words::words().unwrap();
        let voice = words.in_(Language::Ja);
        let known = refused(r#"{"code":"office.same-person","title":"x","advice":{"person":"y"}}"#);
        assert!(known.complaint(voice).title.contains("ご自分"));
        let other =
            refused(r#"{"code":"office.flooded","title":"水です","advice":{"person":"上の階へ"}}"#);
        let said = other.complaint(voice);
        assert_eq!((said.title.as_str(), said.advice.as_str()), ("水です", "上の階へ"));
        assert_eq!(said.code, "office.flooded");
    }

    #[test]
    fn what_is_no_problem_document_is_a_plain_refusal() {
        let words = crate::words::words().unwrap();
        let said = refused("<html>").complaint(words.in_(Language::En));
        assert_eq!(said.code, "office.refused");
        assert!(!said.title.is_empty() && !said.advice.is_empty());
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_bounded_refusal(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let refusal = Refusal::read(StatusCode::CONFLICT, &bytes);
            prop_assert!(refusal.code.len() <= LONGEST_CODE);
        }

        #[test]
        fn any_texts_are_cut(code in "\\PC{0,90}", title in "\\PC{0,400}") {
            let body = serde_json::json!({ "code": code, "title": title }).to_string();
            let refusal = Refusal::read(StatusCode::CONFLICT, body.as_bytes());
            prop_assert!(refusal.code.len() <= LONGEST_CODE);
            prop_assert!(refusal.title.chars().count() <= LONGEST_SENTENCE);
        }
    }
}
