//! Measures for how long after a write each cache tier still returns the old answer.
//!
//! `cargo xtask bench-purge` runs it against two origins, one Redis and the WASM edge. It writes at
//! one origin and polls a tier that has the offer cached: the memory of the other origin, or the edge.
//!
//! To measure Redis, it polls the other origin for an answer that only the writing origin has in
//! memory. The other origin must find this answer in Redis; its first `Cache-Status` shows whether it
//! did.
//!
//! To measure the catalogue index, it polls the other origin for a search that finds the offer by its new
//! title alone.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use e2e::{Answer, Ask, Cluster, ClusterOptions, Venue};
use serde_json::json;

const OFFERS: u32 = 40;
/// The pause between two polls of an origin; short compared with the time of an answer.
const POD_PAUSE: Duration = Duration::from_micros(200);
/// The pause between two polls of the edge.
const EDGE_PAUSE: Duration = Duration::from_millis(4);
/// After this many new answers in a row, no old answer is expected any more.
const CERTAIN_AFTER: u32 = 4;
/// A tier that returns old answers for longer than this fails the run.
const GIVE_UP: Duration = Duration::from_secs(10);
/// The shortest pause between filling the tier and the write. Polling begins in this pause, except
/// for Redis.
const SETTLED: Duration = Duration::from_millis(20);

/// A cache tier to measure.
struct Tier {
    name: &'static str,
    /// The server that is polled.
    url: String,
    /// The pause between two polls.
    pause: Duration,
    samples: u32,
    /// How often the tier reads the purge log. The writes are spread evenly over this period, because
    /// the latency depends on when in the period a write happens.
    period: Duration,
    /// The p99 must be below it.
    target_ms: f64,
    polled: Polled,
}

/// What is asked for again and again.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Polled {
    Offer,
    /// A list that the server finds in Redis and not in its memory: polling begins after the write.
    ListInRedis,
    /// A search that finds nothing before the write.
    Search,
}

