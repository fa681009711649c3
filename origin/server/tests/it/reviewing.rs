//! Reviews over HTTP: written by guests, shared with everybody, answered, reported and removed.

mod asking;
mod counting;
mod moderating;
mod sharing;

use std::sync::atomic::Ordering::Relaxed;

use domain::{
    BookingId, Offer, ReviewId,
    bookings::{
        booking::Step,
        store::{By, Stepped},
    },
    reviews::{
        outcome::Written,
        review::Stars,
        rules::{NewReview, WITHIN_MS},
    },
    users::account::Post,
};
use serde_json::{Value, json};

use crate::{
    accounts::person::{PASSWORD, Person, login, register},
    app::TestApp,
    booking::{booked, places, works_for},
    fixtures::{partner, store},
};

const ADD: &str = "mutation A($b: ID!, $s: Int!, $t: String, $k: String) {
    addReview(bookingId: $b, stars: $s, text: $t, idempotencyKey: $k) {
    id bookingId stars text author visitedAt createdAt updatedAt editableUntil reply { text }
    removal { reason } partner { id rating reviewCount } } }";
const UPDATE: &str = "mutation U($i: ID!, $s: Int!, $t: String) {
    updateReview(id: $i, stars: $s, text: $t) { id stars text updatedAt } }";
const DELETE: &str = "mutation D($i: ID!) { deleteReview(id: $i) }";
const REPLY: &str = "mutation R($i: ID!, $t: String!) {
    replyToReview(id: $i, text: $t) { id reply { text createdAt } } }";
const REMOVE_REPLY: &str = "mutation R($i: ID!) { removeReply(id: $i) { id reply { text } } }";
const SHOWN: &str = "query P($i: ID!, $f: Int, $a: String, $o: ReviewOrder!) { partner(id: $i) {
    rating reviewCount ratingDistribution { stars count }
    reviews(first: $f, after: $a, orderBy: $o) { pageInfo { hasNextPage endCursor }
    edges { node { id stars text author visitedAt reply { text } } } } } }";
const BOOKING: &str = "query B($b: ID!) { booking(id: $b) { canReviewUntil review { id stars } } }";
const MINE: &str = "query M { myReviews { edges { node { id stars removal { reason }
    editableUntil } } } }";

/// A booking of this offer that was checked in now.
pub(crate) async fn visited(app: &TestApp, who: &Person, offer: &Offer) -> BookingId {
    let booking = booked(app, who, offer).await;
    let id = BookingId::parse(booking["id"].as_str().unwrap()).unwrap();
    let now_ms = app.clock.load(Relaxed);
    let bookings = &app.state.services.bookings;
    let stepped = bookings.step(&id, Step::CheckIn, By::Staff(None), now_ms);
    let stepped = stepped.await.unwrap();
    assert!(matches!(stepped, Stepped::Done(_)), "{stepped:?}");
    id
}

/// A visit that is reviewed.
pub(crate) async fn reviewed(app: &TestApp, who: &Person, offer: &Offer, stars: i32) -> ReviewId {
    let new = NewReview {
        user: who.user_id(),
        booking: visited(app, who, offer).await,
        stars: Stars::new(stars).unwrap(),
        text: Some("Très bien".into()),
        idempotency_key: None,
    };
    let now_ms = app.clock.load(Relaxed);
    match app.state.services.reviews.add(new, now_ms).await.unwrap() {
        Written::Done(review) => review.id,
        other => panic!("{other:?}"),
    }
}

/// An app with two offers of the partner `a`.
async fn world() -> (TestApp, Offer, Offer) {
    let app = TestApp::start().await;
    let (one, other) = (places("a", 0, 99), places("a", 1, 99));
    store(&app, "a", vec![one.clone(), other.clone()]).await;
    (app, one, other)
}

async fn shown(app: &TestApp) -> Value {
    let variables = json!({"i": partner("a").id, "o": "NEWEST"});
    app.ask(SHOWN, variables).await.data()["partner"].clone()
}

