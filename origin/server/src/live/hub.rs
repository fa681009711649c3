//! Everybody who is connected to this server, and what they wait for.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use access::rate::RateLimitsConfig;
use api::{
    execution::live::answers::Answers,
    live::{
        event::{Event, Publication, PublicationNumber},
        topic::Topic,
    },
};
use cache_core::{Revision, Tag};
use domain::{BookingId, Offer};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    OPERATIONS,
    index::Index,
    mailbox::{Closing, Mailbox, OperationNumber},
    metrics::Metrics,
    seats::{Client, NoSeat, Seat, Seats},
};
use crate::config::LiveConfig;

/// When everybody has to look again they do so in groups of this size, one after the other: all at
/// once they would be a storm on the database.
const GROUP: usize = 200;
const BETWEEN_GROUPS: Duration = Duration::from_millis(50);

type ConnectionId = u64;

/// One subscription of one connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Key {
    connection: ConnectionId,
    operation: OperationNumber,
}

/// Clones share everything.
#[derive(Clone, Debug)]
pub struct Hub(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    seats: Seats,
    state: Mutex<State>,
    draining: CancellationToken,
    tasks: TaskTracker,
    metrics: Metrics,
    answers: Answers,
}

#[derive(Debug, Default)]
struct State {
    last: ConnectionId,
    last_publication: PublicationNumber,
    index: Index<Key>,
    mailboxes: HashMap<ConnectionId, Arc<Mailbox>>,
}

/// One open connection; it is forgotten, with its subscriptions, when it is dropped.
#[derive(Debug)]
pub(super) struct Connection {
    hub: Hub,
    id: ConnectionId,
    mailbox: Arc<Mailbox>,
    seat: Seat,
    /// Its subscriptions.
    operations: Vec<OperationNumber>,
    last: u32,
}

/// A connection has as many subscriptions as it may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a connection has at most {OPERATIONS} subscriptions")]
pub(super) struct TooMany;

/// Why there is no connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum NotOpened {
    #[error(transparent)]
    NoSeat(#[from] NoSeat),
    #[error("this server is shutting down: connect again")]
    Draining,
}

