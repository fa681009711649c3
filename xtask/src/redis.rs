//! The `redis-server` that tests start: there, given, or installed where that is one command.

use std::path::Path;
use std::process::Command;

use anyhow::{Result, bail};

use crate::progress;

const PROGRAM: &str = "redis-server";
/// A server that tests may use instead of starting one.
const GIVEN: &str = "YOUSOON_TEST_REDIS_URL";
const ADVICE: &str = "redis-server is missing: install Redis 6 or newer (Debian, Ubuntu: `apt-get install redis-server`; \
     macOS: `brew install redis`), or let YOUSOON_TEST_REDIS_URL lead to a server that tests may use";

/// Makes sure that the tests find a server.
pub(crate) fn ensure() -> Result<()> {
    let given = std::env::var_os(GIVEN).is_some_and(|url| !url.is_empty());
    if given || is_on_the_path() {
        return Ok(());
    }
    if !can_install()? {
        bail!("{ADVICE}");
    }
    progress::step(
        "reading the list of packages",
        apt_get().args(["update", "-q"]),
    )?;
    // The package may start a service of its own: no test uses it.
    progress::step(
        "installing redis-server",
        apt_get().args(["install", "-y", "-q", "--no-install-recommends", PROGRAM]),
    )?;
    if !is_on_the_path() {
        bail!("{ADVICE}");
    }
    Ok(())
}

fn is_on_the_path() -> bool {
    progress::output_of(Command::new(PROGRAM).arg("--version")).is_ok()
}

/// Debian's tool and the right to use it.
fn can_install() -> Result<bool> {
    if !Path::new("/usr/bin/apt-get").exists() {
        return Ok(false);
    }
    Ok(progress::output_of(Command::new("id").arg("-u"))?.trim() == "0")
}

fn apt_get() -> Command {
    let mut command = Command::new("apt-get");
    // Nobody is there to answer a question.
    command.env("DEBIAN_FRONTEND", "noninteractive");
    command
}
