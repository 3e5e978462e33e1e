//! The decision whether something about a person may be told: no I/O, no clock.

use jiff::Timestamp;

use super::{Consent, ConsentReader, ConsentState};
use crate::history::{Asked, Purpose};
use crate::mandate::{Mandate, MandateRefusal};

/// Characters of the reason that opens records in an emergency.
const REASONS: std::ops::RangeInclusive<usize> = 5..=200;

/// Why staff say that it is an emergency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Emergency<'a>(pub &'a str);

/// Who asks. That they are who they say, and at which level, was checked before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asker<'a> {
    /// The person, through the federation's own portal.
    Oneself,
    /// The person, through another service that reads only where it was let in.
    Through {
        /// Its party name.
        party: &'a str,
    },
    /// A member of an organisation's staff.
    Staff {
        /// The organisation's code.
        code: &'a str,
        /// There when they say that it is an emergency.
        emergency: Option<Emergency<'a>>,
    },
    /// The proxy who holds a mandate of the person.
    Proxy {
        /// The mandate.
        mandate: &'a Mandate,
    },
}

/// What would be told, to whom, and what for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Disclosure<'a> {
    /// Who asks.
    pub asker: Asker<'a>,
    /// What for.
    pub purpose: Purpose,
    /// What is asked.
    pub asked: Asked,
    /// The connector whose answer it is; none before one is found.
    pub source: Option<&'a str>,
}

/// Why something may be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ground {
    /// The person asks for what is their own.
    Oneself,
    /// 資格確認 for treatment: needs no consent.
    EligibilityForTreatment,
    /// The consent of this id.
    Consent(String),
    /// The consent, given ahead for emergencies, of this id, and what staff gave as the reason.
    Emergency {
        /// The consent.
        id: String,
        /// The reason.
        reason: String,
    },
    /// The mandate of this id, held by who asks.
    Mandate(String),
}

/// Why something may not be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Refusal {
    /// No consent names this reader, for this: the person would have to give one.
    #[error("consent.none")]
    None,
    /// There is a consent for this reader, but not for these records or this purpose.
    #[error("consent.other")]
    Other,
    /// The consent has ended, or begins later.
    #[error("consent.ended")]
    Ended,
    /// The person took the consent back.
    #[error("consent.withdrawn")]
    Withdrawn,
    /// An emergency needs a reason.
    #[error("consent.reason")]
    Reason,
    /// The purpose does not belong to who asks.
    #[error("consent.purpose")]
    Purpose,
    /// The proxy's mandate does not allow it.
    #[error(transparent)]
    Mandate(MandateRefusal),
}

impl Refusal {
    /// Every refusal but those of [`MandateRefusal`].
    pub const ALL: [Self; 6] =
        [Self::None, Self::Other, Self::Ended, Self::Withdrawn, Self::Reason, Self::Purpose];

    /// The stable code; its advice says what would be needed.
    pub fn code(self) -> &'static str {
        match self {
            Self::None => "consent.none",
            Self::Other => "consent.other",
            Self::Ended => "consent.ended",
            Self::Withdrawn => "consent.withdrawn",
            Self::Reason => "consent.reason",
            Self::Purpose => "consent.purpose",
            Self::Mandate(refusal) => refusal.code(),
        }
    }
}

impl Ground {
    /// As the access log names it.
    pub fn text(&self) -> String {
        match self {
            Self::Oneself => "oneself".to_owned(),
            Self::EligibilityForTreatment => "law:eligibility-for-treatment".to_owned(),
            Self::Consent(id) => format!("consent:{id}"),
            Self::Emergency { id, reason } => format!("emergency:{id} {reason}"),
            Self::Mandate(id) => format!("mandate:{id}"),
        }
    }

    /// The id of the consent or the mandate that it stands on.
    pub fn receipt(&self) -> Option<&str> {
        match self {
            Self::Consent(id) | Self::Emergency { id, .. } | Self::Mandate(id) => Some(id),
            Self::Oneself | Self::EligibilityForTreatment => None,
        }
    }
}

