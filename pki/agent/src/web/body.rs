//! Reading small request bodies, bounded in size and time, without leaving copies behind.

use std::time::Duration;

use axum::body::{Body, HttpBody};
use futures::StreamExt;
use zeroize::{Zeroize, Zeroizing};

/// How long a body may take. They are small and come from this computer.
const PATIENCE: Duration = Duration::from_secs(5);

/// The body was too long, too slow, or broke off.
#[derive(Debug)]
pub(crate) struct BodyError;

/// The whole body, at most `most` bytes, in memory that is wiped when dropped: it may hold a PIN.
pub(crate) async fn read(body: Body, most: usize) -> Result<Zeroizing<Vec<u8>>, BodyError> {
    if body.size_hint().lower() > most as u64 {
        return Err(BodyError);
    }
    tokio::time::timeout(PATIENCE, collect(body, most)).await.map_err(|_| BodyError)?
}

async fn collect(body: Body, most: usize) -> Result<Zeroizing<Vec<u8>>, BodyError> {
    // The full capacity at once: a vector that grows would leave its old memory unwiped.
    let mut collected = Zeroizing::new(Vec::with_capacity(most));
    let mut frames = body.into_data_stream();
    while let Some(frame) = frames.next().await {
        let frame = frame.map_err(|_| BodyError)?;
        if collected.len() + frame.len() > most {
            return Err(BodyError);
        }
        collected.extend_from_slice(&frame);
        // The connection's own buffer can be wiped when nobody else holds it.
        if let Ok(mut sole) = frame.try_into_mut() {
            sole.zeroize();
        }
    }
    Ok(collected)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_limit_is_exact() {
        let read_one = |length: usize| read(Body::from(vec![b'x'; length]), 8);
        assert_eq!(read_one(8).await.unwrap().len(), 8);
        assert!(read_one(9).await.is_err());
    }

    #[tokio::test]
    async fn a_stream_of_unknown_length_is_bounded_too() {
        let endless = futures::stream::repeat_with(|| Ok::<_, std::io::Error>("xxxx"));
        assert!(read(Body::from_stream(endless), 100).await.is_err());
    }
}
