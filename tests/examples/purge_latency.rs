//! How long after a write each tier still answers with what was there before.
//!
//! Run by `cargo xtask bench-purge`: two origins, one Redis, the WASM edge. A write is made at one
//! origin, and the other origin and the edge, which have the offer in memory, are asked again and
//! again. Redis' entries are judged by the same copy of the log as memory's, so the second tier
//! refuses at the same moment.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use e2e::{Answer, Ask, Cluster, ClusterOptions, Venue};
use serde_json::json;

const OFFERS: u32 = 40;
/// Between two questions: another origin is asked as fast as it answers, nearly.
const POD_PAUSE: Duration = Duration::from_micros(200);
const EDGE_PAUSE: Duration = Duration::from_millis(4);
/// So many new answers in a row, and no older one is coming.
const CERTAIN_AFTER: u32 = 4;
const GIVE_UP: Duration = Duration::from_secs(10);
/// p99 between pods, and at the edge.
const TARGETS_MS: [f64; 2] = [25.0, 1_500.0];

/// One write, as its writer and one tier saw it.
struct Sample {
    sent: Instant,
    told: Instant,
    refused: Instant,
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<()> {
    let mut counts = std::env::args().skip(1).map(|text| text.parse::<usize>());
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
    };
    let cluster = Cluster::start(&options).await?;
    let offers = offers(&cluster).await?;
    let pods = cluster.pod_urls();
    let tiers = [
        ("the other pod", pods[1].clone(), POD_PAUSE, pod_samples),
        ("the edge", cluster.edge_url(), EDGE_PAUSE, edge_samples),
    ];
    println!("milliseconds until nothing older is answered, p50 / p99 / worst");
    let mut missed = Vec::new();
    for ((tier, url, pause, samples), target_ms) in tiers.into_iter().zip(TARGETS_MS) {
        let mut all = Vec::with_capacity(samples);
        for number in 0..samples {
            let offer = &offers[number % offers.len()];
            all.push(sample(&cluster, offer, &format!("{tier} {number}"), &url, pause).await?);
        }
        let p99_ms = report(tier, &all, target_ms);
        if p99_ms >= target_ms {
            missed.push(format!(
                "{tier}: p99 {p99_ms:.1} ms, not under {target_ms} ms"
            ));
        }
    }
    if missed.is_empty() {
        return Ok(());
    }
    bail!("{}", missed.join("; "))
}

/// A hundred metres and more apart, in a row.
fn place(number: u32) -> Venue {
    Venue {
        lat: 48.84 + f64::from(number) * 0.001,
        lng: 2.35,
        cuisine: "thai",
    }
}

async fn offers(cluster: &Cluster) -> Result<Vec<String>> {
    let variables =
        json!({"location": {"lat": 48.86, "lng": 2.35}, "maxDistance": 10, "first": 100});
    let list = cluster.documents.ask("OffersNearby", variables);
    let answer = list.get(&cluster.client, &cluster.pod_urls()[0]).await?;
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

/// Writes at one pod, and asks the tier at `url` until it shows nothing older.
async fn sample(
    cluster: &Cluster,
    offer: &str,
    title: &str,
    url: &str,
    pause: Duration,
) -> Result<Sample> {
    let ask = cluster.documents.ask("OfferDetail", json!({"id": offer}));
    // What is purged is a hit, or nothing would be measured.
    ask.until(&cluster.client, url, GIVE_UP, Answer::is_hit)
        .await?;
    let watching = tokio::spawn(watch(
        cluster.client.clone(),
        ask,
        url.to_owned(),
        title.to_owned(),
        pause,
    ));
    // The watch is under way.
    tokio::time::sleep(Duration::from_millis(20)).await;
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
    let refused = watching.await??;
    Ok(Sample {
        sent,
        told,
        refused,
    })
}

/// When the first answer came that shows `title` and after which no other was seen.
async fn watch(
    client: reqwest::Client,
    ask: Ask,
    url: String,
    title: String,
    pause: Duration,
) -> Result<Instant> {
    let began = Instant::now();
    let mut since: Option<(Instant, u32)> = None;
    while began.elapsed() < GIVE_UP {
        let answer = ask.get(&client, &url).await?;
        ensure!(answer.status == 200, "{url} answers {}", answer.status);
        let shown = &answer.json()["data"]["offer"]["title"];
        since = if shown.as_str() == Some(title.as_str()) {
            let (first, times) = since.unwrap_or((Instant::now(), 0));
            if times + 1 >= CERTAIN_AFTER {
                return Ok(first);
            }
            Some((first, times + 1))
        } else {
            None
        };
        tokio::time::sleep(pause).await;
    }
    bail!("{url} still shows something older after {GIVE_UP:?}")
}

fn report(tier: &str, all: &[Sample], target_ms: f64) -> f64 {
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
        "{tier} ({} writes), target: p99 < {target_ms} ms",
        all.len()
    );
    println!("  after the write was answered  {}", line(&told));
    println!("  after it was sent             {}", line(&sent));
    println!("  the write itself              {}", line(&write));
    at(&told, 99)
}

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
