//! Several origins on one store and one Redis, with the edge in front, and ways to make each part
//! fail.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::ask;
use crate::balancer::Balancer;
use crate::documents::Documents;
use crate::edge::{self, Edge, Platform};
use crate::origin::{self, TOKEN};
use crate::port;
use crate::process::Process;
use crate::redis::{Durability, LIKE_A_MANAGED_ONE, MANAGED_USER, Redis, Replica};
use crate::store::{Store, Venue};
use crate::tcp_gate::TcpGate;
use crate::turn::Turn;

/// The client's timeout; longer than the origin's own limit on a request (10 s).
const PATIENCE: Duration = Duration::from_secs(15);

/// How a cluster is started.
#[derive(Clone, Debug, Default)]
pub struct ClusterOptions {
    /// The number of origins.
    pub origins: usize,
    /// What the store has at the start.
    pub venues: Vec<Venue>,
    /// Variables of the origins' environment; they are added to the usual ones.
    pub origin: Vec<(&'static str, &'static str)>,
    /// Variables of the edge; they are added to the usual ones.
    pub edge: Vec<(&'static str, &'static str)>,
}

#[derive(Debug)]
struct Pod {
    url: String,
    process: Option<Process>,
}

/// The running processes. No other test of this test process runs at the same time.
#[derive(Debug)]
pub struct Cluster {
    // Fields are dropped in this order: clients before their servers.
    edge: Edge,
    _to_origins: Balancer,
    pods: Vec<Pod>,
    origin: Vec<(&'static str, &'static str)>,
    /// The gate from the origins to the edge, for the purge feeds.
    pub to_edge: TcpGate,
    /// The gate from the origins to Redis.
    pub to_redis: TcpGate,
    redis: Redis,
    store: Store,
    /// The published documents.
    pub documents: Documents,
    /// A client that caches nothing.
    pub client: reqwest::Client,
    _turn: Turn,
}

impl Cluster {
    /// Starts all processes and publishes the clients' documents.
    pub async fn start(options: &ClusterOptions) -> Result<Self> {
        let turn = Turn::alone().await;
        ensure!(options.origins > 0, "a cluster has an origin");
        let client = ask::client(PATIENCE)?;
        let redis = Redis::start_with(Durability::AppendOnly, &LIKE_A_MANAGED_ONE).await?;
        let to_redis = TcpGate::open_to(redis.address()).await?;
        let url = format!("redis://{MANAGED_USER}@{}", to_redis.address);
        // Otherwise the log of hundreds of writes would push everything else out of `last_words`.
        let log = std::env::var("RUST_LOG").unwrap_or_else(|_unset| "warn".to_owned());
        let store = Store::create(vec![("YOUSOON_REDIS_URL", url), ("RUST_LOG", log)])?;
        store.import(&options.venues).await?;
        // The edge's address is known once it runs. Until then the gate leads nowhere.
        let nobody = (Ipv4Addr::LOCALHOST, port::free()?).into();
        let to_edge = TcpGate::open_to(nobody).await?;
        let feed = format!("http://{}", to_edge.address);
        let mut pods = Vec::new();
        let mut targets = Vec::new();
        for _ in 0..options.origins {
            let target = SocketAddr::from((Ipv4Addr::LOCALHOST, port::free()?));
            let url = format!("http://{target}");
            let started = origin::start(&store, &url, &feed, &options.origin, &client);
            let process = Some(started.await?);
            pods.push(Pod { url, process });
            targets.push(target);
        }
        let documents = Documents::publish(&store, &pods[0].url).await?;
        let to_origins = Balancer::start(targets).await?;
        let edge = edge::start(
            &store.beside("edge"),
            &to_origins.url(),
            &options.edge,
            Platform::default(),
        )
        .await?;
        to_edge.lead_to(edge.url.trim_start_matches("http://").parse()?);
        Ok(Self {
            edge,
            _to_origins: to_origins,
            pods,
            origin: options.origin.clone(),
            to_edge,
            to_redis,
            redis,
            store,
            documents,
            client,
            _turn: turn,
        })
    }

    /// The edge's address.
    pub fn edge_url(&self) -> String {
        self.edge.url.clone()
    }

    /// The addresses of all origins, including those that were killed.
    pub fn pod_urls(&self) -> Vec<String> {
        self.pods.iter().map(|pod| pod.url.clone()).collect()
    }

    /// The service token.
    pub const fn token(&self) -> &'static str {
        TOKEN
    }

    /// Runs a `yousoon` command on the servers' store and Redis; returns its output.
    pub async fn run(&self, arguments: &[&str]) -> Result<String> {
        self.store.run(arguments).await
    }

    /// Kills an origin (SIGKILL).
    pub async fn kill_origin(&mut self, index: usize) -> Result<()> {
        let pod = self.pods.get_mut(index).context("no such origin")?;
        let process = pod.process.take().context("the origin is dead already")?;
        process.kill().await
    }

    /// Stops an origin as a deployment does (SIGTERM).
    pub async fn stop_origin(&mut self, index: usize) -> Result<()> {
        let pod = self.pods.get_mut(index).context("no such origin")?;
        let process = pod.process.take().context("the origin is dead already")?;
        process.stop().await
    }

    /// Starts a killed or stopped origin again, at the same address.
    pub async fn restart_origin(&mut self, index: usize) -> Result<()> {
        let feed = format!("http://{}", self.to_edge.address);
        let pod = self.pods.get_mut(index).context("no such origin")?;
        ensure!(pod.process.is_none(), "the origin was not killed");
        let started =
            origin::start(&self.store, &pod.url, &feed, &self.origin, &self.client).await?;
        pod.process = Some(started);
        Ok(())
    }

    /// The Redis server behind the gate.
    pub const fn redis(&self) -> &Redis {
        &self.redis
    }

    /// The Redis server behind the gate, to kill and restart it.
    pub const fn redis_mut(&mut self) -> &mut Redis {
        &mut self.redis
    }

    /// Fails over to a replica: kills the old master, promotes the replica with the data it has, and
    /// leads the gate to it.
    pub async fn fail_over(&mut self, replica: Replica) -> Result<()> {
        self.redis.kill().await?;
        self.redis = replica.promote().await?;
        self.to_redis.lead_to(self.redis.address());
        Ok(())
    }

    /// The last lines of output of all processes.
    pub fn last_words(&self) -> String {
        use std::fmt::Write as _;
        let mut words = format!("the edge:\n{}\n", self.edge.process.last_words());
        for Pod { url, process } in &self.pods {
            let last = process.as_ref().map(Process::last_words);
            let last = last.unwrap_or_else(|| "is dead".to_owned());
            // Writing to a string cannot fail.
            let _infallible = writeln!(words, "{url}:\n{last}");
        }
        words
    }
}
