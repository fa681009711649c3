//! The update of an offer: document and purge in one transaction.

use mongodb::{
    ClientSession,
    bson::{Document, doc},
};

use super::{OFFERS, rows};
use crate::{
    domain::OfferId,
    embedded::StoreError,
    mongo::{MongoDb, SERVER_WITHIN, documents::object_id, outbox},
    offers::{
        edit::OfferEdit,
        store::{Author, Change, Updated, change},
    },
};

pub(super) async fn update(
    db: &MongoDb,
    session: &mut ClientSession,
    id: &OfferId,
    edit: OfferEdit,
    author: Author,
    now_ms: i64,
) -> Result<Updated, StoreError> {
    let offers = db.collection::<Document>(OFFERS);
    let this = doc! {"_id": object_id(id)?};
    // Read in the same transaction: what is purged is the difference to what really was there.
    let stored = offers
        .find_one(this.clone())
        .max_time(SERVER_WITHIN)
        .session(&mut *session)
        .await?;
    let Some(stored) = stored else {
        return Ok(Updated::NotFound);
    };
    let before = rows::offer(&stored)?;
    let decided = change(&before, edit, author);
    if let Change::Write { after, purge } = &decided {
        // Not the whole document: a later version may keep more in it than this one knows.
        let edited = doc! {"$set": rows::difference(&before, after)?};
        offers
            .update_one(this, edited)
            .session(&mut *session)
            .await?;
        if let Some(purge) = purge {
            outbox::push(db, session, purge, now_ms).await?;
        }
    }
    Ok(decided.into())
}
