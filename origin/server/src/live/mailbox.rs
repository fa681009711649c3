//! What waits to be sent over one connection: bounded. Who does not take it is let go.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};

use api::live::event::Event;
use tokio::sync::Notify;

/// So many events may wait. A client that is this far behind looks again, once it is back.
pub(super) const MOST_WAITING: usize = 64;
/// So many events that were missed may wait. A client that missed more looks again.
pub(super) const MOST_MISSED: usize = 1_000;

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
    /// What clients missed while they were away; it is older than the letters.
    missed: VecDeque<Letter>,
    closing: Option<Closing>,
}

/// More was missed than a connection is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a connection is told at most {MOST_MISSED} events that were missed")]
pub(super) struct TooMuchMissed;

impl Mailbox {
    pub(super) fn new() -> Self {
        Self {
            state: Mutex::new(State {
                letters: VecDeque::new(),
                missed: VecDeque::new(),
                closing: None,
            }),
            changed: Notify::new(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts an event in. Of events that say the same, the last one is kept, at its own place: who has
    /// heard an event has heard all before it.
    pub(super) fn put(&self, operation: OperationNumber, event: Event) {
        let mut state = self.state();
        if state.closing.is_some() {
            return;
        }
        let same = state.letters.iter().position(|letter| {
            letter.operation == operation && letter.event.tells_the_same(&event)
        });
        if let Some(mut letter) = same.and_then(|at| state.letters.remove(at)) {
            letter.event.later(&event);
            state.letters.push_back(letter);
            return;
        }
        if state.letters.len() >= MOST_WAITING {
            state.letters = VecDeque::new();
            state.missed = VecDeque::new();
            state.closing = Some(Closing::TooSlow);
        } else {
            state.letters.push_back(Letter { operation, event });
        }
        drop(state);
        self.changed.notify_one();
    }

    /// Puts in what a subscription's client missed, to be taken out before the other events.
    pub(super) fn put_missed(
        &self,
        operation: OperationNumber,
        events: Vec<Event>,
    ) -> Result<(), TooMuchMissed> {
        let mut state = self.state();
        if state.missed.len() + events.len() > MOST_MISSED {
            return Err(TooMuchMissed);
        }
        let letters = events.into_iter();
        let letters = letters.map(|event| Letter { operation, event });
        state.missed.extend(letters);
        drop(state);
        self.changed.notify_one();
        Ok(())
    }

    /// Puts an event in before all others; for one at the beginning of a subscription.
    pub(super) fn put_first(&self, operation: OperationNumber, event: Event) {
        let mut state = self.state();
        if state.closing.is_none() {
            state.missed.push_front(Letter { operation, event });
        }
        drop(state);
        self.changed.notify_one();
    }

    /// Whether nothing waits.
    pub(super) fn is_empty(&self) -> bool {
        let state = self.state();
        state.letters.is_empty() && state.missed.is_empty()
    }

    /// Ends the connection; what waits for it is forgotten.
    pub(super) fn close(&self, why: Closing) {
        let mut state = self.state();
        state.letters = VecDeque::new();
        state.missed = VecDeque::new();
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
                if let Some(letter) = state.missed.pop_front() {
                    if state.missed.is_empty() {
                        state.missed = VecDeque::new();
                    }
                    return Ok(letter);
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
    use api::live::{
        event::{Publication, PublicationNumber, Source},
        position::Position,
    };
    use cache_core::Revision;
    use domain::BookingId;

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
            at: Position::whole(Revision(1)),
            source: Source::Log,
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
    async fn what_is_told_again_moves_behind_what_came_meanwhile() {
        let mailbox = Mailbox::new();
        for (booking, revision) in [("a", 1), ("b", 2), ("a", 3)] {
            let changed = Event::BookingChanged {
                booking: BookingId::derive("booking", booking),
                at: Position::whole(Revision(revision)),
            };
            mailbox.put(OperationNumber(1), changed);
        }
        // Otherwise who heard the first one and goes on after it would miss the other booking.
        assert_eq!(taken(&mailbox).await, (1, Revision(2)));
        assert_eq!(taken(&mailbox).await, (1, Revision(3)));
        assert!(mailbox.is_empty());
    }

    #[tokio::test]
    async fn what_was_missed_comes_first_and_is_bounded() {
        let mailbox = Mailbox::new();
        mailbox.put(OperationNumber(1), look_again(9));
        let missed: Vec<_> = (1..=600).map(look_again).collect();
        assert_eq!(
            mailbox.put_missed(OperationNumber(1), missed.clone()),
            Ok(())
        );
        let more = mailbox.put_missed(OperationNumber(2), missed);
        assert_eq!(more, Err(TooMuchMissed));
        for revision in (1..=600).chain([9]) {
            assert_eq!(taken(&mailbox).await, (1, Revision(revision)));
        }
        assert!(mailbox.is_empty());
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
