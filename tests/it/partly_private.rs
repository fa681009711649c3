//! Documents that are partly private: everybody shares the public part, and the origin answers the remainder to
//! each caller alone.

use e2e::{Answer, Ask, Options, Stack};
use serde_json::{Value, json};

use crate::people::{Person, anonymous, answer, data, register, registration};
use crate::{PARIS, ids, near, stack, venue, warm};

mod attacks;

async fn sign_up(stack: &Stack, name: &str) -> Person {
    let ask = stack.ask("Register", registration(name));
    register(&stack.client, &stack.edge_url, &ask).await
}

/// An offer near Paris, and one that is there too.
async fn two_offers(stack: &Stack) -> [String; 2] {
    let found = ids(&warm(stack, &near(stack, PARIS)).await.json());
    [found[0].clone(), found[1].clone()]
}

async fn likes(stack: &Stack, person: &Person, offer: &str) {
    let add = stack.ask("AddFavorite", json!({"offerId": offer}));
    let added = add.post(&stack.client, &stack.edge_url, &person.access);
    assert_eq!(data(&added.await.unwrap())["addFavorite"], true);
}

fn all(stack: &Stack, offer: &str) -> [Ask; 3] {
    let location = json!({"lat": PARIS.0, "lng": PARIS.1});
    [
        stack.ask("OfferDetailForMe", json!({"id": offer})),
        stack.ask("OffersNearbyForMe", json!({"location": location})),
        stack.ask("HomeForMe", json!({"location": location})),
    ]
}

async fn through_edge(stack: &Stack, ask: &Ask, person: &Person) -> Answer {
    let answered = ask.post(&stack.client, &stack.edge_url, &person.access);
    answered.await.unwrap()
}

fn assert_private(answer: &Answer, remainder: &str) {
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.header("cache-control"), "private, no-store");
    assert_eq!(answer.header("etag"), "");
    let status = answer.cache_status();
    assert!(
        status.ends_with(&format!("; remainder={remainder}")),
        "{status}"
    );
}

/// The bodies of the requests for GraphQL that the edge has sent to the origin.
fn asked(stack: &Stack) -> Vec<String> {
    let passed = stack.to_origin.passed().into_iter();
    let reads = passed.filter(|passed| passed.line == "POST /graphql");
    reads
        .map(|read| String::from_utf8(read.body.to_vec()).unwrap())
        .collect()
}

#[tokio::test]
async fn the_edges_answer_is_the_origins_and_its_public_part_is_a_hit() {
    let stack = stack().await;
    let (ana, ben) = (sign_up(&stack, "ana").await, sign_up(&stack, "ben").await);
    let [first, second] = two_offers(&stack).await;
    likes(&stack, &ana, &first).await;
    likes(&stack, &ben, &second).await;
    for ask in all(&stack, &first) {
        let mut hits = 0;
        for person in [&ana, &ben, &ana, &ben, &ana] {
            let edge = through_edge(&stack, &ask, person).await;
            let origin = ask.post(&stack.client, &stack.origin_url, &person.access);
            assert_eq!(edge.text, origin.await.unwrap().text);
            assert_private(&edge, "answered");
            hits += u32::from(edge.is_hit());
        }
        // The first request of anybody fills it for all.
        assert!(hits >= 4, "{hits}");
    }
    // What the edge kept of one is not what another gets.
    let [detail, list, home] = all(&stack, &first);
    for (person, liked) in [(&ana, &first), (&ben, &second)] {
        let seen = data(&through_edge(&stack, &detail, person).await);
        assert_eq!(seen["offer"]["isFavorite"], liked == &first);
        assert!(seen["offer"].get("_edgeId").is_none());
        let seen = data(&through_edge(&stack, &list, person).await);
        for edge in seen["offers"]["edges"].as_array().unwrap() {
            assert_eq!(edge["node"]["isFavorite"], edge["node"]["id"] == **liked);
        }
        let seen = data(&through_edge(&stack, &home, person).await);
        assert_eq!(seen["me"]["id"], person.id.as_str());
    }
}

