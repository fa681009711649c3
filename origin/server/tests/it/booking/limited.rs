//! Staff of one of a partner's establishments: of the others they see nothing and change nothing.

use domain::{
    Establishment, EstablishmentId, Offer,
    users::{
        account::Role,
        change::AccountChange,
        membership::{Membership, Places, Post},
    },
};
use serde_json::{Value, json};
use store_sqlite::stores::{offers, partners};

use super::{CHECK_IN, booked, places, works_for};
use crate::{
    accounts::person::{Person, register},
    app::TestApp,
    fixtures::{establishment, partner, store},
};

const TONIGHT: &str =
    "query T($p: ID!, $e: ID) { partnerBookings(partnerId: $p, establishmentId: $e) {
    totals { bookings walkIns } openings { offer { id } } edges { node { id } } } }";
const BY_CODE: &str = "mutation X($p: ID!, $e: ID, $c: String!) {
    checkInByCode(partnerId: $p, establishmentId: $e, code: $c) { id } }";
const SHORT_CODE: &str = "query O($b: ID!) { booking(id: $b) { id shortCode } }";
const RECORD: &str = "mutation R($p: ID!, $s: [ScanInput!]!) {
    recordScans(partnerId: $p, scans: $s) { code booking { id } } }";
const WALK_IN: &str = "mutation W($o: ID!) { recordWalkIn(offerId: $o) { id } }";
const ARCHIVE: &str = "mutation A($id: ID!) { deleteEstablishment(id: $id) }";
const OF_ID: [&str; 5] = [
    "mutation X($b: ID!) { undoCheckIn(id: $b) { id } }",
    "mutation X($b: ID!) { confirmBooking(id: $b) { id } }",
    "mutation X($b: ID!) { cancelBooking(id: $b) { id } }",
    "mutation X($b: ID!) { declineBooking(id: $b, reason: \"Complet\") { id } }",
    "mutation X($b: ID!) { cancelBookingByVenue(id: $b, reason: \"Complet\") { id } }",
];

/// A further establishment of partner `a`, with an offer.
pub(crate) async fn second(app: &TestApp, offer: Offer) -> Offer {
    let place = Establishment {
        id: EstablishmentId::derive("establishment", "a, second"),
        ..establishment("a")
    };
    let offer = Offer {
        establishment_id: place.id.clone(),
        ..offer
    };
    let stored = offer.clone();
    let written = app.db.write(move |tx| {
        partners::insert_establishment(tx, &place)?;
        offers::insert(tx, &stored)
    });
    written.await.unwrap();
    app.state.services.lists.reload().await;
    offer
}

/// Makes somebody staff of these establishments of partner `a`.
pub(crate) async fn limit(app: &TestApp, who: &Person, to: &[&EstablishmentId]) {
    let membership = Membership {
        places: Places::only(to.iter().copied().cloned()),
        ..Membership::new(partner("a").id, Post::Staff)
    };
    let change = AccountChange::Role(Role::Partner, Some(membership));
    let services = &app.state.services;
    let changed = services.users.change(&who.user_id(), change, 0).await;
    changed.unwrap();
    services.auth.standings.forget(&who.user_id());
}

struct Venue {
    app: TestApp,
    /// An offer, and a booking of it, at the first establishment and at the second.
    offers: [Offer; 2],
    bookings: [Value; 2],
    guest: Person,
    /// Works at the first alone.
    staff: Person,
}

async fn venue() -> Venue {
    let app = TestApp::start().await;
    let first = places("a", 0, 9);
    store(&app, "a", vec![first.clone()]).await;
    let second = second(&app, places("a", 1, 9)).await;
    let guest = register(&app, "ana").await;
    let staff = works_for(&app, "staff", "a", Post::Staff).await;
    limit(&app, &staff, &[&first.establishment_id]).await;
    let bookings = [
        booked(&app, &guest, &first).await,
        booked(&app, &guest, &second).await,
    ];
    Venue {
        app,
        offers: [first, second],
        bookings,
        guest,
        staff,
    }
}

impl Venue {
    async fn tonight(&self, who: &Person, place: Option<&EstablishmentId>) -> Value {
        let asked = json!({"p": partner("a").id, "e": place});
        let answer = who.ask(&self.app, TONIGHT, asked).await;
        if answer.code().is_empty() {
            answer.data()["partnerBookings"].clone()
        } else {
            json!(answer.code())
        }
    }

    async fn code(&self, query: &str, asked: Value) -> String {
        self.staff.ask(&self.app, query, asked).await.code()
    }

    async fn short_code(&self, booking: &Value) -> Value {
        let asked = json!({"b": booking["id"]});
        let own = self.guest.ask(&self.app, SHORT_CODE, asked).await.data();
        own["booking"]["shortCode"].clone()
    }
}

fn shown(list: &Value) -> Vec<&Value> {
    let edges = list["edges"].as_array().unwrap().iter();
    edges.map(|edge| &edge["node"]["id"]).collect()
}

