//! Whole stories of what people are told: a guest's booking days ahead, and an invitation to a team.

use std::{path::PathBuf, process::Command, time::Duration};

use serde_json::{Value, json};

use crate::{
    messages::{World, kept, token},
    story::{Person, make_administrator, publish_by, sign_up},
};

const HOUR_S: i64 = 3_600;
pub(crate) const DAY_S: i64 = 24 * HOUR_S;
const PHONE: &str = "0c4a9f0e-7d2b-4a55-9f5e-1b2c3d4e5f60";

/// What titles of pushes begin with.
const REMINDER: &str = "C’est bientôt";
const CANCELLED: &str = "Réservation annulée";

/// The clock of the origin, which a test moves.
pub(crate) struct Clock {
    file: PathBuf,
    _dir: tempfile::TempDir,
}

impl Clock {
    /// And the variables with which a program goes by it; none where there is no library for it.
    pub(crate) fn new() -> Option<(Self, Vec<(&'static str, &'static str)>)> {
        let Some(program) = std::env::var_os("FAKETIME_BIN") else {
            println!("skipped: FAKETIME_BIN is not set: cargo xtask test installs faketime");
            return None;
        };
        let asked = Command::new(program).args(["-f", "+0s", "env"]).output();
        let said = String::from_utf8(asked.unwrap().stdout).unwrap();
        let library = said
            .lines()
            .find_map(|line| line.strip_prefix("LD_PRELOAD="));
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("clock");
        let clock = Self { file, _dir: dir };
        clock.set(0);
        let file = clock.file.to_string_lossy().into_owned();
        let variables = vec![
            ("LD_PRELOAD", kept(library.unwrap().to_owned())),
            ("FAKETIME_TIMESTAMP_FILE", kept(file)),
            ("FAKETIME_NO_CACHE", "1"),
            // Time limits go by the true clock.
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
        ];
        Some((clock, variables))
    }

    /// So many seconds ahead of the true time.
    pub(crate) fn set(&self, ahead_s: i64) {
        // Renamed: it is read at any moment.
        let other = self.file.with_extension("new");
        std::fs::write(&other, format!("+{ahead_s}s\n")).unwrap();
        std::fs::rename(&other, &self.file).unwrap();
    }
}

/// Signed up, with an address that is proven by the link that came with the account.
pub(crate) async fn verified(world: &World, name: &str) -> Person {
    let person = sign_up(&world.stack, name).await;
    let mail = world.mail(&person.email, 1).await;
    let proof = json!({"token": token(&mail)});
    let proven = person.ask(&world.stack, "VerifyEmail", proof).await;
    assert_eq!(proven["verifyEmail"], true);
    person
}

/// As [`publish`](crate::story::publish), where mails go to the fake of their provider.
pub(crate) async fn published(world: &World, owner: &Person) -> (String, String) {
    let operator = verified(world, "operator").await;
    make_administrator(&world.stack, &operator).await;
    publish_by(&world.stack, owner, &operator).await
}

/// When a booking begins.
fn begins_s(booking: &Value) -> i64 {
    let begins = booking["validFrom"].as_str().unwrap();
    let begins = chrono::DateTime::parse_from_rfc3339(begins).unwrap();
    begins.timestamp()
}

fn now_s() -> i64 {
    chrono::Utc::now().timestamp()
}

#[tokio::test]
async fn a_guest_is_reminded_at_the_right_minute_and_hears_when_the_venue_cancels() {
    let Some((clock, variables)) = Clock::new() else {
        return;
    };
    let world = World::started(variables).await;
    let stack = &world.stack;
    let owner = verified(&world, "owner").await;
    let (_, offer) = published(&world, &owner).await;
    let weekday = (chrono::Utc::now() + chrono::Duration::days(2))
        .format("%A")
        .to_string()
        .to_uppercase();
    let schedule = json!({"weekdays": [weekday], "from": "20:00", "to": "23:00"});
    let edit = json!({"id": offer, "input": {"schedule": schedule}});
    owner.ask(stack, "UpdateOffer", edit).await;

    let guest = verified(&world, "guest").await;
    let device = json!({"input": {"id": PHONE, "platform": "IOS"}});
    guest.ask(stack, "RegisterDevice", device).await;
    let booked = guest
        .ask(
            stack,
            "CreateBooking",
            json!({"offerId": offer, "idempotencyKey": "an-evening"}),
        )
        .await;
    let booking = booked["createBooking"]["id"].clone();
    let this = json!({"id": booking});
    owner.ask(stack, "ConfirmGuestBooking", this.clone()).await;
    let mail = world.mail(&guest.email, 2).await;
    let title = mail["title"].as_str().unwrap();
    assert!(title.starts_with("Réservation confirmée"), "{mail:#}");

    let detail = guest.ask(stack, "BookingDetail", this.clone()).await;
    let begins_s = begins_s(&detail["booking"]);
    let until = |before_s: i64| begins_s - before_s - now_s();
    clock.set(until(2 * HOUR_S + 60));
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(world.pushed(PHONE, REMINDER).await, 0);
    clock.set(until(2 * HOUR_S - 1));
    world.until_pushed(PHONE, REMINDER).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(world.pushed(PHONE, REMINDER).await, 1, "once");

    // The venue cancels; what people proved in the true time holds again.
    clock.set(0);
    owner.ask(stack, "CancelGuestBooking", this).await;
    let mail = world.mail(&guest.email, 3).await;
    assert!(
        mail["title"].as_str().unwrap().contains("annul"),
        "{mail:#}"
    );
    // At night a push waits for the morning: until the next 9:00 in Paris.
    let mut ahead_s = until(11 * HOUR_S);
    while ahead_s > DAY_S {
        ahead_s -= DAY_S;
    }
    clock.set(ahead_s);
    world.until_pushed(PHONE, CANCELLED).await;
}

#[tokio::test]
async fn an_invited_person_joins_the_team_by_the_link_in_the_mail() {
    let world = World::started(Vec::new()).await;
    let stack = &world.stack;
    let owner = verified(&world, "owner").await;
    let (partner, _) = published(&world, &owner).await;
    let staff = verified(&world, "staff").await;
    let input = json!({"email": staff.email, "role": "STAFF"});
    let invitation = json!({"partnerId": partner, "input": input});
    owner.ask(stack, "InviteMember", invitation).await;
    let mail = world.mail(&staff.email, 2).await;
    assert!(
        mail["title"].as_str().unwrap().contains("Chez Zoé"),
        "{mail:#}"
    );
    let accepted = json!({"token": token(&mail)});
    let joined = staff.ask(stack, "AcceptInvitation", accepted).await;
    let joined = &joined["acceptInvitation"];
    assert_eq!(joined["partner"]["id"], partner.as_str(), "{joined}");
    assert_eq!(joined["role"], "STAFF");
}
