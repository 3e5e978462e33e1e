//! Rows as JSON, sealed: each table's store says for which place, and keeps its own errors.

use serde::Serialize;
use serde::de::DeserializeOwned;
use warifu_service::Entropy;
use warifu_service::seal::{KeyRing, SealError};

/// Seals `value` for the place that `context` names.
pub(crate) fn seal(
    ring: &KeyRing,
    entropy: &dyn Entropy,
    context: &[u8],
    value: &impl Serialize,
) -> Result<Vec<u8>, serde_json::Error> {
    Ok(ring.seal(context, &serde_json::to_vec(value)?, entropy))
}

/// Opens what was sealed for the same place.
pub(crate) fn open<T, E>(ring: &KeyRing, context: &[u8], sealed: &[u8]) -> Result<T, E>
where
    T: DeserializeOwned,
    E: From<SealError> + From<serde_json::Error>,
{
    Ok(serde_json::from_slice(&ring.open(context, sealed)?)?)
}
