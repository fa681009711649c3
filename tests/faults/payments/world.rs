//! Redis, two origins on one database, and the providers that they speak to.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use e2e::{Durability, Process, Redis, SIGNING_KEYS, port};
use fake_providers::{Fake, Secrets};
use serde_json::{Value, json};
use tokio::process::Command;
use tokio::time::sleep;

use super::{TOKEN, WITHIN};

/// The pause before a client without an answer tries the other origin.
const PAUSE: Duration = Duration::from_millis(150);
/// An answer that takes longer is given up: it may have been lost.
const NO_ANSWER: Duration = Duration::from_secs(15);

pub(super) struct World {
    pub(super) fake: Fake,
    bin: PathBuf,
    dir: tempfile::TempDir,
    urls: [String; 2],
    pub(super) client: reqwest::Client,
    environment: Vec<(&'static str, String)>,
    _redis: Redis,
    pub(super) confirmed: AtomicUsize,
    pub(super) retries: AtomicUsize,
    /// No place will come back any more.
    pub(super) is_over: AtomicBool,
}

/// Neither data nor a refusal.
pub(super) struct Unanswered;

impl World {
    pub(super) async fn new() -> Result<Self> {
        let bin = std::env::var_os("YOUSOON_BIN").context("YOUSOON_BIN is not set")?;
        let fake = Fake::start(Secrets::default()).await?;
        let redis = Redis::start(Durability::AppendOnly).await?;
        let mut urls = [String::new(), String::new()];
        for url in &mut urls {
            *url = format!("http://127.0.0.1:{}", port::free()?);
        }
        fake.report_payments_to(&format!("{}/webhooks/stripe", urls[0]))?;
        let mut environment = fake.of_messages();
        environment.extend(fake.of_payments());
        environment.extend([
            ("YOUSOON_ADMIN_TOKEN", TOKEN.to_owned()),
            ("YOUSOON_DOCUMENT_MODE", "off".to_owned()),
            ("YOUSOON_RATE_LIMITS", "off".to_owned()),
            ("YOUSOON_REDIS_URL", redis.url()),
            ("YOUSOON_JWT_KEYS", SIGNING_KEYS.to_owned()),
            ("YOUSOON_QR_KEYS", SIGNING_KEYS.to_owned()),
            ("YOUSOON_BCRYPT_COST", "4".to_owned()),
            ("YOUSOON_BCRYPT_WAITING", "10000".to_owned()),
            (
                "RUST_LOG",
                std::env::var("RUST_LOG").unwrap_or_else(|_unset| "error".to_owned()),
            ),
        ]);
        Ok(Self {
            fake,
            bin: bin.into(),
            dir: tempfile::tempdir()?,
            urls,
            client: reqwest::Client::builder()
                .no_proxy()
                .timeout(NO_ANSWER)
                .build()?,
            environment,
            _redis: redis,
            confirmed: AtomicUsize::new(0),
            retries: AtomicUsize::new(0),
            is_over: AtomicBool::new(false),
        })
    }

    pub(super) fn yousoon(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.bin);
        command
            .args(arguments)
            .env("YOUSOON_DATA_DIR", self.dir.path().join("store"))
            .envs(self.environment.iter().cloned());
        command
    }

    pub(super) async fn serve(&self, index: usize) -> Result<Process> {
        let url = &self.urls[index];
        let mut command = self.yousoon(&["serve"]);
        command.env("YOUSOON_LISTEN", url.trim_start_matches("http://"));
        let origin = Process::start("yousoon serve", &mut command)?;
        for _ in 0..600 {
            let ready = self.client.get(format!("{url}/readyz")).send().await;
            if ready.is_ok_and(|answer| answer.status().is_success()) {
                return Ok(origin);
            }
            sleep(Duration::from_millis(50)).await;
        }
        bail!("the origin is not ready:\n{}", origin.last_words())
    }

    pub(super) fn database(&self) -> Result<rusqlite::Connection> {
        let file = std::fs::read_dir(self.dir.path().join("store"))?
            .filter_map(Result::ok)
            .map(|entry| entry.path())
            .find(|path| {
                path.extension()
                    .is_some_and(|ext| ext == "db" || ext == "sqlite")
            })
            .context("no database")?;
        let database = rusqlite::Connection::open(file)?;
        database.busy_timeout(Duration::from_secs(30))?;
        Ok(database)
    }

    async fn try_ask(
        &self,
        index: usize,
        token: Option<&str>,
        query: &str,
        variables: &Value,
    ) -> Result<Value, Unanswered> {
        let mut request = self
            .client
            .post(format!("{}/graphql", self.urls[index]))
            .json(&json!({"query": query, "variables": variables}));
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        let answer = request.send().await.map_err(|_| Unanswered)?;
        let answer: Value = answer.json().await.map_err(|_| Unanswered)?;
        let code = answer["errors"][0]["extensions"]["code"].as_str();
        match code {
            Some("INTERNAL" | "TIMEOUT" | "OVERLOADED" | "OUTCOME_UNKNOWN") => Err(Unanswered),
            None if answer["data"].is_null() => Err(Unanswered),
            _ => Ok(answer),
        }
    }

    /// Asks one origin and then the other one, until there is an answer.
    pub(super) async fn ask(
        &self,
        first: usize,
        token: Option<&str>,
        query: &str,
        variables: Value,
    ) -> Result<Value> {
        let began = Instant::now();
        for turn in 0.. {
            let index = (first + turn) % 2;
            if let Ok(answer) = self.try_ask(index, token, query, &variables).await {
                return Ok(answer);
            }
            ensure!(began.elapsed() < WITHIN, "no answer to {query} {variables}");
            self.retries.fetch_add(1, Ordering::Relaxed);
            sleep(PAUSE).await;
        }
        unreachable!()
    }
}
