//! `checkIn`: by staff of that partner, once, with a code that is good.

use access::{keys::KeySet, qr::Ticket};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use domain::{BookingId, users::account::Post};
use serde_json::json;

use super::{CHECK_IN, again, booked, places, works_for};
use crate::{accounts::person::register, app::TestApp, fixtures::store};

const CODE: &str = "query B($b: ID!) { booking(id: $b) { qrCode offlineCode } }";

#[tokio::test]
async fn a_booking_is_checked_in_once_by_staff_of_its_partner() {
    let app = TestApp::start().await;
    let one = places("a", 0, 9);
    store(&app, "a", vec![one.clone()]).await;
    let ana = register(&app, "ana").await;
    let staff = works_for(&app, "staff", "a", Post::Staff).await;
    let foreign = works_for(&app, "foreign", "b", Post::Owner).await;
    let booking = booked(&app, &ana, &one).await;
    let scanned = json!({"b": booking["id"], "q": booking["qrCode"]});
    for (nobody, code) in [(&ana, "FORBIDDEN"), (&foreign, "BOOKING_NOT_FOUND")] {
        let refused = nobody.ask(&app, CHECK_IN, scanned.clone()).await;
        assert_eq!(refused.code(), code, "{}", refused.text);
    }
    let answer = staff.ask(&app, CHECK_IN, scanned.clone()).await;
    assert_ne!(answer.header("yousoon-revision"), "");
    let done = answer.data()["checkIn"].clone();
    assert_eq!(done["status"], "CHECKED_IN");
    assert_eq!(done["checkedInAt"], "2026-06-01T12:00:00.000Z");
    assert_eq!(done["user"], json!({"id": ana.id, "firstName": "Zoé"}));
    app.pass_ms(10_000);
    let offline = json!({"b": booking["id"], "q": booking["offlineCode"]});
    for scanned in [scanned, offline] {
        let replayed = staff.ask(&app, CHECK_IN, scanned).await;
        assert_eq!(replayed.code(), "QR_CODE_REPLAYED");
    }
}

/// F3. A scanner that heard no answer scans once more and gets the same one; another scanner, and the
/// same one later, learn when that was and who it was.
#[tokio::test]
async fn the_same_scan_gets_the_same_answer_and_another_scanner_learns_who_it_was() {
    let app = TestApp::start().await;
    let one = places("a", 0, 9);
    store(&app, "a", vec![one.clone()]).await;
    let ana = register(&app, "ana").await;
    let staff = works_for(&app, "staff", "a", Post::Staff).await;
    let other = works_for(&app, "other", "a", Post::Staff).await;
    let booking = booked(&app, &ana, &one).await;
    let scanned = json!({"b": booking["id"], "q": booking["qrCode"]});
    let first = staff.ask(&app, CHECK_IN, scanned.clone()).await.data();
    app.pass_ms(500);
    let again = staff.ask(&app, CHECK_IN, scanned.clone()).await.data();
    assert_eq!(again, first);
    let by_other = other.ask(&app, CHECK_IN, scanned.clone()).await;
    app.pass_ms(9_500);
    let later = staff.ask(&app, CHECK_IN, scanned.clone()).await;
    let by_service = app.post(CHECK_IN, &scanned).bearer_auth(crate::app::TOKEN);
    let by_service = crate::app::Answer::of(by_service).await;
    for refused in [by_other, later, by_service] {
        let error = &refused.json()["errors"][0];
        let extensions = &error["extensions"];
        assert_eq!(extensions["code"], "QR_CODE_REPLAYED", "{error}");
        assert_eq!(extensions["checkedInAt"], first["checkIn"]["checkedInAt"]);
        assert_eq!(extensions["checkedInBy"], "Zoé");
        let message = error["message"].as_str().unwrap();
        assert!(
            message.ends_with(" le 2026-06-01 à 14:00 par Zoé"),
            "{message}"
        );
    }
    // What the code is of is not told to somebody who does not work there.
    let foreign = works_for(&app, "foreign", "b", Post::Owner).await;
    let foreign = foreign.ask(&app, CHECK_IN, scanned).await;
    assert_eq!(foreign.code(), "BOOKING_NOT_FOUND");
    assert!(!foreign.text.contains("checkedIn"), "{}", foreign.text);
}

