//! Every query of reviews, for who looks at their plans.

use domain::{
    BookingId, Offer, UserId,
    bookings::{
        booking::Step,
        party::PartySize,
        rules::NewBooking,
        store::{By, Created},
    },
    reviews::{
        outcome::{Reported, Written},
        reports::{NewReport, ReportReason, Ruling, Verdict},
        review::{Review, Stars},
        rules::{NewReview, ReviewEdit},
        store::{ReportedCursor, ReviewCursor, ReviewOrder, ReviewQuery, ReviewsAbout},
    },
    users::account::Account,
};
use yousoon::database::Database;

use crate::fixtures::NOW_MS;

/// The user has an account.
pub(super) async fn ask(db: &Database, offer: &Offer, user: &UserId) {
    let now_ms = offer.valid_from_ms;
    let mut others = Vec::new();
    for name in ["reviewer", "other", "judge"] {
        let new = Account {
            id: UserId::derive("user", name),
            email: format!("{name}@example.fr"),
            phone: None,
            phone_verified_at_ms: None,
            memberships: None.into(),
            ..super::accounts::account()
        };
        others.push(new.id.clone());
        db.users.create(new, vec![], None).await.unwrap();
    }
    let first = reviewed(db, offer, &others[0], now_ms).await;
    let second = reviewed(db, offer, &others[1], now_ms).await;
    ask_lists(db, offer, &first).await;
    for at_ms in [NOW_MS, NOW_MS + 1] {
        // Anew, since it was rewritten.
        let rewrite = ReviewEdit::Rewrite {
            by: others[0].clone(),
            stars: Stars::new(2).unwrap(),
            text: Some(at_ms.to_string()),
        };
        db.reviews
            .change(&first.id, rewrite, now_ms + at_ms - NOW_MS)
            .await
            .unwrap();
        let report = NewReport {
            review: first.id.clone(),
            user: user.clone(),
            reason: ReportReason::Fake,
            text: None,
        };
        let reported = db.reviews.report(report, now_ms + at_ms - NOW_MS + 1).await;
        assert_ne!(reported.unwrap(), Reported::NoAccount);
    }
    let ids = [first.id.clone(), second.id.clone()];
    db.reviews.reports_of(&ids).await.unwrap();
    db.reviews.reports_by(user).await.unwrap();
    let waiting = db.reviews.reported(9, None).await.unwrap();
    let after = waiting.items.first().and_then(ReportedCursor::of);
    db.reviews.reported(9, after).await.unwrap();
    let rule = ReviewEdit::Rule(Ruling {
        by: others[2].clone(),
        actor: "test".into(),
        verdict: Verdict::Remove,
        reason: "seen".into(),
    });
    db.reviews.change(&second.id, rule, now_ms).await.unwrap();
    let partner = &offer.partner_id;
    for after in [None, Some(partner)] {
        db.reviews.recounted(after, 9).await.unwrap();
    }
    db.reviews.recount(partner, now_ms).await.unwrap();
    for (n, id) in others.iter().enumerate().skip(1) {
        let pseudonym = format!("reviewer {n}");
        db.users.erase(id, &pseudonym, now_ms).await.unwrap();
    }
    let delete = ReviewEdit::Delete {
        by: others[0].clone(),
    };
    db.reviews.change(&first.id, delete, now_ms).await.unwrap();
}

async fn reviewed(db: &Database, offer: &Offer, user: &UserId, now_ms: i64) -> Review {
    let new = NewBooking {
        id: BookingId::derive("booking", user.as_str()),
        user: user.clone(),
        offer: offer.id.clone(),
        idempotency_key: None,
        terms: None,
        opening_ms: None,
        party: PartySize::ONE,
    };
    let Created::Done(booking) = db.bookings.create(new, now_ms).await.unwrap() else {
        panic!("an offer with places can be booked when it begins");
    };
    let (from_ms, id) = (booking.from_ms, &booking.id);
    let confirmed = db.bookings.step(id, Step::Confirm, By::Holder, now_ms);
    confirmed.await.unwrap();
    let checked_in = db
        .bookings
        .step(id, Step::CheckIn, By::Staff(None), from_ms);
    checked_in.await.unwrap();
    let new = NewReview {
        user: user.clone(),
        booking: booking.id,
        stars: Stars::new(5).unwrap(),
        text: None,
        idempotency_key: None,
    };
    match db.reviews.add(new, from_ms).await.unwrap() {
        Written::Done(review) => *review,
        other => panic!("{other:?}"),
    }
}

async fn ask_lists(db: &Database, offer: &Offer, review: &Review) {
    let reviews = &db.reviews;
    reviews.by_id(&review.id).await.unwrap();
    let bookings = [review.booking.clone()];
    reviews.of_bookings(&bookings).await.unwrap();
    let mut all = Vec::new();
    for order in [
        ReviewOrder::Newest,
        ReviewOrder::Highest,
        ReviewOrder::Lowest,
    ] {
        for after in [None, Some(ReviewCursor::of(review))] {
            let query = ReviewQuery {
                about: ReviewsAbout::Partner(offer.partner_id.clone()),
                order,
                first: 9,
                after,
            };
            reviews.pages(std::slice::from_ref(&query)).await.unwrap();
            all.push(query);
        }
    }
    reviews.pages(&all).await.unwrap();
    for after in [None, Some(ReviewCursor::of(review))] {
        let query = ReviewQuery {
            about: ReviewsAbout::Offer(offer.id.clone()),
            order: ReviewOrder::Newest,
            first: 9,
            after,
        };
        reviews.pages(&[query]).await.unwrap();
    }
    let user = review.user.as_ref().unwrap();
    for after in [None, Some(ReviewCursor::of(review))] {
        reviews.of_user(user, 9, after).await.unwrap();
    }
    let partners = [offer.partner_id.clone()];
    reviews.counts_of(&partners).await.unwrap();
}
