//! For whom the edge asks the origin, in a way that nobody else can say it.
//!
//! A client's own request is handed on with the client's address ([`header::CLIENT_IP`]); a shared
//! read is the edge's own. Both carry a signature over that, so a stranger who reaches the origin
//! and sends the same headers is still a stranger.

use std::net::IpAddr;

use crate::signature::{self, SignatureError};

/// What a signature for a client is for; the signed bytes are the client's address.
const FOR_CLIENT: &str = "asks-for-client";
/// What a signature for the edge itself is for; nothing more is signed.
const FOR_EDGE: &str = "asks-for-edge";

/// For whom the edge asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnBehalfOf {
    /// A client, by its address.
    Client(IpAddr),
    /// All clients alike: what is asked for is kept and shared.
    Everybody,
}

/// The signature header's value.
pub fn sign(secret: &[u8], whom: OnBehalfOf, now_ms: u64) -> String {
    match whom {
        OnBehalfOf::Client(ip) => {
            signature::sign(secret, FOR_CLIENT, now_ms, ip.to_string().as_bytes())
        }
        OnBehalfOf::Everybody => signature::sign(secret, FOR_EDGE, now_ms, b""),
    }
}

/// For whom a request says that it asks, by its two headers.
///
/// # Errors
/// [`SignatureError`]; an address that is none is malformed.
pub fn verify(
    secret: &[u8],
    signature: &str,
    client_ip: Option<&str>,
    now_ms: u64,
) -> Result<OnBehalfOf, SignatureError> {
    let Some(text) = client_ip else {
        signature::verify(secret, signature, FOR_EDGE, now_ms, b"")?;
        return Ok(OnBehalfOf::Everybody);
    };
    signature::verify(secret, signature, FOR_CLIENT, now_ms, text.as_bytes())?;
    let ip = text.parse().map_err(|_| SignatureError::Malformed)?;
    Ok(OnBehalfOf::Client(ip))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW_MS: u64 = 1_000_000;

    #[test]
    fn only_what_the_edge_signed_is_believed() {
        let ip: IpAddr = "2001:db8::1".parse().unwrap();
        let client = sign(b"secret", OnBehalfOf::Client(ip), NOW_MS);
        let everybody = sign(b"secret", OnBehalfOf::Everybody, NOW_MS);
        let read = |signature: &str, ip| verify(b"secret", signature, ip, NOW_MS);
        assert_eq!(
            read(&client, Some("2001:db8::1")),
            Ok(OnBehalfOf::Client(ip))
        );
        assert_eq!(read(&everybody, None), Ok(OnBehalfOf::Everybody));
        let wrong = Err(SignatureError::Wrong);
        assert_eq!(read(&client, Some("192.0.2.1")), wrong, "another address");
        assert_eq!(read(&client, None), wrong, "the address was taken away");
        assert_eq!(read(&everybody, Some("192.0.2.1")), wrong, "one was added");
        assert_eq!(
            verify(b"other", &client, Some("2001:db8::1"), NOW_MS),
            wrong
        );
        assert_eq!(
            verify(b"secret", &everybody, None, NOW_MS + 30_001),
            Err(SignatureError::Time)
        );
    }
}
