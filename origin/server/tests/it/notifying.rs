//! What a person is told, from the booking to the inbox.

use domain::{UserId, users::change::AccountChange};
use serde_json::{Value, json};

use crate::{
    accounts::person::{Person, register},
    app::TestApp,
    booking::{booked, places},
    fixtures::store,
};

const INBOX: &str = "query N($f: Int, $a: String) { notifications(first: $f, after: $a) {
    unreadCount pageInfo { hasNextPage endCursor }
    edges { node { id kind title body link createdAt readAt } } } }";
const REGISTER: &str =
    "mutation R($i: DeviceInput!) { registerDevice(input: $i) { id platform lastSeenAt } }";
const REMOVE: &str = "mutation R($i: ID!) { removeDevice(id: $i) }";
const READ: &str = "mutation M($i: [ID!]) { markRead(ids: $i) }";
const PHONE: &str = "0c4a9f0e-7d2b-4a55-9f5e-1b2c3d4e5f60";

async fn inbox(app: &TestApp, who: &Person, variables: Value) -> Value {
    who.ask(app, INBOX, variables).await.data()["notifications"].clone()
}

#[tokio::test]
async fn a_booking_is_told_by_mail_by_push_and_in_the_inbox() {
    let app = TestApp::start().await;
    let offers = [places("a", 0, 9), places("a", 1, 9)];
    store(&app, "a", offers.to_vec()).await;
    let (ana, bob) = (register(&app, "ana").await, register(&app, "bob").await);
    let proven = AccountChange::EmailVerified("ana@example.fr".to_owned());
    let id = UserId::parse(&ana.id).unwrap();
    let users = &app.state.services.users;
    users.change(&id, proven, 0).await.unwrap();
    let device = json!({"i": {"id": PHONE, "platform": "ANDROID"}});
    let registered = ana.ask(&app, REGISTER, device).await.data();
    assert_eq!(registered["registerDevice"]["platform"], "ANDROID");
    let bad = json!({"i": {"id": "x", "platform": "IOS"}});
    assert_eq!(ana.ask(&app, REGISTER, bad).await.code(), "DEVICE_INVALID");
    app.sent().await;

    let first = booked(&app, &ana, &offers[0]).await;
    let sent = app.sent().await;
    let mut to: Vec<&str> = sent.iter().map(|message| message.to.as_str()).collect();
    to.sort_unstable();
    assert_eq!(to, [PHONE, "ana@example.fr"]);
    app.pass_ms(1_000);
    let second = booked(&app, &ana, &offers[1]).await;
    app.sent().await;

    let page = inbox(&app, &ana, json!({"f": 1})).await;
    assert_eq!(page["unreadCount"], 2);
    let newest = &page["edges"][0]["node"];
    assert_eq!(newest["kind"], "BOOKING_CONFIRMED");
    assert_eq!(newest["readAt"], Value::Null);
    let link = newest["link"].as_str().unwrap();
    assert!(link.ends_with(second["id"].as_str().unwrap()), "{link}");
    assert!(!newest["title"].as_str().unwrap().is_empty());
    let after = page["pageInfo"]["endCursor"].clone();
    let rest = inbox(&app, &ana, json!({"a": after})).await;
    assert_eq!(rest["pageInfo"]["hasNextPage"], false);
    let oldest = rest["edges"][0]["node"].clone();
    let link = oldest["link"].as_str().unwrap();
    assert!(link.ends_with(first["id"].as_str().unwrap()), "{link}");

    // The text is in the language of now.
    let french = oldest["body"].clone();
    let change = "mutation U { updateProfile(input: {preferences: {language: ENGLISH,
        categories: [], newsByEmail: false, newsByPush: false, newsBySms: false}}) { id } }";
    ana.ask(&app, change, json!({})).await.data();
    let page = inbox(&app, &ana, json!({})).await;
    assert_ne!(page["edges"][1]["node"]["body"], french);

    // Bob neither sees nor marks them.
    let these = json!({"i": [oldest["id"], "none"]});
    assert_eq!(
        bob.ask(&app, READ, these.clone()).await.data()["markRead"],
        0
    );
    assert_eq!(ana.ask(&app, READ, these).await.data()["markRead"], 1);
    assert_eq!(inbox(&app, &bob, json!({})).await["edges"], json!([]));
    let read = inbox(&app, &ana, json!({})).await["edges"][1]["node"].clone();
    assert!(read["readAt"].is_string(), "{read}");
    assert_eq!(ana.ask(&app, READ, json!({})).await.data()["markRead"], 0);
    let many: Vec<String> = (0..201).map(|n| format!("{n:024}")).collect();
    let refused = ana.ask(&app, READ, json!({"i": many})).await;
    assert_eq!(refused.code(), "BAD_USER_INPUT");

    // It is hers to take along, and gone with the account.
    let export = "query E { exportMyData { data } }";
    let exported = ana.ask(&app, export, json!({})).await.text;
    assert!(exported.contains(PHONE) && exported.contains("booking_confirmed"));
    for removed in [true, false] {
        let answer = ana.ask(&app, REMOVE, json!({"i": PHONE})).await.data();
        assert_eq!(answer["removeDevice"], removed);
    }
}

