//! Reads of reviews, outside of any transaction.

use std::collections::HashMap;

use domain::{
    BookingId, PartnerId, ReviewId, UserId,
    reviews::{
        rating::{Recount, StarCounts},
        reports::Report,
        review::{Review, ReviewState},
        store::{ReportedCursor, ReviewCursor, ReviewOrder, ReviewPage, ReviewQuery, ReviewsAbout},
    },
};
use mongodb::bson::{DateTime, Document, doc, oid::ObjectId};

use crate::{
    database::MongoDb,
    documents::{at_most, batch, collect, first, id, object_id, object_ids},
    error::MongoError,
    limits::SERVER_WITHIN,
    tables::{
        collections::{PARTNER_RATINGS, PARTNERS, REVIEW_REPORTS, REVIEWS},
        ratings, reviews as rows,
    },
};

/// More reports than nearly every review and user has: all come with the first answer.
const REPORTS: usize = 1_000;

async fn find(
    db: &MongoDb,
    filter: Document,
    order: Document,
    most: usize,
) -> Result<Vec<Review>, MongoError> {
    let reviews = db.collection::<Document>(REVIEWS);
    let found = db.run(async move { first(&reviews, filter, (order, None), most).await });
    found.await?.iter().map(rows::read).collect()
}

pub(super) async fn by_id(db: &MongoDb, id: &ReviewId) -> Result<Option<Review>, MongoError> {
    let this = doc! {"_id": object_id(id)?};
    Ok(find(db, this, doc! {"_id": 1}, 1).await?.pop())
}

pub(super) async fn of_bookings(
    db: &MongoDb,
    bookings: &[BookingId],
) -> Result<HashMap<BookingId, Review>, MongoError> {
    let ids = object_ids(bookings)?;
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let count = ids.len();
    let among = doc! {"bookingId": {"$in": ids}};
    let found = find(db, among, doc! {"bookingId": 1}, count).await?;
    let by_booking = found.into_iter();
    Ok(by_booking
        .map(|review| (review.booking.clone(), review))
        .collect())
}

/// What comes after a position among those of the same moment or earlier.
fn earlier(at_ms: i64, id: &ReviewId) -> Result<Vec<Document>, MongoError> {
    let at = DateTime::from_millis(at_ms);
    Ok(vec![
        doc! {"createdAt": {"$lt": at}},
        doc! {"createdAt": at, "_id": {"$lt": object_id(id)?}},
    ])
}

fn filter(query: &ReviewQuery) -> Result<Document, MongoError> {
    let (field, about) = match &query.about {
        ReviewsAbout::Partner(partner) => ("partnerId", object_id(partner)?),
        ReviewsAbout::Offer(offer) => ("offerId", object_id(offer)?),
    };
    let mut filter = doc! {field: about, "state": ReviewState::Shown.as_str()};
    let Some(after) = &query.after else {
        return Ok(filter);
    };
    let stars = after.stars.number();
    let mut later = earlier(after.created_at_ms, &after.id)?;
    let beyond = match query.order {
        ReviewOrder::Newest => None,
        ReviewOrder::Highest => Some("$lt"),
        ReviewOrder::Lowest => Some("$gt"),
    };
    if let Some(beyond) = beyond {
        for of_the_same in &mut later {
            of_the_same.insert("stars", stars);
        }
        later.push(doc! {"stars": {beyond: stars}});
    }
    filter.insert("$or", later);
    Ok(filter)
}

fn order(order: ReviewOrder) -> Document {
    match order {
        ReviewOrder::Newest => doc! {"createdAt": -1, "_id": -1},
        ReviewOrder::Highest => doc! {"stars": -1, "createdAt": -1, "_id": -1},
        ReviewOrder::Lowest => doc! {"stars": 1, "createdAt": -1, "_id": -1},
    }
}

/// Stages that find one more review than the page has, marked with the number of the query.
fn stages(query: &ReviewQuery, number: usize) -> Result<Vec<Document>, MongoError> {
    let number = i32::try_from(number).unwrap_or(i32::MAX);
    Ok(vec![
        doc! {"$match": filter(query)?},
        doc! {"$sort": order(query.order)},
        doc! {"$limit": i64::from(at_most(query.first.saturating_add(1)))},
        doc! {"$addFields": {"query": number}},
    ])
}

/// One query is a find; several are one command.
pub(super) async fn pages(
    db: &MongoDb,
    queries: &[ReviewQuery],
) -> Result<Vec<ReviewPage>, MongoError> {
    let Some((one, others)) = queries.split_first() else {
        return Ok(Vec::new());
    };
    if others.is_empty() {
        let most = one.first.saturating_add(1);
        let found = find(db, filter(one)?, order(one.order), most).await?;
        return Ok(vec![ReviewPage::of(found, one.first)]);
    }
    let mut all = stages(one, 0)?;
    for (query, number) in others.iter().zip(1..) {
        let pipeline = stages(query, number)?;
        all.push(doc! {"$unionWith": {"coll": REVIEWS, "pipeline": pipeline}});
    }
    let expected = queries.iter().map(|query| query.first.saturating_add(1));
    let (reviews, size) = (
        db.collection::<Document>(REVIEWS),
        batch(expected.sum::<usize>()),
    );
    let found = db.run(async move {
        let found = reviews.aggregate(all).batch_size(size);
        collect(found.max_time(SERVER_WITHIN).await?).await
    });
    let mut of_queries: Vec<Vec<Review>> = queries.iter().map(|_| Vec::new()).collect();
    for stored in found.await? {
        let number = crate::documents::whole(&stored, "query")?;
        let number = usize::try_from(number).unwrap_or(usize::MAX);
        if let Some(of_query) = of_queries.get_mut(number) {
            of_query.push(rows::read(&stored)?);
        }
    }
    let pages = of_queries.into_iter().zip(queries);
    Ok(pages
        .map(|(found, query)| ReviewPage::of(found, query.first))
        .collect())
}

