//! What a service provider is told about a person: what its configuration lists, and no more.

use warifu_saml::Attribute;
use warifu_saml::names::{
    ATTRIBUTE_DISPLAY_NAME, ATTRIBUTE_ENTITLEMENT, ATTRIBUTE_ORGANIZATION, ATTRIBUTE_PAIRWISE_ID,
};

use crate::config::AttributeName;
use crate::person::Person;
use crate::provider::Provider;

/// The attributes about `person`, whom the provider knows as `pairwise` in `scope`.
pub(super) fn about(
    provider: &Provider,
    person: &Person,
    pairwise: &str,
    scope: &str,
) -> Vec<Attribute> {
    let roles: Vec<_> = person.roles.iter().map(|role| role.urn().to_owned()).collect();
    let organization = person.organization.iter().map(|o| o.name.clone()).collect();
    [
        (AttributeName::PairwiseId, ATTRIBUTE_PAIRWISE_ID, vec![format!("{pairwise}@{scope}")]),
        (AttributeName::DisplayName, ATTRIBUTE_DISPLAY_NAME, vec![person.display_name.clone()]),
        (AttributeName::Roles, ATTRIBUTE_ENTITLEMENT, roles),
        (AttributeName::Organization, ATTRIBUTE_ORGANIZATION, organization),
    ]
    .into_iter()
    .filter(|(name, _, values)| provider.may_know(*name) && !values.is_empty())
    .map(|(_, name, values)| Attribute::new(name, values))
    .collect()
}
