//! TODO: what this module is.

pub mod backoff;
pub mod connect;
pub mod counters;
pub mod database;
pub mod documents;
pub mod error;
pub mod limits;
pub mod migrations;
pub mod opening;
pub mod outbox;
pub mod queries;
pub mod server;
pub mod stores;
pub mod tables;
pub mod transaction;
pub mod url;
pub mod words;
