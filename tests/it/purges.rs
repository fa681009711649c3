//! Purges: afterwards no cache serves what was there before.

use std::time::Duration;

use e2e::{Answer, Options, Platform, Stack};
use serde_json::json;

use crate::{LYON, PARIS, ids, near, stack, venue, warm};

/// How soon the edge must apply a purge. In practice it takes about one second.
const VISIBLE_WITHIN: Duration = Duration::from_secs(2);

fn is_miss(answer: &Answer) -> bool {
    !answer.is_hit()
}

#[tokio::test]
async fn a_purge_of_one_offer_makes_exactly_the_answers_that_contain_it_miss() {
    let stack = stack().await;
    let (paris, lyon) = (near(&stack, PARIS), near(&stack, LYON));
    let in_paris = ids(&warm(&stack, &paris).await.json());
    warm(&stack, &lyon).await;
    let [purged, other] =
        [0, 1].map(|index| stack.ask("OfferDetail", json!({"id": in_paris[index]})));
    warm(&stack, &purged).await;
    warm(&stack, &other).await;

    stack
        .run(&["purge", "--offer", &in_paris[0], "--reason", "a test"])
        .await
        .unwrap();
    let (detail, took) = purged
        .until(&stack.client, &stack.edge_url, VISIBLE_WITHIN, is_miss)
        .await
        .unwrap();
    assert!(
        detail.cache_status().contains("detail=purged"),
        "{}",
        detail.cache_status()
    );
    println!("the purge was visible at the edge after {took:?}");
    let list = paris.get(&stack.client, &stack.edge_url).await.unwrap();
    assert!(
        is_miss(&list),
        "the list contains it: {}",
        list.cache_status()
    );
    for (what, ask) in [("another offer", other), ("a list elsewhere", lyon)] {
        let answer = ask.get(&stack.client, &stack.edge_url).await.unwrap();
        assert!(
            answer.is_hit(),
            "{what} does not: {}",
            answer.cache_status()
        );
    }
    assert!(
        warm(&stack, &purged).await.is_hit(),
        "and then it is stored again"
    );
}

