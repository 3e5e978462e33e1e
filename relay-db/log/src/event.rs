//! What the log records: an [`Event`] as a party states it, and the [`Entry`] it becomes.
//!
//! The leaf of the tree is the hash of an entry's canonical bytes: JSON by RFC 8785 (members in
//! alphabetical order, no blanks), which the field order of [`Entry`] gives by itself.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The version of the entry's form that this code writes.
pub const ENTRY_VERSION: u8 = 1;
/// Bytes of most entries.
const USUAL: usize = 768;

/// What happened. The name on the left of the table in the manual.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// A sign-in was exchanged for an access token.
    TokenIssued,
    /// An access token was asked for and refused.
    TokenRefused,
    /// A person's sign-ins were ended before their time.
    SessionRevoked,
    /// A person was linked to a holder of records.
    LinkMade,
    /// A holder was asked whether it knows a person.
    LinkStarted,
    /// A holder said whom it knows.
    LinkMatched,
    /// Staff laid a person's items beside a candidate's.
    LinkCompared,
    /// Staff found that a candidate is the person.
    LinkApproved,
    /// Staff found that no candidate is the person.
    LinkRefused,
    /// A person said that the member found is somebody else.
    LinkDeclined,
    /// A link was stopped.
    LinkFrozen,
    /// A stopped link goes on.
    LinkThawed,
    /// A link was ended.
    LinkEnded,
    /// A person let others read records.
    ConsentGiven,
    /// A person took a consent back.
    ConsentWithdrawn,
    /// A person offered another a mandate.
    MandateOffered,
    /// The other took it up.
    MandateAccepted,
    /// The person confirmed the other.
    MandateConfirmed,
    /// One of the two ended it.
    MandateEnded,
    /// A mandate opens nothing for the time being.
    MandateRested,
    /// A mandate that rested goes on.
    MandateResumed,
    /// Somebody asked to be registered as a guardian.
    GuardianApplied,
    /// A member of staff has seen a guardian's papers.
    GuardianProposed,
    /// A second one approved.
    GuardianApproved,
    /// Staff refused a guardian.
    GuardianRefused,
    /// Staff looked who reads for somebody on papers.
    GuardianSought,
    /// A member of staff stopped a guardian's mandate.
    GuardianStopped,
    /// Another let it go on.
    GuardianResumed,
    /// Another ended it.
    GuardianEnded,
    /// A record was asked for.
    RecordRead,
    /// A person took a record home.
    RecordTaken,
    /// A proxy asked for somebody's record.
    ProxyRead,
    /// A person entered something into a holder's form.
    FormSent,
    /// Staff of a holder moved on what a person had sent.
    ApplicationSettled,
    /// An eligibility check was asked for.
    EligibilityChecked,
    /// A file of eligibility checks was taken for an organisation.
    BatchReceived,
    /// A file of checks was paused, went on, was cancelled, or was to be run again.
    BatchSteered,
    /// Results of a file of checks were handed over.
    BatchFetched,
    /// A file of coverage came in for an insurer.
    DepositReceived,
    /// A deposit was given up, or its wrong records were handed over.
    DepositSteered,
    /// Coverage that an insurer deposited went live.
    DepositLive,
    /// A clinic questioned an answer.
    DisputeOpened,
    /// An insurer answered what a clinic had questioned.
    DisputeAnswered,
    /// The payloads of earlier events were erased; `asked` names the events.
    EventsErased,
}

/// Which of a person's two series an event belongs to. Each has its own running number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Series {
    /// What others, or the person, learnt about the person: shown as the access history.
    Disclosure,
    /// What was changed or issued for the person.
    Administration,
}

impl Series {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Disclosure, Self::Administration];

    /// The name in files and commands.
    pub fn name(self) -> &'static str {
        match self {
            Self::Disclosure => "disclosure",
            Self::Administration => "administration",
        }
    }
}

