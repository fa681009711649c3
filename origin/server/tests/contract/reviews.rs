//! Reviews: one a visit, counted in the partner's rating, answered, reported, removed, and forgotten.

mod erasing;
mod reporting;
mod storm;

use domain::{
    BookingId, Offer, Partner, ReviewId, UserId,
    bookings::{
        booking::Step,
        rules::NewBooking,
        store::{By, Created, Stepped},
    },
    offers::store::Author,
    purges::OutboxRow,
    reviews::{
        outcome::Written,
        rating::StarCounts,
        refusals::ReviewRefusal,
        review::{Review, Stars, id_of},
        rules::{NewReview, ReviewEdit, WITHIN_MS},
        store::{ReviewCursor, ReviewOrder, ReviewQuery, ReviewsAbout},
    },
    tags,
    users::{
        account::Status,
        change::{AccountChange, ProfileEdit},
        store::Changed,
    },
};
use futures_util::future::join_all;

use crate::{
    backends::Fresh,
    bookings::{new, places},
    runner::{Test, tests},
    samples::{DAY_MS, NOW_MS, family},
    users::sign_up,
};

tests! {
    a_visit_is_reviewed_once_and_found_as_it_was_written: [],
    of_two_reviews_at_once_one_is_stored: [Transactions],
    what_cannot_be_reviewed_is_refused_and_writes_nothing: [],
    an_author_rewrites_and_deletes_a_review: [],
    a_rating_is_kept_with_the_reviews_and_purges_only_when_it_shows: [],
    a_partners_reviews_are_paged_in_three_orders: [],
    pages_of_several_partners_are_read_together: [Joins],
    an_offers_reviews_are_those_of_its_guests: [],
    a_new_name_of_the_account_is_shown_with_its_reviews: [],
    a_review_goes_with_the_check_in_that_is_undone: [],
    a_reply_is_stored_and_told_once: [],
    counts_that_drifted_are_found_and_mended: [],
}

pub(crate) const REPORTING: &[Test] = reporting::TESTS;
pub(crate) const ERASING: &[Test] = erasing::TESTS;
pub(crate) const STORM: &[Test] = storm::TESTS;

fn user(name: &str) -> UserId {
    UserId::derive("user", name)
}

fn stars(number: i32) -> Stars {
    Stars::new(number).unwrap()
}

fn author(action: &'static str) -> Author {
    Author {
        actor: "test".into(),
        action,
    }
}

/// An offer that can be booked and checked in at any time.
fn open(name: &str) -> Offer {
    Offer {
        quota: None,
        ..places(name, 0)
    }
}

async fn filled(fresh: &Fresh) -> Offer {
    let offer = open("a");
    fresh.fill(vec![family(vec![offer.clone()])]).await;
    offer
}

/// A booking of this person that was checked in at `NOW_MS`.
pub(crate) async fn visited(fresh: &Fresh, name: &str, offer: &Offer) -> BookingId {
    let new = NewBooking {
        id: BookingId::derive("visit", &format!("{name} {}", offer.id)),
        ..new(name, name, offer)
    };
    sign_up(fresh, &new.user).await;
    let made = fresh.db.bookings.create(new.clone(), NOW_MS).await.unwrap();
    assert!(matches!(made, Created::Done(_)), "{made:?}");
    let by = By::Staff(None);
    let stepped = fresh.db.bookings.step(&new.id, Step::CheckIn, by, NOW_MS);
    let stepped = stepped.await.unwrap();
    assert!(matches!(stepped, Stepped::Done(_)), "{stepped:?}");
    new.id
}

fn review(booking: &BookingId, by: &str, number: i32, text: &str) -> NewReview {
    NewReview {
        user: user(by),
        booking: booking.clone(),
        stars: stars(number),
        text: Some(text.to_owned()),
        idempotency_key: None,
    }
}

