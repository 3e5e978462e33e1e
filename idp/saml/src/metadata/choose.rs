//! Choosing from a peer's metadata: an address, a key.

use crate::encryption::EncryptionKey;
use crate::metadata::{AcsEndpoint, Endpoint, IdpRole, SpRole};
use crate::names::BINDING_POST;
use crate::request::AcsChoice;

impl SpRole {
    /// The address that a request chose: letter by letter one of those listed, for HTTP-POST.
    pub fn resolve_acs(&self, choice: &AcsChoice) -> Option<&AcsEndpoint> {
        let mut posts = self.acs.iter().filter(|acs| acs.binding == BINDING_POST);
        match choice {
            AcsChoice::Url(url) => posts.find(|acs| acs.location == *url),
            AcsChoice::Index(index) => posts.find(|acs| acs.index == *index),
            AcsChoice::Default => self.default_acs(),
        }
    }

    /// The first that says it is the default, else the first that does not say it is not, else the
    /// first (SAML metadata 2.2.3).
    fn default_acs(&self) -> Option<&AcsEndpoint> {
        let posts = || self.acs.iter().filter(|acs| acs.binding == BINDING_POST);
        posts()
            .find(|acs| acs.is_default == Some(true))
            .or_else(|| posts().find(|acs| acs.is_default.is_none()))
            .or_else(|| posts().next())
    }

    /// The first key that assertions can be encrypted to.
    pub fn encryption_key(&self) -> Option<EncryptionKey> {
        self.encryption.iter().find_map(|key| EncryptionKey::from_certificate(key).ok())
    }

    /// Where it takes logout messages by this binding.
    pub fn slo_at(&self, binding: &str) -> Option<&Endpoint> {
        self.slo.iter().find(|endpoint| endpoint.binding == binding)
    }
}

impl IdpRole {
    /// Whether a scoped value, `name@scope`, carries one of its scopes. Scopes are compared without
    /// regard to case, like the domain names that they are.
    pub fn owns(&self, scoped: &str) -> bool {
        let scope = scoped.rsplit_once('@').map(|(_, scope)| scope);
        scope.is_some_and(|scope| self.scopes.iter().any(|own| own.eq_ignore_ascii_case(scope)))
    }

    /// Where it takes requests for logins by this binding.
    pub fn sso_at(&self, binding: &str) -> Option<&Endpoint> {
        self.sso.iter().find(|endpoint| endpoint.binding == binding)
    }

    /// Where it takes logout messages by this binding.
    pub fn slo_at(&self, binding: &str) -> Option<&Endpoint> {
        self.slo.iter().find(|endpoint| endpoint.binding == binding)
    }
}

impl Endpoint {
    /// Where answers go.
    pub fn response_address(&self) -> &str {
        self.response_location.as_deref().unwrap_or(&self.location)
    }
}