impl Action {
    /// Every action, in the order of the manual.
    pub const ALL: [Self; 44] = [
        Self::TokenIssued,
        Self::TokenRefused,
        Self::SessionRevoked,
        Self::LinkMade,
        Self::LinkStarted,
        Self::LinkMatched,
        Self::LinkCompared,
        Self::LinkApproved,
        Self::LinkRefused,
        Self::LinkDeclined,
        Self::LinkFrozen,
        Self::LinkThawed,
        Self::LinkEnded,
        Self::ConsentGiven,
        Self::ConsentWithdrawn,
        Self::MandateOffered,
        Self::MandateAccepted,
        Self::MandateConfirmed,
        Self::MandateEnded,
        Self::MandateRested,
        Self::MandateResumed,
        Self::GuardianApplied,
        Self::GuardianProposed,
        Self::GuardianApproved,
        Self::GuardianRefused,
        Self::GuardianSought,
        Self::GuardianStopped,
        Self::GuardianResumed,
        Self::GuardianEnded,
        Self::RecordRead,
        Self::RecordTaken,
        Self::ProxyRead,
        Self::FormSent,
        Self::ApplicationSettled,
        Self::EligibilityChecked,
        Self::BatchReceived,
        Self::BatchSteered,
        Self::BatchFetched,
        Self::DepositReceived,
        Self::DepositSteered,
        Self::DepositLive,
        Self::DisputeOpened,
        Self::DisputeAnswered,
        Self::EventsErased,
    ];

