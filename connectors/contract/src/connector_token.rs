//! The relay's token to a connector: a JWS (ES256, header `typ` [`TOKEN_TYPE`]) that lives for
//! at most a minute, is used once, and is bound to the relay's client certificate (RFC 8705).
//!
//! It says of whom (`sub`, this connector's own pseudonym), for whom (`act`), and what for
//! (`purpose`). Times are whole seconds since the Unix epoch.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::history::Purpose;

/// `iss` of every token that a connector accepts.
pub const RELAY_ISSUER: &str = "urn:warifu:relay";
/// `typ` in the header of the JWS: keeps these tokens apart from all others (RFC 8725 §3.11).
pub const TOKEN_TYPE: &str = "connector+jwt";
/// The longest time between `iat` and `exp`.
pub const LONGEST_LIFE_SECONDS: i64 = 60;

/// `aud` of the connector `id`.
pub fn audience(id: &str) -> String {
    format!("urn:warifu:connector:{id}")
}

/// What the token says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ConnectorClaims {
    /// [`RELAY_ISSUER`].
    pub iss: String,
    /// [`audience`] of the connector.
    pub aud: String,
    /// The connector's own pseudonym of the person; none when the request's typed card says who.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sub: Option<String>,
    /// On whose behalf the relay asks; none when the person looks at their own records.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub act: Option<Actor>,
    /// What for.
    pub purpose: Purpose,
    /// A name of the consent or mandate that allows it, where there is one: the same at every
    /// question, and told to this connector alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub receipt: Option<String>,
    /// Unique; 16–64 characters `[A-Za-z0-9_-]`.
    pub jti: String,
    /// When it was made.
    pub iat: i64,
    /// When it ends.
    pub exp: i64,
    /// The client certificate it is bound to.
    pub cnf: Confirmation,
}

/// Whose client certificate may present the token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Confirmation {
    /// Base64url without padding of the SHA-256 of the certificate's DER form.
    #[serde(rename = "x5t#S256")]
    pub x5t_s256: String,
}

/// On whose behalf the relay asks (RFC 8693 section 4.1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Actor {
    /// Staff.
    Staff {
        /// The organisation whose staff asked.
        organization: Organization,
    },
    /// The person's proxy.
    Proxy {
        /// A name of the proxy that only this connector is told.
        sub: String,
    },
}

impl Actor {
    /// The organisation whose staff asked.
    pub fn organization(&self) -> Option<&Organization> {
        match self {
            Self::Staff { organization } => Some(organization),
            Self::Proxy { .. } => None,
        }
    }
}

/// An organisation, e.g. a clinic.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Organization {
    /// Its code, e.g. 医療機関コード.
    pub code: String,
    /// Its name as people know it.
    pub name: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_on_the_wire_are_those_of_the_rfcs() {
        let claims = ConnectorClaims {
            iss: RELAY_ISSUER.to_owned(),
            aud: audience("insurer"),
            sub: None,
            act: None,
            purpose: Purpose::OwnLook,
            receipt: None,
            jti: "0123456789abcdef".to_owned(),
            iat: 1_795_190_400,
            exp: 1_795_190_460,
            cnf: Confirmation { x5t_s256: "thumb".to_owned() },
        };
        let json = serde_json::to_value(&claims).unwrap();
        assert_eq!(
            json,
            serde_json::json!({
                "iss": "urn:warifu:relay", "aud": "urn:warifu:connector:insurer",
                "purpose": "own-look", "jti": "0123456789abcdef",
                "iat": 1_795_190_400, "exp": 1_795_190_460, "cnf": {"x5t#S256": "thumb"}
            })
        );
        assert_eq!(serde_json::from_value::<ConnectorClaims>(json).unwrap(), claims);
    }
}
