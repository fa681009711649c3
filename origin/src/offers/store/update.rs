//! The update of an offer: row, place, words and purge in one transaction.

#[cfg(test)]
mod tests;

use rusqlite::Transaction;

use super::{OfferStore, rows};
use crate::{
    domain::{Offer, OfferId},
    embedded::{
        StoreError,
        outbox::{PendingPurge, PurgeKind, outbox_push},
    },
    offers::{
        edit::OfferEdit,
        events::{OfferChange, names_of, tags_of},
        rules::BrokenRule,
    },
};

/// Who writes, for the audit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Author {
    pub actor: String,
    /// What is done, such as the name of the mutation.
    pub action: &'static str,
}

/// What came of an update.
#[derive(Debug, Clone, PartialEq)]
pub enum Updated {
    /// There is no such offer.
    NotFound,
    /// The edit does not go together with what is stored; nothing was written.
    Refused(BrokenRule),
    /// The offer as it is now.
    Done(Box<Offer>, Purging),
}

/// Whether a write left a purge in the outbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purging {
    /// No cached answer holds what changed.
    Nothing,
    /// To be drained into the purge log.
    Pending,
}

impl OfferStore {
    /// Edits one offer.
    pub async fn update(
        &self,
        id: OfferId,
        edit: OfferEdit,
        author: Author,
        now_ms: i64,
    ) -> Result<Updated, StoreError> {
        self.db
            .write(move |tx| update(tx, &id, edit, author, now_ms))
            .await
    }
}

fn update(
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
    let after = match edit.apply(&before) {
        Ok(after) => after,
        Err(broken) => return Ok(Updated::Refused(broken)),
    };
    if after == before {
        return Ok(Updated::Done(Box::new(after), Purging::Nothing));
    }
    rows::replace(tx, row, &before, &after)?;
    let reason = format!(
        "{}: {}",
        author.action,
        names_of(&before, &after).join(", ")
    );
    let change = OfferChange {
        before: Some(before),
        after: Some(after.clone()),
    };
    let tags = tags_of(&change);
    if tags.is_empty() {
        return Ok(Updated::Done(Box::new(after), Purging::Nothing));
    }
    let purge = PendingPurge {
        tags,
        kind: PurgeKind::Hard,
        reason,
        actor: author.actor,
    };
    outbox_push(tx, &purge, now_ms)?;
    Ok(Updated::Done(Box::new(after), Purging::Pending))
}
