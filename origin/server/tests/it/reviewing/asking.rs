//! The day after a visit its guest is asked for a review, once.

use serde_json::{Value, json};

use super::{again, reviewed, visited, world};
use crate::{
    accounts::person::{Person, register},
    app::TestApp,
};

const HOUR_MS: i64 = 3_600_000;

/// What the inbox has of requests for reviews.
async fn asked(app: &TestApp, who: &Person) -> Vec<Value> {
    app.sent().await;
    let inbox = "query N { notifications { edges { node { kind body link } } } }";
    let inbox = who.ask(app, inbox, json!({})).await.data();
    let inbox = inbox["notifications"]["edges"].as_array().unwrap().clone();
    let nodes = inbox.into_iter().map(|edge| edge["node"].clone());
    nodes
        .filter(|node| node["kind"] == "REVIEW_REQUEST")
        .collect()
}

#[tokio::test]
async fn a_guest_is_asked_on_the_day_after_unless_the_visit_is_reviewed() {
    let (app, one, other) = world().await;
    let names = ["ana", "ben", "cleo"];
    let mut people = Vec::new();
    for name in names {
        people.push(register(&app, name).await);
    }
    let visit = visited(&app, &people[0], &one).await;
    reviewed(&app, &people[1], &one, 5).await;
    // She does not want to be asked.
    visited(&app, &people[2], &other).await;
    let off = "mutation S { setNotification(kind: REVIEW_REQUEST, channel: INBOX, enabled: false) {
        enabled canChange } }";
    let off = people[2].ask(&app, off, json!({})).await.data();
    assert_eq!(
        off["setNotification"],
        json!({"enabled": false, "canChange": true})
    );
    assert_eq!(asked(&app, &people[0]).await, [] as [Value; 0]);
    // It is 14:00, and 11:00 on the next day then.
    app.pass_ms(21 * HOUR_MS);
    let mut found = Vec::new();
    for name in names {
        let person = again(&app, name).await;
        found.push(asked(&app, &person).await);
    }
    let counts: Vec<usize> = found.iter().map(Vec::len).collect();
    assert_eq!(counts, [1, 0, 0], "{found:?}");
    let link = found[0][0]["link"].as_str().unwrap();
    assert!(
        link.ends_with(&format!("/bookings/{visit}/review")),
        "{link}"
    );
}
