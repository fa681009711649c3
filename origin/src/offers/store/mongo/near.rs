//! Lists by distance: the server finds, measures, orders and cuts in one command.

use mongodb::{
    Collection,
    bson::{DateTime, Document, doc},
};

use super::{filter, limit, measure, page, rows};
use crate::{
    domain::{EARTH_RADIUS_KM, OfferCategory, OfferId},
    embedded::StoreError,
    mongo::{
        SERVER_WITHIN,
        documents::{batch, collect, moment_ms, object_id, whole_number},
    },
    offers::store::{Columns, ListFields, Near, OfferPage},
};

/// The server's Earth; ours is a little smaller.
const SERVER_EARTH_RADIUS_M: f64 = 6_378_100.0;

/// Where an offer stands in a list by distance.
#[derive(Clone, Debug)]
pub(super) struct Position {
    pub(super) distance_km: f64,
    pub(super) id: OfferId,
}

/// What is within a disk, with its `distance` in km as we measure it.
fn in_reach(near: &Near, reach_km: f64, conditions: &Document) -> Vec<Document> {
    vec![
        doc! {"$geoNear": {
            "near": {"type": "Point", "coordinates": [near.centre.lng, near.centre.lat]},
            "key": "location",
            "distanceField": "distance",
            "spherical": true,
            "maxDistance": filter::asked_km(reach_km) / EARTH_RADIUS_KM * SERVER_EARTH_RADIUS_M,
            "query": conditions.clone(),
        }},
        doc! {"$set": {"distance": measure::distance_km(near.centre)}},
        doc! {"$match": {"distance": {"$lte": reach_km}}},
    ]
}

/// The page of a disk. `$minDistance` is not used: servers differ in it.
pub(super) fn pipeline(
    near: &Near,
    reach_km: f64,
    conditions: &Document,
    after: Option<&Position>,
    first: usize,
    fields: ListFields,
) -> Result<Vec<Document>, StoreError> {
    let mut stages = in_reach(near, reach_km, conditions);
    if let Some(Position { distance_km, id }) = after {
        let same_distance = doc! {"distance": distance_km, "_id": {"$gt": object_id(id)?}};
        let further = doc! {"distance": {"$gt": distance_km}};
        stages.push(doc! {"$match": {"$or": [further, same_distance]}});
    }
    let mut columns = rows::stage_projection(fields);
    columns.insert("distance", 1);
    stages.extend([
        doc! {"$sort": {"distance": 1, "_id": 1}},
        // One more than asked tells whether there is a next page.
        doc! {"$limit": limit(first)},
        doc! {"$project": columns},
    ]);
    Ok(stages)
}

pub(super) async fn list(
    offers: Collection<Document>,
    near: Near,
    conditions: Document,
    after: Option<Position>,
    first: usize,
    columns: Columns,
    fields: ListFields,
) -> Result<OfferPage, StoreError> {
    let Some(reach_km) = filter::reach_km(&near) else {
        return Ok(super::nothing(columns));
    };
    let stages = pipeline(&near, reach_km, &conditions, after.as_ref(), first, fields)?;
    let found = async {
        let cursor = offers
            .aggregate(stages)
            .batch_size(batch(first))
            .max_time(SERVER_WITHIN)
            .await?;
        collect(cursor).await
    };
    let total = count(&offers, in_reach(&near, reach_km, &conditions), columns);
    let (found, total) = tokio::try_join!(found, total)?;
    let items = found.iter().map(|stored| {
        let distance_km = stored.get_f64("distance");
        let distance_km = distance_km.map_err(|e| StoreError::corrupt("distance", &e))?;
        Ok((rows::list_offer(stored, fields)?, Some(distance_km)))
    });
    Ok(page(
        items.collect::<Result<_, StoreError>>()?,
        first,
        total,
    ))
}

/// How many there are, when it was asked for.
async fn count(
    offers: &Collection<Document>,
    mut stages: Vec<Document>,
    columns: Columns,
) -> Result<Option<u64>, StoreError> {
    match columns {
        Columns::Edges => return Ok(None),
        Columns::EdgesAndTotal => {}
    }
    stages.push(doc! {"$count": "total"});
    let counted = offers.aggregate(stages).max_time(SERVER_WITHIN).await?;
    // Nothing counted is no document.
    let Some(counted) = collect(counted).await?.pop() else {
        return Ok(Some(0));
    };
    let total = counted.get("total").and_then(whole_number);
    let total = total.ok_or_else(|| StoreError::corrupt("total", &"not a whole number"))?;
    Ok(Some(u64::from(total.unsigned_abs())))
}

/// The earliest start or end after `now_ms` of what a disk holds, or of what is just outside it: a
/// list may end sooner than it must.
pub(super) fn next_change(
    near: &Near,
    reach_km: f64,
    categories: &[OfferCategory],
    now_ms: i64,
) -> Vec<Document> {
    let now = DateTime::from_millis(now_ms);
    let mut conditions = doc! {
        "location": filter::within(near, reach_km),
        "isActive": true,
        "validUntil": {"$gt": now},
    };
    filter::in_categories(&mut conditions, categories);
    // What has not started yet changes when it does.
    let moment = doc! {"$cond": [{"$gt": ["$validFrom", now]}, "$validFrom", "$validUntil"]};
    vec![
        doc! {"$match": conditions},
        doc! {"$group": {"_id": null, "next": {"$min": moment}}},
    ]
}

pub(super) async fn next_change_ms(
    offers: Collection<Document>,
    near: Near,
    categories: &[OfferCategory],
    now_ms: i64,
) -> Result<Option<i64>, StoreError> {
    let Some(reach_km) = filter::reach_km(&near) else {
        return Ok(None);
    };
    let cursor = offers
        .aggregate(next_change(&near, reach_km, categories, now_ms))
        .max_time(SERVER_WITHIN)
        .await?;
    let found = collect(cursor).await?;
    found
        .first()
        .map(|stored| moment_ms(stored, "next"))
        .transpose()
}
