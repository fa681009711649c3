//! The TypeScript client (`persisted-queries/clients/typescript`) through the edge.

use std::time::Duration;

use e2e::{Options, SIGNING_KEYS, Script, Stack, Way, typescript};
use serde_json::{Value, json};

use crate::clients::set_places;
use crate::{PARIS, ids, near, venue, warm};

/// So many browsers are open at the same time. An isolate lets 20 requests a second demand a revision that its copy
/// of the log has not reached.
const AT_A_TIME: u32 = 6;
/// Overrides how many sessions there are.
const SESSIONS: &str = "YOUSOON_SESSIONS";

/// A stack with an offer for each browser that is open.
async fn started() -> (Stack, Vec<String>) {
    let place = |at: u32| (48.8570 + f64::from(at) / 2_000.0, 2.3530);
    let stack = Stack::start(Options {
        venues: (0..AT_A_TIME).map(|at| venue(place(at), "thai")).collect(),
        origin: vec![
            ("YOUSOON_JWT_KEYS", SIGNING_KEYS),
            ("YOUSOON_BCRYPT_COST", "4"),
        ],
        way: Way::Direct,
        ..Options::default()
    })
    .await
    .unwrap();
    let offers = ids(&warm(&stack, &near(&stack, PARIS)).await.json());
    for offer in &offers {
        set_places(&stack, offer, 5_000).await;
    }
    (stack, offers)
}

fn options(stack: &Stack, offers: &[String], sessions: u32, without: &str) -> Value {
    let keys: Value = serde_json::from_str(SIGNING_KEYS).unwrap();
    json!({"url": stack.edge_url, "origin": stack.origin_url, "key": keys["keys"][0], "offers": offers, "sessions": sessions,
        "seed": 1, "without": without})
}

async fn report(mut script: Script) -> Value {
    loop {
        let told = script.tells_something().await.unwrap();
        match told.get("done") {
            Some(done) => return done.clone(),
            None => println!("{told}"),
        }
    }
}

/// Lost answers, expired tokens, two tabs, dropped sockets: nobody is signed out, every booking is made once, own
/// writes are always seen. `YOUSOON_SESSIONS=1000` runs as many.
#[tokio::test]
async fn sessions_with_faults_between_client_and_edge() {
    let (stack, offers) = started().await;
    let sessions = std::env::var(SESSIONS).map_or(40, |text| text.parse().unwrap());
    let options = options(&stack, &offers, sessions, "nothing");
    let done = report(
        typescript::start("test/sessions.ts", &options)
            .await
            .unwrap(),
    )
    .await;
    println!("{done:#}");
    assert_eq!(done["wrong"], json!({}), "{done:#}");
    assert_eq!(done["sessions"], sessions);
    for fault in ["lost", "reset", "overloaded", "late", "cut"] {
        assert!(done["faults"][fault].as_u64().unwrap() > 0, "{done:#}");
    }
    assert!(done["notModified"].as_u64().unwrap() > 0, "{done:#}");
}

/// What the sessions would see of a client that lacks one thing.
#[tokio::test]
async fn sessions_notice_what_a_client_does_not_do() {
    let (stack, offers) = started().await;
    for (without, seen) in [
        ("keys", "failed"),
        ("revision", "own write missed"),
        ("refresh", "signed out"),
    ] {
        // The edge hears of a write late, so that reads come before it does.
        stack.to_edge.delay(match without {
            "revision" => Duration::from_millis(300),
            _other => Duration::ZERO,
        });
        let mut notices = false;
        // What goes wrong depends on what meets: another seed may bring it about.
        for seed in 1..=4 {
            let mut options = options(&stack, &offers, 12, without);
            options["lost"] = json!(40);
            options["seed"] = json!(seed);
            let done = report(
                typescript::start("test/sessions.ts", &options)
                    .await
                    .unwrap(),
            )
            .await;
            println!("without {without}: {done:#}");
            notices = done["wrong"][seen].as_u64().is_some_and(|times| times > 0);
            if notices {
                break;
            }
        }
        assert!(notices, "without {without}");
    }
}

/// Apollo Client, urql and Relay on the client, through the same faults.
#[tokio::test]
async fn adapters_book_once_refresh_once_hear_what_changes_and_learn_codes() {
    let (stack, offers) = started().await;
    stack.publish_as_apollo().await.unwrap();
    let options = options(&stack, &offers, 0, "nothing");
    let done = report(
        typescript::start("test/adapters.ts", &options)
            .await
            .unwrap(),
    )
    .await;
    for library in ["apollo", "urql", "relay"] {
        let expected = json!({"me": true, "booked": [true], "again": "ALREADY_BOOKED", "status": "CANCELLED",
            "refreshes": 1, "signedOut": 0});
        assert_eq!(done[library], expected, "{library}");
    }
}

/// Types, the files that are made of docs/errors.md and docs/repeats.md, and the sizes in the README; then each rule
/// without a server.
#[tokio::test]
async fn the_package_is_as_it_says() {
    for script in ["check", "test"] {
        println!("{}", typescript::npm(script).await.unwrap());
    }
}
