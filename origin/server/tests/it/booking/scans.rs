//! Scans that were made without a network, and arrive in the morning.

use std::sync::Arc;

use access::{keys::KeySet, qr::Ticket};
use domain::{BookingId, bookings::booking::Booking, users::account::Post};
use serde_json::{Value, json};
use yousoon::bookings::ending::Ending;

use super::{CHECK_IN, HOUR_MS, again, booked, places, works_for};
use crate::{
    accounts::person::{Person, register},
    app::TestApp,
    fixtures::{NOW_MS, partner, store},
};

const RECORD: &str =
    "mutation R($p: ID!, $s: [ScanInput!]!) { recordScans(partnerId: $p, scans: $s) {
    id code message booking { id status checkedInAt } } }";
const SCAN: &str = "mutation I($b: ID!, $q: String!, $s: ID) {
    checkIn(bookingId: $b, qrCode: $q, scanId: $s) { id status checkedInAt } }";

fn at(ms: i64) -> String {
    let moment = chrono::DateTime::from_timestamp_millis(NOW_MS + ms).unwrap();
    moment.to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
}

fn scan(id: &str, code: &str, after_ms: i64) -> Value {
    json!({"id": id, "qrCode": code, "scannedAt": at(after_ms)})
}

async fn record(app: &TestApp, who: &Person, scans: &[Value]) -> Value {
    let asked = json!({"p": partner("a").id, "s": scans});
    who.ask(app, RECORD, asked).await.data()["recordScans"].clone()
}

async fn stored(app: &TestApp, booking: &Value) -> Booking {
    let id = BookingId::parse(booking["id"].as_str().unwrap()).unwrap();
    let bookings = &app.state.services.bookings;
    let found = bookings.by_ids(std::slice::from_ref(&id)).await;
    found.unwrap().remove(&id).unwrap()
}

fn codes(results: &Value) -> Vec<&str> {
    let results = results.as_array().unwrap().iter();
    results
        .map(|one| one["code"].as_str().unwrap_or("ok"))
        .collect()
}

#[tokio::test]
async fn a_night_without_a_network_counts_in_the_morning() {
    let app = TestApp::start().await;
    let offers: Vec<_> = (0..2).map(|n| places("a", n, 9)).collect();
    let foreign = places("b", 0, 9);
    store(&app, "a", offers.clone()).await;
    store(&app, "b", vec![foreign.clone()]).await;
    let ana = register(&app, "ana").await;
    works_for(&app, "staff", "a", Post::Staff).await;
    works_for(&app, "other", "a", Post::Staff).await;
    let (came, cancelled) = (
        booked(&app, &ana, &offers[0]).await,
        booked(&app, &ana, &offers[1]).await,
    );
    let elsewhere = booked(&app, &ana, &foreign).await;
    ana.ask(&app, super::CANCEL, json!({"b": cancelled["id"]}))
        .await
        .data();
    let (rotating, offline) = (
        came["qrCode"].as_str().unwrap(),
        came["offlineCode"].as_str().unwrap(),
    );
    let forged = Ticket::offline(&stored(&app, &came).await);
    let forged = forged.sign(&KeySet::for_development()).unwrap();
    // The job has given her up, a day and two hours later.
    app.pass_ms(27 * HOUR_MS);
    let ending = Ending::new(
        Arc::clone(&app.state.services.bookings),
        app.state.services.purge_log.clone(),
        app.state.services.clock.clone(),
    );
    ending.turn().await.unwrap();
    assert_eq!(stored(&app, &came).await.status.as_str(), "NO_SHOW");
    let (staff, other) = (again(&app, "staff").await, again(&app, "other").await);
    let scans = [
        scan("1", "hello", HOUR_MS),
        scan("2", &forged, HOUR_MS),
        scan("3", elsewhere["offlineCode"].as_str().unwrap(), HOUR_MS),
        scan("4", cancelled["offlineCode"].as_str().unwrap(), HOUR_MS),
        // This one changed every half a minute.
        scan("5", rotating, 120_000),
        scan("6", offline, 28 * HOUR_MS),
        scan("7", offline, -22 * HOUR_MS),
        // The code is not good yet, and then no more.
        scan("8", offline, -HOUR_MS),
        scan("9", offline, 26 * HOUR_MS),
        scan("10", offline, HOUR_MS),
        scan("11", offline, 2 * HOUR_MS),
        scan("10", offline, HOUR_MS),
        // What a scanner writes wrongly hinders nothing else.
        scan("an id", offline, HOUR_MS),
        json!({"id": "13", "qrCode": offline, "scannedAt": "yesterday"}),
    ];
    let results = record(&app, &staff, &scans).await;
    assert_eq!(
        codes(&results),
        [
            "QR_CODE_INVALID",
            "QR_CODE_INVALID",
            "QR_CODE_FOREIGN",
            "BOOKING_STATUS_CONFLICT",
            "QR_CODE_EXPIRED",
            "SCAN_IN_FUTURE",
            "SCAN_TOO_OLD",
            "BOOKING_TOO_EARLY",
            "QR_CODE_EXPIRED",
            "ok",
            "QR_CODE_REPLAYED",
            "ok",
            "BAD_USER_INPUT",
            "BAD_USER_INPUT",
        ]
    );
    assert_eq!(results[12]["id"], "an id");
    let message = results[13]["message"].as_str().unwrap();
    assert!(message.contains("scannedAt"), "{message}");
    assert_eq!(results[2]["booking"], Value::Null, "another partner's");
    assert_eq!(results[9]["booking"]["checkedInAt"], at(HOUR_MS));
    assert_eq!(results[9], results[11]);
    // Also later; and nobody else's.
    app.pass_ms(5 * 60_000);
    let again = record(&app, &staff, &scans[9..10]).await;
    assert_eq!(again[0], results[9]);
    let others = record(&app, &other, &scans[9..10]).await;
    assert_eq!(codes(&others), ["QR_CODE_REPLAYED"]);
}

