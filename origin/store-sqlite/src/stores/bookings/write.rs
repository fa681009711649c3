//! Writes of bookings, each in one transaction.

use domain::{
    BookingId, Offer,
    bookings::{
        booking::{Booking, Step},
        refusals::BookingRefusal,
        rules::{self, NewBooking, OfferWrite},
        store::{By, Created, Stepped, purge_of_creation, purge_of_step},
    },
};
use rusqlite::{Connection, Transaction};

use crate::{
    error::SqliteError,
    outbox::outbox_push,
    tables::{bookings as rows, places},
};

/// The booking that would be made and its offer, or why none is.
type Looked = Result<(Box<Booking>, Box<Offer>), Created>;

pub(super) fn look(
    connection: &Connection,
    new: &NewBooking,
    now_ms: i64,
) -> Result<Looked, SqliteError> {
    let refused = |refusal| Ok(Err(Created::Refused(refusal)));
    if let Some(key) = &new.idempotency_key
        && let Some(before) = rows::by_key(connection, &new.user, key)?
    {
        return if before.offer == new.offer {
            Ok(Err(Created::Before(Box::new(before))))
        } else {
            refused(BookingRefusal::KeyReused)
        };
    }
    let Some(offer) = places::one(connection, &new.offer)? else {
        return refused(BookingRefusal::OfferNotFound);
    };
    let booking = match rules::draft(&offer, new, now_ms) {
        Ok(booking) => booking,
        Err(refusal) => return refused(refusal),
    };
    let standing = rows::standing(connection, &new.user, &booking)?;
    match rules::admit(&offer, standing) {
        Ok(()) => Ok(Ok((Box::new(booking), Box::new(offer)))),
        Err(refusal) => refused(refusal),
    }
}

pub(super) fn create(
    tx: &Transaction<'_>,
    new: &NewBooking,
    now_ms: i64,
) -> Result<Created, SqliteError> {
    let (booking, offer) = match look(tx, new, now_ms)? {
        Ok(found) => found,
        Err(no_booking) => return Ok(no_booking),
    };
    let is_admitted = match rules::offer_write(&booking, &offer) {
        OfferWrite::TakePlace => places::take_place(tx, &offer.id)?,
        // SQLite has one writer: nobody else counts at the same time.
        OfferWrite::MeetOthers | OfferWrite::Nothing => true,
    };
    if !is_admitted {
        return Ok(Created::Refused(BookingRefusal::SoldOut));
    }
    rows::insert(tx, &booking)?;
    outbox_push(tx, &purge_of_creation(&booking, &offer), now_ms)?;
    Ok(Created::Done(booking))
}

pub(super) fn step(
    tx: &Transaction<'_>,
    id: &BookingId,
    step: Step,
    by: By,
    now_ms: i64,
) -> Result<Stepped, SqliteError> {
    let Some(before) = rows::by_id(tx, id)? else {
        return Ok(Stepped::Refused(BookingRefusal::NotFound));
    };
    match rules::step(&before, step, now_ms) {
        Ok(after) => {
            store(tx, &before, &after, step, by, now_ms)?;
            Ok(Stepped::Done(Box::new(after)))
        }
        Err(refusal) => Ok(Stepped::Refused(refusal)),
    }
}

/// Writes what a step made of a booking, gives its place back, and leaves the purge.
pub(super) fn store(
    tx: &Transaction<'_>,
    before: &Booking,
    after: &Booking,
    step: Step,
    by: By,
    now_ms: i64,
) -> Result<(), SqliteError> {
    rows::update(tx, after)?;
    let given_back = if rules::gives_back(before, after) {
        let offer = places::one(tx, &after.offer)?;
        places::give_back_place(tx, &after.offer)?;
        offer
    } else {
        None
    };
    let purge = purge_of_step(after, step, by, given_back.as_ref());
    outbox_push(tx, &purge, now_ms)?;
    Ok(())
}
