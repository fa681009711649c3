//! The update of an offer: document and purge in one transaction.

use domain::{
    Offer, OfferId, PartnerId,
    offers::{
        edit::OfferEdit,
        store::{Author, Change, Created, Creation, MOST_OFFERS, Updated, change, creation},
    },
};
use mongodb::{
    ClientSession,
    bson::{Bson, Document, doc},
};

use crate::{
    database::MongoDb,
    documents::{at_most, object_id},
    error::MongoError,
    limits::SERVER_WITHIN,
    outbox,
    tables::{collections::OFFERS, offers as rows, partners::held::held_establishment},
};

pub(super) async fn update(
    db: &MongoDb,
    session: &mut ClientSession,
    id: &OfferId,
    edit: OfferEdit,
    author: Author,
    now_ms: i64,
) -> Result<Updated, MongoError> {
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

pub(super) async fn create(
    db: &MongoDb,
    session: &mut ClientSession,
    draft: Offer,
    author: Author,
    now_ms: i64,
) -> Result<Created, MongoError> {
    let place = held_establishment(db, session, &draft.establishment_id).await?;
    let open = open_offers(db, session, &draft.partner_id).await?;
    match creation(draft, place.as_ref(), open, author) {
        Creation::Refuse(why) => Ok(why),
        Creation::Write { offer, purge } => {
            db.collection::<Document>(OFFERS)
                .insert_one(rows::document(&offer)?)
                .session(&mut *session)
                .await?;
            outbox::push(db, session, &purge, now_ms).await?;
            Ok(Created::Done(offer))
        }
    }
}

/// How many there are, counted as far as it matters.
async fn open_offers(
    db: &MongoDb,
    session: &mut ClientSession,
    partner: &PartnerId,
) -> Result<usize, MongoError> {
    let count = db
        .collection::<Document>(OFFERS)
        .count_documents(doc! {"partnerId": object_id(partner)?, "archivedAt": Bson::Null})
        .limit(u64::from(at_most(MOST_OFFERS)))
        .max_time(SERVER_WITHIN)
        .session(session)
        .await?;
    Ok(usize::try_from(count).unwrap_or(usize::MAX))
}
