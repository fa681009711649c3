//! What `updateOffer` purges, and what becomes of its purge when something breaks.

use std::time::Duration;

use cache_core::{InvalidReason, LogCopy, PurgeKind, PurgeRecord, Revision, Tag, Validity};
use cache_tiered::LogSource as _;
use domain::purges::{AuditFilter, OutboxRow};
use purging::PurgeTarget;
use serde_json::{Value, json};
use store_sqlite::{audit, outbox::outbox_pending};
use yousoon::server::Background;

use super::{detail, first, started, update};
use crate::{
    app::{Answer, TestApp},
    fixtures::{NOW_MS, offer},
};

async fn records(app: &TestApp) -> Vec<PurgeRecord> {
    let log = &app.state.services.purge_log;
    let id = log.feed().position().log.unwrap();
    let read = log.records_after(id, Revision::ZERO, 99, std::time::Duration::ZERO);
    read.await.unwrap().records
}

async fn outbox(app: &TestApp) -> Vec<OutboxRow> {
    app.db.read(|c| outbox_pending(c, 0, 99)).await.unwrap()
}

async fn run(app: &TestApp, sql: &'static str) {
    app.db
        .write(move |tx| Ok(tx.execute_batch(sql)?))
        .await
        .unwrap();
}

#[tokio::test]
async fn an_update_purges_what_shows_it_and_says_its_revision() {
    let app = started().await;
    let own = [
        format!("offer:{}", first().id),
        format!("partner:{}", first().partner_id),
    ];
    let mut sold_out = own.to_vec();
    sold_out.push(format!("quota:{}", first().id));
    let mut lists = own.to_vec();
    lists.push("offers:all".into());
    let cells = PurgeTarget::Geo(first().location).tags();
    lists.extend(cells.iter().map(ToString::to_string));
    lists.sort();
    let table = [
        (json!({"title": "Trois galettes"}), &lists[..], "title"),
        (json!({"conditions": []}), &own, "conditions"),
        (json!({"quota": {"total": 0}}), &sold_out, "quota"),
        (
            json!({"isActive": false, "schedule": null}),
            &lists,
            "schedule, isActive",
        ),
        // No list shows it.
        (json!({"title": "Deux"}), &own, "title"),
    ];
    for (index, (input, tags, fields)) in table.into_iter().enumerate() {
        let answer = update(&app, input.clone()).await;
        let revision = index + 1;
        assert_eq!(answer.header("yousoon-revision"), revision.to_string());
        let last = records(&app).await.pop().unwrap();
        assert_eq!(
            (last.revision.0, last.kind),
            (revision as u64, PurgeKind::Hard)
        );
        assert_eq!(
            last.tags,
            tags.iter()
                .map(|tag| tag.parse().unwrap())
                .collect::<Vec<Tag>>(),
            "{input}"
        );
        let audited = app
            .db
            .read(|c| audit::list(c, None, 1, &AuditFilter::default()))
            .await
            .unwrap()
            .pop()
            .unwrap();
        assert_eq!(
            (audited.actor.as_str(), audited.reason, audited.at_ms),
            ("service token", format!("updateOffer: {fields}"), NOW_MS)
        );
        assert_eq!(
            (audited.revision, audited.log, audited.tags),
            (Some(last.revision), Some(app.log()), last.tags)
        );
    }
    assert!(outbox(&app).await.is_empty());
}

#[tokio::test]
async fn what_no_answer_may_hold_purges_nothing() {
    let app = started().await;
    let stored = first();
    for input in [
        json!({}),
        json!({"title": stored.title, "discount": {"percentage": 20}, "isActive": true}),
    ] {
        let answer = update(&app, input.clone()).await;
        answer.data();
        assert_eq!(answer.header("yousoon-revision"), "", "{input}");
    }
    assert!(records(&app).await.is_empty() && outbox(&app).await.is_empty());
}

