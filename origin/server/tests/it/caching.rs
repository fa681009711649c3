//! What an answer says of its life, its tags and its place in the purge log.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use cache_core::{AsOf, InvalidReason, LogCopy, PurgeKind, Revision, Tag, Validity};
use cache_tiered::LogSource as _;
use domain::{GeoPoint, purges::PendingPurge as Entry};
use serde_json::{Value, json};
use store_sqlite::database::EmbeddedDb;
use yousoon::state::AppState;

use crate::{
    app::{Answer, GRAPHQL_RESPONSE, TOKEN, TestApp},
    fixtures::{NOW_MS, offer, partner, store},
};

const OFFER: &str = "query A($id: ID!) { offer(id: $id) { title partner { name } } }";
const OFFERS: &str = "query A($i: OffersInput!) { offers(input: $i) { edges { node { id } } } }";

fn tags(answer: &Answer) -> Vec<String> {
    Tag::parse_list(answer.header("cache-tag"))
        .unwrap()
        .into_iter()
        .map(String::from)
        .collect()
}

#[tokio::test]
async fn a_public_answer_says_how_long_it_lives_and_what_it_depends_on() {
    let app = TestApp::start().await;
    store(&app, "a", vec![offer("a", 0)]).await;
    let id = offer("a", 0).id;
    let answer = app.ask(OFFER, json!({"id": id})).await;
    assert_eq!(
        answer.header("cache-control"),
        "public, max-age=900, stale-while-revalidate=60, stale-if-error=86400"
    );
    assert_eq!(answer.header("yousoon-as-of"), format!("{}:0", app.log()));
    let document = format!("document:{}", pq_core::DocumentHash::of(OFFER));
    assert_eq!(
        tags(&answer),
        [
            document,
            format!("offer:{id}"),
            format!("partner:{}", partner("a").id)
        ]
    );
    let list = app.ask(OFFERS, json!({"i": {}})).await;
    assert_eq!(
        list.header("cache-control"),
        "public, max-age=300, stale-while-revalidate=60, stale-if-error=86400"
    );
    assert!(tags(&list).contains(&"offers:all".to_owned()));
    let near = app
        .ask(
            OFFERS,
            json!({"i": {"location": {"lat": 48.8566, "lng": 2.3522}}}),
        )
        .await;
    assert_eq!(
        tags(&near)
            .iter()
            .filter(|tag| tag.starts_with("geo:"))
            .count(),
        19
    );
    assert!(!tags(&near).contains(&"offers:all".to_owned()));
    let place = GeoPoint::new(48.87, 2.36).unwrap();
    let purged = purging::PurgeTarget::Geo(place).tags();
    assert!(
        purged
            .iter()
            .any(|tag| tags(&near).contains(&tag.as_str().to_owned())),
        "a purge beside it is heard"
    );
    let partners = app
        .ask("query A { partners(input: {}) { totalCount } }", json!({}))
        .await;
    assert!(tags(&partners).contains(&"partners:all".to_owned()));
    let categories = app.ask("query A { categories { id } }", json!({})).await;
    assert!(tags(&categories).contains(&"category".to_owned()));
    assert_eq!(
        categories.header("cache-control"),
        "public, max-age=86400, stale-while-revalidate=3600, stale-if-error=604800"
    );
}

#[tokio::test]
async fn an_answer_ends_before_it_is_wrong() {
    let app = TestApp::start().await;
    let mut all: Vec<_> = (0..3).map(|number| offer("a", number)).collect();
    all[0].valid_until_ms = NOW_MS + 100_999;
    all[1].valid_from_ms = NOW_MS + 50_000;
    all[2].valid_until_ms = NOW_MS + 999;
    all[2].location = GeoPoint::new(45.76, 4.83).unwrap();
    let (first, third) = (all[0].id.clone(), all[2].id.clone());
    store(&app, "a", all).await;
    let life = |answer: &Answer| answer.header("cache-control").to_owned();
    assert_eq!(
        life(&app.ask(OFFER, json!({"id": first})).await),
        "public, max-age=100"
    );
    assert_eq!(
        life(&app.ask(OFFER, json!({"id": third})).await),
        "private, no-store"
    );
    let near = json!({"i": {"location": {"lat": 48.8566, "lng": 2.3522}}});
    // What begins is told at its moment; what is shown ends with its first end.
    assert_eq!(life(&app.ask(OFFERS, near).await), "public, max-age=100");
    assert_eq!(
        life(&app.ask(OFFERS, json!({"i": {}})).await),
        "private, no-store"
    );
    let bars = json!({"i": {"categories": ["BAR"]}});
    assert!(life(&app.ask(OFFERS, bars).await).starts_with("public, max-age=300,"));
    let of_partner = app
        .ask(
            "query A($id: ID!) { partner(id: $id) { offers { id } } }",
            json!({"id": partner("a").id}),
        )
        .await;
    assert_eq!(life(&of_partner), "private, no-store");
}

#[tokio::test]
async fn what_is_private_absent_or_wrong_is_not_kept() {
    let app = TestApp::start().await;
    store(&app, "a", vec![offer("a", 0)]).await;
    let favorite = app
        .ask(
            "query A($id: ID!) { offer(id: $id) { id isFavorite } }",
            json!({"id": offer("a", 0).id}),
        )
        .await;
    assert_eq!(favorite.data()["offer"]["isFavorite"], false);
    let absent = app.ask(OFFER, json!({"id": offer("a", 1).id})).await;
    for answer in [favorite, absent] {
        assert_eq!(answer.header("cache-control"), "private, no-store");
        for header in ["etag", "cache-tag", "yousoon-as-of"] {
            assert_eq!(answer.header(header), "");
        }
    }
}

