//! The operators' console in Chromium.

use std::collections::BTreeMap;
use std::time::Duration;

use e2e::{Options, pages};
use serde_json::{Value, json};

use crate::{
    PARIS, ids,
    messages::World,
    near,
    site::PICTURES,
    story::{PASSWORD, make_administrator, sign_up},
    telling::verified,
    venue, warm,
};

/// Somebody signs up while the provider refuses every mail: the task is given up.
async fn a_dead_task(world: &World) {
    let refusal = json!({"kind": "fail", "status": 400,
        "error_type": "MailFromDomainNotVerifiedException", "body": "{\"message\":\"no\"}"});
    let order = json!({"provider": "ses", "trouble": refusal});
    world.order("control/trouble", order).await;
    sign_up(&world.stack, "dan").await;
    for _ in 0..200 {
        let dead = world.stack.run(&["queue", "list"]).await.unwrap();
        if dead.contains("verify_email") {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("no task was given up");
}

/// Live figures, a purge with a dry run on a map, a request explained, a dead letter retried, the audit of it.
#[tokio::test]
async fn an_operator_purges_explains_and_retries() {
    let Some(chromium) = std::env::var_os("CHROMIUM_BIN") else {
        return println!("skipped: there is no Chromium, which root on Debian gets from apt-get");
    };
    let world = World::with(Options {
        venues: vec![
            venue((48.8570, 2.3530), "thai"),
            venue((48.8600, 2.3400), "italian"),
        ],
        ..Options::default()
    })
    .await;
    let stack = &world.stack;
    let operator = verified(&world, "operator").await;
    make_administrator(stack, &operator).await;
    let guest = verified(&world, "guest").await;
    a_dead_task(&world).await;
    let ask = near(stack, PARIS);
    let offer = ids(&warm(stack, &ask).await.json()).remove(0);
    let options = json!({
        "origin": stack.origin_url,
        "operator": {"email": operator.email, "password": PASSWORD},
        "guest": {"email": guest.email, "password": PASSWORD},
        "offer": offer,
        "document": "OffersNearby",
        "variables": ask.variables.to_string(),
        "pictures": std::env::var(PICTURES).ok(),
    });
    let mut script = pages::visit("console.mjs", chromium.as_ref(), &options).unwrap();
    let mut told: BTreeMap<String, Value> = BTreeMap::new();
    while !told.contains_key("done") {
        let line = script.tells_something().await.unwrap();
        if let Some(page) = line["page"].as_str() {
            assert_eq!(line["violations"], json!([]), "{page}");
            continue;
        }
        println!("{line}");
        let (name, value) = line.as_object().unwrap().iter().next().unwrap();
        told.insert(name.clone(), value.clone());
    }
    assert!(told["refused"].as_str().unwrap().contains(':'), "{told:#?}");
    let documents = told["live"]["documents"].as_array().unwrap();
    assert!(documents.contains(&json!("OffersNearby")), "{documents:?}");
    let affected = &told["purge"]["affected"];
    assert_eq!(affected["rows"][0][0], "OffersNearby", "{affected}");
    assert!(affected["cells"].as_u64().unwrap() > 0, "{affected}");
    let newest = &told["purge"]["newest"];
    assert_eq!(newest[3], "trying it out", "{newest}");
    assert!(newest[1].as_str().unwrap().starts_with("user "), "{newest}");
    let explained = told["explained"].to_string();
    assert!(
        explained.contains("l1") && explained.contains("memory"),
        "{explained}"
    );
    assert_eq!(told["queue"]["left"], 0, "{told:#?}");
    let audit = &told["audit"];
    assert_eq!(
        (&audit[3], &audit[5]),
        (&json!("RETRY_TASK"), &json!("trying it out"))
    );
    let key = told["queue"]["key"].as_str().unwrap();
    assert_eq!(audit[4], format!("task {key}"));
    let [before, after, _] = &told["languages"].as_array().unwrap()[..] else {
        panic!("{told:#?}");
    };
    assert_ne!(before, after);
    let done = json!({"addresses": [stack.origin_url], "problems": [], "kept": []});
    assert_eq!(told["done"], done);
}