pub(super) async fn of_user(
    db: &MongoDb,
    user: &UserId,
    first: usize,
    after: Option<ReviewCursor>,
) -> Result<ReviewPage, MongoError> {
    let mut filter = doc! {"userId": object_id(user)?};
    if let Some(after) = &after {
        filter.insert("$or", earlier(after.created_at_ms, &after.id)?);
    }
    let most = first.saturating_add(1);
    let found = find(db, filter, order(ReviewOrder::Newest), most).await?;
    Ok(ReviewPage::of(found, first))
}

pub(super) async fn reported(
    db: &MongoDb,
    first: usize,
    after: Option<ReportedCursor>,
) -> Result<ReviewPage, MongoError> {
    // A bound also at the beginning: an order alone does not lead to the index.
    let since = |at_ms| DateTime::from_millis(at_ms);
    let mut filter = doc! {"reportedAt": {"$gte": since(0)}};
    if let Some(after) = &after {
        let at = since(after.reported_at_ms);
        filter.insert("reportedAt", doc! {"$gte": at});
        let later = vec![
            doc! {"reportedAt": {"$gt": at}},
            doc! {"reportedAt": at, "_id": {"$gt": object_id(&after.id)?}},
        ];
        filter.insert("$or", later);
    }
    let oldest = doc! {"reportedAt": 1, "_id": 1};
    let found = find(db, filter, oldest, first.saturating_add(1)).await?;
    Ok(ReviewPage::of(found, first))
}

async fn find_reports(db: &MongoDb, filter: Document) -> Result<Vec<Report>, MongoError> {
    let reports = db.collection::<Document>(REVIEW_REPORTS);
    let found = db.run(async move {
        let found = reports.find(filter).sort(doc! {"at": 1, "_id": 1});
        let found = found.batch_size(batch(REPORTS));
        collect(found.max_time(SERVER_WITHIN).await?).await
    });
    found.await?.iter().map(rows::reports::read).collect()
}

pub(super) async fn reports_of(
    db: &MongoDb,
    reviews: &[ReviewId],
) -> Result<Vec<Report>, MongoError> {
    let ids = object_ids(reviews)?;
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    find_reports(db, doc! {"reviewId": {"$in": ids}}).await
}

pub(super) async fn reports_by(db: &MongoDb, user: &UserId) -> Result<Vec<Report>, MongoError> {
    find_reports(db, doc! {"userId": object_id(user)?}).await
}

pub(super) async fn counts_of(
    db: &MongoDb,
    partners: &[PartnerId],
) -> Result<HashMap<PartnerId, StarCounts>, MongoError> {
    kept(db, object_ids(partners)?).await
}

async fn kept(
    db: &MongoDb,
    ids: Vec<ObjectId>,
) -> Result<HashMap<PartnerId, StarCounts>, MongoError> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let count = ids.len();
    let all = db.collection::<Document>(PARTNER_RATINGS);
    let these = doc! {"_id": {"$in": ids}};
    let order = (doc! {"_id": 1}, None);
    let found = db.run(async move { first(&all, these, order, count).await });
    found.await?.iter().map(ratings::read).collect()
}

async fn counted(
    db: &MongoDb,
    ids: Vec<ObjectId>,
) -> Result<HashMap<PartnerId, StarCounts>, MongoError> {
    let reviews = db.collection::<Document>(REVIEWS);
    let stages = ratings::counting(doc! {"$in": ids});
    let found = db.run(async move {
        let found = reviews.aggregate(stages).max_time(SERVER_WITHIN);
        collect(found.await?).await
    });
    ratings::counted(&found.await?)
}

pub(super) async fn recounted(
    db: &MongoDb,
    after: Option<&PartnerId>,
    most: usize,
) -> Result<Vec<Recount>, MongoError> {
    let later = if let Some(after) = after {
        doc! {"$gt": object_id(after)?}
    } else {
        doc! {"$gte": ObjectId::from_bytes([0; 12])}
    };
    let partners = db.collection::<Document>(PARTNERS);
    let order = (doc! {"_id": 1}, Some(doc! {"_id": 1}));
    let found = db.run(async move { first(&partners, doc! {"_id": later}, order, most).await });
    let found = found.await?;
    let ids = found.iter().map(|one| id(one, "_id", PartnerId::parse));
    let partners: Vec<PartnerId> = ids.collect::<Result<_, _>>()?;
    let ids = object_ids(&partners)?;
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut kept = kept(db, ids.clone()).await?;
    let mut counted = counted(db, ids).await?;
    Ok(partners
        .into_iter()
        .map(|partner| Recount {
            kept: kept.remove(&partner),
            counted: counted.remove(&partner).unwrap_or_default(),
            partner,
        })
        .collect())
}
