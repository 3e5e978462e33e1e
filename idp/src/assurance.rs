//! How surely the identity provider knows whose card it was: the ladder that AuthnContext classes
//! stand on, and how what a service provider asks for is read on it.

use warifu_pki::{CardLevel, CardPurpose};
use warifu_saml::names::{
    AC_IDENTIFIER, AC_PRESENCE, AC_REFEDS_MFA, AC_SMARTCARD, AC_SMARTCARD_PKI,
};
use warifu_saml::{Comparison, RequestedContext};

/// A level of assurance, lowest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// A card's number was read, which anybody can copy: not even the card is proven. Given to those
    /// who ask for nothing else and may, and never opens a session.
    Identifier,
    /// A card lies on the desk's reader; its holder was asked for nothing. Never opens a session.
    Presence,
    /// A card and its PIN, of an issuer who is less sure whose card it is, or who binds it to its
    /// holder less firmly.
    Substantial,
    /// A card and the PIN that only the card checks.
    High,
}

impl Level {
    const ALL: [Self; 4] = [Self::High, Self::Substantial, Self::Presence, Self::Identifier];

    /// Whether somebody proved to be there: what a session needs.
    pub(crate) fn is_of_a_person(self) -> bool {
        self >= Self::Substantial
    }

    /// The AuthnContext class that says so, where nobody asked for another one.
    pub fn class(self) -> &'static str {
        match self {
            Self::High => AC_SMARTCARD_PKI,
            Self::Substantial => AC_SMARTCARD,
            Self::Presence => AC_PRESENCE,
            Self::Identifier => AC_IDENTIFIER,
        }
    }

    /// The kind of card certificate that proves it.
    pub fn purpose(self) -> CardPurpose {
        match self {
            Self::High | Self::Substantial => CardPurpose::Authentication,
            Self::Presence | Self::Identifier => CardPurpose::Presence,
        }
    }

    /// The word that stands for it in the database.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::High => "high",
            Self::Substantial => "substantial",
            Self::Presence => "presence",
            Self::Identifier => "identifier",
        }
    }

    pub(crate) fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.as_str() == word)
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

/// An AuthnContext class that means something here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Class {
    /// Its URI, as it is asked for and said.
    pub(crate) uri: &'static str,
    /// Where it stands: a session from that level on may truthfully be said to be of this class.
    pub(crate) level: Level,
}

const fn class(uri: &'static str, level: Level) -> Class {
    Class { uri, level }
}

/// A person's classes of our own ladder, the strongest first.
const OWN: [Class; 2] =
    [class(AC_SMARTCARD_PKI, Level::High), class(AC_SMARTCARD, Level::Substantial)];
/// Two factors, card and PIN, which each level of a person has.
const MFA: Class = class(AC_REFEDS_MFA, Level::Substantial);
const IDENTIFIER: Class = class(AC_IDENTIFIER, Level::Identifier);
const KNOWN: [Class; 5] = [OWN[0], OWN[1], MFA, class(AC_PRESENCE, Level::Presence), IDENTIFIER];

impl Class {
    fn of(uri: &str) -> Option<Self> {
        KNOWN.into_iter().find(|known| known.uri == uri)
    }
}

/// What a service provider wants to hear: the classes that would do, those that it likes best first.
/// Never empty; an identifier stands alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wanted(Vec<Class>);

/// Where nobody says: card and the PIN that the card checks.
impl Default for Wanted {
    fn default() -> Self {
        Self(vec![OWN[0]])
    }
}

