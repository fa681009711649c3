//! Tests of the caches and their purge log: in virtual time with a simulated database, log and
//! second tier, and with a real Redis.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod insisting;
mod joining;
mod redis;
mod simulation;
mod warming;