/// The person visits, and gives so many stars.
pub(crate) async fn reviewed(fresh: &Fresh, name: &str, offer: &Offer, number: i32) -> Review {
    let booking = visited(fresh, name, offer).await;
    let new = review(&booking, name, number, "Très bien");
    let added = fresh.db.reviews.add(new, NOW_MS + 1).await.unwrap();
    done(added)
}

fn done(written: Written) -> Review {
    match written {
        Written::Done(review) => *review,
        other => panic!("{other:?}"),
    }
}

async fn change(fresh: &Fresh, id: &ReviewId, edit: ReviewEdit, now_ms: i64) -> Written {
    fresh.db.reviews.change(id, edit, now_ms).await.unwrap()
}

async fn stored(fresh: &Fresh, id: &ReviewId) -> Option<Review> {
    fresh.db.reviews.by_id(id).await.unwrap()
}

async fn partner(fresh: &Fresh, offer: &Offer) -> Partner {
    let id = &offer.partner_id;
    let found = fresh.db.partners.partners_by_ids(std::slice::from_ref(id));
    found.await.unwrap().remove(id).unwrap()
}

async fn counts(fresh: &Fresh, offer: &Offer) -> Option<StarCounts> {
    let id = &offer.partner_id;
    let found = fresh.db.reviews.counts_of(std::slice::from_ref(id)).await;
    found.unwrap().remove(id)
}

/// The rows of the outbox that purge a partner's reviews or the partner, by the prefixes of their tags.
fn purged(rows: &[OutboxRow]) -> Vec<Vec<&str>> {
    let prefixes = |row: &'_ OutboxRow| {
        let tags = row.purge.tags.iter();
        let mut all: Vec<&'static str> = Vec::new();
        for tag in tags {
            for prefix in ["reviews", "partner", "review"] {
                if tag.as_str().split(':').next() == Some(prefix) {
                    all.push(prefix);
                }
            }
        }
        all
    };
    // The purge of an account's profile has none.
    rows.iter()
        .map(prefixes)
        .filter(|all| !all.is_empty())
        .collect()
}

async fn a_visit_is_reviewed_once_and_found_as_it_was_written(fresh: Fresh) {
    let offer = filled(&fresh).await;
    let booking = visited(&fresh, "ana", &offer).await;
    let before = fresh.pending().await;
    let new = NewReview {
        idempotency_key: Some("k:1".into()),
        ..review(&booking, "ana", 5, "Très bien\nÀ refaire")
    };
    let written = done(fresh.db.reviews.add(new.clone(), NOW_MS + 7).await.unwrap());
    let expected = Review {
        id: id_of(&booking),
        booking: booking.clone(),
        user: Some(user("ana")),
        partner: offer.partner_id.clone(),
        offer: offer.id.clone(),
        stars: stars(5),
        text: Some("Très bien\nÀ refaire".into()),
        author: Some("Zoé D.".into()),
        visited_at_ms: NOW_MS,
        idempotency_key: Some("k:1".into()),
        reply: None,
        removal: None,
        reported_at_ms: None,
        created_at_ms: NOW_MS + 7,
        changed_at_ms: NOW_MS + 7,
    };
    assert_eq!(written, expected);
    assert_eq!(stored(&fresh, &written.id).await, Some(expected.clone()));
    let of_bookings = fresh.db.reviews.of_bookings(std::slice::from_ref(&booking));
    assert_eq!(of_bookings.await.unwrap()[&booking], expected);
    let rows = fresh.pending_after(&before).await;
    assert_eq!(rows.len(), 1);
    assert!(
        rows[0]
            .purge
            .tags
            .contains(&tags::reviews(&offer.partner_id))
    );
    // The audit outlives the account.
    let said = format!("{:?}", rows[0].purge);
    assert!(!said.contains(user("ana").as_str()), "{said}");
    // Its answer was lost.
    let again = fresh.db.reviews.add(new, NOW_MS + 9).await.unwrap();
    assert_eq!(again, Written::Before(Box::new(expected)));
    let other = review(&booking, "ana", 1, "Non");
    let other = fresh.db.reviews.add(other, NOW_MS + 9).await.unwrap();
    assert_eq!(other, ReviewRefusal::AlreadyReviewed.into());
    assert_eq!(fresh.pending_after(&before).await.len(), 1);
    assert_eq!(counts(&fresh, &offer).await.unwrap().total(), 1);
}

