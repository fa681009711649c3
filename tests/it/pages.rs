//! The origin's pages, in Chromium.

use e2e::{Options, Stack, pages};
use serde_json::{Value, json};

use crate::live::{announce, until_subscribed};
use crate::{PARIS, ids, near, venue, warm};

/// B17. Everything it needs comes from the origin.
#[tokio::test]
async fn graphiql_executes_queries_and_subscriptions_without_another_server() {
    let Some(chromium) = std::env::var_os("CHROMIUM_BIN") else {
        return println!("skipped: there is no Chromium, which root on Debian gets from apt-get");
    };
    let stack = Stack::start(Options {
        venues: vec![venue((48.8570, 2.3530), "thai")],
        origin: vec![("YOUSOON_DOCUMENT_MODE", "audit")],
        ..Options::default()
    })
    .await
    .unwrap();
    let offer = ids(&warm(&stack, &near(&stack, PARIS)).await.json()).remove(0);
    let query = "{ categories { id } }";
    let subscription =
        "subscription { newOfferNearby(location: {lat: 48.8566, lng: 2.3522}) { id } }";
    let origin = &stack.origin_url;
    let mut page = pages::graphiql(chromium.as_ref(), origin, query, subscription).unwrap();
    let answer = page.tells("answer").await.unwrap();
    assert_eq!(answer["data"]["categories"][0], json!({"id": "BAR"}));
    let socket = page.tells("subscribed").await.unwrap();
    assert_eq!(socket, format!("{origin}/graphql").replace("http", "ws"));
    until_subscribed(&stack, 1).await;
    announce(&stack, &offer).await;
    let event = page.tells("event").await.unwrap();
    let told = json!({"newOfferNearby": {"id": offer}});
    assert_eq!(event["data"], told, "{event}");
    assert_eq!(event["errors"], Value::Null, "{event}");
    let done = page.tells("done").await.unwrap();
    assert_eq!(done, json!({"addresses": [origin], "problems": []}));
}
