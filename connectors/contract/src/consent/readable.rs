//! What staff may read of the person whose card was tapped, before they read anything: by which
//! consent, and why not.

use jiff::Timestamp;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Asker, Consent, Disclosure, Emergency, Ground, Refusal, decide};
use crate::history::{Asked, Purpose};
use crate::records::{DisplayName, Service};
use crate::services::{Audience, Declaration, ServiceId};

/// For what a clinic may read: by a consent to itself, by one to any clinic in an emergency.
const PURPOSES: [Purpose; 3] = [Purpose::Care, Purpose::HealthGuidance, Purpose::Emergency];
/// For what a city hall may open declared services; of records it is told nothing.
const OF_CITY: [Purpose; 1] = [Purpose::Procedure];
/// Stands in for the reason that staff give when they read.
const REASON: Emergency<'_> = Emergency("asked for beforehand");

/// Relay → portal: each service and purpose, and how it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReadableList {
    /// In the order of services, then purposes.
    pub readable: Vec<Readable>,
    /// The declared services that may be opened, in the order of the manifests, then purposes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub declared: Vec<ReadableService>,
}

/// One declared service that may be opened, for one purpose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReadableService {
    /// Which.
    pub id: ServiceId,
    /// What it is called.
    pub name: DisplayName,
    /// What for.
    pub purpose: Purpose,
    /// The id of the consent.
    pub consent: String,
    /// Its last day.
    #[schema(value_type = String, format = Date)]
    pub until: Date,
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

/// What there is in the federation.
#[derive(Debug, Clone, Copy)]
pub struct Held<'a> {
    /// The holders, each with the records that it holds.
    pub sources: &'a [(&'a str, &'a [Service])],
    /// What is declared.
    pub offers: &'a [(ServiceId, Declaration)],
}

/// What the staff of the organisation `code`, a clinic or a city hall, may read at `now`, by the
/// `consents` of one person, of all that is `held`.
pub fn readable(
    (code, who): (&str, Audience),
    consents: &[Consent],
    held: &Held<'_>,
    now: Timestamp,
) -> ReadableList {
    let (records, purposes): (&[Purpose], &[Purpose]) = match who {
        Audience::Clinic => (&PURPOSES, &PURPOSES),
        Audience::CityClerk => (&[], &OF_CITY),
        Audience::Resident | Audience::Guardian | Audience::Other => (&[], &[]),
    };
    let each = Service::ALL.into_iter();
    let each = each.flat_map(|service| records.iter().map(move |purpose| (service, *purpose)));
    let readable = each.map(|(service, purpose)| {
        let holders = held.sources.iter().filter(|(_, holds)| holds.contains(&service));
        let sources = std::iter::once(None).chain(holders.map(|(id, _)| Some(*id)));
        let decided = sources.map(|source| {
            let asker = asker(code, purpose);
            let what = Asked::Record(service);
            decide(&Disclosure { asker, purpose, asked: what, source }, consents, now)
        });
        Readable { service, purpose, standing: standing(decided, consents) }
    });
    let declared = declared((code, purposes), consents, held.offers, now);
    ReadableList { readable: readable.collect(), declared }
}

/// Of what is declared, what the manifest lets staff see and a consent covers. A site elsewhere
/// has no records here.
fn declared(
    (code, purposes): (&str, &[Purpose]),
    consents: &[Consent],
    offers: &[(ServiceId, Declaration)],
    now: Timestamp,
) -> Vec<ReadableService> {
    let here = offers.iter().filter(|(_, declaration)| declaration.elsewhere.is_none());
    let each = here.flat_map(|offer| purposes.iter().map(move |purpose| (offer, *purpose)));
    let opened = each.filter_map(|((id, declaration), purpose)| {
        declaration.level_of(purpose)?;
        let (asked, source) = (Asked::Declared(*id), Some(id.connector()));
        let disclosure = Disclosure { asker: asker(code, purpose), purpose, asked, source };
        let ground = decide(&disclosure, consents, now).ok()?;
        let consent = named(&ground, consents)?;
        Some(ReadableService {
            id: *id,
            name: declaration.name.clone(),
            purpose,
            consent: consent.id.clone(),
            until: consent.terms.until,
        })
    });
    opened.collect()
}

fn asker(code: &str, purpose: Purpose) -> Asker<'_> {
    Asker::Staff { code, emergency: (purpose == Purpose::Emergency).then_some(REASON) }
}

/// The consent that the ground stands on.
fn named<'a>(ground: &Ground, consents: &'a [Consent]) -> Option<&'a Consent> {
    consents.iter().find(|consent| ground.receipt() == Some(consent.id.as_str()))
}

