//! The form by which a person finds a part of the own history: who looked, at what, on which consent.

use serde::Deserialize;
use url::form_urlencoded;
use warifu_contract::records::Service;
use warifu_service::words::Voice;

/// What is sought; an empty field seeks nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Sought {
    /// `others`, `oneself`, or an organisation's code.
    who: String,
    /// `eligibility`, or a service's name.
    service: String,
    /// A consent's id.
    consent: String,
}

/// The form as it stands.
#[derive(Debug, Clone)]
pub struct SoughtView {
    /// Who looked.
    pub who: Vec<Pick>,
    /// At what.
    pub what: Vec<Pick>,
    /// The consent; empty for none.
    pub consent: String,
    /// Something is sought.
    pub is_narrow: bool,
}

/// One of several values.
#[derive(Debug, Clone)]
pub struct Pick {
    /// As the address has it.
    pub value: String,
    /// As people read it.
    pub label: String,
    /// It is the one.
    pub chosen: bool,
}

impl Sought {
    /// As a query for the relay.
    pub fn filled(&self) -> Vec<(&'static str, &str)> {
        let all = [("who", &self.who), ("service", &self.service), ("consent", &self.consent)];
        let filled = all.into_iter().filter(|(_, value)| !value.is_empty());
        filled.map(|(name, value)| (name, value.as_str())).collect()
    }

    /// The address of the history page with this and more.
    pub fn address(&self, before: Option<u64>) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(self.filled());
        query.extend_pairs(before.map(|before| ("before", before.to_string())));
        match query.finish() {
            query if query.is_empty() => "/history".to_owned(),
            query => format!("/history?{query}"),
        }
    }

    /// The form.
    pub fn view(&self, voice: Voice<'_>) -> SoughtView {
        let pick = |chosen: &str, value: &str, label: String| Pick {
            value: value.to_owned(),
            chosen: chosen == value,
            label,
        };
        let who = |value: &str, key: &str| pick(&self.who, value, voice.say(key));
        let mut people = vec![
            who("", "sought-who-all"),
            who("others", "sought-who-others"),
            who("oneself", "sought-who-oneself"),
        ];
        if !people.iter().any(|pick| pick.chosen) {
            people.push(pick(&self.who, &self.who, self.who.clone()));
        }
        let what = |value: &str, key: &str| pick(&self.service, value, voice.say(key));
        let services = Service::ALL
            .map(|service| what(service.as_str(), &format!("history-what-{}", service.as_str())));
        let first = [what("", "sought-what-all"), what("eligibility", "history-what-eligibility")];
        SoughtView {
            who: people,
            what: first.into_iter().chain(services).collect(),
            consent: self.consent.clone(),
            is_narrow: !self.filled().is_empty(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sought(who: &str, service: &str, consent: &str) -> Sought {
        Sought { who: who.into(), service: service.into(), consent: consent.into() }
    }

    #[test]
    fn the_address_keeps_what_is_sought() {
        assert_eq!(sought("", "", "").address(None), "/history");
        assert_eq!(sought("", "", "").address(Some(7)), "/history?before=7");
        let hostile = sought("a&b=c", "pension", "");
        assert_eq!(hostile.address(Some(7)), "/history?who=a%26b%3Dc&service=pension&before=7");
    }

    #[test]
    fn the_form_shows_what_is_sought_and_one_pick_of_each() {
        let words = crate::words::words().unwrap();
        for who in ["", "others", "1310000001"] {
            let view =
                sought(who, "checkup", "").view(words.in_(warifu_service::words::Language::Ja));
            let chosen = |picks: &[Pick]| {
                picks
                    .iter()
                    .filter(|pick| pick.chosen)
                    .map(|pick| pick.value.clone())
                    .collect::<Vec<_>>()
            };
            assert_eq!(chosen(&view.who), [who]);
            assert_eq!(chosen(&view.what), ["checkup"]);
        }
    }
}
