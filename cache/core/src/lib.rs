//! What a cached answer is, when it is valid, and what a purge does to it.
//!
//! Pure: no clock, no I/O, no randomness. Every tier (edge isolate, KV, pod memory, Redis) calls
//! the same functions, natively and on `wasm32`, so that every tier judges alike.
//!
//! Reading order: [`revision`] (positions in the purge log) → [`tag`] (what an answer depends on)
//! → [`log`] (a replica's copy of the log, and the one rule of coherence) → [`lifetime`] (age) →
//! [`entry`] (the stored frame) → [`verdict`] (serve it or not) → [`variables`] and [`key`] (what an entry is stored under) →
//! [`geo`] (H3 cells) → [`cache_control`] and [`cache_status`] (the HTTP words). [`allowance`] is what
//! bounds the requests that insist on more than a replica has.

pub mod allowance;
pub mod cache_control;
pub mod cache_status;
pub mod entry;
pub mod geo;
pub mod key;
pub mod lifetime;
pub mod log;
pub mod revision;
pub mod tag;
pub mod variables;
pub mod verdict;

pub use allowance::Allowance;
pub use cache_control::CacheControl;
pub use cache_status::{CacheStatus, ForwardReason};
pub use entry::{EntryHead, Frame, FrameError};
pub use key::{CacheKey, KeyBuilder};
pub use lifetime::{Lifetime, Phase};
pub use log::{InvalidReason, LogCopy, PurgeKind, PurgeRecord, Validity};
pub use revision::{AsOf, LogId, Revision};
pub use tag::Tag;
pub use verdict::{FetchReason, Judge, StaleReason, Verdict};
