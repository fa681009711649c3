//! The program's larger commands, the printing of their results, and opening the database that a
//! command works on.

pub(crate) mod access;
pub(crate) mod audit;
pub(crate) mod cache;
pub(crate) mod config;
pub(crate) mod database;
pub(crate) mod doctor;
pub(crate) mod import;
pub(crate) mod manual;
pub(crate) mod migrate;
pub(crate) mod payments;
pub(crate) mod print_audit;
pub(crate) mod progress;
pub(crate) mod purge;
pub(crate) mod queue;
pub(crate) mod reviews;
pub(crate) mod server;
pub(crate) mod table;
pub(crate) mod transfer;
mod words;
