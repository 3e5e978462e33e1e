//! XML namespaces that SAML documents use, and the prefix under which we write each.

/// A namespace as far as this crate cares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Namespace {
    /// `samlp`: requests and responses.
    Protocol,
    /// `saml`: assertions.
    Assertion,
    /// `ds`: XML signature.
    Signature,
    /// `ec`: exclusive canonicalization.
    Canonicalization,
    /// `xenc`: XML encryption.
    Encryption,
    /// `md`: metadata.
    Metadata,
    /// `alg`: algorithms in metadata.
    Algorithm,
    /// `mdui`: names for people in metadata.
    Ui,
    /// `mdattr`: attributes of an entity in metadata.
    EntityAttribute,
    /// `shibmd`: the scopes of an identity provider.
    Scope,
    /// `S`: the SOAP 1.1 envelope.
    Soap,
    /// Any other namespace.
    Other,
    /// No namespace.
    None,
}

const KNOWN: [(Namespace, &str, &str); 11] = [
    (Namespace::Protocol, "samlp", "urn:oasis:names:tc:SAML:2.0:protocol"),
    (Namespace::Assertion, "saml", "urn:oasis:names:tc:SAML:2.0:assertion"),
    (Namespace::Signature, "ds", "http://www.w3.org/2000/09/xmldsig#"),
    (Namespace::Canonicalization, "ec", "http://www.w3.org/2001/10/xml-exc-c14n#"),
    (Namespace::Encryption, "xenc", "http://www.w3.org/2001/04/xmlenc#"),
    (Namespace::Metadata, "md", "urn:oasis:names:tc:SAML:2.0:metadata"),
    (Namespace::Algorithm, "alg", "urn:oasis:names:tc:SAML:metadata:algsupport"),
    (Namespace::Ui, "mdui", "urn:oasis:names:tc:SAML:metadata:ui"),
    (Namespace::EntityAttribute, "mdattr", "urn:oasis:names:tc:SAML:metadata:attribute"),
    (Namespace::Scope, "shibmd", "urn:mace:shibboleth:metadata:1.0"),
    (Namespace::Soap, "S", "http://schemas.xmlsoap.org/soap/envelope/"),
];

impl Namespace {
    /// The namespace with this URI.
    pub fn from_uri(uri: &str) -> Self {
        KNOWN.iter().find(|known| known.2 == uri).map_or(Self::Other, |known| known.0)
    }

    /// The prefix we write it with; empty for what we never write.
    pub(crate) fn prefix(self) -> &'static str {
        self.known().0
    }

    /// Its URI; empty for what we never write.
    pub(crate) fn uri(self) -> &'static str {
        self.known().1
    }

    fn known(self) -> (&'static str, &'static str) {
        let found = KNOWN.iter().find(|known| known.0 == self);
        found.map_or(("", ""), |known| (known.1, known.2))
    }
}
