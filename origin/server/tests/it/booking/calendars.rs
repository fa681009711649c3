//! Bookings by time, and the calendar feed.

use reqwest::Method;
use serde_json::{Value, json};

use super::{CANCEL, HOUR_MS, again, booked, places};
use crate::{
    accounts::person::{PASSWORD, Person, register},
    app::{Answer, TestApp},
    fixtures::store,
};

const FEED: &str = "mutation F { createCalendarFeed }";

async fn new_feed(app: &TestApp, who: &Person) -> String {
    let made = who.ask(app, FEED, json!({})).await.data();
    made["createCalendarFeed"].as_str().unwrap().to_owned()
}

async fn read(app: &TestApp, path: &str) -> Answer {
    Answer::of(app.request(Method::GET, path)).await
}

#[tokio::test]
async fn a_calendar_reads_the_feed_without_signing_in_until_it_is_revoked() {
    let app = TestApp::start().await;
    let (one, other) = (places("a", 0, 9), places("a", 1, 9));
    store(&app, "a", vec![one.clone(), other.clone()]).await;
    let (ana, bob) = (register(&app, "ana").await, register(&app, "bob").await);
    let booking = booked(&app, &ana, &one).await;
    booked(&app, &bob, &other).await;
    let none = ana
        .ask(&app, "{ calendarFeed { createdAt } }", json!({}))
        .await
        .data();
    assert_eq!(none["calendarFeed"], Value::Null);
    let path = new_feed(&app, &ana).await;
    assert_eq!(path.len(), "/calendar/.ics".len() + 43, "{path}");
    let shown = ana
        .ask(&app, "{ calendarFeed { createdAt } }", json!({}))
        .await
        .data();
    assert_eq!(
        shown["calendarFeed"]["createdAt"],
        "2026-06-01T12:00:00.000Z"
    );
    let first = read(&app, &path).await;
    assert_eq!(first.status, 200, "{}", first.text);
    assert_eq!(first.header("content-type"), "text/calendar; charset=utf-8");
    assert_eq!(first.header("cache-control"), "private, no-store");
    assert_eq!(
        first.text.matches("BEGIN:VEVENT").count(),
        1,
        "only one's own"
    );
    for line in [
        "METHOD:PUBLISH\r\n".to_owned(),
        format!(
            "UID:booking-{}@yousoon\r\n",
            booking["id"].as_str().unwrap()
        ),
        "SEQUENCE:0\r\n".to_owned(),
        "LOCATION:Chez a Rivoli\\, 1 rue de Rivoli\\, 75004 Paris\r\n".to_owned(),
    ] {
        assert!(first.text.contains(&line), "{line}: {}", first.text);
    }
    // Unchanged it is not sent again.
    let tag = first.header("etag");
    let request = app.request(Method::GET, &path).header("if-none-match", tag);
    let unchanged = Answer::of(request).await;
    assert_eq!(
        (unchanged.status.as_u16(), unchanged.text.as_str()),
        (304, "")
    );
    assert_eq!(unchanged.header("etag"), tag);
    ana.ask(&app, CANCEL, json!({"b": booking["id"]}))
        .await
        .data();
    let request = app.request(Method::GET, &path).header("if-none-match", tag);
    let changed = Answer::of(request).await;
    assert_eq!(changed.status, 200);
    for line in ["SEQUENCE:1\r\n", "STATUS:CANCELLED\r\n"] {
        assert!(changed.text.contains(line), "{}", changed.text);
    }
    // A new feed ends the old one.
    let next = new_feed(&app, &ana).await;
    assert_eq!(read(&app, &path).await.status, 404);
    assert_eq!(read(&app, &next).await.status, 200);
    let revoke = "mutation R { revokeCalendarFeed }";
    for expected in [true, false] {
        let revoked = ana.ask(&app, revoke, json!({})).await.data();
        assert_eq!(revoked["revokeCalendarFeed"], expected);
    }
    assert_eq!(read(&app, &next).await.status, 404);
    for path in ["/calendar/x.ics", "/calendar/x", "/calendar/.ics"] {
        assert_eq!(read(&app, path).await.code(), "NOT_FOUND", "{path}");
    }
}

#[tokio::test]
async fn a_feed_ends_with_a_new_password_and_with_the_account_and_its_requests_are_counted() {
    let app = TestApp::builder().rate_limits(9, 99).start().await;
    let ana = register(&app, "ana").await;
    let path = new_feed(&app, &ana).await;
    assert_eq!(read(&app, &path).await.status, 200);
    let change = "mutation P($o: String!) {
        changePassword(input: {currentPassword: $o, newPassword: \"another password 2\"}) { accessToken } }";
    let changed = ana.ask(&app, change, json!({"o": PASSWORD})).await;
    assert_eq!(changed.status, 200, "{}", changed.text);
    assert!(!changed.text.contains("errors"), "{}", changed.text);
    assert_eq!(read(&app, &path).await.status, 404);
    let bob = register(&app, "bob").await;
    let path = new_feed(&app, &bob).await;
    let delete = "mutation D($p: String!) { deleteMyAccount(password: $p) }";
    bob.ask(&app, delete, json!({"p": PASSWORD})).await.data();
    assert_eq!(read(&app, &path).await.status, 404);
    let mut last = read(&app, &path).await;
    for _ in 0..9 {
        last = read(&app, &path).await;
    }
    assert_eq!(last.code(), "RATE_LIMITED");
}

#[tokio::test]
async fn bookings_are_listed_by_time_and_a_cursor_belongs_to_its_list() {
    let app = TestApp::start().await;
    let offers: Vec<_> = (0..4).map(|number| places("a", number, 9)).collect();
    store(&app, "a", offers.clone()).await;
    register(&app, "ana").await;
    let mut ids = Vec::new();
    for offer in &offers {
        let ana = again(&app, "ana").await;
        ids.push(booked(&app, &ana, offer).await["id"].clone());
        app.pass_ms(HOUR_MS / 10);
    }
    let ana = again(&app, "ana").await;
    ana.ask(&app, CANCEL, json!({"b": ids[3]})).await.data();
    let query = "query L($w: BookingTime, $a: String, $s: BookingStatus) {
        myBookingsConnection(when: $w, first: 2, after: $a, status: $s) {
            edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage } } }";
    let page = async |when: &str, after: Value| {
        let variables = json!({"w": when, "a": after});
        let page = ana.ask(&app, query, variables).await.data();
        let page = page["myBookingsConnection"].clone();
        let edges = page["edges"].as_array().unwrap().clone();
        let shown: Vec<Value> = edges
            .iter()
            .map(|edge| edge["node"]["id"].clone())
            .collect();
        let next = edges
            .last()
            .map_or(Value::Null, |edge| edge["cursor"].clone());
        (shown, next, page["pageInfo"]["hasNextPage"].clone())
    };
    let (first, next, more) = page("UPCOMING", Value::Null).await;
    assert_eq!((first.as_slice(), more), (&ids[..2], json!(true)));
    let (second, _, more) = page("UPCOMING", next.clone()).await;
    assert_eq!((second.as_slice(), more), (&ids[2..3], json!(false)));
    let (past, ..) = page("PAST", Value::Null).await;
    assert_eq!(past, ids[3..]);
    let foreign = ana.ask(&app, query, json!({"w": "PAST", "a": next})).await;
    assert_eq!(foreign.code(), "CURSOR_INVALID");
}
