//! The words of the protocol between the identity provider's page and the agent.
//!
//! The answer to `POST /v1/authenticate`, `/v1/activate` and `/v1/change-pin` is a stream of JSON objects, one a line
//! (`application/x-ndjson`): any number of [`Progress`] and, as the last line, one [`Outcome`].

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};
use warifu_card::felica;
use warifu_card::piv::KeyAlgorithm;
use warifu_card::{CardError, PkiKind, ReaderError};

use crate::config::PromptKind;

const FORMAT: &str = "web-eid:1.0";
const FELICA_FORMAT: &str = "warifu-felica:1";
const IDM_FORMAT: &str = "warifu-idm:1";
const APP_VERSION: &str = concat!("urn:warifu:agent:", env!("CARGO_PKG_VERSION"));

/// The answer to `GET /v1/ping`.
#[derive(Debug, Serialize)]
pub(crate) struct Pong {
    name: &'static str,
    version: &'static str,
    prompt: PromptKind,
}

impl Pong {
    pub(crate) fn new(prompt: PromptKind) -> Self {
        Self { name: "warifu-agent", version: env!("CARGO_PKG_VERSION"), prompt }
    }
}

/// How far the conversation is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub(crate) enum Progress {
    /// There is no reader; the agent waits for one.
    NoReader,
    /// There is no card that could be used; the agent waits for one.
    InsertCard,
    /// There is a card, but not one that is asked for; the agent waits for another.
    WrongCard { code: &'static str },
    /// There are several cards that could be used; the person is asked for one of them.
    ChooseCard {
        #[serde(flatten)]
        at: Asker,
    },
    /// The person is asked for the PIN.
    Pin {
        tries: u8,
        #[serde(flatten)]
        at: Asker,
    },
    /// The PIN was wrong and is asked for again.
    PinWrong { tries: u8 },
    /// The person is asked for the code of the letter. Not every card tells how many tries it has.
    Code {
        #[serde(skip_serializing_if = "Option::is_none")]
        tries: Option<u8>,
        #[serde(flatten)]
        at: Asker,
    },
    /// The code was wrong and is asked for again.
    CodeWrong { tries: u8 },
    /// The person chooses a new PIN.
    NewPin {
        #[serde(flatten)]
        at: Asker,
    },
}

/// How the person is asked, and at which address when it is a page of the agent's own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Asker {
    pub(crate) prompt: PromptKind,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) url: Option<String>,
}

impl From<Result<Self, Fault>> for Outcome {
    fn from(result: Result<Self, Fault>) -> Self {
        result.unwrap_or_else(Self::Error)
    }
}

/// How the conversation ended.
#[derive(Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Outcome {
    /// It worked, with a card that signs.
    Token(Token),
    /// It worked, with a FeliCa card.
    Felica(FelicaAnswer),
    /// A FeliCa card's identifier was read.
    Idm(IdmAnswer),
    /// It did not.
    Error(Fault),
}

impl Outcome {
    /// The word for the log.
    pub(crate) const fn code(&self) -> &'static str {
        match self {
            Self::Token(_) => "token",
            Self::Felica(_) => "felica",
            Self::Idm(_) => "idm",
            Self::Error(fault) => fault.code(),
        }
    }
}

/// A token of the `web-eid:1.0` form. Origin and nonce are signed but not in it: whoever checks
/// it must know them.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Token {
    unverified_certificate: String,
    algorithm: &'static str,
    signature: String,
    format: &'static str,
    app_version: &'static str,
}

impl Token {
    pub(crate) fn new(certificate: &[u8], algorithm: KeyAlgorithm, signature: &[u8]) -> Self {
        Self {
            unverified_certificate: STANDARD.encode(certificate),
            algorithm: algorithm.jose_name(),
            signature: STANDARD.encode(signature),
            format: FORMAT,
            app_version: APP_VERSION,
        }
    }
}

/// What a FeliCa card answered to the challenge made of origin and nonce. Whoever checks it must
/// know both, and the card's key.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FelicaAnswer {
    format: &'static str,
    id_block: String,
    key_version: String,
    mac: String,
}

impl FelicaAnswer {
    pub(crate) fn new(answer: &felica::Answer) -> Self {
        Self {
            format: FELICA_FORMAT,
            id_block: STANDARD.encode(answer.id_block),
            key_version: STANDARD.encode(answer.version_block),
            mac: STANDARD.encode(answer.mac),
        }
    }
}

/// What a FeliCa card is called. Whoever gets it knows nothing but that: it can be copied.
#[derive(Serialize)]
pub(crate) struct IdmAnswer {
    format: &'static str,
    idm: String,
}

impl IdmAnswer {
    pub(crate) fn new(idm: felica::Idm) -> Self {
        Self { format: IDM_FORMAT, idm: STANDARD.encode(idm) }
    }
}

/// Shows no identifier.
impl std::fmt::Debug for IdmAnswer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("IdmAnswer").finish_non_exhaustive()
    }
}