async fn of_two_reviews_at_once_one_is_stored(fresh: Fresh) {
    let offer = filled(&fresh).await;
    let booking = visited(&fresh, "ana", &offer).await;
    let other = fresh.of_another_server().await;
    let all = (0..8).map(|number| {
        let db = if number % 2 == 0 { &fresh.db } else { &other };
        let (reviews, text) = (db.reviews.clone(), number.to_string());
        let new = review(&booking, "ana", 1 + number % 5, &text);
        async move { reviews.add(new, NOW_MS + 1).await.unwrap() }
    });
    let all = join_all(all).await;
    let made = all.iter().filter(|one| matches!(one, Written::Done(_)));
    assert_eq!(made.count(), 1, "{all:?}");
    let refused = Written::from(ReviewRefusal::AlreadyReviewed);
    assert_eq!(all.iter().filter(|one| **one == refused).count(), 7);
    assert_eq!(counts(&fresh, &offer).await.unwrap().total(), 1);
}

async fn what_cannot_be_reviewed_is_refused_and_writes_nothing(fresh: Fresh) {
    let offer = filled(&fresh).await;
    sign_up(&fresh, &user("ben")).await;
    let booked = new("booked", "ben", &offer);
    let made = fresh.db.bookings.create(booked.clone(), NOW_MS).await;
    assert!(matches!(made.unwrap(), Created::Done(_)));
    let booking = visited(&fresh, "ana", &offer).await;
    let nowhere = BookingId::derive("booking", "nowhere");
    let before = fresh.pending().await;
    for (booking, by, at_ms, refusal) in [
        (&nowhere, "ana", NOW_MS, ReviewRefusal::NoBooking),
        (&booking, "ben", NOW_MS, ReviewRefusal::NoBooking),
        (&booked.id, "ben", NOW_MS, ReviewRefusal::NotCheckedIn),
        (&booking, "ana", NOW_MS + WITHIN_MS, ReviewRefusal::TooLate),
    ] {
        let added = fresh.db.reviews.add(review(booking, by, 5, "Oui"), at_ms);
        assert_eq!(added.await.unwrap(), refusal.into(), "{by}");
    }
    let nobody = fresh
        .db
        .reviews
        .add(review(&booking, "nobody", 5, "Oui"), NOW_MS);
    assert_eq!(nobody.await.unwrap(), Written::NoAccount);
    assert_eq!(fresh.pending_after(&before).await, []);
    assert_eq!(counts(&fresh, &offer).await, None);
}

