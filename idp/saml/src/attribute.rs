//! Attributes of a person and names of a person, as assertions carry them.

use crate::canonical::Writer;
use crate::names::{NAMEID_PERSISTENT, NAMEID_TRANSIENT};
use crate::namespace::Namespace::Assertion;

/// An attribute with text values. Its name is a URI.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// Its name, a URI.
    pub name: String,
    /// A short name for people who read assertions.
    pub friendly_name: Option<String>,
    /// Its values, in order.
    pub values: Vec<String>,
}

impl Attribute {
    /// An attribute without a friendly name.
    pub fn new<V: Into<String>>(
        name: impl Into<String>,
        values: impl IntoIterator<Item = V>,
    ) -> Self {
        let values = values.into_iter().map(Into::into).collect();
        Self { name: name.into(), friendly_name: None, values }
    }

    /// The same with a short name for people who read assertions.
    #[must_use]
    pub fn called(mut self, friendly_name: impl Into<String>) -> Self {
        self.friendly_name = Some(friendly_name.into());
        self
    }
}

/// A name of a person between two parties (SAML core 2.2.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameId {
    /// The name itself.
    pub value: String,
    /// What kind of name it is.
    pub format: Option<String>,
    /// The party whose name it is.
    pub name_qualifier: Option<String>,
    /// The service provider for which it is.
    pub sp_name_qualifier: Option<String>,
}

impl NameId {
    /// A one-time name without qualifiers.
    pub fn transient(value: impl Into<String>) -> Self {
        Self {
            value: value.into(),
            format: Some(NAMEID_TRANSIENT.to_owned()),
            name_qualifier: None,
            sp_name_qualifier: None,
        }
    }

    /// A name that lasts, given by `idp` for `sp` alone (SAML core 8.3.7).
    pub fn persistent(
        value: impl Into<String>,
        idp: impl Into<String>,
        sp: impl Into<String>,
    ) -> Self {
        Self {
            value: value.into(),
            format: Some(NAMEID_PERSISTENT.to_owned()),
            name_qualifier: Some(idp.into()),
            sp_name_qualifier: Some(sp.into()),
        }
    }

    pub(crate) fn write(&self, writer: &mut Writer) {
        let attributes: Vec<(&'static str, &str)> = [
            ("Format", &self.format),
            ("NameQualifier", &self.name_qualifier),
            ("SPNameQualifier", &self.sp_name_qualifier),
        ]
        .into_iter()
        .filter_map(|(name, value)| value.as_deref().map(|value| (name, value)))
        .collect();
        writer.leaf(Assertion, "NameID", &attributes, &self.value);
    }
}