#[tokio::test]
async fn a_list_shows_the_establishments_of_who_reads_it() {
    let venue = venue().await;
    let [here, there] = &venue.bookings;
    let [at_one, at_other] = &venue.offers;
    let manager = works_for(&venue.app, "manager", "a", Post::Manager).await;
    let free = works_for(&venue.app, "free", "a", Post::Staff).await;
    let walk_in = json!({"o": at_other.id});
    free.ask(&venue.app, WALK_IN, walk_in).await.data();
    for who in [&manager, &free] {
        let all = venue.tonight(who, None).await;
        assert_eq!(shown(&all).len(), 2);
        assert_eq!(all["totals"], json!({"bookings": 2, "walkIns": 1}));
        let one = venue.tonight(who, Some(&at_other.establishment_id)).await;
        assert_eq!(shown(&one), [&there["id"]]);
    }
    for place in [None, Some(&at_one.establishment_id)] {
        let own = venue.tonight(&venue.staff, place).await;
        assert_eq!(shown(&own), [&here["id"]]);
        assert_eq!(own["totals"], json!({"bookings": 1, "walkIns": 0}));
        assert_eq!(own["openings"].as_array().unwrap().len(), 1);
    }
    // As for an establishment of another partner.
    store(&venue.app, "b", vec![]).await;
    for other in [&at_other.establishment_id, &establishment("b").id] {
        let refused = venue.tonight(&venue.staff, Some(other)).await;
        assert_eq!(refused, "ESTABLISHMENT_NOT_FOUND");
    }
}

#[tokio::test]
async fn a_booking_of_another_establishment_is_as_one_of_another_partner() {
    let venue = venue().await;
    let [here, there] = &venue.bookings;
    let of = |booking: &Value| json!({"b": booking["id"], "q": booking["qrCode"]});
    assert_eq!(venue.code(CHECK_IN, of(there)).await, "BOOKING_NOT_FOUND");
    for query in OF_ID {
        let asked = json!({"b": there["id"]});
        assert_eq!(
            venue.code(query, asked).await,
            "BOOKING_NOT_FOUND",
            "{query}"
        );
    }
    let asked = json!({"b": there["id"]});
    let read = venue.staff.ask(&venue.app, SHORT_CODE, asked).await.data();
    assert_eq!(read["booking"], Value::Null);
    let foreign = venue.short_code(there).await;
    let place = &venue.offers[1].establishment_id;
    for (place, code) in [
        (None, "SHORT_CODE_UNKNOWN"),
        (Some(place), "ESTABLISHMENT_NOT_FOUND"),
    ] {
        let asked = json!({"p": partner("a").id, "e": place, "c": foreign});
        assert_eq!(venue.code(BY_CODE, asked).await, code);
    }
    let walk_in = json!({"o": venue.offers[1].id});
    assert_eq!(venue.code(WALK_IN, walk_in).await, "FORBIDDEN");
    let scans: Vec<Value> = [there, here]
        .iter()
        .map(|booking| {
            let id = &booking["id"];
            json!({"id": id, "qrCode": booking["offlineCode"], "scannedAt": "2026-06-01T12:00:00Z"})
        })
        .collect();
    let asked = json!({"p": partner("a").id, "s": scans});
    let results = venue.staff.ask(&venue.app, RECORD, asked).await.data();
    let expected = json!([
        {"code": "QR_CODE_FOREIGN", "booking": null},
        {"code": null, "booking": {"id": here["id"]}},
    ]);
    assert_eq!(results["recordScans"], expected);
    // Nothing of it has changed.
    let asked = json!({"b": there["id"]});
    let query = "query O($b: ID!) { booking(id: $b) { status } }";
    let own = venue.guest.ask(&venue.app, query, asked).await.data();
    assert_eq!(own["booking"]["status"], "CONFIRMED");
}

#[tokio::test]
async fn at_their_own_establishment_they_do_what_staff_do() {
    let venue = venue().await;
    let here = &venue.bookings[0];
    let asked = json!({"p": partner("a").id, "c": venue.short_code(here).await});
    assert_eq!(venue.code(BY_CODE, asked).await, "");
    let [undo, ..] = OF_ID;
    assert_eq!(venue.code(undo, json!({"b": here["id"]})).await, "");
    let asked = json!({"b": here["id"], "q": here["qrCode"]});
    assert_eq!(venue.code(CHECK_IN, asked).await, "");
    let walk_in = json!({"o": venue.offers[0].id});
    assert_eq!(venue.code(WALK_IN, walk_in).await, "");
    // A guest keeps what is theirs, also where they do not work.
    let own = booked(&venue.app, &venue.staff, &venue.offers[1]).await;
    let [_, _, cancel, ..] = OF_ID;
    assert_eq!(venue.code(cancel, json!({"b": own["id"]})).await, "");
}

#[tokio::test]
async fn whose_establishments_are_all_archived_sees_nothing() {
    let venue = venue().await;
    let manager = works_for(&venue.app, "manager", "a", Post::Manager).await;
    let empty = Establishment {
        id: EstablishmentId::derive("establishment", "a, third"),
        ..establishment("a")
    };
    let id = empty.id.clone();
    let written = venue
        .app
        .db
        .write(move |tx| partners::insert_establishment(tx, &empty));
    written.await.unwrap();
    limit(&venue.app, &venue.staff, &[&id]).await;
    assert_eq!(shown(&venue.tonight(&venue.staff, None).await).len(), 0);
    let archived = manager.ask(&venue.app, ARCHIVE, json!({"id": id})).await;
    assert_eq!(archived.data()["deleteEstablishment"], true);
    // At once, and it is not all that is left.
    let left = venue.tonight(&venue.staff, None).await;
    assert_eq!(shown(&left).len(), 0);
    assert_eq!(left["totals"], json!({"bookings": 0, "walkIns": 0}));
    let named = venue.tonight(&venue.staff, Some(&id)).await;
    assert_eq!(named, "ESTABLISHMENT_NOT_FOUND");
    let here = &venue.bookings[0];
    let asked = json!({"b": here["id"], "q": here["qrCode"]});
    assert_eq!(venue.code(CHECK_IN, asked).await, "BOOKING_NOT_FOUND");
}
