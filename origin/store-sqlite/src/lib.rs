//! The embedded backend: SQLite, for one server with nothing to install.
//!
//! Reading order: [`database`] (connections) → [`migrations`] → [`tables`] (rows and single
//! statements) → [`stores`] (each block's transactions) → [`outbox`] and [`log`] (purges).

pub mod audit;
pub mod database;
pub mod error;
pub mod in_force;
pub mod log;
pub mod log_rows;
pub mod metrics;
pub mod migrations;
pub mod outbox;
pub mod stores;
pub mod tables;
