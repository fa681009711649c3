//! How many requests are sent: for about a minute by `cargo test`, many more by `cargo xtask abuse`.

use std::time::Duration;

/// The numbers of requests.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scale {
    pub(crate) in_parallel: u64,
    pub(crate) mutated: u64,
    pub(crate) guesses: u64,
    /// How often something races with what ends it.
    pub(crate) races: u64,
    /// How long memory is watched under load.
    pub(crate) watched: Duration,
    /// The random seed; it is printed in the summary.
    pub(crate) seed: u64,
}

impl Scale {
    /// Reads `YOUSOON_ABUSE` (`long`, or not set), `YOUSOON_ABUSE_SEED` (default 1) and
    /// `YOUSOON_ABUSE_WATCHED_S` (default 0).
    pub(crate) fn from_env() -> Self {
        let number = |name: &str| {
            let text = std::env::var(name).ok()?;
            Some(
                text.parse()
                    .unwrap_or_else(|_| panic!("{name} must be a number")),
            )
        };
        let [in_parallel, mutated, guesses, races] = match std::env::var("YOUSOON_ABUSE").as_deref()
        {
            Ok("long") => [10_000, 10_000, 2_000, 50],
            Ok(other) => panic!("YOUSOON_ABUSE must be `long` or not set, not {other}"),
            Err(_) => [1_000, 500, 200, 5],
        };
        Self {
            in_parallel,
            mutated,
            guesses,
            races,
            watched: Duration::from_secs(number("YOUSOON_ABUSE_WATCHED_S").unwrap_or(0)),
            seed: number("YOUSOON_ABUSE_SEED").unwrap_or(1),
        }
    }
}
