use domain::messages::provider::Provider;
use serde_json::json;

use crate::world::{World, email, sms};

#[tokio::test]
async fn developers_see_what_was_sent() {
    let world = World::start().await;
    world.ses().send("k", &email()).await.unwrap();
    world.twilio().send("k", &sms()).await.unwrap();
    let page = world.get("").await;
    let policy = page.headers()["content-security-policy"]
        .to_str()
        .unwrap()
        .to_owned();
    assert!(policy.starts_with("default-src 'none'"), "{policy}");
    let page = page.text().await.unwrap();
    for expected in [
        "1 E-mail to ada@example.com: À ce soir",
        "<a href=\"https://yousoon.com/b/1\"",
        "<iframe sandbox title='HTML of 1' loading=lazy src='/mailbox/1/html'>",
        "2 SMS to +33612345678",
        "Votre code : 123 &amp; 456",
    ] {
        assert!(page.contains(expected), "{expected} in {page}");
    }
    assert!(!page.contains("<script"), "{page}");
    let html = world.get("mailbox/1/html").await;
    let policy = html.headers()["content-security-policy"]
        .to_str()
        .unwrap()
        .to_owned();
    assert!(
        policy.starts_with("sandbox; default-src 'none'"),
        "{policy}"
    );
    assert!(html.text().await.unwrap().contains("<p>À 20 h</p>"));
    assert_eq!(world.get("mailbox/2/html").await.status(), 404);
}

#[tokio::test]
async fn a_reset_forgets_messages_and_troubles() {
    let world = World::start().await;
    world.twilio().send("k", &sms()).await.unwrap();
    world
        .trouble("twilio", json!({ "kind": "fail", "status": 500 }))
        .await;
    world.control("reset", json!(null)).await;
    assert!(world.mailbox().await.is_empty());
    world.twilio().send("k", &sms()).await.unwrap();
    assert_eq!(world.mailbox().await[0]["number"], 2);
}

#[tokio::test]
async fn reports_stay_on_this_machine() {
    let world = World::start().await;
    let order = json!({ "url": "http://192.0.2.1/", "reports": [{ "report": "subscription" }] });
    assert_eq!(world.control("reports", order).await.0, 400);
    let order = json!({ "provider": "paypal", "trouble": { "kind": "hang" } });
    assert_eq!(world.control("trouble", order).await.0, 400);
}
