//! Tasks of product events. They are sent many at once, and are removed when they were.

use super::{Lane, NewTask, Work};
use crate::{BookingId, UserId, analytics::ProductEvent};

/// After so long the taker would not see that an event comes again.
const WORTH_MS: i64 = 7 * 86_400_000;
/// An event that a worker has at the moment of the erasure arrives before the taker is told to forget.
const FORGOTTEN_AFTER_MS: i64 = 3_600_000;
/// A person is forgotten, however long it takes: 100 years.
const FORGOTTEN_WITHIN_MS: i64 = 36_525 * 86_400_000;

impl NewTask {
    /// The task that sends an event; `cause` is what it comes from, once for each of its name.
    fn of_event(cause: &str, event: ProductEvent, now_ms: i64) -> Self {
        Self {
            key: format!("event:{}:{cause}", event.name.as_str()),
            lane: Lane::Events,
            person: Some(event.user.clone()),
            created_at_ms: now_ms,
            due_at_ms: now_ms,
            expires_at_ms: event.at_ms.saturating_add(WORTH_MS),
            work: Work::Event(event),
        }
    }

    /// Of a new account.
    pub fn of_registration(event: ProductEvent) -> Self {
        let (cause, now_ms) = (event.user.to_string(), event.at_ms);
        Self::of_event(&cause, event, now_ms)
    }

    /// Of a change of a booking.
    pub fn of_booking(booking: &BookingId, event: ProductEvent) -> Self {
        let now_ms = event.at_ms;
        Self::of_event(booking.as_str(), event, now_ms)
    }

    /// Of a report of an app, which names it `id`.
    pub fn of_report(id: &str, event: ProductEvent, now_ms: i64) -> Self {
        let cause = format!("{}:{id}", event.user);
        Self::of_event(&cause, event, now_ms)
    }

    /// The task that has an erased person forgotten. It has the id of an account that is gone, from which
    /// the pseudonym is made, until the taker was told.
    pub fn of_forgetting(user: &UserId, now_ms: i64) -> Self {
        Self {
            key: format!("forget:{user}"),
            lane: Lane::Events,
            // Erasing the account does not remove it.
            person: None,
            created_at_ms: now_ms,
            due_at_ms: now_ms + FORGOTTEN_AFTER_MS,
            expires_at_ms: now_ms + FORGOTTEN_WITHIN_MS,
            work: Work::Forget { user: user.clone() },
        }
    }
}
