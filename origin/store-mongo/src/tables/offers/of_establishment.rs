//! The offers of an establishment, for the block that moves or archives it.

use std::collections::BTreeSet;

use cache_core::Tag;
use domain::{
    EstablishmentId, GeoPoint, Offer,
    offers::{
        events::{OfferChange, tags_of},
        store::MOST_OFFERS,
    },
};
use mongodb::bson::{Bson, Document, doc};

use super::offer;
use crate::{documents::object_id, error::MongoError, tables::collections::OFFERS, tx::Tx};

/// Moves the offers of an establishment that are not archived; gives the tags of what lists them, before and after.
pub async fn move_along(
    tx: &mut Tx,
    establishment: &EstablishmentId,
    location: GeoPoint,
) -> Result<BTreeSet<Tag>, MongoError> {
    let of_it = open(establishment)?;
    let whole = Some(doc! {"folded": 0});
    let stored = tx.find(OFFERS, of_it.clone(), whole, MOST_OFFERS).await?;
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
        tx.update_many(OFFERS, of_it, doc! {"$set": {"location": point}})
            .await?;
    }
    Ok(tags)
}

/// Whether offers that are not archived are of an establishment.
pub async fn is_used(tx: &mut Tx, establishment: &EstablishmentId) -> Result<bool, MongoError> {
    tx.exists(OFFERS, open(establishment)?).await
}

fn open(establishment: &EstablishmentId) -> Result<Document, MongoError> {
    Ok(doc! {"establishmentId": object_id(establishment)?, "archivedAt": Bson::Null})
}
