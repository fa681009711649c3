//! Partners and establishments, for blocks whose transactions need that they stay.

use domain::{Establishment, EstablishmentId, PartnerId};
use mongodb::{
    ClientSession,
    bson::{Document, doc},
    options::ReturnDocument,
};

use super::establishment;
use crate::{
    database::MongoDb,
    documents::object_id,
    error::MongoError,
    limits::SERVER_WITHIN,
    tables::collections::{ESTABLISHMENTS, PARTNERS},
};

/// Whether the partner is stored.
pub async fn partner_exists(
    db: &MongoDb,
    session: &mut ClientSession,
    id: &PartnerId,
) -> Result<bool, MongoError> {
    let found = db
        .collection::<Document>(PARTNERS)
        .find_one(doc! {"_id": object_id(id)?})
        .projection(doc! {"_id": 1})
        .max_time(SERVER_WITHIN)
        .session(session)
        .await?;
    Ok(found.is_some())
}

/// An establishment that nobody else writes, or makes an offer of, until the transaction ends: what
/// is read here would else be over when the other one commits.
pub async fn held_establishment(
    db: &MongoDb,
    session: &mut ClientSession,
    id: &EstablishmentId,
) -> Result<Option<Establishment>, MongoError> {
    let held = db
        .collection::<Document>(ESTABLISHMENTS)
        .find_one_and_update(doc! {"_id": object_id(id)?}, doc! {"$inc": {"held": 1_i64}})
        .return_document(ReturnDocument::After)
        .session(session)
        .await?;
    held.as_ref().map(establishment).transpose()
}
