//! Writes of bookings, each in one transaction.

use domain::{
    BookingId,
    bookings::{
        booking::{Booking, Step},
        refusals::BookingRefusal,
        rules::{self, NewBooking},
        short_code::{ATTEMPTS, ShortCode},
        store::{By, Created, Stepped, Taken, purge_of_step},
        tasks::tasks,
        writes::{self, Creation, OfferWrite},
    },
    payments::writes::ended,
    reviews::change::withdrawn,
};
use rusqlite::{Connection, Transaction};

use crate::{
    error::SqliteError,
    outbox::outbox_push,
    tables::{bookings as rows, payments, places, queue, reviews, users},
};

/// What a request would store, or its answer if that is nothing.
pub(super) fn look(
    connection: &Connection,
    new: &NewBooking,
    now_ms: i64,
) -> Result<Result<Creation, Created>, SqliteError> {
    let before = match &new.idempotency_key {
        Some(key) => rows::by_key(connection, &new.user, key)?,
        None => None,
    };
    let offer = places::one(connection, &new.offer)?;
    let draft = match writes::draft(new, before, offer, now_ms) {
        Ok(draft) => draft,
        Err(answer) => return Ok(Err(answer)),
    };
    if draft.offer.admission.asks_identity() {
        let account = users::account(connection, "id", new.user.as_str())?;
        let identity = account.map(|account| account.identity).unwrap_or_default();
        if let Err(answer) = draft.meets(&identity, now_ms) {
            return Ok(Err(answer));
        }
    }
    let standing = rows::standing(connection, &new.user, &draft.booking)?;
    Ok(draft.admit(standing))
}

pub(super) fn create(
    tx: &Transaction<'_>,
    new: &NewBooking,
    now_ms: i64,
) -> Result<Created, SqliteError> {
    if !users::is_active(tx, &new.user)? {
        return Ok(Created::NoAccount);
    }
    let mut creation = match look(tx, new, now_ms)? {
        Ok(creation) => creation,
        Err(answer) => return Ok(answer),
    };
    give_short_code(tx, &mut creation.booking)?;
    match creation.offer_write {
        OfferWrite::TakePlaces => {
            if !places::take_places(tx, &new.offer, new.party)? {
                return Ok(BookingRefusal::SoldOut.into());
            }
        }
        // SQLite has one writer: nobody else counts at the same time.
        OfferWrite::MeetOthers => {}
    }
    rows::insert(tx, &creation.booking)?;
    outbox_push(tx, &creation.purge, now_ms)?;
    queue::push(tx, &tasks(None, &creation.booking, &By::Holder, now_ms))?;
    Ok(Created::Done(creation.booking))
}

/// Another code if a booking of the night has the first one.
fn give_short_code(tx: &Transaction<'_>, booking: &mut Booking) -> Result<(), SqliteError> {
    for attempt in 0..ATTEMPTS {
        let code = ShortCode::of(&booking.id, attempt);
        if !rows::night::has_short_code(tx, booking, &code)? {
            booking.short_code = Some(code);
            return Ok(());
        }
    }
    booking.short_code = None;
    Ok(())
}

pub(super) fn take(
    tx: &Transaction<'_>,
    id: &BookingId,
    taken: &Taken,
    by: &By,
    now_ms: i64,
) -> Result<Stepped, SqliteError> {
    let Some(before) = rows::by_id(tx, id)? else {
        return Ok(Stepped::Refused(BookingRefusal::NotFound));
    };
    match writes::step(&before, taken, by, now_ms) {
        Ok(after) => {
            if let Some(scanner) = writes::scanner(taken.step, by)
                && !users::is_active(tx, scanner)?
            {
                return Ok(Stepped::NoAccount);
            }
            if writes::opens_again(&before, &after)
                && let Some(user) = &after.user
                && rows::has_open(tx, user, &after.offer)?
            {
                return Ok(BookingRefusal::BookedAgain.into());
            }
            store(tx, &before, &after, taken.step, by, now_ms)?;
            Ok(Stepped::Done(Box::new(after)))
        }
        Err(answer) => Ok(answer),
    }
}

/// Writes what a step made of a booking, gives its places back, and leaves the purge and the tasks.
pub(in crate::stores) fn store(
    tx: &Transaction<'_>,
    before: &Booking,
    after: &Booking,
    step: Step,
    by: &By,
    now_ms: i64,
) -> Result<(), SqliteError> {
    rows::update(tx, after)?;
    let freed = if rules::frees_places(before, after) {
        let offer = places::one(tx, &after.offer)?;
        if before.counted {
            places::give_places_back(tx, &after.offer, before.party)?;
        }
        offer
    } else {
        None
    };
    let purge = purge_of_step(after, step, by, freed.as_ref());
    outbox_push(tx, &purge, now_ms)?;
    queue::push(tx, &tasks(Some(before.status), after, by, now_ms))?;
    // A visit that was none has no review.
    if writes::opens_again(before, after)
        && let Some(review) = reviews::of_booking(tx, &after.id)?
    {
        reviews::store(tx, &withdrawn(review), now_ms)?;
    }
    if after.price.is_some()
        && let Some(found) = payments::of_booking(tx, &after.id)?
    {
        payments::write(tx, &ended(found.facts(), after, by, now_ms))?;
    }
    Ok(())
}
