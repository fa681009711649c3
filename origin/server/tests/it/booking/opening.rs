//! Openings that are listed and booked, and the people of a booking.

use domain::{BookingLimits, Offer, OfferSchedule, users::account::Post};
use serde_json::{Value, json};

use super::{HOUR_MS, again, places, works_for};
use crate::{
    accounts::person::{Person, register},
    app::{Answer, TestApp},
    fixtures::{NOW_MS, store},
};

const OPENINGS: &str = "query O($o: ID!, $f: DateTime!, $t: DateTime!) {
    offer(id: $o) { openings(from: $f, to: $t) { start end placesLeft } } }";
const CREATE: &str = "mutation C($o: ID!, $k: String, $at: DateTime, $n: Int! = 1) {
    createBooking(offerId: $o, idempotencyKey: $k, opening: $at, partySize: $n) {
    id status validFrom validUntil partySize } }";
const CANCEL: &str = "mutation X($b: ID!) { cancelBooking(id: $b) { status } }";

/// Open on Fridays and Saturdays from 20:00 to 02:00 in Paris, for six people a night and ten in all;
/// now is Monday, 1 June, 14:00.
fn weekend() -> Offer {
    Offer {
        valid_from_ms: NOW_MS - 240 * HOUR_MS,
        valid_until_ms: NOW_MS + 4_800 * HOUR_MS,
        schedule: Some(OfferSchedule {
            weekdays: vec![5, 6],
            from: "20:00".into(),
            to: "02:00".into(),
        }),
        limits: BookingLimits {
            per_day: Some(6),
            ..BookingLimits::default()
        },
        ..places("a", 0, 10)
    }
}

async fn book(app: &TestApp, who: &Person, offer: &Offer, more: Value) -> Answer {
    let mut variables = json!({"o": offer.id});
    let fields = variables.as_object_mut().unwrap();
    fields.extend(more.as_object().unwrap().clone());
    who.ask(app, CREATE, variables).await
}

async fn left(app: &TestApp, offer: &Offer) -> Vec<(String, Value)> {
    let week = json!({"o": offer.id, "f": "2026-06-01T04:00:00Z", "t": "2026-06-08T04:00:00Z"});
    let shown = app.ask(OPENINGS, week).await.data();
    let openings = shown["offer"]["openings"].as_array().unwrap().iter();
    let openings = openings.map(|one| (one["start"].to_string(), one["placesLeft"].clone()));
    openings.collect()
}

const FRIDAY: &str = "2026-06-05T18:00:00.000Z";
const SATURDAY: &str = "2026-06-06T18:00:00.000Z";

#[tokio::test]
async fn openings_show_what_is_left_and_a_party_takes_a_place_each() {
    let app = TestApp::start().await;
    let offer = weekend();
    store(&app, "a", vec![offer.clone()]).await;
    let (ana, ben) = (register(&app, "ana").await, register(&app, "ben").await);
    let both = |friday: i32, saturday: i32| {
        let quoted = |text: &str| format!("{text:?}");
        [
            (quoted(FRIDAY), json!(friday)),
            (quoted(SATURDAY), json!(saturday)),
        ]
    };
    assert_eq!(left(&app, &offer).await, both(6, 6));
    let made = book(&app, &ana, &offer, json!({"at": FRIDAY, "n": 4}))
        .await
        .data();
    let made = &made["createBooking"];
    assert_eq!(
        (&made["status"], &made["partySize"]),
        (&json!("CONFIRMED"), &json!(4))
    );
    assert_eq!(made["validFrom"], FRIDAY);
    assert_eq!(made["validUntil"], "2026-06-06T00:00:00.000Z");
    // Nobody is shown an older number.
    assert_eq!(left(&app, &offer).await, both(2, 6));
    for (more, code) in [
        (json!({"at": FRIDAY, "n": 3}), "OFFER_PLACES_TOO_FEW"),
        (json!({"at": SATURDAY, "n": 7}), "OFFER_PLACES_TOO_FEW"),
        (
            json!({"at": "2026-06-05T18:00:00.001Z"}),
            "OPENING_NOT_FOUND",
        ),
        (json!({"at": "2026-06-04T18:00:00Z"}), "OPENING_NOT_FOUND"),
        (json!({"at": "2026-05-30T18:00:00Z"}), "OPENING_OVER"),
        (json!({"at": "2026-10-02T18:00:00Z"}), "OPENING_TOO_FAR"),
        (json!({"at": "Friday"}), "BAD_USER_INPUT"),
        (json!({"n": 0}), "BAD_USER_INPUT"),
        (json!({"n": 21}), "BAD_USER_INPUT"),
    ] {
        let refused = book(&app, &ben, &offer, more.clone()).await;
        assert_eq!(refused.code(), code, "{more}");
    }
    book(&app, &ben, &offer, json!({"at": SATURDAY, "n": 5}))
        .await
        .data();
    // One is left in all.
    assert_eq!(left(&app, &offer).await, both(1, 1));
    let cancelled = ana.ask(&app, CANCEL, json!({"b": made["id"]})).await.data();
    assert_eq!(cancelled["cancelBooking"]["status"], "CANCELLED");
    assert_eq!(left(&app, &offer).await, both(5, 1));
}

