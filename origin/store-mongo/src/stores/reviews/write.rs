//! Writes of reviews, each in one transaction.
//!
//! Each writes to the account of who asks, so that its erasure conflicts, and to the partner if the rating
//! moves, so that two reviews of a partner follow each other.

use domain::{
    PartnerId, ReviewId, UserId,
    reviews::{
        change::recounted,
        outcome::{Reported, Written},
        reports::{self, NewReport},
        rules::{self, NewReview, ReviewEdit},
    },
    users::account::Account,
};
use mongodb::bson::doc;

use crate::{
    documents::object_id,
    error::MongoError,
    outbox,
    tables::{
        bookings,
        collections::{BOOKINGS, USERS},
        ratings, reviews as rows, users,
        users::held,
    },
    tx::Tx,
};

/// The account, if it is active, which stays as it is until the transaction ends.
async fn active(tx: &mut Tx, user: &UserId) -> Result<Option<Account>, MongoError> {
    if !held::is_active(tx, user).await? {
        return Ok(None);
    }
    let found = tx.find_one(USERS, doc! {"_id": object_id(user)?}).await?;
    found.as_ref().map(users::account).transpose()
}

pub(super) async fn add(tx: &mut Tx, new: &NewReview, now_ms: i64) -> Result<Written, MongoError> {
    let Some(account) = active(tx, &new.user).await? else {
        return Ok(Written::NoAccount);
    };
    // A step of the booking at the same moment conflicts.
    let this = doc! {"_id": object_id(&new.booking)?};
    let booking = tx.find_one_and_update(BOOKINGS, this, doc! {"$inc": {"held": 1_i64}});
    let booking = booking.await?.as_ref().map(bookings::booking).transpose()?;
    let of_booking = doc! {"bookingId": object_id(&new.booking)?};
    let before = rows::one(tx, of_booking).await?;
    match rules::add(new, &account, booking.as_ref(), before, now_ms) {
        Ok(change) => {
            rows::store(tx, &change, now_ms).await?;
            Ok(change.done())
        }
        Err(answer) => Ok(answer),
    }
}

pub(super) async fn change(
    tx: &mut Tx,
    id: &ReviewId,
    edit: &ReviewEdit,
    now_ms: i64,
) -> Result<Written, MongoError> {
    let account = match edit.person() {
        None => None,
        Some(person) => match active(tx, person).await? {
            None => return Ok(Written::NoAccount),
            account => account,
        },
    };
    let before = rows::by_id(tx, id).await?;
    match rules::change(before, edit, account.as_ref(), now_ms) {
        Ok(change) => {
            rows::store(tx, &change, now_ms).await?;
            Ok(change.done())
        }
        Err(answer) => Ok(answer),
    }
}

pub(super) async fn report(
    tx: &mut Tx,
    new: &NewReport,
    now_ms: i64,
) -> Result<Reported, MongoError> {
    let Some(account) = active(tx, &new.user).await? else {
        return Ok(Reported::NoAccount);
    };
    let review = rows::by_id(tx, &new.review).await?;
    let before = match &review {
        Some(review) => {
            let (_, id) = new.identity(&account, &review.partner);
            rows::reports::by_id(tx, &id).await?
        }
        None => None,
    };
    match reports::report(new, &account, review.as_ref(), before.as_ref(), now_ms) {
        Ok(reporting) => {
            rows::reports::put(tx, before.as_ref(), &reporting).await?;
            Ok(Reported::Done)
        }
        Err(answer) => Ok(answer),
    }
}

pub(super) async fn recount(
    tx: &mut Tx,
    partner: &PartnerId,
    now_ms: i64,
) -> Result<bool, MongoError> {
    let Some(kept) = ratings::kept(tx, partner).await? else {
        return Ok(false);
    };
    let counted = ratings::count(tx, partner).await?;
    let Some((after, purge)) = recounted(partner, kept, counted) else {
        return Ok(false);
    };
    ratings::keep(tx, partner, kept, after).await?;
    outbox::push(tx, &purge, now_ms).await?;
    Ok(true)
}
