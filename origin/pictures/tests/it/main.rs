//! Pictures as people and attackers send them. Every file is made here, by code.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod anything;
mod making;
mod memory;
mod processing;
mod refusing;
