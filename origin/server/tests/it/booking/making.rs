//! `createBooking`, `confirmBooking` and `cancelBooking`.

use domain::{Offer, users::account::Post};
use serde_json::{Value, json};

use super::{CANCEL, CREATE, HOUR_MS, again, booked, create, places, works_for};
use crate::{
    accounts::person::register,
    app::TestApp,
    fixtures::{NOW_MS, offer, store},
};

#[tokio::test]
async fn a_booking_takes_a_place_and_its_answer_and_purge_say_so() {
    let app = TestApp::start().await;
    let one = places("a", 0, 2);
    store(&app, "a", vec![one.clone()]).await;
    let ana = register(&app, "ana").await;
    let before = app.head();
    let answer = create(&app, &ana, &one).await;
    let booking = answer.data()["createBooking"].clone();
    assert_eq!(booking["status"], "CONFIRMED");
    assert_eq!(booking["user"], json!({"id": ana.id, "firstName": "Zoé"}));
    assert_eq!(booking["offer"]["quota"]["remaining"], 1);
    assert_eq!(booking["validFrom"], "2026-06-01T12:00:00.000Z");
    assert_eq!(booking["validUntil"], "2026-06-02T12:00:00.000Z");
    assert_eq!(booking["cancellableUntil"], "2026-06-01T12:15:00.000Z");
    assert_eq!(answer.header("cache-control"), "private, no-store");
    let revision: u64 = answer.header("yousoon-revision").parse().unwrap();
    assert!(revision > before.0);
    let logged: (String, String) = app
        .db
        .read(move |c| {
            let sql = "SELECT tags, actor FROM purge_log ORDER BY revision DESC LIMIT 1";
            Ok(c.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?)))?)
        })
        .await
        .unwrap();
    let id = |of: &Value| of["id"].as_str().unwrap().to_owned();
    let tags = json!([
        format!("booking:{}", id(&booking)),
        format!("bookings-of:{}", one.partner_id),
        format!("quota:{}", id(&booking["offer"]))
    ]);
    assert_eq!(
        logged,
        (tags.to_string(), "holder of the booking".to_owned())
    );
}

#[tokio::test]
async fn each_refusal_has_its_code_in_both_languages() {
    let app = TestApp::start().await;
    let (two, one) = (places("a", 0, 2), places("a", 1, 1));
    let off = Offer {
        is_active: false,
        ..places("a", 2, 1)
    };
    let over = Offer {
        valid_until_ms: NOW_MS + HOUR_MS,
        ..offer("a", 3)
    };
    let all = vec![two.clone(), one.clone(), off.clone(), over.clone()];
    store(&app, "a", all).await;
    let (ana, bob) = (register(&app, "ana").await, register(&app, "bob").await);
    booked(&app, &ana, &two).await;
    booked(&app, &bob, &one).await;
    for (offer, code, french, english) in [
        (
            &two,
            "ALREADY_BOOKED",
            "vous avez déjà une réservation en cours pour cette offre",
            "you already have an open booking of this offer",
        ),
        (
            &one,
            "OFFER_SOLD_OUT",
            "cette offre est épuisée",
            "this offer is sold out",
        ),
        (
            &off,
            "OFFER_NOT_BOOKABLE",
            "cette offre ne peut pas être réservée en ce moment",
            "this offer cannot be booked at the moment",
        ),
        (
            &over,
            "OFFER_CLOSED",
            "cette offre n’a plus d’horaire à venir",
            "this offer has no opening hours left",
        ),
    ] {
        for (language, message) in [("fr", french), ("en", english)] {
            let request = app
                .post(CREATE, &json!({"o": offer.id}))
                .bearer_auth(&ana.access)
                .header("accept-language", language);
            let refused = crate::app::Answer::of(request).await;
            assert_eq!(refused.code(), code);
            assert_eq!(refused.json()["errors"][0]["message"], message);
        }
    }
    let unknown = ana.ask(&app, CREATE, json!({"o": "nothing"})).await;
    assert_eq!(unknown.code(), "OFFER_NOT_FOUND");
    let anonymous = app.ask(CREATE, json!({"o": two.id})).await;
    assert_eq!(anonymous.code(), "UNAUTHENTICATED");
}

