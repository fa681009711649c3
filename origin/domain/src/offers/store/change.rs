//! Decides what an update writes, once for all backends: they read, call this, and write the
//! result.

use crate::{
    Establishment, Offer,
    broken::BrokenRule,
    offers::{
        edit::{Edit, OfferEdit, Unfit},
        events::{OfferChange, names_of, tags_of},
    },
    pending_purge::{PendingPurge, PurgeKind},
};

/// Who writes, for the audit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Author {
    pub actor: String,
    /// The action, such as the name of the mutation.
    pub action: &'static str,
}

/// The outcome of an update.
#[derive(Debug, Clone, PartialEq)]
pub enum Updated {
    /// There is no such offer.
    NotFound,
    /// The offer is archived and can no longer be changed.
    Archived,
    /// The offer was edited since the caller read it; this is its current version.
    Conflict { version: i64 },
    /// The edit does not fit the stored offer; nothing was written.
    Refused(BrokenRule),
    /// The quota's new total is less than this number of booked places; nothing was written.
    BelowBooked(i32),
    /// The offer would ask for both a price and the venue's approval; nothing was written.
    ApprovalWithPrice,
    /// The edit changes nothing: the offer already has these values.
    Unchanged(Box<Offer>),
    /// The offer after the edit.
    Done(Box<Offer>, Purging),
}

/// Whether a write left a purge in the outbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purging {
    /// No cached answer holds what changed.
    Nothing,
    /// A purge waits to be drained into the purge log.
    Pending,
}

/// What a backend does for an edit of a stored offer.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// Nothing: the offer is archived.
    Archived,
    /// Nothing: the offer was edited since the caller read it.
    Conflict { version: i64 },
    /// Nothing: the edit does not fit the stored offer.
    Refuse(BrokenRule),
    /// Nothing: so many places are booked.
    BelowBooked(i32),
    /// Nothing: the offer would ask for both a price and the venue's approval.
    ApprovalWithPrice,
    /// Nothing: the offer already has these values.
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
            Change::Archived => Self::Archived,
            Change::Conflict { version } => Self::Conflict { version },
            Change::Refuse(broken) => Self::Refused(broken),
            Change::BelowBooked(booked) => Self::BelowBooked(booked),
            Change::ApprovalWithPrice => Self::ApprovalWithPrice,
            Change::Keep(offer) => Self::Unchanged(offer),
            Change::Write { after, purge: None } => Self::Done(after, Purging::Nothing),
            Change::Write {
                after,
                purge: Some(_),
            } => Self::Done(after, Purging::Pending),
        }
    }
}

/// Decides what an edit does to the stored offer. `booked` is the number of its bookings that hold
/// a place; it is read only if the edit sets a quota.
pub fn change(before: &Offer, edit: OfferEdit, booked: i32, author: Author, now_ms: i64) -> Change {
    if before.archived_at_ms.is_some() {
        return match edit.archived_at_ms {
            Edit::Keep => Change::Archived,
            Edit::Set(_) => Change::Keep(Box::new(before.clone())),
        };
    }
    let expected = edit.expected_version;
    let applied = edit.apply(before, booked);
    // Before the version: a client that heard no answer edits once more what it has edited.
    if applied.as_ref() == Ok(before) {
        return Change::Keep(Box::new(before.clone()));
    }
    if expected.is_some_and(|expected| expected != before.version) {
        return Change::Conflict {
            version: before.version,
        };
    }
    let mut after = match applied {
        Ok(after) => Box::new(after),
        Err(Unfit::Broken(broken)) => return Change::Refuse(broken),
        Err(Unfit::BelowBooked(booked)) => return Change::BelowBooked(booked),
        Err(Unfit::ApprovalWithPrice) => return Change::ApprovalWithPrice,
    };
    if !differ_in_what_is_left_only(before, &after) {
        after.version += 1;
        after.page.updated_at_ms = now_ms;
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

fn differ_in_what_is_left_only(before: &Offer, after: &Offer) -> bool {
    let mut other = after.clone();
    if let (Some(quota), Some(known)) = (&mut other.quota, before.quota) {
        quota.remaining = known.remaining;
    }
    other == *before
}

/// The maximum number of a partner's offers that are not archived: its page reads all of them.
pub const MOST_OFFERS: usize = 500;

/// The outcome of a new offer.
#[derive(Debug, Clone, PartialEq)]
pub enum Created {
    /// The partner has no such establishment, or it is archived.
    NoEstablishment,
    /// The partner has [`MOST_OFFERS`].
    Full,
    /// The new offer, with the location of its establishment.
    Done(Box<Offer>),
}

/// What a backend does for a new offer.
#[derive(Debug, Clone, PartialEq)]
pub enum Creation {
    /// Stores nothing.
    Refuse(Created),
    /// Stores the offer and the purge, in one transaction.
    Write {
        offer: Box<Offer>,
        purge: PendingPurge,
    },
}

/// Decides on a new offer at an establishment whose partner has `open` other offers.
pub fn creation(
    draft: Offer,
    establishment: Option<&Establishment>,
    open: usize,
    author: Author,
) -> Creation {
    let own = establishment
        .filter(|place| place.partner_id == draft.partner_id && place.archived_at_ms.is_none());
    let Some(place) = own else {
        return Creation::Refuse(Created::NoEstablishment);
    };
    if open >= MOST_OFFERS {
        return Creation::Refuse(Created::Full);
    }
    let offer = Offer {
        location: place.location,
        ..draft
    };
    let purge = PendingPurge {
        tags: tags_of(&OfferChange {
            before: None,
            after: Some(offer.clone()),
        }),
        kind: PurgeKind::Hard,
        reason: author.action.to_owned(),
        actor: author.actor,
    };
    Creation::Write {
        offer: Box::new(offer),
        purge,
    }
}
