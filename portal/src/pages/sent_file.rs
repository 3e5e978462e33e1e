//! A file that the browser sends in a form, handed on to the relay piece by piece as it comes.

use std::io;

use axum::extract::multipart::Field;
use bytes::Bytes;
use futures::stream::BoxStream;
use tokio::sync::mpsc;

/// Pieces of a file between browser and relay.
const BETWEEN: usize = 4;

/// The pieces, and an error where the browser broke off.
pub type Pieces = BoxStream<'static, io::Result<Bytes>>;

/// What came of `send`, which is given the pieces of `field`.
pub async fn handed_on<T, F>(mut field: Field<'_>, send: impl FnOnce(Pieces) -> F) -> T
where
    F: Future<Output = T>,
{
    let (handing, mut pieces) = mpsc::channel::<io::Result<Bytes>>(BETWEEN);
    let file = async_stream::stream! {
        while let Some(piece) = pieces.recv().await {
            yield piece;
        }
    };
    let reading = async move {
        loop {
            let piece = match field.chunk().await {
                Ok(Some(piece)) => Ok(piece),
                Ok(None) => return,
                Err(_) => Err(io::ErrorKind::UnexpectedEof.into()),
            };
            let broken = piece.is_err();
            if handing.send(piece).await.is_err() || broken {
                return;
            }
        }
    };
    let ((), outcome) = tokio::join!(reading, send(Box::pin(file)));
    outcome
}
