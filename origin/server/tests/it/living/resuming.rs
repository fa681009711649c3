//! A client that comes back with the id of the last event it heard is told what it missed.

mod beyond;
mod servers;
mod things;

use std::{
    sync::atomic::{AtomicI32, Ordering::Relaxed},
    time::Duration,
};

use domain::Offer;
use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use super::{
    begun, client::Socket, nearby, paris, publish, say_published, streams::Events, subscribed,
};
use crate::{app::TestApp, fixtures::offer};

const EVENTS: i32 = 1_000;
const LOSSES: usize = 100;
/// How far events run ahead of what the subscriber has heard: what is missed, and what comes live.
const AHEAD: i32 = 25;

/// A subscriber by one of the transports.
enum Subscriber {
    Socket(Box<Socket>),
    Stream(Box<Events>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    WebSocket,
    /// The id is in the header, as a browser sends it.
    Stream,
    /// The id is in the request's extensions.
    StreamWithExtensions,
}

const WAYS: [Way; 3] = [Way::WebSocket, Way::Stream, Way::StreamWithExtensions];

/// The request, with the id of the last event.
fn resuming(mut request: Value, last: Option<&str>) -> Value {
    if let Some(last) = last {
        request["extensions"] = json!({"resumeFrom": last});
    }
    request
}

impl Subscriber {
    async fn come(app: &TestApp, way: Way, request: Value, last: Option<&str>) -> Self {
        if way == Way::WebSocket {
            let mut socket = Socket::anonymous(app).await;
            socket.subscribe("1", resuming(request, last)).await;
            return Self::Socket(Box::new(socket));
        }
        let post = app.request(Method::POST, "/graphql");
        let post = match (way, last) {
            (Way::Stream, Some(last)) => {
                // The header counts: a browser's address has the id of when it came first.
                let before = resuming(request, Some("x"));
                post.header("last-event-id", last).json(&before)
            }
            (Way::WebSocket | Way::Stream | Way::StreamWithExtensions, last) => {
                post.json(&resuming(request, last))
            }
        };
        Self::Stream(Box::new(Events::of(post).await))
    }

    /// The next result; none if the connection ends.
    async fn result(&mut self) -> Option<Value> {
        match self {
            Self::Socket(socket) => loop {
                let mut heard = socket.hear_unless_it_ends().await?;
                if heard["type"] == "next" {
                    return Some(heard["payload"].take());
                }
                assert_eq!(heard["type"], "ping", "{heard}");
            },
            Self::Stream(stream) => {
                let (event, result) = stream.next().await?;
                assert_eq!(event, "next");
                if result.get("extensions").is_some() {
                    let id = stream.last_id.as_deref();
                    assert_eq!(result["extensions"]["resumeFrom"].as_str(), id);
                }
                Some(result)
            }
        }
    }

