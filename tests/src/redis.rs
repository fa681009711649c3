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
/// Where a server is that tests may use, and may not kill.
const GIVEN: &str = "YOUSOON_TEST_REDIS_URL";
const MISSING: &str = "redis-server is not on the PATH: `cargo xtask test` installs it on Debian and Ubuntu (as root); \
     elsewhere install Redis 6 or newer, or let YOUSOON_TEST_REDIS_URL lead to one that runs";
const IN_STEP_WITHIN: Duration = Duration::from_secs(20);

/// What survives a kill.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// Nothing.
    Memory,
    /// All that the server wrote to its append-only file: for the kill of a process, everything.
    AppendOnly,
}

/// A server that only has to be there: the one that was given, else one of the test's own.
#[derive(Debug)]
pub enum AnyRedis {
    /// Others may use it too.
    Given(String),
    /// Ends with its owner.
    Own(Box<Redis>),
}

impl AnyRedis {
    /// Finds or starts one.
    pub async fn start() -> Result<Self> {
        match given() {
            Some(url) => Ok(Self::Given(url)),
            None => Ok(Self::Own(Box::new(Redis::start(Durability::Memory).await?))),
        }
    }

    /// As `YOUSOON_REDIS_URL` takes it.
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

/// Why a test that kills its server cannot run although tests were given one; `None` when it can,
/// and when nothing was given: then starting one fails, and says how to get it.
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
    dir: TempDir,
}

impl Redis {
    /// Starts an empty one.
    pub async fn start(durability: Durability) -> Result<Self> {
        let mut redis = Self {
            process: None,
            port: port::free()?,
            durability,
            dir: tempfile::tempdir()?,
        };
        redis.run(&[]).await?;
        Ok(redis)
    }

    /// Starts a replica of this one, and waits until it is in step.
    pub async fn replicate(&self) -> Result<Replica> {
        let link = TcpGate::open_to(self.address()).await?;
        let mut redis = Self {
            process: None,
            port: port::free()?,
            durability: self.durability,
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

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port).into()
    }

    /// As `YOUSOON_REDIS_URL` takes it.
    pub fn url(&self) -> String {
        format!("redis://{}", self.address())
    }

    /// Sends one command; the text of a reply that is a single value.
    pub async fn command(&self, words: &[&str]) -> Result<String> {
        resp::command(self.address(), words).await
    }

    /// How many bytes of writes it has seen: a replica with fewer lags.
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

    /// Ends it at once (SIGKILL).
    pub async fn kill(&mut self) -> Result<()> {
        match self.process.take() {
            Some(process) => process.kill().await,
            None => bail!("Redis is dead already"),
        }
    }

    /// Starts it again after a kill, with what survived.
    pub async fn restart(&mut self) -> Result<()> {
        ensure!(self.process.is_none(), "Redis was not killed");
        self.run(&[]).await
    }

    /// Starts it again after a kill, empty.
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
            // Else a replica waits 5 s for others to come along.
            .args(["--repl-diskless-sync-delay", "0"])
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

/// A server that copies another one's writes, over a link that can be hung.
#[derive(Debug)]
pub struct Replica {
    redis: Redis,
    link: TcpGate,
}

impl Replica {
    /// From here on it misses the newest writes, and does not know.
    pub async fn fall_behind(&self) {
        self.link.hang().await;
    }

    /// The server, as a replica.
    pub const fn redis(&self) -> &Redis {
        &self.redis
    }

    /// Makes it a master of its own; what it has not heard of is lost.
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
            .context("the replica does not get in step")?
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
