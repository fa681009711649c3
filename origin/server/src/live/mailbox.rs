//! What waits to be sent over one connection: bounded. Who does not take it is let go.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};

use api::live::event::Event;
use tokio::sync::Notify;

/// So many events may wait. A client that is this far behind looks again, once it is back.
pub(super) const MOST_WAITING: usize = 64;

/// What a connection calls one of its subscriptions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct OperationNumber(pub(super) u32);

/// One event for one subscription of the connection.
#[derive(Clone, Debug)]
pub(super) struct Letter {
    pub(super) operation: OperationNumber,
    pub(super) event: Event,
}

/// Why the server ends a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Closing {
    /// More waited for it than may.
    TooSlow,
    /// The server goes away; others are there.
    Draining,
}

/// A connection's.
#[derive(Debug)]
pub(super) struct Mailbox {
    state: Mutex<State>,
    /// For the one who takes letters out.
    changed: Notify,
}

#[derive(Debug)]
struct State {
    letters: VecDeque<Letter>,
    closing: Option<Closing>,
}

impl Mailbox {
    pub(super) fn new() -> Self {
        Self {
            state: Mutex::new(State {
                letters: VecDeque::new(),
                closing: None,
            }),
            changed: Notify::new(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts an event in. One that says no more than one that waits already is not kept twice.
    pub(super) fn put(&self, operation: OperationNumber, event: Event) {
        let mut state = self.state();
        if state.closing.is_some() {
            return;
        }
        let waits_already = state
            .letters
            .iter_mut()
            .find(|letter| letter.operation == operation && letter.event.tells_the_same(&event))
            .map(|letter| letter.event.later(&event))
            .is_some();
        if waits_already {
            return;
        }
        if state.letters.len() >= MOST_WAITING {
            state.letters = VecDeque::new();
            state.closing = Some(Closing::TooSlow);
        } else {
            state.letters.push_back(Letter { operation, event });
        }
        drop(state);
        self.changed.notify_one();
    }

    /// Ends the connection; what waits for it is forgotten.
    pub(super) fn close(&self, why: Closing) {
        let mut state = self.state();
        state.letters = VecDeque::new();
        state.closing.get_or_insert(why);
        drop(state);
        self.changed.notify_one();
    }

    /// The next event, or why there is none any more.
    pub(super) async fn next(&self) -> Result<Letter, Closing> {
        loop {
            {
                let mut state = self.state();
                if let Some(why) = state.closing {
                    return Err(why);
                }
                if let Some(letter) = state.letters.pop_front() {
                    if state.letters.is_empty() {
                        // Thousands are empty nearly always.
                        state.letters = VecDeque::new();
                    }
                    return Ok(letter);
                }
            }
            self.changed.notified().await;
        }
    }

    /// Waits until the connection is to end, whatever else comes.
    pub(super) async fn closed(&self) -> Closing {
        loop {
            if let Some(why) = self.state().closing {
                return why;
            }
            self.changed.notified().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use api::live::event::{Publication, PublicationNumber};
    use cache_core::Revision;

    use super::*;

    fn look_again(revision: u64) -> Event {
        Event::LookAgain {
            required: Revision(revision),
        }
    }

    fn published() -> Event {
        let publication = Publication {
            number: PublicationNumber::default(),
            offer: domain::bookings::samples::offer(),
            required: Revision(1),
        };
        Event::Published {
            publication: publication.into(),
            distance_km: 1.0,
        }
    }

    async fn taken(mailbox: &Mailbox) -> (u32, Revision) {
        let letter = mailbox.next().await.unwrap();
        (letter.operation.0, letter.event.required())
    }

    #[tokio::test]
    async fn what_comes_waits_in_its_order() {
        let mailbox = Mailbox::new();
        mailbox.put(OperationNumber(1), look_again(5));
        mailbox.put(OperationNumber(2), look_again(6));
        assert_eq!(taken(&mailbox).await, (1, Revision(5)));
        assert_eq!(taken(&mailbox).await, (2, Revision(6)));
    }

    #[tokio::test]
    async fn to_look_again_is_said_once_however_often_it_changed() {
        let mailbox = Mailbox::new();
        for revision in 1..=1_000 {
            mailbox.put(OperationNumber(1), look_again(revision));
            mailbox.put(OperationNumber(2), look_again(7));
        }
        assert_eq!(taken(&mailbox).await, (1, Revision(1_000)));
        assert_eq!(taken(&mailbox).await, (2, Revision(7)));
    }

    #[tokio::test]
    async fn a_connection_that_does_not_read_its_events_is_closed() {
        let mailbox = Mailbox::new();
        for _ in 0..MOST_WAITING {
            mailbox.put(OperationNumber(1), published());
        }
        assert!(mailbox.next().await.is_ok());
        mailbox.put(OperationNumber(1), published());
        mailbox.put(OperationNumber(1), published());
        assert_eq!(mailbox.next().await.unwrap_err(), Closing::TooSlow);
        assert_eq!(mailbox.state().letters.capacity(), 0);
        mailbox.close(Closing::Draining);
        assert_eq!(mailbox.closed().await, Closing::TooSlow);
    }

    #[tokio::test]
    async fn waiting_for_the_end_is_not_woken_by_events() {
        let mailbox = Mailbox::new();
        let comes = async {
            for _ in 0..3 {
                mailbox.put(OperationNumber(1), published());
                tokio::task::yield_now().await;
            }
            mailbox.close(Closing::Draining);
        };
        let (why, ()) = tokio::join!(mailbox.closed(), comes);
        assert_eq!(why, Closing::Draining);
    }
}
