//! The terms as a form: what the service is told, each with its meaning, and how.

use std::num::NonZeroU32;

use warifu_service::words::Voice;

use crate::config::{AttributeName, EncryptionChoice, NameIdChoice, SigningChoice};
use crate::provider::Terms;

/// The form.
pub(super) struct TermsForm {
    pub(super) attributes: Vec<Tick>,
    pub(super) flags: Vec<Tick>,
    pub(super) choices: Vec<Choice>,
    pub(super) limits: Vec<Limit>,
}

/// Something to tick.
pub(super) struct Tick {
    pub(super) name: &'static str,
    pub(super) label: String,
    pub(super) meaning: String,
    pub(super) ticked: bool,
}

/// One of several.
pub(super) struct Choice {
    pub(super) name: &'static str,
    pub(super) label: String,
    pub(super) options: Vec<Pick>,
}

/// One of those.
pub(super) struct Pick {
    pub(super) value: &'static str,
    pub(super) label: String,
    pub(super) chosen: bool,
}

/// A number of minutes, or none.
pub(super) struct Limit {
    pub(super) name: &'static str,
    pub(super) label: String,
    pub(super) minutes: String,
}

const ENCRYPTION: [(EncryptionChoice, &str); 3] = [
    (EncryptionChoice::Required, "required"),
    (EncryptionChoice::IfPossible, "if-possible"),
    (EncryptionChoice::Never, "never"),
];
const SIGNING: [(SigningChoice, &str); 2] =
    [(SigningChoice::Rsa, "rsa"), (SigningChoice::P256, "p256")];
const ABSOLUTE: &str = "session-absolute";
const IDLE: &str = "session-idle";
const NAMES: [(NameIdChoice, &str); 2] =
    [(NameIdChoice::Transient, "transient"), (NameIdChoice::Persistent, "persistent")];

impl TermsForm {
    pub(super) fn of(terms: &Terms, voice: Voice<'_>) -> Self {
        let attribute = |it: AttributeName| {
            let key = format!("attribute-{}", it.as_str());
            let meaning = voice.attribute(&key, "person");
            let ticked = terms.attributes.contains(&it);
            Tick { name: it.as_str(), label: voice.say(&key), meaning, ticked }
        };
        let flag = |name: &'static str, ticked| {
            let label = voice.say(&format!("registry-terms-{name}"));
            Tick { name, label, meaning: String::new(), ticked }
        };
        let limit = |name: &'static str, minutes: Option<NonZeroU32>| {
            let label = voice.say(&format!("registry-terms-{name}"));
            let minutes = minutes.map(|minutes| minutes.to_string()).unwrap_or_default();
            Limit { name, label, minutes }
        };
        Self {
            attributes: AttributeName::ALL.map(attribute).into(),
            flags: vec![
                flag("consent", terms.consent),
                flag("idp-initiated", terms.idp_initiated),
                flag("identification", terms.identification),
            ],
            choices: vec![
                choice("encryption", "encryption", &ENCRYPTION, terms.encryption, voice),
                choice("signing", "signing", &SIGNING, terms.signing, voice),
                choice("name", "name", &NAMES, terms.name_id, voice),
            ],
            limits: vec![
                limit(ABSOLUTE, terms.session_absolute_minutes),
                limit(IDLE, terms.session_idle_minutes),
            ],
        }
    }
}

fn choice<T: Copy + PartialEq>(
    name: &'static str,
    words: &str,
    all: &[(T, &'static str)],
    chosen: T,
    voice: Voice<'_>,
) -> Choice {
    let pick = |&(value, word): &(T, &'static str)| Pick {
        value: word,
        label: voice.say(&format!("registry-{words}-{word}")),
        chosen: value == chosen,
    };
    let label = voice.say(&format!("registry-terms-{name}"));
    Choice { name, label, options: all.iter().map(pick).collect() }
}

/// The terms that a form says, over those that it does not speak of.
pub(super) fn apply(form: &[(String, String)], terms: &mut Terms) {
    let value = |name: &str| form.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str());
    let ticked = |name: &str| value(name).is_some();
    terms.attributes = AttributeName::ALL.into_iter().filter(|it| ticked(it.as_str())).collect();
    (terms.consent, terms.idp_initiated) = (ticked("consent"), ticked("idp-initiated"));
    terms.identification = ticked("identification");
    terms.encryption = named(&ENCRYPTION, value("encryption"), terms.encryption);
    terms.signing = named(&SIGNING, value("signing"), terms.signing);
    terms.name_id = named(&NAMES, value("name"), terms.name_id);
    let (absolute, idle) = (terms.session_absolute_minutes, terms.session_idle_minutes);
    terms.session_absolute_minutes = minutes(value(ABSOLUTE), absolute);
    terms.session_idle_minutes = minutes(value(IDLE), idle);
}

/// Nothing: no limit. What is no number was not made by our form, and changes nothing.
fn minutes(text: Option<&str>, otherwise: Option<NonZeroU32>) -> Option<NonZeroU32> {
    match text.map(str::trim) {
        None => otherwise,
        Some("") => None,
        Some(text) => text.parse().map_or(otherwise, Some),
    }
}

fn named<T: Copy>(all: &[(T, &str)], word: Option<&str>, otherwise: T) -> T {
    all.iter().find(|(_, known)| Some(*known) == word).map_or(otherwise, |(value, _)| *value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::words;
    use proptest::prelude::*;
    use warifu_service::words::Language;

    fn form_of(terms: &Terms) -> Vec<(String, String)> {
        let words = words().unwrap();
        let form = TermsForm::of(terms, words.in_(Language::En));
        let ticks = form.attributes.iter().chain(&form.flags).filter(|tick| tick.ticked);
        let ticks = ticks.map(|tick| (tick.name.to_owned(), "on".to_owned()));
        let picks = form.choices.iter().flat_map(|choice| {
            let chosen = choice.options.iter().filter(|pick| pick.chosen);
            chosen.map(|pick| (choice.name.to_owned(), pick.value.to_owned()))
        });
        let limits = form.limits.iter().map(|one| (one.name.to_owned(), one.minutes.clone()));
        ticks.chain(picks).chain(limits).collect()
    }

    #[test]
    fn what_a_form_shows_is_what_it_says() {
        let other = Terms {
            attributes: vec![AttributeName::PairwiseId, AttributeName::Roles],
            signing: SigningChoice::P256,
            encryption: EncryptionChoice::Never,
            consent: false,
            idp_initiated: true,
            identification: true,
            name_id: NameIdChoice::Persistent,
            session_absolute_minutes: NonZeroU32::new(60),
            session_idle_minutes: NonZeroU32::new(5),
        };
        for terms in [Terms::default(), other] {
            let mut said = Terms::default();
            apply(&form_of(&terms), &mut said);
            assert_eq!(said, terms);
        }
    }

    #[test]
    fn a_limit_is_a_number_of_minutes_or_none() {
        let five = NonZeroU32::new(5);
        assert_eq!(minutes(Some(" 7 "), five), NonZeroU32::new(7));
        assert_eq!(minutes(Some(""), five), None);
        for odd in [None, Some("0"), Some("-1"), Some("soon"), Some("99999999999")] {
            assert_eq!(minutes(odd, five), five, "{odd:?}");
        }
    }

    proptest! {
        #[test]
        fn any_form_is_read(form in prop::collection::vec(("\\PC{0,12}", "\\PC{0,12}"), 0..20)) {
            let mut terms = Terms::default();
            apply(&form, &mut terms);
            prop_assert!(terms.attributes.len() <= AttributeName::ALL.len());
        }
    }
}
