//! Proves to the origin that a request comes from the edge, and on whose behalf.
//!
//! A client's own request is forwarded with the client's IP address ([`crate::header::CLIENT_IP`]). A
//! shared read is a request of the edge itself. Both carry a signature over that, so the origin
//! ignores these headers when anybody else sends them.

use core::net::IpAddr;

use crate::signature::{self, SignatureError};

/// The signature's context for a client's request; the signed bytes are the client's address.
const FOR_CLIENT: &str = "asks-for-client";
/// The signature's context for a request of the edge itself; no bytes are signed.
const FOR_EDGE: &str = "asks-for-edge";

/// On whose behalf the edge sends a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnBehalfOf {
    /// On behalf of the client with this address.
    Client(IpAddr),
    /// On behalf of all clients: the answer is cached and shared.
    Everybody,
}

/// The value of the signature header. `now_ms` is in milliseconds since the Unix epoch.
pub fn sign(secret: &[u8], whom: OnBehalfOf, now_ms: u64) -> String {
    match whom {
        OnBehalfOf::Client(ip) => {
            signature::sign(secret, FOR_CLIENT, now_ms, ip.to_string().as_bytes())
        }
        OnBehalfOf::Everybody => signature::sign(secret, FOR_EDGE, now_ms, b""),
    }
}

/// Verifies the two headers of a request; returns on whose behalf it was sent.
///
/// # Errors
/// [`SignatureError`]; [`SignatureError::Malformed`] also when `client_ip` is not an IP address.
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