#[tokio::test]
async fn for_a_hit_the_origin_is_asked_for_the_remainder_alone() {
    let stack = stack().await;
    let ana = sign_up(&stack, "ana").await;
    let [first, _] = two_offers(&stack).await;
    for ask in all(&stack, &first) {
        let before = asked(&stack).len();
        through_edge(&stack, &ask, &ana).await;
        assert_eq!(asked(&stack).len(), before + 2, "both parts");
        let before = asked(&stack).len();
        assert!(through_edge(&stack, &ask, &ana).await.is_hit());
        let requests = asked(&stack).split_off(before);
        assert_eq!(requests.len(), 1, "{requests:?}");
        // Neither the whole document, nor where somebody is.
        assert!(!requests[0].contains(&ask.id) && !requests[0].contains("location"));
    }
}

#[tokio::test]
async fn who_is_not_signed_in_gets_what_the_origin_allows() {
    let stack = stack().await;
    let [first, _] = two_offers(&stack).await;
    let [detail, _, home] = all(&stack, &first);
    let seen = answer(anonymous(&stack.client, &stack.edge_url, &detail)).await;
    assert_private(&seen, "answered");
    assert_eq!(data(&seen)["offer"]["isFavorite"], false);
    let seen = answer(anonymous(&stack.client, &stack.edge_url, &home)).await;
    assert_private(&seen, "failed");
    let json = seen.json();
    assert_eq!(json["data"]["me"], Value::Null);
    assert!(!ids(&json).is_empty());
    assert_eq!(json["errors"][0]["path"], json!(["me"]));
    assert_eq!(seen.code(), "UNAUTHENTICATED");
}

#[tokio::test]
async fn while_the_origin_fails_the_public_part_is_answered_with_errors() {
    let stack = stack().await;
    let ana = sign_up(&stack, "ana").await;
    let [first, _] = two_offers(&stack).await;
    let asks = all(&stack, &first);
    let mut whole = Vec::new();
    for ask in &asks {
        through_edge(&stack, ask, &ana).await;
        whole.push(data(&through_edge(&stack, ask, &ana).await));
    }
    stack.to_origin.refuse("/graphql");
    for (ask, mut expected) in asks.iter().zip(whole) {
        let seen = through_edge(&stack, ask, &ana).await;
        assert_private(&seen, "failed");
        assert_eq!(seen.code(), "ORIGIN_UNREACHABLE");
        let answer = seen.json();
        let errors = answer["errors"].as_array().unwrap();
        for error in errors {
            let path = error["path"].as_array().unwrap();
            let mut at = &mut expected;
            for segment in path {
                at = match segment {
                    Value::String(key) => &mut at[key.as_str()],
                    place => &mut at[usize::try_from(place.as_u64().unwrap()).unwrap()],
                };
            }
            *at = Value::Null;
        }
        assert!(!errors.is_empty());
        assert_eq!(answer["data"], expected);
    }
}

#[tokio::test]
async fn a_list_with_hearts_is_exact_for_each_location() {
    let venues = (0..40).map(|step| {
        let step = f64::from(step);
        venue((PARIS.0 + step * 0.0007, PARIS.1 - step * 0.0004), "thai")
    });
    let options = Options {
        venues: venues.collect(),
        ..Options::default()
    };
    let stack = Stack::start(options).await.unwrap();
    let ana = sign_up(&stack, "ana").await;
    let mut hits = 0;
    for step in 0..30 {
        let location = json!({"lat": PARIS.0 + f64::from(step) * 0.0002, "lng": PARIS.1});
        let ask = stack.ask(
            "OffersNearbyForMe",
            json!({"location": location, "first": 5}),
        );
        let edge = through_edge(&stack, &ask, &ana).await;
        let origin = ask.post(&stack.client, &stack.origin_url, &ana.access);
        assert_eq!(edge.text, origin.await.unwrap().text, "{location}");
        hits += u32::from(edge.is_hit());
    }
    assert!(hits > 15, "{hits}");
}
