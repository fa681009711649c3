//! What is measured: servers under test, what they are asked, and how often.

#[derive(Debug, clap::Args)]
pub(crate) struct Turns {
    /// How often each contender is measured; the median counts.
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) rounds: u32,
    /// How long each measurement takes.
    #[arg(long, value_name = "SECONDS", default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) seconds: u32,
    /// How many connections ask at the same time.
    #[arg(long, value_name = "N", default_value_t = 32, value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) connections: u32,
}

/// A server under test.
#[derive(Debug)]
pub(crate) struct Contender {
    pub(crate) name: &'static str,
    pub(crate) label: &'static str,
    pub(crate) port: u16,
    /// How its answers show that they are what is to be measured.
    pub(crate) proof: Proof,
    /// What its line of the table says of it.
    pub(crate) comparison: Comparison,
}

/// How a contender's answers show where they came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Proof {
    /// `Cache-Status` says that it was a hit of this cache in this tier.
    Hit {
        cache: &'static str,
        tier: &'static str,
    },
    /// `X-Varnish` has two ids: this request's, and the one's that fetched the answer.
    Varnish,
    /// It tells on another port how often its resolvers were called: as often as when it was warmed.
    ResolverCalls { status_port: u16, warm: usize },
    /// There is nothing else that it could be.
    Obvious,
}

/// Requests per second of one contender as a multiple of another's.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Comparison {
    pub(crate) of: &'static str,
    pub(crate) over: &'static str,
    /// The target, if there is one.
    pub(crate) at_least: Option<f64>,
}

/// What is asked for, and the bytes that every contender must answer with.
#[derive(Debug)]
pub(crate) struct Workload(pub(crate) Vec<Asked>);

#[derive(Debug)]
pub(crate) struct Asked {
    /// With the query.
    pub(crate) path: String,
    pub(crate) body: String,
}