/// The times of one write and of its effect in one tier.
#[derive(Clone, Copy)]
struct Sample {
    /// When the write was sent.
    sent: Instant,
    /// When the write was answered.
    told: Instant,
    /// When the tier returned the first new answer that no old one followed.
    refused: Instant,
    /// The tier's first answer was a hit, or replaced a purged entry.
    found_purged: bool,
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<()> {
    let mut counts = std::env::args().skip(1).map(|text| text.parse::<u32>());
    let mut count = || {
        counts
            .next()
            .context("two numbers of samples")?
            .context("a number")
    };
    let (pod_samples, edge_samples) = (count()?, count()?);
    let options = ClusterOptions {
        origins: 2,
        venues: (0..OFFERS).map(place).collect(),
        ..ClusterOptions::default()
    };
    let cluster = Cluster::start(&options).await?;
    let offers = offers(&cluster).await?;
    let pods = cluster.pod_urls();
    let tiers = [
        Tier {
            name: "the other pod's memory",
            url: pods[1].clone(),
            pause: POD_PAUSE,
            samples: pod_samples,
            period: Duration::from_millis(250),
            target_ms: 25.0,
            polled: Polled::Offer,
        },
        Tier {
            name: "a search by the other pod",
            url: pods[1].clone(),
            pause: POD_PAUSE,
            samples: pod_samples,
            period: Duration::from_millis(250),
            target_ms: 25.0,
            polled: Polled::Search,
        },
        Tier {
            name: "Redis, by the other pod",
            url: pods[1].clone(),
            pause: POD_PAUSE,
            samples: pod_samples,
            period: Duration::from_millis(250),
            target_ms: 25.0,
            polled: Polled::ListInRedis,
        },
        Tier {
            name: "the edge",
            url: cluster.edge_url(),
            pause: EDGE_PAUSE,
            samples: edge_samples,
            period: Duration::from_secs(1),
            target_ms: 1_500.0,
            polled: Polled::Offer,
        },
    ];
    println!("milliseconds until nothing older is answered, p50 / p99 / worst");
    let mut missed = Vec::new();
    let mut figures = Vec::new();
    for tier in &tiers {
        let mut all = Vec::new();
        for number in 0..tier.samples {
            all.push(sample(&cluster, &offers[(number % OFFERS) as usize], tier, number).await?);
        }
        if tier.polled == Polled::ListInRedis {
            all.retain(|sample| sample.found_purged);
            println!(
                "{}: {} of {} were found there",
                tier.name,
                all.len(),
                tier.samples
            );
            ensure!(
                all.len() * 2 >= tier.samples as usize,
                "Redis had too few of them"
            );
        }
        let p99_ms = report(tier, &all);
        figures.push(
            json!({"what": format!("{}, p99 after a write", tier.name), "value": p99_ms,
            "unit": "ms", "target": {"value_below": tier.target_ms}}),
        );
        if p99_ms >= tier.target_ms {
            let (name, target_ms) = (tier.name, tier.target_ms);
            missed.push(format!(
                "{name}: p99 {p99_ms:.1} ms, not under {target_ms} ms"
            ));
        }
    }
    // For the table of `cargo xtask bench`.
    if let Some(file) = std::env::var_os("FIGURES") {
        std::fs::write(file, serde_json::to_string(&figures)?)?;
    }
    if missed.is_empty() {
        return Ok(());
    }
    bail!("{}", missed.join("; "))
}

/// The venues are in a row, about 110 m apart.
fn place(number: u32) -> Venue {
    Venue {
        lat: 48.84 + f64::from(number) * 0.001,
        lng: 2.35,
        cuisine: "thai",
    }
}

/// A request for the list of all offers. Each distance has a cache key of its own.
fn around(cluster: &Cluster, distance_km: f64) -> Ask {
    let variables =
        json!({"location": {"lat": 48.86, "lng": 2.35}, "maxDistance": distance_km, "first": 100});
    cluster.documents.ask("OffersNearby", variables)
}

/// The ids of all offers.
async fn offers(cluster: &Cluster) -> Result<Vec<String>> {
    let answer = around(cluster, 10.0)
        .get(&cluster.client, &cluster.pod_urls()[0])
        .await?;
    let json = answer.json();
    let edges = json["data"]["offers"]["edges"].as_array();
    let ids: Vec<String> = edges
        .into_iter()
        .flatten()
        .filter_map(|edge| edge["node"]["id"].as_str().map(str::to_owned))
        .collect();
    ensure!(
        ids.len() == OFFERS as usize,
        "the list has {} offers",
        ids.len()
    );
    Ok(ids)
}

/// Takes one sample: fills the tier, writes at the first pod, and polls the tier until it returns only
/// new answers.
async fn sample(cluster: &Cluster, offer: &str, tier: &Tier, number: u32) -> Result<Sample> {
    let writer = &cluster.pod_urls()[0];
    let title = format!("{} {number}", tier.name);
    let ask = match tier.polled {
        Polled::Offer => cluster.documents.ask("OfferDetail", json!({"id": offer})),
        Polled::ListInRedis => around(cluster, 10.0 + f64::from(number + 1) / 1_000.0),
        Polled::Search => cluster
            .documents
            .ask("OfferSearch", json!({"search": title})),
    };
    // The answer must be cached before the write, or there would be nothing to purge.
    let filled = match tier.polled {
        Polled::ListInRedis => writer,
        Polled::Offer | Polled::Search => &tier.url,
    };
    ask.until(&cluster.client, filled, GIVE_UP, Answer::is_hit)
        .await?;
    // A future: polling begins when it is spawned or awaited below.
    let watching = watch(
        cluster.client.clone(),
        ask,
        (tier.url.clone(), tier.pause),
        (offer.to_owned(), title.clone()),
    );
    let writing = async {
        tokio::time::sleep(SETTLED + tier.period.mul_f64(spread_out(number))).await;
        write(cluster, offer, &title).await
    };
    let ((sent, told), (refused, found_purged)) = match tier.polled {
        Polled::ListInRedis => (writing.await?, watching.await?),
        Polled::Offer | Polled::Search => {
            let watching = tokio::spawn(watching);
            (writing.await?, watching.await??)
        }
    };
    Ok(Sample {
        sent,
        told,
        refused,
        found_purged,
    })
}

/// Changes an offer's title at the first pod. Returns when the write was sent and when it was
/// answered.
async fn write(cluster: &Cluster, offer: &str, title: &str) -> Result<(Instant, Instant)> {
    let input = json!({"id": offer, "input": {"title": title}});
    let update = cluster.documents.ask("UpdateOffer", input);
    let sent = Instant::now();
    let answer = update
        .post(&cluster.client, &cluster.pod_urls()[0], cluster.token())
        .await?;
    let told = Instant::now();
    ensure!(
        answer.status == 200 && !answer.header("yousoon-revision").is_empty(),
        "the write was answered {}: {}",
        answer.status,
        answer.text
    );
    Ok((sent, told))
}

/// Fractions from 0 to 1 that are spread evenly however many are taken: multiples of the golden
/// ratio, modulo 1.
fn spread_out(number: u32) -> f64 {
    (f64::from(number) * 0.618_033_988_749_895).fract()
}

/// Polls a server until [`CERTAIN_AFTER`] answers in a row have the offer's new title. Returns when the
/// first of these came, and whether the very first answer was a hit or replaced a purged entry.
async fn watch(
    client: reqwest::Client,
    ask: Ask,
    (url, pause): (String, Duration),
    (offer, title): (String, String),
) -> Result<(Instant, bool)> {
    let began = Instant::now();
    let mut since: Option<(Instant, u32)> = None;
    let mut found_purged = None;
    while began.elapsed() < GIVE_UP {
        let answer = ask.get(&client, &url).await?;
        let answered = Instant::now();
        ensure!(answer.status == 200, "{url} answers {}", answer.status);
        let status = answer.cache_status();
        let found_purged =
            *found_purged.get_or_insert(answer.is_hit() || status.contains("detail=purged"));
        since = if shows(&answer.json()["data"], &offer, &title) {
            let (first, times) = since.unwrap_or((answered, 0));
            if times + 1 >= CERTAIN_AFTER {
                return Ok((first, found_purged));
            }
            Some((first, times + 1))
        } else {
            None
        };
        tokio::time::sleep(pause).await;
    }
    bail!("{url} still shows something older after {GIVE_UP:?}")
}

/// Whether the answer has the offer with this title.
fn shows(data: &serde_json::Value, offer: &str, title: &str) -> bool {
    let edges = data["offers"]["edges"].as_array();
    let listed = edges.into_iter().flatten().map(|edge| &edge["node"]);
    listed
        .chain([&data["offer"]])
        .any(|shown| shown["id"] == offer && shown["title"] == title)
}

/// Prints a tier's latencies. Returns the p99 after the write was answered, in milliseconds.
fn report(tier: &Tier, all: &[Sample]) -> f64 {
    let told = sorted(all, |sample| {
        sample.refused.saturating_duration_since(sample.told)
    });
    let sent = sorted(all, |sample| {
        sample.refused.saturating_duration_since(sample.sent)
    });
    let write = sorted(all, |sample| sample.told - sample.sent);
    let line = |values: &[f64]| {
        let worst = values.last().copied().unwrap_or(f64::NAN);
        format!("{:8.1} {:8.1} {worst:8.1}", at(values, 50), at(values, 99))
    };
    println!(
        "{} ({} writes), target: p99 < {} ms",
        tier.name,
        all.len(),
        tier.target_ms
    );
    println!("  after the write was answered  {}", line(&told));
    println!("  after it was sent             {}", line(&sent));
    println!("  the write itself              {}", line(&write));
    at(&told, 99)
}

/// A duration of each sample, in milliseconds, in ascending order.
fn sorted(all: &[Sample], value: impl Fn(&Sample) -> Duration) -> Vec<f64> {
    let mut values: Vec<f64> = all
        .iter()
        .map(|sample| value(sample).as_secs_f64() * 1_000.0)
        .collect();
    values.sort_by(f64::total_cmp);
    values
}

/// The nearest-rank percentile of sorted values.
fn at(values: &[f64], percent: usize) -> f64 {
    let rank = (values.len() * percent).div_ceil(100).max(1);
    values.get(rank - 1).copied().unwrap_or(f64::NAN)
}
