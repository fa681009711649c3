//! Whose request it is, as far as the connection tells.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use domain::secret::Secret;
use edge_core::{
    header,
    proof::{self, OnBehalfOf},
};
use http::HeaderMap;

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Peer {
    /// The edge, for what it keeps and gives to everybody.
    Edge,
    /// A client, by its address.
    Client(IpAddr),
}

impl Peer {
    /// The address is that of the connection; or the one that the edge says, if it proves itself.
    /// Nobody else's word is taken for it: `X-Forwarded-For` is anybody's to write.
    pub fn of(
        headers: &HeaderMap,
        connection: Option<SocketAddr>,
        edge_secret: Option<&Secret>,
        now_ms: i64,
    ) -> Self {
        match said_by_edge(headers, edge_secret, now_ms.unsigned_abs()) {
            Some(OnBehalfOf::Everybody) => Self::Edge,
            Some(OnBehalfOf::Client(ip)) => Self::Client(ip.to_canonical()),
            // A server that does not know its connections counts all of them as one.
            None => Self::Client(connection.map_or(Ipv4Addr::UNSPECIFIED.into(), |address| {
                address.ip().to_canonical()
            })),
        }
    }
}

fn said_by_edge(
    headers: &HeaderMap,
    edge_secret: Option<&Secret>,
    now_ms: u64,
) -> Option<OnBehalfOf> {
    let secret = edge_secret?.expose();
    let signature = headers.get(header::SIGNATURE)?.to_str().ok()?;
    // An address that is no text is not what was signed.
    let client_ip = headers
        .get(header::CLIENT_IP)
        .map(|value| value.to_str().unwrap_or_default());
    match proof::verify(secret, signature, client_ip, now_ms) {
        Ok(whom) => Some(whom),
        Err(error) => {
            tracing::debug!(%error, "somebody is not the edge");
            None
        }
    }
}

/// What one client has: an address, or in IPv6 the network that a provider gives to one customer.
pub fn network(ip: IpAddr) -> String {
    match ip {
        IpAddr::V4(ip) => ip.to_string(),
        IpAddr::V6(ip) => {
            let [a, b, c, d, ..] = ip.segments();
            format!("{}/64", Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_customer_is_one_client_whichever_of_its_addresses_asks() {
        let table = [
            ("192.0.2.7", "192.0.2.7"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
            ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
            ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ];
        for (ip, expected) in table {
            assert_eq!(network(ip.parse().unwrap()), expected);
        }
    }
}
