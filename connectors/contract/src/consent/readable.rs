//! What a clinic may read of the person whose card was tapped, before it reads anything: by which
//! consent, and why not.

use jiff::Timestamp;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Asker, Consent, Disclosure, Emergency, decide};
use crate::history::{Asked, Purpose};
use crate::records::Service;

/// For what a clinic may read: by a consent to itself, by one to any clinic in an emergency.
const PURPOSES: [Purpose; 3] = [Purpose::Care, Purpose::HealthGuidance, Purpose::Emergency];
/// Stands in for the reason that staff give when they read.
const REASON: Emergency<'_> = Emergency("asked for beforehand");

/// Relay → portal: each service and purpose, and how it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReadableList {
    /// In the order of services, then purposes.
    pub readable: Vec<Readable>,
}

/// One service, for one purpose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Readable {
    /// What.
    pub service: Service,
    /// What for.
    pub purpose: Purpose,
    /// Whether it may be read.
    pub standing: Standing,
}

/// Whether something may be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(tag = "is", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Standing {
    /// By a consent that holds.
    Covered {
        /// Its id.
        consent: String,
        /// Its last day.
        #[schema(value_type = String, format = Date)]
        until: Date,
    },
    /// Not.
    Refused {
        /// The code of the refusal that would come, e.g. `consent.withdrawn`.
        code: String,
    },
}

/// What the staff of the organisation `code` may read at `now`, by the `consents` of one person.
/// `sources` are the holders in the federation, each with what it holds.
pub fn readable(
    code: &str,
    consents: &[Consent],
    sources: &[(&str, &[Service])],
    now: Timestamp,
) -> ReadableList {
    let each =
        Service::ALL.into_iter().flat_map(|service| PURPOSES.map(|purpose| (service, purpose)));
    let readable = each.map(|(service, purpose)| {
        let holders = sources.iter().filter(|(_, holds)| holds.contains(&service));
        let sources = std::iter::once(None).chain(holders.map(|(id, _)| Some(*id)));
        let emergency = (purpose == Purpose::Emergency).then_some(REASON);
        let decided = sources.map(|source| {
            let asker = Asker::Staff { code, emergency };
            let what = Asked::Record(service);
            decide(&Disclosure { asker, purpose, asked: what, source }, consents, now)
        });
        Readable { service, purpose, standing: standing(decided, consents) }
    });
    ReadableList { readable: readable.collect() }
}

/// Covered at one source at least; else why not, wherever it is.
fn standing(
    mut decided: impl Iterator<Item = Result<super::Ground, super::Refusal>>,
    consents: &[Consent],
) -> Standing {
    let first = decided.next();
    let covered = first.iter().cloned().chain(decided.by_ref()).find_map(Result::ok);
    let consent = covered.as_ref().and_then(|ground| {
        consents.iter().find(|consent| ground.receipt() == Some(consent.id.as_str()))
    });
    match (consent, first) {
        (Some(consent), _) => {
            Standing::Covered { consent: consent.id.clone(), until: consent.terms.until }
        }
        (None, Some(Err(refusal))) => Standing::Refused { code: refusal.code().to_owned() },
        (None, _) => Standing::Refused { code: super::Refusal::None.code().to_owned() },
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::consent;
    use super::super::{ConsentReader, Refusal};
    use super::*;

    const NOW: &str = "2026-12-01T00:00:00Z";
    const CLINIC: &str = "1310000001";

    fn at(list: &ReadableList, service: Service, purpose: Purpose) -> &Standing {
        let found =
            list.readable.iter().find(|one| (one.service, one.purpose) == (service, purpose));
        &found.unwrap().standing
    }

    fn list(consents: &[Consent], code: &str) -> ReadableList {
        let sources: [(&str, &[Service]); 2] =
            [("pension", &[Service::Pension]), ("insurer", &[Service::Insurance])];
        readable(code, consents, &sources, NOW.parse().unwrap())
    }

    fn refused(refusal: Refusal) -> Standing {
        Standing::Refused { code: refusal.code().to_owned() }
    }

    #[test]
    fn what_is_said_beforehand_is_what_reading_finds() {
        let mut one = consent();
        one.terms.reader =
            ConsentReader::Organization { code: CLINIC.into(), name: "診療所".into() };
        one.terms.purpose = Purpose::Care;
        one.terms.scope.services = vec![Service::Pension];
        one.terms.scope.source = Some("pension".into());
        let covered = Standing::Covered { consent: one.id.clone(), until: one.terms.until };
        let said = list(std::slice::from_ref(&one), CLINIC);
        assert_eq!(said.readable.len(), Service::ALL.len() * PURPOSES.len());
        assert_eq!(at(&said, Service::Pension, Purpose::Care), &covered);
        assert_eq!(at(&said, Service::Insurance, Purpose::Care), &refused(Refusal::Other));
        assert_eq!(at(&said, Service::Pension, Purpose::HealthGuidance), &refused(Refusal::Other));
        assert_eq!(at(&said, Service::Pension, Purpose::Emergency), &refused(Refusal::None));

        let elsewhere = list(std::slice::from_ref(&one), "1310000002");
        assert_eq!(at(&elsewhere, Service::Pension, Purpose::Care), &refused(Refusal::None));
        one.terms.scope.source = None;
        one.withdrawn = Some(NOW.parse().unwrap());
        let over = list(std::slice::from_ref(&one), CLINIC);
        assert_eq!(at(&over, Service::Pension, Purpose::Care), &refused(Refusal::Withdrawn));
    }

    #[test]
    fn an_emergency_opens_what_was_opened_ahead_to_any_clinic() {
        let mut one = consent();
        one.terms.reader = ConsentReader::AnyClinicInEmergency;
        one.terms.purpose = Purpose::Emergency;
        one.terms.scope.services = vec![Service::Checkup];
        one.terms.scope.source = None;
        let said = list(&[one], CLINIC);
        assert!(matches!(
            at(&said, Service::Checkup, Purpose::Emergency),
            Standing::Covered { .. }
        ));
        assert_eq!(at(&said, Service::Checkup, Purpose::Care), &refused(Refusal::None));
        assert_eq!(at(&said, Service::Pension, Purpose::Emergency), &refused(Refusal::Other));
    }
}
