//! Yousoon's origin server. It serves the `api` crate over HTTP, WebSocket and event streams, and
//! stores data with one of the two store crates.
//!
//! Reading order: [`router`] (every route) → [`middleware`] (every layer, in request order) →
//! [`http`] (the steps of a GraphQL request) → [`live`] (subscriptions) → [`state`] (what all
//! requests share) → [`server`] (start, background tasks, graceful stop). [`config`] reads the
//! settings, [`database`] holds the stores of the chosen backend. For operators: [`admin`],
//! [`inspect`], [`metrics`], [`readiness`] and [`transfer`].

// An optimized build computes the layout of the future of each root field. They nest deeper than the
// compiler's own limit of 128.
#![recursion_limit = "256"]

pub mod admin;
pub mod admission;
pub mod bookings;
pub mod catalogue;
pub mod config;
pub mod connections;
mod console;
pub mod cors;
mod csv_file;
pub mod database;
pub mod documents;
pub mod error_page;
pub mod http;
pub mod importing;
pub mod inboxes;
pub mod inspect;
pub mod keys;
mod ledger;
pub mod live;
pub mod metrics;
pub mod middleware;
pub mod naming;
pub mod purges;
pub mod readiness;
pub mod router;
pub mod server;
pub mod state;
pub mod stats;
mod stats_csv;
pub mod telemetry;
pub mod texts;
pub mod transfer;
pub mod turns;
pub mod unsubscribe;
pub mod usage;
pub mod warming;
pub mod webhooks;
