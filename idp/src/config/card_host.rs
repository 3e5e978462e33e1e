//! The host that asks browsers for the certificate of a card.

use std::net::SocketAddr;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use warifu_service::http::{ListenError, Server};

use super::Origin;

/// A host of its own where browsers that reach the card themselves (by OpenSC's PKCS#11 module or
/// the system's own driver) show its certificate: sign-in without card software of ours. TLS must
/// end here, at this very process, and not at a load balancer.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CardHostConfig {
    /// The origin at which browsers find it, e.g. `https://cards.example`: another host name than
    /// that of `public_url`, since browsers keep by host what certificate was chosen.
    pub url: Origin,
    /// Address and port where it listens, e.g. `0.0.0.0:8449`.
    pub address: SocketAddr,
    /// PEM file: the server's certificate for that host name and no other, then the issuing CA's.
    pub certificate: PathBuf,
    /// PEM file: the private key of `certificate` (PKCS#8).
    pub key: PathBuf,
    /// Whether staff may sign in here, too. Nobody sees their card leave the reader then, so that
    /// their sessions end by the limits of `sessions` only.
    #[serde(default)]
    pub staff: bool,
}

/// Why there cannot be such a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CardHostError {
    /// Without TLS there is no certificate to show.
    #[error("card_host.url does not begin with https://")]
    NotHttps,
    /// The browser would take both for one.
    #[error("card_host.url has the same host name as public_url")]
    SameHost,
}

impl CardHostConfig {
    /// Whether it can stand beside the identity provider at that origin.
    pub(crate) fn check(&self, public_url: &Origin) -> Result<(), CardHostError> {
        if !self.url.as_str().starts_with("https://") {
            return Err(CardHostError::NotHttps);
        }
        if self.url.host() == public_url.host() {
            return Err(CardHostError::SameHost);
        }
        Ok(())
    }

    /// Takes the address; what it serves is [`Idp::card_host`](crate::Idp::card_host).
    pub async fn bind(&self) -> Result<Server, ListenError> {
        Server::bind_asking(self.address, &self.certificate, &self.key).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(text: &str) -> Origin {
        text.to_owned().try_into().unwrap()
    }

    #[test]
    fn it_has_a_name_of_its_own_under_tls() {
        let idp = origin("https://idp.example");
        for (url, expected) in [
            ("https://cards.example", Ok(())),
            ("https://cards.idp.example:8449", Ok(())),
            ("https://idp.example:8449", Err(CardHostError::SameHost)),
            ("http://cards.example", Err(CardHostError::NotHttps)),
        ] {
            let host = CardHostConfig {
                url: origin(url),
                address: ([127, 0, 0, 1], 0).into(),
                certificate: PathBuf::new(),
                key: PathBuf::new(),
                staff: false,
            };
            assert_eq!(host.check(&idp), expected, "{url}");
        }
    }
}
