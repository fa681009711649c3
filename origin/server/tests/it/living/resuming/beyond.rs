//! What was missed is not known any more: the client is told so once, and goes on from now.

use e2e::{Durability, Redis};

use super::{
    super::{begun, nearby, paris, publish, subscribed},
    Subscriber, WAYS, Way, code, id, title,
};
use crate::{
    app::TestApp,
    fixtures::{DAY_MS, NOW_MS},
};

/// Comes back, is told that something may have been missed, and goes on from there.
async fn is_told_so_and_goes_on(app: &TestApp, way: Way, last: &str, number: i32) {
    let mut subscriber = Subscriber::come(app, way, nearby(paris()), Some(last)).await;
    let told = subscriber.heard().await;
    assert_eq!(code(&told), "RESUME_LOST", "{last}");
    assert_eq!(told.get("data"), None, "nothing was executed");
    let now = publish(app, number).await;
    let heard = subscriber.heard().await;
    assert_eq!(title(&heard), now.title);
    drop(subscriber);
    // Who comes back with the id of that is not told again.
    let mut subscriber = Subscriber::come(app, way, nearby(paris()), Some(&id(&told))).await;
    assert_eq!(title(&subscriber.heard().await), now.title);
}

#[tokio::test]
async fn beyond_the_horizon_a_client_is_told_so_and_goes_on() {
    for way in WAYS {
        let app = TestApp::start().await;
        begun(&app).await;
        let mut subscriber = Subscriber::come(&app, way, nearby(paris()), None).await;
        subscribed(&app, 1).await;
        publish(&app, 1).await;
        let last = id(&subscriber.heard().await);
        drop(subscriber);
        publish(&app, 2).await;
        publish(&app, 3).await;
        let log = &app.state.services.purge_log;
        log.trim(NOW_MS + 9 * DAY_MS).await.unwrap();
        // The log goes on, and has a hole for this client.
        publish(&app, 5).await;
        is_told_so_and_goes_on(&app, way, &last, 4).await;
    }
}

#[tokio::test]
async fn an_id_that_is_none_or_of_another_log_is_no_place_to_go_on() {
    let app = TestApp::start().await;
    begun(&app).await;
    publish(&app, 1).await;
    let (log, head) = (app.log(), app.head());
    let ids = [
        "x".to_owned(),
        "7".repeat(1_000),
        format!("{log}"),
        format!("{log}:-1"),
        format!("{}:{head}", "ab".repeat(16)),
        format!("{log}:{}", head.0 + 1_000),
        format!("{log}:{}", u64::MAX),
        format!("{log}:{head}:0123456789abcdef"),
    ];
    for (number, last) in (10..).step_by(3).zip(&ids) {
        for (number, way) in (number..).zip(WAYS) {
            is_told_so_and_goes_on(&app, way, last, number).await;
        }
    }
}

#[tokio::test]
async fn the_message_is_in_the_language_of_the_reader() {
    let app = TestApp::start().await;
    begun(&app).await;
    let request = nearby(paris());
    for (language, word) in [("fr", "manquées"), ("en", "missed")] {
        let post = app.request(reqwest::Method::POST, "/graphql");
        let post = post.header("accept-language", language);
        let post = post.header("last-event-id", "x").json(&request);
        let mut stream = super::Events::of(post).await;
        let (_, told) = stream.next().await.unwrap();
        let message = told["errors"][0]["message"].as_str().unwrap();
        assert!(message.contains(word), "{message}");
    }
}

#[tokio::test]
async fn after_a_lost_log_a_client_is_told_so_and_goes_on() {
    let redis = Redis::start(Durability::Memory).await.unwrap();
    let app = TestApp::builder().redis(&redis.url()).start().await;
    begun(&app).await;
    let mut subscriber = Subscriber::come(&app, Way::Stream, nearby(paris()), None).await;
    subscribed(&app, 1).await;
    publish(&app, 1).await;
    let last = id(&subscriber.heard().await);
    drop(subscriber);
    let log = app.log();
    let client = redis::Client::open(redis.url()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let _: () = redis::cmd("FLUSHALL")
        .query_async(&mut connection)
        .await
        .unwrap();
    super::super::until(|| app.log() != log).await;
    is_told_so_and_goes_on(&app, Way::Stream, &last, 2).await;
}

#[tokio::test]
async fn more_events_than_a_resume_tells_are_not_told_one_by_one() {
    let app = TestApp::start().await;
    begun(&app).await;
    let mut subscriber = Subscriber::come(&app, Way::WebSocket, nearby(paris()), None).await;
    subscribed(&app, 1).await;
    publish(&app, 1).await;
    let last = id(&subscriber.heard().await);
    drop(subscriber);
    // Two records of many offers each: more than 1,000.
    for record in 0..2 {
        let tags = (0..600).map(|number| {
            let id = domain::OfferId::derive("offer", &format!("{record} {number}"));
            format!("published:{id}")
        });
        super::super::say(&app, tags).await;
    }
    is_told_so_and_goes_on(&app, Way::WebSocket, &last, 4).await;
}
