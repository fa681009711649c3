//! The update of an offer: row, place, words and purge in one transaction.

use rusqlite::Transaction;

use super::{Author, Updated, rows};
use crate::{
    domain::OfferId,
    embedded::{StoreError, outbox::outbox_push},
    offers::{
        edit::OfferEdit,
        store::{Change, change},
    },
};

pub(super) fn update(
    tx: &Transaction<'_>,
    id: &OfferId,
    edit: OfferEdit,
    author: Author,
    now_ms: i64,
) -> Result<Updated, StoreError> {
    // Read in the same transaction: what is purged is the difference to what really was there.
    let Some((row, before)) = rows::by_id(tx, id)? else {
        return Ok(Updated::NotFound);
    };
    let decided = change(&before, edit, author);
    if let Change::Write { after, purge } = &decided {
        rows::replace(tx, row, &before, after)?;
        if let Some(purge) = purge {
            outbox_push(tx, purge, now_ms)?;
        }
    }
    Ok(decided.into())
}
