//! Partners and establishments, for blocks whose transactions need that they stay.

use domain::{Establishment, EstablishmentId, Partner, PartnerId};
use mongodb::bson::{Bson, Document, doc};

use super::{establishment, partner};
use crate::{
    documents::object_id,
    error::MongoError,
    tables::collections::{ESTABLISHMENTS, PARTNERS},
    tx::Tx,
};

/// Whether the partner is stored. Writes its `held`. A transaction that counts what a partner has and
/// then adds to it calls this first: of two such transactions at once, one is run again and counts
/// anew.
pub async fn hold_partner(tx: &mut Tx, id: &PartnerId) -> Result<bool, MongoError> {
    let this = doc! {"_id": object_id(id)?};
    let held = tx.update_one(PARTNERS, this, doc! {"$inc": {"held": 1_i64}});
    Ok(held.await? > 0)
}

/// Like [`hold_partner`], of a partner that has not ended.
pub async fn hold_open_partner(tx: &mut Tx, id: &PartnerId) -> Result<bool, MongoError> {
    let held = tx.update_one(PARTNERS, open(id)?, doc! {"$inc": {"held": 1_i64}});
    Ok(held.await? > 0)
}

/// A partner that has not ended. Writes its `held`: who changes it, or adds to what it has, at the same time
/// conflicts.
pub async fn open_partner(tx: &mut Tx, id: &PartnerId) -> Result<Option<Partner>, MongoError> {
    let held = tx.find_one_and_update(PARTNERS, open(id)?, doc! {"$inc": {"held": 1_i64}});
    held.await?.as_ref().map(partner).transpose()
}

fn open(id: &PartnerId) -> Result<Document, MongoError> {
    Ok(doc! {"_id": object_id(id)?, "archivedAt": Bson::Null})
}

/// Reads an establishment and writes its `held`, so that a concurrent edit of it or a new offer of it
/// conflicts instead of using stale data.
pub async fn held_establishment(
    tx: &mut Tx,
    id: &EstablishmentId,
) -> Result<Option<Establishment>, MongoError> {
    let this = doc! {"_id": object_id(id)?};
    let held = tx.find_one_and_update(ESTABLISHMENTS, this, doc! {"$inc": {"held": 1_i64}});
    held.await?.as_ref().map(establishment).transpose()
}
