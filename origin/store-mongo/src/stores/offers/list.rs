//! A list: the page, how many there are and when that changes, in one command.

use domain::{
    Offer, StoreError,
    offers::store::{Columns, NextChange, OfferCursor, OfferPage, OfferQuery},
};
use mongodb::{
    Collection,
    bson::{Bson, Document, doc},
};

use super::{filter, near, newest};
use crate::{
    documents::{batch, collect, moment_ms, whole},
    error::MongoError,
    limits::SERVER_WITHIN,
    tables::{collections::OFFERS, offers as rows},
};

/// The pipeline of a list; none when nothing can match.
pub(super) fn pipeline(query: &OfferQuery) -> Result<Option<Vec<Document>>, MongoError> {
    let Some(conditions) = filter::of(query)? else {
        return Ok(None);
    };
    let (first, fields, now_ms) = (query.first, query.fields, query.now_ms);
    let (page, all, next_changes) = match (&query.near, &query.after) {
        (Some(_), Some(OfferCursor::Newest { .. })) | (None, Some(OfferCursor::Near { .. })) => {
            return Err(StoreError::ForeignCursor.into());
        }
        (Some(near), after) => {
            let Some(reach_km) = filter::reach_km(near) else {
                return Ok(None);
            };
            let after = after.clone().and_then(position);
            let page = near::page(near, reach_km, &conditions, after.as_ref(), first, fields)?;
            let next = near::next_change(near, reach_km, &query.categories, now_ms);
            (page, near::all(near, reach_km, &conditions), vec![next])
        }
        (None, after) => {
            let after = after.clone().and_then(moment);
            let page = newest::page(&conditions, after.as_ref(), first, fields)?;
            let all = vec![doc! {"$match": newest::led(conditions)}];
            let next = newest::next_changes(&query.categories, now_ms);
            (page, all, next.into())
        }
    };
    let mut stages = page;
    match query.columns {
        Columns::Edges => {}
        Columns::EdgesAndTotal => stages.push(and([all, vec![doc! {"$count": "total"}]].concat())),
    }
    match query.next_change {
        NextChange::Unasked => {}
        NextChange::Asked => stages.extend(next_changes.into_iter().map(and)),
    }
    Ok(Some(stages))
}

/// What else the same command answers, each by an index of its own.
fn and(pipeline: Vec<Document>) -> Document {
    doc! {"$unionWith": {"coll": OFFERS, "pipeline": pipeline}}
}

pub(super) async fn list(
    offers: Collection<Document>,
    stages: Vec<Document>,
    query: OfferQuery,
) -> Result<OfferPage, MongoError> {
    /// A total, a start and an end.
    const BESIDES: usize = 3;
    let size = batch(query.first.saturating_add(BESIDES));
    let cursor = offers.aggregate(stages).batch_size(size);
    let found = collect(cursor.max_time(SERVER_WITHIN).await?).await?;
    read(&found, &query)
}

/// A page out of what was found: one item more than it may have, and what was asked besides.
pub(super) fn read(found: &[Document], query: &OfferQuery) -> Result<OfferPage, MongoError> {
    let mut page = nothing(query.columns);
    for stored in found {
        if stored.contains_key("total") {
            let total = whole(stored, "total")?;
            page.total = Some(u64::from(total.unsigned_abs()));
        } else if let Some(next) = stored.get("next") {
            // Nothing is within reach that ever changes.
            if *next != Bson::Null {
                let next_ms = moment_ms(stored, "next")?;
                let known = page.next_change_ms.unwrap_or(next_ms);
                page.next_change_ms = Some(known.min(next_ms));
            }
        } else {
            page.items.push(item(stored, query)?);
        }
    }
    page.has_next_page = page.items.len() > query.first;
    page.items.truncate(query.first);
    Ok(page)
}

fn item(stored: &Document, query: &OfferQuery) -> Result<(Offer, Option<f64>), MongoError> {
    let distance_km = query.near.as_ref().map(|_near| {
        let distance_km = stored.get_f64("distance");
        distance_km.map_err(|e| MongoError::corrupt("distance", &e))
    });
    let distance_km = distance_km.transpose()?;
    Ok((rows::list_offer(stored, query.fields)?, distance_km))
}

pub(super) fn nothing(columns: Columns) -> OfferPage {
    let total = match columns {
        Columns::Edges => None,
        // Of nothing a server counts no document.
        Columns::EdgesAndTotal => Some(0),
    };
    OfferPage {
        total,
        ..OfferPage::default()
    }
}

fn position(cursor: OfferCursor) -> Option<near::Position> {
    match cursor {
        OfferCursor::Near {
            distance_km, id, ..
        } => Some(near::Position { distance_km, id }),
        OfferCursor::Newest { .. } => None,
    }
}

fn moment(cursor: OfferCursor) -> Option<(i64, domain::OfferId)> {
    match cursor {
        OfferCursor::Newest {
            created_at_ms, id, ..
        } => Some((created_at_ms, id)),
        OfferCursor::Near { .. } => None,
    }
}