#[tokio::test]
async fn an_answer_from_before_is_not_valid_after() {
    let app = started().await;
    let by_id = "query A($id: ID!) { offer(id: $id) { title } }";
    let list = "query A($i: OffersInput!) { offers(input: $i) { edges { node { title } } } }";
    let here = json!({"i": {"location": {"lat": 48.86, "lng": 2.35}, "search": "nothing such"}});
    let lyon = json!({"i": {"location": {"lat": 45.764, "lng": 4.8357}}});
    let held = [
        (app.ask(by_id, json!({"id": first().id})).await, false),
        (app.ask(list, json!({"i": {}})).await, false),
        (app.ask(list, here).await, false),
        (app.ask(list, lyon).await, true),
        (app.ask(by_id, json!({"id": offer("a", 1).id})).await, false),
        (
            app.ask("query A { categories { id } }", json!({})).await,
            true,
        ),
    ];
    update(&app, json!({"title": "Crêpe"})).await.data();
    let mut copy = LogCopy::starting_at(app.log(), Revision::ZERO);
    copy.append(&records(&app).await).unwrap();
    let judge = |answer: &Answer| {
        let as_of = answer.header("yousoon-as-of").parse().unwrap();
        copy.judge(
            &as_of,
            &Tag::parse_list(answer.header("cache-tag")).unwrap(),
        )
    };
    for (number, (answer, stays)) in held.iter().enumerate() {
        let verdict = judge(answer);
        assert_eq!(verdict == Validity::Valid, *stays, "{number}: {verdict:?}");
        let purged = matches!(verdict, Validity::Invalid(InvalidReason::Purged { .. }));
        assert_eq!(purged, !stays, "{number}: {verdict:?}");
    }
}

#[tokio::test]
async fn a_write_whose_purge_cannot_be_relayed_is_done_and_swept_later() {
    let app = started().await;
    run(
        &app,
        "CREATE TRIGGER broken BEFORE INSERT ON purge_log BEGIN SELECT RAISE(ABORT, 'broken'); END",
    )
    .await;
    let answer = update(&app, json!({"title": "Trois galettes"})).await;
    assert_eq!(answer.data()["updateOffer"]["title"], "Trois galettes");
    assert_eq!(answer.header("yousoon-revision"), "");
    assert_eq!(detail(&app).await["title"], "Trois galettes");
    let waiting = outbox(&app).await;
    assert_eq!(waiting.len(), 1);
    assert_eq!(
        (
            waiting[0].purge.actor.as_str(),
            waiting[0].purge.reason.as_str()
        ),
        ("service token", "updateOffer: title")
    );
    assert!(records(&app).await.is_empty());
    run(&app, "DROP TRIGGER broken").await;
    let background = Background::start(&app.state).unwrap();
    let swept = async {
        while records(&app).await.is_empty() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), swept)
        .await
        .expect("swept");
    background.stop().await;
    assert_eq!(records(&app).await[0].tags, waiting[0].purge.tags);
    assert!(outbox(&app).await.is_empty());
}

#[tokio::test]
async fn a_write_whose_purge_cannot_be_stored_is_not_done() {
    let app = started().await;
    let before = detail(&app).await;
    run(
        &app,
        "CREATE TRIGGER broken BEFORE INSERT ON outbox BEGIN SELECT RAISE(ABORT, 'broken'); END",
    )
    .await;
    let answer = update(&app, json!({"title": "Crêpe", "category": "BAR"})).await;
    assert_eq!(
        (answer.status.as_u16(), answer.code().as_str()),
        (200, "INTERNAL")
    );
    assert_eq!(answer.json()["data"], Value::Null);
    assert!(!answer.text.contains("broken"), "{}", answer.text);
    assert_eq!(detail(&app).await, before);
    let search = "query A { offers(input: {search: \"crepe\"}) { totalCount } }";
    assert_eq!(
        app.ask(search, json!({})).await.data()["offers"]["totalCount"],
        0
    );
}

#[tokio::test]
async fn a_write_whose_purge_another_one_relayed_says_a_revision_all_the_same() {
    let app = started().await;
    let background = Background::start(&app.state).unwrap();
    let updates =
        (0..40).map(|number| update(&app, json!({"title": format!("Galette n° {number}")})));
    let answers = futures_util::future::join_all(updates).await;
    let highest = answers
        .iter()
        .map(|answer| {
            answer
                .header("yousoon-revision")
                .parse::<u64>()
                .expect("a revision")
        })
        .max();
    background.stop().await;
    assert_eq!((highest, records(&app).await.len()), (Some(40), 40));
}