#[tokio::test]
async fn a_device_that_changes_hands_gets_what_its_holder_is_told() {
    let app = TestApp::start().await;
    let offer = places("a", 0, 9);
    store(&app, "a", vec![offer.clone()]).await;
    let (ana, bob) = (register(&app, "ana").await, register(&app, "bob").await);
    for who in [&ana, &bob] {
        let device = json!({"i": {"id": PHONE, "platform": "IOS"}});
        who.ask(&app, REGISTER, device).await.data();
    }
    for (who, pushes) in [(&ana, 0), (&bob, 1)] {
        booked(&app, who, &offer).await;
        let sent = app.sent().await;
        let to_phone = sent.iter().filter(|message| message.to == PHONE);
        assert_eq!(to_phone.count(), pushes);
        assert_eq!(inbox(&app, who, json!({})).await["unreadCount"], 1);
    }
}

#[tokio::test]
async fn a_person_decides_what_they_are_told_where_there_is_a_decision() {
    const SET: &str = "mutation S($k: NotificationKind!, $c: NotificationChannel!, $e: Boolean!) {
        setNotification(kind: $k, channel: $c, enabled: $e) { enabled canChange } }";
    const SETTINGS: &str =
        "query S { notificationSettings { kind channel enabled canChange needsConsent } }";
    let app = TestApp::start().await;
    let offer = places("a", 0, 9);
    store(&app, "a", vec![offer.clone()]).await;
    let ana = register(&app, "ana").await;
    let set = async |kind: &str, channel: &str, enabled: bool| {
        let variables = json!({"k": kind, "c": channel, "e": enabled});
        ana.ask(&app, SET, variables).await
    };
    let is_on = async |kind: &str, channel: &str| {
        let data = ana.ask(&app, SETTINGS, json!({})).await.data();
        let all = data["notificationSettings"].as_array().unwrap().clone();
        let mut all = all.into_iter();
        let this = all.find(|one| one["kind"] == kind && one["channel"] == channel);
        this.map(|one| one["enabled"].as_bool().unwrap())
    };
    assert_eq!(is_on("BOOKING_CONFIRMED", "INBOX").await, Some(true));
    assert_eq!(is_on("VERIFY_EMAIL", "SMS").await, None);
    let off = set("BOOKING_CONFIRMED", "INBOX", false).await.data();
    assert_eq!(
        off["setNotification"],
        json!({"enabled": false, "canChange": true})
    );
    assert_eq!(is_on("BOOKING_CONFIRMED", "INBOX").await, Some(false));
    booked(&app, &ana, &offer).await;
    app.sent().await;
    assert_eq!(inbox(&app, &ana, json!({})).await["edges"], json!([]));
    for (kind, channel, code) in [
        ("NEW_DEVICE", "EMAIL", "NOTIFICATION_MANDATORY"),
        ("NEW_DEVICE", "SMS", "NOTIFICATION_CHANNEL_UNAVAILABLE"),
        ("NEWS", "SMS", "NOTIFICATION_CHANNEL_UNAVAILABLE"),
        ("NEWS", "PUSH", "NEWS_CONSENT_MISSING"),
    ] {
        assert_eq!(set(kind, channel, true).await.code(), code, "{kind}");
    }
    assert_eq!(is_on("NEWS", "PUSH").await, Some(false));
    let agree = "mutation U { updateProfile(input: {preferences: {language: FRENCH,
        categories: [], newsByEmail: false, newsByPush: true, newsBySms: false}}) { id } }";
    ana.ask(&app, agree, json!({})).await.data();
    set("NEWS", "PUSH", true).await.data();
    assert_eq!(is_on("NEWS", "PUSH").await, Some(true));
    // The edit of the profile has kept it.
    assert_eq!(is_on("BOOKING_CONFIRMED", "INBOX").await, Some(false));
}
