//! The MongoDB backend, for several servers: MongoDB 7 or 8 as a replica set, or Azure DocumentDB.
//!
//! Reading order: [`database`] (the handle) → [`connect`] and [`server`] (what the server can do) →
//! [`transaction`] and [`tx`] → [`migrations`] → [`tables`] → [`stores`]. [`queries`] lists every query with
//! its index.

pub mod backoff;
pub mod connect;
pub mod counters;
pub mod database;
pub mod documents;
pub mod error;
pub mod limits;
pub mod metrics;
pub mod migrations;
pub mod opening;
pub mod outbox;
pub mod queries;
pub mod server;
pub mod stores;
pub mod tables;
pub mod transaction;
pub mod tx;
pub mod url;
pub mod words;
