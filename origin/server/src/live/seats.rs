//! How many connections may be open: of one client, and of all together.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::config::LiveConfig;

/// Whose connection it is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Client {
    /// Who did not sign in, by their network.
    Network(String),
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
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    all: usize,
    of: HashMap<Client, usize>,
}

/// One seat; free again when it is dropped.
#[derive(Debug)]
pub(crate) struct Seat {
    seats: Seats,
    client: Client,
}

impl Seats {
    pub(super) fn new(limits: LiveConfig) -> Self {
        Self(Arc::new(Shared {
            limits,
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
        taken.add(&client, self.limit(&client))?;
        taken.all += 1;
        Ok(Seat {
            seats: self.clone(),
            client,
        })
    }

    pub(super) fn open(&self) -> usize {
        self.taken().all
    }

    fn limit(&self, client: &Client) -> usize {
        match client {
            Client::Network(_) => self.0.limits.connections_per_ip,
            Client::User(_) => self.0.limits.connections_per_user,
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
        taken.add(&client, self.seats.limit(&client))?;
        taken.remove(&self.client);
        self.client = client;
        Ok(())
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.seats.taken();
        taken.remove(&self.client);
        taken.all -= 1;
    }
}

impl Taken {
    fn add(&mut self, client: &Client, limit: usize) -> Result<(), NoSeat> {
        match self.of.get_mut(client) {
            Some(count) if *count >= limit => return Err(NoSeat::OfClient),
            Some(count) => *count += 1,
            None => {
                self.of.insert(client.clone(), 1);
            }
        }
        Ok(())
    }

    fn remove(&mut self, client: &Client) {
        if let Some(count) = self.of.get_mut(client) {
            *count -= 1;
            if *count == 0 {
                self.of.remove(client);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seats(connections: usize) -> Seats {
        Seats::new(LiveConfig {
            connections,
            connections_per_ip: 2,
            connections_per_user: 1,
        })
    }

    fn network(name: &str) -> Client {
        Client::Network(name.to_owned())
    }

    fn user(name: &str) -> Client {
        Client::User(name.to_owned())
    }

    #[test]
    fn a_client_has_so_many_and_gets_them_back() {
        let seats = seats(100);
        let first = seats.take(network("a")).unwrap();
        let _second = seats.take(network("a")).unwrap();
        assert_eq!(seats.take(network("a")).unwrap_err(), NoSeat::OfClient);
        assert!(seats.take(network("b")).is_ok());
        drop(first);
        assert!(seats.take(network("a")).is_ok());
    }

    #[test]
    fn the_server_has_so_many_for_all() {
        let seats = seats(2);
        let _taken = [seats.take(network("a")), seats.take(network("b"))].map(Result::unwrap);
        assert_eq!(seats.take(network("c")).unwrap_err(), NoSeat::OfServer);
    }

    #[test]
    fn a_signed_in_connection_counts_for_its_user_and_no_longer_for_its_network() {
        let seats = seats(100);
        let mut first = seats.take(network("a")).unwrap();
        let mut second = seats.take(network("a")).unwrap();
        first.counts_for(user("u")).unwrap();
        first.counts_for(user("u")).unwrap();
        assert_eq!(second.counts_for(user("u")), Err(NoSeat::OfClient));
        let third = seats.take(network("a")).unwrap();
        drop((first, second, third));
        assert_eq!(seats.open(), 0);
        assert!(seats.taken().of.is_empty());
    }
}
