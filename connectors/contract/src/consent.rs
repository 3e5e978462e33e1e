//! Consent: what a person lets others read, to whom, what for and until when.

mod disclosure;
mod readable;

use jiff::Timestamp;
use jiff::ToSpan as _;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use disclosure::{Asker, Disclosure, Emergency, Ground, Refusal, decide};
pub use readable::{Held, Readable, ReadableList, ReadableService, Standing, readable};

use crate::calendar::{end_of_day_in_japan, today_in_japan};
use crate::history::{Asked, Purpose};
use crate::records::Service;
use crate::services::ServiceId;

/// A consent ends after at most so many years.
pub const LONGEST_YEARS: i16 = 5;
/// Declared services of one consent, at most.
const MOST_DECLARED: usize = 64;
/// Characters of an organisation's code or a party's name.
const LONGEST_CODE: usize = 40;
/// Characters of an organisation's name.
const LONGEST_NAME: usize = 80;

/// Who may read.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(tag = "who", rename_all = "kebab-case", deny_unknown_fields)]
pub enum ConsentReader {
    /// The staff of one organisation.
    Organization {
        /// Its code, e.g. 医療機関コード.
        code: String,
        /// Its name as the person knows it.
        name: String,
    },
    /// The staff of any clinic, when life is in danger and the card is there.
    AnyClinicInEmergency,
    /// Another service at which the person signs in with the own card.
    Service {
        /// Its party name, e.g. `hospital`.
        party: String,
    },
}

/// What may be read.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConsentScope {
    /// Each once. What is offered later is not among them.
    pub services: Vec<Service>,
    /// Of what connectors declared, each once; at least one here or there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub declared: Vec<ServiceId>,
    /// The id of the one connector whose records they are; none for every connector.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

/// What a person asks the relay to write down.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConsentRequest {
    /// What may be read.
    pub scope: ConsentScope,
    /// By whom.
    pub reader: ConsentReader,
    /// What for (利用目的).
    pub purpose: Purpose,
    /// The first day, in Japan.
    #[schema(value_type = String, format = Date)]
    pub from: Date,
    /// The last day, in Japan; at most [`LONGEST_YEARS`] after the first.
    #[schema(value_type = String, format = Date)]
    pub until: Date,
    /// The version of the words that the person was shown.
    pub text_version: String,
}

/// How a consent was given.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Giving {
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// The AuthnContext class of the sign-in.
    pub level: String,
    /// Through which server, by its party name.
    pub client: String,
}

/// A consent.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Consent {
    /// Names it, and its receipt: 32 hexadecimal digits.
    pub id: String,
    /// What was asked for.
    pub terms: ConsentRequest,
    /// How it was given.
    pub given: Giving,
    /// When it was withdrawn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub withdrawn: Option<Timestamp>,
}

/// Relay → portal: every consent of a person, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConsentList {
    /// Newest first.
    pub consents: Vec<Consent>,
}

/// Where a consent stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ConsentState {
    /// It begins on a later day.
    Ahead,
    /// It holds.
    Active,
    /// Its last day is over.
    Ended,
    /// The person took it back.
    Withdrawn,
}

/// Why a consent cannot be written down as asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ConsentError {
    /// No service, or one twice.
    #[error("consent.scope")]
    Scope,
    /// Empty or too long names, or a purpose that does not belong to this reader.
    #[error("consent.reader")]
    Reader,
    /// It would end before it begins, in the past, or after too long a time.
    #[error("consent.period")]
    Period,
    /// No version of the words that were shown.
    #[error("consent.text-version")]
    TextVersion,
}

impl ConsentError {
    /// Every way to be refused.
    pub const ALL: [Self; 4] = [Self::Scope, Self::Reader, Self::Period, Self::TextVersion];

    /// The stable code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Scope => "consent.scope",
            Self::Reader => "consent.reader",
            Self::Period => "consent.period",
            Self::TextVersion => "consent.text-version",
        }
    }
}

impl ConsentRequest {
    /// Checks what the types cannot, on the day `today`.
    pub fn validate(&self, today: Date) -> Result<(), ConsentError> {
        self.scope.validate()?;
        if !self.reader.is_sound() || !self.reader.purposes().contains(&self.purpose) {
            return Err(ConsentError::Reader);
        }
        let longest = self.from.checked_add(LONGEST_YEARS.years()).unwrap_or(Date::MAX);
        if self.from < today || self.until < self.from || self.until > longest {
            return Err(ConsentError::Period);
        }
        if is_code(&self.text_version) { Ok(()) } else { Err(ConsentError::TextVersion) }
    }
}

impl ConsentScope {
    fn validate(&self) -> Result<(), ConsentError> {
        let (mut services, mut declared) = (self.services.clone(), self.declared.clone());
        services.sort_unstable();
        services.dedup();
        declared.sort_unstable();
        declared.dedup();
        let once = services.len() == self.services.len() && declared.len() == self.declared.len();
        let has_some = !services.is_empty() || !declared.is_empty();
        let has_source = self.source.as_deref().is_none_or(is_code);
        let bounded = declared.len() <= MOST_DECLARED;
        if once && has_some && has_source && bounded { Ok(()) } else { Err(ConsentError::Scope) }
    }

