//! How much is sent: a minute's worth by `cargo test`, all of it by `cargo xtask abuse`.

/// Numbers of requests.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scale {
    pub(crate) in_parallel: u64,
    pub(crate) mutated: u64,
    pub(crate) guesses: u64,
    /// Where the dice begin; said in the summary.
    pub(crate) seed: u64,
}

impl Scale {
    /// What `YOUSOON_ABUSE` says: `long` or nothing. `YOUSOON_ABUSE_SEED` asks the same again.
    pub(crate) fn asked() -> Self {
        let seed = std::env::var("YOUSOON_ABUSE_SEED").ok();
        let seed = seed.map_or(1, |text| {
            text.parse().expect("YOUSOON_ABUSE_SEED: a number")
        });
        let [in_parallel, mutated, guesses] = match std::env::var("YOUSOON_ABUSE").as_deref() {
            Ok("long") => [10_000, 10_000, 2_000],
            Ok(other) => panic!("YOUSOON_ABUSE is {other}, and can be long"),
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