/// Once more: access tokens live for a quarter of an hour.
async fn again(app: &TestApp, name: &str) -> Person {
    let answer = login(app, &format!("{name}@example.fr"), PASSWORD).await;
    Person::of(&answer.data()["login"])
}

#[tokio::test]
async fn a_guest_reviews_a_visit_and_everybody_reads_it() {
    let (app, one, _) = world().await;
    let ana = register(&app, "ana").await;
    let visit = visited(&app, &ana, &one).await;
    let before = ana.ask(&app, BOOKING, json!({"b": visit})).await.data();
    let until = "2026-07-01T12:00:00.000Z";
    let expected = json!({"booking": {"canReviewUntil": until, "review": null}});
    assert_eq!(before, expected);
    let invented = shown(&app).await;
    assert_eq!(invented["reviewCount"], 12, "as the catalogue said");
    assert_eq!(invented["reviews"]["edges"], json!([]));

    app.pass_ms(5_000);
    let text = " Très bon accueil\r\n<b>& des frites</b> ";
    let new = json!({"b": visit, "s": 5, "t": text, "k": "k"});
    let answer = ana.ask(&app, ADD, new.clone()).await;
    assert_ne!(answer.header("yousoon-revision"), "");
    let added = answer.data()["addReview"].clone();
    assert_eq!(added["text"], "Très bon accueil\n<b>& des frites</b>");
    assert_eq!(added["author"], "Zoé D.");
    assert_eq!(added["visitedAt"], "2026-06");
    assert_eq!(added["editableUntil"], until);
    let of_partner = json!({"id": partner("a").id, "rating": 4.2, "reviewCount": 1});
    assert_eq!(added["partner"], of_partner);
    // Its answer was lost.
    let repeated = ana.ask(&app, ADD, new).await.data();
    assert_eq!(repeated["addReview"]["id"], added["id"]);

    let public = shown(&app).await;
    assert_eq!(
        (&public["rating"], &public["reviewCount"]),
        (&json!(4.2), &json!(1))
    );
    let counts = public["ratingDistribution"].as_array().unwrap();
    assert_eq!(counts[0], json!({"stars": 5, "count": 1}));
    assert_eq!(counts.len(), 5);
    let node = &public["reviews"]["edges"][0]["node"];
    assert_eq!(node["id"], added["id"]);
    assert_eq!(node["author"], "Zoé D.");
    let booking = ana.ask(&app, BOOKING, json!({"b": visit})).await.data();
    let expected = json!({"booking": {"canReviewUntil": null,
        "review": {"id": added["id"], "stars": 5}}});
    assert_eq!(booking, expected);
    // The team reads what everybody reads.
    let staff = works_for(&app, "staff", "a", Post::Owner).await;
    let refused = staff.ask(&app, BOOKING, json!({"b": visit})).await;
    assert_eq!(refused.code(), "FORBIDDEN");

    let edit = json!({"i": added["id"], "s": 1});
    let edited = ana.ask(&app, UPDATE, edit).await.data();
    assert_eq!(edited["updateReview"]["text"], Value::Null);
    let public = shown(&app).await;
    assert_eq!(
        (&public["rating"], &public["reviewCount"]),
        (&json!(3.5), &json!(1))
    );
    let deleted = ana.ask(&app, DELETE, json!({"i": added["id"]})).await;
    assert_eq!(deleted.data()["deleteReview"], true);
    let public = shown(&app).await;
    assert_eq!(
        (&public["rating"], &public["reviewCount"]),
        (&json!(null), &json!(0))
    );
    assert_eq!(public["reviews"]["edges"], json!([]));
}