impl Wanted {
    /// Reads a request by the ladder (SAML core §3.3.2.2.1). `None` when it asks for nothing that
    /// the identity provider can give; classes that it does not know are passed over.
    ///
    /// `exact`: each class asked for will do, in the asker's order; what is said is the first that
    /// is true of the session, and a stronger sign-in is begun only where none is. `minimum`:
    /// whatever is at least as strong as the weakest of them. `better`: whatever is stronger than
    /// each of them. `maximum`: the strongest of them, and no more is said.
    ///
    /// An identifier is for those who may have one (`identifies`) and ask for exactly that.
    pub(crate) fn read(context: Option<&RequestedContext>, identifies: bool) -> Option<Self> {
        let Some(context) = context else { return Some(Self::default()) };
        if identifies && asks_for_identifier(context) {
            return Some(Self(vec![IDENTIFIER]));
        }
        let asked: Vec<_> = context.classes.iter().filter_map(|uri| Class::of(uri)).collect();
        let levels = || asked.iter().map(|class| class.level);
        let (lowest, highest) = (levels().min()?, levels().max()?);
        let mut fitting = match context.comparison {
            Comparison::Exact => asked,
            Comparison::Minimum => at_least(lowest, asked.contains(&MFA)),
            Comparison::Better => OWN.into_iter().filter(|own| own.level > highest).collect(),
            Comparison::Maximum => asked.into_iter().filter(|one| one.level == highest).collect(),
        };
        fitting.retain(|class| class.level > Level::Identifier);
        (!fitting.is_empty()).then_some(Self(fitting))
    }

    /// Whether mere presence is what it likes best: a tap at a desk, by staff.
    pub(crate) fn is_tap(&self) -> bool {
        self.0.first().is_some_and(|class| class.level == Level::Presence)
    }

    /// Whether it is who it might be, by a card's number.
    pub(crate) fn is_identifier(&self) -> bool {
        self.0.first().is_some_and(|class| class.level == Level::Identifier)
    }

    /// The least level of a person that will do.
    pub(crate) fn least(&self) -> Level {
        let levels = self.0.iter().map(|class| class.level);
        levels.filter(|level| level.is_of_a_person()).min().unwrap_or(Level::Presence)
    }

    /// What a session of that level is said to be: the first class that is true of it.
    pub(crate) fn said_of(&self, level: Level) -> Option<Class> {
        let fits = |class: &Class| class.level.is_of_a_person() && class.level <= level;
        self.0.iter().copied().find(fits)
    }

    /// The words that stand for it in the database.
    pub(crate) fn to_words(&self) -> String {
        let uris: Vec<_> = self.0.iter().map(|class| class.uri).collect();
        uris.join(" ")
    }

    pub(crate) fn parse(words: &str) -> Option<Self> {
        let classes = words.split(' ').map(Class::of).collect::<Option<Vec<_>>>();
        classes.map(Self)
    }
}

/// Whether that alone would do, whatever else there is.
fn asks_for_identifier(context: &RequestedContext) -> bool {
    let alone = context.classes.iter().all(|uri| uri == AC_IDENTIFIER);
    context.comparison == Comparison::Exact && alone && !context.classes.is_empty()
}

