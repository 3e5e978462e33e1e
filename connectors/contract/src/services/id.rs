//! The name of a service within the federation.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Characters of a connector's id, a service's or a field's name, at most.
pub const LONGEST_NAME: usize = 32;
/// Bytes of both names and what stands between them.
const LONGEST: usize = 2 * LONGEST_NAME + 1;

/// A service: the connector's id, `/`, and the service's name there, e.g. `city/vaccinations`.
/// Short enough to go by value.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ServiceId {
    bytes: [u8; LONGEST],
    /// Where the connector's id ends.
    slash: u8,
    length: u8,
}

/// Not the name of a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("service.id: connector/service, each 1 to 32 of a-z, 0-9 and -")]
pub struct ServiceIdError;

/// Whether `name` is 1 to 32 of `a-z`, `0-9` and `-`.
pub fn is_name(name: &str) -> bool {
    let is_plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    (1..=LONGEST_NAME).contains(&name.len()) && name.bytes().all(is_plain)
}

impl ServiceId {
    /// The service that the connector calls `service`.
    pub fn new(connector: &str, service: &str) -> Result<Self, ServiceIdError> {
        if !is_name(connector) || !is_name(service) {
            return Err(ServiceIdError);
        }
        let (mut bytes, mut length) = ([0; LONGEST], 0_u8);
        let text = connector.bytes().chain([b'/']).chain(service.bytes());
        for (place, byte) in bytes.iter_mut().zip(text) {
            *place = byte;
            length += 1;
        }
        let slash = u8::try_from(connector.len()).map_err(|_| ServiceIdError)?;
        Ok(Self { bytes, slash, length })
    }

    /// The whole name.
    pub fn as_str(&self) -> &str {
        let text = self.bytes.get(..self.length.into()).unwrap_or_default();
        std::str::from_utf8(text).unwrap_or_default()
    }

    /// The connector's id.
    pub fn connector(&self) -> &str {
        self.as_str().get(..self.slash.into()).unwrap_or_default()
    }

    /// The service's name there.
    pub fn service(&self) -> &str {
        self.as_str().get(usize::from(self.slash) + 1..).unwrap_or_default()
    }
}

impl fmt::Debug for ServiceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ServiceId({})", self.as_str())
    }
}

impl fmt::Display for ServiceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for ServiceId {
    type Err = ServiceIdError;

    fn from_str(text: &str) -> Result<Self, ServiceIdError> {
        let (connector, service) = text.split_once('/').ok_or(ServiceIdError)?;
        Self::new(connector, service)
    }
}

impl TryFrom<String> for ServiceId {
    type Error = ServiceIdError;

    fn try_from(text: String) -> Result<Self, ServiceIdError> {
        text.parse()
    }
}

impl From<ServiceId> for String {
    fn from(id: ServiceId) -> Self {
        id.as_str().to_owned()
    }
}

impl JsonSchema for ServiceId {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "ServiceId".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "description": "A service: connector/service, e.g. city/vaccinations.",
            "pattern": "^[a-z0-9-]{1,32}/[a-z0-9-]{1,32}$",
        })
    }
}

impl utoipa::PartialSchema for ServiceId {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        String::schema()
    }
}

impl ToSchema for ServiceId {}
