//! Guests without a booking: they take places of a quota, and count in the venue's figures. Nothing is kept of
//! who they are, nor of who let them in.

use super::{
    party::PartySize,
    refusals::BookingRefusal,
    rules::{CHECK_IN_EARLY_MS, UNDO_CHECK_IN_WITHIN_MS},
    window,
};
use crate::{
    Offer, OfferId, PartnerId, WalkInId,
    night::Night,
    offers::events::{OfferChange, tags_of},
    pending_purge::{PendingPurge, PurgeKind},
    tags,
};

/// The request to record one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewWalkIn {
    /// Made of the idempotency key, if there is one, so that a repeat finds the first.
    pub id: WalkInId,
    pub offer: OfferId,
    pub party: PartySize,
}

/// People who came without a booking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WalkIn {
    pub id: WalkInId,
    pub offer: OfferId,
    pub partner: PartnerId,
    pub night: Night,
    pub party: PartySize,
    /// Whether they took places of the offer's quota.
    pub counted: bool,
    pub at_ms: i64,
}

/// The outcome of a request to record one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WalkedIn {
    /// Nothing was written.
    Refused(BookingRefusal),
    /// An earlier request with the same idempotency key recorded it; nothing was written.
    Before(Box<WalkIn>),
    Done(Box<WalkIn>),
}

/// The outcome of a request to take one back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WalkInUndone {
    /// There is none with this id; nothing was written.
    NotFound,
    /// Nothing was written.
    Refused(BookingRefusal),
    Done,
}

/// What a backend stores: the row, and the purge. `counted` walk-ins take their places as well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WalkInWrite {
    pub walk_in: WalkIn,
    pub purge: PendingPurge,
}

/// What a request stores; an error is the answer of a request that stores nothing. `before` is the row that
/// has the id.
pub fn walk_in(
    new: &NewWalkIn,
    before: Option<WalkIn>,
    offer: Option<Offer>,
    now_ms: i64,
) -> Result<WalkInWrite, WalkedIn> {
    let refused = |refusal| Err(WalkedIn::Refused(refusal));
    if let Some(before) = before {
        return if before.offer == new.offer && before.party == new.party {
            Err(WalkedIn::Before(Box::new(before)))
        } else {
            refused(BookingRefusal::KeyReused)
        };
    }
    let Some(offer) = offer else {
        return refused(BookingRefusal::OfferNotFound);
    };
    if !window::is_bookable(&offer, now_ms) {
        return refused(BookingRefusal::NotBookable);
    }
    let Some(opening) = window::next_opening(&offer, now_ms) else {
        return refused(BookingRefusal::NeverOpens);
    };
    if now_ms < opening.begins_ms - CHECK_IN_EARLY_MS {
        return refused(BookingRefusal::NotOpen);
    }
    match offer.quota {
        Some(quota) if quota.is_sold_out() => return refused(BookingRefusal::SoldOut),
        Some(quota) if quota.remaining < new.party.people() => {
            return refused(BookingRefusal::TooFewPlaces);
        }
        Some(_) | None => {}
    }
    let walk_in = WalkIn {
        id: new.id.clone(),
        offer: offer.id.clone(),
        partner: offer.partner_id.clone(),
        night: opening.night,
        party: new.party,
        counted: offer.quota.is_some(),
        at_ms: now_ms,
    };
    let taken = -walk_in.party.people();
    Ok(WalkInWrite {
        purge: purge("recordWalkIn", &walk_in.partner, Some(offer), taken),
        walk_in,
    })
}

/// Whether one that was recorded by mistake can still be taken back, and the purge. `offer` is as it is before
/// its places are given back.
pub fn undo(
    walk_in: &WalkIn,
    offer: Option<Offer>,
    now_ms: i64,
) -> Result<PendingPurge, BookingRefusal> {
    if now_ms >= walk_in.at_ms + UNDO_CHECK_IN_WITHIN_MS {
        return Err(BookingRefusal::TooLateToUndo);
    }
    let given = if walk_in.counted {
        walk_in.party.people()
    } else {
        0
    };
    Ok(purge("undoWalkIn", &walk_in.partner, offer, given))
}

