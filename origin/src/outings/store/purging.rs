//! What a change of a booking purges: itself, and what shows its offer where that looks different.

use super::By;
use crate::{
    domain::{Offer, Quota},
    embedded::outbox::{PendingPurge, PurgeKind},
    offers::events::{OfferChange, tags_of},
    outings::booking::{Booking, Step},
};

/// For a booking that was made; `offer` is as it was before.
pub(crate) fn purge_of_creation(booking: &Booking, offer: &Offer) -> PendingPurge {
    let after = with_remaining(offer, |remaining| remaining - 1);
    purge(booking, "createBooking", By::Holder, changed(offer, after))
}

/// For a step; `given_back` is the offer as it was before it got a place back, if it did.
pub(crate) fn purge_of_step(
    after: &Booking,
    step: Step,
    by: By,
    given_back: Option<&Offer>,
) -> PendingPurge {
    let offer_tags = given_back.map(|before| {
        let after = with_remaining(before, |remaining| remaining + 1);
        changed(before, after)
    });
    purge(after, step.as_str(), by, offer_tags.unwrap_or_default())
}

fn purge(booking: &Booking, action: &str, by: By, offer_tags: Vec<String>) -> PendingPurge {
    let mut tags = vec![format!("booking:{}", booking.id)];
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

/// The number that is left purges nothing, only whether there is anything: see `offers::events`.
fn changed(before: &Offer, after: Offer) -> Vec<String> {
    tags_of(&OfferChange {
        before: Some(before.clone()),
        after: Some(after),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outings::samples::{booking, offer};

    fn left(remaining: i32) -> Offer {
        let total = 3;
        Offer {
            quota: Some(Quota { total, remaining }),
            ..offer()
        }
    }

    #[test]
    fn a_booking_purges_itself_and_the_offer_where_the_last_place_goes_or_comes_back() {
        let own = format!("booking:{}", booking().id);
        let offer_tags = [
            own.clone(),
            format!("offer:{}", offer().id),
            format!("partner:{}", offer().partner_id),
        ];
        assert_eq!(purge_of_creation(&booking(), &offer()).tags, [own.clone()]);
        assert_eq!(purge_of_creation(&booking(), &left(2)).tags, [own.clone()]);
        assert_eq!(purge_of_creation(&booking(), &left(1)).tags, offer_tags);
        let cancelled =
            |offer: Option<&Offer>| purge_of_step(&booking(), Step::Cancel, By::Holder, offer).tags;
        assert_eq!(cancelled(Some(&left(0))), offer_tags);
        assert_eq!(cancelled(Some(&left(1))), [own.clone()]);
        assert_eq!(cancelled(None), [own]);
    }
}
