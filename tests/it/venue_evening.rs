//! A venue's evening, past midnight, with the documents of the portal and through the edge: who waits for an
//! answer, who comes, who walks in, a scanner without a network, and the night's numbers in the morning.

mod venue;

use e2e::live::Client;
use serde_json::{Value, json};

use self::venue::{COCKTAILS, Guest, TAPAS, Venue, change, tells, totals};
use crate::{
    live::until_subscribed,
    passing::{HOUR_S, MINUTE_S, Passing, moment, moment_s},
    story::Person,
    telling::{DAY_S, verified},
};

const REASON: &str = "La terrasse est fermée ce soir-là.";

/// Four come with the venue's word; one is told why not.
async fn answered(days: &Passing, venue: &Venue, [ana, ben, cleo, dan, eve]: [&Guest; 5]) {
    let stack = days.stack();
    for guest in [ana, ben, dan, eve] {
        let this = json!({"id": guest.booking});
        let confirmed = venue.owner.ask(stack, "ConfirmGuestBooking", this).await;
        assert_eq!(confirmed["confirmBooking"]["status"], "CONFIRMED");
    }
    let this = json!({"bookingId": cleo.booking});
    let phone = cleo
        .person
        .subscribe(stack, Client::WebSocket, "BookingStatusChanged", this);
    let mut phone = phone;
    phone.tells("connected").await.unwrap();
    until_subscribed(stack, 1).await;
    let no = json!({"id": cleo.booking, "reason": REASON});
    let declined = venue.staff.ask(stack, "DeclineBooking", no).await;
    assert_eq!(declined["declineBooking"]["cancelReason"], REASON);
    let told = phone.tells("next").await.unwrap();
    assert_eq!(told["data"]["bookingStatusChanged"]["status"], "CANCELLED");
    let entry = cleo
        .person
        .until_in_inbox(stack, "BOOKING_CANCELLED_BY_VENUE")
        .await;
    let mail = days.world.mail(&cleo.person.email, 2).await;
    for text in [&entry["body"], &mail["text"]] {
        // Apostrophes become typographic ones.
        let text = text.as_str().unwrap();
        assert!(text.contains("La terrasse est fermée"), "{text}");
    }
}

/// At half past six: a check-in, taken back and made again by the short code; people without a booking.
async fn half_past_six(days: &Passing, venue: &Venue, ana: &mut Guest) {
    let stack = days.stack();
    let mut feed = venue.listen(stack).await;
    let night = venue.night(stack, Value::Null, Value::Null).await;
    assert_eq!(
        (&night["night"], totals(&night)),
        (&json!(venue.day()), [4, 9, 9, 0, 0]),
        "{night}"
    );
    let shown = ana.shows(stack).await;
    let scan = json!({"bookingId": ana.booking, "qrCode": shown["qrCode"], "scanId": "ana-1"});
    let scanned = venue.staff.ask(stack, "CheckInScan", scan.clone()).await;
    assert_eq!(scanned["checkIn"]["status"], "CHECKED_IN");
    tells(&mut feed, &ana.booking, "CHECKED_IN").await;
    let again = venue.staff.ask(stack, "CheckInScan", scan).await;
    assert_eq!(again, scanned, "its answer was lost");
    let this = json!({"id": ana.booking});
    let undone = venue.staff.ask(stack, "UndoCheckIn", this).await;
    assert_eq!(undone["undoCheckIn"]["status"], "CONFIRMED");
    tells(&mut feed, &ana.booking, "CONFIRMED").await;
    let code = json!({"partnerId": venue.partner, "code": shown["shortCode"]});
    let by_code = venue.staff.ask(stack, "CheckInByCode", code).await;
    assert_eq!(by_code["checkInByCode"]["id"], ana.booking.as_str());
    tells(&mut feed, &ana.booking, "CHECKED_IN").await;

    let three = json!({"offerId": venue.tapas, "partySize": 3, "idempotencyKey": "three"});
    let came = venue.staff.ask(stack, "RecordWalkIn", three.clone()).await;
    assert_eq!(came["recordWalkIn"]["night"], venue.day(), "{came}");
    // Nine are booked, and three took a place of what was left.
    assert_eq!(
        came["recordWalkIn"]["offer"]["quota"]["remaining"],
        30 - 9 - 3
    );
    assert_eq!(change(&mut feed).await, Value::Null);
    let again = venue.staff.ask(stack, "RecordWalkIn", three).await;
    assert_eq!(again["recordWalkIn"]["id"], came["recordWalkIn"]["id"]);
    let night = venue.night(stack, Value::Null, Value::Null).await;
    assert_eq!(totals(&night), [4, 9, 9, 4, 3], "{night}");
}

