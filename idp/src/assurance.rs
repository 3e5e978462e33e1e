//! How surely the identity provider knows whose card it was: the ladder that AuthnContext classes
//! stand on.

use warifu_pki::{CardLevel, CardPurpose};
use warifu_saml::names::{AC_PRESENCE, AC_SMARTCARD, AC_SMARTCARD_PKI};
use warifu_saml::{Comparison, RequestedContext};

/// A level of assurance, lowest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// A card lies on the desk's reader; its holder was asked for nothing. Never opens a session.
    Presence,
    /// A card and its PIN, of an issuer who is less sure whose card it is, or who binds it to its
    /// holder less firmly.
    Substantial,
    /// A card and the PIN that only the card checks.
    High,
}

impl Level {
    const ALL: [Self; 3] = [Self::High, Self::Substantial, Self::Presence];

    /// The level a service provider asks for, which is the least that will do and what it is told;
    /// `None` when it asks for something that the identity provider cannot give. Nothing asked
    /// means [`Level::High`].
    ///
    /// `exact` and `minimum` take the first known class in the provider's order (SAML core
    /// §3.3.2.2.1); whoever would take mere presence as a minimum wants a person, and gets one.
    /// Nobody could mean anything by `better` and `maximum`, so they are declined.
    pub fn requested(context: Option<&RequestedContext>) -> Option<Self> {
        let Some(context) = context else { return Some(Self::High) };
        let mut known = context.classes.iter().filter_map(|class| Self::of_class(class));
        match context.comparison {
            Comparison::Exact => known.next(),
            Comparison::Minimum => known.next().map(|level| match level {
                Self::Presence => Self::High,
                level => level,
            }),
            Comparison::Maximum | Comparison::Better => None,
        }
    }

    /// The AuthnContext class that says so to service providers.
    pub fn class(self) -> &'static str {
        match self {
            Self::High => AC_SMARTCARD_PKI,
            Self::Substantial => AC_SMARTCARD,
            Self::Presence => AC_PRESENCE,
        }
    }

    /// What the card software is asked to do.
    pub fn method(self) -> &'static str {
        match self {
            Self::High | Self::Substantial => "piv-pin",
            Self::Presence => "piv-presence",
        }
    }

    /// The kind of card certificate that proves it.
    pub fn purpose(self) -> CardPurpose {
        match self {
            Self::High | Self::Substantial => CardPurpose::Authentication,
            Self::Presence => CardPurpose::Presence,
        }
    }

    /// The word that stands for it in the database.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::High => "high",
            Self::Substantial => "substantial",
            Self::Presence => "presence",
        }
    }

    pub(crate) fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.as_str() == word)
    }

    fn of_class(class: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.class() == class)
    }
}

impl From<CardLevel> for Level {
    fn from(level: CardLevel) -> Self {
        match level {
            CardLevel::High => Self::High,
            CardLevel::Substantial => Self::Substantial,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(comparison: Comparison, classes: &[&str]) -> Option<Level> {
        let classes = classes.iter().map(|&class| class.to_owned()).collect();
        Level::requested(Some(&RequestedContext { comparison, classes }))
    }

    #[test]
    fn nothing_asked_means_card_and_pin() {
        assert_eq!(Level::requested(None), Some(Level::High));
    }

    #[test]
    fn exact_takes_the_first_class_that_is_known() {
        let other = "urn:oasis:names:tc:SAML:2.0:ac:classes:Password";
        assert_eq!(asked(Comparison::Exact, &[AC_SMARTCARD_PKI]), Some(Level::High));
        assert_eq!(asked(Comparison::Exact, &[AC_PRESENCE]), Some(Level::Presence));
        assert_eq!(asked(Comparison::Exact, &[other, AC_PRESENCE]), Some(Level::Presence));
        assert_eq!(asked(Comparison::Exact, &[AC_SMARTCARD]), Some(Level::Substantial));
        assert_eq!(asked(Comparison::Exact, &[other]), None);
        assert_eq!(asked(Comparison::Exact, &[]), None);
    }

    #[test]
    fn a_minimum_is_a_person_and_the_rest_is_declined() {
        assert_eq!(asked(Comparison::Minimum, &[AC_PRESENCE]), Some(Level::High));
        assert_eq!(asked(Comparison::Minimum, &[AC_SMARTCARD]), Some(Level::Substantial));
        assert_eq!(asked(Comparison::Minimum, &[AC_SMARTCARD_PKI]), Some(Level::High));
        assert_eq!(asked(Comparison::Better, &[AC_PRESENCE]), None);
        assert_eq!(asked(Comparison::Maximum, &[AC_SMARTCARD_PKI]), None);
    }

    #[test]
    fn words_read_back() {
        for level in Level::ALL {
            assert_eq!(Level::parse(level.as_str()), Some(level));
        }
        assert_eq!(Level::parse("none"), None);
        assert!(Level::Presence < Level::Substantial && Level::Substantial < Level::High);
    }
}
