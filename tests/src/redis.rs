//! A real `redis-server` that a test can kill, restart, wipe, replicate and promote.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail, ensure};
use tempfile::TempDir;
use tokio::process::Command;

use crate::process::Process;
use crate::tcp_gate::TcpGate;
use crate::{port, resp};

const PROGRAM: &str = "redis-server";
/// The variable with the URL of a server that tests may use, but not kill.
const GIVEN: &str = "YOUSOON_TEST_REDIS_URL";
const MISSING: &str = "redis-server is not on the PATH: `cargo xtask test` installs it on Debian and Ubuntu (as root); \
     elsewhere install Redis 6 or newer, or set YOUSOON_TEST_REDIS_URL to the URL of a running one";
const IN_STEP_WITHIN: Duration = Duration::from_secs(20);

/// What data a server still has after it was killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// None.
    Memory,
    /// What it wrote to its append-only file; if only the process is killed, that is everything.
    AppendOnly,
}

/// A server for tests that do not kill it: the one at `YOUSOON_TEST_REDIS_URL`, or one of the test's
/// own.
#[derive(Debug)]
pub enum AnyRedis {
    /// The server at this URL; others may use it too.
    Given(String),
    /// A server of the test's own, which stops when it is dropped.
    Own(Box<Redis>),
}

impl AnyRedis {
    /// Finds or starts a server.
    pub async fn start() -> Result<Self> {
        match given() {
            Some(url) => Ok(Self::Given(url)),
            None => Ok(Self::Own(Box::new(Redis::start(Durability::Memory).await?))),
        }
    }

    /// The server's URL, as a value for `YOUSOON_REDIS_URL`.
    pub fn url(&self) -> String {
        match self {
            Self::Given(url) => url.clone(),
            Self::Own(redis) => redis.url(),
        }
    }
}

fn given() -> Option<String> {
    std::env::var(GIVEN).ok().filter(|url| !url.is_empty())
}

/// Why a test that kills its server must be skipped: `YOUSOON_TEST_REDIS_URL` is set, but there is no
/// `redis-server` to start. `None` when the test can run, and also when neither is there: then
/// starting a server fails with a message that says how to get one.
pub async fn cannot_be_killed() -> Option<String> {
    given()?;
    let version = Command::new(PROGRAM).arg("--version").output().await;
    version.is_err().then(|| {
        format!("the server at {GIVEN} may not be killed, and redis-server is not on the PATH")
    })
}

/// A server of the test's own, on loopback.
#[derive(Debug)]
pub struct Redis {
    process: Option<Process>,
    port: u16,
    durability: Durability,
    /// Further settings, also of its replicas.
    settings: Vec<String>,
    dir: TempDir,
}

/// The user of a server that was started with [`LIKE_A_MANAGED_ONE`], and its password.
pub const MANAGED_USER: &str = "app:secret";
/// Settings: a user that may not ask for what managed servers hide.
pub const LIKE_A_MANAGED_ONE: [&str; 9] = [
    "--user", "app", "on", ">secret", "~*", "&*", "+@all", "-info", "-role",
];

impl Redis {
    /// Starts an empty server.
    pub async fn start(durability: Durability) -> Result<Self> {
        Self::start_with(durability, &[]).await
    }

    /// Starts an empty server with further settings.
    pub async fn start_with(durability: Durability, settings: &[&str]) -> Result<Self> {
        let mut redis = Self {
            process: None,
            port: port::free()?,
            durability,
            settings: settings.iter().map(|text| (*text).to_owned()).collect(),
            dir: tempfile::tempdir()?,
        };
        redis.run(&[]).await?;
        Ok(redis)
    }

    /// Starts a replica of this server, and waits until it is synchronised.
    pub async fn replicate(&self) -> Result<Replica> {
        let link = TcpGate::open_to(self.address()).await?;
        let mut redis = Self {
            process: None,
            port: port::free()?,
            durability: self.durability,
            settings: self.settings.clone(),
            dir: tempfile::tempdir()?,
        };
        let (host, port) = (link.address.ip().to_string(), link.address.port());
        redis
            .run(&["--replicaof", &host, &port.to_string()])
            .await?;
        let replica = Replica { redis, link };
        replica.until_in_step().await?;
        Ok(replica)
    }

