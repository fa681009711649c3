//! Who reads which bookings, and in how many reads.

use std::sync::{Arc, Mutex};

use domain::users::account::Post;
use serde_json::json;

use super::{CHECK_IN, booked, places, works_for};
use crate::{accounts::person::register, app::TestApp, fixtures::store};

const READ: &str = "query B($b: ID!) { booking(id: $b) { id status user { firstName } } }";

#[tokio::test]
async fn a_booking_is_read_by_its_holder_and_its_partners_staff() {
    let app = TestApp::start().await;
    let one = places("a", 0, 9);
    store(&app, "a", vec![one.clone()]).await;
    let (ana, bob) = (register(&app, "ana").await, register(&app, "bob").await);
    let staff = works_for(&app, "staff", "a", Post::Staff).await;
    let foreign = works_for(&app, "foreign", "b", Post::Owner).await;
    let booking = booked(&app, &ana, &one).await;
    let this = json!({"b": booking["id"]});
    for (who, sees) in [
        (&ana, true),
        (&staff, true),
        (&bob, false),
        (&foreign, false),
    ] {
        let read = who.ask(&app, READ, this.clone()).await.data()["booking"].clone();
        assert_eq!(read.is_object(), sees, "{read}");
    }
    assert_eq!(app.ask(READ, this.clone()).await.code(), "UNAUTHENTICATED");
    // Staff sees that there is a booking, and cannot show its code or who it is beyond a name.
    for field in [
        "qrCode",
        "offlineCode",
        "user { email }",
        "user { bookings { id } }",
    ] {
        let query = format!("query B($b: ID!) {{ booking(id: $b) {{ {field} }} }}");
        let refused = staff.ask(&app, &query, this.clone()).await;
        assert!(
            !refused.text.contains("ysn1.") && !refused.text.contains('@'),
            "{}",
            refused.text
        );
        assert_eq!(refused.code(), "FORBIDDEN", "{field}: {}", refused.text);
    }
}

#[tokio::test]
async fn own_bookings_are_listed_by_status_and_pages_in_few_reads() {
    let reads: Arc<Mutex<Vec<&'static str>>> = Arc::default();
    let noted = Arc::clone(&reads);
    let app = TestApp::builder()
        .observer(move |what| noted.lock().unwrap().push(what))
        .start()
        .await;
    let offers: Vec<_> = (0..5).map(|number| places("a", number, 9)).collect();
    store(&app, "a", offers.clone()).await;
    let (ana, bob) = (register(&app, "ana").await, register(&app, "bob").await);
    let staff = works_for(&app, "staff", "a", Post::Staff).await;
    let mut ids = Vec::new();
    for offer in &offers {
        app.pass_ms(1_000);
        ids.insert(0, booked(&app, &ana, offer).await);
    }
    booked(&app, &bob, &offers[0]).await;
    let scanned = json!({"b": ids[1]["id"], "q": ids[1]["qrCode"]});
    staff.ask(&app, CHECK_IN, scanned).await.data();
    reads.lock().unwrap().clear();
    let all =
        "{ myBookings { id status user { id bookings { id } } offer { id partner { name } } } }";
    let listed = ana.ask(&app, all, json!({})).await.data()["myBookings"].clone();
    let listed: Vec<_> = listed
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["id"].clone())
        .collect();
    let expected: Vec<_> = ids.iter().map(|one| one["id"].clone()).collect();
    assert_eq!(listed, expected);
    let mut asked = reads.lock().unwrap().clone();
    asked.sort_unstable();
    let once = [
        "bookings.list",
        "bookings.list",
        "offers.by_ids",
        "partners.by_ids",
        "users.by_ids",
    ];
    assert_eq!(asked, once);
    let came = "{ myBookings(status: CHECKED_IN) { id } }";
    let came = ana.ask(&app, came, json!({})).await.data();
    assert_eq!(came["myBookings"], json!([{"id": ids[1]["id"]}]));
    let page = "query P($a: String) { myBookingsConnection(first: 3, after: $a) {
        edges { node { id } } pageInfo { hasNextPage hasPreviousPage endCursor } } }";
    let first = ana.ask(&app, page, json!({})).await.data()["myBookingsConnection"].clone();
    assert_eq!(first["pageInfo"]["hasNextPage"], true);
    let after = json!({"a": first["pageInfo"]["endCursor"]});
    let second = ana.ask(&app, page, after).await.data()["myBookingsConnection"].clone();
    let end = second["pageInfo"]["hasNextPage"].clone();
    assert_eq!(
        (second["edges"].as_array().unwrap().len(), end),
        (2, json!(false))
    );
    assert_eq!(second["edges"][0]["node"]["id"], ids[3]["id"]);
    let bad = ana.ask(&app, page, json!({"a": "x"})).await;
    assert_eq!(bad.code(), "CURSOR_INVALID");
}

#[tokio::test]
async fn a_partners_managers_see_bookings_and_check_ins_by_day() {
    let app = TestApp::start().await;
    let one = places("a", 0, 9);
    store(&app, "a", vec![one.clone()]).await;
    let (ana, bob) = (register(&app, "ana").await, register(&app, "bob").await);
    let manager = works_for(&app, "manager", "a", Post::Manager).await;
    let booking = booked(&app, &ana, &one).await;
    booked(&app, &bob, &one).await;
    let scanned = json!({"b": booking["id"], "q": booking["qrCode"]});
    manager.ask(&app, CHECK_IN, scanned).await.data();
    let stats =
        "query S($p: ID!) { partnerStats(partnerId: $p, from: \"2026-05-31\", to: \"2026-06-01\") {
        days { day bookings checkIns } } }";
    let seen = manager.ask(&app, stats, json!({"p": one.partner_id})).await;
    let days = json!([
        {"day": "2026-05-31", "bookings": 0, "checkIns": 0},
        {"day": "2026-06-01", "bookings": 2, "checkIns": 1},
    ]);
    assert_eq!(seen.data()["partnerStats"]["days"], days);
    let refused = ana.ask(&app, stats, json!({"p": one.partner_id})).await;
    assert_eq!(refused.code(), "FORBIDDEN");
}
