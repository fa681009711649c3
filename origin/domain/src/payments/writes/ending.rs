//! What the end of a booking does to its payment.

use super::{Change, Facts, refunds::all_that_is_left};
use crate::{
    RefundId,
    bookings::{
        booking::{Booking, BookingStatus},
        store::{By, Refunding},
    },
    payments::{payment::PaymentState, refund::RefundCause},
    queue::NewTask,
};

/// What a step of a booking does to its payment: money that is there goes back if the rules say so,
/// and none is taken any more.
pub fn ended(facts: Facts<'_>, after: &Booking, by: &By, now_ms: i64) -> Change {
    let mut change = Change::default();
    if after.status.is_open() {
        return change;
    }
    match facts.payment.state {
        PaymentState::Open => {
            let cancel = NewTask::of_cancelling(&facts.payment.id, None, now_ms);
            change.tasks.push(cancel);
        }
        PaymentState::Captured => {
            if let Some(cause) = cause(after, by, now_ms)
                && facts.payment.left() > 0
            {
                let id = RefundId::derive("ended", facts.payment.id.as_str());
                all_that_is_left(&mut change, facts, id, cause, now_ms);
            }
        }
        PaymentState::Cancelled => {}
    }
    change
}

/// Why a booking that has ended is refunded; none if it is not.
fn cause(booking: &Booking, by: &By, now_ms: i64) -> Option<RefundCause> {
    if booking.status != BookingStatus::Cancelled {
        return None;
    }
    let is_refundable = booking
        .price
        .and_then(|price| price.refundable_until_ms)
        .is_some_and(|until_ms| now_ms < until_ms);
    match by {
        By::Staff(_) => Some(RefundCause::Venue),
        By::Holder | By::Support(Refunding::ByRule) => is_refundable.then_some(RefundCause::Guest),
        By::Erasure => is_refundable.then_some(RefundCause::Erasure),
        By::Support(Refunding::Full) => Some(RefundCause::Support),
        By::Job | By::Payment => None,
    }
}
