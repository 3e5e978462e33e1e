//! Web origins, spelt as browsers spell them: compared byte by byte, so there is one spelling.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use url::Url;

/// Scheme, host and port of a web address (RFC 6454 §6.2), http or https, nothing after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Origin {
    text: String,
    host: String,
}

/// Why a text is not an origin.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum OriginError {
    /// Not a web address.
    #[error("{0} is not a web address")]
    NotAnAddress(String),
    /// Browsers spell it otherwise.
    #[error("write {expected} instead of {found}")]
    Spelling {
        /// How a browser spells it.
        expected: String,
        /// What was given.
        found: String,
    },
}

impl Origin {
    /// The text, e.g. `https://idp.example:8444`.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The host without the port.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The address of `path`, which begins with a slash.
    pub fn at(&self, path: &str) -> String {
        format!("{}{path}", self.text)
    }

    /// The origin that an address belongs to.
    pub fn of(address: &str) -> Option<Self> {
        let url = Url::parse(address).ok()?;
        url.origin().ascii_serialization().try_into().ok()
    }
}

impl TryFrom<String> for Origin {
    type Error = OriginError;

    fn try_from(text: String) -> Result<Self, OriginError> {
        let unusable = || OriginError::NotAnAddress(text.clone());
        let url = Url::parse(&text).map_err(|_| unusable())?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(unusable());
        }
        let host = url.host_str().ok_or_else(unusable)?.to_owned();
        let expected = url.origin().ascii_serialization();
        if expected == text {
            Ok(Self { text, host })
        } else {
            Err(OriginError::Spelling { expected, found: text })
        }
    }
}

impl From<Origin> for String {
    fn from(origin: Origin) -> Self {
        origin.text
    }
}

impl JsonSchema for Origin {
    fn schema_name() -> Cow<'static, str> {
        "Origin".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "pattern": "^https?://[^/]+$",
            "description": "A web origin: scheme, host and port, nothing after.",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_spelling_is_taken() {
        let origin: Origin = "https://idp.localhost:8444".to_owned().try_into().unwrap();
        assert_eq!(origin.host(), "idp.localhost");
        assert_eq!(origin.at("/saml/sso"), "https://idp.localhost:8444/saml/sso");
        for wrong in [
            "https://idp.example/",
            "https://IDP.example",
            "https://idp.example:443",
            "ftp://idp.example",
            "null",
            "",
        ] {
            assert!(Origin::try_from(wrong.to_owned()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_address_has_an_origin() {
        let origin = Origin::of("https://portal.localhost:8443/saml/acs?x=1").unwrap();
        assert_eq!(origin.as_str(), "https://portal.localhost:8443");
        assert_eq!(Origin::of("data:text/plain,x"), None);
    }
}
