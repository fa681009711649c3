//! The published client libraries through the edge: Apollo Client 3 and 4, urql, relay-runtime,
//! graphql-request. What each of them is configured to do is in `tests/clients`. Subscriptions are in
//! `live`.

use e2e::{
    Options, SIGNING_KEYS, Stack, Way,
    clients::{self, CACHING, CLIENTS},
};
use serde_json::{Value, json};

use crate::abuse::forged;
use crate::people::{Person, register, registration};
use crate::{PARIS, ids, near, venue, warm};

/// A stack with two offers, an account, and the hashes of Apollo's documents.
async fn started() -> (Stack, Person, Value) {
    let stack = Stack::start(Options {
        venues: vec![
            venue((48.8570, 2.3530), "thai"),
            venue((48.8600, 2.3400), "italian"),
        ],
        origin: vec![("YOUSOON_JWT_KEYS", SIGNING_KEYS)],
        way: Way::Direct,
        ..Options::default()
    })
    .await
    .unwrap();
    let apollo = stack.publish_as_apollo().await.unwrap();
    let ask = stack.ask("Register", registration("ana"));
    let ana = register(&stack.client, &stack.edge_url, &ask).await;
    (stack, ana, apollo)
}

fn options(stack: &Stack, person: &Person, ids: &Value, more: &Value) -> Value {
    let mut options = json!({"url": stack.edge_url, "ids": ids, "access": person.access,
        "refresh": person.refresh});
    for (name, value) in more.as_object().unwrap() {
        options[name] = value.clone();
    }
    options
}

async fn sign_in(stack: &Stack, name: &str) -> Person {
    let ask = stack.ask("Register", registration(name));
    register(&stack.client, &stack.edge_url, &ask).await
}

/// The offers in Paris, nearest first.
async fn offers(stack: &Stack) -> Vec<String> {
    ids(&warm(stack, &near(stack, PARIS)).await.json())
}

/// Gives an offer this many places, at any time.
pub(crate) async fn set_places(stack: &Stack, offer: &str, places: u32) {
    let input = json!({"quota": {"total": places}, "schedule": null});
    let update = stack.ask("UpdateOffer", json!({"id": offer, "input": input}));
    let updated = update.post(&stack.client, &stack.origin_url, stack.token());
    let updated = updated.await.unwrap();
    assert_eq!(updated.code(), "", "{}", updated.text);
}

/// The repeat of a booking whose answer was lost gets the same booking.
#[tokio::test]
async fn a_client_that_loses_the_answer_books_once() {
    let (stack, _, ids) = started().await;
    let offer = offers(&stack).await.remove(0);
    set_places(&stack, &offer, 50).await;
    for client in CLIENTS {
        let person = sign_in(&stack, client).await;
        let wish = json!({"variables": {"offerId": offer, "idempotencyKey": client}});
        let options = options(&stack, &person, &ids, &wish);
        let mut script = clients::start(client, "lost-answer", &options).unwrap();
        let done = script.tells("done").await.unwrap();
        assert!(done["booking"].is_string(), "{client}: {done}");
        assert_eq!(done["requests"], 2, "{client}: {done}");
        assert_eq!(done["bookings"], json!([done["booking"]]), "{client}");
    }
}

#[tokio::test]
async fn a_client_with_an_expired_token_refreshes_it_once_and_asks_again() {
    let (stack, _, ids) = started().await;
    for client in CLIENTS {
        let mut person = sign_in(&stack, client).await;
        let id = person.id.clone();
        person.access = forged::expired(&person.access);
        let options = options(&stack, &person, &ids, &json!({}));
        let mut script = clients::start(client, "expired-token", &options).unwrap();
        let done = script.tells("done").await.unwrap();
        assert_eq!(done, json!({"ids": [id, id], "refreshes": 1}), "{client}");
    }
}

#[tokio::test]
async fn a_client_learns_the_code_of_a_refused_booking() {
    let (stack, ana, ids) = started().await;
    let offer = offers(&stack).await.remove(0);
    set_places(&stack, &offer, 0).await;
    for client in CLIENTS {
        let wish = json!({"variables": {"offerId": offer, "idempotencyKey": client}});
        let options = options(&stack, &ana, &ids, &wish);
        let mut script = clients::start(client, "sold-out", &options).unwrap();
        let done = script.tells("done").await.unwrap();
        let refused = json!({"data": null, "code": "OFFER_SOLD_OUT", "statuses": [200]});
        assert_eq!(done, refused, "{client}");
    }
}

#[tokio::test]
async fn a_client_of_an_origin_that_restarts_comes_back() {
    let (mut stack, ana, ids) = started().await;
    for client in CLIENTS {
        stack.stop_origin().await.unwrap();
        let options = options(&stack, &ana, &ids, &json!({}));
        let mut script = clients::start(client, "comes-back", &options).unwrap();
        assert_eq!(script.tells("refused").await.unwrap(), 503, "{client}");
        stack.start_origin().await.unwrap();
        let done = loop {
            let told = script.tells_something().await.unwrap();
            match told.get("done") {
                Some(done) => break done.clone(),
                None => assert_eq!(told, json!({"refused": 503}), "{client}"),
            }
        };
        assert_eq!(done, json!({"id": ana.id, "code": null}), "{client}");
    }
}

/// A7. Normalised caches keep one object per offer: what a list reads must leave the rest as it is.
#[tokio::test]
async fn a_clients_cache_keeps_an_offer_and_its_distances_when_lists_show_it_too() {
    let (stack, ana, ids) = started().await;
    let offer = offers(&stack).await.remove(0);
    let near = |(lat, lng): (f64, f64)| json!({"location": {"lat": lat, "lng": lng}});
    let lists = json!([near(PARIS), near((48.87, 2.36))]);
    for client in CACHING {
        let reads = json!({"variables": {"id": offer}, "lists": lists});
        let options = options(&stack, &ana, &ids, &reads);
        let mut script = clients::start(client, "cache", &options).unwrap();
        let done = script.tells("done").await.unwrap();
        assert_eq!(done["cached"], done["fresh"], "{client}");
        let images = done["cached"][0]["offer"]["images"].as_array();
        assert!(images.unwrap().len() > 1, "{client}: {done}");
        let distance = |list: usize| {
            let edges = done["cached"][list]["offers"]["edges"].as_array();
            let edge = edges
                .unwrap()
                .iter()
                .find(|edge| edge["node"]["id"] == offer.as_str());
            edge.unwrap()["distance"].as_f64().unwrap()
        };
        assert!(distance(1) < distance(2), "{client}: {done}");
    }
}
