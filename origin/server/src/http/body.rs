//! Reads a request's body up to the size limit.

use axum::body::{Body, Bytes};
use futures_util::StreamExt as _;
use pq_core::limits::REQUEST_BYTES;

/// A body that is too long is read and discarded up to this length, so that a client that reads
/// the answer only after sending everything still gets the refusal.
const FORGOTTEN_BYTES: usize = 8 * 1024 * 1024;

/// Why a body could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyError {
    /// The body is longer than [`REQUEST_BYTES`].
    TooLong,
    /// The client disconnected while sending.
    Cut,
}

/// Reads the whole body.
pub async fn read(body: Body) -> Result<Bytes, BodyError> {
    let mut parts = body.into_data_stream();
    let mut kept = Vec::new();
    let mut seen_bytes: usize = 0;
    while let Some(part) = parts.next().await {
        let part = part.map_err(|_| BodyError::Cut)?;
        seen_bytes += part.len();
        if seen_bytes <= REQUEST_BYTES {
            kept.extend_from_slice(&part);
        } else if seen_bytes > FORGOTTEN_BYTES {
            break;
        }
    }
    if seen_bytes > REQUEST_BYTES {
        Err(BodyError::TooLong)
    } else {
        Ok(kept.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_body_is_read_up_to_its_limit() {
        let body = |bytes: usize| Body::from(vec![b'x'; bytes]);
        assert_eq!(
            read(body(REQUEST_BYTES)).await.map(|body| body.len()),
            Ok(REQUEST_BYTES)
        );
        assert_eq!(read(body(REQUEST_BYTES + 1)).await, Err(BodyError::TooLong));
        assert_eq!(
            read(body(FORGOTTEN_BYTES + 1)).await,
            Err(BodyError::TooLong)
        );
    }
}
