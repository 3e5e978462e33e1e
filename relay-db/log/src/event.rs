//! What the log records: an [`Event`] as a party states it, and the [`Entry`] it becomes.
//!
//! The leaf of the tree is the hash of an entry's canonical bytes: JSON by RFC 8785 (members in
//! alphabetical order, no blanks), which the field order of [`Entry`] gives by itself.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::action::Action;

/// The version of the entry's form that this code writes.
pub const ENTRY_VERSION: u8 = 1;
/// Bytes of most entries.
const USUAL: usize = 768;

/// Who acted. The tag is `as` because it must come first in the alphabet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "as", rename_all = "kebab-case")]
pub enum Actor {
    /// The subject.
    Oneself,
    /// A member of an organisation's staff.
    Staff {
        /// The organisation's code, e.g. 医療機関コード.
        code: String,
        /// The member's pseudonym.
        member: String,
        /// The organisation as people know it.
        name: String,
    },
    /// A server of the federation, by the party name of its certificate.
    Party {
        /// The party.
        name: String,
    },
    /// The other person of a mandate.
    Person {
        /// The mandate's id.
        mandate: String,
        /// What the subject calls the other.
        name: String,
    },
}

/// What came of it. Codes are stable and dotted, e.g. `level.low`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It was done.
    Done,
    /// The record left for the one who asked.
    Shown,
    /// The check was answered, with the verdict.
    Answered(String),
    /// There was nothing to show.
    Empty,
    /// Refused, with the code.
    Refused(String),
    /// The source did not answer, with the code.
    Failed(String),
}

/// One thing that happened, before the log gives it a place and a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// What happened.
    pub action: Action,
    /// Who acted.
    pub actor: Actor,
    /// What was asked for: services or fields.
    pub asked: Vec<String>,
    /// 認証番号 of an eligibility check.
    pub check_number: Option<String>,
    /// The server that asked, by the party name of its certificate.
    pub client: String,
    /// Legal ground, or the receipt of a consent.
    pub ground: Option<String>,
    /// What came of it.
    pub outcome: Outcome,
    /// What for (利用目的).
    pub purpose: Option<String>,
    /// Who was asked, by the identifier of the holder's connector.
    pub source: Option<String>,
    /// Whom it is about: the pseudonym that only this log's owner uses. None when nobody was
    /// found or nobody is meant; such events carry no running number.
    pub subject: Option<String>,
}

impl Event {
    /// Bytes of its texts together.
    pub fn weight(&self) -> usize {
        let texts = [&self.check_number, &self.ground, &self.purpose, &self.source, &self.subject];
        let optional = texts.into_iter().flatten().map(String::len).sum::<usize>();
        let asked = self.asked.iter().map(String::len).sum::<usize>();
        optional + asked + self.client.len() + self.actor.weight() + self.outcome.weight()
    }
}

impl Actor {
    fn weight(&self) -> usize {
        match self {
            Self::Oneself => 0,
            Self::Staff { code, member, name } => code.len() + member.len() + name.len(),
            Self::Party { name } => name.len(),
            Self::Person { mandate, name } => mandate.len() + name.len(),
        }
    }
}

impl Outcome {
    fn weight(&self) -> usize {
        match self {
            Self::Answered(code) | Self::Refused(code) | Self::Failed(code) => code.len(),
            Self::Done | Self::Shown | Self::Empty => 0,
        }
    }
}

/// An event with its place among its subject's events. Fields stand in alphabetical order: the
/// bytes of [`Entry::canonical`] depend on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// What happened.
    pub action: Action,
    /// Who acted.
    pub actor: Actor,
    /// What was asked for: services or fields.
    pub asked: Vec<String>,
    /// When the log took the event.
    pub at: Timestamp,
    /// 認証番号 of an eligibility check.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub check_number: Option<String>,
    /// The server that asked.
    pub client: String,
    /// Legal ground, or the receipt of a consent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ground: Option<String>,
    /// What came of it.
    pub outcome: Outcome,
    /// Leaf hash (64 hex digits) of the subject's previous event in the same series.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<String>,
    /// What for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purpose: Option<String>,
    /// 128 random bits (32 hex digits): nobody can guess an entry and test it against its leaf.
    pub salt: String,
    /// Running number among the subject's events of the series, from 1; 0 without a subject.
    pub sequence: u64,
    /// Who was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Whom it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// [`ENTRY_VERSION`].
    pub version: u8,
}

/// Where an event stands among its subject's events, and what makes its leaf unguessable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// When the log took the event.
    pub at: Timestamp,
    /// Running number, from 1; 0 without a subject.
    pub sequence: u64,
    /// Leaf hash of the subject's previous event, in hex.
    pub previous: Option<String>,
    /// 128 random bits in hex.
    pub salt: String,
}

impl Entry {
    /// Puts `event` in its `place`.
    pub fn new(event: Event, place: Place) -> Self {
        Self {
            action: event.action,
            actor: event.actor,
            asked: event.asked,
            at: place.at,
            check_number: event.check_number,
            client: event.client,
            ground: event.ground,
            outcome: event.outcome,
            previous: place.previous,
            purpose: event.purpose,
            salt: place.salt,
            sequence: place.sequence,
            source: event.source,
            subject: event.subject,
            version: ENTRY_VERSION,
        }
    }

