//! The token as it arrives: JSON, bounded, believed in nothing.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::digest::{self, digest};
use serde::Deserialize;
use warifu_pki::KeyAlgorithm;

use super::TokenError;

/// A card certificate has far fewer bytes.
pub(super) const MOST_CERTIFICATE_BYTES: usize = 4096;
/// An RSA-4096 signature has 512.
const MOST_SIGNATURE_BYTES: usize = 512;

/// An unverified token. Members that we do not know are ignored, as the format's later minor
/// versions have them.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AuthToken {
    pub(super) unverified_certificate: String,
    pub(super) algorithm: String,
    pub(super) signature: String,
    pub(super) format: String,
}

impl AuthToken {
    /// The certificate (DER), after the format and the sizes are checked.
    pub(super) fn certificate(&self) -> Result<Vec<u8>, TokenError> {
        let minor = self.format.strip_prefix("web-eid:1").ok_or(TokenError::Format)?;
        if !(minor.is_empty() || minor.starts_with('.')) {
            return Err(TokenError::Format);
        }
        decode(&self.unverified_certificate, MOST_CERTIFICATE_BYTES)
    }

    pub(super) fn signature(&self) -> Result<Vec<u8>, TokenError> {
        decode(&self.signature, MOST_SIGNATURE_BYTES)
    }
}

fn decode(base64: &str, most: usize) -> Result<Vec<u8>, TokenError> {
    if base64.len() > most * 4 / 3 + 4 {
        return Err(TokenError::Format);
    }
    STANDARD.decode(base64).map_err(|_| TokenError::Format)
}

/// What the card signs: H(origin) || H(nonce), the nonce as text, H the algorithm's own hash.
pub(super) fn signed_bytes(algorithm: KeyAlgorithm, origin: &str, nonce: &str) -> Vec<u8> {
    let hash = match algorithm {
        KeyAlgorithm::P384 => &digest::SHA384,
        KeyAlgorithm::P256 | KeyAlgorithm::Rsa2048 | KeyAlgorithm::Rsa3072 => &digest::SHA256,
    };
    let mut bytes = digest(hash, origin.as_bytes()).as_ref().to_vec();
    bytes.extend_from_slice(digest(hash, nonce.as_bytes()).as_ref());
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn token(format: &str, certificate: &str) -> AuthToken {
        AuthToken {
            unverified_certificate: certificate.into(),
            algorithm: "ES256".into(),
            signature: "AAAA".into(),
            format: format.into(),
        }
    }

    #[test]
    fn only_the_first_major_version_is_read() {
        for good in ["web-eid:1", "web-eid:1.0", "web-eid:1.1"] {
            assert_eq!(token(good, "AAAA").certificate().unwrap(), [0, 0, 0], "{good}");
        }
        for bad in ["web-eid:2", "web-eid:10", "web-eid", "", "WEB-EID:1"] {
            assert!(matches!(token(bad, "AAAA").certificate(), Err(TokenError::Format)), "{bad}");
        }
    }

    #[test]
    fn an_oversized_certificate_is_not_decoded() {
        let large = "A".repeat(8192);
        assert!(matches!(token("web-eid:1", &large).certificate(), Err(TokenError::Format)));
    }

    #[test]
    fn the_json_of_the_card_software_is_read() {
        let json = r#"{"unverifiedCertificate":"AAAA","algorithm":"ES256","signature":"AAAA",
            "format":"web-eid:1.0","appVersion":"urn:warifu:agent:0.1.0"}"#;
        let token: AuthToken = serde_json::from_str(json).unwrap();
        assert_eq!(token.signature().unwrap().len(), 3);
    }

    proptest! {
        #[test]
        fn any_json_is_read_or_refused(json in "\\PC{0,400}") {
            if let Ok(token) = serde_json::from_str::<AuthToken>(&json) {
                let _ = (token.certificate(), token.signature());
            }
        }

        #[test]
        fn any_members_are_read_or_refused(
            certificate in "\\PC{0,80}", signature in "[A-Za-z0-9+/=]{0,80}", format in "web-eid\\PC{0,8}",
        ) {
            let mut token = token(&format, &certificate);
            token.signature = signature;
            if let (Ok(der), Ok(signature)) = (token.certificate(), token.signature()) {
                prop_assert!(der.len() <= MOST_CERTIFICATE_BYTES + 3);
                prop_assert!(signature.len() <= MOST_SIGNATURE_BYTES + 3);
            }
        }
    }
}
