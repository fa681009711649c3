//! Every decision of the edge, sans I/O: bytes, headers and `now` come in, decisions come out.
//!
//! In request order: [`route`] → [`plan`] (refuse, forward, or read through the cache) →
//! [`judge`] (serve, serve and refresh, or fetch) → [`admit`] (may the origin's answer be stored)
//! → [`answer`] (status and headers) and [`cors`] (whose pages may read). Beside it the purge feed: [`feed`] (what the Durable Object
//! accepts from origins and gives to isolates) and [`replica`] (an isolate's copy of the log),
//! [`signature`] (how origin and edge prove themselves to each other), [`proof`] (for whom the edge
//! asks), and [`explain`] (verdicts in words for people).

pub mod admit;
pub mod answer;
pub mod cors;
pub mod explain;
pub mod feed;
pub mod judge;
pub mod plan;
pub mod proof;
pub mod replica;
pub mod route;
pub mod signature;

/// The edge's name in `Cache-Status`.
pub const CACHE_NAME: &str = "yousoon-edge";

/// How old, in milliseconds, an isolate's copy of the purge log may be.
pub mod bounds {
    /// Older: refreshed beside the request.
    pub const REFRESH_MS: u64 = 500;
    /// Older: refreshed before the request is answered.
    pub const WAIT_FOR_REFRESH_MS: u64 = 1_000;
    /// Older: not trusted; the request goes to the origin.
    pub const DISTRUST_MS: u64 = 5_000;
}

/// The headers that origin and edge speak to each other.
pub mod header {
    /// `<log>:<revision>`; origin to edge.
    pub const AS_OF: &str = "yousoon-as-of";
    /// Every write that was committed longer ago than this, milliseconds, is in the answer; origin
    /// to edge. What the origin kept may be judged just now although it was made long ago.
    pub const SEEN_AGO: &str = "yousoon-seen-ago";
    /// Comma-separated tags; origin to edge.
    pub const CACHE_TAG: &str = "cache-tag";
    /// The revision that a mutation's purge got; origin to everybody.
    pub const REVISION: &str = "yousoon-revision";
    /// The revision that an answer must have seen; client to edge.
    pub const MIN_REVISION: &str = "yousoon-min-revision";
    /// The address of the client whose request is handed on; edge to origin, see [`crate::proof`].
    pub const CLIENT_IP: &str = "yousoon-client-ip";
    /// Proof of who sends, see [`crate::signature`].
    pub const SIGNATURE: &str = "yousoon-signature";
}
