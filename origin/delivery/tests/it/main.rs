//! What workers do with tasks.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod announcing;
mod delivering;
mod ending;
mod events;
mod receipts;
mod telling;
mod working;
mod world;
