//! Everybody who is connected to this server, and what they wait for.

mod connection;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use access::rate::RateLimitsConfig;
use api::{
    execution::live::answers::Answers,
    live::{
        event::{Event, Publication, PublicationNumber, Source},
        position::Position,
    },
};
use cache_core::{PurgeRecord, Revision};
use domain::Offer;
use tokio::{sync::watch, time::timeout};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

pub(super) use self::connection::{Connection, Start};
use super::{
    history::History,
    index::Index,
    mailbox::{Closing, Mailbox, OperationNumber},
    metrics::Metrics,
    records,
    seats::{Client, NoSeat, Seats},
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
    history: History,
    /// The last record that subscriptions were told of; it changes while the state is locked.
    followed: watch::Sender<Revision>,
}

#[derive(Debug, Default)]
struct State {
    last: ConnectionId,
    last_publication: PublicationNumber,
    index: Index<Key>,
    /// Each subscription gets what comes after this position.
    begins_after: HashMap<Key, Position>,
    /// Everything that the log has up to here is in the mailboxes.
    told: Revision,
    mailboxes: HashMap<ConnectionId, Arc<Mailbox>>,
}

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
            history: History::default(),
            followed: watch::Sender::default(),
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

    /// What the log has told before.
    pub(super) fn history(&self) -> &History {
        &self.0.history
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
            begins_after: Revision::ZERO,
        })
    }

    /// Tells a record to the subscriptions to the things that it names.
    pub(super) fn heard(&self, record: &PurgeRecord) {
        let state = self.state();
        for tag in &record.tags {
            let mut keys = state.index.of(tag).peekable();
            if keys.peek().is_none() {
                continue;
            }
            let events = records::events(record, tag);
            for key in keys {
                for event in &events {
                    state.put(key, event.clone());
                }
            }
        }
        self.0.followed.send_replace(record.revision);
    }

    /// Subscriptions that begin now get what comes after this revision, or after an earlier one.
    pub(super) fn follows_from(&self, revision: Revision) {
        let _while_it_changes = self.state();
        self.0.followed.send_replace(revision);
    }

    /// The last record that subscriptions were told of.
    pub(super) fn followed_to(&self) -> Revision {
        *self.0.followed.borrow()
    }

    /// The last record that was heard of is told, with everything before it.
    pub(super) fn all_is_told(&self) {
        let mut state = self.state();
        state.told = *self.0.followed.borrow();
    }

    /// Waits until subscriptions were told of this record; whether that was in time.
    pub(super) async fn follows(&self, revision: Revision, within: Duration) -> bool {
        let mut followed = self.0.followed.subscribe();
        let reached = followed.wait_for(|followed| *followed >= revision);
        matches!(timeout(within, reached).await, Ok(Ok(_)))
    }

    /// Whether anybody waits for offers.
    pub(super) fn awaits_offers(&self) -> bool {
        self.state().index.awaits_offers()
    }

    /// Sends a new offer to the subscriptions whose area contains its location.
    pub(super) fn published(&self, offer: Offer, at: Position, source: Source) {
        let mut state = self.state();
        state.last_publication = state.last_publication.next();
        let publication = Arc::new(Publication {
            number: state.last_publication,
            offer,
            at,
            source,
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
    fn forget(&mut self, key: Key) {
        self.index.remove(key);
        self.begins_after.remove(&key);
    }

    fn put(&self, key: Key, event: Event) {
        let begins_after = self.begins_after.get(&key);
        if begins_after.is_none_or(|after| event.position() <= *after) {
            // Its client was told elsewhere, or it is from before the subscription.
            return;
        }
        if let Some(mailbox) = self.mailboxes.get(&key.connection) {
            mailbox.put(key.operation, event);
        }
    }
}

#[cfg(test)]
mod tests;
