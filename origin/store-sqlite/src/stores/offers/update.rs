//! The update of an offer: row, place, words and purge in one transaction.

use domain::{
    Offer, OfferId, PartnerId,
    offers::{
        edit::OfferEdit,
        notices::notices,
        store::{Author, Change, Created, Creation, Updated, change, creation},
    },
};
use rusqlite::Transaction;

use crate::{
    error::SqliteError,
    outbox::outbox_push,
    tables::{offers as rows, partners::establishment_by_id, places, queue},
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
    let decided = change(&before, edit, booked, author);
    if let Change::Write { after, purge } = &decided {
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
    let place = establishment_by_id(tx, &draft.establishment_id)?;
    let open = open_offers(tx, &draft.partner_id)?;
    match creation(draft, place.as_ref(), open, author) {
        Creation::Refuse(why) => Ok(why),
        Creation::Write { offer, purge } => {
            rows::insert(tx, &offer)?;
            outbox_push(tx, &purge, now_ms)?;
            queue::push(tx, &notices(None, &offer, now_ms))?;
            Ok(Created::Done(offer))
        }
    }
}

fn open_offers(tx: &Transaction<'_>, partner: &PartnerId) -> Result<usize, SqliteError> {
    let count: i64 = tx
        .prepare_cached(
            "SELECT COUNT(*) FROM offers WHERE partner_id = ?1 AND archived_at_ms IS NULL",
        )?
        .query_row([partner.as_str()], |row| row.get(0))?;
    Ok(usize::try_from(count).unwrap_or(usize::MAX))
}
