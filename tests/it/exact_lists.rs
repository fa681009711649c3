//! Lists by distance are exact at the edge, which makes them of one entry for all who are in a cell.

use cache_core::geo;
use e2e::{Options, Stack, Venue};
use serde_json::{Value, json};

use crate::{PARIS, ids, venue};

/// Places around Paris, the same in every run: dense in the middle, and each third where another is.
fn venues(count: u32) -> Vec<Venue> {
    let places = (0..count).map(|number| {
        let number = f64::from(number - number % 3);
        let (angle, km) = (number * 2.4, number.sqrt() * 0.12);
        venue(
            (
                PARIS.0 + km / 111.2 * angle.sin(),
                PARIS.1 + km / 73.0 * angle.cos(),
            ),
            "thai",
        )
    });
    places.collect()
}

async fn stack_of(venues: Vec<Venue>) -> Stack {
    Stack::start(Options {
        venues,
        ..Options::default()
    })
    .await
    .unwrap()
}

fn position(step: u32) -> (f64, f64) {
    let (angle, km) = (f64::from(step) * 0.7, f64::from(step % 40) * 0.05);
    (
        PARIS.0 + km / 111.2 * angle.sin(),
        PARIS.1 + km / 73.0 * angle.cos(),
    )
}

#[tokio::test]
async fn both_doors_give_the_same_list_for_the_same_location() {
    let stack = stack_of(venues(400)).await;
    let (mut hits, mut forwarded) = (0, 0);
    for step in 0..300 {
        let (lat, lng) = position(step % 100);
        let within = [Value::Null, json!(0.2), json!(2.5)][step as usize / 100].clone();
        let first = [20, 5, 1, 50][step as usize % 4];
        let ask = stack.ask(
            "OffersNearby",
            json!({"location": {"lat": lat, "lng": lng}, "maxDistance": within, "first": first}),
        );
        let edge = ask.get(&stack.client, &stack.edge_url).await.unwrap();
        let origin = ask.get(&stack.client, &stack.origin_url).await.unwrap();
        assert_eq!((edge.status, origin.status), (200, 200), "{}", edge.text);
        assert_eq!(edge.text, origin.text, "{}", ask.variables);
        hits += u32::from(edge.is_hit());
        forwarded += u32::from(edge.cache_status().contains("fwd=bypass"));
        if !edge.cache_status().contains("fwd=bypass") {
            // Whatever the edge asked the origin for was about a cell.
            let shared = stack.to_origin.passed().into_iter();
            for read in shared.filter(|read| read.line == "POST /graphql") {
                let body = String::from_utf8(read.body.to_vec()).unwrap();
                let exact = [lat.to_string(), lng.to_string()];
                assert!(!exact.iter().all(|number| body.contains(number)), "{body}");
            }
        }
    }
    println!("of 300 lists {hits} were hits, {forwarded} forwarded");
    assert!(hits > 150 && forwarded < 60, "{hits} {forwarded}");
}

#[tokio::test]
async fn an_offer_50_m_away_is_found_within_200_m_at_a_cells_corner() {
    let cell = geo::cell(PARIS.0, PARIS.1, 8).unwrap();
    let middle = geo::centre(cell).unwrap();
    let north = |km: f64| (middle.0 + km / 111.2, middle.1);
    let mut km = geo::radius_km(cell).unwrap();
    while geo::cell(north(km).0, north(km).1, 8) != Some(cell) {
        km -= 0.001;
    }
    let stack = stack_of(vec![venue(north(km + 0.05), "thai")]).await;
    let (lat, lng) = north(km);
    let ask = stack.ask(
        "OffersNearby",
        json!({"location": {"lat": lat, "lng": lng}, "maxDistance": 0.2}),
    );
    for _ in 0..2 {
        let answer = ask.get(&stack.client, &stack.edge_url).await.unwrap();
        assert_eq!(ids(&answer.json()).len(), 1, "{}", answer.text);
        assert!(!answer.cache_status().contains("bypass"));
    }
    let edge = &ask.get(&stack.client, &stack.edge_url).await.unwrap();
    assert!(edge.is_hit(), "{}", edge.cache_status());
    let distance = edge.json()["data"]["offers"]["edges"][0]["distance"].clone();
    assert_eq!(distance, json!(0.05));
}

#[tokio::test]
async fn a_client_that_has_the_page_gets_304() {
    let stack = stack_of(venues(60)).await;
    let (lat, lng) = position(7);
    let ask = stack.ask(
        "OffersNearby",
        json!({"location": {"lat": lat, "lng": lng}}),
    );
    let first = ask.get(&stack.client, &stack.edge_url).await.unwrap();
    let url = format!("{}/graphql/{}", stack.edge_url, ask.id);
    let again = |location: Value| {
        stack
            .client
            .get(&url)
            .query(&[("variables", json!({"location": location}).to_string())])
            .header("if-none-match", first.header("etag"))
            .send()
    };
    let same = again(json!({"lat": lat, "lng": lng})).await.unwrap();
    assert_eq!(same.status(), 304);
    let moved = again(json!({"lat": lat + 0.0004, "lng": lng}))
        .await
        .unwrap();
    assert_eq!(moved.status(), 200, "every distance is another one");
}
