//! Accounts that are erased: Veriff deletes their sessions.

use serde_json::{Value, json};

use super::World;
use crate::accounts::person::{PASSWORD, register};

#[tokio::test]
async fn the_erasure_has_veriff_delete_the_session() {
    let world = World::start().await;
    let ana = register(&world.app, "ana").await;
    world.submitted(&ana).await;
    world
        .decide("approved", json!({"date_of_birth": "1990-02-03"}), 1)
        .await;
    world.app.sent().await;
    let erase = "mutation E($p: String!) { deleteMyAccount(password: $p) }";
    let erased = ana
        .ask(&world.app, erase, json!({"p": PASSWORD}))
        .await
        .data();
    assert_eq!(erased["deleteMyAccount"], true);
    // Veriff is down, and then it does it.
    world.trouble(json!({"kind": "fail", "status": 503})).await;
    world.app.sent().await;
    assert_eq!(world.sessions().await[0]["deleted"], false);
    world.app.pass_ms(2 * 3_600_000);
    world.app.sent().await;
    let session = &world.sessions().await[0];
    assert_eq!(
        (&session["deleted"], &session["vendorData"]),
        (&json!(true), &Value::Null)
    );
    // Its report comes late, of nobody.
    let stored = world
        .app
        .state
        .services
        .identities
        .of_user(&ana.user_id())
        .await;
    assert_eq!(stored.unwrap(), []);
}

#[tokio::test]
async fn a_deletion_that_has_to_wait_stops_no_other_check() {
    let world = World::start().await;
    let ana = register(&world.app, "ana").await;
    world.submitted(&ana).await;
    world.app.sent().await;
    // What is being reviewed cannot be deleted.
    world.decide("review", json!({}), 0).await;
    let erase = "mutation E($p: String!) { deleteMyAccount(password: $p) }";
    let password = json!({"p": PASSWORD});
    ana.ask(&world.app, erase, password).await.data();
    world.app.sent().await;
    assert_eq!(world.sessions().await[0]["deleted"], false);
    let bob = register(&world.app, "bob").await;
    assert_eq!(world.submitted(&bob).await["status"], "PENDING");
    let ana = world.sessions().await[0]["id"].clone();
    let declined = json!({"session": ana, "status": "declined"});
    world.control("decide", declined).await;
    world.app.pass_ms(2 * 3_600_000);
    world.app.sent().await;
    assert_eq!(world.sessions().await[0]["deleted"], true);
}
