//! Offers that ask for an identity or an age: who may book them, and how they are edited.

use std::slice;

use domain::{
    Admission, Offer,
    bookings::{booking::BookingStatus, refusals::BookingRefusal, store::Created as Booked},
    identity::{provider::Verdict, refusals::IdentityRefusal, verification::Reason},
    offers::{
        edit::{Edit, OfferEdit},
        store::{Author, Updated},
    },
    users::{
        account::{Identity, IdentityStatus},
        change::AccountChange,
    },
};

use super::{approved, decide, open, sign_up, user};
use crate::{
    backends::Fresh,
    bookings::{new as booking_of, places},
    runner::tests,
    samples::{NOW_MS, family},
};

tests! {
    an_offer_asks_for_an_identity_and_an_age: [],
    what_an_offer_asks_for_is_edited: [],
}

async fn book(fresh: &Fresh, name: &str, offer: &Offer) -> Booked {
    let new = booking_of(&format!("{name} {}", offer.title), name, offer);
    fresh.db.bookings.create(new, NOW_MS).await.unwrap()
}

fn asking(name: &str, admission: Admission) -> Offer {
    Offer {
        admission,
        title: name.into(),
        ..places(name, 9)
    }
}

async fn an_offer_asks_for_an_identity_and_an_age(fresh: Fresh) {
    use IdentityRefusal::{AgeTooLow, Pending, Required};
    let for_known = asking(
        "known",
        Admission {
            requires_identity: true,
            minimum_age: None,
            ..Admission::default()
        },
    );
    let for_adults = asking(
        "adults",
        Admission {
            requires_identity: false,
            minimum_age: Some(18),
            ..Admission::default()
        },
    );
    fresh
        .fill(vec![family(vec![for_known.clone(), for_adults.clone()])])
        .await;
    let refused = |refusal| Booked::Refused(BookingRefusal::Identity(refusal));
    // It is 2026: somebody born in 2008 may still be seventeen.
    for (name, verdict, known, adults) in [
        ("none", None, Some(Required), Some(Required)),
        ("young", Some(approved(2008)), None, Some(AgeTooLow)),
        ("old", Some(approved(2007)), None, None),
        (
            "ageless",
            Some(Verdict::Approved { birth_year: None }),
            None,
            Some(AgeTooLow),
        ),
        (
            "declined",
            Some(Verdict::Declined(Reason::NotTrusted)),
            Some(Required),
            Some(Required),
        ),
    ] {
        sign_up(&fresh, name).await;
        if let Some(verdict) = verdict {
            let session = format!("s-{name}");
            let open = open(&fresh, name, 1, &session).await;
            let pending = book(&fresh, name, &for_known).await;
            assert_eq!(pending, refused(Pending), "{name}");
            decide(&fresh, &open.id, verdict, NOW_MS).await.unwrap();
        }
        for (offer, expected) in [(&for_known, known), (&for_adults, adults)] {
            let booked = book(&fresh, name, offer).await;
            match (booked, expected) {
                (Booked::Done(booking), None) => {
                    assert_eq!(booking.status, BookingStatus::Confirmed);
                }
                (booked, Some(why)) => assert_eq!(booked, refused(why), "{name}"),
                (other, None) => panic!("{name}: {other:?}"),
            }
        }
    }
    // An identity that has ended counts no more, also before the job has written it down.
    let ended = AccountChange::Identity(Identity {
        status: IdentityStatus::Verified,
        until_ms: Some(NOW_MS),
        birth_year: Some(1990),
    });
    let users = &fresh.db.users;
    users.change(&user("none"), ended, NOW_MS).await.unwrap();
    let booked = book(&fresh, "none", &for_known).await;
    assert_eq!(booked, refused(Required));
}

async fn what_an_offer_asks_for_is_edited(fresh: Fresh) {
    let offer = places("a", 9);
    fresh.fill(vec![family(vec![offer.clone()])]).await;
    let edit = OfferEdit {
        requires_identity: Edit::Set(true),
        minimum_age: Edit::Set(Some(18)),
        ..OfferEdit::default()
    };
    let author = Author {
        actor: "test".into(),
        action: "updateOffer",
    };
    let offers = &fresh.db.offers;
    let updated = offers.update(offer.id.clone(), edit, author, NOW_MS).await;
    let Updated::Done(after, _) = updated.unwrap() else {
        panic!("it is another one");
    };
    let asked = Admission {
        requires_identity: true,
        minimum_age: Some(18),
        ..Admission::default()
    };
    assert_eq!(after.admission, asked);
    let stored = offers.by_ids(slice::from_ref(&offer.id)).await.unwrap();
    assert_eq!(stored[&offer.id], *after);
}
