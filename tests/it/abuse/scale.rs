//! How many requests are sent: for about a minute by `cargo test`, many more by `cargo xtask abuse`.

/// The numbers of requests.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scale {
    pub(crate) in_parallel: u64,
    pub(crate) mutated: u64,
    pub(crate) guesses: u64,
    /// The random seed; it is printed in the summary.
    pub(crate) seed: u64,
}

impl Scale {
    /// Reads `YOUSOON_ABUSE` (`long`, or not set) and `YOUSOON_ABUSE_SEED` (default 1).
    pub(crate) fn from_env() -> Self {
        let seed = std::env::var("YOUSOON_ABUSE_SEED").ok();
        let seed = seed.map_or(1, |text| {
            text.parse().expect("YOUSOON_ABUSE_SEED must be a number")
        });
        let [in_parallel, mutated, guesses] = match std::env::var("YOUSOON_ABUSE").as_deref() {
            Ok("long") => [10_000, 10_000, 2_000],
            Ok(other) => panic!("YOUSOON_ABUSE must be `long` or not set, not {other}"),
            Err(_) => [1_000, 500, 200],
        };
        Self {
            in_parallel,
            mutated,
            guesses,
            seed,
        }
    }
}
