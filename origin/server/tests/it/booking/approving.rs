//! Bookings that wait for the venue.

use domain::{Admission, Offer, OfferSchedule, users::account::Post};
use serde_json::{Value, json};

use super::{booked, ending::job, places, works_for};
use crate::{accounts::person::register, app::TestApp, fixtures::store};

const CONFIRM: &str = "mutation F($b: ID!) { confirmBooking(id: $b) { status decideBefore } }";

/// Open on Thursdays from 18:00 to 20:00 in Paris; now is Monday, 14:00.
fn on_thursdays(number: i32, requires_approval: bool) -> Offer {
    Offer {
        schedule: Some(OfferSchedule {
            weekdays: vec![4],
            from: "18:00".into(),
            to: "20:00".into(),
        }),
        admission: Admission {
            requires_approval,
            ..Admission::default()
        },
        ..places("a", number, 9)
    }
}

#[tokio::test]
async fn a_booking_is_confirmed_at_once_however_far_ahead_it_is() {
    let app = TestApp::start().await;
    let offer = on_thursdays(0, false);
    store(&app, "a", vec![offer.clone()]).await;
    let ana = register(&app, "ana").await;
    let booking = booked(&app, &ana, &offer).await;
    assert_eq!(booking["status"], "CONFIRMED");
    // As clients of earlier versions do.
    let this = json!({"b": booking["id"]});
    let again = ana.ask(&app, CONFIRM, this).await.data();
    let expected = json!({"status": "CONFIRMED", "decideBefore": null});
    assert_eq!(again["confirmBooking"], expected);
}

#[tokio::test]
async fn a_venue_approves_in_time_and_nobody_else_does() {
    let app = TestApp::start().await;
    let offer = on_thursdays(0, true);
    store(&app, "a", vec![offer.clone()]).await;
    let (ana, bob) = (register(&app, "ana").await, register(&app, "bob").await);
    let staff = works_for(&app, "staff", "a", Post::Staff).await;
    let foreign = works_for(&app, "foreign", "b", Post::Owner).await;
    let booking = booked(&app, &ana, &offer).await;
    assert_eq!(booking["status"], "PENDING");
    assert_eq!(booking["offer"]["quota"]["remaining"], 8);
    let this = json!({"b": booking["id"]});
    let shown = "query B($b: ID!) { booking(id: $b) { decideBefore partySize
        offer { requiresApproval } } }";
    let shown = ana.ask(&app, shown, this.clone()).await.data();
    let expected = json!({"decideBefore": "2026-06-02T12:00:00.000Z", "partySize": 1,
        "offer": {"requiresApproval": true}});
    assert_eq!(shown["booking"], expected);
    for (who, code) in [
        (&bob, "BOOKING_NOT_FOUND"),
        (&foreign, "BOOKING_NOT_FOUND"),
        (&ana, "APPROVAL_REQUIRED"),
    ] {
        assert_eq!(who.ask(&app, CONFIRM, this.clone()).await.code(), code);
    }
    let done = staff.ask(&app, CONFIRM, this.clone()).await.data();
    let expected = json!({"status": "CONFIRMED", "decideBefore": null});
    assert_eq!(done["confirmBooking"], expected);
    // F3. Whoever asks: it is confirmed.
    for party in [&ana, &staff] {
        let twice = party.ask(&app, CONFIRM, this.clone()).await.data();
        assert_eq!(twice, done);
    }
    // Who works for the venue may approve a booking of their own.
    let own = booked(&app, &staff, &offer).await;
    let own = json!({"b": own["id"]});
    let own = staff.ask(&app, CONFIRM, own).await.data();
    assert_eq!(own["confirmBooking"]["status"], "CONFIRMED");
}

#[tokio::test]
async fn what_nobody_answers_expires_and_gives_its_place_back() {
    let app = TestApp::start().await;
    let offer = on_thursdays(0, true);
    store(&app, "a", vec![offer.clone()]).await;
    let ana = register(&app, "ana").await;
    works_for(&app, "staff", "a", Post::Staff).await;
    let booking = booked(&app, &ana, &offer).await;
    app.pass_ms(24 * super::HOUR_MS - 1);
    assert_eq!(job(&app).turn().await.unwrap(), 0);
    app.pass_ms(1);
    let staff = super::again(&app, "staff").await;
    let this = json!({"b": booking["id"]});
    let late = staff.ask(&app, CONFIRM, this.clone()).await;
    assert_eq!(late.code(), "APPROVAL_TOO_LATE");
    // The lease of the first look is over.
    app.pass_ms(20_000);
    assert_eq!(job(&app).turn().await.unwrap(), 1);
    let late = staff.ask(&app, CONFIRM, this.clone()).await;
    assert_eq!(late.code(), "BOOKING_STATUS_CONFLICT");
    let ana = super::again(&app, "ana").await;
    let shown = "query B($b: ID!) { booking(id: $b) { status decideBefore
        offer { quota { remaining } } } }";
    let shown = ana.ask(&app, shown, this).await.data();
    let expected = json!({"status": "EXPIRED", "decideBefore": null,
        "offer": {"quota": {"remaining": 9}}});
    assert_eq!(shown["booking"], expected);
    let inbox = "{ notifications { edges { node { kind } } } }";
    app.sent().await;
    let told = ana.ask(&app, inbox, json!({})).await.data();
    assert!(told.to_string().contains("BOOKING_EXPIRED"), "{told}");
}

#[tokio::test]
async fn managers_ask_for_approval_but_not_with_a_price() {
    let app = TestApp::start().await;
    let offer = on_thursdays(0, false);
    store(&app, "a", vec![offer.clone()]).await;
    let owner = works_for(&app, "owner", "a", Post::Owner).await;
    let price = json!({"amount": 1_000, "currency": "EUR", "vatRate": 1_000});
    let query = "mutation U($o: ID!, $i: UpdateOfferInput!) {
        updateOffer(id: $o, input: $i) { requiresApproval } }";
    let update = async |input: Value| {
        let variables = json!({"o": offer.id, "i": input});
        owner.ask(&app, query, variables).await
    };
    let asks = update(json!({"requiresApproval": true})).await.data();
    assert_eq!(asks["updateOffer"]["requiresApproval"], true);
    for input in [
        json!({"price": price}),
        json!({"price": price, "requiresApproval": true}),
    ] {
        assert_eq!(update(input).await.code(), "APPROVAL_WITH_PRICE");
    }
    let null = update(json!({"requiresApproval": null})).await;
    assert_eq!(null.code(), "BAD_USER_INPUT");
    let priced = update(json!({"price": price, "requiresApproval": false})).await;
    assert_eq!(priced.data()["updateOffer"]["requiresApproval"], false);
    let refused = update(json!({"requiresApproval": true})).await;
    assert_eq!(refused.code(), "APPROVAL_WITH_PRICE");
    let create =
        "mutation N($i: CreateOfferInput!) { createOffer(input: $i) { requiresApproval } }";
    let new = |price: Value| {
        json!({"i": {
        "partnerId": offer.partner_id, "establishmentId": offer.establishment_id,
        "title": "Deux galettes", "description": "", "category": "RESTAURANT",
        "discount": {"percentage": 20}, "price": price, "requiresApproval": true,
        "validFrom": "2026-06-01T00:00:00Z", "validUntil": "2026-07-01T00:00:00Z"}})
    };
    let refused = owner.ask(&app, create, new(price)).await;
    assert_eq!(refused.code(), "APPROVAL_WITH_PRICE");
    let made = owner.ask(&app, create, new(Value::Null)).await.data();
    assert_eq!(made["createOffer"]["requiresApproval"], true);
}
