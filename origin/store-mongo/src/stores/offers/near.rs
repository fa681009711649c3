//! Lists by distance: the server finds, measures, orders and cuts.

use domain::{
    Category, EARTH_RADIUS_KM, OfferId,
    offers::store::{ListFields, Near},
};
use mongodb::bson::{DateTime, Document, doc};

use super::{filter, measure};
use crate::{
    documents::{limit, object_id},
    error::MongoError,
    tables::offers as rows,
};

/// The server's Earth; ours is a little smaller.
const SERVER_EARTH_RADIUS_M: f64 = 6_378_100.0;

/// Where an offer stands in a list by distance.
#[derive(Clone, Debug)]
pub(super) struct Position {
    pub distance_km: f64,
    pub id: OfferId,
}

/// The page of a disk. `$minDistance` is not used: servers differ in it.
pub(super) fn page(
    near: &Near,
    reach_km: f64,
    conditions: &Document,
    after: Option<&Position>,
    first: usize,
    fields: ListFields,
) -> Result<Vec<Document>, MongoError> {
    let mut stages = all(near, reach_km, conditions);
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

/// What a disk has on all its pages, each with its `distance` in km.
pub(super) fn all(near: &Near, reach_km: f64, conditions: &Document) -> Vec<Document> {
    let found = if conditions.contains_key("$text") {
        // Words lead to the offers: they cannot stand inside `$geoNear`.
        within(near, reach_km, conditions)
    } else {
        // `$geoWithin` would do as well, but leads not every server to the index of places.
        nearest(near, reach_km, conditions)
    };
    vec![
        found,
        doc! {"$set": {"distance": measure::distance_km(near.centre)}},
        doc! {"$match": {"distance": {"$lte": reach_km}}},
    ]
}

/// The earliest start or end after `now_ms` of what a disk holds.
pub(super) fn next_change(
    near: &Near,
    reach_km: f64,
    categories: &[Category],
    now_ms: i64,
) -> Vec<Document> {
    let now = DateTime::from_millis(now_ms);
    let mut active = doc! {"isActive": true, "validUntil": {"$gt": now}};
    filter::in_categories(&mut active, categories);
    let mut stages = all(near, reach_km, &active);
    // What has not started yet changes when it does.
    let moment = doc! {"$cond": [{"$gt": ["$validFrom", now]}, "$validFrom", "$validUntil"]};
    stages.push(doc! {"$group": {"_id": null, "next": {"$min": moment}}});
    stages
}

fn nearest(near: &Near, reach_km: f64, conditions: &Document) -> Document {
    doc! {"$geoNear": {
        "near": {"type": "Point", "coordinates": [near.centre.lng, near.centre.lat]},
        "key": "location",
        "distanceField": "distance",
        "spherical": true,
        "maxDistance": filter::asked_km(reach_km) / EARTH_RADIUS_KM * SERVER_EARTH_RADIUS_M,
        "query": conditions.clone(),
    }}
}

fn within(near: &Near, reach_km: f64, conditions: &Document) -> Document {
    let mut conditions = conditions.clone();
    conditions.insert("location", filter::within(near, reach_km));
    doc! {"$match": conditions}
}