/// At ten past midnight it is still the same night.
async fn ten_past_midnight(
    days: &Passing,
    venue: &Venue,
    (ana, dan, mut passer_by): (&Guest, &mut Guest, Person),
) {
    let stack = days.stack();
    let mut feed = venue.listen(stack).await;
    let this = json!({"id": ana.booking});
    let late = venue.staff.refused(stack, "UndoCheckIn", this).await;
    assert_eq!(late, "CHECK_IN_UNDO_TOO_LATE");
    let shown = dan.shows(stack).await;
    let code = json!({"partnerId": venue.partner, "code": shown["shortCode"]});
    venue.staff.ask(stack, "CheckInByCode", code).await;
    tells(&mut feed, &dan.booking, "CHECKED_IN").await;

    // Somebody decides on the pavement.
    passer_by.sign_in(stack).await;
    let wish = json!({"offerId": venue.tapas, "partySize": 2, "idempotencyKey": "now"});
    let booked = passer_by.ask(stack, "BookOpening", wish).await;
    let mut passer_by = Guest::of(passer_by, &booked["createBooking"]);
    tells(&mut feed, &passer_by.booking, "PENDING").await;
    let this = json!({"id": passer_by.booking});
    venue.owner.ask(stack, "ConfirmGuestBooking", this).await;
    tells(&mut feed, &passer_by.booking, "CONFIRMED").await;
    let shown = passer_by.shows(stack).await;
    let scan = json!({"bookingId": passer_by.booking, "qrCode": shown["qrCode"]});
    venue.staff.ask(stack, "CheckIn", scan).await;
    tells(&mut feed, &passer_by.booking, "CHECKED_IN").await;

    let two = json!({"offerId": venue.cocktails, "partySize": 2, "idempotencyKey": "two"});
    let came = venue.staff.ask(stack, "RecordWalkIn", two).await;
    assert_eq!(came["recordWalkIn"]["night"], venue.day(), "{came}");
    assert_eq!(change(&mut feed).await, Value::Null);
    let night = venue.night(stack, Value::Null, Value::Null).await;
    assert_eq!(
        (&night["night"], totals(&night)),
        (&json!(venue.day()), [5, 11, 11, 7, 5]),
        "{night}"
    );
}

/// What a scanner kept that had no network at nine; it is reported in the morning.
fn scans(venue: &Venue, ben: &Guest) -> Vec<Value> {
    let at_nine_s = venue.begins_s + 3 * HOUR_S;
    let scan =
        |id: &str, code: &str, at_s| json!({"id": id, "qrCode": code, "scannedAt": moment(at_s)});
    let code = ben.offline_code.as_str();
    // Another letter in the signature.
    let (rest, last) = code.split_at(code.len() - 8);
    let other = if last.starts_with('A') { "B" } else { "A" };
    let forged = format!("{rest}{other}{}", &last[1..]);
    vec![
        scan("ben-1", code, at_nine_s),
        scan("ben-1", code, at_nine_s),
        scan("ben-2", code, at_nine_s + MINUTE_S),
        scan("forged", &forged, at_nine_s),
        scan("old", code, at_nine_s - 3 * DAY_S),
    ]
}

/// In the morning the scanner reports, and the list is what happened.
async fn reported(days: &Passing, venue: &Venue, ben: &Guest, eve: &Guest) {
    let stack = days.stack();
    let mut feed = venue.listen(stack).await;
    let scans = json!({"partnerId": venue.partner, "scans": scans(venue, ben)});
    let report = venue.staff.ask(stack, "RecordScans", scans.clone()).await;
    let results = report["recordScans"].as_array().unwrap();
    let codes: Vec<_> = results.iter().map(|one| one["code"].as_str()).collect();
    let expected = [
        None,
        None,
        Some("QR_CODE_REPLAYED"),
        Some("QR_CODE_INVALID"),
        Some("SCAN_TOO_OLD"),
    ];
    assert_eq!(codes, expected, "{report}");
    assert_eq!(results[0], results[1]);
    let at_nine_s = venue.begins_s + 3 * HOUR_S;
    assert_eq!(moment_s(&results[0]["booking"]["checkedInAt"]), at_nine_s);
    tells(&mut feed, &ben.booking, "CHECKED_IN").await;
    let again = venue.staff.ask(stack, "RecordScans", scans).await;
    assert_eq!(again, report, "its answer was lost");
    let missing = venue
        .night(stack, json!(venue.day()), json!("NO_SHOW"))
        .await;
    let edges = missing["edges"].as_array().unwrap();
    assert_eq!(
        (edges.len(), &edges[0]["node"]["id"]),
        (1, &json!(eve.booking))
    );
    // Cleo, who was declined, counts nowhere; Eve, who did not come, as a booking.
    assert_eq!(totals(&missing), [5, 11, 9, 9, 5], "{missing}");
}

