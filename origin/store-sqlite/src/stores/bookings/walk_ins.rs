//! People who come without a booking, in one transaction.

use domain::bookings::{
    refusals::BookingRefusal,
    walk_in::{NewWalkIn, WalkedIn, walk_in},
};
use rusqlite::Transaction;

use crate::{
    error::SqliteError,
    outbox::outbox_push,
    tables::{places, walk_ins as rows},
};

pub(super) fn record(
    tx: &Transaction<'_>,
    new: &NewWalkIn,
    now_ms: i64,
) -> Result<WalkedIn, SqliteError> {
    let before = rows::by_id(tx, &new.id)?;
    let offer = places::one(tx, &new.offer)?;
    let write = match walk_in(new, before, offer, now_ms) {
        Ok(write) => write,
        Err(answer) => return Ok(answer),
    };
    if write.walk_in.counted && !places::take_places(tx, &new.offer, new.party)? {
        return Ok(WalkedIn::Refused(BookingRefusal::SoldOut));
    }
    rows::insert(tx, &write.walk_in)?;
    outbox_push(tx, &write.purge, now_ms)?;
    Ok(WalkedIn::Done(Box::new(write.walk_in)))
}
