//! Writes of bookings, each in the transaction of its session.
//!
//! Every booking of an offer with quotas writes to the offer's document. So two of them conflict,
//! whatever each has counted, and the second is run again on what the first left.

use domain::{
    BookingId, Offer, StoreError, UserId,
    bookings::{
        booking::{Booking, Step},
        refusals::BookingRefusal,
        rules::{self, NewBooking, OfferWrite, Standing},
        store::{By, Created, Stepped, purge_of_creation, purge_of_step},
    },
};
use mongodb::{
    ClientSession,
    bson::{Document, doc},
};

use crate::{
    database::MongoDb,
    documents::object_id,
    error::MongoError,
    limits::SERVER_WITHIN,
    outbox,
    tables::{bookings as rows, collections::BOOKINGS, places},
};

pub(super) async fn create(
    db: &MongoDb,
    session: &mut ClientSession,
    new: &NewBooking,
    now_ms: i64,
) -> Result<Created, MongoError> {
    if let Some(key) = &new.idempotency_key {
        let key = doc! {"key": rows::key_of(&new.user, key)};
        if let Some(before) = one(db, session, key).await? {
            return Ok(if before.offer == new.offer {
                Created::Before(Box::new(before))
            } else {
                Created::Refused(BookingRefusal::KeyReused)
            });
        }
    }
    let Some(offer) = places::one(db, session, &new.offer).await? else {
        return Ok(Created::Refused(BookingRefusal::OfferNotFound));
    };
    let booking = match rules::draft(&offer, new, now_ms) {
        Ok(booking) => booking,
        Err(refusal) => return Ok(Created::Refused(refusal)),
    };
    let standing = standing(db, session, &new.user, &offer, &booking).await?;
    if let Err(refusal) = rules::admit(&offer, standing) {
        return Ok(Created::Refused(refusal));
    }
    let is_admitted = match rules::offer_write(&booking, &offer) {
        OfferWrite::TakePlace | OfferWrite::MeetOthers => {
            places::take_place(db, session, &offer).await?
        }
        OfferWrite::Nothing => true,
    };
    if !is_admitted {
        return Ok(Created::Refused(BookingRefusal::SoldOut));
    }
    db.collection::<Document>(BOOKINGS)
        .insert_one(rows::document(&booking)?)
        .session(&mut *session)
        .await?;
    outbox::push(db, session, &purge_of_creation(&booking, &offer), now_ms).await?;
    Ok(Created::Done(Box::new(booking)))
}

pub(super) async fn step(
    db: &MongoDb,
    session: &mut ClientSession,
    id: &BookingId,
    step: Step,
    by: By,
    now_ms: i64,
) -> Result<Stepped, MongoError> {
    let this = doc! {"_id": object_id(id)?};
    let Some(before) = one(db, session, this).await? else {
        return Ok(Stepped::Refused(BookingRefusal::NotFound));
    };
    match rules::step(&before, step, now_ms) {
        Ok(after) => {
            store(db, session, &before, &after, (step, by), now_ms).await?;
            Ok(Stepped::Done(Box::new(after)))
        }
        Err(refusal) => Ok(Stepped::Refused(refusal)),
    }
}

/// Writes what a step made of a booking, gives its place back, and leaves the purge.
pub(super) async fn store(
    db: &MongoDb,
    session: &mut ClientSession,
    before: &Booking,
    after: &Booking,
    (step, by): (Step, By),
    now_ms: i64,
) -> Result<(), MongoError> {
    // The status once more: where there are no transactions the second of two finds nothing.
    let this = doc! {"_id": object_id(&after.id)?, "status": before.status.as_str()};
    let written = db
        .collection::<Document>(BOOKINGS)
        .update_one(this, rows::edit(after)?)
        .session(&mut *session)
        .await?;
    if written.matched_count == 0 {
        return Err(StoreError::Conflict("the booking").into());
    }
    let given_back = if rules::gives_back(before, after) {
        let offer = places::one(db, session, &after.offer).await?;
        places::give_back_place(db, session, &after.offer).await?;
        offer
    } else {
        None
    };
    let purge = purge_of_step(after, step, by, given_back.as_ref());
    outbox::push(db, session, &purge, now_ms).await?;
    Ok(())
}

async fn one(
    db: &MongoDb,
    session: &mut ClientSession,
    filter: Document,
) -> Result<Option<Booking>, MongoError> {
    let found = db
        .collection::<Document>(BOOKINGS)
        .find_one(filter)
        .max_time(SERVER_WITHIN)
        .session(session)
        .await?;
    found.as_ref().map(rows::booking).transpose()
}

/// What counts against a booking that would be made, as far as the offer has such limits.
async fn standing(
    db: &MongoDb,
    session: &mut ClientSession,
    user: &UserId,
    offer: &Offer,
    booking: &Booking,
) -> Result<Standing, MongoError> {
    let (user_id, offer_id) = (object_id(user)?, object_id(&offer.id)?);
    let open_of_offer = doc! {"open": rows::open_of(user, &offer.id)};
    let open = doc! {"userId": user_id, "due": {"$exists": true}};
    let limits = offer.limits;
    let of_user = limits
        .per_user
        .map(|_| doc! {"userId": user_id, "offerId": offer_id, "status": rows::holding()});
    let of_day = limits
        .per_day
        .map(|_| doc! {"offerId": offer_id, "day": booking.day(), "status": rows::holding()});
    Ok(Standing {
        open_of_offer: count(db, session, Some(open_of_offer)).await?,
        open: count(db, session, Some(open)).await?,
        of_user: count(db, session, of_user).await?,
        of_day: count(db, session, of_day).await?,
    })
}

async fn count(
    db: &MongoDb,
    session: &mut ClientSession,
    filter: Option<Document>,
) -> Result<i64, MongoError> {
    let Some(filter) = filter else {
        return Ok(0);
    };
    let counted = db
        .collection::<Document>(BOOKINGS)
        .count_documents(filter)
        .max_time(SERVER_WITHIN)
        .session(session)
        .await?;
    Ok(i64::try_from(counted).unwrap_or(i64::MAX))
}