    async fn heard(&mut self) -> Value {
        self.result().await.expect("the connection ended")
    }
}

fn id(result: &Value) -> String {
    result["extensions"]["resumeFrom"]
        .as_str()
        .unwrap_or_else(|| panic!("without an id: {result}"))
        .to_owned()
}

fn title(result: &Value) -> String {
    assert_eq!(result.get("errors"), None, "{result}");
    let title = &result["data"]["newOfferNearby"]["title"];
    title
        .as_str()
        .unwrap_or_else(|| panic!("{result}"))
        .to_owned()
}

fn code(result: &Value) -> &str {
    result["errors"][0]["extensions"]["code"]
        .as_str()
        .unwrap_or_else(|| panic!("{result}"))
}

/// An offer within everybody's reach.
async fn near(app: &TestApp, number: i32) -> Offer {
    let mut new = offer("a", number);
    new.location = offer("a", 0).location;
    let row = new.clone();
    app.db
        .write(move |tx| store_sqlite::stores::offers::insert(tx, &row))
        .await
        .unwrap();
    new
}

/// Publishes all offers; not much faster than everybody hears them.
async fn publish_all(app: &TestApp, heard: &[AtomicI32]) {
    for number in 0..EVENTS {
        let new = near(app, number).await;
        while heard
            .iter()
            .any(|heard| number > heard.load(Relaxed) + AHEAD)
        {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        say_published(app, &new).await;
    }
}

/// Hears all offers, and loses its connection so often meanwhile; how often it did.
async fn hear_all(app: &TestApp, way: Way, mut first: Subscriber, count: &AtomicI32) -> usize {
    let (mut titles, mut losses, mut last) = (Vec::new(), 0, String::new());
    let every = usize::try_from(EVENTS).unwrap() / (LOSSES + 10);
    while titles.len() < usize::try_from(EVENTS).unwrap() {
        // It loses the connection after few events, or after many, and then misses as many.
        let until = titles.len() + 1 + (losses * 7) % (2 * every);
        while titles.len() < until.min(usize::try_from(EVENTS).unwrap()) {
            let Some(result) = first.result().await else {
                break;
            };
            titles.push(title(&result));
            last = id(&result);
            count.store(i32::try_from(titles.len()).unwrap(), Relaxed);
        }
        drop(first);
        losses += 1;
        first = Subscriber::come(app, way, nearby(paris()), Some(&last)).await;
    }
    let expected: Vec<_> = (0..EVENTS)
        .map(|number| format!("Galette {number}"))
        .collect();
    assert_eq!(titles, expected, "{way:?}");
    losses
}

#[tokio::test]
async fn who_loses_100_connections_during_1000_events_hears_each_once_and_in_order() {
    let app = TestApp::start().await;
    begun(&app).await;
    let mut first = Vec::new();
    for way in WAYS {
        first.push(Subscriber::come(&app, way, nearby(paris()), None).await);
    }
    subscribed(&app, WAYS.len()).await;
    let counts = WAYS.map(|_| AtomicI32::new(0));
    let all = WAYS.into_iter().zip(first).zip(&counts);
    let all = join_all(all.map(|((way, first), count)| hear_all(&app, way, first, count)));
    let (losses, ()) = tokio::join!(all, publish_all(&app, &counts));
    assert!(losses.iter().all(|losses| *losses >= LOSSES), "{losses:?}");
}

#[tokio::test]
async fn the_events_of_one_record_are_gone_on_between() {
    let app = TestApp::start().await;
    begun(&app).await;
    for way in WAYS {
        let mut all = Vec::new();
        for number in 0..3 {
            all.push(near(&app, number + 10 * (way as i32)).await);
        }
        let mut subscriber = Subscriber::come(&app, way, nearby(paris()), None).await;
        subscribed(&app, 1).await;
        let tags = all.iter().map(|offer| format!("published:{}", offer.id));
        super::say(&app, tags).await;
        let mut titles = Vec::new();
        for _ in 0..3 {
            let heard = subscriber.heard().await;
            titles.push(title(&heard));
            drop(subscriber);
            subscriber = Subscriber::come(&app, way, nearby(paris()), Some(&id(&heard))).await;
        }
        let expected: Vec<_> = all.into_iter().map(|offer| offer.title).collect();
        assert_eq!(titles, expected);
        drop(subscriber);
        subscribed(&app, 0).await;
    }
}

#[tokio::test]
async fn who_loses_a_stream_before_the_first_event_goes_on_from_its_beginning() {
    let app = TestApp::start().await;
    begun(&app).await;
    publish(&app, 1).await;
    let come =
        async |last: Option<&str>| match Subscriber::come(&app, Way::Stream, nearby(paris()), last)
            .await
        {
            Subscriber::Stream(stream) => stream,
            Subscriber::Socket(_) => panic!("it is a stream"),
        };
    let mut stream = come(None).await;
    let first = stream.first_id().await;
    drop(stream);
    subscribed(&app, 0).await;
    let new = publish(&app, 2).await;
    let (_, heard) = come(Some(&first)).await.next().await.unwrap();
    assert_eq!(title(&heard), new.title);
}

#[tokio::test]
async fn what_is_out_of_reach_or_over_is_not_told_later_either() {
    let app = TestApp::start().await;
    begun(&app).await;
    let mut subscriber = Subscriber::come(&app, Way::WebSocket, nearby(paris()), None).await;
    subscribed(&app, 1).await;
    publish(&app, 1).await;
    let last = id(&subscriber.heard().await);
    drop(subscriber);
    // 6.3 km to the north, and the reach is 5.
    publish(&app, 63).await;
    let over = near(&app, 2).await;
    say_published(&app, &over).await;
    let ended = over.id.to_string();
    app.db
        .write(move |tx| {
            tx.execute("UPDATE offers SET is_active = 0 WHERE id = ?1", [&ended])?;
            Ok(())
        })
        .await
        .unwrap();
    let now = publish(&app, 3).await;
    let mut subscriber = Subscriber::come(&app, Way::WebSocket, nearby(paris()), Some(&last)).await;
    assert_eq!(title(&subscriber.heard().await), now.title);
}