#[tokio::test]
async fn credentials_change_nothing_in_a_public_answer() {
    let app = TestApp::start().await;
    store(&app, "a", vec![offer("a", 0)]).await;
    let request = || app.post(OFFER, &json!({"id": offer("a", 0).id}));
    let plain = Answer::of(request()).await;
    let signed_in = Answer::of(request().bearer_auth(TOKEN).header("cookie", "session=1")).await;
    let unknown = Answer::of(request().bearer_auth("eyJ")).await;
    for other in [signed_in, unknown] {
        assert_eq!(plain.text, other.text);
        for header in [
            "cache-control",
            "cache-tag",
            "yousoon-as-of",
            "etag",
            "set-cookie",
        ] {
            assert_eq!(plain.header(header), other.header(header));
        }
    }
}

#[tokio::test]
async fn an_unchanged_answer_is_a_304() {
    let app = TestApp::start().await;
    store(&app, "a", vec![offer("a", 0)]).await;
    let request = || app.post(OFFER, &json!({"id": offer("a", 0).id}));
    let first = Answer::of(request()).await;
    let again = Answer::of(request().header(
        "if-none-match",
        format!("\"x\", W/{}", first.header("etag")),
    ))
    .await;
    assert_eq!((again.status.as_u16(), again.text.as_str()), (304, ""));
    for header in ["etag", "cache-control", "cache-tag", "yousoon-as-of"] {
        assert_eq!(first.header(header), again.header(header));
    }
    let changed = Answer::of(request().header("if-none-match", "\"x\"")).await;
    assert_eq!(changed.status.as_u16(), 200);
    let other_media = Answer::of(request().header("accept", GRAPHQL_RESPONSE)).await;
    assert_eq!(other_media.text, first.text);
}

/// Renames the offer and appends its purge, in the middle of a query.
fn write_and_purge(state: &AppState, db: &EmbeddedDb) -> Revision {
    let id = offer("a", 0).id.to_string();
    let work = async {
        let tag: Tag = format!("offer:{id}").parse().unwrap();
        db.write(|tx| Ok(tx.execute("UPDATE offers SET title = 'Neuf'", [])?))
            .await
            .unwrap();
        let entry = Entry {
            tags: vec![tag],
            kind: PurgeKind::Hard,
            reason: "test".into(),
            actor: "test".into(),
        };
        state
            .services
            .purge_log
            .append(entry, NOW_MS)
            .await
            .unwrap()
            .unwrap()
    };
    tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(work))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_position_is_taken_before_the_first_read() {
    let state: Arc<OnceLock<(AppState, EmbeddedDb)>> = Arc::default();
    let written: Arc<OnceLock<Revision>> = Arc::default();
    let (reader_state, reader_written) = (Arc::clone(&state), Arc::clone(&written));
    // Right after the offer was read and before the query ends: another process edits and purges.
    let observe = move |what| {
        if what == "offers.by_ids" && reader_written.get().is_none() {
            reader_written
                .set({
                    let (state, db) = reader_state.get().unwrap();
                    write_and_purge(state, db)
                })
                .unwrap();
        }
    };
    let app = TestApp::builder().observer(observe).start().await;
    assert!(state.set((app.state.clone(), app.db.clone())).is_ok());
    store(&app, "a", vec![offer("a", 0)]).await;

    let old = app.ask(OFFER, json!({"id": offer("a", 0).id})).await;
    let purged = *written.get().expect("the write fell into the query");
    assert_eq!(
        old.data()["offer"]["title"],
        "Galette 0",
        "read before the write"
    );
    let as_of: AsOf = old.header("yousoon-as-of").parse().unwrap();
    assert!(
        as_of.revision < purged,
        "{as_of} claims to have seen the write"
    );
    let mut copy = LogCopy::starting_at(as_of.log, Revision::ZERO);
    copy.append(
        &app.state
            .services
            .purge_log
            .records_after(as_of.log, Revision::ZERO, 9, Duration::ZERO)
            .await
            .unwrap()
            .records,
    )
    .unwrap();
    let judge = |answer: &Answer| {
        let as_of = answer.header("yousoon-as-of").parse().unwrap();
        copy.judge(
            &as_of,
            &Tag::parse_list(answer.header("cache-tag")).unwrap(),
        )
    };
    assert!(matches!(
        judge(&old),
        Validity::Invalid(InvalidReason::Purged { .. })
    ));

    let new = app.ask(OFFER, json!({"id": offer("a", 0).id})).await;
    assert_eq!(new.data()["offer"]["title"], "Neuf");
    assert_eq!(judge(&new), Validity::Valid);
}

#[tokio::test]
async fn get_and_post_answer_alike() {
    let app = TestApp::start().await;
    store(&app, "a", vec![offer("a", 0)]).await;
    let variables: Value = json!({"id": offer("a", 0).id});
    let posted = app.ask(OFFER, variables.clone()).await;
    let got = Answer::of(
        app.request(reqwest::Method::GET, "/graphql")
            .query(&[("query", OFFER), ("variables", &variables.to_string())]),
    )
    .await;
    assert_eq!(
        (got.text.as_str(), got.header("etag")),
        (posted.text.as_str(), posted.header("etag"))
    );
}
