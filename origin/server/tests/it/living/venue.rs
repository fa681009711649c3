//! A venue's staff hear of their guests' bookings, and of no others.

use domain::users::{
    account::{Post, Role},
    change::AccountChange,
};
use serde_json::{Value, json};

use super::{client::Socket, subscribed};
use crate::{
    accounts::person::{Person, register},
    app::TestApp,
    booking::{
        CANCEL, booked,
        limited::{limit, second},
        places, works_for,
    },
    fixtures::{partner, store},
};

const FEED: &str =
    "subscription F($p: ID!, $e: ID) { partnerBookingChanged(partnerId: $p, establishmentId: $e) {
    booking { id guest status } } }";

async fn waiting(app: &TestApp, who: &Person, place: Option<&str>) -> Socket {
    let mut socket = Socket::signed_in(app, &who.access).await;
    let variables = json!({"p": partner("a").id, "e": place});
    socket
        .subscribe("1", json!({"query": FEED, "variables": variables}))
        .await;
    socket
}

async fn told(socket: &mut Socket) -> Value {
    let heard = socket.hear().await;
    assert_eq!(heard["type"], "next", "{heard}");
    heard["payload"]["data"]["partnerBookingChanged"]["booking"].clone()
}

#[tokio::test]
async fn staff_hear_of_each_booking_of_their_partner_while_they_are_staff() {
    let app = TestApp::start().await;
    let (one, other) = (places("a", 0, 9), places("b", 0, 9));
    store(&app, "a", vec![one.clone()]).await;
    store(&app, "b", vec![other.clone()]).await;
    let ana = register(&app, "ana").await;
    let staff = works_for(&app, "staff", "a", Post::Staff).await;
    let mut feed = waiting(&app, &staff, None).await;
    let mut here = waiting(&app, &staff, Some(one.establishment_id.as_str())).await;
    subscribed(&app, 2).await;
    // What is missed between the list and the feed is in the list that is read now.
    assert_eq!(told(&mut feed).await, Value::Null);
    assert_eq!(told(&mut here).await, Value::Null);
    booked(&app, &ana, &other).await;
    let booking = booked(&app, &ana, &one).await;
    let made = json!({"id": booking["id"], "guest": "Zoé D.", "status": "CONFIRMED"});
    assert_eq!(told(&mut feed).await, made);
    assert_eq!(told(&mut here).await, made);
    ana.ask(&app, CANCEL, json!({"b": booking["id"]}))
        .await
        .data();
    for socket in [&mut feed, &mut here] {
        let cancelled = json!({"id": booking["id"], "guest": "Zoé D.", "status": "CANCELLED"});
        assert_eq!(told(socket).await, cancelled);
    }
    let change = AccountChange::Role(Role::User, None);
    let users = &app.state.services.users;
    users.change(&staff.user_id(), change, 0).await.unwrap();
    app.state.services.auth.standings.forget(&staff.user_id());
    booked(&app, &ana, &one).await;
    let heard = feed.hear().await;
    assert_eq!(heard["type"], "error", "{heard}");
    assert_eq!(heard["payload"][0]["extensions"]["code"], "FORBIDDEN");
}

#[tokio::test]
async fn staff_of_an_establishment_hear_of_its_bookings_alone() {
    let app = TestApp::start().await;
    let one = places("a", 0, 9);
    store(&app, "a", vec![one.clone()]).await;
    let other = second(&app, places("a", 1, 9)).await;
    let ana = register(&app, "ana").await;
    let staff = works_for(&app, "staff", "a", Post::Staff).await;
    limit(&app, &staff, &[&one.establishment_id]).await;
    let elsewhere = waiting(&app, &staff, Some(other.establishment_id.as_str()))
        .await
        .hear()
        .await;
    let code = &elsewhere["payload"][0]["extensions"]["code"];
    assert_eq!(code, "ESTABLISHMENT_NOT_FOUND");
    let mut feed = waiting(&app, &staff, None).await;
    subscribed(&app, 1).await;
    assert_eq!(told(&mut feed).await, Value::Null);
    booked(&app, &ana, &other).await;
    let here = booked(&app, &ana, &one).await;
    assert_eq!(told(&mut feed).await["id"], here["id"]);
    feed.hears_nothing().await;
}

#[tokio::test]
async fn a_connection_is_for_the_partner_that_it_chooses_and_ends_with_the_membership() {
    let app = TestApp::start().await;
    let one = places("a", 0, 9);
    store(&app, "a", vec![one.clone()]).await;
    let ana = register(&app, "ana").await;
    let staff = works_for(&app, "staff", "a", Post::Staff).await;
    let init = |name: &str, chosen: Value| {
        let token = format!("Bearer {}", staff.access);
        json!({"Authorization": token, name: chosen})
    };
    for (name, chosen) in [
        ("Yousoon-Partner", json!(partner("b").id)),
        ("yousoon-partner", json!("x")),
        ("yousoon-partner", json!(7)),
    ] {
        let mut socket = Socket::open(&app).await;
        let payload = init(name, chosen);
        socket
            .say(json!({"type": "connection_init", "payload": payload}))
            .await;
        assert_eq!(socket.closed().await.0, 4403);
    }
    let own = init("Yousoon-Partner", json!(partner("a").id));
    let mut feed = Socket::init(&app, own).await;
    let variables = json!({"p": partner("a").id});
    feed.subscribe("1", json!({"query": FEED, "variables": variables}))
        .await;
    subscribed(&app, 1).await;
    assert_eq!(told(&mut feed).await, Value::Null);
    let change = AccountChange::Role(Role::User, None);
    let users = &app.state.services.users;
    users.change(&staff.user_id(), change, 0).await.unwrap();
    app.state.services.auth.standings.forget(&staff.user_id());
    booked(&app, &ana, &one).await;
    assert_eq!(feed.closed().await.0, 4403);
}

#[tokio::test]
async fn nobody_else_hears_anything() {
    let app = TestApp::start().await;
    store(&app, "a", vec![places("a", 0, 9)]).await;
    let ana = register(&app, "ana").await;
    let foreign = works_for(&app, "foreign", "b", Post::Owner).await;
    for who in [&ana, &foreign] {
        let heard = waiting(&app, who, None).await.hear().await;
        assert_eq!(heard["payload"][0]["extensions"]["code"], "FORBIDDEN");
    }
    let staff = works_for(&app, "staff", "a", Post::Staff).await;
    let elsewhere = waiting(&app, &staff, Some("000000000000000000000000"))
        .await
        .hear()
        .await;
    assert_eq!(
        elsewhere["payload"][0]["extensions"]["code"],
        "ESTABLISHMENT_NOT_FOUND"
    );
    assert_eq!(app.state.live.subscriptions(), 0);
}
