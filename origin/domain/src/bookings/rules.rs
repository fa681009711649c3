//! Who may book, confirm, cancel and check in, and when. Backends read, call these rules, and write
//! the result, in one transaction.

#[cfg(test)]
mod tests;

use super::{
    booking::{Booking, BookingStatus, Step},
    refusals::BookingRefusal,
    short_code::ShortCode,
    store::{By, Taken},
    window,
};
use crate::{
    BookingId, Offer, OfferId, Quota, UserId,
    payments::price::{BookedPrice, Terms},
};

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;

/// A booking that starts sooner than this is confirmed at once; later ones are pending until the
/// user or the partner's staff confirms them, and expire at their start. One with a price is pending
/// until it is paid.
pub const CONFIRMED_WITHIN_MS: i64 = 24 * HOUR_MS;
/// A booking can be cancelled until this long before its start.
pub const CANCEL_BEFORE_MS: i64 = 2 * HOUR_MS;
/// A booking can always be cancelled within this time after it was made, to undo a mistake.
pub const UNDO_WITHIN_MS: i64 = 15 * MINUTE_MS;
/// How long before its start a booking can be checked in.
pub const CHECK_IN_EARLY_MS: i64 = 30 * MINUTE_MS;
/// How long after its end a check-in that was scanned offline can still be reported.
pub const CHECK_IN_LATE_MS: i64 = 2 * HOUR_MS;
/// How long after a check-in the same scanner gets the same answer, because the first one was lost.
/// It is short: somebody else may show a picture of the same code.
pub const CHECK_IN_REPEAT_MS: i64 = 10_000;
/// How long after it was stored a check-in can be undone.
pub const UNDO_CHECK_IN_WITHIN_MS: i64 = 5 * MINUTE_MS;
/// The maximum number of open bookings per user, so that nobody keeps everybody else out.
pub const MAX_OPEN: i64 = 20;

/// The maximum number of bookings that a user makes within [`MADE_WITHIN_MS`], whatever became of
/// them, so that nobody fills the database by booking and cancelling.
pub const MAX_MADE: i64 = 50;
pub const MADE_WITHIN_MS: i64 = 24 * HOUR_MS;

/// The request for a new booking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewBooking {
    pub id: BookingId,
    pub user: UserId,
    pub offer: OfferId,
    pub idempotency_key: Option<String>,
    /// On which terms this server takes payments; none if it does not.
    pub terms: Option<Terms>,
}

/// The counts that a store reads for a new booking, in the transaction that makes it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// The number of the user's open bookings of this offer.
    pub open_of_offer: i64,
    /// The number of the user's open bookings of any offer.
    pub open: i64,
    /// The number of bookings that the user made within [`MADE_WITHIN_MS`].
    pub made: i64,
    /// The number of the user's bookings of this offer that hold a place.
    pub of_user: i64,
    /// The number of all users' bookings of this offer that hold a place in the opening's night.
    pub of_day: i64,
    /// Whether the partner's account takes payments. It is read only for a booking with a price.
    pub takes_payments: bool,
}

/// The booking before quotas are checked: its opening determines the night for which the store counts.
pub fn draft(offer: &Offer, new: &NewBooking, now_ms: i64) -> Result<Booking, BookingRefusal> {
    if !window::is_bookable(offer, now_ms) {
        return Err(BookingRefusal::NotBookable);
    }
    let opening = window::next_opening(offer, now_ms).ok_or(BookingRefusal::NeverOpens)?;
    let window = opening.usable_ms(now_ms);
    let is_soon = window.start - now_ms < CONFIRMED_WITHIN_MS;
    let price = match offer.price {
        Some(price) => {
            let terms = new.terms.ok_or(BookingRefusal::PaymentsUnavailable)?;
            Some(BookedPrice::of(price, terms, &window, now_ms))
        }
        None => None,
    };
    Ok(Booking {
        id: new.id.clone(),
        user: Some(new.user.clone()),
        offer: offer.id.clone(),
        partner: offer.partner_id.clone(),
        status: if is_soon && price.is_none() {
            BookingStatus::Confirmed
        } else {
            BookingStatus::Pending
        },
        counted: offer.quota.is_some(),
        from_ms: window.start,
        until_ms: window.end,
        night: opening.night,
        idempotency_key: new.idempotency_key.clone(),
        created_at_ms: now_ms,
        changed_at_ms: now_ms,
        checked_in_at_ms: None,
        checked_in_by: None,
        price,
        cancel_reason: None,
        short_code: Some(ShortCode::of(&new.id, 0)),
        scan: None,
    })
}

/// Checks the limits and quotas for one more booking.
pub fn admit(offer: &Offer, standing: Standing) -> Result<(), BookingRefusal> {
    let reached =
        |limit: Option<i32>, count: i64| limit.is_some_and(|most| count >= i64::from(most));
    let limits = offer.limits;
    if offer.price.is_some() && !standing.takes_payments {
        Err(BookingRefusal::PartnerTakesNoPayments)
    } else if standing.open_of_offer > 0 {
        Err(BookingRefusal::AlreadyBooked)
    } else if reached(limits.per_user, standing.of_user) {
        Err(BookingRefusal::UserLimit)
    } else if standing.open >= MAX_OPEN {
        Err(BookingRefusal::TooManyOpen)
    } else if standing.made >= MAX_MADE {
        Err(BookingRefusal::TooManyMade)
    } else if offer.quota.is_some_and(Quota::is_sold_out) {
        Err(BookingRefusal::SoldOut)
    } else if reached(limits.per_day, standing.of_day) {
        Err(BookingRefusal::SoldOutThatDay)
    } else {
        Ok(())
    }
}

