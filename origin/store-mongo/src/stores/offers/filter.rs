//! What a list leaves out, as a query document.

use domain::{
    Category, EARTH_RADIUS_KM,
    offers::store::{Near, OfferQuery, Visibility},
};
use mongodb::bson::{Bson, DateTime, Document, doc};

use super::measure;
use crate::{documents::object_id, error::MongoError, words};

/// Half way around the Earth: no distance is greater.
const GREATEST_DISTANCE_KM: f64 = EARTH_RADIUS_KM * std::f64::consts::PI;
/// A millimetre: what is exactly at the edge is found, however the server rounds.
const SLACK_KM: f64 = 1e-6;

/// The conditions of a query but for its place; none when nothing can match.
pub(super) fn of(query: &OfferQuery) -> Result<Option<Document>, MongoError> {
    let mut filter = visible(query.include_inactive, query.now_ms);
    in_categories(&mut filter, &query.categories);
    if let Some(percentage) = query.min_discount {
        filter.insert("discount.percentage", doc! {"$gte": percentage});
    }
    if let Some(partner) = &query.partner {
        filter.insert("partnerId", object_id(partner)?);
    }
    if let Some(search) = &query.search {
        let fields = ["folded.title", "folded.description"];
        if !words::require(&mut filter, search, &fields) {
            return Ok(None);
        }
    }
    Ok(Some(filter))
}

pub(super) fn visible(visibility: Visibility, now_ms: i64) -> Document {
    let now = DateTime::from_millis(now_ms);
    match visibility {
        Visibility::Public => {
            doc! {"isActive": true, "validFrom": {"$lte": now}, "validUntil": {"$gt": now}}
        }
        // Absent in what an older version stored.
        Visibility::Portal => doc! {"archivedAt": Bson::Null},
        Visibility::All => doc! {},
    }
}

pub(super) fn in_categories(filter: &mut Document, categories: &[Category]) {
    if !categories.is_empty() {
        let names = categories.iter().map(|category| category.as_str());
        let names: Vec<Bson> = names.map(Bson::from).collect();
        filter.insert("category", doc! {"$in": names});
    }
}

/// How far a disk reaches; none when it holds nothing. An infinite one holds the Earth.
pub(super) fn reach_km(near: &Near) -> Option<f64> {
    // Not a number fails the comparison.
    (near.max_distance_km >= 0.0).then(|| near.max_distance_km.min(GREATEST_DISTANCE_KM))
}

/// The reach that the server is asked for, so that it finds all that is within `reach_km`.
pub(super) fn asked_km(reach_km: f64) -> f64 {
    (measure::widened_km(reach_km) + SLACK_KM).min(GREATEST_DISTANCE_KM)
}

/// The condition on `location` that it is within the disk, or a little further.
pub(super) fn within(near: &Near, reach_km: f64) -> Document {
    let radians = asked_km(reach_km) / EARTH_RADIUS_KM;
    let disk: Vec<Bson> = vec![
        vec![Bson::from(near.centre.lng), Bson::from(near.centre.lat)].into(),
        radians.into(),
    ];
    doc! {"$geoWithin": {"$centerSphere": disk}}
}
