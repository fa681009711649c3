//! Bookings, inboxes and venues: each goes on where it was left, for who may hear of it.

use domain::users::{
    account::{Post, Role},
    change::AccountChange,
};
use serde_json::{Value, json};

use super::{super::client::Socket, code, id, resuming};
use crate::{
    accounts::person::{Person, register},
    app::TestApp,
    booking::{CANCEL, booked, places, works_for},
    fixtures::{NOW_MS, partner, store},
};

const CHANGED: &str =
    "subscription C($b: ID!) { bookingStatusChanged(bookingId: $b) { id status } }";
const RECEIVED: &str = "subscription R { notificationReceived { id link } }";
const FEED: &str =
    "subscription F($p: ID!) { partnerBookingChanged(partnerId: $p) { booking { id status } } }";

async fn come(app: &TestApp, who: &Person, request: &Value, last: Option<&str>) -> Socket {
    let mut socket = Socket::signed_in(app, &who.access).await;
    socket.subscribe("1", resuming(request.clone(), last)).await;
    super::subscribed(app, 1).await;
    socket
}

/// The next result.
async fn next(socket: &mut Socket) -> Value {
    let mut heard = socket.hear().await;
    assert_eq!(heard["type"], "next", "{heard}");
    heard["payload"].take()
}

async fn leave(app: &TestApp, socket: Socket) {
    drop(socket);
    super::subscribed(app, 0).await;
}

async fn cancel(app: &TestApp, who: &Person, booking: &Value) {
    let cancelled = who.ask(app, CANCEL, json!({"b": booking["id"]})).await;
    cancelled.data();
}

/// A position of the log at which nothing was heard.
fn here(app: &TestApp) -> String {
    format!("{}:{}", app.log(), app.head())
}

#[tokio::test]
async fn a_booking_that_changed_meanwhile_is_told_as_it_is_and_else_nothing_is() {
    let app = TestApp::start().await;
    let one = places("a", 0, 9);
    store(&app, "a", vec![one.clone()]).await;
    let (ana, bob) = (register(&app, "ana").await, register(&app, "bob").await);
    let booking = booked(&app, &ana, &one).await;
    let request = json!({"query": CHANGED, "variables": {"b": booking["id"]}});
    let last = here(&app);
    // Others change.
    booked(&app, &bob, &one).await;
    let mut socket = come(&app, &ana, &request, Some(&last)).await;
    socket.hears_nothing().await;
    leave(&app, socket).await;
    cancel(&app, &ana, &booking).await;
    let mut socket = come(&app, &ana, &request, Some(&last)).await;
    let told = next(&mut socket).await;
    assert_eq!(told["data"]["bookingStatusChanged"]["status"], "CANCELLED");
    socket.hears_nothing().await;
    leave(&app, socket).await;
    let mut socket = come(&app, &ana, &request, Some(&id(&told))).await;
    socket.hears_nothing().await;
    leave(&app, socket).await;
    // What was missed is not known: it is told so, and then the present state.
    let mut socket = come(&app, &ana, &request, Some("x")).await;
    assert_eq!(code(&next(&mut socket).await), "RESUME_LOST");
    let told = next(&mut socket).await;
    assert_eq!(told["data"]["bookingStatusChanged"]["status"], "CANCELLED");
    socket.hears_nothing().await;
}

fn booking_of(result: &Value) -> &Value {
    assert_eq!(result.get("errors"), None, "{result}");
    &result["data"]["partnerBookingChanged"]["booking"]
}

