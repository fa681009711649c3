//! Lists without a place: newest first.

use domain::{Category, OfferId, offers::store::ListFields};
use mongodb::bson::{DateTime, Document, doc};

use super::filter;
use crate::{
    documents::{limit, object_id},
    error::MongoError,
    tables::offers as rows,
};

/// The order of these lists.
pub(super) fn order() -> Document {
    doc! {"createdAt": -1, "_id": -1}
}

/// A page, from a cursor on.
pub(super) fn page(
    conditions: &Document,
    cursor: Option<&(i64, OfferId)>,
    first: usize,
    fields: ListFields,
) -> Result<Vec<Document>, MongoError> {
    let from = match cursor {
        Some((created_at_ms, id)) => after(conditions.clone(), *created_at_ms, id)?,
        None => led(conditions.clone()),
    };
    Ok(vec![
        doc! {"$match": from},
        doc! {"$sort": order()},
        // One more than asked tells whether there is a next page.
        doc! {"$limit": limit(first)},
        doc! {"$project": rows::stage_projection(fields)},
    ])
}

/// `conditions` from a cursor on. The plain bound lets the index begin there.
pub(super) fn after(
    mut conditions: Document,
    created_at_ms: i64,
    id: &OfferId,
) -> Result<Document, MongoError> {
    let at = DateTime::from_millis(created_at_ms);
    let same_moment = doc! {"createdAt": at, "_id": {"$lt": object_id(id)?}};
    conditions.insert("createdAt", doc! {"$lte": at});
    conditions.insert("$or", [doc! {"createdAt": {"$lt": at}}, same_moment]);
    Ok(conditions)
}

/// `conditions` of a whole list. Where nothing else leads to an index the moment does, which all have.
pub(super) fn led(mut conditions: Document) -> Document {
    let leads = ["isActive", "partnerId", "$text"];
    if !leads.iter().any(|field| conditions.contains_key(field)) {
        conditions.insert("createdAt", doc! {"$lte": DateTime::MAX});
    }
    conditions
}

/// The first start and the first end after `now_ms`: each walks its partial index and stops at the
/// first offer.
pub(super) fn next_changes(categories: &[Category], now_ms: i64) -> [Vec<Document>; 2] {
    ["validFrom", "validUntil"].map(|field| {
        let mut active = doc! {"isActive": true, field: {"$gt": DateTime::from_millis(now_ms)}};
        filter::in_categories(&mut active, categories);
        vec![
            doc! {"$match": active},
            doc! {"$sort": {field: 1}},
            doc! {"$limit": 1},
            doc! {"$project": {"next": format!("${field}")}},
        ]
    })
}
