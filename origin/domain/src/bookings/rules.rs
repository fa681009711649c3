//! Who may book, confirm, cancel and check in, and when. Backends read, call these rules, and write
//! the result, in one transaction.

#[cfg(test)]
mod tests;

use super::{
    approval,
    booking::{Booking, BookingStatus, Step},
    party::PartySize,
    refusals::BookingRefusal,
    short_code::ShortCode,
    store::{By, Taken},
    window::{self, Opening},
};
use crate::{
    BookingId, Offer, OfferId, Quota, UserId,
    payments::price::{BookedPrice, Terms},
};

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;

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

/// How far ahead an opening can be booked.
pub const BOOKED_AHEAD_MS: i64 = 90 * 24 * HOUR_MS;

/// The request for a new booking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewBooking {
    pub id: BookingId,
    pub user: UserId,
    pub offer: OfferId,
    pub idempotency_key: Option<String>,
    /// On which terms this server takes payments; none if it does not.
    pub terms: Option<Terms>,
    /// The first moment of the opening that is booked; none for the current or the next one.
    pub opening_ms: Option<i64>,
    pub party: PartySize,
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
    /// The places that all users' bookings of this offer hold in the opening's night.
    pub of_day: i64,
    /// Whether the partner's account takes payments. It is read only for a booking with a price.
    pub takes_payments: bool,
    /// Whether the public does not see the partner: it is not approved, or has ended.
    pub is_partner_hidden: bool,
}

/// The booking before quotas are checked: its opening determines the night for which the store counts.
pub fn draft(offer: &Offer, new: &NewBooking, now_ms: i64) -> Result<Booking, BookingRefusal> {
    if !window::is_bookable(offer, now_ms) {
        return Err(BookingRefusal::NotBookable);
    }
    let most = offer.limits.party;
    if most.is_some_and(|most| new.party.people() > most) {
        return Err(BookingRefusal::PartyTooLarge);
    }
    let opening = opening(offer, new.opening_ms, now_ms)?;
    let window = opening.usable_ms(now_ms);
    let price = match offer.price {
        Some(price) => {
            let terms = new.terms.ok_or(BookingRefusal::PaymentsUnavailable)?;
            Some(BookedPrice::of(price, terms, new.party, &window, now_ms))
        }
        None => None,
    };
    // Of an offer with a price the money confirms it, whatever an older program let it ask for.
    let needs_approval = offer.admission.requires_approval && price.is_none();
    Ok(Booking {
        id: new.id.clone(),
        user: Some(new.user.clone()),
        offer: offer.id.clone(),
        partner: offer.partner_id.clone(),
        status: if price.is_some() || needs_approval {
            BookingStatus::Pending
        } else {
            BookingStatus::Confirmed
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
        party: new.party,
        decide_before_ms: needs_approval.then(|| approval::decide_before_ms(&window, now_ms)),
        changes: 0,
        cancel_reason: None,
        short_code: Some(ShortCode::of(&new.id, 0)),
        scan: None,
    })
}

/// The opening that is booked: one that begins at this moment, or the current or next one.
fn opening(offer: &Offer, begins_ms: Option<i64>, now_ms: i64) -> Result<Opening, BookingRefusal> {
    let Some(begins_ms) = begins_ms else {
        return window::next_opening(offer, now_ms).ok_or(BookingRefusal::NeverOpens);
    };
    let opening = window::opening_at(offer, begins_ms).ok_or(BookingRefusal::NoSuchOpening)?;
    if opening.until_ms <= now_ms {
        Err(BookingRefusal::OpeningOver)
    } else if opening.begins_ms > now_ms.saturating_add(BOOKED_AHEAD_MS) {
        Err(BookingRefusal::OpeningTooFar)
    } else {
        Ok(opening)
    }
}

/// Checks the limits and quotas for one more booking, of so many people.
pub fn admit(offer: &Offer, party: PartySize, standing: Standing) -> Result<(), BookingRefusal> {
    let reached =
        |limit: Option<i32>, count: i64| limit.is_some_and(|most| count >= i64::from(most));
    let limits = offer.limits;
    let of_quota = offer.quota.map(|quota| quota.remaining);
    let left = window::places_left(of_quota, limits.per_day, standing.of_day);
    if standing.is_partner_hidden {
        Err(BookingRefusal::PartnerNotListed)
    } else if offer.price.is_some() && !standing.takes_payments {
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
    } else if left.is_some_and(|left| left < party.people()) {
        Err(BookingRefusal::TooFewPlaces)
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
        // The scan is still known: its report may arrive once more.
        Step::UndoCheckIn => (None, before.scan.clone()),
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
        changes: before.changes.saturating_add(1),
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
        changes: before.changes.saturating_add(1),
        ..before.clone()
    })
}

/// Whether a change frees the booking's places: others can have them, and answers that show how many
/// are left change.
pub const fn frees_places(before: &Booking, after: &Booking) -> bool {
    before.status.holds_a_place() && !after.status.holds_a_place()
}

/// `now_ms` is the moment of the step: of a scan that is reported later, when it was made.
fn in_time(booking: &Booking, step: Step, by: &By, now_ms: i64) -> Result<(), BookingRefusal> {
    let (is_good, refusal) = match step {
        // The provider took a while, or its report did: the place was held meanwhile.
        Step::Confirm if *by == By::Payment => (now_ms < booking.until_ms, BookingRefusal::TooLate),
        Step::Confirm if booking.price.is_some() => (false, BookingRefusal::PaymentRequired),
        Step::Confirm if booking.decide_before_ms.is_some() => {
            return approvable(booking, by, now_ms);
        }
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

/// A booking that waits for the venue is the venue's to confirm, until its deadline.
fn approvable(booking: &Booking, by: &By, now_ms: i64) -> Result<(), BookingRefusal> {
    match by {
        By::Staff(_)
            if booking
                .decide_before_ms
                .is_none_or(|before_ms| now_ms < before_ms) =>
        {
            Ok(())
        }
        By::Staff(_) => Err(BookingRefusal::TooLateToApprove),
        By::Holder | By::Job | By::Payment | By::Erasure | By::Support(_) => {
            Err(BookingRefusal::ApprovalRequired)
        }
    }
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
        BookingStatus::Pending => Some(match (booking.price, booking.decide_before_ms) {
            (Some(price), _) => price.pay_before_ms,
            (None, Some(before_ms)) => before_ms,
            // From a time in which guests confirmed their own bookings.
            (None, None) => booking.from_ms,
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
