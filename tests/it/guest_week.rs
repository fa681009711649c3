//! A guest's week, with the documents of the mobile app and through the edge: from a search with a typing error
//! to a review that moves the venue's rating.

use e2e::{Stack, live::Client};
use serde_json::{Value, json};

use crate::{
    live::until_subscribed,
    messages::World,
    passing::{HOUR_S, MINUTE_S, Passing, moment, moment_s},
    story::Person,
    telling::{DAY_S, published, verified},
    venue, warm,
};

const TITLE: &str = "Planche de tapas à partager";
const PLACES: i64 = 10;
const PARTY: i64 = 4;
/// Of one booking.
const MOST: i64 = 6;

/// The owner's offer: on Fridays, for ten, and the venue says yes or no.
async fn on_fridays(world: &World, owner: &Person) -> (String, String) {
    let (partner, offer) = published(world, owner).await;
    let stack = &world.stack;
    let schedule = json!({"weekdays": ["FRIDAY"], "from": "19:00", "to": "23:00"});
    let input = json!({"title": TITLE, "schedule": schedule, "quota": {"total": PLACES},
        "requiresApproval": true, "maxPartySize": MOST});
    let edit = json!({"id": offer, "input": input});
    owner.ask(stack, "UpdateOffer", edit).await;
    (partner, offer)
}

/// The guest writes «plnache» and finds the offer; then on the map.
async fn finds(days: &Passing, offer: &str) {
    let place = json!({"lat": 48.857, "lng": 2.352});
    let search = json!({"input": {"text": "plnache tapas", "location": place}});
    let first = |data: &Value| data["search"]["offers"]["edges"][0]["node"].clone();
    let found = days
        .until_shown("SearchEverything", search, |data| {
            first(data)["id"] == offer
        })
        .await;
    assert_eq!(first(&found)["title"], TITLE);
    assert_eq!(found["search"]["offers"]["totalCount"], 1, "{found}");

    // From far away the map shows how many offers are where, and from near the offer.
    let city = json!({"south": 48.80, "west": 2.25, "north": 48.92, "east": 2.45});
    let map = days
        .shown("OfferMap", json!({"box": city, "zoom": 6}))
        .await;
    let clusters = map["offerClusters"].as_array().unwrap();
    let counts = clusters.iter().map(|one| one["count"].as_i64().unwrap());
    let counts: Vec<i64> = counts.collect();
    assert_eq!(counts.iter().sum::<i64>(), 4, "{map}");
    assert!(counts.iter().any(|count| *count > 1), "{map}");
    let street = json!({"south": 48.8568, "west": 2.3517, "north": 48.8576, "east": 2.3525});
    let map = days
        .shown("OfferMap", json!({"box": street, "zoom": 17}))
        .await;
    assert_eq!(map["offerClusters"].as_array().unwrap().len(), 1, "{map}");
    assert_eq!(map["offerClusters"][0]["offer"]["id"], offer, "{map}");
    let list = json!({"input": {"box": street}});
    let list = days.shown("OffersFiltered", list).await;
    let edges = list["offers"]["edges"].as_array().unwrap();
    assert_eq!((edges.len(), &edges[0]["node"]["id"]), (1, &json!(offer)));
}

/// The first Friday that is more than a day ahead, and how many places it has left.
async fn friday(days: &Passing, offer: &str, left: i64) -> Value {
    // A whole hour, so that the request is the same in all steps.
    let from_s = (days.now_s() + DAY_S) / HOUR_S * HOUR_S;
    let time = json!({"id": offer, "from": moment(from_s), "to": moment(from_s + 8 * DAY_S)});
    let of = |data: &Value| {
        let openings = data["offer"]["openings"].as_array();
        let later = |one: &&Value| moment_s(&one["start"]) >= from_s;
        openings.and_then(|all| all.iter().find(later).cloned())
    };
    let is_right = |data: &Value| of(data).is_some_and(|one| one["placesLeft"] == left);
    let shown = days.until_shown("OfferOpenings", time, is_right).await;
    assert_eq!(shown["offer"]["requiresApproval"], true);
    assert_eq!(shown["offer"]["maxPartySize"], MOST);
    of(&shown).unwrap()
}