#[tokio::test]
async fn each_reason_not_to_review_has_its_code() {
    let (app, one, other) = world().await;
    let (ana, ben) = (register(&app, "ana").await, register(&app, "ben").await);
    let team = works_for(&app, "team", "a", Post::Staff).await;
    let (visit, open) = (
        visited(&app, &ana, &one).await,
        booked(&app, &ana, &other).await,
    );
    let own = visited(&app, &team, &one).await;
    let new =
        |booking: &Value, stars: i32, text: &str| json!({"b": booking, "s": stars, "t": text});
    let visit = json!(visit);
    for (who, new, code) in [
        (&ana, new(&visit, 6, "Oui"), "BAD_USER_INPUT"),
        (&ana, new(&visit, 0, "Oui"), "BAD_USER_INPUT"),
        (&ana, new(&visit, 5, "www.spam.example"), "BAD_USER_INPUT"),
        (&ana, new(&visit, 5, "a\u{202e}b"), "BAD_USER_INPUT"),
        (&ana, new(&json!("nonsense"), 5, "Oui"), "BOOKING_NOT_FOUND"),
        (&ben, new(&visit, 5, "Oui"), "BOOKING_NOT_FOUND"),
        (&ana, new(&open["id"], 5, "Oui"), "BOOKING_NOT_CHECKED_IN"),
        (&team, new(&json!(own), 5, "Super"), "REVIEW_OF_OWN_PARTNER"),
    ] {
        let refused = who.ask(&app, ADD, new.clone()).await;
        assert_eq!(refused.code(), code, "{new}");
    }
    let added = ana.ask(&app, ADD, new(&visit, 5, "Oui")).await.data();
    let id = &added["addReview"]["id"];
    let second = ana.ask(&app, ADD, new(&visit, 1, "Non")).await;
    assert_eq!(second.code(), "ALREADY_REVIEWED");
    let edit = json!({"i": id, "s": 1});
    for (who, query, variables, code) in [
        (&ben, UPDATE, edit.clone(), "REVIEW_NOT_FOUND"),
        (&ben, DELETE, json!({"i": id}), "REVIEW_NOT_FOUND"),
        (
            &ana,
            UPDATE,
            json!({"i": "nonsense", "s": 1}),
            "REVIEW_NOT_FOUND",
        ),
        (&ana, UPDATE, json!({"i": id, "s": 9}), "BAD_USER_INPUT"),
    ] {
        let refused = who.ask(&app, query, variables).await;
        assert_eq!(refused.code(), code);
    }
    app.pass_ms(WITHIN_MS);
    let ana = again(&app, "ana").await;
    let late = ana.ask(&app, UPDATE, edit).await;
    assert_eq!(late.code(), "REVIEW_TOO_LATE");
    let mine = ana.ask(&app, MINE, json!({})).await.data();
    let mine = &mine["myReviews"]["edges"][0]["node"];
    assert_eq!((&mine["id"], &mine["editableUntil"]), (id, &Value::Null));
    // Deleted it can be at any time, and then it is too late for another one.
    let deleted = ana.ask(&app, DELETE, json!({"i": id})).await.data();
    assert_eq!(deleted["deleteReview"], true);
    let again = ana.ask(&app, DELETE, json!({"i": id})).await.data();
    assert_eq!(again["deleteReview"], false);
    let late = ana.ask(&app, ADD, new(&visit, 5, "Oui")).await;
    assert_eq!(late.code(), "REVIEW_TOO_LATE");
}

#[tokio::test]
async fn reviews_are_counted_against_a_limit() {
    let app = TestApp::builder()
        .rate_limits(1_000, 1_000)
        .budgets(|budgets| {
            for budget in [&mut budgets.review, &mut budgets.review_report] {
                budget.most = std::num::NonZeroU32::new(1).unwrap();
            }
        })
        .start()
        .await;
    let one = places("a", 0, 99);
    store(&app, "a", vec![one.clone()]).await;
    let (ana, ben) = (register(&app, "ana").await, register(&app, "ben").await);
    crate::accounts::person::verify(&app, &ben).await;
    let review = reviewed(&app, &ana, &one, 5).await;
    let edit = json!({"i": review, "s": 1});
    ana.ask(&app, UPDATE, edit.clone()).await.data();
    let refused = ana.ask(&app, UPDATE, edit).await;
    assert_eq!(refused.code(), "RATE_LIMITED");
    let report = json!({"i": review, "r": "FAKE"});
    ben.ask(&app, moderating::REPORT, report.clone())
        .await
        .data();
    let refused = ben.ask(&app, moderating::REPORT, report).await;
    assert_eq!(refused.code(), "RATE_LIMITED");
}
