//! The offers of a partner, for the block that shows, hides or ends it.

use domain::{Offer, PartnerId, offers::store::MOST_OFFERS};
use mongodb::bson::{Bson, doc};

use super::offer;
use crate::{documents::object_id, error::MongoError, tables::collections::OFFERS, tx::Tx};

/// Those that are not archived.
pub async fn open_offers(tx: &mut Tx, partner: &PartnerId) -> Result<Vec<Offer>, MongoError> {
    let open = doc! {"partnerId": object_id(partner)?, "archivedAt": Bson::Null};
    let whole = Some(doc! {"folded": 0});
    // A program of an older version stored more than it should at the same time.
    let found = tx.find(OFFERS, open, whole, 2 * MOST_OFFERS).await?;
    found.iter().map(offer).collect()
}
