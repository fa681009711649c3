//! The tasks that a change of a booking leaves. A store writes them in the transaction that changes the
//! booking.

use super::{
    booking::{Booking, BookingStatus},
    notices::notices,
    store::By,
};
use crate::{
    analytics::{EventName, ProductEvent},
    queue::NewTask,
};

/// What the guest is told, and the product event. `before` is the status that the booking had; none for a
/// new booking.
///
/// Each key is stored once: no booking is made, cancelled or checked in twice.
pub fn tasks(before: Option<BookingStatus>, after: &Booking, by: &By, now_ms: i64) -> Vec<NewTask> {
    let mut tasks = notices(before, after, by, now_ms);
    tasks.extend(event(before, after, by, now_ms));
    tasks
}

/// What the guest did. That a partner cancels, or that nobody came, is no event of theirs.
fn event(before: Option<BookingStatus>, after: &Booking, by: &By, now_ms: i64) -> Option<NewTask> {
    let name = match (before, after.status) {
        (None, _) => EventName::Booked,
        (Some(_), BookingStatus::Cancelled) if matches!(by, By::Holder) => EventName::Cancelled,
        (Some(_), BookingStatus::CheckedIn) => EventName::CheckedIn,
        (
            Some(_),
            BookingStatus::Cancelled
            | BookingStatus::Pending
            | BookingStatus::Confirmed
            | BookingStatus::Expired
            | BookingStatus::NoShow,
        ) => return None,
    };
    let event = ProductEvent {
        name,
        user: after.user.clone()?,
        offer: Some(after.offer.clone()),
        at_ms: now_ms,
    };
    Some(NewTask::of_booking(&after.id, event))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bookings::samples;

    #[test]
    fn what_a_guest_does_is_an_event() {
        use BookingStatus::{Cancelled, CheckedIn, Confirmed, Expired, NoShow, Pending};
        let cases = [
            (None, Pending, By::Holder, Some("event:booked:")),
            (None, Confirmed, By::Holder, Some("event:booked:")),
            (Some(Pending), Confirmed, By::Staff(None), None),
            (
                Some(Confirmed),
                Cancelled,
                By::Holder,
                Some("event:cancelled:"),
            ),
            (Some(Confirmed), Cancelled, By::Staff(None), None),
            (Some(Confirmed), Cancelled, By::Erasure, None),
            (
                Some(Confirmed),
                CheckedIn,
                By::Staff(None),
                Some("event:checked_in:"),
            ),
            (Some(Pending), Expired, By::Job, None),
            (Some(Confirmed), NoShow, By::Job, None),
        ];
        for (before, status, by, expected) in cases {
            let after = Booking {
                status,
                ..samples::booking()
            };
            let key = event(before, &after, &by, 5).map(|task| task.key);
            let expected = expected.map(|begin| format!("{begin}{}", after.id));
            assert_eq!(key, expected, "{before:?} {status:?} {by:?}");
            let erased = Booking {
                user: None,
                ..after
            };
            assert_eq!(event(before, &erased, &by, 5), None);
        }
    }
}
