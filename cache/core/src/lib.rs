//! The cache entry, the rule that says when it is valid, and what a purge does to it.
//!
//! Pure: no clock, no I/O, no randomness. Every tier (edge isolate, KV, a server's memory, Redis)
//! calls the same functions, natively and on `wasm32`, so all tiers decide alike.
//!
//! Reading order: [`revision`] and [`tip`] (positions in the purge log) → [`tag`] (what an answer depends on)
//! → [`log`] (a replica's copy of the log, and the one rule of coherence) → [`lifetime`] (age) →
//! [`entry`] (the stored frame) → [`verdict`] (serve, serve and refresh, or fetch) → [`variables`]
//! and [`key`] (the cache key) → [`geo`] (H3 cells and distances) and [`cursor`] → [`cache_control`] and [`cache_status`] (the
//! HTTP headers). [`allowance`] limits the requests that wait for a revision which a replica does
//! not have yet; [`heat`] knows which answers are asked for most; [`json`] reads JSON with little code.

pub mod allowance;
pub mod cache_control;
pub mod cache_status;
pub mod cursor;
pub mod entry;
pub mod geo;
pub mod heat;
pub mod json;
pub mod key;
pub mod lifetime;
pub mod log;
pub mod revision;
pub mod tag;
pub mod tip;
pub mod variables;
pub mod verdict;

pub use allowance::Allowance;
pub use cache_control::CacheControl;
pub use cache_status::{CacheStatus, ForwardReason};
pub use entry::{EntryHead, Frame, FrameError};
pub use heat::Heat;
pub use key::{CacheKey, KeyBuilder};
pub use lifetime::{Lifetime, Phase};
pub use log::{InvalidReason, LogCopy, PurgeKind, PurgeRecord, Validity};
pub use revision::{AsOf, LogId, Revision};
pub use tag::Tag;
pub use tip::{Digest, Tip};
pub use verdict::{FetchReason, Judge, StaleReason, Verdict};
