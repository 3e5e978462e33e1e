//! What staff chose to read, and on what.

use warifu_contract::history::Purpose;
use warifu_contract::records::{Basis, Service};
use warifu_contract::services::ServiceId;

use crate::form::Typed;

/// What is said where the number of a consent is none.
pub(super) const NO_NUMBER: &str = "number";
/// Digits of a consent's number.
const NUMBER: usize = 32;
/// Characters of the reason that opens records in an emergency.
const REASONS: std::ops::RangeInclusive<usize> = 5..=200;

/// A choice that can be sent to the relay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reading {
    pub services: Vec<Service>,
    pub basis: Basis,
}

/// One declared service that can be asked of the relay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Opening {
    pub service: ServiceId,
    pub basis: Basis,
}

/// The declared service and on what it is opened, or the word for what is missing.
pub(super) fn opening(typed: &Typed) -> Result<Opening, &'static str> {
    let service = typed.at("service").parse().map_err(|_| "choose")?;
    Ok(Opening { service, basis: basis(typed)? })
}

/// The choice, or the word for what is missing.
pub(super) fn read(typed: &Typed) -> Result<Reading, &'static str> {
    let services = Service::ALL.into_iter().filter(|service| typed.ticked(service.as_str()));
    let services: Vec<_> = services.collect();
    if services.is_empty() {
        return Err("choose");
    }
    Ok(Reading { services, basis: basis(typed)? })
}

fn basis(typed: &Typed) -> Result<Basis, &'static str> {
    let purpose = match typed.at("purpose") {
        "care" => Purpose::Care,
        "health-guidance" => Purpose::HealthGuidance,
        "procedure" => Purpose::Procedure,
        "emergency" => return emergency(typed.at("reason")),
        _ => return Err("choose"),
    };
    // People write it in groups.
    let id: String = typed.at("consent").chars().filter(|c| !c.is_whitespace()).collect();
    let is_id = id.len() == NUMBER && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    let id = id.to_ascii_lowercase();
    if is_id { Ok(Basis::Consent { id, purpose }) } else { Err(NO_NUMBER) }
}

fn emergency(reason: &str) -> Result<Basis, &'static str> {
    let is_reason = REASONS.contains(&reason.chars().count());
    if is_reason && !reason.chars().any(char::is_control) {
        Ok(Basis::Emergency { reason: reason.to_owned() })
    } else {
        Err("reason")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn form(fields: &[(&str, &str)]) -> Typed {
        fields.iter().fold(Typed::default(), |form, (name, value)| form.with(name, value))
    }

    #[test]
    fn a_choice_names_records_and_why() {
        let id = "ab".repeat(16);
        let consent = form(&[("pension", "yes"), ("purpose", "care"), ("consent", &id)]);
        let basis = Basis::Consent { id: id.clone(), purpose: Purpose::Care };
        assert_eq!(read(&consent), Ok(Reading { services: vec![Service::Pension], basis }));
        for (fields, said) in [
            (vec![("purpose", "care"), ("consent", id.as_str())], "choose"),
            (vec![("pension", "yes"), ("purpose", "care"), ("consent", "../../x")], "number"),
            (vec![("pension", "yes"), ("purpose", "own-look"), ("consent", &id)], "choose"),
            (vec![("pension", "yes"), ("purpose", "emergency"), ("reason", "急患")], "reason"),
        ] {
            assert_eq!(read(&form(&fields)), Err(said), "{fields:?}");
        }
    }

    #[test]
    fn one_service_is_opened_by_the_number_as_people_write_it() {
        let typed = "ABAB ".repeat(8);
        let service = ("service", "hospital/care");
        let number = form(&[service, ("purpose", "procedure"), ("consent", &typed)]);
        let basis = Basis::Consent { id: "ab".repeat(16), purpose: Purpose::Procedure };
        let service_id = "hospital/care".parse().unwrap();
        assert_eq!(opening(&number), Ok(Opening { service: service_id, basis }));
        for (fields, said) in [
            (vec![("purpose", "care"), ("consent", typed.as_str())], "choose"),
            (vec![("service", "../x"), ("purpose", "care"), ("consent", &typed)], "choose"),
            (vec![service, ("purpose", "care"), ("consent", "1234")], "number"),
            (vec![service, ("purpose", "emergency"), ("reason", "急患")], "reason"),
        ] {
            assert_eq!(opening(&form(&fields)), Err(said), "{fields:?}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_typed_the_basis_is_bounded(id in ".{0,60}", reason in ".{0,300}",
            purpose in "care|emergency|.{0,8}") {
            let fields = [("checkup", ""), ("consent", &id), ("reason", &reason), ("purpose", &purpose)];
            match read(&form(&fields)).map(|reading| reading.basis) {
                Ok(Basis::Consent { id, .. }) => prop_assert_eq!(id.len(), 32),
                Ok(Basis::Emergency { reason }) => prop_assert!(reason.chars().count() <= 200),
                Ok(Basis::Mandate { .. }) => prop_assert!(false, "no form of staff has a mandate"),
                Err(said) => prop_assert!(["choose", "reason", "number"].contains(&said)),
            }
        }
    }
}
