//! What could go wrong between what is shared and what is one user's: leaks, credentials that are not valid,
//! limits, conditional requests, purges.

use std::path::Path;
use std::time::Duration;

use e2e::{Answer, Ask, Options, Platform, SIGNING_KEYS, Stack};
use futures_util::{StreamExt as _, stream};
use serde_json::{Value, json};

use super::{all, assert_private, likes, sign_up, through_edge, two_offers};
use crate::abuse::forged;
use crate::gateway::{CLOUDFLARE_SAYS, early_in_a_minute};
use crate::people::{DOMAIN, Person, data};
use crate::{PARIS, ids, near, stack, venue};

/// How many requests are under way at the same time.
const AT_ONCE: usize = 16;

/// How many requests two people send, 1,000 unless `YOUSOON_PRIVATE_REQUESTS` says another number.
fn requests() -> usize {
    std::env::var("YOUSOON_PRIVATE_REQUESTS").map_or(1_000, |number| number.parse().unwrap())
}

#[tokio::test]
async fn nobody_gets_what_is_anothers_and_nothing_of_it_is_kept() {
    let mut stack = stack().await;
    let (ana, ben) = (sign_up(&stack, "ana").await, sign_up(&stack, "ben").await);
    let [first, second] = two_offers(&stack).await;
    likes(&stack, &ana, &first).await;
    likes(&stack, &ben, &second).await;
    let asks = all(&stack, &first);
    let began = std::time::Instant::now();
    let both = [(&ana, &first, &ben), (&ben, &second, &ana)];
    let one = async |number: usize| {
        let (person, liked, other) = both[number % 2];
        let kind = number / 2 % asks.len();
        let seen = through_edge(&stack, &asks[kind], person).await;
        assert_private(&seen, "answered");
        assert!(!seen.text.contains(&other.id), "{}", seen.text);
        let data = data(&seen);
        match kind {
            0 => assert_eq!(data["offer"]["isFavorite"], *liked == first),
            1 => {
                for edge in data["offers"]["edges"].as_array().unwrap() {
                    assert_eq!(edge["node"]["isFavorite"], edge["node"]["id"] == **liked);
                }
            }
            _me => assert_eq!(data["me"]["id"], person.id.as_str()),
        }
        usize::from(seen.is_hit())
    };
    let sent = stream::iter(0..requests()).map(one);
    let answered: Vec<usize> = sent.buffer_unordered(AT_ONCE).collect().await;
    let hits: usize = answered.iter().sum();
    println!(
        "{} requests of two people, {AT_ONCE} at a time, in {:.1?}: none shows the other's; {hits} had a hit",
        answered.len(),
        began.elapsed()
    );
    assert_eq!(answered.len(), requests());
    assert!(hits > answered.len() / 2);
    let kept = stack.kv_database().await.unwrap();
    let folder = kept.ancestors().nth(2).unwrap();
    let looked_at = look_for_private_fields(folder, &[&ana, &ben]);
    assert!(looked_at > 0, "answers are kept in {}", folder.display());
}

/// Looks for private fields and people in what the edge keeps; the number of files with offers.
fn look_for_private_fields(at: &Path, people: &[&Person]) -> usize {
    if at.is_dir() {
        let files = std::fs::read_dir(at).unwrap();
        let in_each = files.map(|file| look_for_private_fields(&file.unwrap().path(), people));
        return in_each.sum();
    }
    let text = String::from_utf8_lossy(&std::fs::read(at).unwrap()).into_owned();
    // The names of fields are in the documents' records as well.
    let fields = ["\"isFavorite\":true", "\"isFavorite\":false", DOMAIN];
    let ids = people.iter().map(|person| person.id.as_str());
    for private in fields.into_iter().chain(ids) {
        assert!(!text.contains(private), "{private} is in {}", at.display());
    }
    usize::from(text.contains("offers"))
}

