//! DEFLATE (RFC 1951), bounded on the way back.

use miniz_oxide::deflate::compress_to_vec;
use miniz_oxide::inflate::decompress_to_vec_with_limit;

use crate::redirect::RedirectError;

/// The most bytes a message may inflate to: what the gate takes.
const INFLATED_LIMIT: usize = 256 * 1024;
/// How hard to try, of ten. A message is short.
const LEVEL: u8 = 6;

pub(super) fn deflate(bytes: &[u8]) -> Vec<u8> {
    compress_to_vec(bytes, LEVEL)
}

/// Inflates, and stops when it becomes too much.
pub(super) fn inflate(deflated: &[u8]) -> Result<Vec<u8>, RedirectError> {
    let inflated = decompress_to_vec_with_limit(deflated, INFLATED_LIMIT);
    inflated.ok().filter(|xml| !xml.is_empty()).ok_or(RedirectError::Inflate)
}
