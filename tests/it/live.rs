//! Subscriptions through the edge, with the client libraries `graphql-ws` and `graphql-sse`.

use std::time::Duration;

use e2e::{
    Answer, Options, SIGNING_KEYS, Script, Stack, TcpGate, Way,
    live::{self, Client},
};
use serde_json::{Value, json};

use crate::abuse::forged;
use crate::people::{register, registration};
use crate::{LYON, PARIS, ids, near, venue, warm};

const BOTH: [Client; 2] = [Client::WebSocket, Client::EventStream];
/// The header in which Cloudflare tells the worker the client's address. workerd alone does not
/// overwrite it, so tests can set it.
const CLOUDFLARE_SAYS: &str = "cf-connecting-ip";

/// A stack with one venue in Paris, and these variables for the origin.
async fn stack(origin: Vec<(&'static str, &'static str)>) -> Stack {
    let options = Options {
        venues: vec![venue((48.8570, 2.3530), "thai")],
        way: Way::Direct,
        origin,
        ..Options::default()
    };
    Stack::start(options).await.unwrap()
}

/// Subscribes by the document's hash, in the form that each client supports.
fn subscribe(stack: &Stack, client: Client, place: (f64, f64), headers: &Value) -> Script {
    let url = format!("{}/graphql", stack.edge_url);
    live::subscribe(client, &url, &request(stack, client, place), headers).unwrap()
}

fn request(stack: &Stack, client: Client, (lat, lng): (f64, f64)) -> Value {
    let variables = json!({"location": {"lat": lat, "lng": lng}, "maxDistance": 5});
    let ask = stack.ask("NewOfferNearby", variables);
    match client {
        // The client library requires a `query`.
        Client::WebSocket => {
            json!({"query": "", "documentId": ask.id, "variables": ask.variables})
        }
        Client::EventStream => json!({"query": "", "variables": ask.variables,
            "extensions": {"persistedQuery": {"version": 1, "sha256Hash": ask.id}}}),
    }
}

/// Announces a new offer, as publishing one does: by a purge of its tag.
pub(crate) async fn announce(stack: &Stack, offer: &str) {
    let tag = format!("published:{offer}");
    let url = ["--url", &stack.origin_url];
    let purge = ["purge", "--tag", &tag, "--reason", "a test"];
    stack.run(&[&purge[..], &url].concat()).await.unwrap();
}

async fn heard(subscriber: &mut Script) -> Value {
    let told = subscriber.tells("next").await.unwrap();
    assert_eq!(told.get("errors"), None, "{told}");
    told["data"]["newOfferNearby"].clone()
}

#[tokio::test]
async fn real_clients_hear_of_an_offer_near_them_by_the_hash_of_their_document() {
    let stack = stack(vec![]).await;
    let list = warm(&stack, &near(&stack, PARIS)).await;
    let offer = ids(&list.json()).remove(0);
    let mut near_it = Vec::new();
    for client in BOTH {
        let mut subscriber = subscribe(&stack, client, PARIS, &json!({}));
        subscriber.tells("connected").await.unwrap();
        near_it.push(subscriber);
    }
    let mut far = subscribe(&stack, Client::WebSocket, LYON, &json!({}));
    far.tells("connected").await.unwrap();
    until_subscribed(&stack, 3).await;
    announce(&stack, &offer).await;
    for subscriber in &mut near_it {
        let heard = heard(subscriber).await;
        assert_eq!(heard["id"], offer.as_str());
        assert!(
            heard["establishment"]["location"]["lat"].is_f64(),
            "{heard}"
        );
        assert!(heard["partner"]["name"].is_string(), "{heard}");
    }
    far.tells_nothing().await.unwrap();
}

#[tokio::test]
async fn real_clients_come_back_by_themselves_when_their_server_goes_away() {
    let mut stack = stack(vec![]).await;
    let list = warm(&stack, &near(&stack, PARIS)).await;
    let offer = ids(&list.json()).remove(0);
    let mut subscribers = Vec::new();
    for client in BOTH {
        let mut subscriber = subscribe(&stack, client, PARIS, &json!({}));
        subscriber.tells("connected").await.unwrap();
        subscribers.push(subscriber);
    }
    until_subscribed(&stack, 2).await;
    stack.stop_origin().await.unwrap();
    stack.start_origin().await.unwrap();
    // The edge forwards the close code unchanged.
    assert_eq!(subscribers[0].tells("closed").await.unwrap(), 1012);
    for subscriber in &mut subscribers {
        connects_in_the_end(subscriber).await;
    }
    until_subscribed(&stack, 2).await;
    announce(&stack, &offer).await;
    for subscriber in &mut subscribers {
        assert_eq!(heard(subscriber).await["id"], offer.as_str());
    }
}

