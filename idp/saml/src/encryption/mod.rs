//! XML encryption of assertions: AES-256-GCM for the content, RSA-OAEP for its key.

mod content_key;
mod decrypt;
mod encrypt;

pub(crate) use content_key::EncryptError;
pub(crate) use decrypt::decrypt;
pub use decrypt::{DecryptionError, DecryptionKey};
pub use encrypt::EncryptionKey;

/// The nonce that stands in front of the ciphertext (XML encryption 1.1, 5.2.4), in bytes.
const NONCE_BYTES: usize = 12;
/// The authentication tag that stands behind it, in bytes.
const TAG_BYTES: usize = 16;
