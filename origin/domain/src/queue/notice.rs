//! What the guest of a booking is told. A first task finds out by which channels; then each channel
//! has a task of its own, so that one that fails repeats no other.

use super::{NewTask, Task, Work};
use crate::{
    BookingId, UserId,
    messages::kind::{Channel, Kind},
    words::words,
};

words! {
    /// What the guest of a booking is told.
    BookingNotice {
        Confirmed = "booking_confirmed",
        CancelledByVenue = "booking_cancelled_by_venue",
        Reminder = "booking_reminder",
        /// The venue did not answer in time.
        Expired = "booking_expired",
        /// What was the visit like?
        ReviewRequest = "review_request",
    }
}

impl BookingNotice {
    pub const fn kind(self) -> Kind {
        match self {
            Self::Confirmed => Kind::BookingConfirmed,
            Self::CancelledByVenue => Kind::BookingCancelledByVenue,
            Self::Reminder => Kind::BookingReminder,
            Self::Expired => Kind::BookingExpired,
            Self::ReviewRequest => Kind::ReviewRequest,
        }
    }
}

words! {
    /// What the author of a review is told.
    ReviewNotice {
        Replied = "review_replied",
        Removed = "review_removed",
        ContestAnswered = "review_contest_answered",
    }
}

impl ReviewNotice {
    pub const fn kind(self) -> Kind {
        match self {
            Self::Replied => Kind::ReviewReplied,
            Self::Removed => Kind::ReviewRemoved,
            Self::ContestAnswered => Kind::ReviewContestAnswered,
        }
    }
}

/// A notice of a booking to its guest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewNotice {
    pub notice: BookingNotice,
    pub booking: BookingId,
    pub user: UserId,
    pub begins_ms: i64,
    pub created_at_ms: i64,
    pub due_at_ms: i64,
}

impl NewNotice {
    /// The task that finds out by which channels it is told.
    pub fn task(self) -> NewTask {
        let kind = self.notice.kind();
        NewTask {
            key: format!("{}:{}", kind.as_str(), self.booking),
            lane: kind.lane(),
            person: Some(self.user.clone()),
            created_at_ms: self.created_at_ms,
            due_at_ms: self.due_at_ms,
            expires_at_ms: kind.worth_until(self.created_at_ms, Some(self.begins_ms)),
            work: Work::Booking {
                id: self.booking,
                user: self.user,
                notice: self.notice,
            },
        }
    }
}

impl NewTask {
    /// The task that tells a notice by one channel; `first` is the task that found the channel.
    pub fn of_channel(
        first: &Task,
        (notice, booking, user): (BookingNotice, &BookingId, &UserId),
        channel: Channel,
        now_ms: i64,
    ) -> Self {
        let key = format!("{}:{}", first.key, channel.as_str());
        let work = Work::Message {
            notice,
            booking: booking.clone(),
            user: user.clone(),
            channel,
        };
        Self::part_of(first, key, Some(user), work, now_ms)
    }
}
