//! What the writes of bookings decide.
//!
//! A backend reads the facts, calls these functions, and stores what they return, all in one
//! transaction. Nothing here reads or writes, so every backend decides the same.

#[cfg(test)]
mod tests;

use super::{
    booking::{Booking, BookingStatus, Step},
    refusals::BookingRefusal,
    rules::{self, NewBooking, Standing},
    scan::ACCEPTED_FOR_MS,
    store::{By, Created, Stepped, Taken, purge_of_creation},
};
use crate::{
    Offer, UserId, identity, night::Night, pending_purge::PendingPurge, users::account::Identity,
};

/// A booking that can be made if no limit is reached.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    pub booking: Booking,
    pub offer: Offer,
}

/// What a backend stores for a new booking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Creation {
    pub booking: Box<Booking>,
    pub offer_write: OfferWrite,
    pub purge: PendingPurge,
}

/// What a new booking writes to its offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OfferWrite {
    /// Takes a place of the quota for each person; refused if fewer are left.
    TakePlaces,
    /// Nothing of the offer changes. But its bookings are counted, for a limit per day or for a
    /// quota that is set at the same time: two that count must conflict. A store whose writers
    /// follow each other needs no write.
    MeetOthers,
}

/// The booking that a request asks for; an error is the answer of a request that stores nothing.
/// `before` is the booking that the same idempotency key made.
pub fn draft(
    new: &NewBooking,
    before: Option<Booking>,
    offer: Option<Offer>,
    now_ms: i64,
) -> Result<Draft, Created> {
    match before {
        Some(before) if is_same(&before, new) => {
            return Err(Created::Before(Box::new(before)));
        }
        Some(_) => return Err(BookingRefusal::KeyReused.into()),
        None => {}
    }
    let offer = offer.ok_or(BookingRefusal::OfferNotFound)?;
    let booking = rules::draft(&offer, new, now_ms)?;
    Ok(Draft { booking, offer })
}

/// Whether a booking is what a request asks for: the same offer, opening and number of people.
fn is_same(before: &Booking, new: &NewBooking) -> bool {
    let is_opening =
        |begins_ms| Night::of_opening(&(begins_ms..before.until_ms)) == Some(before.night);
    before.offer == new.offer && before.party == new.party && new.opening_ms.is_none_or(is_opening)
}

impl Draft {
    /// Refuses a guest of whom the offer asks more than is known; `identity` is what the account knows. It
    /// is asked for if [`Admission::asks_identity`] says so, and read in the transaction.
    ///
    /// [`Admission::asks_identity`]: crate::Admission::asks_identity
    pub fn meets(&self, identity: &Identity, now_ms: i64) -> Result<(), Created> {
        let admitted = identity::rules::admits(self.offer.admission, identity, now_ms);
        admitted.map_err(|refusal| BookingRefusal::Identity(refusal).into())
    }

    /// What is stored if no limit is reached; an error is the answer if one is.
    pub fn admit(self, standing: Standing) -> Result<Creation, Created> {
        rules::admit(&self.offer, self.booking.party, standing)?;
        Ok(Creation {
            offer_write: offer_write(&self.booking),
            purge: purge_of_creation(&self.booking, &self.offer),
            booking: Box::new(self.booking),
        })
    }
}

/// What a step makes of a booking; an error is the answer of a request that stores nothing.
pub fn step(before: &Booking, taken: &Taken, by: &By, now_ms: i64) -> Result<Booking, Stepped> {
    if is_repeated(before, taken, by, now_ms) {
        return Err(Stepped::Before(Box::new(before.clone())));
    }
    let mut after = rules::step(before, taken, by, now_ms)?;
    if let Some(scanner) = scanner(taken.step, by) {
        after.checked_in_by = Some(scanner.clone());
    }
    Ok(after)
}

/// The user whom a step stores with the booking, and whose account it therefore needs.
pub const fn scanner(step: Step, by: &By) -> Option<&UserId> {
    match (step, by) {
        (Step::CheckIn | Step::ReportScan, By::Staff(scanner)) => scanner.as_ref(),
        _ => None,
    }
}

/// Whether a step makes a booking open once more, which a user has only one of for an offer.
pub const fn opens_again(before: &Booking, after: &Booking) -> bool {
    !before.status.is_open() && after.status.is_open()
}

/// Whether a step was taken before, so that the client, whose answer was lost, gets the same again.
/// For a check-in only the same scanner does: the same scan as long as scans are accepted, and one that is
/// not known to be the same or another one soon. A report of a check-in that was taken back, which a scanner
/// sends again by itself, changes nothing.
fn is_repeated(booking: &Booking, taken: &Taken, by: &By, now_ms: i64) -> bool {
    match taken.step {
        Step::Confirm | Step::UndoCheckIn => booking.status == BookingStatus::Confirmed,
        Step::Cancel => booking.status == BookingStatus::Cancelled,
        Step::Decline | Step::CancelByVenue => {
            booking.status == BookingStatus::Cancelled && booking.cancel_reason == taken.reason
        }
        Step::CheckIn | Step::ReportScan => {
            let scan = taken.scan.as_ref().map(|scan| &scan.id);
            let within_ms = match (scan, booking.scan.as_ref()) {
                (Some(scan), Some(known)) if scan == known => {
                    let was_undone = booking.checked_in_at_ms.is_none();
                    if taken.step == Step::ReportScan && was_undone {
                        return true;
                    }
                    ACCEPTED_FOR_MS
                }
                (Some(_), Some(_)) => return false,
                (None, _) | (_, None) => rules::CHECK_IN_REPEAT_MS,
            };
            let is_soon = |at_ms| now_ms - at_ms < within_ms;
            booking.status == BookingStatus::CheckedIn
                && *by == By::Staff(booking.checked_in_by.clone())
                && booking.checked_in_at_ms.is_some_and(is_soon)
        }
        Step::Expire | Step::Miss => false,
    }
}

const fn offer_write(booking: &Booking) -> OfferWrite {
    if booking.counted {
        OfferWrite::TakePlaces
    } else {
        OfferWrite::MeetOthers
    }
}