/// Decides at `now`, by the `consents` of the person whom it is about.
pub fn decide(
    disclosure: &Disclosure<'_>,
    consents: &[Consent],
    now: Timestamp,
) -> Result<Ground, Refusal> {
    match (disclosure.asker, disclosure.asked, disclosure.purpose) {
        (Asker::Oneself, Asked::Record(_) | Asked::Declared(_), Purpose::OwnLook) => {
            Ok(Ground::Oneself)
        }
        (Asker::Staff { .. }, Asked::Eligibility, Purpose::Treatment) => {
            Ok(Ground::EligibilityForTreatment)
        }
        (Asker::Through { .. }, Asked::Record(_) | Asked::Declared(_), Purpose::OwnService)
        | (
            Asker::Staff { emergency: None, .. },
            Asked::Record(_) | Asked::Declared(_),
            Purpose::Care | Purpose::HealthGuidance | Purpose::Procedure,
        ) => by_consent(disclosure, consents, now).map(Ground::Consent),
        (
            Asker::Staff { emergency: Some(Emergency(reason)), .. },
            Asked::Record(_) | Asked::Declared(_),
            Purpose::Emergency,
        ) => {
            let reason = reason.trim();
            let is_reason = REASONS.contains(&reason.chars().count());
            if !is_reason || reason.chars().any(char::is_control) {
                return Err(Refusal::Reason);
            }
            let id = by_consent(disclosure, consents, now)?;
            Ok(Ground::Emergency { id, reason: reason.to_owned() })
        }
        (Asker::Proxy { mandate }, asked, Purpose::OnBehalf) => {
            mandate.covers(asked, now).map_err(Refusal::Mandate)?;
            Ok(Ground::Mandate(mandate.id.clone()))
        }
        _ => Err(Refusal::Purpose),
    }
}

/// The id of a consent that lets it out; else the refusal of the one that comes nearest.
fn by_consent(
    disclosure: &Disclosure<'_>,
    consents: &[Consent],
    now: Timestamp,
) -> Result<String, Refusal> {
    let mut refusal = Refusal::None;
    for consent in consents.iter().filter(|consent| names(&consent.terms.reader, disclosure.asker))
    {
        match covers(consent, disclosure, now) {
            Ok(()) => return Ok(consent.id.clone()),
            Err(nearer) if nearness(nearer) > nearness(refusal) => refusal = nearer,
            Err(_) => {}
        }
    }
    Err(refusal)
}

fn names(reader: &ConsentReader, asker: Asker<'_>) -> bool {
    match (reader, asker) {
        (ConsentReader::Organization { code, .. }, Asker::Staff { code: own, emergency: None }) => {
            code == own
        }
        (ConsentReader::AnyClinicInEmergency, Asker::Staff { emergency: Some(_), .. }) => true,
        (ConsentReader::Service { party }, Asker::Through { party: own }) => party == own,
        _ => false,
    }
}

fn covers(consent: &Consent, disclosure: &Disclosure<'_>, now: Timestamp) -> Result<(), Refusal> {
    let covered = consent.terms.scope.covers(disclosure.asked, disclosure.source);
    if !covered || consent.terms.purpose != disclosure.purpose {
        return Err(Refusal::Other);
    }
    match consent.state(now) {
        ConsentState::Active => Ok(()),
        ConsentState::Withdrawn => Err(Refusal::Withdrawn),
        ConsentState::Ended | ConsentState::Ahead => Err(Refusal::Ended),
    }
}

