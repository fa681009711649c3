//! The `redis-server` that tests start: there, given, or installed where that is one command.

use anyhow::{Context, Result};

use crate::debian;

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
