//! Reads of a partner's bookings of a night.

use domain::{
    OfferId, PartnerId,
    bookings::{
        booking::{Booking, BookingStatus},
        night::{NightCount, NightPage, NightQuery},
        short_code::ShortCode,
    },
    night::Night,
};
use mongodb::bson::{Bson, DateTime, Document, doc};

use super::read::find;
use crate::{
    database::MongoDb,
    documents::{collect, id, moment_ms, object_id, object_ids, part, whole, word},
    error::MongoError,
    limits::SERVER_WITHIN,
    tables::{bookings as rows, collections::BOOKINGS},
};

pub(super) async fn page(db: &MongoDb, query: &NightQuery) -> Result<NightPage, MongoError> {
    let mut filter = doc! {
        "partnerId": object_id(&query.partner)?,
        "day": query.night.to_string(),
    };
    if let Some(offers) = &query.offers {
        filter.insert("offerId", doc! {"$in": object_ids(offers)?});
    }
    if let Some(status) = query.status {
        filter.insert("status", status.as_str());
    }
    if let Some(after) = &query.after {
        let moment = DateTime::from_millis(after.from_ms);
        let of_the_same = doc! {"from": moment, "_id": {"$gt": object_id(&after.id)?}};
        filter.insert("$or", vec![doc! {"from": {"$gt": moment}}, of_the_same]);
    }
    let order = doc! {"from": 1, "_id": 1};
    let mut items = find(db, filter, order, query.first.saturating_add(1)).await?;
    let has_next_page = items.len() > query.first;
    items.truncate(query.first);
    Ok(NightPage {
        items,
        has_next_page,
    })
}

pub(super) async fn counts(
    db: &MongoDb,
    partner: &PartnerId,
    night: Night,
) -> Result<Vec<NightCount>, MongoError> {
    let stages = vec![
        doc! {"$match": {"partnerId": object_id(partner)?, "day": night.to_string()}},
        doc! {"$group": {
            "_id": {"offerId": "$offerId", "status": "$status", "until": "$until"},
            "from": {"$min": "$from"},
            "bookings": {"$sum": 1},
            "people": rows::sum_of_places(),
        }},
    ];
    let bookings = db.collection::<Document>(BOOKINGS);
    let found = db.run(async move {
        let found = bookings.aggregate(stages).max_time(SERVER_WITHIN);
        collect(found.await?).await
    });
    found.await?.iter().map(count).collect()
}

fn count(stored: &Document) -> Result<NightCount, MongoError> {
    let group = part(stored, "_id")?;
    Ok(NightCount {
        offer: id(group, "offerId", OfferId::parse)?,
        status: word(group, "status", BookingStatus::parse)?,
        from_ms: moment_ms(stored, "from")?,
        until_ms: moment_ms(group, "until")?,
        bookings: whole(stored, "bookings")?.into(),
        people: whole(stored, "people")?.into(),
    })
}

pub(super) async fn by_short_code(
    db: &MongoDb,
    partner: &PartnerId,
    nights: &[Night],
    code: &ShortCode,
) -> Result<Vec<Booking>, MongoError> {
    let codes = nights.iter();
    let codes: Vec<Bson> = codes
        .map(|night| rows::code_of_night(partner, *night, code).into())
        .collect();
    let most = codes.len();
    let filter = doc! {"codeOfNight": {"$in": codes}};
    find(db, filter, doc! {"_id": 1}, most).await
}
