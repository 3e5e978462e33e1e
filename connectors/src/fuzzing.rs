//! For fuzzing alone: the relay's reader of manifests, and manifests signed by a key that it
//! believes.

use josekit::jws::{self, ES256, JwsHeader};
use warifu_contract::services::{MANIFEST_TYPE, ServiceManifest};
use warifu_pki::{FileKey, KeyAlgorithm};

use crate::services::{ManifestVerifier, danger_unverified, read, sign};

const CONNECTOR: &str = "city";

/// A relay's ear for one connector, and that one's key.
pub struct ManifestReader {
    verifier: ManifestVerifier,
    key: FileKey,
}

impl ManifestReader {
    /// With a key of its own.
    pub fn new() -> Result<Self, Box<dyn std::error::Error>> {
        let key = FileKey::generate(KeyAlgorithm::P256)?;
        let verifier = ManifestVerifier::new(CONNECTOR, &[key.public_key().clone()])?;
        Ok(Self { verifier, key })
    }

    /// Whether this text is believed; the gateway reads it, too, without its signature.
    pub fn takes(&self, text: &str) -> bool {
        let _ = danger_unverified(text, CONNECTOR);
        self.verifier.verify(text).is_ok()
    }

    /// What is believed of this payload under the connector's signature.
    pub fn takes_signed(&self, payload: &[u8]) -> Option<ServiceManifest> {
        let mut header = JwsHeader::new();
        header.set_token_type(MANIFEST_TYPE);
        header.set_key_id(self.key.public_key().thumbprint());
        let signer = ES256.signer_from_pem(self.key.private_key_pem().ok()?.as_bytes()).ok()?;
        let text = jws::serialize_compact(payload, &header, &signer).ok()?;
        self.verifier.verify(&text).ok()
    }

    /// Whether what an organisation wrote, where it is a manifest, comes through signing and
    /// believing as it was.
    pub fn keeps(&self, toml: &str) -> bool {
        let Ok(manifest) = read(toml) else { return true };
        let Ok(signed) = sign(&manifest, &self.key) else { return true };
        match self.verifier.verify(&signed) {
            Ok(believed) => believed == manifest,
            Err(_) => manifest.connector != CONNECTOR,
        }
    }
}