/// Covered at one source at least; else why not, wherever it is.
fn standing(
    mut decided: impl Iterator<Item = Result<Ground, Refusal>>,
    consents: &[Consent],
) -> Standing {
    let first = decided.next();
    let covered = first.iter().cloned().chain(decided.by_ref()).find_map(Result::ok);
    let consent = covered.as_ref().and_then(|ground| named(ground, consents));
    match (consent, first) {
        (Some(consent), _) => {
            Standing::Covered { consent: consent.id.clone(), until: consent.terms.until }
        }
        (None, Some(Err(refusal))) => Standing::Refused { code: refusal.code().to_owned() },
        (None, _) => Standing::Refused { code: Refusal::None.code().to_owned() },
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::consent;
    use super::super::{ConsentReader, ConsentRequest, ConsentScope};
    use super::*;
    use crate::services::{Access, Elsewhere, Level};

    const NOW: &str = "2026-12-01T00:00:00Z";
    const CLINIC: &str = "1310000001";

    fn at(list: &ReadableList, service: Service, purpose: Purpose) -> &Standing {
        let found =
            list.readable.iter().find(|one| (one.service, one.purpose) == (service, purpose));
        &found.unwrap().standing
    }

    fn list(consents: &[Consent], code: &str) -> ReadableList {
        listed((code, Audience::Clinic), consents)
    }

    fn listed(reader: (&str, Audience), consents: &[Consent]) -> ReadableList {
        let sources: [(&str, &[Service]); 2] =
            [("pension", &[Service::Pension]), ("insurer", &[Service::Insurance])];
        let held = Held { sources: &sources, offers: &offers() };
        readable(reader, consents, &held, NOW.parse().unwrap())
    }

    /// One service for a clinic, one for a city, one for nobody else; a site for a clinic.
    fn offers() -> Vec<(ServiceId, Declaration)> {
        use Audience::{CityClerk, Clinic, Resident};
        let offer = |id: &str, who, is_site: bool| {
            let mut declaration = crate::services::tests::vitals();
            declaration.access = vec![Access { who, level: Level::High }];
            let name = || DisplayName { ja: "先".into(), en: "There".into() };
            let site = || Elsewhere { url: "https://k-mix.example".into(), words: name() };
            declaration.elsewhere = is_site.then(site);
            (id.parse().unwrap(), declaration)
        };
        vec![
            offer("hospital/care", Clinic, false),
            offer("society/leavers", CityClerk, false),
            offer("city/notices", Resident, false),
            offer("hospital/k-mix", Clinic, true),
        ]
    }

    fn opened(consent: &Consent, code: &str) -> Vec<(String, Purpose)> {
        let found = list(std::slice::from_ref(consent), code).declared;
        assert!(found.iter().all(|one| one.consent == consent.id));
        found.into_iter().map(|one| (one.id.to_string(), one.purpose)).collect()
    }

    #[test]
    fn declared_services_are_told_where_manifest_and_consent_both_let_staff_in() {
        let mut one = consent();
        one.terms.reader =
            ConsentReader::Organization { code: CLINIC.into(), name: "診療所".into() };
        one.terms.scope.declared = offers().into_iter().map(|(id, _)| id).collect();
        let care = [("hospital/care".to_owned(), Purpose::Care)];
        assert_eq!(opened(&one, CLINIC), care);
        assert!(opened(&one, "1310000002").is_empty(), "another reader");
        one.terms.purpose = Purpose::Procedure;
        assert!(opened(&one, CLINIC).is_empty(), "that is a city hall's");
        let city = listed((CLINIC, Audience::CityClerk), std::slice::from_ref(&one));
        assert!(city.readable.is_empty());
        assert_eq!(city.declared.len(), 1);
        assert_eq!(city.declared[0].id.as_str(), "society/leavers");
        one.terms.purpose = Purpose::Care;
        let elsewhere = Some("pension".to_owned());
        let other = Consent {
            terms: ConsentRequest {
                scope: ConsentScope { source: elsewhere, ..one.terms.scope.clone() },
                ..one.terms.clone()
            },
            ..one.clone()
        };
        assert!(opened(&other, CLINIC).is_empty(), "another holder");
        let withdrawn = Consent { withdrawn: Some(NOW.parse().unwrap()), ..one.clone() };
        assert!(opened(&withdrawn, CLINIC).is_empty());
        one.terms.reader = ConsentReader::AnyClinicInEmergency;
        one.terms.purpose = Purpose::Emergency;
        assert_eq!(opened(&one, CLINIC), [("hospital/care".to_owned(), Purpose::Emergency)]);
        let city = listed((CLINIC, Audience::CityClerk), std::slice::from_ref(&one));
        assert!(city.declared.is_empty(), "any clinic is not a city hall");
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
