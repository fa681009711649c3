//! Draws how soon hits come back when every cache was emptied at once: with warm fills and without.
//!
//! `cargo xtask bench-warm` runs it against two origins, one Redis and the WASM edge. Requests for offers and lists
//! come at a steady rate, some far more often than others, as clients' do. Then one of these happens, and the
//! share of hits is drawn over the time that follows:
//!
//! - a new purge log: Redis loses everything. Seen at the edge, and at an origin.
//! - a deployment: both origins stop and start, one after the other. Seen at an origin, in its memory.
//!
//! It is done twice, without warm fills (cold) and with them.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use e2e::{Answer, Ask, Cluster, ClusterOptions, Venue};
use serde_json::json;
use tokio::{task::JoinSet, time::sleep};

/// Offers; each has a page.
const OFFERS: u32 = 150;
/// For how long a stretch of the drawing lasts.
const STRETCH: Duration = Duration::from_millis(500);
/// How many stretches are drawn.
const STRETCHES: usize = 24;
/// How long requests come before something happens, so that caches are full and heat is known.
const BEFORE: Duration = Duration::from_secs(25);
/// The width of a full bar.
const BAR: usize = 24;

/// Answers and hits in each stretch.
#[derive(Default)]
struct Stretches(Vec<(AtomicU32, AtomicU32)>);

impl Stretches {
    fn new() -> Self {
        Self((0..STRETCHES).map(|_| Default::default()).collect())
    }

    fn count(&self, after: Duration, is_hit: bool) {
        let place = after.as_millis() / STRETCH.as_millis();
        let place = usize::try_from(place).unwrap_or(usize::MAX);
        if let Some((all, hits)) = self.0.get(place) {
            all.fetch_add(1, Ordering::Relaxed);
            hits.fetch_add(u32::from(is_hit), Ordering::Relaxed);
        }
    }

    /// The share of hits in each stretch, 0 to 1.
    fn shares(&self) -> Vec<f64> {
        let share = |(all, hits): &(AtomicU32, AtomicU32)| {
            f64::from(hits.load(Ordering::Relaxed)) / f64::from(all.load(Ordering::Relaxed).max(1))
        };
        self.0.iter().map(share).collect()
    }
}

/// What happens, and where the hits are counted.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Event {
    NewLogAtEdge,
    NewLogAtOrigin,
    Deployment,
}

impl Event {
    const ALL: [Self; 3] = [Self::NewLogAtEdge, Self::NewLogAtOrigin, Self::Deployment];

    const fn title(self) -> &'static str {
        match self {
            Self::NewLogAtEdge => "a new log, at the edge: hits",
            Self::NewLogAtOrigin => "a new log, at an origin: hits in memory or Redis",
            Self::Deployment => "a deployment, at an origin: hits in memory",
        }
    }

    fn is_hit(self, answer: &Answer) -> bool {
        match self {
            Self::NewLogAtEdge => answer.is_hit(),
            Self::NewLogAtOrigin => answer.cache_status().contains("; hit"),
            Self::Deployment => answer.cache_status().contains("detail=l1"),
        }
    }
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<()> {
    let rate: u32 = std::env::args()
        .nth(1)
        .context("requests a second")?
        .parse()?;
    ensure!(rate > 0, "requests a second");
    for event in Event::ALL {
        let mut both = Vec::new();
        for warm in ["0", "50"] {
            both.push(measure(event, rate, warm).await?);
        }
        draw(event, rate, &both);
    }
    Ok(())
}

/// The shares of hits after the event. `warm` is how many answers may be made anew: a second at an origin, at
/// a time at the edge.
async fn measure(event: Event, rate: u32, warm: &'static str) -> Result<Vec<f64>> {
    let options = ClusterOptions {
        origins: 2,
        venues: (0..OFFERS).map(place).collect(),
        origin: vec![("YOUSOON_WARM_PER_SECOND", warm)],
        edge: vec![("WARM_ANSWERS", warm)],
    };
    let mut cluster = Cluster::start(&options).await?;
    let asks = Arc::new(asks(&cluster).await?);
    let url = match event {
        Event::NewLogAtEdge => cluster.edge_url(),
        Event::NewLogAtOrigin | Event::Deployment => cluster.pod_urls()[0].clone(),
    };
    let mut clients = Clients {
        client: cluster.client.clone(),
        asks,
        url,
        pause: Duration::from_secs(1) / rate,
        chance: 0x9e37_79b9_7f4a_7c15,
    };
    clients.ask_for(BEFORE, None).await;
    match event {
        Event::NewLogAtEdge | Event::NewLogAtOrigin => {
            cluster.redis_mut().kill().await?;
            cluster.redis_mut().restart_wiped().await?;
        }
        Event::Deployment => {
            for index in [1, 0] {
                cluster.stop_origin(index).await?;
                cluster.restart_origin(index).await?;
            }
        }
    }
    let stretches = Arc::new(Stretches::new());
    let whole = STRETCH * u32::try_from(STRETCHES)?;
    clients.ask_for(whole, Some((event, &stretches))).await;
    Ok(stretches.shares())
}

