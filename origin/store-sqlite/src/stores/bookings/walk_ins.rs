//! People who come without a booking, in one transaction.

use domain::{
    WalkInId,
    bookings::{
        refusals::BookingRefusal,
        walk_in::{self, NewWalkIn, WalkInUndone, WalkedIn, walk_in},
    },
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

pub(super) fn undo(
    tx: &Transaction<'_>,
    id: &WalkInId,
    now_ms: i64,
) -> Result<WalkInUndone, SqliteError> {
    let Some(walk_in) = rows::by_id(tx, id)? else {
        return Ok(WalkInUndone::NotFound);
    };
    let offer = places::one(tx, &walk_in.offer)?;
    let purge = match walk_in::undo(&walk_in, offer, now_ms) {
        Ok(purge) => purge,
        Err(refusal) => return Ok(WalkInUndone::Refused(refusal)),
    };
    rows::delete(tx, id)?;
    if walk_in.counted {
        places::give_places_back(tx, &walk_in.offer, walk_in.party)?;
    }
    outbox_push(tx, &purge, now_ms)?;
    Ok(WalkInUndone::Done)
}
