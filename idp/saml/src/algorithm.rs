//! The signature and digest algorithms that are let in or written; nothing below SHA-256.

/// A signature algorithm of XML signature and of the redirect binding (RFC 9231).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SignatureAlgorithm {
    /// RSA PKCS#1 v1.5 with SHA-256.
    RsaSha256,
    /// RSA PKCS#1 v1.5 with SHA-384.
    RsaSha384,
    /// RSA PKCS#1 v1.5 with SHA-512.
    RsaSha512,
    /// ECDSA with SHA-256.
    EcdsaSha256,
    /// ECDSA with SHA-384.
    EcdsaSha384,
    /// ECDSA with SHA-512.
    EcdsaSha512,
}

/// A digest algorithm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DigestAlgorithm {
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

const SIGNATURES: [(SignatureAlgorithm, &str); 6] = [
    (SignatureAlgorithm::RsaSha256, "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"),
    (SignatureAlgorithm::RsaSha384, "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384"),
    (SignatureAlgorithm::RsaSha512, "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512"),
    (SignatureAlgorithm::EcdsaSha256, "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"),
    (SignatureAlgorithm::EcdsaSha384, "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384"),
    (SignatureAlgorithm::EcdsaSha512, "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha512"),
];

const DIGESTS: [(DigestAlgorithm, &str); 3] = [
    (DigestAlgorithm::Sha256, "http://www.w3.org/2001/04/xmlenc#sha256"),
    (DigestAlgorithm::Sha384, "http://www.w3.org/2001/04/xmldsig-more#sha384"),
    (DigestAlgorithm::Sha512, "http://www.w3.org/2001/04/xmlenc#sha512"),
];

impl SignatureAlgorithm {
    /// All of them, in the order in which we prefer none.
    pub const ALL: [Self; 6] = [
        Self::RsaSha256,
        Self::RsaSha384,
        Self::RsaSha512,
        Self::EcdsaSha256,
        Self::EcdsaSha384,
        Self::EcdsaSha512,
    ];

    /// The algorithm with this URI, if it is one we let in.
    pub fn from_uri(uri: &str) -> Option<Self> {
        SIGNATURES.iter().find(|known| known.1 == uri).map(|known| known.0)
    }

    /// Its URI.
    pub fn uri(self) -> &'static str {
        SIGNATURES.iter().find(|known| known.0 == self).map_or("", |known| known.1)
    }

    /// Whether it needs an RSA key; otherwise it needs one on an elliptic curve.
    pub fn is_rsa(self) -> bool {
        matches!(self, Self::RsaSha256 | Self::RsaSha384 | Self::RsaSha512)
    }

    /// The digest inside.
    pub fn digest(self) -> DigestAlgorithm {
        match self {
            Self::RsaSha256 | Self::EcdsaSha256 => DigestAlgorithm::Sha256,
            Self::RsaSha384 | Self::EcdsaSha384 => DigestAlgorithm::Sha384,
            Self::RsaSha512 | Self::EcdsaSha512 => DigestAlgorithm::Sha512,
        }
    }
}

impl DigestAlgorithm {
    /// The algorithm with this URI, if it is one we let in.
    pub fn from_uri(uri: &str) -> Option<Self> {
        DIGESTS.iter().find(|known| known.1 == uri).map(|known| known.0)
    }

    /// Its URI.
    pub fn uri(self) -> &'static str {
        DIGESTS.iter().find(|known| known.0 == self).map_or("", |known| known.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uris_lead_back_to_their_algorithms() {
        for algorithm in SignatureAlgorithm::ALL {
            assert_eq!(SignatureAlgorithm::from_uri(algorithm.uri()), Some(algorithm));
            let digest = algorithm.digest();
            assert_eq!(DigestAlgorithm::from_uri(digest.uri()), Some(digest));
        }
    }

    #[test]
    fn sha1_is_not_let_in() {
        let sha1 = "http://www.w3.org/2000/09/xmldsig#rsa-sha1";
        assert_eq!(SignatureAlgorithm::from_uri(sha1), None);
        assert_eq!(DigestAlgorithm::from_uri(crate::names::SHA1), None);
    }
}
