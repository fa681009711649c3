//! The hottest answers are hits before anybody asks: after `purge --warm`, a new log and a start.

use std::time::Duration;

use cache_tiered::{HotAnswers, Warmed};
use domain::OfferId;
use e2e::AnyRedis;
use edge_core::header::WARMS;
use serde_json::{Value, json};
use yousoon::{
    server::Background,
    warming::metrics::Cause::{self, Purge, Start},
};

use crate::{
    app::{Answer, TOKEN, TestApp},
    fixtures::{offer, store},
};

const OFFER: &str = "query Detail($id: ID!) { offer(id: $id) { title } }";
const NEAR: &str = "query Near($i: OffersInput!) { offers(input: $i) { edges { node { id } } } }";
const MINE: &str = "query Mine { me { id } }";

async fn start(app: TestApp) -> TestApp {
    store(&app, "a", (0..4).map(|number| offer("a", number)).collect()).await;
    app.publish(&[OFFER, NEAR, MINE]).await;
    app
}

fn id(number: i32) -> OfferId {
    offer("a", number).id
}

async fn ask(app: &TestApp, number: i32, times: u32) -> Answer {
    let mut last = app.ask(OFFER, json!({"id": id(number)})).await;
    for _ in 1..times {
        last = app.ask(OFFER, json!({"id": id(number)})).await;
    }
    last.data();
    last
}

async fn purge(app: &TestApp, mut body: Value) -> Value {
    body["reason"] = "a test".into();
    let answer = app.admin_post("/admin/purge", &body).await;
    assert_eq!(answer.status.as_u16(), 200, "{}", answer.text);
    answer.json()
}

fn warmed(app: &TestApp, cause: Cause, became: Warmed) -> u64 {
    app.state.warming.counted(cause, became)
}

