//! The origin over real HTTP: one binary, a database per test.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod accounts;
mod admin;
mod affected;
mod answers;
mod app;
mod asking;
mod booking;
mod bounding;
mod browsers;
mod caching;
mod commands;
mod completing;
mod docs;
mod draining;
mod executing;
mod explaining;
mod fixtures;
mod graphql_js;
mod hitting;
mod identifying;
mod limiting;
mod listing;
mod living;
mod loading;
mod losing;
mod maps;
mod measuring;
mod mongo;
mod notifying;
mod paying;
mod picturing;
mod publishing;
mod purging;
mod readiness;
mod refusals;
mod relaying;
mod repeating;
mod reporting;
mod roles;
mod schema;
mod stopping;
mod unsubscribing;
mod updating;
mod wording;
