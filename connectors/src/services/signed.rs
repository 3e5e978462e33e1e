//! The manifest as a JWS (ES256, RFC 7515 compact form), of type
//! [`MANIFEST_TYPE`](warifu_contract::services::MANIFEST_TYPE).

use data_encoding::BASE64URL_NOPAD;
use josekit::jws::alg::ecdsa::EcdsaJwsVerifier;
use josekit::jws::{self, ES256, JwsHeader, JwsVerifier as Verifier};
use warifu_contract::services::{LARGEST_MANIFEST, MANIFEST_TYPE, ManifestError, ServiceManifest};
use warifu_pki::{FileKey, KeyError, PublicKey};

/// Why a signed manifest is not believed, or could not be made.
#[derive(Debug, thiserror::Error)]
pub enum SignedManifestError {
    /// Longer than a manifest may be.
    #[error("manifest.large: more than {LARGEST_MANIFEST} bytes")]
    Large,
    /// Not signed by a key that is known for this connector, not with ES256, or altered.
    #[error("manifest.signature: no known key has signed it so")]
    Signature,
    /// A JWS made for something else.
    #[error("manifest.type: made for something else")]
    Type,
    /// Signed, and yet not of the form.
    #[error("manifest.form: {0}")]
    Form(#[from] serde_json::Error),
    /// It contradicts itself.
    #[error(transparent)]
    Content(#[from] ManifestError),
    /// Of another connector.
    #[error("manifest.connector: it is of {0}")]
    Connector(String),
    /// The key cannot sign or verify ES256.
    #[error("manifest.key: {0}")]
    Key(#[from] KeyError),
    /// The key is not P-256.
    #[error("manifest.key: {0}")]
    Jose(#[from] josekit::JoseError),
}

impl SignedManifestError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Large => "manifest.large",
            Self::Signature => "manifest.signature",
            Self::Type => "manifest.type",
            Self::Form(_) => "manifest.form",
            Self::Content(error) => error.code(),
            Self::Connector(_) => "manifest.connector",
            Self::Key(_) | Self::Jose(_) => "manifest.key",
        }
    }
}

/// Signs a manifest that is sound with a P-256 key.
pub fn sign(manifest: &ServiceManifest, key: &FileKey) -> Result<String, SignedManifestError> {
    manifest.check()?;
    let mut header = JwsHeader::new();
    header.set_token_type(MANIFEST_TYPE);
    header.set_key_id(key.public_key().thumbprint());
    let signer = ES256.signer_from_pem(key.private_key_pem()?.as_bytes())?;
    let text = jws::serialize_compact(&serde_json::to_vec(manifest)?, &header, &signer)?;
    if text.len() > LARGEST_MANIFEST { Err(SignedManifestError::Large) } else { Ok(text) }
}

/// Believes the manifests of one connector by the keys known for it.
#[derive(Debug)]
pub struct ManifestVerifier {
    connector: String,
    keys: Vec<(String, EcdsaJwsVerifier)>,
}

impl ManifestVerifier {
    /// For the connector of that id. While a key is exchanged there are two.
    pub fn new(connector: &str, keys: &[PublicKey]) -> Result<Self, SignedManifestError> {
        let named = |key: &PublicKey| {
            Ok((key.thumbprint(), ES256.verifier_from_pem(key.pem().as_bytes())?))
        };
        let keys = keys.iter().map(named).collect::<Result<_, SignedManifestError>>()?;
        Ok(Self { connector: connector.to_owned(), keys })
    }

    /// The manifest, if it is signed by one of the keys, sound, and of this connector. Version and
    /// days are the caller's to hold against what it knows.
    pub fn verify(&self, text: &str) -> Result<ServiceManifest, SignedManifestError> {
        if text.len() > LARGEST_MANIFEST {
            return Err(SignedManifestError::Large);
        }
        let by_name = |header: &JwsHeader| {
            let kid = header.key_id().unwrap_or_default();
            let known = self.keys.iter().find(|(name, _)| name == kid);
            Ok(known.map(|(_, key)| -> &dyn Verifier { key }))
        };
        let (payload, header) = jws::deserialize_compact_with_selector(text, by_name)
            .map_err(|_| SignedManifestError::Signature)?;
        if header.token_type() != Some(MANIFEST_TYPE) {
            return Err(SignedManifestError::Type);
        }
        sound(&payload, &self.connector)
    }
}

/// The manifest of `connector` in `text`, whoever signed it: for the connector's own use, which
/// has it from its own disk.
pub fn danger_unverified(
    text: &str,
    connector: &str,
) -> Result<ServiceManifest, SignedManifestError> {
    if text.len() > LARGEST_MANIFEST {
        return Err(SignedManifestError::Large);
    }
    let payload = text.split('.').nth(1).unwrap_or_default();
    let payload = BASE64URL_NOPAD.decode(payload.as_bytes());
    sound(&payload.map_err(|_| SignedManifestError::Type)?, connector)
}

fn sound(payload: &[u8], connector: &str) -> Result<ServiceManifest, SignedManifestError> {
    let manifest: ServiceManifest = serde_json::from_slice(payload)?;
    manifest.check()?;
    if manifest.connector == connector {
        Ok(manifest)
    } else {
        Err(SignedManifestError::Connector(manifest.connector))
    }
}