    /// The address on which it listens.
    pub fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port).into()
    }

    /// The server's URL, as a value for `YOUSOON_REDIS_URL`.
    pub fn url(&self) -> String {
        format!("redis://{}", self.address())
    }

    /// Sends one command whose reply is a single value; returns the value as text.
    pub async fn command(&self, words: &[&str]) -> Result<String> {
        resp::command(self.address(), words).await
    }

    /// Its replication offset in bytes. A replica with a smaller offset lags behind.
    pub async fn offset(&self) -> Result<u64> {
        Ok(self.replication("master_repl_offset").await?.parse()?)
    }

    async fn replication(&self, field: &str) -> Result<String> {
        let told = self.command(&["INFO", "replication"]).await?;
        let found = told
            .lines()
            .find_map(|line| line.strip_prefix(field)?.strip_prefix(':'));
        Ok(found
            .with_context(|| format!("INFO has no {field}"))?
            .trim()
            .to_owned())
    }

    /// Kills it (SIGKILL).
    pub async fn kill(&mut self) -> Result<()> {
        match self.process.take() {
            Some(process) => process.kill().await,
            None => bail!("Redis is dead already"),
        }
    }

    /// Starts it again after a kill, with the data that survived.
    pub async fn restart(&mut self) -> Result<()> {
        ensure!(self.process.is_none(), "Redis was not killed");
        self.run(&[]).await
    }

    /// Starts it again after a kill, without its data.
    pub async fn restart_wiped(&mut self) -> Result<()> {
        ensure!(self.process.is_none(), "Redis was not killed");
        tokio::fs::remove_dir_all(self.data()).await?;
        self.run(&[]).await
    }

    fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    async fn run(&mut self, more: &[&str]) -> Result<()> {
        tokio::fs::create_dir_all(self.data()).await?;
        let append_only = match self.durability {
            Durability::Memory => "no",
            Durability::AppendOnly => "yes",
        };
        let mut command = Command::new(PROGRAM);
        command
            .args(["--bind", "127.0.0.1", "--port", &self.port.to_string()])
            .arg("--dir")
            .arg(self.data())
            .args(["--daemonize", "no", "--save", ""])
            .args(["--appendonly", append_only, "--appendfsync", "everysec"])
            // By default the master waits 5 s for further replicas before it synchronises one.
            .args(["--repl-diskless-sync-delay", "0"])
            .args(&self.settings)
            .args(more);
        let mut process = Process::start(PROGRAM, &mut command).map_err(explain)?;
        let ready = |line: &str| line.contains("Ready to accept connections").then_some(());
        process.line(ready).await?;
        self.process = Some(process);
        Ok(())
    }
}

fn explain(error: anyhow::Error) -> anyhow::Error {
    match error.root_cause().downcast_ref::<io::Error>() {
        Some(cause) if cause.kind() == io::ErrorKind::NotFound => anyhow!(MISSING),
        Some(_) | None => error,
    }
}

/// A replica of a server, over a connection that a test can make hang.
#[derive(Debug)]
pub struct Replica {
    redis: Redis,
    link: TcpGate,
}

impl Replica {
    /// Makes the connection hang: from now on the replica misses new writes, without noticing.
    pub async fn fall_behind(&self) {
        self.link.hang().await;
    }

    /// The server, as a replica.
    pub const fn redis(&self) -> &Redis {
        &self.redis
    }

    /// Makes the replica a master; the writes that it has missed are lost.
    pub async fn promote(self) -> Result<Redis> {
        self.redis.command(&["REPLICAOF", "NO", "ONE"]).await?;
        let role = self.redis.replication("role").await?;
        ensure!(
            role == "master",
            "the promoted replica says that it is a {role}"
        );
        Ok(self.redis)
    }

    async fn until_in_step(&self) -> Result<()> {
        let waiting = async {
            loop {
                if self.redis.replication("master_link_status").await? == "up" {
                    return Ok(());
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(IN_STEP_WITHIN, waiting)
            .await
            .context("the replica does not synchronise")?
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_was_appended_survives_a_kill_and_a_wipe_leaves_nothing() {
        if let Some(reason) = cannot_be_killed().await {
            return println!("skipped: {reason}");
        }
        let mut redis = Redis::start(Durability::AppendOnly).await.unwrap();
        redis.command(&["SET", "k", "kept"]).await.unwrap();
        redis.kill().await.unwrap();
        assert!(
            redis.command(&["PING"]).await.is_err() && redis.kill().await.is_err(),
            "it is dead"
        );
        redis.restart().await.unwrap();
        assert_eq!(redis.command(&["GET", "k"]).await.unwrap(), "kept");
        redis.kill().await.unwrap();
        redis.restart_wiped().await.unwrap();
        assert_eq!(redis.command(&["GET", "k"]).await.unwrap(), "");
    }

    #[tokio::test]
    async fn a_promoted_replica_that_lagged_has_not_heard_of_the_newest_writes() {
        if let Some(reason) = cannot_be_killed().await {
            return println!("skipped: {reason}");
        }
        let mut master = Redis::start(Durability::Memory).await.unwrap();
        master.command(&["SET", "k", "old"]).await.unwrap();
        let replica = master.replicate().await.unwrap();
        assert_eq!(replica.redis().command(&["GET", "k"]).await.unwrap(), "old");
        replica.fall_behind().await;
        master.command(&["SET", "k", "new"]).await.unwrap();
        assert!(replica.redis().offset().await.unwrap() < master.offset().await.unwrap());
        let promoted = replica.promote().await.unwrap();
        master.kill().await.unwrap();
        assert_eq!(promoted.command(&["GET", "k"]).await.unwrap(), "old");
        assert_eq!(promoted.command(&["SET", "k", "own"]).await.unwrap(), "OK");
    }

    #[tokio::test]
    async fn any_server_answers() {
        let any = AnyRedis::start().await.unwrap();
        assert!(any.url().starts_with("redis"), "{}", any.url());
        if let AnyRedis::Own(redis) = &any {
            assert_eq!(redis.command(&["PING"]).await.unwrap(), "PONG");
        }
    }
}
