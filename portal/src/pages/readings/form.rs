//! What staff chose to read, and on what.

use warifu_contract::history::Purpose;
use warifu_contract::records::{Basis, Service};

use crate::form::Typed;

/// Characters of the reason that opens records in an emergency.
const REASONS: std::ops::RangeInclusive<usize> = 5..=200;

/// A choice that can be sent to the relay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reading {
    pub services: Vec<Service>,
    pub basis: Basis,
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
        "emergency" => return emergency(typed.at("reason")),
        _ => return Err("choose"),
    };
    let id = typed.at("consent");
    let is_id = id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_id { Ok(Basis::Consent { id: id.to_owned(), purpose }) } else { Err("choose") }
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
            (vec![("pension", "yes"), ("purpose", "care"), ("consent", "../../x")], "choose"),
            (vec![("pension", "yes"), ("purpose", "own-look"), ("consent", &id)], "choose"),
            (vec![("pension", "yes"), ("purpose", "emergency"), ("reason", "急患")], "reason"),
        ] {
            assert_eq!(read(&form(&fields)), Err(said), "{fields:?}");
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
                Err(said) => prop_assert!(said == "choose" || said == "reason"),
            }
        }
    }
}