async fn an_author_rewrites_and_deletes_a_review(fresh: Fresh) {
    let offer = filled(&fresh).await;
    let first = reviewed(&fresh, "ana", &offer, 5).await;
    sign_up(&fresh, &user("ben")).await;
    let rewrite = |by: &str, number: i32, text: Option<&str>| ReviewEdit::Rewrite {
        by: user(by),
        stars: stars(number),
        text: text.map(str::to_owned),
    };
    let foreign = change(&fresh, &first.id, rewrite("ben", 1, None), NOW_MS + 2).await;
    assert_eq!(foreign, ReviewRefusal::NotFound.into());
    let edited = change(&fresh, &first.id, rewrite("ana", 2, None), NOW_MS + 3).await;
    let edited = done(edited);
    assert_eq!((edited.stars, edited.text.as_ref()), (stars(2), None));
    assert_eq!(edited.changed_at_ms, NOW_MS + 3);
    assert_eq!(stored(&fresh, &first.id).await.as_ref(), Some(&edited));
    let same = change(&fresh, &first.id, rewrite("ana", 2, None), NOW_MS + 4).await;
    assert_eq!(same, Written::Before(Box::new(edited.clone())));
    let late = rewrite("ana", 3, None);
    let late = change(&fresh, &first.id, late, NOW_MS + WITHIN_MS).await;
    assert_eq!(late, ReviewRefusal::TooLate.into());
    assert_eq!(
        counts(&fresh, &offer).await.unwrap().counts(),
        [0, 1, 0, 0, 0]
    );
    let delete = |by: &str| ReviewEdit::Delete { by: user(by) };
    let foreign = change(&fresh, &first.id, delete("ben"), NOW_MS).await;
    assert_eq!(foreign, ReviewRefusal::NotFound.into());
    let deleted = change(&fresh, &first.id, delete("ana"), NOW_MS + 2 * WITHIN_MS).await;
    assert_eq!(deleted, Written::Done(Box::new(edited)));
    assert_eq!(stored(&fresh, &first.id).await, None);
    let again = change(&fresh, &first.id, delete("ana"), NOW_MS).await;
    assert_eq!(again, ReviewRefusal::NotFound.into());
    assert_eq!(counts(&fresh, &offer).await, Some(StarCounts::default()));
    let shown = partner(&fresh, &offer).await;
    assert_eq!((shown.rating, shown.review_count), (None, 0));
    // Who deletes a review may write another one.
    let anew = review(&first.booking, "ana", 4, "Finalement");
    done(fresh.db.reviews.add(anew, NOW_MS + DAY_MS).await.unwrap());
    assert_eq!(partner(&fresh, &offer).await.review_count, 1);
}

async fn a_rating_is_kept_with_the_reviews_and_purges_only_when_it_shows(fresh: Fresh) {
    let offer = filled(&fresh).await;
    // The sample data invents a rating, which is shown until the first review.
    let invented = partner(&fresh, &offer).await;
    assert_eq!(counts(&fresh, &offer).await, None);
    let before = fresh.pending().await;
    reviewed(&fresh, "p0", &offer, 4).await;
    let shown = partner(&fresh, &offer).await;
    assert_eq!((shown.rating, shown.review_count), (Some(4.0), 1));
    let rows = fresh.pending_after(&before).await;
    let told: Vec<_> = purged(&rows)
        .into_iter()
        .filter(|tags| !tags.is_empty())
        .collect();
    let changes = invented.rating != Some(4.0);
    assert_eq!(told[0].contains(&"partner"), changes, "{told:?}");
    // Many fours do not change what is shown.
    let before = fresh.pending().await;
    for name in ["p1", "p2"] {
        reviewed(&fresh, name, &offer, 4).await;
    }
    let rows = fresh.pending_after(&before).await;
    let told: Vec<_> = purged(&rows)
        .into_iter()
        .filter(|tags| !tags.is_empty())
        .collect();
    assert_eq!(told, [["reviews"], ["reviews"]]);
    let before = fresh.pending().await;
    reviewed(&fresh, "p3", &offer, 1).await;
    let shown = partner(&fresh, &offer).await;
    // (20 + 4 + 4 + 4 + 1) / 9 is 3.67.
    assert_eq!((shown.rating, shown.review_count), (Some(3.7), 4));
    let rows = fresh.pending_after(&before).await;
    let told: Vec<_> = purged(&rows)
        .into_iter()
        .filter(|tags| !tags.is_empty())
        .collect();
    assert_eq!(told, [["reviews", "partner"]]);
    // An edit of the partner keeps its rating.
    let edit = domain::partners::edit::PartnerEdit {
        name: domain::offers::edit::Edit::Set("Autre nom".into()),
        ..Default::default()
    };
    let edited =
        fresh
            .db
            .partners
            .update_partner(offer.partner_id.clone(), edit, author("edit"), NOW_MS);
    edited.await.unwrap();
    let shown = partner(&fresh, &offer).await;
    assert_eq!((shown.rating, shown.review_count), (Some(3.7), 4));
}

