//! Reading metadata: signature, validity, and each entity in it.

use std::collections::HashSet;

use jiff::Timestamp;

use crate::gate::{Kind, admit};
use crate::message::read_optional_instant;
use crate::metadata::role::{read_idp, read_sp};
use crate::metadata::{Entity, MetadataError, MetadataPolicy};
use crate::names::PROTOCOL;
use crate::namespace::Namespace::Metadata;
use crate::tree::{self, Element, ShapeError};
use crate::verify::signed_root;

/// The longest entity identifier.
const ENTITY_ID_LIMIT: usize = 1024;

/// Reads an `EntityDescriptor`, or every one in an `EntitiesDescriptor`. Entities that are neither
/// identity nor service providers of SAML 2.0 come without a role.
pub fn parse(
    xml: &[u8],
    policy: &MetadataPolicy<'_>,
    now: Timestamp,
) -> Result<Vec<Entity>, MetadataError> {
    let document = admit(Kind::Metadata, xml)?;
    let root = match policy.trusted {
        [] => tree::parse(&document)?,
        trusted => signed_root::<MetadataError>(&document, trusted)?,
    };
    let mut reading = Reading { policy, now, entities: Vec::new(), seen: HashSet::new() };
    reading.read(&root, None)?;
    Ok(reading.entities)
}

struct Reading<'p> {
    policy: &'p MetadataPolicy<'p>,
    now: Timestamp,
    entities: Vec<Entity>,
    seen: HashSet<String>,
}

impl Reading<'_> {
    /// Reads an entity or a group of them; what is in a group holds no longer than the group. The
    /// gate bounds the depth.
    fn read(&mut self, element: &Element, outer: Option<Timestamp>) -> Result<(), MetadataError> {
        let own = read_optional_instant(element, "validUntil")?;
        let until = own.into_iter().chain(outer).min();
        if element.is(Metadata, "EntityDescriptor") {
            self.check_validity(until)?;
            return self.read_entity(element, until);
        }
        for child in element.children() {
            if child.is(Metadata, "EntityDescriptor") || child.is(Metadata, "EntitiesDescriptor") {
                self.read(child, until)?;
            }
        }
        Ok(())
    }

    fn check_validity(&self, until: Option<Timestamp>) -> Result<(), MetadataError> {
        let Some(until) = until else {
            let demanded = self.policy.require_valid_until;
            return if demanded { Err(MetadataError::Endless) } else { Ok(()) };
        };
        if until <= self.now {
            return Err(MetadataError::Expired);
        }
        let too_long = until.duration_since(self.now) > self.policy.longest_validity;
        if too_long { Err(MetadataError::TooLong) } else { Ok(()) }
    }

    fn read_entity(
        &mut self,
        element: &Element,
        valid_until: Option<Timestamp>,
    ) -> Result<(), MetadataError> {
        let entity_id = element.required("entityID")?.to_owned();
        if entity_id.is_empty() || entity_id.len() > ENTITY_ID_LIMIT {
            return Err(ShapeError::Value("entityID").into());
        }
        if !self.seen.insert(entity_id.clone()) {
            return Err(MetadataError::Duplicate);
        }
        let idp = self.role(element, "IDPSSODescriptor")?.map(read_idp).transpose()?;
        let sp = self.role(element, "SPSSODescriptor")?.map(read_sp).transpose()?;
        self.entities.push(Entity { entity_id, valid_until, idp, sp });
        Ok(())
    }

    /// The one descriptor of this role for SAML 2.0, if it still holds.
    fn role<'e>(
        &self,
        entity: &'e Element,
        name: &'static str,
    ) -> Result<Option<&'e Element>, MetadataError> {
        let speaks_saml2 = |role: &&Element| {
            let protocols = role.attribute("protocolSupportEnumeration").unwrap_or_default();
            protocols.split_whitespace().any(|protocol| protocol == PROTOCOL)
        };
        let mut roles = entity.all(Metadata, name).filter(speaks_saml2);
        let Some(role) = roles.next() else {
            return Ok(None);
        };
        if roles.next().is_some() {
            return Err(MetadataError::Duplicate);
        }
        let until = read_optional_instant(role, "validUntil")?;
        if until.is_some_and(|until| until <= self.now) {
            return Err(MetadataError::Expired);
        }
        Ok(Some(role))
    }
}
