//! Tests of the index together with what others make of its answers.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod city;
mod day;
mod doors;
mod exact_lists;
