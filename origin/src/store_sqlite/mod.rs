//! TODO: what this module is.

pub mod audit;
pub mod cursor;
pub mod database;
pub mod error;
pub mod in_force;
pub mod log;
pub mod log_rows;
pub mod migrations;
pub mod outbox;
pub mod stores;
pub mod tables;
pub mod text;
