//! The providers' crates against the fakes: every answer, every report.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod events;
mod identity;
mod mailbox;
mod maps;
mod payments;
mod reports;
mod sending;
mod world;
