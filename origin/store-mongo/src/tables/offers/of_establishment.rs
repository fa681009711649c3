//! The offers of an establishment, for the block that moves or archives it.

use std::collections::BTreeSet;

use cache_core::Tag;
use domain::{
    EstablishmentId, GeoPoint, Offer,
    offers::events::{OfferChange, tags_of},
};
use futures_util::TryStreamExt as _;
use mongodb::{
    ClientSession,
    bson::{Bson, Document, doc},
};

use super::offer;
use crate::{
    database::MongoDb, documents::object_id, error::MongoError, limits::SERVER_WITHIN,
    tables::collections::OFFERS,
};

/// Moves the offers of an establishment; gives the tags of what lists them, before and after.
pub async fn move_along(
    db: &MongoDb,
    session: &mut ClientSession,
    establishment: &EstablishmentId,
    location: GeoPoint,
) -> Result<BTreeSet<Tag>, MongoError> {
    let offers = db.collection::<Document>(OFFERS);
    let of_it = doc! {"establishmentId": object_id(establishment)?};
    let mut cursor = offers
        .find(of_it.clone())
        .projection(doc! {"folded": 0})
        .max_time(SERVER_WITHIN)
        .session(&mut *session)
        .await?;
    let stored: Vec<Document> = cursor.stream(&mut *session).try_collect().await?;
    let mut tags = BTreeSet::new();
    for stored in &stored {
        let before = offer(stored)?;
        let after = Offer {
            location,
            ..before.clone()
        };
        tags.extend(tags_of(&OfferChange {
            before: Some(before),
            after: Some(after),
        }));
    }
    if !stored.is_empty() {
        let point = doc! {"type": "Point", "coordinates": [location.lng, location.lat]};
        offers
            .update_many(of_it, doc! {"$set": {"location": point}})
            .session(session)
            .await?;
    }
    Ok(tags)
}

/// Whether offers that are not archived are of an establishment.
pub async fn is_used(
    db: &MongoDb,
    session: &mut ClientSession,
    establishment: &EstablishmentId,
) -> Result<bool, MongoError> {
    let one = db
        .collection::<Document>(OFFERS)
        .find_one(doc! {"establishmentId": object_id(establishment)?, "archivedAt": Bson::Null})
        .projection(doc! {"_id": 1})
        .max_time(SERVER_WITHIN)
        .session(session)
        .await?;
    Ok(one.is_some())
}