#[tokio::test]
async fn an_offer_says_how_many_may_come_together_and_refuses_more() {
    let app = TestApp::start().await;
    let offer = weekend();
    store(&app, "a", vec![offer.clone()]).await;
    let ana = register(&app, "ana").await;
    let owner = works_for(&app, "owner", "a", Post::Owner).await;
    let update = "mutation U($o: ID!, $i: UpdateOfferInput!) {
        updateOffer(id: $o, input: $i) { maxPartySize version } }";
    let shown = "query S($o: ID!) { offer(id: $o) { maxPartySize } }";
    let shown = async || app.ask(shown, json!({"o": offer.id})).await.data()["offer"].clone();
    let set = async |most: Value| {
        let edit = json!({"o": offer.id, "i": {"maxPartySize": most}});
        owner.ask(&app, update, edit).await
    };
    assert_eq!(shown().await, json!({"maxPartySize": null}));
    for bad in [0, 51, -1] {
        let refused = set(json!(bad)).await;
        assert_eq!(refused.code(), "BAD_USER_INPUT", "{bad}");
    }
    set(json!(3)).await.data();
    // A cached answer is replaced at once.
    assert_eq!(shown().await, json!({"maxPartySize": 3}));
    let four = book(&app, &ana, &offer, json!({"at": FRIDAY, "n": 4})).await;
    assert_eq!(four.code(), "OFFER_PARTY_TOO_LARGE", "{}", four.text);
    book(&app, &ana, &offer, json!({"at": FRIDAY, "n": 3}))
        .await
        .data();
    set(Value::Null).await.data();
    assert_eq!(shown().await, json!({"maxPartySize": null}));
}

#[tokio::test]
async fn a_key_stands_for_the_same_opening_and_the_same_people() {
    let app = TestApp::start().await;
    let offer = weekend();
    store(&app, "a", vec![offer.clone()]).await;
    let ana = register(&app, "ana").await;
    let asked = json!({"at": FRIDAY, "n": 2, "k": "k"});
    let first = book(&app, &ana, &offer, asked.clone()).await.data();
    assert_eq!(book(&app, &ana, &offer, asked).await.data(), first);
    for other in [
        json!({"at": SATURDAY, "n": 2, "k": "k"}),
        json!({"at": FRIDAY, "n": 3, "k": "k"}),
    ] {
        let refused = book(&app, &ana, &offer, other).await;
        assert_eq!(refused.code(), "IDEMPOTENCY_KEY_REUSED");
    }
}

#[tokio::test]
async fn an_opening_that_goes_on_is_booked_for_what_is_left_of_it_and_one_that_is_over_is_not_listed()
 {
    let app = TestApp::start().await;
    let offer = weekend();
    store(&app, "a", vec![offer.clone()]).await;
    register(&app, "ana").await;
    // Saturday, 00:10 in Paris.
    app.pass_ms(106 * HOUR_MS + HOUR_MS / 6);
    let ana = again(&app, "ana").await;
    assert_eq!(left(&app, &offer).await.len(), 2);
    let made = book(&app, &ana, &offer, json!({"at": FRIDAY})).await.data();
    assert_eq!(
        made["createBooking"]["validFrom"],
        "2026-06-05T22:10:00.000Z"
    );
    app.pass_ms(2 * HOUR_MS);
    let [(saturday, _)] = left(&app, &offer).await.try_into().unwrap();
    assert_eq!(saturday, format!("{SATURDAY:?}"));
    let ana = again(&app, "ana").await;
    let over = book(&app, &ana, &offer, json!({"at": FRIDAY})).await;
    assert_eq!(over.code(), "OPENING_OVER");
}

#[tokio::test]
async fn a_list_of_openings_is_bounded_and_empty_for_what_cannot_be_booked() {
    let app = TestApp::start().await;
    let (offer, unlimited) = (
        weekend(),
        Offer {
            quota: None,
            ..places("a", 1, 0)
        },
    );
    let off = Offer {
        is_active: false,
        ..places("a", 2, 1)
    };
    store(
        &app,
        "a",
        vec![offer.clone(), unlimited.clone(), off.clone()],
    )
    .await;
    for (from, to) in [
        ("2026-06-01T00:00:00Z", "2026-06-01T00:00:00Z"),
        ("2026-06-01T00:00:00Z", "2026-05-01T00:00:00Z"),
        ("2026-06-01T00:00:00Z", "2026-07-02T00:00:01Z"),
        ("monday", "2026-06-02T00:00:00Z"),
    ] {
        let refused = app
            .ask(OPENINGS, json!({"o": offer.id, "f": from, "t": to}))
            .await;
        assert_eq!(refused.code(), "BAD_USER_INPUT", "{from} {to}");
    }
    let month = |offer: &Offer| json!({"o": offer.id, "f": "2026-06-01T00:00:00Z", "t": "2026-07-02T00:00:00Z"});
    let shown = app.ask(OPENINGS, month(&unlimited)).await.data();
    let openings = shown["offer"]["openings"].as_array().unwrap();
    assert!((30..=33).contains(&openings.len()), "{}", openings.len());
    assert_eq!(openings[1]["start"], "2026-06-02T04:00:00.000Z");
    assert_eq!(openings[1]["placesLeft"], Value::Null);
    let none = app.ask(OPENINGS, month(&off)).await.data();
    assert_eq!(none["offer"]["openings"], json!([]));
}
