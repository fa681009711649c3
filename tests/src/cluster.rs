//! Several origins on one store and one Redis, the edge before them, and what can fail in between.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::ask;
use crate::balancer::Balancer;
use crate::documents::Documents;
use crate::edge::{self, Edge};
use crate::origin::{self, TOKEN};
use crate::port;
use crate::process::Process;
use crate::redis::{Durability, Redis, Replica};
use crate::store::{Store, Venue};
use crate::tcp_gate::TcpGate;
use crate::turn::Turn;

/// Longer than the origin's own limit on a request (10 s): who waits this long got no answer.
const PATIENCE: Duration = Duration::from_secs(15);

/// How a cluster is started.
#[derive(Clone, Debug)]
pub struct ClusterOptions {
    /// How many origins.
    pub origins: usize,
    /// What is in the store at first.
    pub venues: Vec<Venue>,
}

#[derive(Debug)]
struct Pod {
    url: String,
    process: Option<Process>,
}

/// Everything that runs. Nothing else does in this test process meanwhile.
#[derive(Debug)]
pub struct Cluster {
    // Fields end in this order: whoever is asked goes after whoever asks.
    edge: Edge,
    _to_origins: Balancer,
    pods: Vec<Pod>,
    /// Origins → edge: the purge feeds.
    pub to_edge: TcpGate,
    /// Origins → Redis.
    pub to_redis: TcpGate,
    redis: Redis,
    store: Store,
    /// Where questions come from.
    pub documents: Documents,
    /// A client without anything kept.
    pub client: reqwest::Client,
    _turn: Turn,
}

impl Cluster {
    /// Starts everything, with the clients' documents published.
    pub async fn start(options: &ClusterOptions) -> Result<Self> {
        let turn = Turn::alone().await;
        ensure!(options.origins > 0, "a cluster has an origin");
        let client = ask::client(PATIENCE)?;
        let redis = Redis::start(Durability::AppendOnly).await?;
        let to_redis = TcpGate::open_to(redis.address()).await?;
        let url = format!("redis://{}", to_redis.address);
        // Of hundreds of writes the last words would be nothing but these.
        let log = std::env::var("RUST_LOG").unwrap_or_else(|_unset| "warn".to_owned());
        let store = Store::create(vec![("YOUSOON_REDIS_URL", url), ("RUST_LOG", log)])?;
        store.import(&options.venues).await?;
        // The edge tells its address when it runs. Until then the feeds find nobody there.
        let nobody = (Ipv4Addr::LOCALHOST, port::free()?).into();
        let to_edge = TcpGate::open_to(nobody).await?;
        let feed = format!("http://{}", to_edge.address);
        let mut pods = Vec::new();
        let mut targets = Vec::new();
        for _ in 0..options.origins {
            let target = SocketAddr::from((Ipv4Addr::LOCALHOST, port::free()?));
            let url = format!("http://{target}");
            let process = Some(origin::start(&store, &url, &feed, &[], &client).await?);
            pods.push(Pod { url, process });
            targets.push(target);
        }
        let documents = Documents::publish(&store, &pods[0].url).await?;
        let to_origins = Balancer::start(targets).await?;
        let edge = edge::start(&store.beside("edge"), &to_origins.url(), &[]).await?;
        to_edge.lead_to(edge.url.trim_start_matches("http://").parse()?);
        Ok(Self {
            edge,
            _to_origins: to_origins,
            pods,
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

    /// The origins' own addresses, the living and the dead.
    pub fn pod_urls(&self) -> Vec<String> {
        self.pods.iter().map(|pod| pod.url.clone()).collect()
    }

    /// The service token.
    pub const fn token(&self) -> &'static str {
        TOKEN
    }

    /// Runs `yousoon` beside the servers, on the same store and Redis.
    pub async fn run(&self, arguments: &[&str]) -> Result<String> {
        self.store.run(arguments).await
    }

    /// Ends an origin at once (SIGKILL).
    pub async fn kill_origin(&mut self, index: usize) -> Result<()> {
        let pod = self.pods.get_mut(index).context("no such origin")?;
        let process = pod.process.take().context("the origin is dead already")?;
        process.kill().await
    }

    /// Starts an origin again, where it was.
    pub async fn restart_origin(&mut self, index: usize) -> Result<()> {
        let feed = format!("http://{}", self.to_edge.address);
        let pod = self.pods.get_mut(index).context("no such origin")?;
        ensure!(pod.process.is_none(), "the origin was not killed");
        let started = origin::start(&self.store, &pod.url, &feed, &[], &self.client).await?;
        pod.process = Some(started);
        Ok(())
    }

    /// The Redis that the gate leads to.
    pub const fn redis(&self) -> &Redis {
        &self.redis
    }

    /// The same, to be killed and restarted.
    pub const fn redis_mut(&mut self) -> &mut Redis {
        &mut self.redis
    }

    /// Lets a replica take over, as a fail-over does: the old master dies, the replica becomes a
    /// master with what it knows, and clients are led to it.
    pub async fn fail_over(&mut self, replica: Replica) -> Result<()> {
        self.redis.kill().await?;
        self.redis = replica.promote().await?;
        self.to_redis.lead_to(self.redis.address());
        Ok(())
    }

    /// What everybody printed last.
    pub fn last_words(&self) -> String {
        use std::fmt::Write as _;
        let mut words = format!("the edge:\n{}\n", self.edge.process.last_words());
        for Pod { url, process } in &self.pods {
            let last = process.as_ref().map(Process::last_words);
            let last = last.unwrap_or_else(|| "is dead".to_owned());
            // A string takes everything.
            let _infallible = writeln!(words, "{url}:\n{last}");
        }
        words
    }
}
