//! A booking's status reaches its holder and the partner's staff, and nobody else.

use std::{
    path::PathBuf,
    sync::{Arc, OnceLock},
};

use domain::{
    BookingId, UserId,
    bookings::{booking::Step, store::By},
    users::{
        account::{Post, Role},
        change::AccountChange,
    },
};
use e2e::{Durability, Redis};
use serde_json::{Value, json};
use yousoon::database::Database;

use super::{client::Socket, subscribed, without_id};
use crate::{
    accounts::person::{Person, register},
    app::TestApp,
    booking::{CANCEL, CHECK_IN, booked, places, works_for},
    fixtures::{NOW_MS, store},
};

const CHANGED: &str = "subscription C($b: ID!) {
    bookingStatusChanged(bookingId: $b) { id status checkedInAt offer { title } } }";

fn changes(booking: &Value) -> Value {
    json!({"query": CHANGED, "variables": {"b": booking["id"]}})
}

/// Ana's booking at the partner `a`.
async fn anas(app: &TestApp) -> (Person, Value) {
    let one = places("a", 0, 9);
    store(app, "a", vec![one.clone()]).await;
    let ana = register(app, "ana").await;
    let booking = booked(app, &ana, &one).await;
    (ana, booking)
}

async fn waiting(app: &TestApp, who: &Person, booking: &Value) -> Socket {
    let mut socket = Socket::signed_in(app, &who.access).await;
    socket.subscribe("1", changes(booking)).await;
    socket
}

async fn status(socket: &mut Socket) -> Value {
    let heard = socket.hear().await;
    assert_eq!(heard["type"], "next", "{heard}");
    assert_eq!(heard["payload"].get("errors"), None, "{heard}");
    heard["payload"]["data"]["bookingStatusChanged"]["status"].clone()
}

#[tokio::test]
async fn both_sides_hear_of_a_check_in_at_once() {
    let app = TestApp::start().await;
    let (ana, booking) = anas(&app).await;
    let staff = works_for(&app, "staff", "a", Post::Staff).await;
    let mut holder = waiting(&app, &ana, &booking).await;
    let mut scanner = waiting(&app, &staff, &booking).await;
    subscribed(&app, 2).await;
    // Nothing changed yet.
    holder.hears_nothing().await;
    let code = json!({"b": booking["id"], "q": booking["qrCode"]});
    staff.ask(&app, CHECK_IN, code).await.data();
    let expected = json!({"id": "1", "type": "next", "payload": {"data": {"bookingStatusChanged": {
        "id": booking["id"], "status": "CHECKED_IN",
        "checkedInAt": "2026-06-01T12:00:00.000Z", "offer": {"title": "Galette 0"}}}}});
    assert_eq!(without_id(&app, holder.hear().await), expected);
    assert_eq!(without_id(&app, scanner.hear().await), expected);
    // A purge without a change tells nothing.
    let tag = format!("booking:{}", booking["id"].as_str().unwrap());
    let purge = json!({"tag": tag, "reason": "a test"});
    let purged = app.admin_post("/admin/purge", &purge).await;
    assert_eq!(purged.status.as_u16(), 200, "{}", purged.text);
    holder.hears_nothing().await;
}

#[tokio::test]
async fn nobody_else_learns_that_it_is_there() {
    let app = TestApp::start().await;
    let (_ana, booking) = anas(&app).await;
    let bob = register(&app, "bob").await;
    let foreign = works_for(&app, "foreign", "b", Post::Owner).await;
    let none = json!({"id": "000000000000000000000000"});
    for who in [&bob, &foreign] {
        for booking in [&booking, &none, &json!({"id": "x"})] {
            let mut socket = waiting(&app, who, booking).await;
            let heard = socket.hear().await;
            assert_eq!(heard["type"], "error");
            assert_eq!(
                heard["payload"][0]["extensions"]["code"],
                "BOOKING_NOT_FOUND"
            );
        }
    }
    let mut anonymous = Socket::anonymous(&app).await;
    anonymous.subscribe("1", changes(&booking)).await;
    let heard = anonymous.hear().await;
    assert_eq!(heard["payload"][0]["extensions"]["code"], "UNAUTHENTICATED");
    assert_eq!(app.state.live.subscriptions(), 0);
}

