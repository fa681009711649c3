//! The cache tags that a change of a booking purges: its own, and its offer's where the offer looks
//! different.

use cache_core::Tag;

use super::By;
use crate::{
    Offer, Quota,
    bookings::booking::{Booking, Step},
    offers::events::{OfferChange, tags_of},
    pending_purge::{PendingPurge, PurgeKind},
    tags,
};

/// The purge for a new booking; `offer` is its state before the booking.
pub fn purge_of_creation(booking: &Booking, offer: &Offer) -> PendingPurge {
    let tags = changed(booking, offer, |remaining, places| remaining - places);
    purge(booking, "createBooking", &By::Holder, tags)
}

/// The purge for a step; if the step freed places, `freed` is the offer before that.
pub fn purge_of_step(after: &Booking, step: Step, by: &By, freed: Option<&Offer>) -> PendingPurge {
    let offer_tags =
        freed.map(|before| changed(after, before, |remaining, places| remaining + places));
    purge(after, step.as_str(), by, offer_tags.unwrap_or_default())
}

fn purge(booking: &Booking, action: &str, by: &By, offer_tags: Vec<Tag>) -> PendingPurge {
    let mut tags = vec![
        tags::booking(&booking.id),
        tags::bookings_of(&booking.partner),
    ];
    tags.extend(offer_tags);
    PendingPurge {
        tags,
        kind: PurgeKind::Hard,
        reason: format!("{action}: {}", booking.status.as_str()),
        actor: by.as_str().to_owned(),
    }
}

/// What shows the offer, if the booking takes or frees its places. `change` makes the number that is
/// left of the one before and of the booking's places.
fn changed(booking: &Booking, before: &Offer, change: impl FnOnce(i32, i32) -> i32) -> Vec<Tag> {
    let quota = before.quota.map(|quota| {
        let remaining = change(quota.remaining, booking.party.people());
        Quota {
            remaining: remaining.clamp(0, quota.total),
            ..quota
        }
    });
    let mut tags = Vec::new();
    if booking.counted {
        tags = tags_of(&OfferChange {
            before: Some(before.clone()),
            after: Some(Offer {
                quota,
                ..before.clone()
            }),
        });
    }
    // What openings have left is counted from bookings too.
    let shown = tags::quota(&before.id);
    if before.limits.per_day.is_some() && !tags.contains(&shown) {
        tags.push(shown);
    }
    tags
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        BookingLimits,
        bookings::{
            party::PartySize,
            samples::{booking, offer},
        },
    };

    fn left(remaining: i32) -> Offer {
        let total = 3;
        Offer {
            quota: Some(Quota { total, remaining }),
            ..offer()
        }
    }

    #[test]
    fn a_booking_purges_itself_the_number_that_is_left_and_the_offer_with_the_last_place() {
        let own = [
            tags::booking(&booking().id),
            tags::bookings_of(&booking().partner),
        ];
        let shown_number = [own[0].clone(), own[1].clone(), tags::quota(&offer().id)];
        let shown_offer = [
            own[0].clone(),
            own[1].clone(),
            tags::offer(&offer().id),
            tags::partner(&offer().partner_id),
            shown_number[2].clone(),
        ];
        let counted = Booking {
            counted: true,
            ..booking()
        };
        let made = |booking: &Booking, offer: &Offer| purge_of_creation(booking, offer).tags;
        assert_eq!(made(&booking(), &offer()), own);
        assert_eq!(made(&counted, &left(2)), shown_number);
        assert_eq!(made(&counted, &left(1)), shown_offer);
        let cancelled =
            |offer: Option<&Offer>| purge_of_step(&counted, Step::Cancel, &By::Holder, offer).tags;
        assert_eq!(cancelled(Some(&left(0))), shown_offer);
        assert_eq!(cancelled(Some(&left(1))), shown_number);
        assert_eq!(cancelled(None), own);
        // Two people take the last two places.
        let two = Booking {
            party: PartySize::new(2).unwrap(),
            ..counted.clone()
        };
        assert_eq!(made(&two, &left(2)), shown_offer);
        // It was made while there was no quota, so it takes nothing of it.
        assert_eq!(made(&booking(), &left(1)), own);
        let by_day = Offer {
            limits: BookingLimits {
                per_day: Some(5),
                ..BookingLimits::default()
            },
            ..offer()
        };
        assert_eq!(made(&booking(), &by_day), shown_number);
    }
}
