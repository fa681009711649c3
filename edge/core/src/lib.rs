//! Every decision of the edge, without I/O: bytes, headers and the current time come in, decisions
//! go out.
//!
//! In request order: [`route`] → [`plan`] (refuse, forward, or read through the cache), with [`nearest`] (lists by distance) and
//! [`partly`] (documents that are partly private) →
//! [`judge`] (serve, serve and refresh, or fetch) → [`limit`] (whether this client may make the edge ask the
//! origin) → [`admit`] (whether the origin's answer may be
//! stored) → [`answer`] (status and headers) and [`cors`] (which sites may read it); [`websocket`]
//! (handshakes that the origin does not answer). [`patience`] bounds how long a request waits for the
//! platform, and [`stored`] is the form of an answer in KV. The purge feed: [`feed`] (what the Durable Object
//! accepts from origins and gives to isolates) and [`replica`] (an isolate's copy of the log). Between
//! edge and origin: [`signature`] (how they authenticate each other), [`announced`]
//! (bodies that are checked before they are read), [`proof`] (on whose behalf the
//! edge sends a request), and [`explain`] (verdicts in words, for people). [`tally`] adds up what
//! became of requests, for metrics; [`usage`] counts requests by document and client; [`report`] turns the
//! edge's errors into events for Sentry.

pub mod admit;
pub mod announced;
pub mod answer;
pub mod cors;
pub mod explain;
pub mod feed;
pub mod judge;
pub mod limit;
pub mod nearest;
pub mod partly;
pub mod patience;
pub mod plan;
pub mod proof;
pub mod replica;
pub mod report;
pub mod route;
pub mod signature;
pub mod stored;
pub mod tally;
pub mod trace;
pub mod usage;
pub mod warming;
pub mod websocket;

/// The edge's name in `Cache-Status`.
pub const CACHE_NAME: &str = "yousoon-edge";

/// What happens when an isolate's copy of the purge log is older than these, in milliseconds.
pub mod bounds {
    /// An older copy is refreshed in the background.
    pub const REFRESH_MS: u64 = 500;
    /// An older copy is refreshed before the request is answered.
    pub const WAIT_FOR_REFRESH_MS: u64 = 1_000;
    /// An older copy is not trusted; the request goes to the origin.
    pub const DISTRUST_MS: u64 = 5_000;
}

/// The headers that origin, edge and clients send to each other.
pub mod header {
    /// Origin to edge: the answer's `as_of`, as `<log>:<revision>`.
    pub const AS_OF: &str = "yousoon-as-of";
    /// Origin to edge: the answer contains every write that was committed longer ago than this, in
    /// milliseconds. It differs from `Age`: an old answer of the origin's cache may have been found
    /// valid just now.
    pub const SEEN_AGO: &str = "yousoon-seen-ago";
    /// Origin to edge: a field failed on the origin's side, so a stored answer is better. The status
    /// does not say so: errors of fields are part of a result, which has status 200.
    pub const FAILED: &str = "yousoon-failed";
    /// Origin to edge: the answer's tags, separated by commas.
    pub const CACHE_TAG: &str = "cache-tag";
    /// Edge to origin: the answer is for making the lists of everybody in a cell of this H3 resolution,
    /// whose centre is the location; see [`crate::nearest`]. Ignored if nobody signed for the request.
    pub const CANDIDATES: &str = "yousoon-candidates";
    /// Origin to edge and client: the revision of a mutation's purge.
    pub const REVISION: &str = "yousoon-revision";
    /// Client to edge, edge to origin: the minimum revision that the answer must contain.
    pub const MIN_REVISION: &str = "yousoon-min-revision";
    /// Edge to origin: the IP address of the client whose request is forwarded, see
    /// [`crate::proof`].
    pub const CLIENT_IP: &str = "yousoon-client-ip";
    /// Between edge and origin: authenticates the sender, see [`crate::signature`].
    pub const SIGNATURE: &str = "yousoon-signature";
    /// Edge to origin: the edge's span of the trace, see [`crate::trace`].
    pub const SPAN: &str = "yousoon-edge-span";
    /// Edge to origin: nobody asks for the answer, the edge makes it anew in advance. So the origin does not
    /// count it as asked for.
    pub const WARMS: &str = "yousoon-warms";
    /// Origin to edge: announces the body of an append to the purge log, see [`crate::announced`].
    pub const BODY: &str = "yousoon-body";
}