fn query(offer: &Offer, order: ReviewOrder, first: usize) -> ReviewQuery {
    ReviewQuery {
        about: ReviewsAbout::Partner(offer.partner_id.clone()),
        order,
        first,
        after: None,
    }
}

/// The stars and authors' ids of all pages, three reviews a page.
async fn paged(fresh: &Fresh, offer: &Offer, order: ReviewOrder) -> Vec<Review> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let query = ReviewQuery {
            after,
            ..query(offer, order, 3)
        };
        let mut pages = fresh.db.reviews.pages(&[query]).await.unwrap();
        let page = pages.remove(0);
        assert!(page.items.len() <= 3);
        after = page.items.last().map(ReviewCursor::of);
        all.extend(page.items);
        if !page.has_next_page {
            return all;
        }
    }
}

async fn a_partners_reviews_are_paged_in_three_orders(fresh: Fresh) {
    let offer = filled(&fresh).await;
    let mut all = Vec::new();
    for (n, number) in [3, 5, 1, 5, 3, 2, 4].into_iter().enumerate() {
        let name = format!("p{n}");
        let booking = visited(&fresh, &name, &offer).await;
        // Some at the same moment.
        let at_ms = NOW_MS + i64::try_from(n).unwrap() / 2;
        let new = review(&booking, &name, number, "Oui");
        all.push(done(fresh.db.reviews.add(new, at_ms).await.unwrap()));
    }
    let newest = |one: &Review, other: &Review| {
        let key = |of: &Review| (of.created_at_ms, of.id.clone());
        key(other).cmp(&key(one))
    };
    all.sort_by(newest);
    assert_eq!(paged(&fresh, &offer, ReviewOrder::Newest).await, all);
    // The sort is stable.
    all.sort_by_key(|review| -review.stars.number());
    assert_eq!(paged(&fresh, &offer, ReviewOrder::Highest).await, all);
    all.sort_by(newest);
    all.sort_by_key(|review| review.stars);
    assert_eq!(paged(&fresh, &offer, ReviewOrder::Lowest).await, all);
    let mine = fresh
        .db
        .reviews
        .of_user(&user("p3"), 5, None)
        .await
        .unwrap();
    assert_eq!(mine.items.len(), 1);
    let after = Some(ReviewCursor::of(&mine.items[0]));
    let rest = fresh.db.reviews.of_user(&user("p3"), 5, after).await;
    assert_eq!(rest.unwrap().items, []);
}

async fn pages_of_several_partners_are_read_together(fresh: Fresh) {
    let families: Vec<_> = domain::catalogue::sample::families(400, NOW_MS)
        .take(3)
        .collect();
    fresh.fill(families.clone()).await;
    let mut queries = Vec::new();
    for (n, family) in families.iter().enumerate() {
        let offer = Offer {
            valid_from_ms: 0,
            valid_until_ms: NOW_MS + 1_000 * DAY_MS,
            is_active: true,
            schedule: None,
            quota: None,
            ..open(&format!("of {n}"))
        };
        let offer = Offer {
            partner_id: family.partner.id.clone(),
            establishment_id: family.establishments[0].id.clone(),
            ..offer
        };
        let mut more = family.clone();
        more.offers = vec![offer.clone()];
        fresh.fill(vec![more]).await;
        for person in 0..n {
            reviewed(&fresh, &format!("p{n} {person}"), &offer, 5).await;
        }
        queries.push(query(&offer, ReviewOrder::Newest, 1));
    }
    let pages = fresh.db.reviews.pages(&queries).await.unwrap();
    let found: Vec<_> = pages
        .iter()
        .map(|page| (page.items.len(), page.has_next_page))
        .collect();
    assert_eq!(found, [(0, false), (1, false), (1, true)]);
    for (page, query) in pages.iter().zip(&queries) {
        assert!(
            page.items
                .iter()
                .all(|review| query.about == ReviewsAbout::Partner(review.partner.clone()))
        );
    }
    assert_eq!(fresh.db.reviews.pages(&[]).await.unwrap(), []);
}

