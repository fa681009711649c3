//! Bookings over HTTP.

mod approving;
mod calendars;
mod ending;
mod files;
mod leaving;
pub(crate) mod limited;
mod making;
mod opening;
mod reading;
mod scanning;
mod scans;
mod venue;
mod walk_ins;

use domain::{
    Offer, PartnerId, Quota, UserId,
    users::{
        account::{Membership, Post, Role},
        change::AccountChange,
    },
};
use serde_json::{Value, json};

use crate::{
    accounts::person::{PASSWORD, Person, login, register},
    app::{Answer, TestApp},
    fixtures::{self, partner},
};

const HOUR_MS: i64 = 3_600_000;

pub(crate) const CREATE: &str =
    "mutation C($o: ID!, $k: String) { createBooking(offerId: $o, idempotencyKey: $k) {
    id status qrCode offlineCode validFrom validUntil cancellableUntil checkedInAt createdAt
    user { id firstName } offer { id quota { remaining } } } }";
pub(crate) const CHECK_IN: &str =
    "mutation I($b: ID!, $q: String!) { checkIn(bookingId: $b, qrCode: $q) {
    id status checkedInAt user { id firstName } } }";
pub(crate) const CANCEL: &str =
    "mutation X($b: ID!) { cancelBooking(id: $b) { id status offer { quota { remaining } } } }";

/// Open at any time, with so many places.
pub(crate) fn places(seed: &str, number: i32, total: i32) -> Offer {
    Offer {
        schedule: None,
        quota: Some(Quota {
            total,
            remaining: total,
        }),
        ..fixtures::offer(seed, number)
    }
}

pub(crate) async fn create(app: &TestApp, who: &Person, offer: &Offer) -> Answer {
    who.ask(app, CREATE, json!({"o": offer.id})).await
}

pub(crate) async fn booked(app: &TestApp, who: &Person, offer: &Offer) -> Value {
    create(app, who, offer).await.data()["createBooking"].clone()
}

/// Somebody who works for the partner of this seed.
pub(crate) async fn works_for(app: &TestApp, name: &str, seed: &str, post: Post) -> Person {
    let person = register(app, name).await;
    let membership = Membership::new(PartnerId::clone(&partner(seed).id), post);
    let change = AccountChange::Role(Role::Partner, Some(membership));
    let id = UserId::parse(&person.id).unwrap();
    app.state
        .services
        .users
        .change(&id, change, 0)
        .await
        .unwrap();
    app.state.services.auth.standings.forget(&id);
    person
}

/// Once more: access tokens live for a quarter of an hour.
async fn again(app: &TestApp, name: &str) -> Person {
    let answer = login(app, &format!("{name}@example.fr"), PASSWORD).await;
    Person::of(&answer.data()["login"])
}
