//! Several origins on one store and one Redis, without an edge, for tests of what the edge does not
//! cache.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::ask;
use crate::documents::Documents;
use crate::origin::{self, SIGNING_KEYS, TOKEN};
use crate::port;
use crate::process::Process;
use crate::redis::{Durability, Redis};
use crate::store::{Store, Venue};
use crate::turn::Turn;

/// The client's timeout; longer than the origin's own limit on a request (10 s).
const PATIENCE: Duration = Duration::from_secs(15);

#[derive(Debug)]
struct Pod {
    url: String,
    process: Option<Process>,
}

/// The origins. They share the keys of access tokens and booking codes.
#[derive(Debug)]
pub struct Pods {
    origins: Vec<Pod>,
    nobody: String,
    _redis: Redis,
    store: Store,
    /// The published documents.
    pub documents: Documents,
    /// A client that caches nothing.
    pub client: reqwest::Client,
    _turn: Turn,
}

impl Pods {
    /// Starts `count` origins on an embedded store, imports `venues` and publishes the clients'
    /// documents.
    pub async fn start(count: usize, venues: &[Venue]) -> Result<Self> {
        Self::start_on(count, venues, None).await
    }

    /// As [`Self::start`], on a MongoDB.
    pub async fn start_on_mongodb(count: usize, venues: &[Venue], url: &str) -> Result<Self> {
        Self::start_on(count, venues, Some(url)).await
    }

    async fn start_on(count: usize, venues: &[Venue], mongodb_url: Option<&str>) -> Result<Self> {
        let turn = Turn::alone().await;
        ensure!(count > 0, "there is an origin");
        let client = ask::client(PATIENCE)?;
        let redis = Redis::start(Durability::AppendOnly).await?;
        let log = std::env::var("RUST_LOG").unwrap_or_else(|_unset| "warn".to_owned());
        let mut environment = vec![
            ("YOUSOON_REDIS_URL", redis.url()),
            // Each origin accepts what another one has signed.
            ("YOUSOON_JWT_KEYS", SIGNING_KEYS.to_owned()),
            ("YOUSOON_QR_KEYS", SIGNING_KEYS.to_owned()),
            ("YOUSOON_BCRYPT_COST", "4".to_owned()),
            ("YOUSOON_BCRYPT_WAITING", "10000".to_owned()),
            ("RUST_LOG", log),
        ];
        environment.extend(mongodb_url.map(|url| ("YOUSOON_MONGODB_URL", url.to_owned())));
        let store = Store::create(environment)?;
        if mongodb_url.is_some() {
            store.run(&["migrate"]).await?;
        }
        store.import(venues).await?;
        // There is no edge, so the purge feeds lead nowhere.
        let nobody = format!(
            "http://{}",
            SocketAddr::from((Ipv4Addr::LOCALHOST, port::free()?))
        );
        let mut origins = Vec::new();
        for _ in 0..count {
            let target = SocketAddr::from((Ipv4Addr::LOCALHOST, port::free()?));
            let url = format!("http://{target}");
            let process = Some(origin::start(&store, &url, &nobody, &[], &client).await?);
            origins.push(Pod { url, process });
        }
        let documents = Documents::publish(&store, &origins[0].url).await?;
        Ok(Self {
            origins,
            nobody,
            _redis: redis,
            store,
            documents,
            client,
            _turn: turn,
        })
    }

    /// The addresses of all origins, including those that were killed.
    pub fn urls(&self) -> Vec<String> {
        self.origins.iter().map(|pod| pod.url.clone()).collect()
    }

    /// The service token.
    pub const fn token(&self) -> &'static str {
        TOKEN
    }

    /// Kills an origin (SIGKILL).
    pub async fn kill(&mut self, index: usize) -> Result<()> {
        let pod = self.origins.get_mut(index).context("no such origin")?;
        let process = pod.process.take().context("the origin is dead already")?;
        process.kill().await
    }

    /// Starts a killed origin again, at the same address.
    pub async fn restart(&mut self, index: usize) -> Result<()> {
        let pod = self.origins.get_mut(index).context("no such origin")?;
        ensure!(pod.process.is_none(), "the origin was not killed");
        let started = origin::start(&self.store, &pod.url, &self.nobody, &[], &self.client);
        pod.process = Some(started.await?);
        Ok(())
    }
}
