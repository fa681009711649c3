//! Reads of bookings.

use std::{collections::HashMap, ops::RangeInclusive};

use domain::{
    BookingId, OfferId, PartnerId, UserId,
    bookings::{
        booking::Booking,
        rules::NewBooking,
        store::{BookingPage, BookingQuery, TimedQuery, When},
    },
    night::Night,
};
use mongodb::bson::{DateTime, Document, doc};

use crate::{
    database::MongoDb,
    documents::{collect, first, id, object_id, object_ids, part, whole, word},
    error::MongoError,
    limits::SERVER_WITHIN,
    tables::{bookings as rows, collections::BOOKINGS},
};

/// The order of lists.
fn newest() -> Document {
    doc! {"createdAt": -1, "_id": -1}
}

pub(super) async fn find(
    db: &MongoDb,
    filter: Document,
    order: Document,
    most: usize,
) -> Result<Vec<Booking>, MongoError> {
    let bookings = db.collection::<Document>(BOOKINGS);
    let found = db.run(async move { first(&bookings, filter, (order, None), most).await });
    found.await?.iter().map(rows::booking).collect()
}

async fn is_there(db: &MongoDb, filter: Document) -> Result<bool, MongoError> {
    let bookings = db.collection::<Document>(BOOKINGS);
    let found = db.run(async move {
        let found = bookings.find_one(filter).projection(doc! {"_id": 1});
        Ok(found.max_time(SERVER_WITHIN).await?)
    });
    Ok(found.await?.is_some())
}

/// Whether a request for a sold-out offer needs another answer than "sold out": the user has a
/// booking with the same key, or an open booking.
pub(super) async fn has_more_to_hear(db: &MongoDb, new: &NewBooking) -> Result<bool, MongoError> {
    if let Some(key) = &new.idempotency_key
        && is_there(db, doc! {"key": rows::key_of(&new.user, key)}).await?
    {
        return Ok(true);
    }
    let open = doc! {"open": rows::open_of(&new.user, &new.offer)};
    is_there(db, open).await
}

pub(super) async fn by_ids(
    db: &MongoDb,
    ids: &[BookingId],
) -> Result<HashMap<BookingId, Booking>, MongoError> {
    let ids = object_ids(ids)?;
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let count = ids.len();
    let found = find(db, doc! {"_id": {"$in": ids}}, doc! {"_id": 1}, count).await?;
    let by_id = found.into_iter().map(|found| (found.id.clone(), found));
    Ok(by_id.collect())
}

pub(super) async fn page(db: &MongoDb, query: &BookingQuery) -> Result<BookingPage, MongoError> {
    let mut filter = doc! {"userId": object_id(&query.user)?};
    if let Some(status) = query.status {
        filter.insert("status", status.as_str());
    }
    if let Some(after) = &query.after {
        let moment = DateTime::from_millis(after.created_at_ms);
        let of_the_same = doc! {"createdAt": moment, "_id": {"$lt": object_id(&after.id)?}};
        filter.insert(
            "$or",
            vec![doc! {"createdAt": {"$lt": moment}}, of_the_same],
        );
    }
    let mut items = find(db, filter, newest(), query.first.saturating_add(1)).await?;
    let has_next_page = items.len() > query.first;
    items.truncate(query.first);
    Ok(BookingPage {
        items,
        has_next_page,
    })
}

pub(super) async fn by_time(db: &MongoDb, query: &TimedQuery) -> Result<BookingPage, MongoError> {
    let (open, order, beyond) = match query.when {
        // An index finds the few that have a time at which they end, whatever it is.
        When::Upcoming => (doc! {"$gt": DateTime::from_millis(0)}, 1, "$gt"),
        When::Past => (doc! {"$exists": false}, -1, "$lt"),
    };
    let mut filter = doc! {"userId": object_id(&query.user)?, "due": open};
    if let Some(status) = query.status {
        filter.insert("status", status.as_str());
    }
    if let Some(after) = &query.after {
        let moment = DateTime::from_millis(after.from_ms);
        let of_the_same = doc! {"from": moment, "_id": {beyond: object_id(&after.id)?}};
        filter.insert("$or", vec![doc! {"from": {beyond: moment}}, of_the_same]);
    }
    let order = doc! {"from": order, "_id": order};
    let mut items = find(db, filter, order, query.first.saturating_add(1)).await?;
    let has_next_page = items.len() > query.first;
    items.truncate(query.first);
    Ok(BookingPage {
        items,
        has_next_page,
    })
}

pub(super) async fn beginning_since(
    db: &MongoDb,
    user: &UserId,
    since_ms: i64,
    most: usize,
) -> Result<Vec<Booking>, MongoError> {
    let since = doc! {"$gte": DateTime::from_millis(since_ms)};
    let filter = doc! {"userId": object_id(user)?, "from": since};
    find(db, filter, doc! {"from": -1, "_id": -1}, most).await
}

pub(super) async fn open_of_partner(
    db: &MongoDb,
    partner: &PartnerId,
    now_ms: i64,
    most: usize,
) -> Result<Vec<BookingId>, MongoError> {
    let filter = doc! {
        "partnerId": object_id(partner)?,
        // Every night: a bound leads each server to the index.
        "day": {"$gte": ""},
        "due": {"$exists": true},
        "until": {"$gt": DateTime::from_millis(now_ms)},
    };
    let order = doc! {"day": 1, "from": 1, "_id": 1};
    let found = find(db, filter, order, most).await?;
    Ok(found.into_iter().map(|booking| booking.id).collect())
}

pub(super) async fn due(
    db: &MongoDb,
    now_ms: i64,
    limit: usize,
) -> Result<Vec<Booking>, MongoError> {
    let filter = doc! {"due": {"$lte": DateTime::from_millis(now_ms)}};
    find(db, filter, doc! {"due": 1}, limit).await
}

/// The places that bookings hold in each of these nights, by offer.
pub(super) async fn taken_by_night(
    db: &MongoDb,
    offers: &[OfferId],
    nights: &RangeInclusive<Night>,
) -> Result<HashMap<(OfferId, Night), i64>, MongoError> {
    let (first, last) = (nights.start().to_string(), nights.end().to_string());
    let taken = doc! {
        "offerId": {"$in": object_ids(offers)?},
        "day": {"$gte": first, "$lte": last},
        "status": rows::holding(),
    };
    let of_each = doc! {"offerId": "$offerId", "day": "$day"};
    let stages = vec![
        doc! {"$match": taken},
        doc! {"$group": {"_id": of_each, "places": rows::sum_of_places()}},
    ];
    let bookings = db.collection::<Document>(BOOKINGS);
    let found = db.run(async move {
        let found = bookings.aggregate(stages).max_time(SERVER_WITHIN);
        collect(found.await?).await
    });
    let found = found.await?;
    let taken = found.iter().map(|group| {
        let of = part(group, "_id")?;
        let key = (
            id(of, "offerId", OfferId::parse)?,
            word(of, "day", Night::parse)?,
        );
        Ok((key, i64::from(whole(group, "places")?)))
    });
    taken.collect()
}
