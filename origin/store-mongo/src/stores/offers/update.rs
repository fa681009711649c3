//! The update of an offer: document and purge in one transaction.

use domain::{
    Establishment, Offer, OfferId,
    offers::{
        edit::OfferEdit,
        notices::notices,
        store::{Author, Change, Created, Creation, MOST_OFFERS, Updated, change, creation},
    },
    slugs::{PageKind, Slugs},
};
use mongodb::bson::{Bson, doc};

use crate::{
    documents::object_id,
    error::MongoError,
    outbox,
    tables::{
        collections::{ESTABLISHMENTS, OFFERS},
        offers as rows,
        partners::{
            establishment,
            held::{held_establishment, hold_open_partner},
        },
        places, queue, slugs,
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
    let mut decided = change(&before, edit, booked, author, now_ms);
    if let Change::Write { after, purge } = &mut decided {
        if before.title != after.title || before.page.slugs.is_empty() {
            let place = doc! {"_id": object_id(&after.establishment_id)?};
            let place = tx.find_one(ESTABLISHMENTS, place).await?;
            let place = place.as_ref().map(establishment).transpose()?;
            after.page.slugs = offer_slugs(tx, after, place.as_ref()).await?;
        }
        // Not the whole document: a later version may keep more in it than this one knows.
        let edited = slugs::set(rows::difference(&before, after)?);
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
    if !hold_open_partner(tx, &draft.partner_id).await? {
        return Ok(Created::NoEstablishment);
    }
    let open = doc! {"partnerId": object_id(&draft.partner_id)?, "archivedAt": Bson::Null};
    let open = tx.count_up_to(OFFERS, open, MOST_OFFERS).await?;
    match creation(draft, place.as_ref(), open, author) {
        Creation::Refuse(why) => Ok(why),
        Creation::Write { mut offer, purge } => {
            offer.page.slugs = offer_slugs(tx, &offer, place.as_ref()).await?;
            tx.insert_one(OFFERS, rows::document(&offer)?).await?;
            outbox::push(tx, &purge, now_ms).await?;
            // Not known to be new: of a partner's offers of a day the first one is told.
            queue::push(tx, &notices(None, &offer, now_ms)).await?;
            Ok(Created::Done(offer))
        }
    }
}

/// An offer is named by its title and the city where it was when it got the title.
async fn offer_slugs(
    tx: &mut Tx,
    offer: &Offer,
    place: Option<&Establishment>,
) -> Result<Slugs, MongoError> {
    let city = place.map_or("", |place| &place.address.city);
    let (kind, before) = (PageKind::Offer, &offer.page.slugs);
    slugs::named(tx, kind, &offer.id, &[&offer.title, city], before).await
}