    /// Whether that may be read of `source`.
    pub fn covers(&self, asked: Asked, source: Option<&str>) -> bool {
        let has_source = self.source.is_none() || self.source.as_deref() == source;
        has_source
            && match asked {
                Asked::Record(service) => self.services.contains(&service),
                Asked::Declared(service) => self.declared.contains(&service),
                Asked::Eligibility | Asked::Dispute | Asked::History => false,
            }
    }
}

impl ConsentReader {
    /// For what this reader may be let in.
    pub fn purposes(&self) -> &'static [Purpose] {
        match self {
            Self::Organization { .. } => {
                &[Purpose::Care, Purpose::HealthGuidance, Purpose::Procedure]
            }
            Self::AnyClinicInEmergency => &[Purpose::Emergency],
            Self::Service { .. } => &[Purpose::OwnService],
        }
    }

    fn is_sound(&self) -> bool {
        match self {
            Self::Organization { code, name } => {
                let length = name.chars().count();
                is_code(code)
                    && (1..=LONGEST_NAME).contains(&length)
                    && !name.chars().any(char::is_control)
            }
            Self::AnyClinicInEmergency => true,
            Self::Service { party } => is_code(party),
        }
    }
}

impl Consent {
    /// Where it stands at `now`.
    pub fn state(&self, now: Timestamp) -> ConsentState {
        let today = today_in_japan(now);
        match () {
            () if self.withdrawn.is_some() => ConsentState::Withdrawn,
            () if today > self.terms.until => ConsentState::Ended,
            () if today < self.terms.from => ConsentState::Ahead,
            () => ConsentState::Active,
        }
    }

    /// When its last day in Japan is over.
    pub fn expiry(&self) -> Timestamp {
        end_of_day_in_japan(self.terms.until)
    }
}

fn is_code(text: &str) -> bool {
    (1..=LONGEST_CODE).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use jiff::civil::date;

    const TODAY: Date = date(2026, 11, 20);

    pub(crate) fn request() -> ConsentRequest {
        ConsentRequest {
            scope: ConsentScope {
                services: vec![Service::Checkup],
                declared: Vec::new(),
                source: None,
            },
            reader: ConsentReader::Organization {
                code: "1310000001".into(),
                name: "第一診療所".into(),
            },
            purpose: Purpose::Care,
            from: TODAY,
            until: date(2027, 11, 20),
            text_version: "2026-11".into(),
        }
    }

    pub(crate) fn consent() -> Consent {
        let at = "2026-11-20T01:00:00Z".parse().unwrap();
        let given = Giving { at, level: "high".into(), client: "portal".into() };
        Consent { id: "ab".repeat(16), terms: request(), given, withdrawn: None }
    }

    fn refused(change: impl FnOnce(&mut ConsentRequest)) -> Option<ConsentError> {
        let mut request = request();
        change(&mut request);
        request.validate(TODAY).err()
    }

    #[test]
    fn an_end_is_required_and_not_too_far() {
        assert_eq!(refused(|_| ()), None);
        assert_eq!(refused(|one| one.until = date(2031, 11, 20)), None);
        for until in [date(2026, 11, 19), date(2031, 11, 21), Date::MAX] {
            assert_eq!(refused(|one| one.until = until), Some(ConsentError::Period));
        }
        assert_eq!(refused(|one| one.from = date(2026, 11, 19)), Some(ConsentError::Period));
    }

    #[test]
    fn scopes_readers_and_texts_are_checked() {
        let twice = vec![Service::Pension, Service::Pension];
        for services in [Vec::new(), twice] {
            assert_eq!(refused(|one| one.scope.services = services), Some(ConsentError::Scope));
        }
        let readers = [
            ConsentReader::Organization { code: String::new(), name: "x".into() },
            ConsentReader::Organization { code: "1".into(), name: "\n".into() },
            ConsentReader::AnyClinicInEmergency,
        ];
        for reader in readers {
            assert_eq!(refused(|one| one.reader = reader), Some(ConsentError::Reader));
        }
        let text = refused(|one| one.text_version = String::new());
        assert_eq!(text, Some(ConsentError::TextVersion));
    }

    #[test]
    fn the_last_day_counts_until_midnight_in_japan() {
        let consent = consent();
        assert_eq!(consent.expiry(), "2027-11-20T15:00:00Z".parse().unwrap());
        let state = |at: &str| consent.state(at.parse().unwrap());
        assert_eq!(state("2026-11-19T14:59:59Z"), ConsentState::Ahead);
        assert_eq!(state("2027-11-20T14:59:59Z"), ConsentState::Active);
        assert_eq!(state("2027-11-20T15:00:00Z"), ConsentState::Ended);
    }
}
