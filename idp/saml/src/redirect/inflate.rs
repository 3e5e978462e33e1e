//! DEFLATE (RFC 1951), bounded on the way back.

use std::io::{self, Read, Write};

use flate2::Compression;
use flate2::bufread::DeflateDecoder;
use flate2::write::DeflateEncoder;

use crate::redirect::RedirectError;

/// The most bytes a message may inflate to: what the gate takes.
const INFLATED_LIMIT: u64 = 256 * 1024;

pub(super) fn deflate(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes)?;
    encoder.finish()
}

/// Inflates, and stops when it becomes too much.
pub(super) fn inflate(deflated: &[u8]) -> Result<Vec<u8>, RedirectError> {
    let mut inflated = Vec::new();
    let mut decoder = DeflateDecoder::new(deflated).take(INFLATED_LIMIT + 1);
    decoder.read_to_end(&mut inflated).map_err(|_| RedirectError::Inflate)?;
    let fits = u64::try_from(inflated.len()).is_ok_and(|length| length <= INFLATED_LIMIT);
    if fits && !inflated.is_empty() { Ok(inflated) } else { Err(RedirectError::Inflate) }
}
