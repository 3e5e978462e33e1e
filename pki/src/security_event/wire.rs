//! How parts of an event stand in the token's JSON.

/// A subject as an opaque identifier: `{"format":"opaque","id":"…"}` (RFC 9493 §3.2.5).
pub(super) mod opaque {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[derive(Serialize, Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Format {
        Opaque,
    }

    #[derive(Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Identifier<T> {
        format: Format,
        id: T,
    }

    pub(crate) fn serialize<S: Serializer>(id: &str, to: S) -> Result<S::Ok, S::Error> {
        Identifier { format: Format::Opaque, id }.serialize(to)
    }

    pub(crate) fn deserialize<'a, D: Deserializer<'a>>(from: D) -> Result<String, D::Error> {
        Identifier::deserialize(from).map(|identifier| identifier.id)
    }
}

/// An event that says no more than its name: an empty object (RFC 8417 §2.2).
pub(super) mod empty {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[derive(Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Empty {}

    pub(crate) fn serialize<S: Serializer>(to: S) -> Result<S::Ok, S::Error> {
        Empty {}.serialize(to)
    }

    pub(crate) fn deserialize<'a, D: Deserializer<'a>>(from: D) -> Result<(), D::Error> {
        Empty::deserialize(from).map(|Empty {}| ())
    }
}

/// A reason for revocation by its name.
pub(super) mod reason {
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::Reason;

    #[expect(
        clippy::ref_option,
        clippy::trivially_copy_pass_by_ref,
        reason = "serde gives a reference to the field"
    )]
    pub(crate) fn serialize<S: Serializer>(
        reason: &Option<Reason>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        reason.map(Reason::name).serialize(to)
    }

    pub(crate) fn deserialize<'a, D: Deserializer<'a>>(
        from: D,
    ) -> Result<Option<Reason>, D::Error> {
        let name = Option::<String>::deserialize(from)?;
        name.map(|name| name.parse().map_err(D::Error::custom)).transpose()
    }
}
