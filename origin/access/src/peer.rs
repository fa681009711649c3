//! The client's address of a request, from the connection or from the edge's signed headers.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use domain::secret::Secret;
use edge_core::{
    header,
    proof::{self, OnBehalfOf},
};
use http::HeaderMap;

/// Who sends a request, as far as the network tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Peer {
    /// The edge itself, for an answer that it caches and shares.
    Edge,
    /// A client, identified by its IP address.
    Client(IpAddr),
}

impl Peer {
    /// Takes the connection's address, or the one that the edge sends if the edge proves its
    /// identity. `X-Forwarded-For` is ignored: any client can write it.
    pub fn of(
        headers: &HeaderMap,
        connection: Option<SocketAddr>,
        edge_secret: Option<&Secret>,
        now_ms: i64,
    ) -> Self {
        match said_by_edge(headers, edge_secret, now_ms.unsigned_abs()) {
            Some(OnBehalfOf::Everybody) => Self::Edge,
            Some(OnBehalfOf::Client(ip)) => Self::Client(ip.to_canonical()),
            // A server without connection addresses counts all connections as one.
            None => Self::Client(connection.map_or(Ipv4Addr::UNSPECIFIED.into(), |address| {
                address.ip().to_canonical()
            })),
        }
    }
}

/// Whether the edge proves that it sends the request.
pub fn is_edge(headers: &HeaderMap, edge_secret: Option<&Secret>, now_ms: i64) -> bool {
    said_by_edge(headers, edge_secret, now_ms.unsigned_abs()).is_some()
}

fn said_by_edge(
    headers: &HeaderMap,
    edge_secret: Option<&Secret>,
    now_ms: u64,
) -> Option<OnBehalfOf> {
    let secret = edge_secret?.expose();
    let signature = headers.get(header::SIGNATURE)?.to_str().ok()?;
    // A header that is not text is not what the edge signed.
    let client_ip = headers
        .get(header::CLIENT_IP)
        .map(|value| value.to_str().unwrap_or_default());
    match proof::verify(secret, signature, client_ip, now_ms) {
        Ok(whom) => Some(whom),
        Err(error) => {
            tracing::debug!(%error, "a request with the edge's headers has no valid signature");
            None
        }
    }
}

/// A network that requests are counted for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Network {
    /// As it is written in a rate limit's key.
    pub key: String,
    pub size: NetworkSize,
}

/// How much of an address names the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NetworkSize {
    /// An IPv4 address, or an IPv6 /64: the smallest network that a customer gets.
    Customer,
    /// An IPv6 /56.
    Slash56,
    /// An IPv6 /48: the largest network that a customer usually gets. It has 65,536 /64s.
    Slash48,
}

/// The networks that a client is counted for, smallest first.
pub fn networks(ip: IpAddr) -> Vec<Network> {
    let IpAddr::V6(ip) = ip else {
        return vec![Network {
            key: ip.to_string(),
            size: NetworkSize::Customer,
        }];
    };
    let sizes = [
        (64, NetworkSize::Customer),
        (56, NetworkSize::Slash56),
        (48, NetworkSize::Slash48),
    ];
    let networks = sizes.into_iter().map(|(bits, size)| {
        let first = Ipv6Addr::from_bits(ip.to_bits() & (u128::MAX << (128 - bits)));
        Network {
            key: format!("{first}/{bits}"),
            size,
        }
    });
    networks.collect()
}

/// The smallest of a client's networks.
pub fn network(ip: IpAddr) -> String {
    networks(ip).swap_remove(0).key
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

    /// E3.
    #[test]
    fn an_ipv6_client_is_in_three_networks() {
        let keys = |ip: &str| {
            let networks = networks(ip.parse().unwrap()).into_iter();
            networks.map(|network| network.key).collect::<Vec<_>>()
        };
        assert_eq!(
            keys("2001:db8:1:abcd:3:4:5:6"),
            [
                "2001:db8:1:abcd::/64",
                "2001:db8:1:ab00::/56",
                "2001:db8:1::/48"
            ]
        );
        assert_eq!(keys("192.0.2.7"), ["192.0.2.7"]);
    }
}