/// The booking after a step.
pub fn step(
    before: &Booking,
    taken: &Taken,
    by: &By,
    now_ms: i64,
) -> Result<Booking, BookingRefusal> {
    let status = before
        .status
        .after(taken.step)
        .ok_or(BookingRefusal::WrongStatus(before.status))?;
    let at_ms = taken.at_ms(now_ms);
    in_time(before, taken.step, by, at_ms)?;
    let scan = taken.scan.as_ref().map(|scan| scan.id.clone());
    let (checked_in_at_ms, scan) = match taken.step {
        Step::CheckIn | Step::ReportScan => (Some(at_ms), scan),
        Step::UndoCheckIn => (None, None),
        Step::Confirm
        | Step::Cancel
        | Step::Expire
        | Step::Miss
        | Step::Decline
        | Step::CancelByVenue => (before.checked_in_at_ms, before.scan.clone()),
    };
    Ok(Booking {
        status,
        changed_at_ms: now_ms,
        checked_in_at_ms,
        checked_in_by: before
            .checked_in_by
            .clone()
            .filter(|_| checked_in_at_ms.is_some()),
        scan,
        cancel_reason: taken
            .reason
            .clone()
            .or_else(|| before.cancel_reason.clone()),
        ..before.clone()
    })
}

/// The booking cancelled for the erasure of its user's account, regardless of the cancellation
/// deadline; none if it has already ended.
pub fn withdrawn(before: &Booking, now_ms: i64) -> Option<Booking> {
    Some(Booking {
        status: before.status.after(Step::Cancel)?,
        changed_at_ms: now_ms,
        ..before.clone()
    })
}

/// Whether a change gives a place of the offer's quota back.
pub const fn gives_back(before: &Booking, after: &Booking) -> bool {
    before.counted && before.status.holds_a_place() && !after.status.holds_a_place()
}

/// `now_ms` is the moment of the step: of a scan that is reported later, when it was made.
fn in_time(booking: &Booking, step: Step, by: &By, now_ms: i64) -> Result<(), BookingRefusal> {
    let (is_good, refusal) = match step {
        // The provider took a while, or its report did: the place was held meanwhile.
        Step::Confirm if *by == By::Payment => (now_ms < booking.until_ms, BookingRefusal::TooLate),
        Step::Confirm if booking.price.is_some() => (false, BookingRefusal::PaymentRequired),
        Step::Confirm => (now_ms < booking.from_ms, BookingRefusal::TooLate),
        // The venue may have to close at any moment, and support helps at any.
        Step::Cancel if matches!(by, By::Staff(_) | By::Support(_)) => {
            (now_ms < booking.until_ms, BookingRefusal::TooLate)
        }
        Step::CancelByVenue | Step::Decline => (now_ms < booking.until_ms, BookingRefusal::TooLate),
        Step::UndoCheckIn => (
            now_ms < booking.changed_at_ms + UNDO_CHECK_IN_WITHIN_MS,
            BookingRefusal::TooLateToUndo,
        ),
        Step::Cancel => (
            now_ms < cancellable_until_ms(booking),
            BookingRefusal::TooLateToCancel,
        ),
        Step::CheckIn | Step::ReportScan if now_ms < usable_from_ms(booking) => {
            (false, BookingRefusal::TooEarly)
        }
        Step::CheckIn | Step::ReportScan => {
            (now_ms < usable_until_ms(booking), BookingRefusal::TooLate)
        }
        Step::Expire | Step::Miss => (
            due_ms(booking).is_some_and(|due_ms| due_ms <= now_ms),
            BookingRefusal::TooEarly,
        ),
    };
    if is_good { Ok(()) } else { Err(refusal) }
}

/// The first moment at which the user can no longer cancel it.
pub fn cancellable_until_ms(booking: &Booking) -> i64 {
    let undo = booking.created_at_ms + UNDO_WITHIN_MS;
    undo.max(booking.from_ms - CANCEL_BEFORE_MS)
}

/// The first moment at which it can be checked in.
pub const fn usable_from_ms(booking: &Booking) -> i64 {
    booking.from_ms - CHECK_IN_EARLY_MS
}

/// The first moment at which it can no longer be checked in.
pub const fn usable_until_ms(booking: &Booking) -> i64 {
    booking.until_ms + CHECK_IN_LATE_MS
}

/// When the job ends the booking, if nothing else does.
pub const fn due_ms(booking: &Booking) -> Option<i64> {
    match booking.status {
        BookingStatus::Pending => Some(match booking.price {
            Some(price) => price.pay_before_ms,
            None => booking.from_ms,
        }),
        BookingStatus::Confirmed => Some(usable_until_ms(booking)),
        BookingStatus::CheckedIn
        | BookingStatus::Cancelled
        | BookingStatus::Expired
        | BookingStatus::NoShow => None,
    }
}

/// The step by which the job ends a due booking.
pub const fn due_step(status: BookingStatus) -> Option<Step> {
    match status {
        BookingStatus::Pending => Some(Step::Expire),
        BookingStatus::Confirmed => Some(Step::Miss),
        BookingStatus::CheckedIn
        | BookingStatus::Cancelled
        | BookingStatus::Expired
        | BookingStatus::NoShow => None,
    }
}
