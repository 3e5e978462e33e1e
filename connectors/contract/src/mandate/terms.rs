//! What a principal offers to a proxy, and within which bounds.

use jiff::ToSpan as _;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::records::Service;
use crate::services::ServiceId;

/// A mandate ends after at most so many years.
pub const LONGEST_YEARS: i16 = 1;
/// Characters of what one is called by the other.
pub const LONGEST_NAME: usize = 40;
/// Declared services of one mandate, at most.
const MOST_DECLARED: usize = 64;
/// Characters of a version.
const LONGEST_VERSION: usize = 40;

/// What the principal offers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MandateRequest {
    /// What may be read, each once. What is offered later is not among them.
    pub services: Vec<Service>,
    /// Of what connectors declared, each once; at least one here or there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub declared: Vec<ServiceId>,
    /// Whether the access history may be read too.
    pub history: bool,
    /// The last day, in Japan; at most [`LONGEST_YEARS`] from today.
    #[schema(value_type = String, format = Date)]
    pub until: Date,
    /// What the proxy calls the principal, e.g. 母: 1 to [`LONGEST_NAME`] characters.
    pub name: String,
    /// The version of the words that the principal was shown.
    pub text_version: String,
}

/// Why a mandate cannot be offered or accepted so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MandateError {
    /// No service, or one twice.
    #[error("proxy.scope")]
    Scope,
    /// It would end in the past, or after too long a time.
    #[error("proxy.period")]
    Period,
    /// No name, or one too long or with control characters.
    #[error("proxy.name")]
    Name,
    /// No version of the words that were shown.
    #[error("proxy.text-version")]
    TextVersion,
}

impl MandateError {
    /// Every way to be refused.
    pub const ALL: [Self; 4] = [Self::Scope, Self::Period, Self::Name, Self::TextVersion];

    /// The stable code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Scope => "proxy.scope",
            Self::Period => "proxy.period",
            Self::Name => "proxy.name",
            Self::TextVersion => "proxy.text-version",
        }
    }
}

impl MandateRequest {
    /// Checks what the types cannot, on the day `today`.
    pub fn validate(&self, today: Date) -> Result<(), MandateError> {
        if !is_scope(&self.services, &self.declared) {
            return Err(MandateError::Scope);
        }
        let longest = today.checked_add(LONGEST_YEARS.years()).unwrap_or(Date::MAX);
        if self.until < today || self.until > longest {
            return Err(MandateError::Period);
        }
        if !is_name(&self.name) {
            return Err(MandateError::Name);
        }
        if is_version(&self.text_version) { Ok(()) } else { Err(MandateError::TextVersion) }
    }
}

/// Whether there is at least one here or there, each once, and not too many.
pub(super) fn is_scope(services: &[Service], declared: &[ServiceId]) -> bool {
    let some = !services.is_empty() || !declared.is_empty();
    some && declared.len() <= MOST_DECLARED && are_once(services) && are_once(declared)
}

fn are_once<T: Copy + Ord>(all: &[T]) -> bool {
    let mut known = all.to_vec();
    known.sort_unstable();
    known.dedup();
    known.len() == all.len()
}

/// Whether it can name a version of words.
pub(super) fn is_version(text: &str) -> bool {
    let version = text.as_bytes();
    (1..=LONGEST_VERSION).contains(&version.len()) && version.iter().all(u8::is_ascii_graphic)
}

/// Whether people can be called so.
pub(super) fn is_name(name: &str) -> bool {
    let is_said = !name.trim().is_empty() && !name.chars().any(char::is_control);
    is_said && name.chars().count() <= LONGEST_NAME
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::mandate::tests::mandate;

    const TODAY: Date = date(2026, 11, 20);

    fn refused(change: impl FnOnce(&mut MandateRequest)) -> Option<MandateError> {
        let mut terms = mandate().terms;
        change(&mut terms);
        terms.validate(TODAY).err()
    }

    fn each_of(count: usize) -> Vec<ServiceId> {
        (0..count).map(|n| ServiceId::new("city", &format!("s{n}")).unwrap()).collect()
    }

    #[test]
    fn terms_end_within_a_year_and_name_what_they_open() {
        assert_eq!(refused(|_| ()), None);
        for until in [date(2026, 11, 19), date(2027, 11, 21), Date::MAX] {
            assert_eq!(refused(|one| one.until = until), Some(MandateError::Period));
        }
        for services in [Vec::new(), vec![Service::Pension; 2]] {
            assert_eq!(refused(|one| one.services = services), Some(MandateError::Scope));
        }
        let one: ServiceId = "city/infants".parse().unwrap();
        for (declared, expected) in [
            (vec![one], None),
            (vec![one; 2], Some(MandateError::Scope)),
            (each_of(MOST_DECLARED), None),
            (each_of(MOST_DECLARED + 1), Some(MandateError::Scope)),
        ] {
            let only = |terms: &mut MandateRequest| {
                terms.services = Vec::new();
                terms.declared = declared;
            };
            assert_eq!(refused(only), expected, "only declared ones will do");
        }
        for name in ["", "　", "a\nb", &"母".repeat(41)] {
            assert_eq!(refused(|one| one.name = name.into()), Some(MandateError::Name));
        }
        let version = refused(|one| one.text_version = "版".into());
        assert_eq!(version, Some(MandateError::TextVersion));
    }
}
