//! Every component fails, one after the other, under load. An oracle that knows every write judges
//! every answer.

mod faults;
mod load;
mod question;
mod record;

use std::time::Duration;

use e2e::{Cluster, ClusterOptions, SIGNING_KEYS, Tier, Venue, redis};

use self::load::World;
use self::record::Record;
use crate::{LYON, PARIS, venue};

/// Six venues around a city's centre.
fn places((lat, lng): (f64, f64)) -> impl Iterator<Item = Venue> {
    let cuisines = ["thai", "italian", "japanese", "french", "greek", "indian"];
    (0_u32..).zip(cuisines).map(move |(number, cuisine)| {
        let offset = f64::from(number) * 0.0015;
        venue((lat + offset, lng - offset), cuisine)
    })
}

/// How long the load runs: one round, or `YOUSOON_CHAOS_S` seconds if that is longer.
fn duration() -> Duration {
    let given = std::env::var("YOUSOON_CHAOS_S").ok();
    let seconds = given.map(|text| {
        text.parse()
            .expect("YOUSOON_CHAOS_S must be a number of seconds")
    });
    seconds
        .map_or(faults::ROUND, Duration::from_secs)
        .max(faults::ROUND)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_served_past_its_bound_whatever_fails() {
    if let Some(reason) = redis::cannot_be_killed().await {
        return println!("skipped: {reason}");
    }
    let options = ClusterOptions {
        origins: 2,
        venues: places(PARIS).chain(places(LYON)).collect(),
        origin: vec![
            ("YOUSOON_WARM_PER_SECOND", "1000"),
            ("RUST_LOG", "warn,yousoon::warming=info"),
            ("YOUSOON_BCRYPT_COST", "4"),
            // Each origin takes the other one's tokens.
            ("YOUSOON_JWT_KEYS", SIGNING_KEYS),
        ],
        ..ClusterOptions::default()
    };
    let mut cluster = Cluster::start(&options).await.unwrap();
    let world = World::explore(&cluster).await.unwrap();
    assert_eq!(world.offers(), options.venues.len());
    let load = world.start();
    let played = faults::play(&mut cluster, &world, duration()).await;
    let ran = world.now();
    world.stop(load).await;

    let record = world.record();
    println!("{}", record.figures(ran));
    let told = || {
        let words = cluster.last_words();
        format!("{}\n{record}\n{words}", record.complaints())
    };
    assert!(played.is_ok(), "the script failed: {played:?}\n{}", told());
    assert_eq!(record.too_stale, 0, "answers past their bound\n{}", told());
    assert_eq!(record.wrong, 0, "answers that nobody wrote\n{}", told());
    for tier in [Tier::Edge, Tier::Pod] {
        let failures = record.oracle.figures(tier).failures();
        assert_eq!(failures, 0, "failed reads at the {tier:?}\n{}", told());
    }
    let amiss = record.writes.failed + record.writes.refused;
    assert_eq!(amiss, 0, "failed writes\n{}", told());
    let missing = not_exercised(&record);
    assert!(
        missing.is_empty(),
        "the run did not exercise everything: {}\n{}",
        missing.join(", "),
        told()
    );
}

/// What did not happen in the run. A run without cache hits or without failures would pass, but prove
/// nothing.
fn not_exercised(record: &Record) -> Vec<&'static str> {
    let memory: &[&str] = &["hit", "detail=memory"];
    let l1: &[&str] = &["hit", "detail=l1"];
    let l2: &[&str] = &["hit", "detail=l2"];
    let distrusted = |tier| {
        let words = &["detail=purge-log-silent"];
        record.seen_during(faults::LINK_IS_CUT, tier, words)
    };
    let table = [
        (
            record.seen(Tier::Edge, memory),
            "no hit in the edge's memory",
        ),
        (record.seen(Tier::Pod, l1), "no hit in an origin's L1"),
        (record.seen(Tier::Pod, l2), "no hit in Redis"),
        (distrusted(Tier::Edge), "the edge never distrusted"),
        (distrusted(Tier::Pod), "no origin ever distrusted"),
        (
            record.seen_in_the_end(Tier::Edge, memory),
            "no hit at the edge in the end",
        ),
        (
            record.seen_in_the_end(Tier::Pod, l1),
            "no hit in L1 in the end",
        ),
        (
            record.writes.without_revision,
            "every write had its revision",
        ),
        (record.writes.with_revision, "no write had its revision"),
        (record.searches, "nobody searched"),
        (record.warmed, "no origin made its hottest answers anew"),
        (record.private.answered, "nobody was told of favourites"),
        (
            record.private.with_a_hit,
            "no public part of a private answer was a hit",
        ),
        (
            record.private.failed.values().sum(),
            "no remainder failed while its public part was answered",
        ),
        (record.writes.lost, "no writer missed the origin that died"),
    ];
    let missing = table.into_iter().filter(|(count, _)| *count == 0);
    missing.map(|(_, what)| what).collect()
}
