//! The service providers of the federation: who they are, and what each may be told.

mod document;
mod error;
mod limits;
mod registration;
mod terms;

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;
use warifu_saml::names::BINDING_SOAP;
use warifu_saml::{EncryptionKey, Entity, SignatureAlgorithm, SpRole};
use warifu_service::words::Language;

use crate::config::{AttributeName, EncryptionChoice, Origin, SigningChoice};

pub(crate) use document::{Document, MOST_BYTES, MOST_BYTES_OF_MANY, Rules, digest};
pub(crate) use error::ProviderError;
pub(crate) use registration::{Registration, Source, read_certificate};
pub use terms::Terms;

/// A service provider that is believed.
#[derive(Clone)]
pub(crate) struct Provider {
    pub(crate) entity_id: String,
    pub(crate) role: SpRole,
    /// What assertions are encrypted to; none where they are not.
    pub(crate) encrypt_to: Option<EncryptionKey>,
    /// Thumbprint (`x5t#S256`) of its client certificate towards the relay.
    pub(crate) thumbprint: Option<String>,
    /// The key that signs for it.
    pub(crate) signing: SigningChoice,
    pub(crate) terms: Terms,
    valid_until: Option<Timestamp>,
}

impl Provider {
    /// Admits the service provider that `entity` describes, as it is registered.
    pub(crate) fn admit(
        entity: &Entity,
        registration: &Registration,
    ) -> Result<Self, ProviderError> {
        let role = entity.sp.clone().ok_or(ProviderError::NotOne)?;
        let terms = registration.terms.clone();
        let encrypt_to = match terms.encryption {
            EncryptionChoice::Never => None,
            EncryptionChoice::IfPossible => role.encryption_key(),
            EncryptionChoice::Required => {
                Some(role.encryption_key().ok_or(ProviderError::NoEncryptionKey)?)
            }
        };
        Ok(Self {
            entity_id: entity.entity_id.clone(),
            encrypt_to,
            thumbprint: registration.thumbprint()?,
            signing: signing(&role, terms.signing),
            role,
            terms,
            valid_until: entity.valid_until,
        })
    }

    /// Whether it may be told that.
    pub(crate) fn may_know(&self, attribute: AttributeName) -> bool {
        self.terms.attributes.contains(&attribute)
    }

    /// Whether its metadata still holds.
    pub(crate) fn is_current(&self, now: Timestamp) -> bool {
        self.valid_until.is_none_or(|until| now < until)
    }

    /// Until when its metadata holds.
    #[cfg(test)]
    pub(crate) fn valid_until(&self) -> Option<Timestamp> {
        self.valid_until
    }

    /// Its name for people; where it gives none, the host that the answer goes to.
    pub(crate) fn name(&self, language: Language) -> String {
        let all = &self.role.display_names;
        let fitting = all.iter().find(|name| name.language == language.tag()).or(all.first());
        let host = || self.origin().map(|origin| origin.host().to_owned());
        fitting
            .map(|name| name.text.clone())
            .or_else(host)
            .unwrap_or_else(|| self.entity_id.clone())
    }

    /// Where people begin: the origin of its first address for answers.
    pub(crate) fn origin(&self) -> Option<Origin> {
        self.role.acs.first().and_then(|acs| Origin::of(&acs.location))
    }

    /// Where it takes logout requests from server to server.
    pub(crate) fn logout_address(&self) -> Option<&str> {
        self.role.slo_at(BINDING_SOAP).map(|endpoint| endpoint.location.as_str())
    }
}

/// All service providers that may ask, by entity id.
#[derive(Default)]
pub(crate) struct Providers(HashMap<String, Arc<Provider>>);

impl Providers {
    /// All of them, by name.
    pub(crate) fn all(&self, language: Language) -> Vec<(String, &Provider)> {
        let named = self.0.values().map(|provider| (provider.name(language), &**provider));
        let mut all: Vec<_> = named.collect();
        all.sort_by(|(one, _), (other, _)| one.cmp(other));
        all
    }

    pub(crate) fn find(&self, entity_id: &str) -> Option<&Provider> {
        self.0.get(entity_id).map(|provider| &**provider)
    }

    /// The one that made a message, while its metadata holds.
    pub(crate) fn current(&self, issuer: &str, now: Timestamp) -> Result<&Provider, NotServed> {
        let provider = self.find(issuer).ok_or(NotServed::Unknown)?;
        provider.is_current(now).then_some(provider).ok_or(NotServed::Expired)
    }
}

/// Why nobody listens to the issuer of a message.
#[derive(Debug, Clone, Copy, thiserror::Error)]
pub(crate) enum NotServed {
    #[error("the issuer is no service provider of ours")]
    Unknown,
    #[error("the provider's metadata has expired")]
    Expired,
}

impl FromIterator<Arc<Provider>> for Providers {
    fn from_iter<All: IntoIterator<Item = Arc<Provider>>>(all: All) -> Self {
        Self(all.into_iter().map(|provider| (provider.entity_id.clone(), provider)).collect())
    }
}

/// The first algorithm it asks for that we can do; where it does not say, as configured.
fn signing(role: &SpRole, configured: SigningChoice) -> SigningChoice {
    let known = role.signing_methods.iter().find_map(|method| match method {
        SignatureAlgorithm::EcdsaSha256 => Some(SigningChoice::P256),
        SignatureAlgorithm::RsaSha256 => Some(SigningChoice::Rsa),
        _ => None,
    });
    known.unwrap_or(configured)
}
