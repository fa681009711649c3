//! 500 users try to book 50 places at the same time, on two origins; then again while origins are
//! killed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use e2e::{Answer, Ask, Pods};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::{PARIS, ids, venue};

const PEOPLE: usize = 500;
const PLACES: usize = 50;
/// The pause before a client without an answer tries the other origin.
const PAUSE: Duration = Duration::from_millis(50);
const GIVE_UP: Duration = Duration::from_mins(1);

/// The outcome of a user's attempt to book.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Outcome {
    Booked(String),
    /// Refused, with this error code.
    Refused(String),
    /// Neither: a failure, or no GraphQL answer.
    Nothing(String),
}

impl Outcome {
    fn of(answer: &Answer) -> Self {
        let id = &answer.json()["data"]["createBooking"]["id"];
        match (id.as_str(), answer.code().as_str()) {
            (Some(id), _) => Self::Booked(id.to_owned()),
            (None, "" | "INTERNAL" | "TIMEOUT" | "OVERLOADED" | "OUTCOME_UNKNOWN") => {
                Self::Nothing(format!("{} {}", answer.status, answer.text))
            }
            (None, code) => Self::Refused(code.to_owned()),
        }
    }
}

/// Registers the users, distributed over all origins; returns their access tokens.
async fn people(pods: &Pods) -> Vec<String> {
    const AT_ONCE: usize = 20;
    let urls = pods.urls();
    let mut tokens = vec![String::new(); PEOPLE];
    for from in (0..PEOPLE).step_by(AT_ONCE) {
        let mut registering = JoinSet::new();
        for n in from..(from + AT_ONCE).min(PEOPLE) {
            let input = json!({"email": format!("p{n}@example.fr"), "password": "correct horse",
                "firstName": "Zoé", "lastName": "d'Été"});
            let ask = pods.documents.ask("Register", json!({"input": input}));
            let (client, url) = (pods.client.clone(), urls[n % urls.len()].clone());
            registering.spawn(async move {
                let body = json!({"documentId": ask.id, "variables": ask.variables});
                let asked = client.post(format!("{url}/graphql")).json(&body);
                let answer = Answer::read(asked.send().await.unwrap()).await.unwrap();
                let token = answer.json()["data"]["register"]["accessToken"].clone();
                (
                    n,
                    token
                        .as_str()
                        .unwrap_or_else(|| panic!("{}", answer.text))
                        .to_owned(),
                )
            });
        }
        while let Some(registered) = registering.join_next().await {
            let (n, token) = registered.unwrap();
            tokens[n] = token;
        }
    }
    tokens
}

/// Creates offers with 50 places each, which can be booked at any time.
async fn offers(pods: &Pods) -> Vec<String> {
    let url = &pods.urls()[0];
    let (lat, lng) = PARIS;
    let variables = json!({"location": {"lat": lat, "lng": lng}, "maxDistance": 5});
    let near = pods.documents.ask("OffersNearby", variables);
    let near = near.get(&pods.client, url).await.unwrap().json();
    let ids = ids(&near);
    for id in &ids {
        let quota = json!({"total": PLACES, "remaining": PLACES});
        let input = json!({"quota": quota, "schedule": null, "isActive": true});
        let update = pods
            .documents
            .ask("UpdateOffer", json!({"id": id, "input": input}));
        let updated = update.post(&pods.client, url, pods.token()).await.unwrap();
        assert_eq!(updated.code(), "", "{}", updated.text);
    }
    ids
}

fn booking(pods: &Pods, offer: &str) -> Ask {
    let variables = json!({"offerId": offer, "idempotencyKey": format!("wish-{offer}")});
    pods.documents.ask("CreateBooking", variables)
}

/// Counts outcomes by kind; also returns the ids of the bookings.
fn tally(outcomes: &[Outcome]) -> (BTreeMap<&str, usize>, BTreeSet<&str>) {
    let (mut tally, mut booked) = (BTreeMap::new(), BTreeSet::new());
    for outcome in outcomes {
        let word = match outcome {
            Outcome::Booked(id) => {
                booked.insert(id.as_str());
                "booked"
            }
            Outcome::Refused(code) => code,
            Outcome::Nothing(why) => why,
        };
        *tally.entry(word).or_default() += 1;
    }
    (tally, booked)
}

/// The ids of all users' bookings of an offer in the database.
async fn stored(pods: &Pods, tokens: &[String], offer: &str) -> BTreeSet<String> {
    let mine = pods.documents.ask("MyBookings", json!({"first": 100}));
    let mut found = BTreeSet::new();
    for (n, token) in tokens.iter().enumerate() {
        let url = &pods.urls()[n % 2];
        let answer = mine.post(&pods.client, url, token).await.unwrap().json();
        let edges = answer["data"]["myBookingsConnection"]["edges"]
            .as_array()
            .unwrap();
        let nodes = edges.iter().map(|edge| &edge["node"]);
        for node in nodes.filter(|node| node["offer"]["id"] == offer) {
            found.insert(node["id"].as_str().unwrap().to_owned());
        }
    }
    found
}