/// Requests at a steady rate.
struct Clients {
    client: reqwest::Client,
    /// The most popular first.
    asks: Arc<Vec<Ask>>,
    url: String,
    pause: Duration,
    /// The state of a generator of the same numbers in each run.
    chance: u64,
}

impl Clients {
    /// Sends requests for so long, whether or not earlier ones were answered.
    async fn ask_for(&mut self, long: Duration, counted: Option<(Event, &Arc<Stretches>)>) {
        let (began, mut asking) = (Instant::now(), JoinSet::new());
        let mut number = 0;
        while began.elapsed() < long {
            let index = self.popular();
            let (client, url) = (self.client.clone(), self.url.clone());
            let asks = Arc::clone(&self.asks);
            let counted = counted.map(|(event, stretches)| (event, Arc::clone(stretches)));
            asking.spawn(async move {
                let after = began.elapsed();
                let answer = asks[index].get(&client, &url).await;
                if let Some((event, stretches)) = counted {
                    stretches.count(after, answer.is_ok_and(|answer| event.is_hit(&answer)));
                }
            });
            number += 1;
            sleep((self.pause * number).saturating_sub(began.elapsed())).await;
        }
        while asking.join_next().await.is_some() {}
    }

    /// The n-th most popular is asked for with a weight of 1/n (Zipf's law).
    fn popular(&mut self) -> usize {
        self.chance ^= self.chance << 13;
        self.chance ^= self.chance >> 7;
        self.chance ^= self.chance << 17;
        let weight = |place: usize| 1.0 / (place as f64 + 1.0);
        let all: f64 = (0..self.asks.len()).map(weight).sum();
        let mut left = (self.chance >> 11) as f64 / (1_u64 << 53) as f64 * all;
        for place in 0..self.asks.len() {
            left -= weight(place);
            if left <= 0.0 {
                return place;
            }
        }
        0
    }
}

fn place(number: u32) -> Venue {
    Venue {
        lat: 48.80 + f64::from(number % 15) * 0.008,
        lng: 2.25 + f64::from(number / 15) * 0.012,
        cuisine: "thai",
    }
}

/// What clients ask for, the most popular first: offers' pages, and a list after each third one.
async fn asks(cluster: &Cluster) -> Result<Vec<Ask>> {
    let all = json!({"location": {"lat": 48.86, "lng": 2.34}, "maxDistance": 50, "first": 100});
    let list = cluster.documents.ask("OffersNearby", all);
    let json = list
        .get(&cluster.client, &cluster.pod_urls()[0])
        .await?
        .json();
    let edges = json["data"]["offers"]["edges"].as_array();
    let ids = edges
        .into_iter()
        .flatten()
        .filter_map(|edge| edge["node"]["id"].as_str());
    let mut asks = Vec::new();
    for (number, id) in (0..).zip(ids) {
        asks.push(cluster.documents.ask("OfferDetail", json!({"id": id})));
        if number % 3 == 0 {
            let Venue { lat, lng, .. } = place(number);
            // As the edge would ask: positions of others are not kept.
            let (lat, lng) = cache_core::geo::snap(lat, lng, 8).context("a place on earth")?;
            let at = json!({"location": {"lat": lat, "lng": lng}, "maxDistance": 5});
            asks.push(cluster.documents.ask("OffersNearby", at));
        }
    }
    ensure!(asks.len() > 100, "there are only {} answers", asks.len());
    Ok(asks)
}

fn draw(event: Event, rate: u32, both: &[Vec<f64>]) {
    println!("\n{}, {rate} requests a second", event.title());
    println!("{:>5}  {:<31}  warm", "s", "cold");
    for stretch in 0..STRETCHES {
        let from_s = STRETCH.as_secs_f64() * stretch as f64;
        let cells: Vec<String> = both.iter().map(|shares| bar(shares[stretch])).collect();
        println!("{from_s:>5.1}  {}", cells.join("  ").trim_end());
    }
    for (name, shares) in ["cold", "warm"].iter().zip(both) {
        let of_first = shares.iter().take(6).sum::<f64>() / 6.0;
        let of_all = shares.iter().sum::<f64>() / shares.len() as f64;
        println!(
            "{name}: {:.0} % in the first 3 s, {:.0} % in {:.0} s",
            of_first * 100.0,
            of_all * 100.0,
            STRETCH.as_secs_f64() * STRETCHES as f64
        );
    }
}

fn bar(share: f64) -> String {
    let full = (share * BAR as f64).round();
    let bar: String = (0..BAR)
        .map(|at| if (at as f64) < full { '█' } else { '·' })
        .collect();
    format!("{:>4.0} % {bar}", share * 100.0)
}
