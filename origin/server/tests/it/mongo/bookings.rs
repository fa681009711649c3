//! Every query of bookings, for who looks at their plans.

use domain::{
    BookingId, Offer, OfferId,
    bookings::{
        booking::{BookingStatus, Step},
        calendar_feed::FeedSecret,
        party::PartySize,
        rules::NewBooking,
        store::{BookingCursor, BookingQuery, By, Created, TimedCursor, TimedQuery, When},
    },
    paris::Day,
};
use yousoon::database::Database;

use crate::fixtures::NOW_MS;

pub(super) async fn ask(db: &Database, offers: &[Offer]) {
    let has_places = |offer: &&Offer| offer.quota.is_some_and(|quota| !quota.is_sold_out());
    let offer = offers
        .iter()
        .find(|offer| offer.is_active && has_places(offer))
        .unwrap();
    let account = super::accounts::account();
    db.users
        .create(account.clone(), vec![], None)
        .await
        .unwrap();
    let (bookings, user) = (&db.bookings, account.id);
    let new = |name: &str, offer: &OfferId| NewBooking {
        id: BookingId::derive("booking", name),
        user: user.clone(),
        offer: offer.clone(),
        idempotency_key: Some(name.to_owned()),
        terms: None,
        opening_ms: None,
        party: PartySize::ONE,
    };
    let made = bookings
        .create(new("1", &offer.id), offer.valid_from_ms)
        .await;
    let Created::Done(booking) = made.unwrap() else {
        panic!("an offer with places can be booked when it begins");
    };
    // Again, and what is refused.
    for name in ["1", "2"] {
        bookings.create(new(name, &offer.id), NOW_MS).await.unwrap();
    }
    let ids = [booking.id.clone()];
    bookings.by_ids(&ids).await.unwrap();
    for status in [None, Some(BookingStatus::Confirmed)] {
        for after in [None, Some(BookingCursor::of(&booking))] {
            let query = BookingQuery {
                user: user.clone(),
                status,
                first: 20,
                after,
            };
            bookings.list(&query).await.unwrap();
        }
    }
    for when in [When::Upcoming, When::Past] {
        for after in [None, Some(TimedCursor::of(&booking))] {
            let query = TimedQuery {
                user: user.clone(),
                when,
                status: None,
                first: 20,
                after,
            };
            bookings.by_time(&query).await.unwrap();
        }
    }
    bookings.beginning_since(&user, 0, 20).await.unwrap();
    let hash = FeedSecret::new([1; 32]).hash();
    bookings.put_feed(&user, &hash, NOW_MS).await.unwrap();
    bookings.feed_since(&user).await.unwrap();
    bookings.user_of_feed(&hash).await.unwrap();
    bookings.revoke_feed(&user).await.unwrap();
    bookings.due(i64::MAX / 2, 20).await.unwrap();
    let day = |text| Day::parse(text).unwrap();
    let days = day("2020-01-01")..=day("2030-01-01");
    let counted = bookings.days_of_partner(&offer.partner_id, days);
    counted.await.unwrap();
    let nights = booking.night..=booking.night;
    let taken = bookings.taken_by_night(std::slice::from_ref(&offer.id), nights);
    taken.await.unwrap();
    let id = &booking.id;
    let cancelled = bookings.step(id, Step::Cancel, By::Holder, booking.created_at_ms);
    cancelled.await.unwrap();
    for now_ms in [0, 1, 99] {
        bookings.take_lease("a", now_ms + 9, now_ms).await.unwrap();
    }
    bookings.give_lease_back("a").await.unwrap();
    super::payments::ask(db, offer, &user).await;
    super::reviews::ask(db, offer, &user).await;
}
