//! What an update means, decided once for all backends: they read, ask here, and write.

use crate::{
    domain::Offer,
    embedded::outbox::{PendingPurge, PurgeKind},
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

/// What a backend does about an edit of a stored offer.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// The edit does not go together with what is stored.
    Refuse(BrokenRule),
    /// The offer is as it should be.
    Keep(Box<Offer>),
    /// Replaces the offer and stores the purge, in one transaction.
    Write {
        after: Box<Offer>,
        /// None when no cached answer holds what changed.
        purge: Option<PendingPurge>,
    },
}

impl From<Change> for Updated {
    fn from(change: Change) -> Self {
        match change {
            Change::Refuse(broken) => Self::Refused(broken),
            Change::Keep(offer) => Self::Done(offer, Purging::Nothing),
            Change::Write { after, purge: None } => Self::Done(after, Purging::Nothing),
            Change::Write {
                after,
                purge: Some(_),
            } => Self::Done(after, Purging::Pending),
        }
    }
}

/// What an edit does to the offer that is stored.
pub fn change(before: &Offer, edit: OfferEdit, author: Author) -> Change {
    let after = match edit.apply(before) {
        Ok(after) => Box::new(after),
        Err(broken) => return Change::Refuse(broken),
    };
    if *after == *before {
        return Change::Keep(after);
    }
    let tags = tags_of(&OfferChange {
        before: Some(before.clone()),
        after: Some(Offer::clone(&after)),
    });
    let purge = (!tags.is_empty()).then(|| PendingPurge {
        tags,
        kind: PurgeKind::Hard,
        reason: format!("{}: {}", author.action, names_of(before, &after).join(", ")),
        actor: author.actor,
    });
    Change::Write { after, purge }
}
