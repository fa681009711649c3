//! Pagination cursors of booking lists.

use crate::{
    BookingId,
    bookings::booking::Booking,
    cursor::{CursorKind, seal, unseal_of},
};

/// The position after a booking, newest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BookingCursor {
    pub created_at_ms: i64,
    pub id: BookingId,
}

impl BookingCursor {
    pub fn of(booking: &Booking) -> Self {
        Self {
            created_at_ms: booking.created_at_ms,
            id: booking.id.clone(),
        }
    }

    pub fn encode(&self) -> String {
        let moment = self.created_at_ms.to_be_bytes();
        let body = [&moment[..], &self.id.to_bytes()[..]].concat();
        seal(CursorKind::BookingNewest, &body)
    }

    pub fn decode(text: &str) -> Option<Self> {
        let body = unseal_of(CursorKind::BookingNewest, text)?;
        let (moment, id) = body.split_first_chunk::<8>()?;
        Some(Self {
            created_at_ms: i64::from_be_bytes(*moment),
            id: BookingId::from_bytes(id.try_into().ok()?),
        })
    }
}

/// The position after a booking of a night, by its opening.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NightCursor {
    pub from_ms: i64,
    pub id: BookingId,
}

impl NightCursor {
    pub fn of(booking: &Booking) -> Self {
        Self {
            from_ms: booking.from_ms,
            id: booking.id.clone(),
        }
    }

    pub fn encode(&self) -> String {
        let body = [&self.from_ms.to_be_bytes()[..], &self.id.to_bytes()[..]].concat();
        seal(CursorKind::BookingOfNight, &body)
    }

    pub fn decode(text: &str) -> Option<Self> {
        let body = unseal_of(CursorKind::BookingOfNight, text)?;
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
    fn a_cursor_reads_back_and_those_of_other_lists_do_not() {
        let cursor = BookingCursor::of(&booking());
        assert_eq!(BookingCursor::decode(&cursor.encode()), Some(cursor));
        let cursor = NightCursor::of(&booking());
        assert_eq!(BookingCursor::decode(&cursor.encode()), None);
        assert_eq!(NightCursor::decode(&cursor.encode()), Some(cursor));
        let body = [0; 20];
        assert_eq!(
            BookingCursor::decode(&seal(CursorKind::OfferNewest, &body)),
            None
        );
        assert_eq!(
            BookingCursor::decode(&seal(CursorKind::BookingNewest, &body[1..])),
            None
        );
    }
}