#[tokio::test]
async fn a_member_who_left_the_team_gets_no_more_events() {
    let app = TestApp::start().await;
    let (ana, booking) = anas(&app).await;
    let staff = works_for(&app, "staff", "a", Post::Staff).await;
    let mut holder = waiting(&app, &ana, &booking).await;
    let mut former = waiting(&app, &staff, &booking).await;
    subscribed(&app, 2).await;
    let id = UserId::parse(&staff.id).unwrap();
    let change = AccountChange::Role(Role::User, None);
    app.state
        .services
        .users
        .change(&id, change, 0)
        .await
        .unwrap();
    app.state.services.auth.standings.forget(&id);
    let cancelled = ana.ask(&app, CANCEL, json!({"b": booking["id"]})).await;
    assert_eq!(cancelled.data()["cancelBooking"]["status"], "CANCELLED");
    assert_eq!(status(&mut holder).await, "CANCELLED");
    let heard = former.hear().await;
    assert_eq!(heard["type"], "error");
    assert_eq!(
        heard["payload"][0]["extensions"]["code"],
        "BOOKING_NOT_FOUND"
    );
    subscribed(&app, 1).await;
}

#[tokio::test]
async fn a_change_at_one_server_is_told_by_the_others_and_none_is_lost_with_its_log() {
    let redis = Redis::start(Durability::Memory).await.unwrap();
    let app = TestApp::builder().redis(&redis.url()).start().await;
    let other = TestApp::builder().redis(&redis.url());
    let (_url, other) = other.serve(Database::embedded(&app.db)).await;
    let (ana, booking) = anas(&app).await;
    let id = BookingId::parse(booking["id"].as_str().unwrap()).unwrap();
    let mut holder = waiting(&app, &ana, &booking).await;
    subscribed(&app, 1).await;
    let step = other
        .services
        .bookings
        .step(&id, Step::Cancel, By::Holder, NOW_MS);
    step.await.unwrap();
    other.services.purge_log.drain_outbox(NOW_MS).await.unwrap();
    assert_eq!(status(&mut holder).await, "CANCELLED");
    // As if its record had been in the part that Redis lost.
    app.db
        .write(move |tx| {
            let lost = "UPDATE bookings SET status = 'NO_SHOW' WHERE id = ?1";
            tx.execute(lost, [id.as_str()])?;
            Ok(())
        })
        .await
        .unwrap();
    let client = redis::Client::open(redis.url()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let _: () = redis::cmd("FLUSHALL")
        .query_async(&mut connection)
        .await
        .unwrap();
    assert_eq!(status(&mut holder).await, "NO_SHOW");
}

#[tokio::test]
async fn a_change_between_the_first_look_and_the_wait_is_told() {
    let file = Arc::new(OnceLock::<PathBuf>::new());
    let once = Arc::clone(&file);
    let app = TestApp::builder()
        .observer(move |what| {
            // The first look at the booking is done, and nobody waits for it yet.
            if let ("bookings.by_ids", Some(file)) = (what, once.get()) {
                let db = rusqlite::Connection::open(file).unwrap();
                db.execute("UPDATE bookings SET status = 'CANCELLED'", [])
                    .unwrap();
            }
        })
        .start()
        .await;
    let (ana, booking) = anas(&app).await;
    let mut socket = Socket::signed_in(&app, &ana.access).await;
    file.set(app.data_dir().join("yousoon.sqlite")).unwrap();
    socket.subscribe("1", changes(&booking)).await;
    assert_eq!(status(&mut socket).await, "CANCELLED");
}

#[tokio::test]
async fn an_event_is_completed_as_an_answer_is_and_its_field_may_stand_in_a_fragment() {
    let app = TestApp::start().await;
    let (ana, booking) = anas(&app).await;
    let staff = works_for(&app, "staff", "a", Post::Staff).await;
    let query = "subscription C($b: ID!, $c: Boolean!) { ...F }
        fragment F on Subscription { changed: bookingStatusChanged(bookingId: $b) {
            offer { id @include(if: $c) } id qrCode } }";
    let variables = json!({"b": booking["id"], "c": false});
    let payload = json!({"query": query, "variables": variables});
    let mut holder = Socket::signed_in(&app, &ana.access).await;
    holder.subscribe("1", payload.clone()).await;
    let mut scanner = Socket::signed_in(&app, &staff.access).await;
    scanner.subscribe("1", payload).await;
    subscribed(&app, 2).await;
    ana.ask(&app, CANCEL, json!({"b": booking["id"]}))
        .await
        .data();
    let heard = holder.hear().await["payload"]["data"]["changed"].clone();
    assert_eq!(
        (&heard["id"], &heard["offer"]),
        (&booking["id"], &json!({}))
    );
    // Whoever scans codes may not see them, and they are never null.
    let heard = scanner.hear().await["payload"].clone();
    assert_eq!(heard.get("data"), Some(&Value::Null), "{heard}");
    let error = &heard["errors"][0];
    assert_eq!(error["path"], json!(["changed", "qrCode"]), "{heard}");
}
