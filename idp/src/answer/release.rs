//! What a service provider is told about a person: what its registration lists, and no more.

use warifu_saml::SubjectIdRequirement;
use warifu_saml::names::{
    ATTRIBUTE_CARD_UNTIL, ATTRIBUTE_DISPLAY_NAME, ATTRIBUTE_ENTITLEMENT, ATTRIBUTE_OFFICE_TICKET,
    ATTRIBUTE_ORGANIZATION, ATTRIBUTE_PAIRWISE_ID, ATTRIBUTE_RELAY_TICKET, ATTRIBUTE_SUBJECT_ID,
};

use super::Reply;
use crate::cards::is_near;
use crate::config::AttributeName;
use crate::japan::day;
use crate::provider::Provider;
use crate::store::Session;

/// A kind of thing that a service provider is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum What {
    /// The name by which it knows the person, where that lasts.
    Name,
    Attribute(AttributeName),
}

impl What {
    /// Our word for it, in the database and in the catalogues.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Name => "name-id",
            Self::Attribute(name) => name.as_str(),
        }
    }
}

/// One thing that a service provider is told, and how it reads there; a ticket has no values yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) what: What,
    pub(crate) values: Vec<String>,
}

impl Reply<'_> {
    /// Everything that the provider would be told about whoever has this session.
    pub(crate) fn release(&self, session: &Session) -> Vec<Told> {
        let name = self.asker.wishes.lasting.then(|| self.lasting_name(&session.person));
        let name = name.map(|name| Told { what: What::Name, values: vec![name] });
        let attributes = AttributeName::ALL.into_iter().filter_map(|attribute| {
            let values = self.values(attribute, session)?;
            Some(Told { what: What::Attribute(attribute), values })
        });
        name.into_iter().chain(attributes).collect()
    }

    /// The values of one attribute; `None` where it is not told.
    fn values(&self, attribute: AttributeName, session: &Session) -> Option<Vec<String>> {
        if !is_told(self.provider, attribute) {
            return None;
        }
        let (person, pairwise) = (&session.profile, &self.centre.keys.pairwise);
        let scoped = |name: String| {
            let scope = self.centre.config.public_url.host();
            vec![format!("{name}@{scope}")]
        };
        let values = match attribute {
            AttributeName::PairwiseId => {
                scoped(pairwise.subject(&self.provider.entity_id, &session.person))
            }
            AttributeName::SubjectId => scoped(pairwise.everywhere(&session.person)),
            AttributeName::DisplayName => vec![person.display_name.clone()],
            AttributeName::Roles => person.roles.iter().map(|role| role.urn().into()).collect(),
            AttributeName::Organization => {
                person.organization.iter().map(|one| one.name.clone()).collect()
            }
            AttributeName::RelayTicket => {
                return self.provider.thumbprint.is_some().then(Vec::new);
            }
            AttributeName::OfficeTicket => {
                return self.is_for_office(session).then(Vec::new);
            }
            AttributeName::CardUntil => {
                let end = session.card_ends.filter(|end| is_near(*end, self.centre.now()));
                end.map(|end| day(end).to_string()).into_iter().collect()
            }
        };
        (!values.is_empty()).then_some(values)
    }
}

/// Whether the provider is told that. Of the two identifiers it gets the one that its metadata asks
/// for (Subject Identifier Attributes Profile §3.5): the one that is the same for everybody only
/// where it asks for just that, and then the other is of no use to it.
fn is_told(provider: &Provider, attribute: AttributeName) -> bool {
    let same_for_all = provider.may_know(AttributeName::SubjectId)
        && provider.role.subject_id_requirement == SubjectIdRequirement::SubjectId;
    match attribute {
        AttributeName::SubjectId => same_for_all,
        AttributeName::PairwiseId => provider.may_know(attribute) && !same_for_all,
        _ => provider.may_know(attribute),
    }
}

/// The name of the attribute on the wire.
pub(super) fn uri(attribute: AttributeName) -> &'static str {
    match attribute {
        AttributeName::PairwiseId => ATTRIBUTE_PAIRWISE_ID,
        AttributeName::SubjectId => ATTRIBUTE_SUBJECT_ID,
        AttributeName::DisplayName => ATTRIBUTE_DISPLAY_NAME,
        AttributeName::Roles => ATTRIBUTE_ENTITLEMENT,
        AttributeName::Organization => ATTRIBUTE_ORGANIZATION,
        AttributeName::RelayTicket => ATTRIBUTE_RELAY_TICKET,
        AttributeName::OfficeTicket => ATTRIBUTE_OFFICE_TICKET,
        AttributeName::CardUntil => ATTRIBUTE_CARD_UNTIL,
    }
}
