//! TODO: what this module is.

pub mod admin;
pub mod admission;
pub mod bookings;
pub mod catalogue;
pub mod config;
pub mod connections;
pub mod cors;
pub mod database;
pub mod documents;
pub mod error_page;
pub mod gateway;
pub mod http;
pub mod inspect;
pub mod keys;
pub mod live;
pub mod metrics;
pub mod middleware;
pub mod purges;
pub mod router;
pub mod server;
pub mod state;
pub mod stats;
pub mod telemetry;
pub mod transfer;
