//! Searches within a disk: `$text` cannot stand inside `$geoNear`, so the server finds the offers
//! and the distances are ours.

use std::{cmp::Ordering, collections::HashMap};

use mongodb::{
    Collection,
    bson::{Document, doc, oid::ObjectId},
};

use super::{filter, near::Position, rows};
use crate::{
    domain::OfferId,
    embedded::StoreError,
    mongo::{
        SERVER_WITHIN,
        documents::{batch, collect, location, object_id},
    },
    offers::store::{Columns, ListFields, Near, OfferPage},
};

/// At most so many offers are ordered; a search that finds more is of no use to anybody.
const MOST_FOUND: u32 = 10_000;

/// Where the offers are that have the words.
pub(super) fn places(near: &Near, reach_km: f64, mut conditions: Document) -> Vec<Document> {
    conditions.insert("location", filter::within(near, reach_km));
    vec![
        doc! {"$match": conditions},
        doc! {"$limit": i64::from(MOST_FOUND)},
        doc! {"$project": {"_id": 1, "location": 1}},
    ]
}

/// A page out of what was found.
pub(super) struct Cut {
    /// In order, after the cursor.
    pub(super) page: Vec<Position>,
    /// With those before the cursor.
    pub(super) total: usize,
    pub(super) has_next_page: bool,
}

/// The page of a list by distance.
pub(super) fn cut(mut found: Vec<Position>, after: Option<&Position>, first: usize) -> Cut {
    let total = found.len();
    if let Some(after) = after {
        found.retain(|position| compare(position, after) == Ordering::Greater);
    }
    let has_next_page = found.len() > first;
    found.sort_unstable_by(compare);
    found.truncate(first);
    Cut {
        page: found,
        total,
        has_next_page,
    }
}

fn compare(one: &Position, other: &Position) -> Ordering {
    one.distance_km
        .total_cmp(&other.distance_km)
        .then_with(|| one.id.cmp(&other.id))
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
    let cursor = offers
        .aggregate(places(&near, reach_km, conditions))
        .batch_size(MOST_FOUND)
        .max_time(SERVER_WITHIN)
        .await?;
    let mut found = Vec::new();
    for stored in collect(cursor).await? {
        let distance_km = near.centre.distance_km(&location(&stored)?);
        if distance_km <= reach_km {
            let id = rows::offer_id(&stored)?;
            found.push(Position { distance_km, id });
        }
    }
    let cut = cut(found, after.as_ref(), first);
    let mut items = Vec::with_capacity(cut.page.len());
    let mut by_id = by_ids(&offers, &cut.page, fields).await?;
    for Position { distance_km, id } in cut.page {
        if let Some(stored) = by_id.remove(&id) {
            items.push((rows::list_offer(&stored, fields)?, Some(distance_km)));
        }
    }
    let total = match columns {
        Columns::Edges => None,
        Columns::EdgesAndTotal => Some(u64::try_from(cut.total).unwrap_or(u64::MAX)),
    };
    Ok(OfferPage {
        items,
        has_next_page: cut.has_next_page,
        total,
    })
}

async fn by_ids(
    offers: &Collection<Document>,
    page: &[Position],
    fields: ListFields,
) -> Result<HashMap<OfferId, Document>, StoreError> {
    if page.is_empty() {
        return Ok(HashMap::new());
    }
    let ids = page.iter().map(|position| object_id(&position.id));
    let ids: Vec<ObjectId> = ids.collect::<Result<_, _>>()?;
    let cursor = offers
        .find(doc! {"_id": {"$in": ids}})
        .projection(rows::find_projection(fields))
        .batch_size(batch(page.len()))
        .max_time(SERVER_WITHIN)
        .await?;
    let found = collect(cursor).await?.into_iter();
    found
        .map(|stored| Ok((rows::offer_id(&stored)?, stored)))
        .collect()
}
