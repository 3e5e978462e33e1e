//! An identity provider as the agent knows it: its origin and the key pinned to that origin.

use josekit::jws::ES256;
use josekit::jws::alg::ecdsa::EcdsaJwsVerifier;
use openssl::pkey::PKey;
use url::Url;

use crate::config::{ConfigError, TrustedIdp, checked_origin};

/// A trusted identity provider, ready to check its requests.
#[derive(Debug, Clone)]
pub(crate) struct IdentityProvider {
    /// The origin, byte for byte as browsers send it.
    pub(crate) origin: String,
    /// The same, to build addresses from.
    pub(crate) url: Url,
    /// Checks ES256 signatures by the pinned key, and no other algorithm.
    pub(crate) verifier: EcdsaJwsVerifier,
}

impl IdentityProvider {
    /// Whether its host is a name of this computer (`localhost`, `*.localhost`; RFC 6761 §6.3).
    pub(crate) fn is_local(&self) -> bool {
        self.url.host_str().is_some_and(is_localhost)
    }
}

/// Whether a host name means the computer itself.
pub(crate) fn is_localhost(host: &str) -> bool {
    let host = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
    host == "localhost" || host.ends_with(".localhost")
}

pub(crate) fn parse(trusted: &TrustedIdp) -> Result<IdentityProvider, ConfigError> {
    let url = checked_origin(&trusted.origin)?;
    let verifier = pinned_key(&trusted.request_key_pem)
        .map_err(|reason| ConfigError::value("identity_providers.request_key_pem", reason))?;
    Ok(IdentityProvider { origin: trusted.origin.clone(), url, verifier })
}

fn pinned_key(pem: &str) -> Result<EcdsaJwsVerifier, String> {
    let key = PKey::public_key_from_pem(pem.as_bytes())
        .map_err(|_| "not a public key in PEM".to_owned())?;
    let der = key.public_key_to_der().map_err(|error| error.to_string())?;
    ES256.verifier_from_der(der).map_err(|_| "not a P-256 key".to_owned())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use openssl::ec::{EcGroup, EcKey};
    use openssl::nid::Nid;

    fn generate(curve: Nid) -> String {
        let group = EcGroup::from_curve_name(curve).unwrap();
        let key = PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap();
        String::from_utf8(key.public_key_to_pem().unwrap()).unwrap()
    }

    pub(crate) fn public_key_pem() -> String {
        generate(Nid::X9_62_PRIME256V1)
    }

    pub(crate) fn provider(origin: &str) -> IdentityProvider {
        parse(&TrustedIdp { origin: origin.into(), request_key_pem: public_key_pem() }).unwrap()
    }

    #[test]
    fn only_p256_keys_are_pinned() {
        assert!(pinned_key(&public_key_pem()).is_ok());
        assert_eq!(pinned_key(&generate(Nid::SECP384R1)).unwrap_err(), "not a P-256 key");
        assert!(pinned_key("").is_err());
    }

    #[test]
    fn names_of_this_computer_are_told_from_imitations() {
        assert!(is_localhost("localhost") && is_localhost("idp.localhost"));
        assert!(is_localhost("IDP.LOCALHOST."));
        assert!(!is_localhost("idp.localhost.example") && !is_localhost("notlocalhost"));
    }
}