#[tokio::test]
async fn a_report_has_scans_with_ids_and_is_for_the_partners_staff() {
    let app = TestApp::start().await;
    store(&app, "a", vec![places("a", 0, 9)]).await;
    let ana = register(&app, "ana").await;
    let staff = works_for(&app, "staff", "a", Post::Staff).await;
    let foreign = works_for(&app, "foreign", "b", Post::Owner).await;
    let asked = |scans: Vec<Value>| json!({"p": partner("a").id, "s": scans});
    for nobody in [&ana, &foreign] {
        let refused = nobody
            .ask(&app, RECORD, asked(vec![scan("1", "x", 0)]))
            .await;
        assert_eq!(refused.code(), "FORBIDDEN");
    }
    for (scans, rule) in [(vec![], "SCANS"), (vec![scan("1", "x", 0); 201], "SCANS")] {
        let refused = staff.ask(&app, RECORD, asked(scans)).await;
        assert_eq!(refused.code(), "BAD_USER_INPUT");
        assert!(refused.text.contains(rule), "{}", refused.text);
    }
    assert_eq!(
        record(&app, &staff, &vec![scan("1", "x", 0); 200])
            .await
            .as_array()
            .unwrap()
            .len(),
        200
    );
}

/// The scanner heard no answer, and does not know whether it was online: the same scan is the same answer
/// both ways, and no other is.
#[tokio::test]
async fn a_scan_with_an_id_is_known_again_online_and_in_a_report() {
    let app = TestApp::start().await;
    let one = places("a", 0, 9);
    store(&app, "a", vec![one.clone()]).await;
    let ana = register(&app, "ana").await;
    let staff = works_for(&app, "staff", "a", Post::Staff).await;
    let booking = booked(&app, &ana, &one).await;
    let code = booking["offlineCode"].as_str().unwrap();
    let asked = |id: Option<&str>| json!({"b": booking["id"], "q": code, "s": id});
    let first = staff.ask(&app, SCAN, asked(Some("s1"))).await.data();
    assert_eq!(first["checkIn"]["status"], "CHECKED_IN");
    app.pass_ms(11 * 60_000);
    assert_eq!(staff.ask(&app, SCAN, asked(Some("s1"))).await.data(), first);
    for other in [Some("s2"), None] {
        let refused = staff.ask(&app, SCAN, asked(other)).await;
        assert_eq!(refused.code(), "QR_CODE_REPLAYED");
    }
    let bad = staff.ask(&app, SCAN, asked(Some("a b"))).await;
    assert_eq!(bad.code(), "BAD_USER_INPUT");
    let without = json!({"b": booking["id"], "q": code});
    let refused = staff.ask(&app, CHECK_IN, without).await;
    assert_eq!(refused.code(), "QR_CODE_REPLAYED");
    let reported = record(
        &app,
        &staff,
        &[scan("s1", code, 0), scan("s3", code, 1_000)],
    )
    .await;
    assert_eq!(codes(&reported), ["ok", "QR_CODE_REPLAYED"]);
    assert_eq!(
        reported[0]["booking"]["checkedInAt"],
        first["checkIn"]["checkedInAt"]
    );
}
