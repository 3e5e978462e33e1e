//! What a request lets a card prove, and the kinds of cards that can.

use serde::Deserialize;
use warifu_card::PkiKind;

use crate::words::Language;

/// What is to be proven.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Method {
    /// The holder is there: PIV's key 9A, with PIN.
    PivPin,
    /// The card is there: PIV's key 9E, without PIN.
    PivPresence,
    /// The holder is there: JPKI's user authentication key, with PIN.
    JpkiPin,
    /// The card is there: the MAC of a FeliCa card, which the identity provider checks.
    Felica,
    /// Nothing: the identifier that a FeliCa card tells every reader.
    FelicaIdm,
}

impl Method {
    /// The kind of card that can prove it.
    pub(crate) const fn kind(self) -> CardKind {
        match self {
            Self::PivPin | Self::PivPresence => CardKind::Piv,
            Self::JpkiPin => CardKind::Jpki,
            Self::Felica | Self::FelicaIdm => CardKind::Felica,
        }
    }
}

/// At least one method, each at most once. The first that a card can do is the one.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Vec<Method>")]
pub(crate) struct Methods(Vec<Method>);

impl TryFrom<Vec<Method>> for Methods {
    type Error = &'static str;

    fn try_from(methods: Vec<Method>) -> Result<Self, Self::Error> {
        let twice = |(place, method)| methods.iter().skip(place + 1).any(|other| other == method);
        if methods.is_empty() || methods.iter().enumerate().any(twice) {
            return Err("one or more methods, each once");
        }
        Ok(Self(methods))
    }
}

impl Methods {
    /// That one alone.
    pub(crate) fn only(method: Method) -> Self {
        Self(vec![method])
    }

    pub(crate) fn include(&self, method: Method) -> bool {
        self.0.contains(&method)
    }

    /// Those that a card of contactless readers' storage kind can do, or those that others can
    /// before the rest.
    pub(crate) fn for_card(&self, storage: bool) -> Vec<Method> {
        let is_felica = |method: &Method| method.kind() == CardKind::Felica;
        let (felica, applications): (Vec<_>, Vec<_>) = self.0.iter().copied().partition(is_felica);
        if storage { felica } else { [applications, felica].concat() }
    }

    /// The stable code that says which kinds of cards are asked for.
    pub(crate) fn wanted(&self) -> &'static str {
        let kind = |wanted| self.0.iter().any(|method| method.kind() == wanted);
        match (kind(CardKind::Piv), kind(CardKind::Jpki), kind(CardKind::Felica)) {
            (true, false, false) => "card.piv-wanted",
            (false, true, false) => "card.jpki-wanted",
            (false, false, true) => "card.felica-wanted",
            (true, true, false) => "card.piv-or-jpki-wanted",
            (true, false, true) => "card.piv-or-felica-wanted",
            (false, true, true) => "card.jpki-or-felica-wanted",
            _ => "card.unknown",
        }
    }
}

/// A kind of card, as people tell them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CardKind {
    /// A PIV card of the card office.
    Piv,
    /// A card with JPKI.
    Jpki,
    /// A FeliCa card.
    Felica,
}

impl CardKind {
    /// Its name for people.
    pub(crate) fn name(self, language: Language) -> String {
        language.say(match self {
            Self::Piv => "kind-piv",
            Self::Jpki => "kind-jpki",
            Self::Felica => "kind-felica",
        })
    }
}

impl From<PkiKind> for CardKind {
    fn from(kind: PkiKind) -> Self {
        match kind {
            PkiKind::Piv => Self::Piv,
            PkiKind::Jpki => Self::Jpki,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn methods(json: &str) -> Option<Methods> {
        serde_json::from_str(json).ok()
    }

    #[test]
    fn a_list_names_each_method_once() {
        let all = methods(r#"["piv-pin","jpki-pin","felica","piv-presence"]"#).unwrap();
        assert_eq!(all.for_card(true), [Method::Felica]);
        assert_eq!(all.for_card(false).last(), Some(&Method::Felica));
        for wrong in ["[]", r#""piv-pin""#, r#"["felica","felica"]"#, r#"["idm"]"#] {
            assert_eq!(methods(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn the_code_says_which_card_is_asked_for() {
        for (list, code) in [
            (r#"["piv-pin"]"#, "card.piv-wanted"),
            (r#"["piv-presence","felica"]"#, "card.piv-or-felica-wanted"),
            (r#"["piv-pin","jpki-pin"]"#, "card.piv-or-jpki-wanted"),
            (r#"["felica"]"#, "card.felica-wanted"),
            (r#"["felica-idm"]"#, "card.felica-wanted"),
            (r#"["piv-pin","jpki-pin","felica"]"#, "card.unknown"),
        ] {
            assert_eq!(methods(list).unwrap().wanted(), code);
        }
    }
}
