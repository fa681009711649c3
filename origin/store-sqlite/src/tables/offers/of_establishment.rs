//! The offers of an establishment, for the block that moves or archives it.

use std::collections::BTreeSet;

use cache_core::Tag;
use domain::{
    EstablishmentId, GeoPoint, Offer,
    offers::events::{OfferChange, tags_of},
};
use rusqlite::{Connection, Transaction};

use super::{of_establishment, replace};
use crate::error::SqliteError;

/// Moves the offers of an establishment that are not archived; gives the tags of what lists them, before and after.
pub fn move_along(
    tx: &Transaction<'_>,
    establishment: &EstablishmentId,
    location: GeoPoint,
) -> Result<BTreeSet<Tag>, SqliteError> {
    let mut tags = BTreeSet::new();
    for (row, before) in of_establishment(tx, establishment)? {
        let after = Offer {
            location,
            ..before.clone()
        };
        replace(tx, row, &before, &after)?;
        tags.extend(tags_of(&OfferChange {
            before: Some(before),
            after: Some(after),
        }));
    }
    Ok(tags)
}

/// Whether offers that are not archived are of an establishment.
pub fn is_used(
    connection: &Connection,
    establishment: &EstablishmentId,
) -> Result<bool, SqliteError> {
    Ok(connection
        .prepare_cached(
            "SELECT 1 FROM offers WHERE establishment_id = ?1 AND archived_at_ms IS NULL",
        )?
        .exists([establishment.as_str()])?)
}