#[tokio::test]
async fn a_venue_hears_of_each_booking_that_it_missed_and_of_no_other_partners() {
    let app = TestApp::start().await;
    let (one, other) = (places("a", 0, 99), places("b", 0, 9));
    store(&app, "a", vec![one.clone()]).await;
    store(&app, "b", vec![other.clone()]).await;
    let staff = works_for(&app, "staff", "a", Post::Staff).await;
    let request = json!({"query": FEED, "variables": {"p": partner("a").id}});
    let mut socket = come(&app, &staff, &request, None).await;
    let first = next(&mut socket).await;
    assert_eq!(booking_of(&first), &Value::Null);
    let mut last = id(&first);
    leave(&app, socket).await;
    let (ana, ben) = (register(&app, "ana").await, register(&app, "ben").await);
    let mut expected = Vec::new();
    let anas = booked(&app, &ana, &one).await;
    expected.push((anas["id"].clone(), json!("CONFIRMED")));
    let mut told = Vec::new();
    let mut socket = come(&app, &staff, &request, Some(&last)).await;
    let result = next(&mut socket).await;
    told.push(result);
    leave(&app, socket).await;
    last = id(&told[0]);
    booked(&app, &ben, &other).await;
    let bens = booked(&app, &ben, &one).await;
    cancel(&app, &ana, &anas).await;
    expected.push((bens["id"].clone(), json!("CONFIRMED")));
    expected.push((anas["id"].clone(), json!("CANCELLED")));
    for _ in 0..2 {
        let mut socket = come(&app, &staff, &request, Some(&last)).await;
        let result = next(&mut socket).await;
        last = id(&result);
        told.push(result);
        leave(&app, socket).await;
    }
    let told: Vec<_> = told
        .iter()
        .map(|result| {
            let booking = booking_of(result);
            (booking["id"].clone(), booking["status"].clone())
        })
        .collect();
    assert_eq!(told, expected);
    let mut socket = come(&app, &staff, &request, Some(&last)).await;
    socket.hears_nothing().await;
    leave(&app, socket).await;
    // Not known: a result without a booking says that the list is to be read.
    let mut socket = come(&app, &staff, &request, Some("x")).await;
    assert_eq!(code(&next(&mut socket).await), "RESUME_LOST");
    assert_eq!(booking_of(&next(&mut socket).await), &Value::Null);
    leave(&app, socket).await;
    // Who left the team may not go on.
    let change = AccountChange::Role(Role::User, None);
    let users = &app.state.services.users;
    users.change(&staff.user_id(), change, 0).await.unwrap();
    app.state.services.auth.standings.forget(&staff.user_id());
    let mut socket = Socket::signed_in(&app, &staff.access).await;
    socket.subscribe("1", resuming(request, Some(&last))).await;
    let heard = socket.hear().await;
    assert_eq!(heard["type"], "error", "{heard}");
    assert_eq!(heard["payload"][0]["extensions"]["code"], "FORBIDDEN");
}

fn link(result: &Value) -> &str {
    assert_eq!(result.get("errors"), None, "{result}");
    result["data"]["notificationReceived"]["link"]
        .as_str()
        .unwrap_or_else(|| panic!("{result}"))
}

#[tokio::test]
async fn an_inbox_tells_each_entry_that_was_missed_and_nobody_elses() {
    let app = TestApp::start().await;
    let offers: Vec<_> = (0..6).map(|number| places("a", number, 99)).collect();
    store(&app, "a", offers.clone()).await;
    let (ana, bob) = (register(&app, "ana").await, register(&app, "bob").await);
    booked(&app, &ana, &offers[0]).await;
    app.sent().await;
    let log = &app.state.services.purge_log;
    log.drain_outbox(NOW_MS).await.unwrap();
    let request = json!({"query": RECEIVED});
    let mut last = here(&app);
    let mut expected = Vec::new();
    for offer in &offers[1..5] {
        // Workers' clocks differ: a later entry may say an earlier moment.
        app.pass_ms(if expected.len() % 2 == 0 { -500 } else { 400 });
        let booking = booked(&app, &ana, offer).await;
        expected.push(booking["id"].as_str().unwrap().to_owned());
        app.sent().await;
        log.drain_outbox(NOW_MS).await.unwrap();
    }
    let from = last.clone();
    let mut told = Vec::new();
    for _ in 0..3 {
        let mut socket = come(&app, &ana, &request, Some(&last)).await;
        let result = next(&mut socket).await;
        last = id(&result);
        told.push(result);
        leave(&app, socket).await;
    }
    let mut socket = come(&app, &ana, &request, Some(&last)).await;
    told.push(next(&mut socket).await);
    // And from now on.
    let booking = booked(&app, &ana, &offers[5]).await;
    expected.push(booking["id"].as_str().unwrap().to_owned());
    app.sent().await;
    log.drain_outbox(NOW_MS).await.unwrap();
    told.push(next(&mut socket).await);
    socket.hears_nothing().await;
    leave(&app, socket).await;
    for (result, booking) in told.iter().zip(&expected) {
        assert!(link(result).ends_with(booking), "{result}");
    }
    // Another person's id is a position, and no key to what that person is told.
    let mut bobs = come(&app, &bob, &request, Some(&from)).await;
    bobs.hears_nothing().await;
    leave(&app, bobs).await;
    // Not known: it is told so, and what is there already is read as a list.
    let mut socket = come(&app, &ana, &request, Some("x")).await;
    assert_eq!(code(&next(&mut socket).await), "RESUME_LOST");
    socket.hears_nothing().await;
}