    /// The name in the log.
    pub fn name(self) -> &'static str {
        match self {
            Self::TokenIssued => "token-issued",
            Self::TokenRefused => "token-refused",
            Self::SessionRevoked => "session-revoked",
            Self::LinkMade => "link-made",
            Self::LinkStarted => "link-started",
            Self::LinkMatched => "link-matched",
            Self::LinkCompared => "link-compared",
            Self::LinkApproved => "link-approved",
            Self::LinkRefused => "link-refused",
            Self::LinkDeclined => "link-declined",
            Self::LinkFrozen => "link-frozen",
            Self::LinkThawed => "link-thawed",
            Self::LinkEnded => "link-ended",
            Self::ConsentGiven => "consent-given",
            Self::ConsentWithdrawn => "consent-withdrawn",
            Self::MandateOffered => "mandate-offered",
            Self::MandateAccepted => "mandate-accepted",
            Self::MandateConfirmed => "mandate-confirmed",
            Self::MandateEnded => "mandate-ended",
            Self::MandateRested => "mandate-rested",
            Self::MandateResumed => "mandate-resumed",
            Self::GuardianApplied => "guardian-applied",
            Self::GuardianProposed => "guardian-proposed",
            Self::GuardianApproved => "guardian-approved",
            Self::GuardianRefused => "guardian-refused",
            Self::GuardianSought => "guardian-sought",
            Self::GuardianStopped => "guardian-stopped",
            Self::GuardianResumed => "guardian-resumed",
            Self::GuardianEnded => "guardian-ended",
            Self::RecordRead => "record-read",
            Self::RecordTaken => "record-taken",
            Self::ProxyRead => "proxy-read",
            Self::FormSent => "form-sent",
            Self::ApplicationSettled => "application-settled",
            Self::EligibilityChecked => "eligibility-checked",
            Self::BatchReceived => "batch-received",
            Self::BatchSteered => "batch-steered",
            Self::BatchFetched => "batch-fetched",
            Self::DepositReceived => "deposit-received",
            Self::DepositSteered => "deposit-steered",
            Self::DepositLive => "deposit-live",
            Self::DisputeOpened => "dispute-opened",
            Self::DisputeAnswered => "dispute-answered",
            Self::EventsErased => "events-erased",
        }
    }

    /// What it means, one English sentence for the manual's table.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::TokenIssued => "A sign-in was exchanged for an access token.",
            Self::TokenRefused => "An access token was asked for and refused.",
            Self::SessionRevoked => {
                "A person's sign-ins were ended before their time: what was granted for them ends."
            }
            Self::LinkMade => "A person was linked to a holder of records.",
            Self::LinkStarted => "A holder of records was asked whether it knows a person.",
            Self::LinkMatched => {
                "A holder of records said whom it knows: one member, several who could be meant, or nobody."
            }
            Self::LinkCompared => {
                "A member of staff was shown where a person's items and a candidate's differ."
            }
            Self::LinkApproved => "A member of staff found that a candidate is the person.",
            Self::LinkRefused => {
                "A member of staff found that no candidate is the person, or closed a wrong match."
            }
            Self::LinkDeclined => "A person said that the member who was found is somebody else.",
            Self::LinkFrozen => "A link was stopped: its holder is asked nothing about the person.",
            Self::LinkThawed => "A link that had been stopped goes on.",
            Self::LinkEnded => "A link was ended, and its pseudonym with it.",
            Self::ConsentGiven => {
                "A person let others read records: `ground` names the consent and the reader."
            }
            Self::ConsentWithdrawn => "A person took a consent back: it holds no more.",
            Self::MandateOffered => {
                "A person offered to let another read records as proxy: `ground` names the mandate."
            }
            Self::MandateAccepted => {
                "Somebody entered the code of a mandate and took it up, or tried a code in vain."
            }
            Self::MandateConfirmed => "A person confirmed the proxy: the mandate holds.",
            Self::MandateEnded => {
                "The person or the proxy ended the mandate, or one of the two is gone: it holds no \
                 more."
            }
            Self::MandateRested => {
                "One of the two has no card that opens: the mandate opens nothing meanwhile."
            }
            Self::MandateResumed => "The mandate goes on: there is a card that opens again.",
            Self::GuardianApplied => {
                "Somebody asked to read for another as parent or guardian: `ground` names the \
                 mandate that is asked for."
            }
            Self::GuardianProposed => {
                "A member of staff has seen a guardian's papers, which `ground` names, and whom \
                 the insurer finds for the other's card."
            }
            Self::GuardianApproved => {
                "A second member of staff approved the guardian: the mandate holds."
            }
            Self::GuardianRefused => "A member of staff refused a guardian.",
            Self::GuardianSought => {
                "A member of staff looked by the other's insurance card who reads for them on papers."
            }
            Self::GuardianStopped => {
                "A member of staff stopped a guardian's mandate, for the reason in `outcome`: it \
                 opens nothing from now on."
            }
            Self::GuardianResumed => "Another member of staff let the stopped mandate go on.",
            Self::GuardianEnded => {
                "Another member of staff ended the stopped mandate, for the reason in `outcome`."
            }
            Self::RecordRead => {
                "A record, or by a proxy the access history, was asked for, and shown, refused or \
                 not found."
            }
            Self::RecordTaken => {
                "A person asked for a record to take it home, as a file or on paper, and got it or \
                 not."
            }
            Self::ProxyRead => {
                "The same event as it stands with the proxy: `ground` names the mandate and the \
                 other person."
            }
            Self::FormSent => {
                "A person entered something into the form of a declared service: `asked` names it, \
                 `ground` what the holder took."
            }
            Self::ApplicationSettled => {
                "Staff of a holder decided about what a person had sent: `ground` names it."
            }
            Self::EligibilityChecked => {
                "An eligibility check was asked for, and answered or refused."
            }
            Self::BatchReceived => {
                "A file of eligibility checks was taken for an organisation: `ground` names the job."
            }
            Self::BatchSteered => {
                "A job of checks was started, paused, went on, was cancelled or run again, as \
                 `asked` says."
            }
            Self::BatchFetched => {
                "Results of a job of checks were handed over: `asked` says which, `ground` names the job."
            }
            Self::DepositReceived => {
                "A file of coverage came in for an insurer: `ground` names who sent it and the deposit."
            }
            Self::DepositSteered => {
                "A deposit was given up, or its wrong records were handed over, as `asked` says."
            }
            Self::DepositLive => {
                "Coverage that an insurer deposited went live: `ground` names who deposited it and \
                 the deposit, `asked` how many cards it changed and took away."
            }
            Self::DisputeOpened => {
                "A clinic questioned the answer to a check: `ground` names its number."
            }
            Self::DisputeAnswered => {
                "An insurer answered what a clinic had questioned: `ground` names the check's number."
            }
            Self::EventsErased => {
                "The payloads of earlier events were erased: those that `asked` names by index. \
                 Their leaves stay. Never erased itself."
            }
        }
    }

    /// The action of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.name() == name)
    }

    /// The series in which the event is numbered.
    pub fn series(self) -> Series {
        match self {
            Self::RecordRead
            | Self::RecordTaken
            | Self::ProxyRead
            | Self::FormSent
            | Self::ApplicationSettled
            | Self::EligibilityChecked
            | Self::DisputeOpened
            | Self::DisputeAnswered => Series::Disclosure,
            _ => Series::Administration,
        }
    }
}

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
