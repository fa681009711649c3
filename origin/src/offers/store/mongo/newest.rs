//! Lists without a place: newest first.

use mongodb::{
    Collection,
    bson::{DateTime, Document, doc},
};

use super::{count, limit, page, rows};
use crate::{
    domain::{OfferCategory, OfferId},
    embedded::StoreError,
    mongo::{
        SERVER_WITHIN,
        documents::{batch, collect, moment_ms, object_id},
    },
    offers::store::{Columns, ListFields, OfferPage},
};

/// The order of these lists.
pub(super) fn order() -> Document {
    doc! {"createdAt": -1, "_id": -1}
}

/// `filter` from a cursor on. The plain bound lets the index begin there.
pub(super) fn after(
    mut filter: Document,
    created_at_ms: i64,
    id: &OfferId,
) -> Result<Document, StoreError> {
    let at = DateTime::from_millis(created_at_ms);
    let same_moment = doc! {"createdAt": at, "_id": {"$lt": object_id(id)?}};
    filter.insert("createdAt", doc! {"$lte": at});
    filter.insert("$or", [doc! {"createdAt": {"$lt": at}}, same_moment]);
    Ok(filter)
}

/// `filter` for a count. Where nothing else leads to an index the moment does, which all have.
pub(super) fn counted(mut filter: Document) -> Document {
    let leads = ["isActive", "partnerId", "$text"];
    if !leads.iter().any(|field| filter.contains_key(field)) {
        filter.insert("createdAt", doc! {"$lte": DateTime::MAX});
    }
    filter
}

pub(super) async fn list(
    offers: Collection<Document>,
    filter: Document,
    cursor: Option<(i64, OfferId)>,
    first: usize,
    columns: Columns,
    fields: ListFields,
) -> Result<OfferPage, StoreError> {
    let from = match &cursor {
        Some((created_at_ms, id)) => after(filter.clone(), *created_at_ms, id)?,
        None => filter.clone(),
    };
    let found = async {
        // One more than asked tells whether there is a next page.
        let cursor = offers
            .find(from)
            .sort(order())
            .limit(limit(first))
            .batch_size(batch(first))
            .projection(rows::find_projection(fields))
            .max_time(SERVER_WITHIN)
            .await?;
        collect(cursor).await
    };
    let (found, total) = tokio::try_join!(found, count(&offers, counted(filter), columns))?;
    let items = found
        .iter()
        .map(|stored| Ok((rows::list_offer(stored, fields)?, None)));
    Ok(page(
        items.collect::<Result<_, StoreError>>()?,
        first,
        total,
    ))
}

/// Each of the two walks its partial index and stops at the first offer.
pub(super) async fn next_change_ms(
    offers: Collection<Document>,
    categories: &[OfferCategory],
    now_ms: i64,
) -> Result<Option<i64>, StoreError> {
    let (start, end) = tokio::try_join!(
        first_after(&offers, "validFrom", categories, now_ms),
        first_after(&offers, "validUntil", categories, now_ms)
    )?;
    Ok(start.into_iter().chain(end).min())
}

async fn first_after(
    offers: &Collection<Document>,
    field: &'static str,
    categories: &[OfferCategory],
    now_ms: i64,
) -> Result<Option<i64>, StoreError> {
    let mut filter = doc! {"isActive": true, field: {"$gt": DateTime::from_millis(now_ms)}};
    super::filter::in_categories(&mut filter, categories);
    let found = offers
        .find_one(filter)
        .sort(doc! {field: 1})
        .projection(doc! {field: 1})
        .max_time(SERVER_WITHIN)
        .await?;
    found.map(|stored| moment_ms(&stored, field)).transpose()
}