/// The night's numbers: by offer, by hour of the clock, and as a file.
async fn counted(days: &Passing, venue: &Venue) {
    let stack = days.stack();
    let day = venue.day();
    let range = json!({"partnerId": venue.partner, "from": day, "to": day});
    let figures = venue.owner.ask(stack, "PartnerFigures", range).await;
    let figures = &figures["partnerStats"];
    let of =
        |one: &Value| ["checkIns", "guests", "walkIns"].map(|name| one[name].as_i64().unwrap());
    assert_eq!(of(&figures["days"][0]), [4, 9, 5], "{figures}");
    // The others booked on the day before.
    assert_eq!(figures["days"][0]["bookings"], 1, "{figures}");
    let hours = figures["hours"].as_array().unwrap();
    for (hour, expected) in [
        (18, [1, 4, 3]),
        (21, [1, 2, 0]),
        (0, [2, 3, 2]),
        (23, [0; 3]),
    ] {
        let found = hours.iter().find(|one| one["hour"] == hour).unwrap();
        assert_eq!(of(found), expected, "{hour}: {figures}");
    }
    let path = format!("/partners/{}/stats.csv?from={day}&to={day}", venue.partner);
    let file = venue.owner.file(stack, &path).await;
    let mut rows: Vec<&str> = file.trim_start_matches('\u{feff}').lines().collect();
    assert_eq!(
        rows.remove(0),
        "night,offer,title,bookings,check_ins,guests,walk_ins"
    );
    let mut expected = vec![
        format!("{day},{},{TAPAS},1,4,9,3", venue.tapas),
        format!("{day},{},{COCKTAILS},0,0,0,2", venue.cocktails),
    ];
    expected.sort();
    rows.sort_unstable();
    assert_eq!(rows, expected);
}

#[tokio::test]
async fn a_venue_answers_welcomes_and_counts_a_night_that_ends_after_midnight() {
    let Some(mut days) = Passing::start(Vec::new()).await else {
        return;
    };
    let mut venue = Venue::open(&days).await;
    let mut ana = venue.booked(&days, "ana", 4).await;
    let ben = venue.booked(&days, "ben", 2).await;
    let cleo = venue.booked(&days, "cleo", 3).await;
    let mut dan = venue.booked(&days, "dan", 1).await;
    let eve = venue.booked(&days, "eve", 2).await;
    // The provider of mails refuses requests of a clock that is ahead.
    let fred = verified(&days.world, "fred").await;
    answered(&days, &venue, [&ana, &ben, &cleo, &dan, &eve]).await;

    days.go_to(venue.begins_s + 30 * MINUTE_S).await;
    venue.staff.sign_in(days.stack()).await;
    half_past_six(&days, &venue, &mut ana).await;

    days.go_to(venue.begins_s + 6 * HOUR_S + 10 * MINUTE_S)
        .await;
    venue.staff.sign_in(days.stack()).await;
    venue.owner.sign_in(days.stack()).await;
    ten_past_midnight(&days, &venue, (&ana, &mut dan, fred)).await;

    // At nine in the morning the job has given up who did not come.
    days.go_to(venue.begins_s + 15 * HOUR_S).await;
    venue.staff.sign_in(days.stack()).await;
    venue.owner.sign_in(days.stack()).await;
    let day = json!(venue.day());
    for _ in 0..200 {
        let given_up = venue
            .night(days.stack(), day.clone(), json!("NO_SHOW"))
            .await;
        if given_up["edges"].as_array().unwrap().len() == 2 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    reported(&days, &venue, &ben, &eve).await;
    counted(&days, &venue).await;
}
