//! The `redis-server` that tests start: there, given, or installed where that is one command.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::processes::Processes;
use crate::{debian, http};

const PROGRAM: &str = "redis-server";
/// A server that tests may use instead of starting one.
const GIVEN: &str = "YOUSOON_TEST_REDIS_URL";
const ADVICE: &str = "tests need Redis 6 or newer (macOS: `brew install redis`), or YOUSOON_TEST_REDIS_URL leads to a \
     server that they may use";

/// Makes sure that the tests find a server.
pub(crate) fn ensure() -> Result<()> {
    let given = std::env::var_os(GIVEN).is_some_and(|url| !url.is_empty());
    if given {
        return Ok(());
    }
    // The package may start a service of its own: no test uses it.
    debian::ensure(PROGRAM, PROGRAM).map(drop).context(ADVICE)
}

const START_LIMIT: Duration = Duration::from_secs(10);

/// Starts a server of our own that keeps what it has, as a purge log needs; gives its URL.
pub(crate) fn start(dir: &Path, processes: &mut Processes) -> Result<String> {
    let program = debian::ensure(PROGRAM, PROGRAM).context(ADVICE)?;
    let port = http::free_port()?;
    fs::create_dir_all(dir).with_context(|| format!("cannot create {}", dir.display()))?;
    processes.start(
        "redis",
        Command::new(program)
            .args(["--bind", "127.0.0.1", "--port", &port.to_string()])
            .arg("--dir")
            .arg(dir)
            .args(["--save", "", "--appendonly", "yes"]),
    )?;
    processes.wait_until("Redis", START_LIMIT, || http::accepts(port))?;
    Ok(format!("redis://127.0.0.1:{port}"))
}