/// The guest books for Friday, for four; seven are too many. Returns the booking, and when it begins.
async fn books(days: &Passing, guest: &Person, offer: &str) -> (String, i64) {
    let opening = friday(days, offer, PLACES).await;
    let with = |people: i64| {
        json!({"offerId": offer, "opening": opening["start"], "partySize": people,
            "idempotencyKey": "with-friends"})
    };
    let stack = days.stack();
    let seven = guest.refused(stack, "BookOpening", with(MOST + 1)).await;
    assert_eq!(seven, "OFFER_PARTY_TOO_LARGE");
    let booked = guest.ask(stack, "BookOpening", with(PARTY)).await;
    let booked = &booked["createBooking"];
    assert_eq!(
        (&booked["status"], &booked["partySize"]),
        (&json!("PENDING"), &json!(PARTY))
    );
    let begins_s = moment_s(&opening["start"]);
    assert!(moment_s(&booked["decideBefore"]) < begins_s);
    friday(days, offer, PLACES - PARTY).await;
    (booked["id"].as_str().unwrap().to_owned(), begins_s)
}

/// What a calendar reads at the address of a feed, without signing in.
async fn calendar(stack: &Stack, path: &str) -> String {
    let url = format!("{}{path}", stack.edge_url);
    let answer = stack.client.get(url).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let text = answer.text().await.unwrap();
    // Long lines are folded.
    text.replace("\r\n ", "")
}

/// A property of the one event of a calendar.
fn property<'a>(calendar: &'a str, name: &str) -> &'a str {
    assert_eq!(calendar.matches("BEGIN:VEVENT").count(), 1, "{calendar}");
    let event = calendar.split("BEGIN:VEVENT").nth(1).unwrap();
    let value = event
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    value.unwrap_or_else(|| panic!("no {name}: {calendar}"))
}

/// The venue sees the guest's request and approves it. The guest is told by subscription, in the inbox and by mail.
async fn approved(
    days: &Passing,
    (owner, partner): (&Person, &str),
    guest: &Person,
    booking: &str,
) {
    let stack = days.stack();
    let waits = days.world.mail(&owner.email, 2).await;
    let title = waits["title"].as_str().unwrap();
    assert!(title.starts_with("Réservation à confirmer"), "{waits:#}");
    let text = waits["text"].as_str().unwrap();
    for said in ["4\u{a0}personnes", "Répondez avant"] {
        assert!(text.contains(said), "{waits:#}");
    }
    let this = json!({"bookingId": booking});
    let mut phone = guest.subscribe(stack, Client::WebSocket, "BookingStatusChanged", this);
    let mut inbox = guest.subscribe(
        stack,
        Client::EventStream,
        "NotificationReceived",
        json!({}),
    );
    for listener in [&mut phone, &mut inbox] {
        listener.tells("connected").await.unwrap();
    }
    until_subscribed(stack, 2).await;
    let detail = guest
        .ask(stack, "BookingDetail", json!({"id": booking}))
        .await;
    let begins_s = moment_s(&detail["booking"]["validFrom"]);
    let night = chrono::DateTime::from_timestamp(begins_s, 0).unwrap();
    let night = night.format("%Y-%m-%d").to_string();
    let tonight = json!({"partnerId": partner, "day": night, "status": "PENDING"});
    let waiting = owner.ask(stack, "Tonight", tonight).await;
    let waiting = &waiting["partnerBookings"];
    let node = &waiting["edges"][0]["node"];
    assert_eq!(
        (&node["id"], &node["guest"], &node["partySize"]),
        (&json!(booking), &json!("Zoé D."), &json!(PARTY)),
        "{waiting}"
    );
    assert_eq!(waiting["totals"]["expected"], PARTY);

    let confirmed = owner
        .ask(stack, "ConfirmGuestBooking", json!({"id": booking}))
        .await;
    assert_eq!(confirmed["confirmBooking"]["status"], "CONFIRMED");
    let told = phone.tells("next").await.unwrap();
    let changed = &told["data"]["bookingStatusChanged"];
    assert_eq!(changed["status"], "CONFIRMED", "{told}");
    let told = inbox.tells("next").await.unwrap();
    let entry = &told["data"]["notificationReceived"];
    assert_eq!(entry["kind"], "BOOKING_CONFIRMED", "{told}");
    let kept = guest.until_in_inbox(stack, "BOOKING_CONFIRMED").await;
    assert_eq!((&kept["id"], &kept["readAt"]), (&entry["id"], &Value::Null));
    let mail = days.world.mail(&guest.email, 2).await;
    let title = mail["title"].as_str().unwrap();
    assert!(title.starts_with("Réservation confirmée"), "{mail:#}");
    let text = mail["text"].as_str().unwrap();
    assert!(text.contains("4\u{a0}personnes"), "{mail:#}");
}

