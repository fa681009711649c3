//! How many connections may be open: of one client, and of all together.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use access::rate::RateLimitsConfig;

use crate::config::LiveConfig;

/// Whose connection it is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Client {
    /// Who did not sign in, by their networks.
    Network(IpAddr),
    /// The edge itself. It opens no connections but those of its clients.
    Edge,
    /// Who did, wherever they are.
    User(String),
}

/// Why there is no seat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoSeat {
    #[error("this client has too many open connections: close one first")]
    OfClient,
    #[error("this server has reached its limit of connections: try again later")]
    OfServer,
}

/// The seats of a server.
#[derive(Clone, Debug)]
pub(super) struct Seats(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    limits: LiveConfig,
    networks: RateLimitsConfig,
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    all: usize,
    /// By the key of a user or a network.
    of: HashMap<String, usize>,
}

/// One seat; free again when it is dropped.
#[derive(Debug)]
pub(crate) struct Seat {
    seats: Seats,
    client: Client,
}

impl Seats {
    /// `networks` says how much larger the limits of larger networks are.
    pub(super) fn new(limits: LiveConfig, networks: &RateLimitsConfig) -> Self {
        Self(Arc::new(Shared {
            limits,
            networks: networks.clone(),
            taken: Mutex::default(),
        }))
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.0.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A seat for a client, if it and the server have one left.
    pub(super) fn take(&self, client: Client) -> Result<Seat, NoSeat> {
        let mut taken = self.taken();
        if taken.all >= self.0.limits.connections {
            return Err(NoSeat::OfServer);
        }
        taken.add(&self.counted(&client))?;
        taken.all += 1;
        Ok(Seat {
            seats: self.clone(),
            client,
        })
    }

    pub(super) fn open(&self) -> usize {
        self.taken().all
    }

    /// What a client's connection is counted for, with the most that each may have.
    fn counted(&self, client: &Client) -> Vec<(String, usize)> {
        let limits = &self.0.limits;
        match client {
            Client::Network(ip) => {
                let networks = self.0.networks.networks(*ip).map(|(network, times)| {
                    let times = usize::try_from(times.get()).unwrap_or(usize::MAX);
                    (
                        format!("network {}", network.key),
                        limits.connections_per_ip.saturating_mul(times),
                    )
                });
                networks.collect()
            }
            Client::Edge => vec![("edge".to_owned(), limits.connections_per_ip)],
            Client::User(id) => vec![(format!("user {id}"), limits.connections_per_user)],
        }
    }
}

impl Seat {
    /// Counts it for another client from now on: who it is was said after it was taken.
    pub(super) fn counts_for(&mut self, client: Client) -> Result<(), NoSeat> {
        if client == self.client {
            return Ok(());
        }
        let mut taken = self.seats.taken();
        taken.add(&self.seats.counted(&client))?;
        taken.remove(&self.seats.counted(&self.client));
        self.client = client;
        Ok(())
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.seats.taken();
        taken.remove(&self.seats.counted(&self.client));
        taken.all -= 1;
    }
}

impl Taken {
    /// Counts one for all of them, or for none.
    fn add(&mut self, counted: &[(String, usize)]) -> Result<(), NoSeat> {
        let is_full = |(key, limit): &(String, usize)| {
            let count = self.of.get(key);
            count.is_some_and(|count| count >= limit)
        };
        if counted.iter().any(is_full) {
            return Err(NoSeat::OfClient);
        }
        for (key, _) in counted {
            *self.of.entry(key.clone()).or_default() += 1;
        }
        Ok(())
    }

    fn remove(&mut self, counted: &[(String, usize)]) {
        for (key, _) in counted {
            if let Some(count) = self.of.get_mut(key) {
                *count -= 1;
                if *count == 0 {
                    self.of.remove(key);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seats(connections: usize) -> Seats {
        let limits = LiveConfig {
            connections,
            connections_per_ip: 2,
            connections_per_user: 1,
        };
        Seats::new(limits, &RateLimitsConfig::default())
    }

    fn network(ip: &str) -> Client {
        Client::Network(ip.parse().unwrap())
    }

    fn user(name: &str) -> Client {
        Client::User(name.to_owned())
    }

    #[test]
    fn a_client_has_so_many_and_gets_them_back() {
        let seats = seats(100);
        let first = seats.take(network("192.0.2.1")).unwrap();
        let _second = seats.take(network("192.0.2.1")).unwrap();
        assert_eq!(
            seats.take(network("192.0.2.1")).unwrap_err(),
            NoSeat::OfClient
        );
        assert!(seats.take(network("192.0.2.2")).is_ok());
        drop(first);
        assert!(seats.take(network("192.0.2.1")).is_ok());
    }

    /// E3.
    #[test]
    fn a_client_with_many_networks_does_not_take_all_seats() {
        let seats = seats(1_000);
        let open: Vec<_> = (0..500)
            .map_while(|number| {
                let ip = format!("2001:db8:1:{number:x}::1");
                seats.take(network(&ip)).ok()
            })
            .collect();
        // 8 times the seats of a /64: all of these are in one /56.
        assert_eq!(open.len(), 16);
        assert!(seats.take(network("2001:db8:1:100::1")).is_ok());
        drop(open);
        assert!(seats.taken().of.is_empty());
    }

    #[test]
    fn the_server_has_so_many_for_all() {
        let seats = seats(2);
        let _taken = [
            seats.take(network("192.0.2.1")),
            seats.take(network("192.0.2.2")),
        ]
        .map(Result::unwrap);
        assert_eq!(
            seats.take(network("192.0.2.3")).unwrap_err(),
            NoSeat::OfServer
        );
    }

    #[test]
    fn a_signed_in_connection_counts_for_its_user_and_no_longer_for_its_network() {
        let seats = seats(100);
        let mut first = seats.take(network("192.0.2.1")).unwrap();
        let mut second = seats.take(network("192.0.2.1")).unwrap();
        first.counts_for(user("u")).unwrap();
        first.counts_for(user("u")).unwrap();
        assert_eq!(second.counts_for(user("u")), Err(NoSeat::OfClient));
        let third = seats.take(network("192.0.2.1")).unwrap();
        drop((first, second, third));
        assert_eq!(seats.open(), 0);
        assert!(seats.taken().of.is_empty());
    }
}
