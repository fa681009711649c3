//! The rate limit on what the edge asks the origin for in its own name.
//!
//! The origin counts a request that the edge forwards against its client, and does not count what the
//! edge asks for itself, because the answer is for everybody. So the edge counts that.

use core::net::{IpAddr, Ipv6Addr};

use pq_core::error::{ErrorCode, Refusal};

/// The time in which a client's requests are counted, in seconds; the binding's `period`. After it a
/// refused client may try again.
pub const PERIOD_S: u32 = 10;
/// [`PERIOD_S`] as the value of `Retry-After`.
pub const RETRY_AFTER: &str = "10";

/// What the edge is about to ask the origin for, because a client's request makes it necessary.
///
/// Refreshing an answer that was served stale, or the policy of a known document, is no errand: the edge
/// asks for it once in its time, however many clients send the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Errand {
    /// An answer that no cache has.
    Fill,
    /// What another request is asking for already.
    Join,
    /// A document that neither memory nor KV has: it may be unpublished.
    FindDocument,
}

impl Errand {
    /// What is joined costs the origin nothing.
    const fn is_counted(self) -> bool {
        match self {
            Self::Fill | Self::FindDocument => true,
            Self::Join => false,
        }
    }
}

/// The key under which an errand is counted; `None` if it is not counted.
///
/// A client is its IPv4 address or its IPv6 /64 network: one customer gets a whole one. Without an
/// address nobody is counted; Cloudflare always states one.
///
/// A request is counted once, also if the edge asks the origin for it again.
pub fn counted_as(errand: Errand, client: Option<IpAddr>) -> Option<String> {
    let client = client.filter(|_| errand.is_counted())?;
    Some(match client.to_canonical() {
        IpAddr::V4(ip) => ip.to_string(),
        IpAddr::V6(ip) => {
            let network = Ipv6Addr::from_bits(ip.to_bits() & (u128::MAX << 64));
            format!("{network}/64")
        }
    })
}

/// The refusal of a client over the limit.
pub fn refusal() -> Refusal {
    Refusal::new(
        ErrorCode::RATE_LIMITED,
        format!("too many requests: try again in {PERIOD_S} s"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(ip: &str) -> Option<String> {
        counted_as(Errand::Fill, Some(ip.parse().unwrap()))
    }

    #[test]
    fn one_customer_is_one_client_whichever_of_its_addresses_asks() {
        let table = [
            ("192.0.2.7", "192.0.2.7"),
            ("::ffff:192.0.2.7", "192.0.2.7"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
            ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
            ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ];
        for (ip, expected) in table {
            assert_eq!(key(ip).as_deref(), Some(expected), "{ip}");
        }
    }

    #[test]
    fn what_costs_the_origin_nothing_is_not_counted() {
        let client = Some([192, 0, 2, 7].into());
        let table = [
            (Errand::Fill, true),
            (Errand::Join, false),
            (Errand::FindDocument, true),
        ];
        for (errand, counted) in table {
            assert_eq!(counted_as(errand, client).is_some(), counted, "{errand:?}");
            assert_eq!(counted_as(errand, None), None, "{errand:?}");
        }
    }

    #[test]
    fn a_refused_client_is_told_to_wait_for_a_period() {
        assert_eq!(RETRY_AFTER.parse(), Ok(PERIOD_S));
    }
}
