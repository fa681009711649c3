//! The update of an offer: document and purge in one transaction.

use domain::{
    Offer, OfferId,
    offers::{
        edit::OfferEdit,
        notices::notices,
        store::{Author, Change, Created, Creation, MOST_OFFERS, Updated, change, creation},
    },
};
use mongodb::bson::{Bson, doc};

use crate::{
    documents::object_id,
    error::MongoError,
    outbox,
    tables::{
        collections::OFFERS,
        offers as rows,
        partners::held::{held_establishment, hold_partner},
        places, queue,
    },
    tx::Tx,
};

pub(super) async fn update(
    tx: &mut Tx,
    id: &OfferId,
    edit: OfferEdit,
    author: Author,
    now_ms: i64,
) -> Result<Updated, MongoError> {
    let this = doc! {"_id": object_id(id)?};
    // Read in the same transaction: what is purged is the difference to what really was there.
    let Some(stored) = tx.find_one(OFFERS, this.clone()).await? else {
        return Ok(Updated::NotFound);
    };
    let before = rows::offer(&stored)?;
    let booked = if edit.sets_quota() {
        places::count_booked(tx, id).await?
    } else {
        0
    };
    let decided = change(&before, edit, booked, author);
    if let Change::Write { after, purge } = &decided {
        // Not the whole document: a later version may keep more in it than this one knows.
        let edited = doc! {"$set": rows::difference(&before, after)?};
        tx.update_one(OFFERS, this, edited).await?;
        if let Some(purge) = purge {
            outbox::push(tx, purge, now_ms).await?;
        }
        queue::push(tx, &notices(Some(&before), after, now_ms)).await?;
    }
    Ok(decided.into())
}

pub(super) async fn create(
    tx: &mut Tx,
    draft: Offer,
    author: Author,
    now_ms: i64,
) -> Result<Created, MongoError> {
    let place = held_establishment(tx, &draft.establishment_id).await?;
    hold_partner(tx, &draft.partner_id).await?;
    let open = doc! {"partnerId": object_id(&draft.partner_id)?, "archivedAt": Bson::Null};
    let open = tx.count_up_to(OFFERS, open, MOST_OFFERS).await?;
    match creation(draft, place.as_ref(), open, author) {
        Creation::Refuse(why) => Ok(why),
        Creation::Write { offer, purge } => {
            tx.insert_one(OFFERS, rows::document(&offer)?).await?;
            outbox::push(tx, &purge, now_ms).await?;
            queue::push_new(tx, &notices(None, &offer, now_ms)).await?;
            Ok(Created::Done(offer))
        }
    }
}
