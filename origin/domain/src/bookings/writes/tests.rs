mod venue;

use super::*;
use crate::{
    BookingId, BookingLimits, OfferId, Quota, UserId,
    bookings::{
        party::PartySize,
        samples::{NOW_MS, booking, offer},
        store::{By, Created, Stepped},
    },
};

fn new() -> NewBooking {
    NewBooking {
        id: BookingId::derive("booking", "new"),
        user: UserId::derive("user", "1"),
        offer: offer().id,
        idempotency_key: Some("k".into()),
        terms: None,
        opening_ms: None,
        party: PartySize::ONE,
    }
}

fn refused(refusal: BookingRefusal) -> Created {
    Created::Refused(refusal)
}

#[test]
fn a_key_that_was_used_before_answers_whatever_has_become_of_the_offer() {
    let other = Booking {
        offer: OfferId::derive("offer", "2"),
        ..booking()
    };
    for offer in [Some(offer()), None] {
        let again = draft(&new(), Some(booking()), offer.clone(), NOW_MS);
        assert_eq!(again, Err(Created::Before(Box::new(booking()))));
        let reused = draft(&new(), Some(other.clone()), offer, NOW_MS);
        assert_eq!(reused, Err(refused(BookingRefusal::KeyReused)));
    }
    // Another number of people, or another opening of the same offer.
    let (five, day_ms) = (PartySize::new(5).unwrap(), 24 * 3_600_000);
    for asked in [
        NewBooking {
            party: five,
            ..new()
        },
        NewBooking {
            opening_ms: Some(NOW_MS + day_ms),
            ..new()
        },
    ] {
        let reused = draft(&asked, Some(booking()), Some(offer()), NOW_MS);
        assert_eq!(reused, Err(refused(BookingRefusal::KeyReused)));
    }
    let same = NewBooking {
        opening_ms: Some(booking().from_ms),
        ..new()
    };
    let again = draft(&same, Some(booking()), None, NOW_MS);
    assert_eq!(again, Err(Created::Before(Box::new(booking()))));
    let gone = draft(&new(), None, None, NOW_MS);
    assert_eq!(gone, Err(refused(BookingRefusal::OfferNotFound)));
    let over = draft(&new(), None, Some(offer()), offer().valid_until_ms);
    assert_eq!(over, Err(refused(BookingRefusal::NotBookable)));
}

#[test]
fn a_limit_that_is_reached_stores_nothing() {
    let standing = Standing {
        open_of_offer: 1,
        ..Standing::default()
    };
    let admitted = drafted(offer()).admit(standing);
    assert_eq!(admitted, Err(refused(BookingRefusal::AlreadyBooked)));
}

fn drafted(offer: Offer) -> Draft {
    draft(&new(), None, Some(offer), NOW_MS).unwrap()
}

#[test]
fn a_new_booking_takes_a_place_or_meets_others() {
    let quota = Some(Quota {
        total: 3,
        remaining: 2,
    });
    for (quota, per_day, expected) in [
        (quota, None, OfferWrite::TakePlaces),
        (quota, Some(3), OfferWrite::TakePlaces),
        (None, Some(3), OfferWrite::MeetOthers),
        (None, None, OfferWrite::MeetOthers),
    ] {
        let limits = BookingLimits {
            per_day,
            per_user: Some(1),
            party: None,
        };
        let offer = Offer {
            quota,
            limits,
            ..offer()
        };
        let creation = drafted(offer.clone()).admit(Standing::default()).unwrap();
        assert_eq!(creation.offer_write, expected);
        assert_eq!(creation.booking.id, new().id);
        assert_eq!(creation.purge, purge_of_creation(&creation.booking, &offer));
    }
}

/// F3. A lost answer repeated is the same answer.
#[test]
fn a_step_that_was_taken_gets_the_same_answer_and_writes_nothing() {
    let (one, other) = (
        UserId::derive("user", "one"),
        UserId::derive("user", "other"),
    );
    let pending = Booking {
        status: BookingStatus::Pending,
        from_ms: NOW_MS + 30 * 3_600_000,
        ..booking()
    };
    for (before, wanted) in [(&pending, Step::Confirm), (&pending, Step::Cancel)] {
        let after = step(before, &wanted.into(), &By::Holder, NOW_MS).unwrap();
        // Whenever it comes: it is what was asked for.
        let again = step(&after, &wanted.into(), &By::Holder, after.until_ms);
        assert_eq!(again, Err(Stepped::Before(Box::new(after))));
    }
    let scanner = By::Staff(Some(one.clone()));
    let after = step(&booking(), &Step::CheckIn.into(), &scanner, NOW_MS).unwrap();
    assert_eq!(after.checked_in_by, Some(one));
    let soon_ms = NOW_MS + rules::CHECK_IN_REPEAT_MS - 1;
    let again = step(&after, &Step::CheckIn.into(), &scanner, soon_ms);
    assert_eq!(again, Err(Stepped::Before(Box::new(after.clone()))));
    let used = Err(Stepped::Refused(BookingRefusal::WrongStatus(
        BookingStatus::CheckedIn,
    )));
    for (by, at_ms) in [
        (&scanner, soon_ms + 1),
        (&By::Staff(Some(other)), NOW_MS),
        (&By::Staff(None), NOW_MS),
    ] {
        assert_eq!(
            step(&after, &Step::CheckIn.into(), by, at_ms),
            used,
            "{by:?}"
        );
    }
    let cancelled = step(&after, &Step::Cancel.into(), &By::Holder, NOW_MS);
    assert_eq!(cancelled, used);
}
