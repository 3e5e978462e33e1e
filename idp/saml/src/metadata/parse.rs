//! Reading metadata: signature, validity, and each entity in it.

use std::collections::HashSet;

use jiff::{SignedDuration, Timestamp};

use crate::gate::{Kind, admit};
use crate::instant;
use crate::message::read_optional_instant;
use crate::metadata::role::{read_idp, read_sp};
use crate::metadata::{Entity, MetadataError, MetadataPolicy};
use crate::names::PROTOCOL;
use crate::namespace::Namespace::Metadata;
use crate::tree::{self, Element, ShapeError};
use crate::verify::signed_root;

/// The longest entity identifier.
const ENTITY_ID_LIMIT: usize = 1024;

/// What was found in a group of entities.
#[derive(Debug)]
pub struct Aggregate {
    /// Those that can be used.
    pub entities: Vec<Entity>,
    /// Those that cannot: the identifier as far as there is one, and why.
    pub refused: Vec<(String, MetadataError)>,
}

/// Reads an `EntityDescriptor`, or every one in an `EntitiesDescriptor`, none of which may be wrong.
/// Entities that are neither identity nor service providers of SAML 2.0 come without a role.
pub fn parse(
    xml: &[u8],
    policy: &MetadataPolicy<'_>,
    now: Timestamp,
) -> Result<Vec<Entity>, MetadataError> {
    let Aggregate { entities, refused } = parse_aggregate(xml, policy, now)?;
    match refused.into_iter().next() {
        None => Ok(entities),
        Some((_, error)) => Err(error),
    }
}

/// Reads the same, and passes over what is wrong with one entity alone, so that one member of a
/// federation cannot lock out all the others.
///
/// # Errors
///
/// What is wrong with the document: its form, its signature, its time, an entity that stands twice.
pub fn parse_aggregate(
    xml: &[u8],
    policy: &MetadataPolicy<'_>,
    now: Timestamp,
) -> Result<Aggregate, MetadataError> {
    let document = admit(Kind::Metadata, xml)?;
    let root = match policy.trusted {
        [] => tree::parse(&document)?,
        trusted => signed_root::<MetadataError>(&document, trusted)?,
    };
    let found = Aggregate { entities: Vec::new(), refused: Vec::new() };
    let mut reading = Reading { policy, now, found, seen: HashSet::new() };
    reading.read(&root, Terms::default())?;
    Ok(reading.found)
}

/// How long what stands here holds.
#[derive(Clone, Copy, Default)]
struct Terms {
    valid_until: Option<Timestamp>,
    cache_duration: Option<SignedDuration>,
}

impl Terms {
    /// The terms of an element that stands under these: never longer than they are.
    fn of(self, element: &Element, now: Timestamp) -> Result<Self, ShapeError> {
        let until = read_optional_instant(element, "validUntil")?;
        let cached = element.attribute("cacheDuration");
        let cached = cached.map(|text| {
            instant::read_duration(text, now).ok_or(ShapeError::Value("cacheDuration"))
        });
        Ok(Self {
            valid_until: until.into_iter().chain(self.valid_until).min(),
            cache_duration: cached.transpose()?.into_iter().chain(self.cache_duration).min(),
        })
    }
}

struct Reading<'p> {
    policy: &'p MetadataPolicy<'p>,
    now: Timestamp,
    found: Aggregate,
    seen: HashSet<String>,
}

impl Reading<'_> {
    /// Reads an entity or a group of them; what is in a group holds no longer than the group. The
    /// gate bounds the depth.
    fn read(&mut self, element: &Element, outer: Terms) -> Result<(), MetadataError> {
        if element.is(Metadata, "EntityDescriptor") {
            return self.read_member(element, outer);
        }
        let terms = outer.of(element, self.now)?;
        if terms.valid_until.is_some() {
            self.check_validity(terms.valid_until)?;
        }
        for child in element.children() {
            if child.is(Metadata, "EntityDescriptor") || child.is(Metadata, "EntitiesDescriptor") {
                self.read(child, terms)?;
            }
        }
        Ok(())
    }

    fn read_member(&mut self, element: &Element, outer: Terms) -> Result<(), MetadataError> {
        let entity_id = element.attribute("entityID").unwrap_or_default();
        if !self.seen.insert(entity_id.to_owned()) {
            return Err(MetadataError::Duplicate);
        }
        match self.read_entity(entity_id, element, outer) {
            Ok(entity) => self.found.entities.push(entity),
            Err(error) => self.found.refused.push((entity_id.to_owned(), error)),
        }
        Ok(())
    }

    fn read_entity(
        &self,
        entity_id: &str,
        element: &Element,
        outer: Terms,
    ) -> Result<Entity, MetadataError> {
        if entity_id.is_empty() || entity_id.len() > ENTITY_ID_LIMIT {
            return Err(ShapeError::Value("entityID").into());
        }
        let Terms { valid_until, cache_duration } = outer.of(element, self.now)?;
        self.check_validity(valid_until)?;
        let idp = self.role(element, "IDPSSODescriptor")?.map(read_idp).transpose()?;
        let sp = self.role(element, "SPSSODescriptor")?.map(|role| read_sp(role, element));
        Ok(Entity {
            entity_id: entity_id.to_owned(),
            valid_until,
            cache_duration,
            idp,
            sp: sp.transpose()?,
        })
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
