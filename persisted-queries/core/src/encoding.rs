//! Decodes a request's body by its `Content-Encoding` (RFC 9110 §8.4).

use std::borrow::Cow;
use std::io::Read;

use flate2::read::{MultiGzDecoder, ZlibDecoder};

use crate::error::{ErrorCode, Refusal};
use crate::limits::{REQUEST_BYTES, REQUEST_ENCODINGS};

/// The body as it was before it was encoded; at most [`REQUEST_BYTES`] of it are decoded.
///
/// # Errors
/// `CONTENT_ENCODING_UNSUPPORTED`, `REQUEST_TOO_LARGE`, or `INVALID_REQUEST` if the body is not in
/// this encoding.
pub fn decode<'a>(encoding: Option<&str>, body: &'a [u8]) -> Result<Cow<'a, [u8]>, Refusal> {
    let encoding = encoding.unwrap_or_default().trim();
    let is = |name: &str| encoding.eq_ignore_ascii_case(name);
    if encoding.is_empty() || is("identity") {
        Ok(body.into())
    } else if is("gzip") || is("x-gzip") {
        unpacked(MultiGzDecoder::new(body)).map(Cow::Owned)
    } else if is("deflate") {
        unpacked(ZlibDecoder::new(body)).map(Cow::Owned)
    } else {
        Err(Refusal::new(
            ErrorCode::CONTENT_ENCODING_UNSUPPORTED,
            format!("the body's encoding may be {REQUEST_ENCODINGS}, or none"),
        ))
    }
}

fn unpacked(decoder: impl Read) -> Result<Vec<u8>, Refusal> {
    // One byte more than is allowed tells a longer body; the rest of a bomb is never unpacked.
    let bound = u64::try_from(REQUEST_BYTES).unwrap_or(u64::MAX) + 1;
    let mut body = Vec::new();
    if decoder.take(bound).read_to_end(&mut body).is_err() {
        return Err(Refusal::new(
            ErrorCode::INVALID_REQUEST,
            "the body is not in the encoding that `Content-Encoding` names",
        ));
    }
    if body.len() > REQUEST_BYTES {
        return Err(Refusal::too_large());
    }
    Ok(body)
}

#[cfg(test)]
mod tests {
    use flate2::Compression;
    use flate2::read::{GzEncoder, ZlibEncoder};

    use super::*;

    fn packed(mut encoder: impl Read) -> Vec<u8> {
        let mut bytes = Vec::new();
        encoder.read_to_end(&mut bytes).unwrap();
        bytes
    }

    fn gzip(body: &[u8]) -> Vec<u8> {
        packed(GzEncoder::new(body, Compression::best()))
    }

    fn code(encoding: &str, body: &[u8]) -> ErrorCode {
        decode(Some(encoding), body).unwrap_err().code
    }

    /// B4.
    #[test]
    fn a_packed_body_is_unpacked() {
        let body = br#"{"query":"{a}"}"#;
        let deflate = packed(ZlibEncoder::new(&body[..], Compression::fast()));
        let table = [
            (None, body.to_vec()),
            (Some(""), body.to_vec()),
            (Some("identity"), body.to_vec()),
            (Some("gzip"), gzip(body)),
            (Some("X-GZip "), gzip(body)),
            (Some("deflate"), deflate),
        ];
        for (encoding, sent) in table {
            assert_eq!(
                decode(encoding, &sent).as_deref(),
                Ok(&body[..]),
                "{encoding:?}"
            );
        }
    }

    #[test]
    fn other_encodings_bombs_and_what_is_not_packed_are_refused() {
        for encoding in ["br", "zstd", "gzip, gzip", "aes128gcm"] {
            assert_eq!(
                code(encoding, b"x"),
                ErrorCode::CONTENT_ENCODING_UNSUPPORTED
            );
        }
        let whole = gzip(b"{}");
        assert_eq!(code("gzip", b"{}"), ErrorCode::INVALID_REQUEST);
        assert_eq!(
            code("gzip", &whole[..whole.len() - 4]),
            ErrorCode::INVALID_REQUEST
        );
        assert_eq!(code("deflate", b""), ErrorCode::INVALID_REQUEST);
        let allowed = gzip(&vec![b' '; REQUEST_BYTES]);
        assert!(decode(Some("gzip"), &allowed).is_ok());
        let bomb = gzip(&vec![b' '; REQUEST_BYTES * 100]);
        assert!(bomb.len() < REQUEST_BYTES);
        assert_eq!(code("gzip", &bomb), ErrorCode::REQUEST_TOO_LARGE);
    }
}
