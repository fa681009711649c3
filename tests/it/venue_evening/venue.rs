//! The venue, its guests, and what its staff see.

use e2e::{Script, Stack, live::Client};
use serde_json::{Value, json};

use crate::{
    live::until_subscribed,
    passing::{Passing, moment, moment_s},
    story::Person,
    telling::{DAY_S, published, verified},
};

pub(super) const TAPAS: &str = "Tapas à partager";
pub(super) const COCKTAILS: &str = "Cocktails d'après minuit";
const EVERY_DAY: [&str; 7] = [
    "MONDAY",
    "TUESDAY",
    "WEDNESDAY",
    "THURSDAY",
    "FRIDAY",
    "SATURDAY",
    "SUNDAY",
];

/// A venue with two offers, and who works there.
pub(super) struct Venue {
    pub(super) owner: Person,
    pub(super) staff: Person,
    pub(super) partner: String,
    /// From 18:00 to 02:00; the venue says yes or no.
    pub(super) tapas: String,
    /// At any time.
    pub(super) cocktails: String,
    /// When tapas begin on the evening of the story.
    pub(super) begins_s: i64,
}

/// A guest, with a booking of tapas.
pub(super) struct Guest {
    pub(super) person: Person,
    pub(super) booking: String,
    pub(super) offline_code: String,
}

impl Venue {
    pub(super) async fn open(days: &Passing) -> Self {
        let stack = days.stack();
        let owner = verified(&days.world, "owner").await;
        let staff = verified(&days.world, "staff").await;
        let (partner, tapas) = published(&days.world, &owner).await;
        let member = format!("{partner}:staff");
        let role = ["role", &staff.email, "--partner", &member, "--yes"];
        stack.run(&role).await.unwrap();
        let schedule = json!({"weekdays": EVERY_DAY, "from": "18:00", "to": "02:00"});
        let input = json!({"title": TAPAS, "schedule": schedule, "quota": {"total": 30},
            "requiresApproval": true});
        let edit = json!({"id": tapas, "input": input});
        owner.ask(stack, "UpdateOffer", edit).await;
        let shown = days.shown("OfferDetail", json!({"id": tapas})).await;
        let place = &shown["offer"]["establishment"]["id"];
        let input = json!({"partnerId": partner, "establishmentId": place, "title": COCKTAILS,
            "description": "Au bar", "category": "BAR", "discount": {"percentage": 20},
            "validFrom": "2026-01-01T00:00:00Z", "validUntil": "2036-01-01T00:00:00Z"});
        let made = owner
            .ask(stack, "CreateOffer", json!({"input": input}))
            .await;
        let cocktails = made["createOffer"]["id"].as_str().unwrap().to_owned();
        // Not tonight: so bookings that are made now are made in another night.
        let from_s = days.now_s() + DAY_S;
        let time = json!({"id": tapas, "from": moment(from_s), "to": moment(from_s + 2 * DAY_S)});
        let openings = days.shown("OfferOpenings", time).await;
        let openings = openings["offer"]["openings"].as_array().unwrap().clone();
        let mut begin = openings.iter().map(|one| moment_s(&one["start"]));
        let begins_s = begin.find(|begins_s| *begins_s >= from_s).unwrap();
        Self {
            owner,
            staff,
            partner,
            tapas,
            cocktails,
            begins_s,
        }
    }

    /// The day of the evening.
    pub(super) fn day(&self) -> String {
        let day = chrono::DateTime::from_timestamp(self.begins_s, 0).unwrap();
        day.format("%Y-%m-%d").to_string()
    }

    pub(super) async fn booked(&self, days: &Passing, name: &str, people: i64) -> Guest {
        let stack = days.stack();
        let person = verified(&days.world, name).await;
        let wish = json!({"offerId": self.tapas, "partySize": people,
            "opening": moment(self.begins_s), "idempotencyKey": "an-evening"});
        let booked = person.ask(stack, "BookOpening", wish).await;
        Guest::of(person, &booked["createBooking"])
    }

    /// The night's list, as staff see it.
    pub(super) async fn night(&self, stack: &Stack, day: Value, status: Value) -> Value {
        let tonight = json!({"partnerId": self.partner, "day": day, "status": status});
        let night = self.staff.ask(stack, "Tonight", tonight).await;
        night["partnerBookings"].clone()
    }

    /// Opens the live feed; the first event says that the list has to be read.
    pub(super) async fn listen(&self, stack: &Stack) -> Script {
        let partner = json!({"partnerId": self.partner});
        let feed =
            self.staff
                .subscribe(stack, Client::EventStream, "PartnerBookingChanged", partner);
        let mut feed = feed;
        feed.tells("connected").await.unwrap();
        until_subscribed(stack, 1).await;
        assert_eq!(change(&mut feed).await, Value::Null);
        feed
    }
}

impl Guest {
    pub(super) fn of(person: Person, booked: &Value) -> Self {
        assert_eq!(booked["status"], "PENDING", "{booked}");
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        Self {
            person,
            booking: text(&booked["id"]),
            offline_code: text(&booked["offlineCode"]),
        }
    }

    /// What the guest shows at the door.
    pub(super) async fn shows(&mut self, stack: &Stack) -> Value {
        self.person.sign_in(stack).await;
        let this = json!({"id": self.booking});
        let shown = self.person.ask(stack, "BookingAtTheDoor", this).await;
        shown["booking"].clone()
    }
}

/// The booking of the feed's next event; null if the list has to be read.
pub(super) async fn change(feed: &mut Script) -> Value {
    let told = feed.tells("next").await.unwrap();
    assert_eq!(told.get("errors"), None, "{told}");
    told["data"]["partnerBookingChanged"]["booking"].clone()
}

/// The feed tells that this booking has this status now.
pub(super) async fn tells(feed: &mut Script, booking: &str, status: &str) {
    let told = change(feed).await;
    assert_eq!(
        (&told["id"], &told["status"]),
        (&json!(booking), &json!(status)),
        "{told}"
    );
}

/// Bookings and their people; the people who are expected, have arrived, and came without a booking.
pub(super) fn totals(of: &Value) -> [i64; 5] {
    ["bookings", "people", "expected", "arrived", "walkIns"]
        .map(|name| of["totals"][name].as_i64().unwrap())
}