fn nearness(refusal: Refusal) -> u8 {
    match refusal {
        Refusal::Withdrawn => 3,
        Refusal::Ended => 2,
        Refusal::Other => 1,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::consent;
    use super::*;
    use crate::records::Service;
    use proptest::prelude::*;

    const NOW: &str = "2026-12-01T00:00:00Z";

    fn clinic(emergency: Option<&'static str>) -> Asker<'static> {
        Asker::Staff { code: "1310000001", emergency: emergency.map(Emergency) }
    }

    fn care(service: Service) -> Disclosure<'static> {
        Disclosure {
            asker: clinic(None),
            purpose: Purpose::Care,
            asked: Asked::Record(service),
            source: Some("checkup"),
        }
    }

    fn on(disclosure: Disclosure<'_>, consents: &[Consent]) -> Result<Ground, Refusal> {
        decide(&disclosure, consents, NOW.parse().unwrap())
    }

    fn changed(change: impl FnOnce(&mut Consent)) -> Vec<Consent> {
        let mut consent = consent();
        change(&mut consent);
        vec![consent]
    }

    #[test]
    fn what_is_ones_own_and_what_the_law_allows_need_no_consent() {
        let own = Asked::Record(Service::Pension);
        let own = Disclosure {
            asker: Asker::Oneself,
            purpose: Purpose::OwnLook,
            asked: own,
            ..care(Service::Pension)
        };
        assert_eq!(on(own, &[]), Ok(Ground::Oneself));
        let check = Disclosure {
            purpose: Purpose::Treatment,
            asked: Asked::Eligibility,
            ..care(Service::Pension)
        };
        assert_eq!(on(check, &[]), Ok(Ground::EligibilityForTreatment));
        let records = Disclosure { purpose: Purpose::Treatment, ..care(Service::Checkup) };
        assert_eq!(on(records, &[consent()]), Err(Refusal::Purpose));
    }

    #[test]
    fn a_consent_opens_what_it_names_to_whom_it_names() {
        assert_eq!(on(care(Service::Checkup), &[consent()]), Ok(Ground::Consent("ab".repeat(16))));
        assert_eq!(on(care(Service::Pension), &[consent()]), Err(Refusal::Other));
        let guidance = Disclosure { purpose: Purpose::HealthGuidance, ..care(Service::Checkup) };
        assert_eq!(on(guidance, &[consent()]), Err(Refusal::Other));
        let other = Asker::Staff { code: "1310000002", emergency: None };
        let elsewhere = Disclosure { asker: other, ..care(Service::Checkup) };
        assert_eq!(on(elsewhere, &[consent()]), Err(Refusal::None));
        let other_source = changed(|one| one.terms.scope.source = Some("another".into()));
        assert_eq!(on(care(Service::Checkup), &other_source), Err(Refusal::Other));
    }

    #[test]
    fn withdrawn_and_ended_ones_say_so() {
        let withdrawn = changed(|one| one.withdrawn = Some(one.given.at));
        assert_eq!(on(care(Service::Checkup), &withdrawn), Err(Refusal::Withdrawn));
        let ended = changed(|one| one.terms.until = jiff::civil::date(2026, 11, 30));
        assert_eq!(on(care(Service::Checkup), &ended), Err(Refusal::Ended));
        let both = [withdrawn, vec![consent()]].concat();
        assert!(on(care(Service::Checkup), &both).is_ok());
    }

    #[test]
    fn an_emergency_needs_the_word_ahead_and_a_reason() {
        let ahead = changed(|one| {
            one.terms.reader = ConsentReader::AnyClinicInEmergency;
            one.terms.purpose = Purpose::Emergency;
        });
        let asked = |reason| Disclosure {
            asker: clinic(Some(reason)),
            purpose: Purpose::Emergency,
            ..care(Service::Checkup)
        };
        let ground = on(asked("意識がなく搬送された"), &ahead).unwrap();
        assert_eq!(ground.text(), format!("emergency:{} 意識がなく搬送された", "ab".repeat(16)));
        assert_eq!(on(asked("  急  "), &ahead), Err(Refusal::Reason));
        assert_eq!(on(asked("意識がなく\n搬送"), &ahead), Err(Refusal::Reason));
        assert_eq!(on(asked("意識がなく搬送された"), &[consent()]), Err(Refusal::None));
        assert_eq!(on(care(Service::Checkup), &ahead), Err(Refusal::None));
    }

    #[test]
    fn a_proxy_reads_what_the_mandate_names_and_for_nothing_else() {
        let mandate = crate::mandate::tests::mandate();
        let asker = Asker::Proxy { mandate: &mandate };
        let read = Disclosure { asker, purpose: Purpose::OnBehalf, ..care(Service::Checkup) };
        let ground = on(read, &[]).unwrap();
        assert_eq!(ground.text(), format!("mandate:{}", mandate.id));
        assert_eq!(ground.receipt(), Some(mandate.id.as_str()));
        let other = Disclosure { asked: Asked::Record(Service::Pension), ..read };
        assert_eq!(on(other, &[]), Err(Refusal::Mandate(MandateRefusal::Service)));
        for purpose in [Purpose::OwnLook, Purpose::Care, Purpose::Treatment] {
            assert_eq!(on(Disclosure { purpose, ..read }, &[consent()]), Err(Refusal::Purpose));
        }
    }

    fn any_purpose() -> impl Strategy<Value = Purpose> {
        use Purpose::{Care, Emergency, HealthGuidance, Linking, OwnLook, OwnService, Treatment};
        let all = [Care, Emergency, HealthGuidance, Linking, OwnLook, OwnService, Treatment];
        prop::sample::select(all.to_vec())
    }

    proptest! {
        #[test]
        fn nobody_else_reads_without_a_consent_that_holds(
            purpose in any_purpose(),
            code in "[12]",
            named in "[12]",
            reason in prop::option::of(".{0,20}"),
            any_clinic in any::<bool>(),
            withdrawn in any::<bool>(),
            until in 18..24_i8,
        ) {
            let consents = changed(|one| {
                one.terms.purpose = purpose;
                one.terms.until = jiff::civil::date(2026, 12, until);
                one.withdrawn = withdrawn.then_some(one.given.at);
                one.terms.reader = if any_clinic {
                    ConsentReader::AnyClinicInEmergency
                } else {
                    ConsentReader::Organization { code: named.clone(), name: "x".into() }
                };
            });
            let now = "2026-12-20T00:00:00Z".parse().unwrap();
            let emergency = reason.as_deref().map(Emergency);
            let asker = Asker::Staff { code: &code, emergency };
            let asked = Disclosure { asker, purpose, ..care(Service::Checkup) };
            if let Ok(ground) = decide(&asked, &consents, now) {
                prop_assert!(!withdrawn && until >= 20);
                prop_assert_eq!(any_clinic, reason.is_some());
                prop_assert!(any_clinic || code == named);
                prop_assert_eq!(ground.receipt(), Some(consents[0].id.as_str()));
            }
            prop_assert!(decide(&asked, &[], now).is_err());
        }
    }
}
