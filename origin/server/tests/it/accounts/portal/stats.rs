//! The dashboard: how often offers were seen.

use domain::users::account::Post;
use serde_json::{Value, json};
use yousoon::stats as flushing;

use super::{serve, started, works_for};
use crate::{
    accounts::person::register,
    app::{Answer, TestApp},
    fixtures::{offer, partner},
};

const STATS: &str = "query S($id: ID!, $from: String!, $to: String!) {
    partnerStats(partnerId: $id, from: $from, to: $to) { days { day views } } }";
const PAGE: &str = "query O($id: ID!) { offer(id: $id) { title } }";
const MINE: &str = "query O($id: ID!) { offer(id: $id) { title isFavorite } }";
const LIST: &str = "query L { offers(input: {}) { edges { node { title } } } }";

fn june(first: u32, last: u32) -> Value {
    json!({"id": partner("a").id, "from": format!("2026-06-{first:02}"), "to": format!("2026-06-{last:02}")})
}

async fn page(app: &TestApp, id: &Value) -> Value {
    app.ask(PAGE, json!({"id": id})).await.data()
}

#[tokio::test]
async fn a_page_that_is_read_is_a_view_also_out_of_the_cache_and_no_read_writes() {
    let app = started().await;
    app.publish(&[PAGE, MINE, LIST]).await;
    let own = json!(offer("a", 0).id);
    let ana = register(&app, "ana").await;
    for _ in 0..3 {
        page(&app, &own).await;
    }
    ana.ask(&app, MINE, json!({"id": own})).await.data();
    // Neither lists, nor others' offers, nor what there is not.
    app.ask(LIST, json!({})).await.data();
    page(&app, &json!(offer("b", 0).id)).await;
    page(&app, &json!("000000000000000000000000")).await;
    page(&app, &json!("x")).await;
    let stored = async || -> i64 {
        let count = "SELECT COUNT(*) FROM offer_views";
        let read = app
            .db
            .read(move |c| Ok(c.query_row(count, [], |row| row.get(0))?));
        read.await.unwrap()
    };
    assert_eq!(stored().await, 0);
    flushing::flush(&app.state).await;
    assert_eq!(stored().await, 2);
    page(&app, &own).await;
    flushing::flush(&app.state).await;
    flushing::flush(&app.state).await;
    assert_eq!(stored().await, 2);
    let manager = works_for(&app, "manager", "a", Post::Manager).await;
    let stats = manager.ask(&app, STATS, june(1, 2)).await;
    assert_eq!(stats.header("cache-control"), "private, no-store");
    let days = json!([{"day": "2026-06-01", "views": 5}, {"day": "2026-06-02", "views": 0}]);
    assert_eq!(stats.data()["partnerStats"]["days"], days);
}

#[tokio::test]
async fn what_cannot_be_stored_is_stored_later() {
    let app = started().await;
    app.publish(&[PAGE]).await;
    let own = json!(offer("a", 0).id);
    page(&app, &own).await;
    let run = async |sql: &'static str| {
        let ran = app.db.write(move |tx| Ok(tx.execute_batch(sql)?));
        ran.await.unwrap();
    };
    run("CREATE TRIGGER broken BEFORE INSERT ON offer_views BEGIN SELECT RAISE(ABORT, 'x'); END")
        .await;
    flushing::flush(&app.state).await;
    page(&app, &own).await;
    run("DROP TRIGGER broken").await;
    flushing::flush(&app.state).await;
    let stats = serve(&app, STATS, june(1, 1)).await.data();
    assert_eq!(stats["partnerStats"]["days"][0]["views"], 2);
}

#[tokio::test]
async fn a_dashboard_is_for_managers_of_the_partner_and_a_year_at_most() {
    let app = started().await;
    assert_eq!(app.ask(STATS, june(1, 1)).await.code(), "UNAUTHENTICATED");
    for who in [
        register(&app, "user").await,
        works_for(&app, "other", "b", Post::Owner).await,
        works_for(&app, "staff", "a", Post::Staff).await,
    ] {
        let refused = who.ask(&app, STATS, june(1, 1)).await;
        assert_eq!(refused.code(), "FORBIDDEN", "{}", refused.text);
    }
    let owner = works_for(&app, "owner", "a", Post::Owner).await;
    let ask = async |from: &str, to: &str| -> Answer {
        let variables = json!({"id": partner("a").id, "from": from, "to": to});
        owner.ask(&app, STATS, variables).await
    };
    for (from, to) in [
        ("2026-06-02", "2026-06-01"),
        ("2025-06-01", "2026-06-02"),
        ("2026-6-1", "2026-06-01"),
        ("yesterday", "today"),
    ] {
        assert_eq!(ask(from, to).await.code(), "BAD_USER_INPUT", "{from} {to}");
    }
    let year = ask("2024-01-01", "2024-12-31").await.data();
    assert_eq!(year["partnerStats"]["days"].as_array().unwrap().len(), 366);
}
