//! Every query of identity checks, for who looks at their plans.

use domain::{
    Admission, BookingId, Offer, UserId, VerificationId,
    bookings::{party::PartySize, rules::NewBooking},
    identity::{
        provider::{Hint, Started, Verdict},
        rules::{KEPT_MS, NewRuling, NewVerification, RulingVerdict},
        store::{Begun, VerificationCursor, VerificationQuery},
        verification::{SessionId, SessionUrl, State, Verification},
    },
    offers::{
        edit::{Edit, OfferEdit},
        store::Author,
    },
};
use yousoon::database::Database;

use crate::fixtures::NOW_MS;

/// The user has an account with a verified address.
pub(super) async fn ask(db: &Database, user: &UserId) {
    let identities = &db.identities;
    let first = begin(db, user, "1").await;
    let session = SessionId::parse("session").unwrap();
    let started = Started {
        session: session.clone(),
        url: SessionUrl::parse("https://magic.example/v/1").unwrap(),
    };
    let opened = identities.opened(&first.id, started, NOW_MS).await;
    opened.unwrap();
    let hint = Hint {
        session,
        key: "veriff:session:9001:a".to_owned(),
    };
    identities.hinted(hint, NOW_MS).await.unwrap();
    identities.by_id(&first.id).await.unwrap();
    identities.of_user(user).await.unwrap();
    identities.oldest_open_ms().await.unwrap();
    let decision = (Verdict::Approved { birth_year: None }, Some(NOW_MS));
    let decided = identities.decided(&first.id, decision, 9, NOW_MS);
    assert!(decided.await.unwrap().is_some());
    let ruling = NewRuling {
        by: UserId::derive("user", "operator"),
        actor: "operator".to_owned(),
        verdict: RulingVerdict::Decline,
        note: "seen".to_owned(),
    };
    identities
        .ruled(&first.id, ruling, 9, NOW_MS)
        .await
        .unwrap();
    for state in [None, Some(State::Declined)] {
        for after in [None, Some(VerificationCursor::of(&first))] {
            let query = VerificationQuery {
                state,
                first: 9,
                after,
            };
            identities.list(query).await.unwrap();
        }
    }
    let later_ms = NOW_MS + 2 * KEPT_MS;
    assert!(!identities.due(later_ms, 9).await.unwrap().is_empty());
    assert!(identities.turn(&first.id, later_ms).await.unwrap());
    begin(db, user, "2").await;
    book(db, user).await;
}

async fn begin(db: &Database, user: &UserId, name: &str) -> Verification {
    let new = NewVerification {
        id: VerificationId::derive("verification", name),
        user: user.clone(),
        consent_version: "1".to_owned(),
    };
    match db.identities.begin(new, NOW_MS).await.unwrap() {
        Begun::Done(open) => *open,
        other => panic!("{other:?}"),
    }
}

/// An offer that asks for an identity.
async fn book(db: &Database, user: &UserId) {
    let read = db.offers.all_listings().next(99).await.unwrap();
    let open = read.found.iter().find(|listing| listing.is_active).unwrap();
    let edit = OfferEdit {
        requires_identity: Edit::Set(true),
        ..OfferEdit::default()
    };
    let author = Author {
        actor: "test".into(),
        action: "updateOffer",
    };
    let updated = db.offers.update(open.id.clone(), edit, author, NOW_MS);
    updated.await.unwrap();
    let found = db.offers.by_ids(std::slice::from_ref(&open.id)).await;
    let offer: Offer = found.unwrap().remove(&open.id).unwrap();
    assert_ne!(offer.admission, Admission::default());
    let new = NewBooking {
        id: BookingId::derive("booking", "identity"),
        user: user.clone(),
        offer: offer.id.clone(),
        idempotency_key: None,
        terms: None,
        opening_ms: None,
        party: PartySize::ONE,
    };
    let created = db.bookings.create(new, offer.valid_from_ms).await.unwrap();
    assert!(format!("{created:?}").contains("Identity"), "{created:?}");
}
