//! What a peer answers, read up to a bound.

use bytes::BytesMut;
use futures::StreamExt as _;
use reqwest::Response;

/// Why an answer could not be read to its end.
#[derive(Debug)]
pub enum BodyError {
    /// It broke off.
    Cut(reqwest::Error),
    /// It is longer than agreed.
    TooLong,
}

/// The whole body, of at most `longest` bytes.
pub async fn whole(response: Response, longest: usize) -> Result<BytesMut, BodyError> {
    let mut body = BytesMut::new();
    let mut chunks = response.bytes_stream();
    while let Some(chunk) = chunks.next().await {
        body.extend_from_slice(&chunk.map_err(BodyError::Cut)?);
        if body.len() > longest {
            return Err(BodyError::TooLong);
        }
    }
    Ok(body)
}
