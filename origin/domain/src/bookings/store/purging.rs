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
    let after = with_remaining(offer, |remaining| remaining - 1);
    purge(booking, "createBooking", &By::Holder, changed(offer, after))
}

/// The purge for a step; if the step gave a place back, `given_back` is the offer before that.
pub fn purge_of_step(
    after: &Booking,
    step: Step,
    by: &By,
    given_back: Option<&Offer>,
) -> PendingPurge {
    let offer_tags = given_back.map(|before| {
        let after = with_remaining(before, |remaining| remaining + 1);
        changed(before, after)
    });
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

fn with_remaining(offer: &Offer, change: impl FnOnce(i32) -> i32) -> Offer {
    let quota = offer.quota.map(|quota| Quota {
        remaining: change(quota.remaining).clamp(0, quota.total),
        ..quota
    });
    Offer {
        quota,
        ..offer.clone()
    }
}

fn changed(before: &Offer, after: Offer) -> Vec<Tag> {
    tags_of(&OfferChange {
        before: Some(before.clone()),
        after: Some(after),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bookings::samples::{booking, offer};

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
        assert_eq!(purge_of_creation(&booking(), &offer()).tags, own);
        assert_eq!(purge_of_creation(&booking(), &left(2)).tags, shown_number);
        assert_eq!(purge_of_creation(&booking(), &left(1)).tags, shown_offer);
        let cancelled = |offer: Option<&Offer>| {
            purge_of_step(&booking(), Step::Cancel, &By::Holder, offer).tags
        };
        assert_eq!(cancelled(Some(&left(0))), shown_offer);
        assert_eq!(cancelled(Some(&left(1))), shown_number);
        assert_eq!(cancelled(None), own);
    }
}