#[tokio::test]
async fn real_clients_come_back_by_themselves_when_their_connection_breaks() {
    let stack = stack(vec![]).await;
    let list = warm(&stack, &near(&stack, PARIS)).await;
    let offer = ids(&list.json()).remove(0);
    let edge = stack.edge_url.trim_start_matches("http://");
    let gate = TcpGate::open_to(edge.parse().unwrap()).await.unwrap();
    let url = format!("http://{}/graphql", gate.address);
    let mut subscribers: Vec<Script> = BOTH
        .map(|client| {
            let request = request(&stack, client, PARIS);
            live::subscribe(client, &url, &request, &json!({})).unwrap()
        })
        .into();
    for subscriber in &mut subscribers {
        subscriber.tells("connected").await.unwrap();
    }
    until_subscribed(&stack, 2).await;
    gate.cut().await;
    gate.open().await;
    assert_eq!(subscribers[0].tells("closed").await.unwrap(), 1006);
    let come_back = async {
        for subscriber in &mut subscribers {
            connects_in_the_end(subscriber).await;
            assert_eq!(heard(subscriber).await["id"], offer.as_str());
        }
    };
    // Again and again: what comes before a client has subscribed again is lost to it.
    let announcing = async {
        loop {
            announce(&stack, &offer).await;
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    };
    tokio::select! {
        () = come_back => {}
        () = announcing => {}
    }
}

/// A request that goes on after the last result, or after `last` at first.
fn resuming(mut request: Value, last: &Value) -> Value {
    request["extensions"]["resumeFrom"] = last.clone();
    request
}

#[tokio::test]
async fn real_clients_that_come_back_hear_what_they_missed_and_survive_that_it_is_not_known() {
    let stack = stack(vec![]).await;
    let list = warm(&stack, &near(&stack, PARIS)).await;
    let offer = ids(&list.json()).remove(0);
    let edge = stack.edge_url.trim_start_matches("http://");
    let gate = TcpGate::open_to(edge.parse().unwrap()).await.unwrap();
    let url = format!("http://{}/graphql", gate.address);
    let mut subscribers: Vec<Script> = BOTH
        .map(|client| {
            let request = resuming(request(&stack, client, PARIS), &json!("no id"));
            live::subscribe(client, &url, &request, &json!({})).unwrap()
        })
        .into();
    for subscriber in &mut subscribers {
        subscriber.tells("connected").await.unwrap();
        let told = subscriber.tells("next").await.unwrap();
        let code = &told["errors"][0]["extensions"]["code"];
        assert_eq!(code, "RESUME_LOST", "{told}");
    }
    until_subscribed(&stack, 2).await;
    for _ in 0..3 {
        announce(&stack, &offer).await;
        for subscriber in &mut subscribers {
            assert_eq!(heard(subscriber).await["id"], offer.as_str());
        }
        gate.cut().await;
        announce(&stack, &offer).await;
        gate.open().await;
        for subscriber in &mut subscribers {
            let mut told = subscriber.tells_something().await.unwrap();
            while told.get("next").is_none() {
                assert_eq!(told.get("error"), None, "{told}");
                told = subscriber.tells_something().await.unwrap();
            }
            // Who was told what it missed is subscribed.
            let missed = &told["next"]["data"]["newOfferNearby"];
            assert_eq!(missed["id"], offer.as_str(), "{told}");
        }
    }
    for subscriber in &mut subscribers {
        subscriber.tells_nothing().await.unwrap();
    }
}

#[tokio::test]
async fn what_is_refused_reaches_the_client_through_the_edge() {
    let stack = stack(vec![]).await;
    let url = format!("{}/graphql", stack.edge_url);
    let unpublished =
        json!({"query": "subscription S { newOfferNearby(location: {lat: 1, lng: 2}) { id } }"});
    let mut socket = live::subscribe(Client::WebSocket, &url, &unpublished, &json!({})).unwrap();
    socket.tells("connected").await.unwrap();
    let error = socket.tells("error").await.unwrap();
    assert!(
        error.as_str().unwrap().contains("DOCUMENT_NOT_PUBLISHED"),
        "{error}"
    );
    let refused = stack
        .client
        .post(&url)
        .header("accept", "text/event-stream");
    let refused = Answer::read(refused.json(&unpublished).send().await.unwrap()).await;
    let refused = refused.unwrap();
    assert_eq!(
        (refused.status, refused.code().as_str()),
        (403, "DOCUMENT_NOT_PUBLISHED")
    );
    let forged = json!({"authorization": "Bearer a.b.c"});
    let mut forged = subscribe(&stack, Client::WebSocket, PARIS, &forged);
    assert_eq!(forged.tells("closed").await.unwrap(), 4403);
}

#[tokio::test]
async fn clients_with_an_expired_token_refresh_it_and_subscribe_again() {
    let stack = stack(vec![("YOUSOON_JWT_KEYS", SIGNING_KEYS)]).await;
    let url = format!("{}/graphql", stack.edge_url);
    for (client, name) in BOTH.into_iter().zip(["ana", "ben"]) {
        let ask = stack.ask("Register", registration(name));
        let person = register(&stack.client, &stack.edge_url, &ask).await;
        let expired = forged::expired(&person.access);
        let headers = json!({"authorization": format!("Bearer {expired}")});
        let refresh = stack.ask("RefreshToken", json!({"token": person.refresh}));
        let refresh = json!({"documentId": refresh.id, "variables": refresh.variables});
        let request = request(&stack, client, PARIS);
        let subscriber = live::subscribe_and_refresh(client, &url, &request, &headers, &refresh);
        let mut subscriber = subscriber.unwrap();
        if client == Client::WebSocket {
            assert_eq!(subscriber.tells("closed").await.unwrap(), 4403);
        }
        subscriber.tells("refreshed").await.unwrap();
        subscriber.tells("connected").await.unwrap();
    }
}

/// B15.
#[tokio::test]
async fn clients_of_an_edge_whose_origin_is_away_come_back_until_it_is_there() {
    let mut stack = stack(vec![]).await;
    stack.stop_origin().await.unwrap();
    let mut early = subscribe(&stack, Client::WebSocket, PARIS, &json!({}));
    assert_eq!(early.tells("closed").await.unwrap(), 1013);
    stack.start_origin().await.unwrap();
    connects_in_the_end(&mut early).await;
    until_subscribed(&stack, 1).await;
}

#[tokio::test]
async fn each_of_the_edges_clients_has_so_many_connections_of_its_own() {
    let stack = stack(vec![("YOUSOON_LIVE_CONNECTIONS_PER_IP", "1")]).await;
    let from = |client, ip: &str| subscribe(&stack, client, PARIS, &json!({(CLOUDFLARE_SAYS): ip}));
    let mut first = from(Client::WebSocket, "192.0.2.1");
    first.tells("connected").await.unwrap();
    let mut second = from(Client::EventStream, "192.0.2.2");
    second.tells("connected").await.unwrap();
    until_subscribed(&stack, 2).await;
    let ask = stack.ask("NewOfferNearby", json!({"location": {"lat": 1, "lng": 2}}));
    for (ip, status) in [("192.0.2.1", 429), ("192.0.2.2", 429), ("192.0.2.3", 200)] {
        let request = stack.client.post(format!("{}/graphql", stack.edge_url));
        let request = request
            .header(CLOUDFLARE_SAYS, ip)
            .header("accept", "text/event-stream")
            .json(&json!({"documentId": ask.id, "variables": ask.variables}));
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status().as_u16(), status, "{ip}");
    }
}

/// Waits until a client is connected; meanwhile the edge may close it with 1013.
async fn connects_in_the_end(subscriber: &mut Script) {
    loop {
        let told = subscriber.tells_something().await.unwrap();
        if told.get("connected").is_some() {
            return;
        }
        assert_eq!(told, json!({"closed": 1013}));
    }
}

/// Waits until the origin has `count` subscriptions.
pub(crate) async fn until_subscribed(stack: &Stack, count: usize) {
    let mut seen = Value::Null;
    for _ in 0..200 {
        let stats = stack
            .client
            .get(format!("{}/admin/cache/stats", stack.origin_url));
        let stats = stats.bearer_auth(stack.token()).send().await.unwrap();
        let stats: Value = stats.json().await.unwrap();
        if stats["live"]["subscriptions"] == count {
            return;
        }
        seen = stats["live"].clone();
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("the origin does not have {count} subscriptions: {seen}");
}