    /// The bytes whose hash is the leaf.
    pub fn canonical(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(self)
    }

    /// As [`canonical`](Self::canonical), of an entry that is not made.
    pub fn bytes_of(event: &Event, place: &Place) -> Result<Vec<u8>, serde_json::Error> {
        let mut bytes = Vec::with_capacity(USUAL);
        serde_json::to_writer(&mut bytes, &Line::new(event, place))?;
        Ok(bytes)
    }

    /// Reads canonical bytes back.
    pub fn parse(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(bytes)
    }
}

/// An [`Entry`] that borrows what it says.
#[derive(Serialize)]
struct Line<'a> {
    action: Action,
    actor: &'a Actor,
    asked: &'a [String],
    at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    check_number: Option<&'a str>,
    client: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    ground: Option<&'a str>,
    outcome: &'a Outcome,
    #[serde(skip_serializing_if = "Option::is_none")]
    previous: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    purpose: Option<&'a str>,
    salt: &'a str,
    sequence: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<&'a str>,
    version: u8,
}

impl<'a> Line<'a> {
    fn new(event: &'a Event, place: &'a Place) -> Self {
        Self {
            action: event.action,
            actor: &event.actor,
            asked: &event.asked,
            at: place.at,
            check_number: event.check_number.as_deref(),
            client: &event.client,
            ground: event.ground.as_deref(),
            outcome: &event.outcome,
            previous: place.previous.as_deref(),
            purpose: event.purpose.as_deref(),
            salt: &place.salt,
            sequence: place.sequence,
            source: event.source.as_deref(),
            subject: event.subject.as_deref(),
            version: ENTRY_VERSION,
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A check of `subject`'s eligibility by a clinic.
    pub(crate) fn check_of(subject: Option<&str>) -> Event {
        Event {
            action: Action::EligibilityChecked,
            actor: Actor::Staff {
                code: "1310000001".into(),
                member: "member".into(),
                name: "第一診療所 \"内科\"\n".into(),
            },
            asked: vec!["eligibility".into()],
            check_number: Some("00000000000000000000".into()),
            client: "portal".into(),
            ground: None,
            outcome: Outcome::Answered("valid".into()),
            purpose: Some("treatment".into()),
            source: Some("insurer".into()),
            subject: subject.map(str::to_owned),
        }
    }

    fn place() -> Place {
        Place {
            at: "2026-11-20T00:00:00.000001Z".parse().unwrap(),
            sequence: 2,
            previous: Some("ab".repeat(32)),
            salt: "cd".repeat(16),
        }
    }

    fn entry() -> Entry {
        Entry::new(check_of(Some("subject")), place())
    }

    /// Every object's members in alphabetical order, no blank outside strings: RFC 8785 for data
    /// without fractions.
    fn assert_canonical(bytes: &[u8]) {
        let value: serde_json::Value = serde_json::from_slice(bytes).unwrap();
        assert_eq!(sorted(&value), String::from_utf8(bytes.to_vec()).unwrap());
    }

    fn sorted(value: &serde_json::Value) -> String {
        match value {
            serde_json::Value::Object(members) => {
                let mut names: Vec<_> = members.keys().collect();
                names.sort();
                let inner: Vec<_> = names
                    .into_iter()
                    .map(|name| {
                        let text = serde_json::Value::from(name.as_str()).to_string();
                        format!("{text}:{}", sorted(&members[name]))
                    })
                    .collect();
                format!("{{{}}}", inner.join(","))
            }
            serde_json::Value::Array(items) => {
                format!("[{}]", items.iter().map(sorted).collect::<Vec<_>>().join(","))
            }
            other => other.to_string(),
        }
    }

    #[test]
    fn the_bytes_are_canonical_and_read_back() {
        let bytes = entry().canonical().unwrap();
        assert_canonical(&bytes);
        assert_eq!(Entry::parse(&bytes).unwrap(), entry());
    }

    #[test]
    fn what_is_borrowed_is_written_alike() {
        let last = Place { previous: None, sequence: 0, ..place() };
        for (event, place) in [(check_of(Some("subject")), place()), (check_of(None), last)] {
            let bytes = Entry::bytes_of(&event, &place).unwrap();
            assert_eq!(bytes, Entry::new(event, place).canonical().unwrap());
        }
    }

    #[test]
    fn names_and_meanings_are_those_of_the_wire() {
        for action in Action::ALL {
            let wire = serde_json::to_value(action).unwrap();
            assert_eq!(wire, action.name());
            assert!(action.meaning().ends_with('.'));
        }
    }

    #[test]
    fn an_unknown_member_is_refused() {
        let text = String::from_utf8(entry().canonical().unwrap()).unwrap();
        let more = text.replacen('{', "{\"aaa\":1,", 1);
        assert!(Entry::parse(more.as_bytes()).is_err());
    }

    proptest! {
        #[test]
        fn any_words_stay_canonical(words in "\\PC{0,40}", code in ".{0,20}") {
            let mut entry = entry();
            entry.client = words;
            entry.outcome = Outcome::Refused(code);
            assert_canonical(&entry.canonical().unwrap());
        }

        #[test]
        fn any_bytes_are_refused_or_read(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let _ = Entry::parse(&bytes);
        }
    }
}
