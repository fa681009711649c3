//! A venue's evening over HTTP: the list of tonight, bookings that it declines or cancels, short codes, and
//! check-ins that are taken back.

use domain::{OfferSchedule, night::Night, users::account::Post};
use serde_json::{Value, json};

use super::{CHECK_IN, HOUR_MS, again, booked, places, works_for};
use crate::{
    accounts::person::{Person, register},
    app::TestApp,
    fixtures::{partner, store},
};

const TONIGHT: &str = "query T($p: ID!, $e: ID, $d: String, $s: BookingStatus, $q: String, $n: Int, $a: String) {
    partnerBookings(partnerId: $p, establishmentId: $e, day: $d, status: $s, search: $q, first: $n, after: $a) {
        night totals { bookings expected arrived }
        openings { offer { id } totals { bookings } }
        edges { node { id guest status shortCode validFrom checkedInAt cancelReason offer { id } } }
        pageInfo { hasNextPage endCursor } } }";
const CANCEL: &str = "mutation X($b: ID!, $r: String!) {
    cancelBookingByVenue(id: $b, reason: $r) { id status cancelReason guest } }";
const DECLINE: &str = "mutation X($b: ID!, $r: String!) { declineBooking(id: $b, reason: $r) { status cancelReason } }";
const BY_CODE: &str = "mutation X($p: ID!, $e: ID, $c: String!) {
    checkInByCode(partnerId: $p, establishmentId: $e, code: $c) { id status guest checkedInAt } }";
const UNDO: &str = "mutation X($b: ID!) { undoCheckIn(id: $b) { id status checkedInAt } }";
const OWN: &str = "query O($b: ID!) { booking(id: $b) { status shortCode cancelReason } }";

async fn tonight(app: &TestApp, who: &Person, given: Value) -> Value {
    let mut asked = json!({"p": partner("a").id});
    asked
        .as_object_mut()
        .unwrap()
        .extend(given.as_object().unwrap().clone());
    let answer = who.ask(app, TONIGHT, asked).await.data();
    answer["partnerBookings"].clone()
}

fn ids(list: &Value) -> Vec<&str> {
    let edges = list["edges"].as_array().unwrap().iter();
    edges
        .map(|edge| edge["node"]["id"].as_str().unwrap())
        .collect()
}

fn id(booking: &Value) -> &str {
    booking["id"].as_str().unwrap()
}

