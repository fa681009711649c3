//! What the guest of a booking and the partner's team are told. A store writes these tasks in the
//! transaction that changes the booking.

#[cfg(test)]
mod tests;

use super::{
    booking::{Booking, BookingStatus},
    store::By,
};
use crate::{
    announcements::Announcement,
    night::Night,
    paris::TimeOfDay,
    queue::{
        NewTask,
        notice::{BookingNotice, NewNotice},
    },
};

const HOUR_MS: i64 = 3_600_000;
/// How long before its start the guest is reminded of a booking.
pub const REMINDED_BEFORE_MS: i64 = 2 * HOUR_MS;
/// A booking that begins within this time after it was confirmed needs no reminder.
pub const NO_REMINDER_WITHIN_MS: i64 = 3 * HOUR_MS;

/// 11:00, when who was out is awake.
const ASKED_AT_MINUTES: u32 = 11 * 60;

/// The tasks of a change. `before` is the status that the booking had; none for a new booking.
///
/// Each key is stored once: no booking is confirmed or cancelled twice.
pub fn notices(
    before: Option<BookingStatus>,
    after: &Booking,
    by: &By,
    now_ms: i64,
) -> Vec<NewTask> {
    let Some(user) = &after.user else {
        return Vec::new();
    };
    let task = |notice, due_at_ms| {
        let notice = NewNotice {
            notice,
            booking: after.id.clone(),
            user: user.clone(),
            begins_ms: after.from_ms,
            created_at_ms: now_ms,
            due_at_ms,
        };
        notice.task()
    };
    let mut tasks = Vec::new();
    match after.status {
        // A check-in was undone: the guest, who stands at the door, hears nothing of it.
        BookingStatus::Confirmed if before == Some(BookingStatus::CheckedIn) => {}
        BookingStatus::Confirmed => {
            // A guest who confirms a booking sees that it is.
            let is_told = before.is_none() || matches!(by, By::Staff(_) | By::Payment);
            if is_told {
                tasks.push(task(BookingNotice::Confirmed, now_ms));
            }
            if after.from_ms - now_ms > NO_REMINDER_WITHIN_MS {
                let due_at_ms = after.from_ms - REMINDED_BEFORE_MS;
                tasks.push(task(BookingNotice::Reminder, due_at_ms));
            }
        }
        BookingStatus::Cancelled if matches!(by, By::Staff(_)) => {
            tasks.push(task(BookingNotice::CancelledByVenue, now_ms));
        }
        // At once: nobody but the team can answer it, and there is a deadline. One with a price waits
        // for the guest's money.
        BookingStatus::Pending if after.decide_before_ms.is_some() => {
            let what = Announcement::ToConfirm {
                booking: after.id.clone(),
                begins_ms: after.from_ms,
            };
            tasks.push(NewTask {
                person: Some(user.clone()),
                ..what.task(now_ms, now_ms)
            });
        }
        BookingStatus::Expired if after.decide_before_ms.is_some() => {
            tasks.push(task(BookingNotice::Expired, now_ms));
        }
        BookingStatus::CheckedIn => {
            let at_ms = after.checked_in_at_ms.unwrap_or(now_ms);
            tasks.push(task(BookingNotice::ReviewRequest, asked_at_ms(at_ms)));
        }
        BookingStatus::Pending
        | BookingStatus::Cancelled
        | BookingStatus::Expired
        | BookingStatus::NoShow => {}
    }
    tasks
}

/// When a guest who was checked in at this moment is asked for a review: on the day after the night.
fn asked_at_ms(checked_in_at_ms: i64) -> i64 {
    let night = Night::of(checked_in_at_ms);
    let asked = TimeOfDay::from_minutes(ASKED_AT_MINUTES);
    // No check-in lies outside the calendar.
    night.zip(asked).map_or(checked_in_at_ms, |(night, time)| {
        night.day().next().from_ms(time)
    })
}

/// Whether a notice still holds when it is sent. Whether a visit was reviewed meanwhile is not known here.
pub fn holds(notice: BookingNotice, booking: &Booking) -> bool {
    let status = match notice {
        BookingNotice::Confirmed | BookingNotice::Reminder => BookingStatus::Confirmed,
        BookingNotice::CancelledByVenue => BookingStatus::Cancelled,
        BookingNotice::Expired => BookingStatus::Expired,
        BookingNotice::ReviewRequest => BookingStatus::CheckedIn,
    };
    booking.status == status
}
