//! A user's bookings by time: those to come, and those that are over.

use super::BookingPage;
use crate::{
    BookingId, UserId,
    bookings::booking::{Booking, BookingStatus},
    cursor::{CursorKind, seal, unseal_of},
};

/// Which of a user's bookings a list shows, and so its order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// Those that are open: pending or confirmed. The soonest first.
    Upcoming,
    /// Those that have ended: used, cancelled, expired or missed. The latest first.
    Past,
}

impl When {
    /// Whether the list has a booking with this status.
    pub const fn has(self, status: BookingStatus) -> bool {
        match self {
            Self::Upcoming => status.is_open(),
            Self::Past => !status.is_open(),
        }
    }

    const fn kind(self) -> CursorKind {
        match self {
            Self::Upcoming => CursorKind::BookingUpcoming,
            Self::Past => CursorKind::BookingPast,
        }
    }
}

/// Selects one page of a user's bookings by time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimedQuery {
    pub user: UserId,
    pub when: When,
    pub status: Option<BookingStatus>,
    pub first: usize,
    pub after: Option<TimedCursor>,
}

impl TimedQuery {
    /// The page of a list that has no such bookings; none if it may have some.
    pub fn none(&self) -> Option<BookingPage> {
        let has = self.status.is_none_or(|status| self.when.has(status));
        (!has).then(BookingPage::default)
    }
}

/// The position after a booking in a list by time. A booking does not move in its list: what it begins
/// with never changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimedCursor {
    pub from_ms: i64,
    pub id: BookingId,
}

impl TimedCursor {
    pub fn of(booking: &Booking) -> Self {
        Self {
            from_ms: booking.from_ms,
            id: booking.id.clone(),
        }
    }

    pub fn encode(&self, when: When) -> String {
        let moment = self.from_ms.to_be_bytes();
        let body = [&moment[..], &self.id.to_bytes()[..]].concat();
        seal(when.kind(), &body)
    }

    /// None for a cursor of another list.
    pub fn decode(text: &str, when: When) -> Option<Self> {
        let body = unseal_of(when.kind(), text)?;
        let (moment, id) = body.split_first_chunk::<8>()?;
        Some(Self {
            from_ms: i64::from_be_bytes(*moment),
            id: BookingId::from_bytes(id.try_into().ok()?),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bookings::samples::booking;

    #[test]
    fn a_cursor_reads_back_in_its_own_list_only() {
        let cursor = TimedCursor::of(&booking());
        for (when, other) in [(When::Upcoming, When::Past), (When::Past, When::Upcoming)] {
            let text = cursor.encode(when);
            assert_eq!(TimedCursor::decode(&text, when), Some(cursor.clone()));
            assert_eq!(TimedCursor::decode(&text, other), None);
            assert_eq!(super::super::BookingCursor::decode(&text), None);
        }
    }

    #[test]
    fn every_booking_is_in_one_of_the_lists() {
        for status in BookingStatus::ALL {
            assert_ne!(When::Upcoming.has(*status), When::Past.has(*status));
        }
    }
}
