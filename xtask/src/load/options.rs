//! What `cargo xtask load` can be asked for.

#[derive(Debug, clap::Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "one for each switch of the command line"
)]
pub(crate) struct Options {
    /// 20 users for 15 s instead of 200 for 3 min.
    #[arg(long)]
    pub(super) short: bool,
    /// How many sample offers there are.
    #[arg(long, value_name = "N", default_value_t = 5000)]
    pub(super) offers: u32,
    /// Every kind of request, through the edge to two origins, instead of one list at one place.
    #[arg(long)]
    pub(super) all: bool,
    /// A day of the mix of --all in six minutes: prints the hit rate of each document at the edge.
    #[arg(long, conflicts_with_all = ["all", "restarts"])]
    pub(super) day: bool,
    /// 200 requests a second through the edge for a minute, while each of two origins is replaced
    /// twice: no request may fail.
    #[arg(long, conflicts_with = "all")]
    pub(super) restarts: bool,
    /// With --all: keep everything in this MongoDB instead of the embedded store.
    #[arg(long, value_name = "URL", requires = "all")]
    pub(super) mongodb_url: Option<String>,
    /// With --all: the p95 that each operation must stay below, in milliseconds, instead of 50. The
    /// other limits move with it.
    #[arg(long, value_name = "MS", requires = "all")]
    pub(super) limit_ms: Option<u32>,
}