async fn remaining(pods: &Pods, token: &str, offer: &str) -> Value {
    let update = json!({"id": offer, "input": {"isActive": true}});
    let ask = pods.documents.ask("UpdateOffer", update);
    let answer = ask
        .post(&pods.client, &pods.urls()[1], token)
        .await
        .unwrap();
    answer.json()["data"]["updateOffer"]["quota"]["remaining"].clone()
}

/// Each user tries once, at one of the two origins.
async fn race(pods: &Pods, tokens: &[String], offer: &str) {
    let urls = pods.urls();
    let began = Instant::now();
    let mut attempts = JoinSet::new();
    for (n, token) in tokens.iter().enumerate() {
        let (client, url) = (pods.client.clone(), urls[n % urls.len()].clone());
        let (ask, token) = (booking(pods, offer), token.clone());
        attempts.spawn(async move { Outcome::of(&ask.post(&client, &url, &token).await.unwrap()) });
    }
    let outcomes = attempts.join_all().await;
    let took_ms = began.elapsed().as_millis();
    let (counts, booked) = tally(&outcomes);
    println!(
        "quota race: {PEOPLE} createBooking, {PLACES} places, two origins: {counts:?} in {took_ms} ms"
    );
    let expected = [("OFFER_SOLD_OUT", PEOPLE - PLACES), ("booked", PLACES)];
    assert_eq!(counts, BTreeMap::from(expected));
    assert_eq!(booked.len(), PLACES);
    let stored = stored(pods, tokens, offer).await;
    assert!(stored.iter().map(String::as_str).eq(booked));
    assert_eq!(remaining(pods, pods.token(), offer).await, 0);
}

/// Each user tries with one idempotency key until there is an answer. In the meantime both origins
/// are killed, one after the other, the first one once some bookings were made.
async fn race_with_kills(pods: &mut Pods, tokens: &[String], offer: &str) {
    let urls = pods.urls();
    let began = Instant::now();
    let (answered, retries) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let mut attempts = JoinSet::new();
    for (n, token) in tokens.iter().enumerate() {
        let (client, urls) = (pods.client.clone(), urls.clone());
        let (ask, token) = (booking(pods, offer), token.clone());
        let (answered, retries) = (Arc::clone(&answered), Arc::clone(&retries));
        attempts.spawn(async move {
            let mut last = String::new();
            for turn in 0.. {
                if began.elapsed() > GIVE_UP {
                    break;
                }
                let url = &urls[(n + turn) % urls.len()];
                match ask.post(&client, url, &token).await {
                    Ok(answer) => match Outcome::of(&answer) {
                        Outcome::Nothing(why) => last = why,
                        outcome => {
                            answered.fetch_add(1, Ordering::Relaxed);
                            return outcome;
                        }
                    },
                    Err(error) => last = error.to_string(),
                }
                retries.fetch_add(1, Ordering::Relaxed);
                tokio::time::sleep(PAUSE).await;
            }
            Outcome::Nothing(last)
        });
    }
    let mut kills = Vec::new();
    for (index, after) in [(0, 3), (1, 20)] {
        while answered.load(Ordering::Relaxed) < after {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        pods.kill(index).await.unwrap();
        kills.push(answered.load(Ordering::Relaxed));
        pods.restart(index).await.unwrap();
    }
    let outcomes = attempts.join_all().await;
    let took_ms = began.elapsed().as_millis();
    let (counts, booked) = tally(&outcomes);
    println!(
        "quota race with kills after {kills:?} answers and {} retries: {counts:?} in {took_ms} ms",
        retries.load(Ordering::Relaxed)
    );
    let expected = [("OFFER_SOLD_OUT", PEOPLE - PLACES), ("booked", PLACES)];
    assert_eq!(counts, BTreeMap::from(expected));
    assert_eq!(booked.len(), PLACES);
    // The database has exactly the bookings that users were told of.
    let stored = stored(pods, tokens, offer).await;
    assert!(stored.iter().map(String::as_str).eq(booked));
    assert_eq!(remaining(pods, pods.token(), offer).await, 0);
    assert!(retries.load(Ordering::Relaxed) > 0, "nobody was hit");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_500_users_exactly_50_get_one_of_50_places_even_when_origins_are_killed() {
    let venues = [
        venue((48.8570, 2.3530), "thai"),
        venue((48.8600, 2.3400), "italian"),
    ];
    let mut pods = Pods::start(2, &venues).await.unwrap();
    let tokens = people(&pods).await;
    let offers = offers(&pods).await;
    race(&pods, &tokens, &offers[0]).await;
    race_with_kills(&mut pods, &tokens, &offers[1]).await;
}