async fn until(what: &str, is_so: impl Fn() -> bool) {
    for _ in 0..1_000 {
        if is_so() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("it never happened: {what}");
}

fn hot(app: &TestApp) -> &HotAnswers {
    &app.state.services.caches.hot
}

fn recipes(app: &TestApp) -> Vec<String> {
    let hottest = hot(app).hottest_here().into_iter();
    hottest.map(|(_, recipe)| recipe.to_string()).collect()
}

/// How many requests the cache of answers has counted.
fn requests(app: &TestApp) -> u64 {
    let all = app.state.services.caches.responses.stats().all();
    all.iter().map(|(_, counts)| counts.all()).sum()
}

#[tokio::test]
async fn after_a_warm_purge_the_hottest_answers_are_hits_before_anybody_asks() {
    let app = start(TestApp::start().await).await;
    let background = Background::start(&app.state).unwrap();
    for (number, times) in [(0, 3), (1, 2)] {
        ask(&app, number, times).await;
    }
    app.state.services.views.take();
    let (before, told) = (
        requests(&app),
        purge(&app, json!({"all": true, "warm": true})).await,
    );
    assert_eq!(told["tags"], json!(["*", "warm"]));
    until("both are made anew", || {
        warmed(&app, Purge, Warmed::Filled) == 2
    })
    .await;
    assert_eq!(requests(&app), before, "nobody has asked");
    assert!(
        app.state.services.views.take().is_empty(),
        "nobody has seen them"
    );
    for number in [0, 1] {
        let answer = ask(&app, number, 1).await;
        assert!(
            answer.header("cache-status").contains("hit"),
            "{}",
            answer.header("cache-status")
        );
        assert!(
            answer
                .header("yousoon-as-of")
                .ends_with(&format!(":{}", told["revision"].as_str().unwrap()))
        );
    }
    // What is not hot is made when it is asked for, and so is everything after a purge that does not ask.
    purge(&app, json!({"all": true})).await;
    let answer = ask(&app, 0, 1).await;
    assert!(answer.header("cache-status").contains("fwd="));
    background.stop().await;
}

#[tokio::test]
async fn only_what_may_not_be_served_is_made_anew() {
    let app = start(TestApp::start().await).await;
    let background = Background::start(&app.state).unwrap();
    for number in 0..3 {
        ask(&app, number, 2).await;
    }
    let dry = purge(
        &app,
        json!({"offerId": id(0), "warm": true, "dryRun": true}),
    )
    .await;
    assert_eq!(dry["warmed"], 1);
    let without = purge(&app, json!({"offerId": id(0), "dryRun": true})).await;
    assert_eq!(without.get("warmed"), None);
    purge(&app, json!({"offerId": id(0), "warm": true})).await;
    until("all were looked at", || {
        warmed(&app, Purge, Warmed::Valid) + warmed(&app, Purge, Warmed::Filled) == 3
    })
    .await;
    assert_eq!(warmed(&app, Purge, Warmed::Filled), 1);
    background.stop().await;
}

#[tokio::test]
async fn the_audit_keeps_that_a_purge_asked_for_it() {
    let app = start(TestApp::start().await).await;
    let mutation = "mutation A($i: PurgeInput!) { purge(input: $i) { tags warmed } }";
    let input = json!({"i": {"all": true, "warm": true, "reason": "a release"}});
    let refused = app.ask(mutation, input.clone()).await;
    assert_eq!(refused.code(), "UNAUTHENTICATED");
    let done = Answer::of(app.post(mutation, &input).bearer_auth(TOKEN)).await;
    let expected = json!({"tags": ["*", "warm"], "warmed": null});
    assert_eq!(done.data()["purge"], expected);
    let purges = &app.state.services.purges;
    let rows = purges.audit(None, 1, Default::default()).await.unwrap();
    let tags: Vec<_> = rows[0].tags.iter().map(|tag| tag.as_str()).collect();
    assert_eq!(
        (rows[0].reason.as_str(), tags),
        ("a release", vec!["*", "warm"])
    );
}

#[tokio::test]
async fn nothing_private_is_counted_nor_where_somebody_is() {
    let app = start(TestApp::start().await).await;
    let near = |lat: f64, lng: f64| json!({"i": {"location": {"lat": lat, "lng": lng}}});
    for _ in 0..3 {
        app.ask(NEAR, near(48.8566, 2.3522)).await.data();
        Answer::of(app.post(MINE, &json!({})).bearer_auth(TOKEN)).await;
        app.ask(OFFER, json!({"id": OfferId::derive("offer", "absent")}))
            .await;
    }
    assert_eq!(recipes(&app), Vec::<String>::new());
    let (lat, lng) = cache_core::geo::snap(48.8566, 2.3522, 8).unwrap();
    app.ask(NEAR, near(lat, lng)).await.data();
    assert_eq!(
        recipes(&app).len(),
        1,
        "the centre of a cell is where nobody is"
    );
    // The edge makes its own answers anew: nobody asks.
    let warm = app.post(OFFER, &json!({"id": id(0)})).header(WARMS, "1");
    Answer::of(warm).await.data();
    assert_eq!(recipes(&app).len(), 1);
    assert!(app.state.services.views.take().is_empty());
}

#[tokio::test]
async fn a_server_that_has_just_started_has_what_the_others_are_asked_for() {
    let redis = AnyRedis::start().await.unwrap();
    let builder = TestApp::builder()
        .redis(&redis.url())
        .redis_within(Duration::from_secs(2));
    let app = start(builder.start().await).await;
    for number in 0..3 {
        ask(&app, number, 3).await;
    }
    ask(&app, 3, 1).await;
    hot(&app).share().await.unwrap();
    let responses = &app.state.services.caches.responses;
    until("Redis has all", || responses.fills_under_way() == 0).await;
    let new = app.another().await;
    let background = Background::start(&new.state).unwrap();
    until("three are there", || {
        warmed(&new, Start, Warmed::Found) + warmed(&new, Start, Warmed::Filled) == 3
    })
    .await;
    for number in 0..3 {
        let answer = ask(&new, number, 1).await;
        let status = answer.header("cache-status");
        assert!(status.contains("hit") && status.contains("l1"), "{status}");
    }
    background.stop().await;
}