async fn a_new_name_of_the_account_is_shown_with_its_reviews(fresh: Fresh) {
    let offer = filled(&fresh).await;
    let review = reviewed(&fresh, "ana", &offer, 5).await;
    let before = fresh.pending().await;
    let edit = ProfileEdit {
        first_name: Some("Alex".into()),
        ..ProfileEdit::default()
    };
    let change = AccountChange::Profile(Box::new(edit));
    let changed = fresh
        .db
        .users
        .change(&user("ana"), change, NOW_MS + 5)
        .await;
    assert!(matches!(changed.unwrap(), Changed::Done(_)));
    let expected = Review {
        author: Some("Alex D.".into()),
        ..review.clone()
    };
    assert_eq!(stored(&fresh, &review.id).await, Some(expected));
    let rows = fresh.pending_after(&before).await;
    assert_eq!(purged(&rows), [["reviews"]]);
    // Nothing else of the account shows.
    let before = fresh.pending().await;
    let status = AccountChange::Status(Status::Disabled);
    fresh
        .db
        .users
        .change(&user("ana"), status, NOW_MS + 6)
        .await
        .unwrap();
    let rows = fresh.pending_after(&before).await;
    assert_eq!(purged(&rows), Vec::<Vec<&str>>::new());
}

async fn a_review_goes_with_the_check_in_that_is_undone(fresh: Fresh) {
    let offer = filled(&fresh).await;
    let review = reviewed(&fresh, "ana", &offer, 1).await;
    let (booking, by) = (&review.booking, By::Staff(None));
    let undone = fresh
        .db
        .bookings
        .step(booking, Step::UndoCheckIn, by, NOW_MS + 2);
    let undone = undone.await.unwrap();
    assert!(matches!(undone, Stepped::Done(_)), "{undone:?}");
    assert_eq!(stored(&fresh, &review.id).await, None);
    assert_eq!(counts(&fresh, &offer).await, Some(StarCounts::default()));
    let again = self::review(booking, "ana", 1, "Encore");
    let again = fresh.db.reviews.add(again, NOW_MS + 3).await.unwrap();
    assert_eq!(again, ReviewRefusal::NotCheckedIn.into());
}

async fn a_reply_is_stored_and_told_once(fresh: Fresh) {
    let offer = filled(&fresh).await;
    let first = reviewed(&fresh, "ana", &offer, 5).await;
    let reply = |text: &str| ReviewEdit::Reply {
        text: text.into(),
        author: author("replyToReview"),
    };
    let before = fresh.pending().await;
    let answered = done(change(&fresh, &first.id, reply("Merci"), NOW_MS + 5).await);
    assert_eq!(stored(&fresh, &first.id).await.as_ref(), Some(&answered));
    let rows = fresh.pending_after(&before).await;
    assert_eq!(purged(&rows), [["reviews", "review"]]);
    assert_eq!(rows[0].purge.actor, "test");
    let same = change(&fresh, &first.id, reply("Merci"), NOW_MS + 6).await;
    assert_eq!(same, Written::Before(Box::new(answered)));
    done(change(&fresh, &first.id, reply("Merci bien"), NOW_MS + 7).await);
    let remove = ReviewEdit::RemoveReply {
        author: author("removeReply"),
    };
    let bare = done(change(&fresh, &first.id, remove, NOW_MS + 8).await);
    assert_eq!(stored(&fresh, &first.id).await, Some(bare));
    done(change(&fresh, &first.id, reply("Encore"), NOW_MS + 9).await);
    let told = fresh
        .db
        .queue
        .list(domain::queue::store::TaskFilter::default(), 99)
        .await
        .unwrap();
    let told = told.iter().filter(|task| task.kind == "review_replied");
    assert_eq!(told.count(), 1);
    let gone = ReviewId::derive("review", "gone");
    let gone = change(&fresh, &gone, reply("Merci"), NOW_MS).await;
    assert_eq!(gone, ReviewRefusal::NotFound.into());
}

