//! The update of an offer: row, place, words and purge in one transaction.

use domain::{
    Establishment, Offer, OfferId, PartnerId,
    offers::{
        edit::OfferEdit,
        notices::notices,
        store::{Author, Change, Created, Creation, Updated, change, creation},
    },
    slugs::{PageKind, Slugs},
};
use rusqlite::Transaction;

use crate::{
    error::SqliteError,
    outbox::outbox_push,
    tables::{
        offers as rows,
        partners::{establishment_by_id, open_partner},
        places, queue, slugs,
    },
};

pub(super) fn update(
    tx: &Transaction<'_>,
    id: &OfferId,
    edit: OfferEdit,
    author: Author,
    now_ms: i64,
) -> Result<Updated, SqliteError> {
    // Read in the same transaction: what is purged is the difference to what really was there.
    let Some((row, before)) = rows::by_id(tx, id)? else {
        return Ok(Updated::NotFound);
    };
    let booked = if edit.sets_quota() {
        places::count_booked(tx, id)?
    } else {
        0
    };
    let mut decided = change(&before, edit, booked, author, now_ms);
    if let Change::Write { after, purge } = &mut decided {
        if before.title != after.title || before.page.slugs.is_empty() {
            let place = establishment_by_id(tx, &after.establishment_id)?;
            after.page.slugs = offer_slugs(tx, after, place.as_ref())?;
        }
        rows::replace(tx, row, &before, after)?;
        if let Some(purge) = purge {
            outbox_push(tx, purge, now_ms)?;
        }
        queue::push(tx, &notices(Some(&before), after, now_ms))?;
    }
    Ok(decided.into())
}

pub(super) fn create(
    tx: &Transaction<'_>,
    draft: Offer,
    author: Author,
    now_ms: i64,
) -> Result<Created, SqliteError> {
    if open_partner(tx, &draft.partner_id)?.is_none() {
        return Ok(Created::NoEstablishment);
    }
    let place = establishment_by_id(tx, &draft.establishment_id)?;
    let open = open_offers(tx, &draft.partner_id)?;
    match creation(draft, place.as_ref(), open, author) {
        Creation::Refuse(why) => Ok(why),
        Creation::Write { mut offer, purge } => {
            offer.page.slugs = offer_slugs(tx, &offer, place.as_ref())?;
            rows::insert(tx, &offer)?;
            outbox_push(tx, &purge, now_ms)?;
            queue::push(tx, &notices(None, &offer, now_ms))?;
            Ok(Created::Done(offer))
        }
    }
}

/// An offer is named by its title and the city where it was when it got the title.
fn offer_slugs(
    tx: &Transaction<'_>,
    offer: &Offer,
    place: Option<&Establishment>,
) -> Result<Slugs, SqliteError> {
    let city = place.map_or("", |place| &place.address.city);
    let (kind, before) = (PageKind::Offer, &offer.page.slugs);
    slugs::named(tx, kind, &offer.id, &[&offer.title, city], before)
}

fn open_offers(tx: &Transaction<'_>, partner: &PartnerId) -> Result<usize, SqliteError> {
    let count: i64 = tx
        .prepare_cached(
            "SELECT COUNT(*) FROM offers WHERE partner_id = ?1 AND archived_at_ms IS NULL",
        )?
        .query_row([partner.as_str()], |row| row.get(0))?;
    Ok(usize::try_from(count).unwrap_or(usize::MAX))
}