/// Whatever is at least as strong as that, and a person's: who would take mere presence as the least
/// wants somebody, and gets them. Who knows REFEDS' name for two factors hears it.
fn at_least(lowest: Level, knows_mfa: bool) -> Vec<Class> {
    let mfa = knows_mfa.then_some(MFA).into_iter();
    mfa.chain(OWN).filter(|class| class.level >= lowest).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PASSWORD: &str = "urn:oasis:names:tc:SAML:2.0:ac:classes:Password";

    fn read(comparison: Comparison, classes: &[&str]) -> Option<Wanted> {
        let classes = classes.iter().map(|&class| class.to_owned()).collect();
        Wanted::read(Some(&RequestedContext { comparison, classes }), false)
    }

    /// What is said of a session at substantial and of one at high.
    fn said(
        comparison: Comparison,
        classes: &[&str],
    ) -> (Option<&'static str>, Option<&'static str>) {
        let wanted = read(comparison, classes);
        let at = |level| wanted.as_ref()?.said_of(level).map(|class| class.uri);
        (at(Level::Substantial), at(Level::High))
    }

    #[test]
    fn the_ladder_has_an_order() {
        let mut ladder = Level::ALL;
        ladder.reverse();
        assert!(ladder.is_sorted());
        assert!(!Level::Identifier.is_of_a_person() && !Level::Presence.is_of_a_person());
        assert!(Level::Substantial.is_of_a_person());
    }

    #[test]
    fn nothing_asked_means_card_and_the_pin_that_the_card_checks() {
        let wanted = Wanted::read(None, true).unwrap();
        assert_eq!(wanted.least(), Level::High);
        assert_eq!(wanted.said_of(Level::High).unwrap().uri, AC_SMARTCARD_PKI);
        assert_eq!(wanted.said_of(Level::Substantial), None);
    }

    #[test]
    fn exact_takes_the_first_class_in_the_askers_order_that_is_true() {
        let (pki, card) = (Some(AC_SMARTCARD_PKI), Some(AC_SMARTCARD));
        assert_eq!(said(Comparison::Exact, &[AC_SMARTCARD_PKI]), (None, pki));
        assert_eq!(said(Comparison::Exact, &[AC_SMARTCARD]), (card, card));
        assert_eq!(said(Comparison::Exact, &[AC_SMARTCARD_PKI, AC_SMARTCARD]), (card, pki));
        assert_eq!(said(Comparison::Exact, &[AC_SMARTCARD, AC_SMARTCARD_PKI]), (card, card));
        assert_eq!(said(Comparison::Exact, &[PASSWORD, AC_SMARTCARD]), (card, card));
        assert_eq!(read(Comparison::Exact, &[AC_SMARTCARD_PKI, AC_SMARTCARD]).unwrap().least(), {
            Level::Substantial
        });
    }

    #[test]
    fn two_factors_by_the_name_of_refeds_are_card_and_pin() {
        let mfa = Some(AC_REFEDS_MFA);
        assert_eq!(said(Comparison::Exact, &[AC_REFEDS_MFA]), (mfa, mfa));
        assert_eq!(said(Comparison::Exact, &[AC_REFEDS_MFA, PASSWORD]), (mfa, mfa));
        assert_eq!(said(Comparison::Minimum, &[AC_REFEDS_MFA]), (mfa, mfa));
        assert_eq!(said(Comparison::Maximum, &[AC_REFEDS_MFA]), (mfa, mfa));
        assert_eq!(said(Comparison::Better, &[AC_REFEDS_MFA]), (None, Some(AC_SMARTCARD_PKI)));
        assert_eq!(read(Comparison::Exact, &[AC_REFEDS_MFA]).unwrap().least(), Level::Substantial);
    }

    #[test]
    fn a_minimum_is_a_person_who_is_called_what_they_are() {
        let (pki, card) = (Some(AC_SMARTCARD_PKI), Some(AC_SMARTCARD));
        assert_eq!(said(Comparison::Minimum, &[AC_SMARTCARD]), (card, pki));
        assert_eq!(said(Comparison::Minimum, &[AC_SMARTCARD_PKI]), (None, pki));
        for low in [AC_PRESENCE, AC_IDENTIFIER] {
            let wanted = read(Comparison::Minimum, &[low]).unwrap();
            assert_eq!((wanted.is_tap(), wanted.least()), (false, Level::Substantial), "{low}");
        }
        assert_eq!(said(Comparison::Minimum, &[AC_SMARTCARD_PKI, AC_SMARTCARD]), (card, pki));
    }

    #[test]
    fn better_is_stronger_than_each_that_is_named() {
        let (pki, card) = (Some(AC_SMARTCARD_PKI), Some(AC_SMARTCARD));
        assert_eq!(said(Comparison::Better, &[AC_PRESENCE]), (card, pki));
        assert_eq!(said(Comparison::Better, &[AC_SMARTCARD]), (None, pki));
        assert_eq!(said(Comparison::Better, &[AC_PRESENCE, AC_SMARTCARD]), (None, pki));
        assert_eq!(read(Comparison::Better, &[AC_SMARTCARD_PKI]), None);
        assert_eq!(read(Comparison::Better, &[AC_SMARTCARD_PKI, AC_PRESENCE]), None);
    }

    #[test]
    fn a_maximum_is_the_strongest_that_is_named_and_no_more_is_said() {
        let (pki, card) = (Some(AC_SMARTCARD_PKI), Some(AC_SMARTCARD));
        assert_eq!(said(Comparison::Maximum, &[AC_SMARTCARD_PKI]), (None, pki));
        assert_eq!(said(Comparison::Maximum, &[AC_SMARTCARD]), (card, card));
        assert_eq!(said(Comparison::Maximum, &[AC_PRESENCE, AC_SMARTCARD]), (card, card));
        assert!(read(Comparison::Maximum, &[AC_PRESENCE]).unwrap().is_tap());
        assert_eq!(read(Comparison::Maximum, &[AC_IDENTIFIER]), None);
    }

    #[test]
    fn a_tap_is_what_is_asked_for_first() {
        let tap = read(Comparison::Exact, &[AC_PRESENCE]).unwrap();
        assert!(tap.is_tap() && tap.said_of(Level::High).is_none());
        assert!(!read(Comparison::Exact, &[AC_SMARTCARD_PKI, AC_PRESENCE]).unwrap().is_tap());
        assert_eq!(said(Comparison::Exact, &[AC_PRESENCE, AC_SMARTCARD]).0, Some(AC_SMARTCARD));
    }

    #[test]
    fn an_identifier_is_for_who_may_have_it_and_asks_for_nothing_else() {
        use Comparison::{Better, Exact, Maximum, Minimum};
        let read = |may, comparison, classes: &[&str]| {
            let classes = classes.iter().map(|&class| class.to_owned()).collect();
            Wanted::read(Some(&RequestedContext { comparison, classes }), may)
        };
        assert_eq!(read(false, Exact, &[AC_IDENTIFIER]), None);
        let wanted = read(true, Exact, &[AC_IDENTIFIER]).unwrap();
        assert!(
            wanted.is_identifier() && !wanted.is_tap() && wanted.said_of(Level::High).is_none()
        );
        for (comparison, classes) in [
            (Exact, &[AC_IDENTIFIER, AC_SMARTCARD][..]),
            (Exact, &[AC_IDENTIFIER, AC_PRESENCE]),
            (Exact, &[AC_IDENTIFIER, PASSWORD]),
            (Exact, &[]),
            (Minimum, &[AC_IDENTIFIER]),
            (Maximum, &[AC_IDENTIFIER]),
            (Better, &[AC_IDENTIFIER]),
        ] {
            let wanted = read(true, comparison, classes);
            assert!(wanted.is_none_or(|it| !it.is_identifier()), "{comparison:?} {classes:?}");
        }
    }

    #[test]
    fn what_nobody_knows_cannot_be_given() {
        for comparison in
            [Comparison::Exact, Comparison::Minimum, Comparison::Better, Comparison::Maximum]
        {
            assert_eq!(read(comparison, &[PASSWORD]), None);
            assert_eq!(read(comparison, &[]), None, "a declaration");
        }
    }

    #[test]
    fn words_read_back() {
        for level in Level::ALL {
            assert_eq!(Level::parse(level.as_str()), Some(level));
        }
        assert_eq!(Level::parse("none"), None);
        assert_eq!(Wanted::parse(""), None);
        assert_eq!(Wanted::parse(PASSWORD), None);
    }

    proptest! {
        #[test]
        fn what_is_said_never_exceeds_what_was_proven(
            order in prop::collection::vec(0_usize..6, 0..8),
            comparison in 0_usize..4,
        ) {
            let uris = [PASSWORD, AC_SMARTCARD_PKI, AC_SMARTCARD, AC_REFEDS_MFA, AC_PRESENCE, AC_IDENTIFIER];
            let asked: Vec<_> = order.iter().map(|&at| uris[at]).collect();
            let comparison = [Comparison::Exact, Comparison::Minimum, Comparison::Better, Comparison::Maximum][comparison];
            let Some(wanted) = read(comparison, &asked) else { return Ok(()) };
            prop_assert_eq!(Wanted::parse(&wanted.to_words()), Some(wanted.clone()));
            for level in [Level::Substantial, Level::High] {
                let said = wanted.said_of(level);
                prop_assert!(said.is_none_or(|class| class.level <= level && class.level.is_of_a_person()));
                prop_assert_eq!(said.is_some(), wanted.least().is_of_a_person() && level >= wanted.least());
                if comparison == Comparison::Exact {
                    prop_assert!(said.is_none_or(|class| asked.contains(&class.uri)));
                }
            }
        }
    }
}
