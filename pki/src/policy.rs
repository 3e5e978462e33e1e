//! Certificate policies: what a certificate was issued for, as an object identifier under an arc of
//! the consortium's own.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use x509_cert::der::oid::ObjectIdentifier;

const KEY_PURPOSES: u32 = 9;
/// An enterprise arc with everything below it is far shorter.
const MAX_TEXT: usize = 64;

/// What a certificate was issued for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PolicyKind {
    /// A key that signs only after its holder's PIN: a person, with consent.
    CardAuthentication,
    /// A key that signs without a PIN: the card is here, and no more is said.
    CardPresence,
    /// The same as [`CardAuthentication`](Self::CardAuthentication), for a person who works for a
    /// party.
    StaffAuthentication,
}

impl PolicyKind {
    /// All of them.
    pub const ALL: [Self; 3] =
        [Self::CardAuthentication, Self::CardPresence, Self::StaffAuthentication];

    /// Its number under the arc.
    pub const fn number(self) -> u32 {
        match self {
            Self::CardAuthentication => 1,
            Self::CardPresence => 2,
            Self::StaffAuthentication => 3,
        }
    }
}

/// The arc under which a consortium numbers its policies (`.1`, `.2`, `.3`) and the one key purpose
/// that no standard names (`.9.1`).
///
/// The default is the arc of RFC 5612 for documentation: right for a demonstration, and to be
/// replaced by one of the consortium's own before real cards are issued.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct PolicyArc {
    arc: ObjectIdentifier,
    policies: [ObjectIdentifier; 3],
    saml_signing: ObjectIdentifier,
}

/// The text is not an object identifier with room below it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a policy arc is an object identifier such as 1.3.6.1.4.1.32473.1")]
pub struct NotAnArc;

impl PolicyArc {
    /// The identifier of a policy.
    pub const fn id(&self, kind: PolicyKind) -> ObjectIdentifier {
        let [authentication, presence, staff] = self.policies;
        match kind {
            PolicyKind::CardAuthentication => authentication,
            PolicyKind::CardPresence => presence,
            PolicyKind::StaffAuthentication => staff,
        }
    }

    /// The key purpose of a certificate that signs SAML messages.
    pub(crate) const fn saml_signing(&self) -> ObjectIdentifier {
        self.saml_signing
    }

    fn under(arc: ObjectIdentifier) -> Result<Self, NotAnArc> {
        let below = |arc: ObjectIdentifier, number| arc.push_arc(number).map_err(|_| NotAnArc);
        let [authentication, presence, staff] = PolicyKind::ALL;
        Ok(Self {
            arc,
            policies: [
                below(arc, authentication.number())?,
                below(arc, presence.number())?,
                below(arc, staff.number())?,
            ],
            saml_signing: below(below(arc, KEY_PURPOSES)?, 1)?,
        })
    }
}

impl Default for PolicyArc {
    fn default() -> Self {
        // The private enterprise number that IANA keeps for documentation, and one arc of it.
        const ARC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.32473.1");
        const BELOW: [ObjectIdentifier; 4] = [
            ObjectIdentifier::new_unwrap("1.3.6.1.4.1.32473.1.1"),
            ObjectIdentifier::new_unwrap("1.3.6.1.4.1.32473.1.2"),
            ObjectIdentifier::new_unwrap("1.3.6.1.4.1.32473.1.3"),
            ObjectIdentifier::new_unwrap("1.3.6.1.4.1.32473.1.9.1"),
        ];
        let [authentication, presence, staff, saml_signing] = BELOW;
        Self { arc: ARC, policies: [authentication, presence, staff], saml_signing }
    }
}

impl FromStr for PolicyArc {
    type Err = NotAnArc;

    fn from_str(text: &str) -> Result<Self, NotAnArc> {
        if text.len() > MAX_TEXT {
            return Err(NotAnArc);
        }
        // The library's own reading of text takes `1..2` for `1.0.2` and overflows on large numbers.
        let arcs = text.split('.').map(str::parse).collect::<Result<Vec<u32>, _>>();
        let arc = ObjectIdentifier::from_arcs(arcs.map_err(|_| NotAnArc)?);
        let arc = arc.map_err(|_| NotAnArc)?;
        if arc.to_string() == text { Self::under(arc) } else { Err(NotAnArc) }
    }
}

impl TryFrom<String> for PolicyArc {
    type Error = NotAnArc;

    fn try_from(text: String) -> Result<Self, NotAnArc> {
        text.parse()
    }
}

impl fmt::Display for PolicyArc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.arc.fmt(f)
    }
}

impl From<PolicyArc> for String {
    fn from(arc: PolicyArc) -> Self {
        arc.to_string()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn policies_stand_under_their_arc() {
        let arc: PolicyArc = "1.2.392.200000.7".parse().unwrap();
        for kind in PolicyKind::ALL {
            let expected = format!("1.2.392.200000.7.{}", kind.number());
            assert_eq!(arc.id(kind).to_string(), expected);
        }
        assert_eq!(arc.saml_signing().to_string(), "1.2.392.200000.7.9.1");
        assert_eq!(arc.to_string(), "1.2.392.200000.7");
    }

    #[test]
    fn the_default_is_the_arc_for_documentation() {
        assert_eq!(PolicyArc::default(), "1.3.6.1.4.1.32473.1".parse().unwrap());
    }

    #[test]
    fn what_is_no_arc_is_refused() {
        let too_long = "1.3".to_owned() + &".4294967295".repeat(7);
        for text in [
            "",
            "1",
            "warifu",
            "1.3.",
            "1..3.4",
            "1.03.4",
            "+1.3.4",
            "1.3.5000000000",
            "9.9.9",
            "1.3.-1",
            &too_long,
        ] {
            assert_eq!(text.parse::<PolicyArc>(), Err(NotAnArc), "{text}");
        }
    }

    #[test]
    fn configuration_holds_it_as_text() {
        let arc: PolicyArc = serde_json::from_str("\"1.3.6.1.4.1.32473.5\"").unwrap();
        assert_eq!(serde_json::to_string(&arc).unwrap(), "\"1.3.6.1.4.1.32473.5\"");
        assert!(serde_json::from_str::<PolicyArc>("\"five\"").is_err());
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(text in "[0-9.]{0,80}") {
            if let Ok(arc) = text.parse::<PolicyArc>() {
                prop_assert_eq!(arc.to_string(), text);
            }
        }
    }
}