async fn short_code(app: &TestApp, who: &Person, booking: &Value) -> String {
    let own = who.ask(app, OWN, json!({"b": booking["id"]})).await.data();
    own["booking"]["shortCode"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn staff_see_their_evening_and_no_more_of_their_guests_than_they_need() {
    let app = TestApp::start().await;
    let (one, other) = (places("a", 0, 9), places("a", 1, 9));
    store(&app, "a", vec![one.clone(), other.clone()]).await;
    let (ana, bob) = (register(&app, "ana").await, register(&app, "bob").await);
    let staff = works_for(&app, "staff", "a", Post::Staff).await;
    let foreign = works_for(&app, "foreign", "b", Post::Owner).await;
    let first = booked(&app, &ana, &one).await;
    app.pass_ms(60_000);
    let second = booked(&app, &bob, &other).await;
    let list = tonight(&app, &staff, json!({})).await;
    assert_eq!(list["night"], "2026-06-01");
    assert_eq!(
        list["totals"],
        json!({"bookings": 2, "expected": 2, "arrived": 0})
    );
    assert_eq!(ids(&list), [id(&first), id(&second)]);
    let shown = &list["edges"][0]["node"];
    assert_eq!(shown["shortCode"], short_code(&app, &ana, &first).await);
    assert_eq!(shown["guest"], "Zoé D.");
    assert_eq!(list["openings"].as_array().unwrap().len(), 2);

    let page = tonight(&app, &staff, json!({"n": 1})).await;
    assert_eq!(
        (ids(&page), &page["pageInfo"]["hasNextPage"]),
        (vec![id(&first)], &json!(true))
    );
    let rest = tonight(
        &app,
        &staff,
        json!({"n": 1, "a": page["pageInfo"]["endCursor"]}),
    )
    .await;
    assert_eq!(
        (ids(&rest), &rest["pageInfo"]["hasNextPage"]),
        (vec![id(&second)], &json!(false))
    );
    let found = async |given| {
        let found = tonight(&app, &staff, given).await;
        ids(&found).len()
    };
    let code = short_code(&app, &bob, &second).await.to_lowercase();
    assert_eq!(found(json!({"q": "zoe ete"})).await, 2);
    assert_eq!(found(json!({"q": "zoe", "n": 1})).await, 1);
    assert_eq!(found(json!({"q": "zoe x"})).await, 0);
    assert_eq!(found(json!({"q": code})).await, 1);
    assert_eq!(found(json!({"s": "CONFIRMED"})).await, 2);
    assert_eq!(found(json!({"s": "NO_SHOW"})).await, 0);
    assert_eq!(found(json!({"d": "2026-05-31"})).await, 0);
    assert_eq!(found(json!({"e": one.establishment_id})).await, 2);

    let asked = |given: Value| {
        let mut asked = json!({"p": partner("a").id});
        asked
            .as_object_mut()
            .unwrap()
            .extend(given.as_object().unwrap().clone());
        asked
    };
    for (who, given, code) in [
        (&ana, json!({}), "FORBIDDEN"),
        (&foreign, json!({}), "FORBIDDEN"),
        (&staff, json!({"p": "x"}), "PARTNER_NOT_FOUND"),
        (&staff, json!({"p": partner("b").id}), "FORBIDDEN"),
        (
            &staff,
            json!({"e": "000000000000000000000000"}),
            "ESTABLISHMENT_NOT_FOUND",
        ),
        (&staff, json!({"d": "1 June"}), "BAD_USER_INPUT"),
        (&staff, json!({"n": 0}), "PAGE_SIZE_OUT_OF_RANGE"),
        (&staff, json!({"a": "x"}), "CURSOR_INVALID"),
    ] {
        let refused = who.ask(&app, TONIGHT, asked(given.clone())).await;
        assert_eq!(refused.code(), code, "{given}");
    }
    // 05:59 counts with the evening before, 06:00 does not.
    app.pass_ms(16 * HOUR_MS - 120_000);
    let staff = again(&app, "staff").await;
    assert_eq!(
        tonight(&app, &staff, json!({})).await["night"],
        "2026-06-01"
    );
    app.pass_ms(60_000);
    let staff = again(&app, "staff").await;
    assert_eq!(
        tonight(&app, &staff, json!({})).await["night"],
        "2026-06-02"
    );
    // An erased guest leaves a booking without a name.
    let erase = "mutation D($p: String!) { deleteMyAccount(password: $p) }";
    let ana = again(&app, "ana").await;
    let password = json!({"p": crate::accounts::person::PASSWORD});
    ana.ask(&app, erase, password).await.data();
    let list = tonight(&app, &staff, json!({"d": "2026-06-01"})).await;
    assert_eq!(list["edges"][0]["node"]["guest"], Value::Null);
    assert_eq!(list["edges"][0]["node"]["status"], "CANCELLED");
}

#[tokio::test]
async fn a_venue_cancels_with_a_reason_that_the_guest_reads() {
    let app = TestApp::start().await;
    let one = places("a", 0, 9);
    store(&app, "a", vec![one.clone()]).await;
    let (ana, staff) = (
        register(&app, "ana").await,
        works_for(&app, "staff", "a", Post::Staff).await,
    );
    let foreign = works_for(&app, "foreign", "b", Post::Owner).await;
    let booking = booked(&app, &ana, &one).await;
    let asked = |reason: &str| json!({"b": booking["id"], "r": reason});
    let code = async |who: &Person, query: &str, asked| who.ask(&app, query, asked).await.code();
    assert_eq!(code(&ana, CANCEL, asked("Complet")).await, "FORBIDDEN");
    // Nobody learns of other venues' bookings, not even that they are there.
    assert_eq!(
        code(&foreign, CANCEL, asked("Complet")).await,
        "BOOKING_NOT_FOUND"
    );
    assert_eq!(
        code(&foreign, DECLINE, asked("Complet")).await,
        "BOOKING_NOT_FOUND"
    );
    let unknown = json!({"b": "000000000000000000000000", "r": "Complet"});
    assert_eq!(code(&staff, CANCEL, unknown).await, "BOOKING_NOT_FOUND");
    for bad in ["", "voir https://a.example", "a\nb"] {
        let refused = staff.ask(&app, CANCEL, asked(bad)).await;
        assert_eq!(refused.code(), "BAD_USER_INPUT", "{bad}");
        assert!(refused.text.contains("CANCEL_REASON"), "{}", refused.text);
    }
    // It is confirmed: there is nothing to decline.
    assert_eq!(
        code(&staff, DECLINE, asked("Complet")).await,
        "BOOKING_STATUS_CONFLICT"
    );
    let first = staff
        .ask(&app, CANCEL, asked(" Nous sommes complets. "))
        .await
        .data();
    let expected = json!({"id": booking["id"], "status": "CANCELLED",
        "cancelReason": "Nous sommes complets.", "guest": "Zoé D."});
    assert_eq!(first["cancelBookingByVenue"], expected);
    let again = staff
        .ask(&app, CANCEL, asked("Nous sommes complets."))
        .await
        .data();
    assert_eq!(again, first);
    assert_eq!(
        code(&staff, CANCEL, asked("Fermé")).await,
        "BOOKING_STATUS_CONFLICT"
    );
    let own = ana.ask(&app, OWN, json!({"b": booking["id"]})).await.data();
    assert_eq!(own["booking"]["cancelReason"], "Nous sommes complets.");
}

#[tokio::test]
async fn a_venue_declines_what_waits() {
    let app = TestApp::start().await;
    let wednesdays = domain::Offer {
        schedule: Some(OfferSchedule {
            weekdays: vec![3],
            from: "18:00".into(),
            to: "20:00".into(),
        }),
        admission: domain::Admission {
            requires_approval: true,
            ..domain::Admission::default()
        },
        ..places("a", 0, 9)
    };
    store(&app, "a", vec![wednesdays.clone()]).await;
    let ana = register(&app, "ana").await;
    let staff = works_for(&app, "staff", "a", Post::Staff).await;
    let booking = booked(&app, &ana, &wednesdays).await;
    let asked = json!({"b": booking["id"], "r": "Soirée privée"});
    assert_eq!(booking["status"], "PENDING");
    let declined = staff.ask(&app, DECLINE, asked).await.data();
    let expected = json!({"status": "CANCELLED", "cancelReason": "Soirée privée"});
    assert_eq!(declined["declineBooking"], expected);
}

#[tokio::test]
async fn a_short_code_of_yesterdays_last_minutes_still_works_after_a_day() {
    const MINUTES_MS: i64 = 10 * 60_000;
    let app = TestApp::start().await;
    let now_ms = || app.state.services.clock.now_ms();
    // Just before six in the morning, when the night ends.
    while Night::of(now_ms()) == Night::of(now_ms() + MINUTES_MS) {
        app.pass_ms(MINUTES_MS);
    }
    let always = places("a", 0, 9);
    store(&app, "a", vec![always.clone()]).await;
    let ana = register(&app, "ana").await;
    let booking = booked(&app, &ana, &always).await;
    let code = short_code(&app, &ana, &booking).await;
    app.pass_ms(24 * HOUR_MS + 4 * MINUTES_MS);
    let staff = works_for(&app, "staff", "a", Post::Staff).await;
    let asked = json!({"p": partner("a").id, "c": code});
    let done = staff.ask(&app, BY_CODE, asked).await.data();
    assert_eq!(done["checkInByCode"]["status"], "CHECKED_IN");
}

#[tokio::test]
async fn a_short_code_checks_in_at_the_door_and_every_miss_is_one_code() {
    let app = TestApp::start().await;
    let (one, other) = (places("a", 0, 9), places("b", 0, 9));
    store(&app, "a", vec![one.clone()]).await;
    store(&app, "b", vec![other.clone()]).await;
    let (ana, bob) = (register(&app, "ana").await, register(&app, "bob").await);
    let staff = works_for(&app, "staff", "a", Post::Staff).await;
    let colleague = works_for(&app, "colleague", "a", Post::Staff).await;
    let booking = booked(&app, &ana, &one).await;
    let elsewhere = booked(&app, &bob, &other).await;
    let cancelled = booked(&app, &bob, &one).await;
    let (code, foreign, gone) = (
        short_code(&app, &ana, &booking).await,
        short_code(&app, &bob, &elsewhere).await,
        short_code(&app, &bob, &cancelled).await,
    );
    bob.ask(&app, super::CANCEL, json!({"b": cancelled["id"]}))
        .await
        .data();
    let asked = |code: &str| json!({"p": partner("a").id, "c": code});
    for bad in [foreign.as_str(), &gone, "AAAAAA", "x", ""] {
        let refused = staff.ask(&app, BY_CODE, asked(bad)).await;
        assert_eq!(refused.code(), "SHORT_CODE_UNKNOWN", "{bad}");
    }
    let stranger = bob.ask(&app, BY_CODE, asked(&code)).await;
    assert_eq!(stranger.code(), "FORBIDDEN");
    let place = json!({"p": partner("a").id, "c": code, "e": other.establishment_id});
    let elsewhere = staff.ask(&app, BY_CODE, place).await;
    assert_eq!(elsewhere.code(), "ESTABLISHMENT_NOT_FOUND");
    let typed = format!(" {}-{} ", &code[..3].to_lowercase(), &code[3..]);
    let first = staff.ask(&app, BY_CODE, asked(&typed)).await.data();
    let done = &first["checkInByCode"];
    assert_eq!(
        (&done["id"], &done["status"]),
        (&booking["id"], &json!("CHECKED_IN"))
    );
    app.pass_ms(5_000);
    assert_eq!(staff.ask(&app, BY_CODE, asked(&code)).await.data(), first);
    let used = colleague.ask(&app, BY_CODE, asked(&code)).await;
    assert_eq!(used.code(), "QR_CODE_REPLAYED");

    let undo = json!({"b": booking["id"]});
    let stranger = bob.ask(&app, UNDO, undo.clone()).await;
    assert_eq!(stranger.code(), "FORBIDDEN");
    let undone = colleague.ask(&app, UNDO, undo.clone()).await.data();
    let expected = json!({"id": booking["id"], "status": "CONFIRMED", "checkedInAt": null});
    assert_eq!(undone["undoCheckIn"], expected);
    assert_eq!(colleague.ask(&app, UNDO, undo.clone()).await.data(), undone);
    // The same codes work again.
    colleague.ask(&app, BY_CODE, asked(&code)).await.data();
    app.pass_ms(299_999);
    staff.ask(&app, UNDO, undo.clone()).await.data();
    let offline = json!({"b": booking["id"], "q": booking["offlineCode"]});
    staff.ask(&app, CHECK_IN, offline).await.data();
    app.pass_ms(300_000);
    let late = staff.ask(&app, UNDO, undo).await;
    assert_eq!(late.code(), "CHECK_IN_UNDO_TOO_LATE");
    // The next night it is over.
    app.pass_ms(26 * HOUR_MS);
    let staff = again(&app, "staff").await;
    assert_eq!(
        staff.ask(&app, BY_CODE, asked(&code)).await.code(),
        "SHORT_CODE_UNKNOWN"
    );
}

#[tokio::test]
async fn guesses_of_short_codes_are_counted_by_member() {
    let app = TestApp::builder()
        .rate_limits(100_000, 100_000)
        .start()
        .await;
    store(&app, "a", vec![places("a", 0, 9)]).await;
    let staff = works_for(&app, "staff", "a", Post::Staff).await;
    let asked = json!({"p": partner("a").id, "c": "AAAAAA"});
    let mut codes = std::collections::BTreeMap::new();
    for _ in 0..310 {
        *codes
            .entry(staff.ask(&app, BY_CODE, asked.clone()).await.code())
            .or_insert(0) += 1;
    }
    assert!(codes["RATE_LIMITED"] >= 5, "{codes:?}");
    assert!(codes["SHORT_CODE_UNKNOWN"] >= 300, "{codes:?}");
}