/// The public part is asked for as nobody, and the remainder as the client.
#[tokio::test]
async fn the_origin_hears_credentials_with_the_remainder_alone() {
    let stack = stack().await;
    let ana = sign_up(&stack, "ana").await;
    let [first, _] = two_offers(&stack).await;
    for (name, variables) in [
        ("OfferDetailForMe", json!({"id": first})),
        (
            "HomeForMe",
            json!({"location": {"lat": PARIS.0, "lng": PARIS.1}}),
        ),
    ] {
        let ask = stack.ask(name, variables);
        let before = stack.to_origin.passed().len();
        through_edge(&stack, &ask, &ana).await;
        let asked = stack.to_origin.passed().split_off(before);
        let with_credentials = |part: &str| {
            let id = stack.ask(&format!("{name}__{part}"), json!({})).id;
            let mut sent = asked.iter().filter(|one| {
                let body = String::from_utf8_lossy(&one.body);
                one.line == "POST /graphql" && body.contains(&id)
            });
            let headers = &sent.next().unwrap().headers;
            assert!(sent.next().is_none(), "the {part} part is asked for once");
            headers.contains_key("authorization")
        };
        assert!(!with_credentials("public"));
        assert!(with_credentials("remainder"));
    }
}

/// What is public is answered at both doors. What depends on who asks is not answered as to nobody: a client
/// would take that for what its user has.
#[tokio::test]
async fn a_token_that_is_not_valid_costs_the_private_fields_alone() {
    let options = Options {
        venues: vec![venue(PARIS, "thai"), venue((48.8600, 2.3400), "italian")],
        origin: vec![("YOUSOON_JWT_KEYS", SIGNING_KEYS)],
        ..Options::default()
    };
    let stack = Stack::start(options).await.unwrap();
    let mut ana = sign_up(&stack, "ana").await;
    let [first, _] = two_offers(&stack).await;
    likes(&stack, &ana, &first).await;
    let [detail, list, home] = all(&stack, &first);
    let expired = forged::expired(&ana.access);
    for (token, code) in [(&*expired, "TOKEN_EXPIRED"), ("nonsense", "TOKEN_INVALID")] {
        token.clone_into(&mut ana.access);
        for ask in [&detail, &list] {
            let seen = through_edge(&stack, ask, &ana).await;
            assert_private(&seen, "answered");
            let origin = ask.post(&stack.client, &stack.origin_url, &ana.access);
            let mut whole = origin.await.unwrap().json();
            // Places in a document that the edge did not send.
            for error in whole["errors"].as_array_mut().unwrap() {
                assert!(error.as_object_mut().unwrap().remove("locations").is_some());
            }
            assert_eq!(seen.json(), whole);
            assert_eq!(seen.code(), code, "{}", seen.text);
        }
        let seen = through_edge(&stack, &detail, &ana).await.json();
        assert_eq!(seen["data"]["offer"]["id"], first);
        assert_eq!(seen["data"]["offer"]["isFavorite"], Value::Null);
        let seen = through_edge(&stack, &home, &ana).await;
        assert_private(&seen, "failed");
        assert_eq!(seen.code(), code, "{}", seen.text);
        assert_eq!(seen.json()["errors"][0]["path"], json!(["me"]));
        assert_eq!(ids(&seen.json()).len(), 2);
    }
}

async fn of_client(stack: &Stack, address: &str, ask: &Ask) -> Answer {
    let url = format!("{}/graphql/{}", stack.edge_url, ask.id);
    let variables = ask.variables.to_string();
    let request = stack.client.get(url).query(&[("variables", variables)]);
    let request = request.header(CLOUDFLARE_SAYS, address);
    Answer::read(request.send().await.unwrap()).await.unwrap()
}

/// The origin counts the remainder, and the edge the fetch of a public part, each once.
#[tokio::test]
async fn both_parts_are_counted_against_the_client() {
    let options = Options {
        venues: vec![venue(PARIS, "thai"), venue((48.8600, 2.3400), "italian")],
        origin: vec![
            ("YOUSOON_RATE_LIMITS", "on"),
            ("YOUSOON_RATE_LIMIT_PER_IP", "5"),
        ],
        platform: Platform {
            rate_limit: Some(100),
            ..Platform::default()
        },
        ..Options::default()
    };
    let stack = Stack::start(options).await.unwrap();
    let list = near(&stack, PARIS)
        .get(&stack.client, &stack.edge_url)
        .await;
    let detail = stack.ask(
        "OfferDetailForMe",
        json!({"id": ids(&list.unwrap().json())[0]}),
    );
    for _ in 0..5 {
        let seen = of_client(&stack, "192.0.2.1", &detail).await;
        assert_private(&seen, "answered");
    }
    let limited = of_client(&stack, "192.0.2.1", &detail).await;
    assert_private(&limited, "failed");
    assert_eq!(limited.code(), "RATE_LIMITED");
    assert!(limited.json()["data"]["offer"]["title"].is_string());
    assert_private(&of_client(&stack, "192.0.2.2", &detail).await, "answered");
}

