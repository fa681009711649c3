//! A new offer reaches those near it.

use api::documents::DocumentMode;
use domain::users::account::Post;
use pq_core::DocumentHash;
use serde_json::{Value, json};

use super::{
    NEARBY, begun, client::Socket, insert, lyon, nearby, paris, publish, say_published, subscribed,
    without_id,
};
use crate::{
    app::TestApp,
    booking::works_for,
    fixtures::{offer, store},
};

/// Three of them subscribe in three ways to the same document.
fn ways(variables: &Value) -> [Value; 3] {
    let hash = DocumentHash::of(NEARBY);
    [
        json!({"documentId": format!("sha256:{hash}"), "variables": variables}),
        json!({"query": "", "variables": variables,
            "extensions": {"persistedQuery": {"version": 1, "sha256Hash": hash.to_string()}}}),
        json!({"query": NEARBY, "variables": variables}),
    ]
}

#[tokio::test]
async fn it_is_told_with_its_distance_to_those_within_reach_and_to_nobody_else() {
    let app = TestApp::start().await;
    begun(&app).await;
    let mut near = Socket::anonymous(&app).await;
    near.subscribe("n", nearby(paris())).await;
    let mut far = Socket::anonymous(&app).await;
    far.subscribe("f", nearby(lyon())).await;
    subscribed(&app, 2).await;
    let new = publish(&app, 1).await;
    let expected = json!({"id": "n", "type": "next", "payload": {"data": {"newOfferNearby": {
        "id": new.id, "title": "Galette 1", "distance": 0.1,
        "partner": {"name": "Chez a"}, "establishment": {"name": "Chez a Rivoli"},
        "quota": {"remaining": 3}, "isFavorite": false}}}});
    assert_eq!(without_id(&app, near.hear().await), expected);
    // 6.3 km to the north, and the reach is 5.
    publish(&app, 63).await;
    publish(&app, 2).await;
    let heard = near.hear().await;
    assert_eq!(
        heard["payload"]["data"]["newOfferNearby"]["title"],
        "Galette 2"
    );
    far.hears_nothing().await;
}

#[tokio::test]
async fn what_cannot_be_used_now_is_not_told() {
    let app = TestApp::start().await;
    begun(&app).await;
    let mut near = Socket::anonymous(&app).await;
    near.subscribe("n", nearby(paris())).await;
    subscribed(&app, 1).await;
    let paused = insert(&app, 1).await;
    let id = paused.id.to_string();
    app.db
        .write(move |tx| {
            tx.execute("UPDATE offers SET is_active = 0 WHERE id = ?1", [&id])?;
            Ok(())
        })
        .await
        .unwrap();
    say_published(&app, &paused).await;
    near.hears_nothing().await;
}

#[tokio::test]
async fn a_published_document_is_named_in_any_way_and_no_other_one_is_executed() {
    let app = TestApp::builder().mode(DocumentMode::Enforce).start().await;
    begun(&app).await;
    app.publish(&[NEARBY]).await;
    let mut socket = Socket::anonymous(&app).await;
    for (id, payload) in ["1", "2", "3"].into_iter().zip(ways(&paris())) {
        socket.subscribe(id, payload).await;
    }
    subscribed(&app, 3).await;
    publish(&app, 1).await;
    let mut ids = vec![];
    for _ in 0..3 {
        let heard = socket.hear().await;
        assert_eq!(heard["type"], "next");
        ids.push(heard["id"].as_str().unwrap().to_owned());
    }
    ids.sort();
    assert_eq!(ids, ["1", "2", "3"]);
    socket.say(json!({"type": "complete", "id": "2"})).await;
    subscribed(&app, 2).await;
    let other = NEARBY.replace("title", "");
    socket
        .subscribe("2", json!({"query": other, "variables": paris()}))
        .await;
    let heard = socket.hear().await;
    assert_eq!(heard["type"], "error");
    assert_eq!(
        heard["payload"][0]["extensions"]["code"],
        "DOCUMENT_NOT_PUBLISHED"
    );
    let unknown = DocumentHash::of("x").to_string();
    socket.subscribe("2", json!({"documentId": unknown})).await;
    let heard = socket.hear().await;
    assert_eq!(
        heard["payload"][0]["extensions"]["code"],
        "PERSISTED_QUERY_NOT_FOUND"
    );
}

#[tokio::test]
async fn a_completed_subscription_gets_no_more_events_and_frees_its_id() {
    let app = TestApp::start().await;
    begun(&app).await;
    let mut socket = Socket::anonymous(&app).await;
    for number in 1..=3 {
        socket.subscribe("1", nearby(paris())).await;
        subscribed(&app, 1).await;
        publish(&app, number).await;
        assert_eq!(socket.hear().await["type"], "next");
        socket.say(json!({"type": "complete", "id": "1"})).await;
        subscribed(&app, 0).await;
        publish(&app, number + 10).await;
    }
    socket.hears_nothing().await;
}

#[tokio::test]
async fn what_a_partner_resumes_is_heard_at_once_and_what_it_pauses_is_not() {
    let app = TestApp::start().await;
    let one = offer("a", 1);
    store(&app, "a", vec![one.clone()]).await;
    let manager = works_for(&app, "manager", "a", Post::Manager).await;
    let mut near = Socket::anonymous(&app).await;
    near.subscribe("n", nearby(paris())).await;
    subscribed(&app, 1).await;
    for step in ["pauseOffer", "resumeOffer"] {
        let document = format!("mutation S($id: ID!) {{ {step}(id: $id) {{ isActive }} }}");
        manager
            .ask(&app, &document, json!({"id": one.id}))
            .await
            .data();
    }
    let heard = near.hear().await;
    assert_eq!(
        heard["payload"]["data"]["newOfferNearby"]["id"],
        json!(one.id)
    );
    near.hears_nothing().await;
}