/// Why there is no answer. The codes are stable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The card blocked itself after too many wrong PINs.
    PinBlocked(PkiKind),
    /// The card takes no code any more after too many wrong ones: it is lost.
    CodeBlocked,
    /// The card did not take the new PIN.
    PinRefused,
    /// The card was pulled out.
    CardRemoved,
    /// Another card is in the reader than at the beginning.
    CardChanged,
    /// The card answered what no card of ours answers.
    CardFailed,
    /// The reader or the smart-card service failed.
    ReaderFailed,
    /// The person did not want to.
    Cancelled,
    /// It took too long.
    Timeout,
    /// The window for the PIN could not be shown.
    PromptFailed,
    /// The agent is being closed.
    Closing,
}

impl Fault {
    /// The code that stands in the answer.
    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::PinBlocked(_) => "pin.blocked",
            Self::CodeBlocked => "code.blocked",
            Self::PinRefused => "pin.refused",
            Self::CardRemoved => "card.removed",
            Self::CardChanged => "card.changed",
            Self::CardFailed => "card.failed",
            Self::ReaderFailed => "reader.failed",
            Self::Cancelled => "cancelled",
            Self::Timeout => "card.timeout",
            Self::PromptFailed => "prompt.failed",
            Self::Closing => "agent.closing",
        }
    }
}

impl Serialize for Fault {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fault = serializer.serialize_struct("Fault", 1)?;
        fault.serialize_field("code", self.code())?;
        fault.end()
    }
}

impl From<CardError> for Fault {
    fn from(error: CardError) -> Self {
        tracing::warn!(code = error.code(), "card failed");
        match error {
            CardError::Reader(
                ReaderError::Removed | ReaderError::NoCard | ReaderError::NoReader,
            ) => Self::CardRemoved,
            CardError::Reader(_) => Self::ReaderFailed,
            CardError::OtherKind | CardError::NoCertificate => Self::CardChanged,
            _ => Self::CardFailed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn line(value: &impl Serialize) -> Value {
        serde_json::to_value(value).unwrap()
    }

    fn asker(prompt: PromptKind, url: Option<&str>) -> Asker {
        Asker { prompt, url: url.map(str::to_owned) }
    }

    #[test]
    fn events_are_spelt_as_the_protocol_says() {
        assert_eq!(line(&Progress::NoReader), json!({"state": "no-reader"}));
        assert_eq!(
            line(&Progress::PinWrong { tries: 2 }),
            json!({"state": "pin-wrong", "tries": 2})
        );
        assert_eq!(
            line(&Progress::Pin { tries: 3, at: asker(PromptKind::Pinentry, None) }),
            json!({"state": "pin", "tries": 3, "prompt": "pinentry"})
        );
        assert_eq!(
            line(&Progress::Code { tries: None, at: asker(PromptKind::Page, Some("u")) }),
            json!({"state": "code", "prompt": "page", "url": "u"})
        );
        assert_eq!(
            line(&Progress::NewPin { at: asker(PromptKind::Terminal, None) }),
            json!({"state": "new-pin", "prompt": "terminal"})
        );
        assert_eq!(
            line(&Progress::WrongCard { code: "card.unknown" }),
            json!({"state": "wrong-card", "code": "card.unknown"})
        );
        assert_eq!(
            line(&Outcome::Error(Fault::PinBlocked(PkiKind::Piv))),
            json!({"error": {"code": "pin.blocked"}})
        );
    }

    #[test]
    fn felica_answers_have_their_own_form() {
        let answer = felica::Answer {
            id_block: [1; 16],
            version_block: [2; 16],
            mac: *b"\0\x01\x02\x03\x04\x05\x06\x07",
        };
        assert_eq!(
            line(&Outcome::Felica(FelicaAnswer::new(&answer))),
            json!({"felica": {
                "format": "warifu-felica:1", "idBlock": "AQEBAQEBAQEBAQEBAQEBAQ==",
                "keyVersion": "AgICAgICAgICAgICAgICAg==", "mac": "AAECAwQFBgc=",
            }})
        );
    }

    #[test]
    fn an_identifier_is_spelt_as_the_protocol_says_and_not_shown() {
        let outcome = Outcome::Idm(IdmAnswer::new(*b"\x01\x2e\x44\x10\x20\x30\x40\x50"));
        assert_eq!(
            line(&outcome),
            json!({"idm": {"format": "warifu-idm:1", "idm": "AS5EECAwQFA="}})
        );
        assert_eq!(format!("{outcome:?}"), "Idm(IdmAnswer { .. })");
    }

    #[test]
    fn tokens_have_the_web_eid_form() {
        let token = line(&Outcome::Token(Token::new(b"der", KeyAlgorithm::P256, b"sig")));
        assert_eq!(
            token,
            json!({"token": {
                "unverifiedCertificate": "ZGVy", "algorithm": "ES256", "signature": "c2ln",
                "format": "web-eid:1.0", "appVersion": APP_VERSION,
            }})
        );
    }
}
