//! Reading the attributes of an entity itself (SAML metadata extension for entity attributes).

use crate::metadata::SubjectIdRequirement;
use crate::metadata::role::extensions;
use crate::names::ENTITY_SUBJECT_ID_REQUIREMENT;
use crate::namespace::Namespace::{Assertion, EntityAttribute};
use crate::tree::{Element, ShapeError};

/// Which subject identifier an entity says it needs. What is not understood is no need (SAML subject
/// identifier attributes profile 3.5).
pub(super) fn read_subject_id_requirement(
    entity: &Element,
) -> Result<SubjectIdRequirement, ShapeError> {
    let Some(value) = values(entity, ENTITY_SUBJECT_ID_REQUIREMENT).next() else {
        return Ok(SubjectIdRequirement::None);
    };
    Ok(match value.text("AttributeValue")? {
        "pairwise-id" => SubjectIdRequirement::PairwiseId,
        "subject-id" => SubjectIdRequirement::SubjectId,
        "any" => SubjectIdRequirement::Any,
        _ => SubjectIdRequirement::None,
    })
}

fn values<'t>(entity: &'t Element, name: &str) -> impl Iterator<Item = &'t Element> {
    extensions(entity)
        .filter(|element| element.is(EntityAttribute, "EntityAttributes"))
        .flat_map(|attributes| attributes.all(Assertion, "Attribute"))
        .filter(move |attribute| attribute.attribute("Name") == Some(name))
        .flat_map(|attribute| attribute.all(Assertion, "AttributeValue"))
}