/// F3.
#[tokio::test]
async fn a_booking_that_is_confirmed_or_cancelled_is_so_when_asked_again() {
    const CONFIRM: &str = "mutation M($b: ID!) { confirmBooking(id: $b) { id status } }";
    let app = TestApp::start().await;
    let one = places("a", 0, 9);
    store(&app, "a", vec![one.clone()]).await;
    let ana = register(&app, "ana").await;
    let booking = booked(&app, &ana, &one).await;
    for (query, status) in [(CONFIRM, "CONFIRMED"), (super::CANCEL, "CANCELLED")] {
        let asked = json!({"b": booking["id"]});
        let first = ana.ask(&app, query, asked.clone()).await.data();
        assert!(first.to_string().contains(status), "{first}");
        assert_eq!(ana.ask(&app, query, asked).await.data(), first);
    }
    let too_late = ana.ask(&app, CONFIRM, json!({"b": booking["id"]})).await;
    assert_eq!(too_late.code(), "BOOKING_STATUS_CONFLICT");
}

#[tokio::test]
async fn each_bad_code_has_a_refusal_of_its_own() {
    let app = TestApp::start().await;
    let (one, other) = (places("a", 0, 9), places("a", 1, 9));
    store(&app, "a", vec![one.clone(), other.clone()]).await;
    let ana = register(&app, "ana").await;
    let staff = works_for(&app, "staff", "a", Post::Staff).await;
    let (booking, elsewhere) = (
        booked(&app, &ana, &one).await,
        booked(&app, &ana, &other).await,
    );
    let id = BookingId::parse(booking["id"].as_str().unwrap()).unwrap();
    let stored = app
        .state
        .services
        .bookings
        .by_ids(std::slice::from_ref(&id))
        .await;
    let stored = stored.unwrap().remove(&id).unwrap();
    let forged = Ticket::offline(&stored)
        .sign(&KeySet::for_development())
        .unwrap();
    let scan = async |who: &crate::accounts::person::Person, code: &str| {
        let scanned = json!({"b": booking["id"], "q": code});
        who.ask(&app, CHECK_IN, scanned).await.code()
    };
    for (code, refusal) in [
        ("hello", "QR_CODE_INVALID"),
        (&forged, "QR_CODE_INVALID"),
        (elsewhere["qrCode"].as_str().unwrap(), "QR_CODE_FOREIGN"),
        (
            elsewhere["offlineCode"].as_str().unwrap(),
            "QR_CODE_FOREIGN",
        ),
    ] {
        assert_eq!(scan(&staff, code).await, refusal);
    }
    let unknown = json!({"b": "000000000000000000000000", "q": forged});
    let unknown = staff.ask(&app, CHECK_IN, unknown).await;
    assert_eq!(unknown.code(), "BOOKING_NOT_FOUND");
    // A picture of the code is worth nothing a minute later; another one is shown then.
    app.pass_ms(60_000);
    let code = booking["qrCode"].as_str().unwrap();
    assert_eq!(scan(&staff, code).await, "QR_CODE_EXPIRED");
    let shown = ana
        .ask(&app, CODE, json!({"b": booking["id"]}))
        .await
        .data()["booking"]
        .clone();
    assert_ne!(shown["qrCode"], booking["qrCode"]);
    assert_eq!(shown["offlineCode"], booking["offlineCode"]);
    // Two hours after its end it is over, whatever code is shown.
    app.pass_ms(26 * 3_600_000);
    let staff = again(&app, "staff").await;
    let code = shown["offlineCode"].as_str().unwrap();
    assert_eq!(scan(&staff, code).await, "QR_CODE_EXPIRED");
}

#[tokio::test]
async fn scanners_get_the_public_keys_and_verify_without_us() {
    let app = TestApp::start().await;
    let one = places("a", 0, 9);
    store(&app, "a", vec![one.clone()]).await;
    let ana = register(&app, "ana").await;
    let booking = booked(&app, &ana, &one).await;
    let keys = app.request(reqwest::Method::GET, "/.well-known/qr-keys.json");
    let keys = crate::app::Answer::of(keys).await;
    assert_eq!(keys.header("cache-control"), "public, max-age=300");
    assert!(!keys.text.contains("\"d\""), "{}", keys.text);
    assert_ne!(keys.json(), app.state.services.auth.tokens.keys().jwks());
    // As a scanner does it: the published key alone, the layout of `access::qr`.
    let x = BASE64
        .decode(keys.json()["keys"][0]["x"].as_str().unwrap())
        .unwrap();
    let key = ed25519_dalek::VerifyingKey::from_bytes(&x.try_into().unwrap()).unwrap();
    let code = booking["offlineCode"].as_str().unwrap();
    let bytes = BASE64.decode(code.strip_prefix("ysn1.").unwrap()).unwrap();
    let (ticket, signature) = bytes.split_at(38);
    let signed = [b"yousoon qr code 1\0", ticket].concat();
    let signature = ed25519_dalek::Signature::from_slice(signature).unwrap();
    key.verify_strict(&signed, &signature).unwrap();
    assert_eq!(hex::encode(&ticket[6..18]), booking["id"].as_str().unwrap());
}