#[tokio::test]
async fn the_same_key_gives_the_same_booking() {
    let app = TestApp::start().await;
    let (one, other) = (places("a", 0, 9), places("a", 1, 9));
    store(&app, "a", vec![one.clone(), other.clone()]).await;
    let ana = register(&app, "ana").await;
    let keyed = async |offer: &Offer, key: &str| {
        let variables = json!({"o": offer.id, "k": key});
        ana.ask(&app, CREATE, variables).await
    };
    let first = keyed(&one, "k-1").await.data()["createBooking"].clone();
    let again = keyed(&one, "k-1").await.data()["createBooking"].clone();
    assert_eq!(first["id"], again["id"]);
    assert_eq!(again["offer"]["quota"]["remaining"], 8);
    assert_eq!(keyed(&other, "k-1").await.code(), "IDEMPOTENCY_KEY_REUSED");
    for bad in ["", "a b", "é", &"k".repeat(101)] {
        assert_eq!(keyed(&other, bad).await.code(), "BAD_USER_INPUT", "{bad:?}");
    }
}

/// F1.
#[tokio::test]
async fn a_form_that_was_read_before_a_booking_does_not_give_its_place_away() {
    const UPDATE: &str =
        "mutation U($o: ID!, $i: UpdateOfferInput!) { updateOffer(id: $o, input: $i) {
        quota { total remaining } } }";
    let app = TestApp::start().await;
    let one = places("a", 0, 1);
    store(&app, "a", vec![one.clone()]).await;
    let (ana, bob) = (register(&app, "ana").await, register(&app, "bob").await);
    let manager = works_for(&app, "manager", "a", Post::Manager).await;
    booked(&app, &ana, &one).await;
    let update = async |quota: Value| {
        let input = json!({"quota": quota, "expectedVersion": 1});
        let variables = json!({"o": one.id, "i": input});
        manager.ask(&app, UPDATE, variables).await
    };
    // As the form has it, which was read before.
    let saved = update(json!({"total": 1, "remaining": 1})).await.data();
    let quota = &saved["updateOffer"]["quota"];
    assert_eq!(*quota, json!({"total": 1, "remaining": 0}));
    assert_eq!(create(&app, &bob, &one).await.code(), "OFFER_SOLD_OUT");
    let below = update(json!({"total": 0})).await;
    assert_eq!(below.code(), "QUOTA_BELOW_BOOKED", "{}", below.text);
    let more = update(json!({"total": 3})).await.data();
    assert_eq!(more["updateOffer"]["quota"]["remaining"], 2);
    booked(&app, &bob, &one).await;
}

#[tokio::test]
async fn a_booking_is_given_back_by_its_holder_while_there_is_time() {
    let app = TestApp::start().await;
    // From 18:00 in Paris on, which is in four hours.
    let one = offer("a", 0);
    store(&app, "a", vec![one.clone()]).await;
    let (ana, bob) = (register(&app, "ana").await, register(&app, "bob").await);
    let booking = booked(&app, &ana, &one).await;
    assert_eq!(booking["validFrom"], "2026-06-01T16:00:00.000Z");
    assert_eq!(booking["cancellableUntil"], "2026-06-01T14:00:00.000Z");
    let this = json!({"b": booking["id"]});
    assert_eq!(
        bob.ask(&app, CANCEL, this.clone()).await.code(),
        "BOOKING_NOT_FOUND"
    );
    let done = ana.ask(&app, CANCEL, this.clone()).await.data()["cancelBooking"].clone();
    assert_eq!(done["status"], "CANCELLED");
    assert_eq!(done["offer"]["quota"]["remaining"], 3);
    // F3. Asked again it gives back no second place.
    let twice = ana.ask(&app, CANCEL, this).await.data()["cancelBooking"].clone();
    assert_eq!(twice, done);
    let late = booked(&app, &ana, &one).await;
    app.pass_ms(2 * HOUR_MS);
    let ana = again(&app, "ana").await;
    let refused = ana.ask(&app, CANCEL, json!({"b": late["id"]})).await;
    assert_eq!(refused.code(), "CANCELLATION_TOO_LATE");
}