impl Hub {
    /// `networks` says how much larger the limits of larger networks are.
    pub fn new(limits: LiveConfig, networks: &RateLimitsConfig) -> Self {
        Self(Arc::new(Shared {
            seats: Seats::new(limits, networks),
            state: Mutex::default(),
            draining: CancellationToken::new(),
            tasks: TaskTracker::new(),
            metrics: Metrics::default(),
            answers: Answers::default(),
        }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn metrics(&self) -> &Metrics {
        &self.0.metrics
    }

    /// The answers that subscriptions share.
    pub(super) fn answers(&self) -> &Answers {
        &self.0.answers
    }

    /// What runs for connections, beside requests.
    pub(super) fn tasks(&self) -> &TaskTracker {
        &self.0.tasks
    }

    /// Takes up one more connection.
    pub(super) fn open(&self, client: Client) -> Result<Connection, NotOpened> {
        let seat = self.0.seats.take(client)?;
        let mailbox = Arc::new(Mailbox::new());
        let mut state = self.state();
        // Under the lock: a drain closes every connection that was added before it.
        if self.0.draining.is_cancelled() {
            return Err(NotOpened::Draining);
        }
        state.last += 1;
        let id = state.last;
        state.mailboxes.insert(id, Arc::clone(&mailbox));
        drop(state);
        Ok(Connection {
            hub: self.clone(),
            id,
            mailbox,
            seat,
            operations: Vec::new(),
            last: 0,
        })
    }

    /// Sends an event to the subscriptions to the thing that this tag names.
    pub(super) fn changed(&self, tag: &Tag, required: Revision) {
        let state = self.state();
        for key in state.index.of(tag) {
            state.put(key, Event::LookAgain { required });
        }
    }

    /// Sends to the subscriptions to a partner's bookings which of them changed.
    pub(super) fn bookings_changed(&self, tag: &Tag, bookings: &[BookingId], required: Revision) {
        let state = self.state();
        for key in state.index.of(tag) {
            for booking in bookings {
                let booking = booking.clone();
                state.put(key, Event::BookingChanged { booking, required });
            }
        }
    }

    /// Whether anybody waits for offers.
    pub(super) fn awaits_offers(&self) -> bool {
        self.state().index.awaits_offers()
    }

    /// Sends a new offer to the subscriptions whose area contains its location.
    pub(super) fn published(&self, offer: Offer, required: Revision) {
        let mut state = self.state();
        state.last_publication = state.last_publication.next();
        let publication = Arc::new(Publication {
            number: state.last_publication,
            offer,
            required,
        });
        for (key, distance_km) in state.index.around(publication.offer.location) {
            let event = Event::Published {
                publication: Arc::clone(&publication),
                distance_km,
            };
            state.put(key, event);
        }
    }

    /// Has everybody who waits for changes of some thing look again, group by group.
    pub(super) async fn look_again(&self, required: Revision) {
        let keys: Vec<Key> = self.state().index.of_things().collect();
        for group in keys.chunks(GROUP) {
            {
                let state = self.state();
                for key in group {
                    state.put(*key, Event::LookAgain { required });
                }
            }
            tokio::time::sleep(BETWEEN_GROUPS).await;
        }
    }

    /// Ends all connections, and takes no more of them.
    pub fn drain(&self) {
        let state = self.state();
        self.0.draining.cancel();
        for mailbox in state.mailboxes.values() {
            mailbox.close(Closing::Draining);
        }
        self.0.tasks.close();
    }

    /// Waits until all connections have ended that are no requests any more.
    pub async fn drained(&self) {
        self.0.tasks.wait().await;
    }

    /// How many connections are open.
    pub fn connections(&self) -> usize {
        self.0.seats.open()
    }

    /// How many subscriptions they have.
    pub fn subscriptions(&self) -> usize {
        self.state().index.len()
    }
}

impl State {
    fn put(&self, key: Key, event: Event) {
        if let Some(mailbox) = self.mailboxes.get(&key.connection) {
            mailbox.put(key.operation, event);
        }
    }
}

impl Connection {
    pub(super) fn mailbox(&self) -> &Arc<Mailbox> {
        &self.mailbox
    }

    /// Counts it for another client from now on.
    pub(super) fn counts_for(&mut self, client: Client) -> Result<(), NoSeat> {
        self.seat.counts_for(client)
    }

    /// A number for one more subscription, which gets no events yet.
    pub(super) fn number(&mut self) -> Result<OperationNumber, TooMany> {
        if self.operations.len() >= OPERATIONS {
            return Err(TooMany);
        }
        self.last = self.last.wrapping_add(1);
        let number = OperationNumber(self.last);
        self.operations.push(number);
        Ok(number)
    }

    /// From now on the subscription gets the topic's events. A thing is read once more, at revision
    /// `head` or later, because it may have changed between the first read and this call.
    pub(super) fn listen(&self, operation: OperationNumber, topic: Topic, head: Revision) {
        let look_again = match &topic {
            Topic::Thing(_) => true,
            Topic::Offers(_) => false,
        };
        let key = self.key(operation);
        self.hub.state().index.insert(key, topic);
        if look_again {
            let event = Event::LookAgain { required: head };
            self.mailbox.put(operation, event);
        }
    }

    /// Forgets a subscription.
    pub(super) fn forget(&mut self, operation: OperationNumber) {
        self.operations.retain(|known| *known != operation);
        let key = self.key(operation);
        self.hub.state().index.remove(key);
    }

    const fn key(&self, operation: OperationNumber) -> Key {
        Key {
            connection: self.id,
            operation,
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        let mut state = self.hub.state();
        for operation in &self.operations {
            state.index.remove(self.key(*operation));
        }
        state.mailboxes.remove(&self.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hub() -> Hub {
        Hub::new(LiveConfig::default(), &RateLimitsConfig::default())
    }

    fn client() -> Client {
        Client::Network([192, 0, 2, 1].into())
    }

    fn booking() -> Tag {
        "booking:1".parse().unwrap()
    }

    #[tokio::test]
    async fn a_change_reaches_its_subscribers_and_no_connection_that_left() {
        let hub = hub();
        let mut connection = hub.open(client()).unwrap();
        let mut gone = hub.open(client()).unwrap();
        for connection in [&mut connection, &mut gone] {
            let number = connection.number().unwrap();
            connection.listen(number, Topic::Thing(booking()), Revision(5));
        }
        let letter = connection.mailbox().next().await.unwrap();
        assert_eq!(letter.event.required(), Revision(5));
        assert_eq!((hub.connections(), hub.subscriptions()), (2, 2));
        drop(gone);
        assert_eq!((hub.connections(), hub.subscriptions()), (1, 1));
        hub.changed(&booking(), Revision(7));
        let letter = connection.mailbox().next().await.unwrap();
        assert_eq!(letter.event.required(), Revision(7));
        hub.look_again(Revision(9)).await;
        let letter = connection.mailbox().next().await.unwrap();
        assert_eq!(letter.event.required(), Revision(9));
        connection.forget(letter.operation);
        assert_eq!(hub.subscriptions(), 0);
    }

    #[tokio::test]
    async fn a_server_that_goes_away_ends_all_connections_and_takes_no_more() {
        let hub = hub();
        let connection = hub.open(client()).unwrap();
        hub.drain();
        assert_eq!(connection.mailbox().closed().await, Closing::Draining);
        assert_eq!(hub.open(client()).unwrap_err(), NotOpened::Draining);
        hub.drained().await;
    }

    #[test]
    fn a_connection_has_so_many_subscriptions() {
        let hub = hub();
        let mut connection = hub.open(client()).unwrap();
        let numbers: Vec<_> = (0..OPERATIONS)
            .map(|_| connection.number().unwrap())
            .collect();
        assert_eq!(connection.number(), Err(TooMany));
        connection.forget(numbers[3]);
        assert!(connection.number().is_ok());
    }
}