/// On Friday the guest shows the code, and is let in with three friends.
async fn let_in(days: &Passing, owner: &Person, guest: &Person, booking: &str) {
    let stack = days.stack();
    let this = json!({"id": booking});
    let shown = guest.ask(stack, "BookingCode", this.clone()).await;
    let scan = json!({"bookingId": booking, "qrCode": shown["booking"]["qrCode"]});
    let scanned = owner.ask(stack, "CheckIn", scan).await;
    assert_eq!(scanned["checkIn"]["status"], "CHECKED_IN", "{scanned}");
    let detail = guest.ask(stack, "BookingDetail", this).await;
    assert_eq!(detail["booking"]["status"], "CHECKED_IN");
    let past = json!({"when": "PAST"});
    let past = guest.ask(stack, "MyBookingsByTime", past).await;
    let node = &past["myBookingsConnection"]["edges"][0]["node"];
    assert_eq!(
        (&node["id"], &node["partySize"]),
        (&json!(booking), &json!(PARTY))
    );
}

/// Asked for a review, the guest writes one, and everybody sees the rating move, in answers that were cached.
async fn reviewed(days: &Passing, partner: &str, guest: &Person, booking: &str) {
    let stack = days.stack();
    let entry = guest.until_in_inbox(stack, "REVIEW_REQUEST").await;
    assert!(entry["link"].as_str().unwrap().contains(booking), "{entry}");
    let before = guest
        .ask(stack, "BookingReview", json!({"id": booking}))
        .await;
    let before = &before["booking"];
    assert!(
        before["canReviewUntil"].is_string() && before["review"].is_null(),
        "{before}"
    );
    let of_partner = json!({"id": partner});
    let cached = stack.ask("ReviewsOfPartner", of_partner.clone());
    let cached = warm(stack, &cached).await.json();
    assert_eq!(cached["data"]["partner"]["reviewCount"], 0, "{cached}");
    let words = json!({"bookingId": booking, "stars": 5, "text": "Nous y retournerons à quatre.",
        "idempotencyKey": "a-review"});
    let written = guest.ask(stack, "AddReview", words).await;
    assert_eq!(written["addReview"]["author"], "Zoé D.");
    let seen = days
        .until_shown("ReviewsOfPartner", of_partner, |data| {
            data["partner"]["reviewCount"] == 1
        })
        .await;
    let partner = &seen["partner"];
    // One review of five stars, and five of four that are counted in.
    assert_eq!(partner["rating"], 4.2, "{seen}");
    let review = &partner["reviews"]["edges"][0]["node"];
    assert_eq!(
        (&review["stars"], &review["author"]),
        (&json!(5), &json!("Zoé D."))
    );
}

#[tokio::test]
async fn a_guest_finds_books_and_visits_a_venue_and_says_how_it_was() {
    let venues = vec![
        venue((48.8600, 2.3400), "italian"),
        venue((48.8500, 2.3600), "japanese"),
        venue((48.8650, 2.3700), "thai"),
    ];
    let Some(mut days) = Passing::start(venues).await else {
        return;
    };
    let mut owner = verified(&days.world, "owner").await;
    let (partner, offer) = on_fridays(&days.world, &owner).await;
    let mut guest = verified(&days.world, "guest").await;

    finds(&days, &offer).await;
    let (booking, begins_s) = books(&days, &guest, &offer).await;
    let id = json!({"id": booking});
    let shown = guest.ask(days.stack(), "BookingAtTheDoor", id).await;
    let offline = shown["booking"]["offlineCode"].clone();
    let feed = guest
        .ask(days.stack(), "CreateCalendarFeed", json!({}))
        .await;
    let feed = feed["createCalendarFeed"].as_str().unwrap();
    let waits = calendar(days.stack(), feed).await;
    assert_eq!(property(&waits, "STATUS"), "TENTATIVE");
    assert_eq!(property(&waits, "SUMMARY"), TITLE);
    approved(&days, (&owner, &partner), &guest, &booking).await;
    let sure = calendar(days.stack(), feed).await;
    assert_eq!(property(&sure, "STATUS"), "CONFIRMED");
    assert_eq!(property(&sure, "UID"), property(&waits, "UID"));
    let sequence = |calendar| property(calendar, "SEQUENCE").parse::<i32>().unwrap();
    assert!(sequence(&sure) > sequence(&waits), "{sure}");

    let early = json!({"bookingId": booking, "qrCode": offline});
    let early = owner.refused(days.stack(), "CheckIn", early).await;
    assert_eq!(early, "BOOKING_TOO_EARLY");
    days.go_to(begins_s + 30 * MINUTE_S).await;
    guest.sign_in(days.stack()).await;
    owner.sign_in(days.stack()).await;
    let_in(&days, &owner, &guest, &booking).await;

    // On Saturday at five past eleven.
    days.go_to(begins_s + 16 * HOUR_S + 5 * MINUTE_S).await;
    guest.sign_in(days.stack()).await;
    reviewed(&days, &partner, &guest, &booking).await;
}
