//! The caches and their purge log: in virtual time among simulated surroundings, and with a real
//! Redis.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod insisting;
mod joining;
mod redis;
mod simulation;