async fn counts_that_drifted_are_found_and_mended(fresh: Fresh) {
    let offer = filled(&fresh).await;
    let drifted = async || -> Vec<_> {
        let all = fresh.db.reviews.recounted(None, 500).await.unwrap();
        assert!(!all.is_empty());
        all.into_iter()
            .filter(domain::reviews::rating::Recount::has_drifted)
            .collect()
    };
    assert_eq!(drifted().await, []);
    let partner_id = &offer.partner_id;
    // A partner that never had a review keeps what was invented.
    assert!(!fresh.db.reviews.recount(partner_id, NOW_MS).await.unwrap());
    for (name, number) in [("ana", 5), ("ben", 3)] {
        reviewed(&fresh, name, &offer, number).await;
    }
    assert_eq!(drifted().await, []);
    assert!(!fresh.db.reviews.recount(partner_id, NOW_MS).await.unwrap());
    // As if another program had stored it.
    let kind = domain::rows::KINDS
        .iter()
        .find(|kind| kind.collection == domain::rows::Collection::Reviews);
    let kind = *kind.unwrap();
    let page = fresh.db.rows.page(kind, None, 10).await.unwrap();
    let mut alien = page[0].clone();
    for column in ["id", "booking_id"] {
        let id = BookingId::derive("alien", column).to_string();
        alien.insert(column.to_owned(), id.into());
    }
    alien.insert("stars".to_owned(), 1.into());
    fresh.db.rows.put(kind, vec![alien]).await.unwrap();
    let found = drifted().await;
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].partner, *partner_id);
    assert_eq!(found[0].counted.counts(), [1, 0, 1, 0, 1]);
    let before = fresh.pending().await;
    assert!(fresh.db.reviews.recount(partner_id, NOW_MS).await.unwrap());
    assert_eq!(drifted().await, []);
    assert_eq!(fresh.pending_after(&before).await.len(), 1);
    let shown = partner(&fresh, &offer).await;
    // (20 + 9) / 8 is 3.625.
    assert_eq!((shown.rating, shown.review_count), (Some(3.6), 3));
    let after = fresh
        .db
        .reviews
        .recounted(Some(partner_id), 500)
        .await
        .unwrap();
    assert!(after.iter().all(|one| one.partner > *partner_id));
}

async fn an_offers_reviews_are_those_of_its_guests(fresh: Fresh) {
    let (one, other) = (open("a"), open("b"));
    let other = Offer {
        partner_id: one.partner_id.clone(),
        establishment_id: one.establishment_id.clone(),
        ..other
    };
    fresh
        .fill(vec![family(vec![one.clone(), other.clone()])])
        .await;
    let mut of_one = Vec::new();
    for n in 0..5 {
        of_one.push(reviewed(&fresh, &format!("p{n}"), &one, 3).await.id);
    }
    let of_other = reviewed(&fresh, "ana", &other, 5).await;
    of_one.sort();
    of_one.reverse();
    let page = async |offer: &Offer, first, after| {
        let query = ReviewQuery {
            about: ReviewsAbout::Offer(offer.id.clone()),
            after,
            ..query(offer, ReviewOrder::Newest, first)
        };
        fresh.db.reviews.pages(&[query]).await.unwrap().remove(0)
    };
    assert_eq!(page(&other, 9, None).await.items, [of_other]);
    let first = page(&one, 3, None).await;
    assert!(first.has_next_page);
    let after = first.items.last().map(ReviewCursor::of);
    let rest = page(&one, 3, after).await;
    assert!(!rest.has_next_page);
    let all = first.items.into_iter().chain(rest.items);
    assert!(all.map(|review| review.id).eq(of_one));
}