/// Who may not make the edge ask for public parts is answered by the origin, which counts that.
#[tokio::test]
async fn over_the_edges_limit_the_whole_request_is_the_origins() {
    let options = Options {
        venues: vec![venue(PARIS, "thai"), venue((48.8600, 2.3400), "italian")],
        platform: Platform {
            rate_limit: Some(5),
            ..Platform::default()
        },
        ..Options::default()
    };
    let stack = Stack::start(options).await.unwrap();
    let [first, second] = two_offers(&stack).await;
    let detail = |id: &str| stack.ask("OfferDetailForMe", json!({"id": id}));
    assert_private(
        &of_client(&stack, "192.0.2.2", &detail(&first)).await,
        "answered",
    );
    early_in_a_minute().await;
    let mut number = 0.0;
    let refused = loop {
        number += 1.0;
        let list = near(&stack, (40.0 + number / 10.0, 2.0));
        let seen = of_client(&stack, "192.0.2.1", &list).await;
        if seen.status != 200 || number > 10.0 {
            break seen;
        }
    };
    assert_eq!(refused.code(), "RATE_LIMITED");
    let before = super::asked(&stack).len();
    let seen = of_client(&stack, "192.0.2.1", &detail(&second)).await;
    assert_eq!(data(&seen)["offer"]["isFavorite"], false);
    assert_eq!(seen.header("cache-control"), "private, no-store");
    let asked = super::asked(&stack).split_off(before);
    assert!(
        asked.is_empty(),
        "the edge asked in its own name: {asked:?}"
    );
    // What everybody shares is still for this client as well.
    let known = of_client(&stack, "192.0.2.1", &detail(&first)).await;
    assert_private(&known, "answered");
    assert!(known.is_hit());
}

#[tokio::test]
async fn a_private_answer_is_sent_whole_whatever_the_client_has() {
    let stack = stack().await;
    let ana = sign_up(&stack, "ana").await;
    let [first, _] = two_offers(&stack).await;
    let public = stack.ask("OfferDetailForMe__public", json!({"id": first}));
    let public = crate::warm(&stack, &public).await;
    assert!(!public.text.contains("isFavorite"), "{}", public.text);
    let [detail, ..] = all(&stack, &first);
    let url = format!("{}/graphql/{}", stack.edge_url, detail.id);
    for etag in [public.header("etag"), "*"] {
        let request = stack.client.get(&url).bearer_auth(&ana.access);
        let request = request.query(&[("variables", detail.variables.to_string())]);
        let sent = request.header("if-none-match", etag).send().await.unwrap();
        let seen = Answer::read(sent).await.unwrap();
        assert_private(&seen, "answered");
        assert_eq!(data(&seen)["offer"]["isFavorite"], false);
    }
}

#[tokio::test]
async fn a_purged_public_part_is_made_anew_and_a_favourite_is_seen_at_once() {
    let stack = stack().await;
    let ana = sign_up(&stack, "ana").await;
    let [first, _] = two_offers(&stack).await;
    let [detail, ..] = all(&stack, &first);
    through_edge(&stack, &detail, &ana).await;
    assert!(through_edge(&stack, &detail, &ana).await.is_hit());
    likes(&stack, &ana, &first).await;
    let seen = through_edge(&stack, &detail, &ana).await;
    assert!(seen.is_hit(), "the public part is as it was");
    assert_eq!(data(&seen)["offer"]["isFavorite"], true);
    let purge = ["purge", "--offer", &first, "--reason", "a test"];
    stack.run(&purge).await.unwrap();
    let mut seen = through_edge(&stack, &detail, &ana).await;
    for _ in 0..100 {
        if !seen.is_hit() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
        seen = through_edge(&stack, &detail, &ana).await;
    }
    let status = seen.cache_status();
    assert!(status.contains("detail=purged"), "{status}");
    assert_private(&seen, "answered");
    assert_eq!(data(&seen)["offer"]["isFavorite"], true);
    assert_eq!(seen.json()["errors"], Value::Null);
}