/// The number that is left changes, and the venue's evening.
fn purge(
    action: &str,
    partner: &PartnerId,
    before: Option<Offer>,
    more_places: i32,
) -> PendingPurge {
    let mut after = before.clone();
    if let Some(quota) = after.as_mut().and_then(|offer| offer.quota.as_mut()) {
        quota.remaining = quota.total.min(quota.remaining + more_places);
    }
    let mut tags = vec![tags::bookings_of(partner)];
    tags.extend(tags_of(&OfferChange { before, after }));
    PendingPurge {
        tags,
        kind: PurgeKind::Hard,
        reason: action.to_owned(),
        actor: "staff of the partner".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        OfferSchedule, Quota,
        bookings::samples::{HOUR_MS, NOW_MS, offer},
    };

    fn new(people: i32) -> NewWalkIn {
        NewWalkIn {
            id: WalkInId::derive("walk-in", "1"),
            offer: offer().id,
            party: PartySize::new(people).unwrap(),
        }
    }

    fn left(remaining: i32) -> Offer {
        let quota = Some(Quota {
            total: 9,
            remaining,
        });
        Offer { quota, ..offer() }
    }

    #[test]
    fn who_walks_in_takes_places_while_the_offer_is_open() {
        let write = walk_in(&new(3), None, Some(left(3)), NOW_MS).unwrap();
        assert!(write.walk_in.counted);
        assert_eq!(write.walk_in.night, Night::of(NOW_MS).unwrap());
        assert!(
            write
                .purge
                .tags
                .contains(&tags::bookings_of(&offer().partner_id))
        );
        assert!(
            write.purge.tags.contains(&tags::offer(&offer().id)),
            "none is left"
        );
        let without = walk_in(&new(3), None, Some(offer()), NOW_MS).unwrap();
        assert!(!without.walk_in.counted);
        assert_eq!(without.purge.tags, [tags::bookings_of(&offer().partner_id)]);
        // Open on Mondays from 18:00; NOW_MS is Monday 1 June, 14:00 in Paris.
        let evenings = Offer {
            schedule: Some(OfferSchedule {
                weekdays: vec![1],
                from: "18:00".into(),
                to: "23:00".into(),
            }),
            ..offer()
        };
        let at = |hours_ms: i64| walk_in(&new(1), None, Some(evenings.clone()), NOW_MS + hours_ms);
        let closed = Err(WalkedIn::Refused(BookingRefusal::NotOpen));
        assert_eq!(at(0), closed);
        assert!(at(4 * HOUR_MS - HOUR_MS / 2).is_ok());
        assert_eq!(at(10 * HOUR_MS), closed);
    }

    #[test]
    fn a_mistake_is_taken_back_within_five_minutes() {
        let walk_in = walk_in(&new(3), None, Some(left(3)), NOW_MS)
            .unwrap()
            .walk_in;
        let last_ms = NOW_MS + UNDO_CHECK_IN_WITHIN_MS - 1;
        let purge = undo(&walk_in, Some(left(0)), last_ms).unwrap();
        let sold_out_no_more = tags::offer(&offer().id);
        assert!(purge.tags.contains(&sold_out_no_more));
        assert!(purge.tags.contains(&tags::bookings_of(&offer().partner_id)));
        let late = undo(&walk_in, Some(left(0)), last_ms + 1);
        assert_eq!(late, Err(BookingRefusal::TooLateToUndo));
        // It took no places: none are given back.
        let walk_in = WalkIn {
            counted: false,
            ..walk_in
        };
        let purge = undo(&walk_in, Some(left(0)), last_ms).unwrap();
        assert!(!purge.tags.contains(&sold_out_no_more));
    }

    #[test]
    fn what_cannot_be_recorded_has_a_refusal_of_its_own() {
        let refused = |refusal| Err(WalkedIn::Refused(refusal));
        let off = Offer {
            is_active: false,
            ..offer()
        };
        for (offer, refusal) in [
            (None, BookingRefusal::OfferNotFound),
            (Some(off), BookingRefusal::NotBookable),
            (Some(left(0)), BookingRefusal::SoldOut),
            (Some(left(2)), BookingRefusal::TooFewPlaces),
        ] {
            assert_eq!(walk_in(&new(3), None, offer, NOW_MS), refused(refusal));
        }
        let before = walk_in(&new(3), None, Some(left(3)), NOW_MS)
            .unwrap()
            .walk_in;
        let again = walk_in(&new(3), Some(before.clone()), None, NOW_MS + 5);
        assert_eq!(again, Err(WalkedIn::Before(Box::new(before.clone()))));
        let other = walk_in(&new(2), Some(before), Some(left(3)), NOW_MS);
        assert_eq!(other, refused(BookingRefusal::KeyReused));
    }
}
