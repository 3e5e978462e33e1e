//! What a request wants the card for.

use serde::Deserialize;

/// What comes of the conversation with the person and the card. Each has a route of its own, and a
/// request for one is refused at the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Purpose {
    /// The card's holder signs in, or shows the card.
    #[default]
    SignIn,
    /// The holder chooses the PIN with the transport code of the letter.
    Activate,
    /// The holder changes the PIN.
    ChangePin,
}