#[tokio::test]
async fn a_soft_purge_is_served_while_it_is_refreshed() {
    let stack = stack().await;
    let paris = near(&stack, PARIS);
    let offer = ids(&warm(&stack, &paris).await.json()).remove(0);
    let before = stack.to_origin.reads();
    stack
        .run(&["purge", "--offer", &offer, "--soft", "--reason", "a test"])
        .await
        .unwrap();
    let began = std::time::Instant::now();
    while stack.to_origin.reads() == before {
        let answer = paris.get(&stack.client, &stack.edge_url).await.unwrap();
        assert!(answer.is_hit(), "{}", answer.cache_status());
        assert!(
            began.elapsed() < Duration::from_secs(3),
            "it is never refreshed"
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_new_offer_makes_the_lists_of_its_neighbourhood_miss_and_no_others() {
    let stack = stack().await;
    let (paris, lyon) = (near(&stack, PARIS), near(&stack, LYON));
    let before = ids(&warm(&stack, &paris).await.json());
    warm(&stack, &lyon).await;
    stack
        .import(&[venue((48.8580, 2.3500), "greek")])
        .await
        .unwrap();
    let (list, _) = paris
        .until(&stack.client, &stack.edge_url, VISIBLE_WITHIN, is_miss)
        .await
        .unwrap();
    assert_eq!(ids(&list.json()).len(), before.len() + 1);
    let elsewhere = lyon.get(&stack.client, &stack.edge_url).await.unwrap();
    assert!(elsewhere.is_hit(), "{}", elsewhere.cache_status());
}

#[tokio::test]
async fn a_fill_that_races_with_a_purge_is_not_served() {
    let stack = stack().await;
    let offer = ids(&warm(&stack, &near(&stack, PARIS)).await.json()).remove(0);
    let ask = stack.ask("OfferDetail", json!({"id": offer}));
    // The edge knows the document already, so that only the answer to the read is held back.
    stack
        .ask("OfferDetail", json!({"id": "0"}))
        .get(&stack.client, &stack.edge_url)
        .await
        .unwrap();
    // The origin has read, and its answer is on its way when the purge happens.
    stack.to_origin.hold_answers();
    let racing = {
        let (ask, client, url) = (ask.clone(), stack.client.clone(), stack.edge_url.clone());
        tokio::spawn(async move { ask.get(&client, &url).await.unwrap() })
    };
    stack.to_origin.until_one_is_held().await.unwrap();
    stack
        .run(&["purge", "--offer", &offer, "--reason", "a test"])
        .await
        .unwrap();
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    stack.to_origin.release();
    assert_eq!(
        racing.await.unwrap().status,
        200,
        "a request from before the purge gets an answer"
    );
    let next = ask.get(&stack.client, &stack.edge_url).await.unwrap();
    assert!(
        is_miss(&next),
        "what was read before the purge is not served after it: {}",
        next.cache_status()
    );
    assert!(warm(&stack, &ask).await.is_hit());
}

#[tokio::test]
async fn only_the_service_token_purges() {
    let stack = stack().await;
    let ask = stack.ask("Purge", json!({"input": {"all": true, "reason": "a test"}}));
    let body = json!({"documentId": ask.id, "variables": ask.variables});
    let send = |token: Option<&str>| {
        let request = stack
            .client
            .post(format!("{}/graphql", stack.edge_url))
            .json(&body);
        let request = match token {
            Some(token) => request.bearer_auth(token),
            None => request,
        };
        async { Answer::read(request.send().await.unwrap()).await.unwrap() }
    };
    let list = near(&stack, PARIS);
    warm(&stack, &list).await;
    for refused in [send(None).await, send(Some("another")).await] {
        assert!(
            ["UNAUTHENTICATED", "TOKEN_INVALID"].contains(&refused.code().as_str()),
            "{}",
            refused.text
        );
    }
    assert!(
        list.get(&stack.client, &stack.edge_url)
            .await
            .unwrap()
            .is_hit()
    );
    let purged = send(Some(stack.token())).await;
    let revision = purged.header("yousoon-revision").to_owned();
    assert!(!revision.is_empty(), "{}", purged.text);
    // The isolate learned the revision from the answer, so the next request is not stale at all.
    let next = list.get(&stack.client, &stack.edge_url).await.unwrap();
    assert!(is_miss(&next), "{}", next.cache_status());
}

#[tokio::test]
async fn a_dry_run_changes_nothing() {
    let stack = stack().await;
    let list = near(&stack, PARIS);
    warm(&stack, &list).await;
    let told = stack
        .run(&[
            "purge",
            "--geo",
            "48.8566,2.3522",
            "--dry-run",
            "--reason",
            "a test",
        ])
        .await
        .unwrap();
    assert!(told.contains("geo:"), "{told}");
    tokio::time::sleep(VISIBLE_WITHIN).await;
    assert!(
        list.get(&stack.client, &stack.edge_url)
            .await
            .unwrap()
            .is_hit()
    );
}

#[tokio::test]
async fn a_request_that_joins_a_read_from_before_a_purge_does_not_get_its_answer() {
    let stack = stack().await;
    let offer = ids(&warm(&stack, &near(&stack, PARIS)).await.json()).remove(0);
    let ask = stack.ask("OfferDetail", json!({"id": offer}));
    stack
        .ask("OfferDetail", json!({"id": "0"}))
        .get(&stack.client, &stack.edge_url)
        .await
        .unwrap();
    let asking = || {
        let (ask, client, url) = (ask.clone(), stack.client.clone(), stack.edge_url.clone());
        tokio::spawn(async move { ask.get(&client, &url).await.unwrap() })
    };
    let before = stack.to_origin.reads();
    stack.to_origin.hold_answers();
    let first = asking();
    stack.to_origin.until_one_is_held().await.unwrap();
    stack
        .run(&["purge", "--offer", &offer, "--reason", "a test"])
        .await
        .unwrap();
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    let joined = [asking(), asking(), asking()];
    tokio::time::sleep(Duration::from_millis(500)).await;
    stack.to_origin.release();
    assert_eq!(first.await.unwrap().status, 200);
    for answer in joined {
        assert_eq!(answer.await.unwrap().status, 200);
    }
    // One read for the first request, and one for all requests after the purge.
    assert_eq!(stack.to_origin.reads(), before + 2);
    assert!(warm(&stack, &ask).await.is_hit());
}

#[tokio::test]
async fn a_client_that_wrote_sees_its_write_and_a_made_up_revision_forces_no_misses() {
    let stack = stack().await;
    let list = near(&stack, PARIS);
    warm(&stack, &list).await;
    let wanting = |revision: u64| {
        let url = format!("{}/graphql/{}", stack.edge_url, list.id);
        let request = stack
            .client
            .get(url)
            .query(&[("variables", list.variables.to_string())])
            .header("yousoon-min-revision", revision.to_string());
        async { Answer::read(request.send().await.unwrap()).await.unwrap() }
    };
    let told = stack
        .run(&["purge", "--all", "--reason", "a test"])
        .await
        .unwrap();
    let digits: String = told
        .chars()
        .skip_while(|c| !c.is_ascii_digit())
        .take_while(char::is_ascii_digit)
        .collect();
    let revision: u64 = digits.parse().unwrap();
    assert!(
        is_miss(&wanting(revision).await),
        "at once, without waiting for the feed"
    );
    let before = stack.to_origin.reads();
    for _ in 0..100 {
        assert_eq!(wanting(revision + 1_000_000).await.status, 200);
    }
    let forced = stack.to_origin.reads() - before;
    assert!(forced <= 60, "20 a second and isolate, not {forced}");
}

/// The Durable Object in a jurisdiction is another one than the object of the same name outside. In
/// this stack there is none outside: a feed that is read there brings nothing, so nothing would be a
/// hit once the feed is needed.
#[tokio::test]
async fn the_purge_log_is_kept_in_the_jurisdiction_that_the_edge_names() {
    let stack = Stack::start(Options {
        venues: vec![venue(PARIS, "thai")],
        edge: vec![("PURGE_LOG_JURISDICTION", "eu")],
        platform: Platform {
            jurisdiction: Some("eu"),
            ..Platform::default()
        },
        ..Options::default()
    })
    .await
    .unwrap();
    let list = near(&stack, PARIS);
    let offer = ids(&warm(&stack, &list).await.json()).remove(0);
    // Longer than an answer is served without the log.
    tokio::time::sleep(Duration::from_secs(6)).await;
    assert!(warm(&stack, &list).await.is_hit());
    stack
        .run(&["purge", "--offer", &offer, "--reason", "a test"])
        .await
        .unwrap();
    let (purged, _) = list
        .until(&stack.client, &stack.edge_url, VISIBLE_WITHIN, is_miss)
        .await
        .unwrap();
    let status = purged.cache_status();
    assert!(status.contains("detail=purged"), "{status}");
}
