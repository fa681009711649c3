//! The program's larger commands, how they print what they found, and the database of those that
//! open one.

pub(crate) mod access;
pub(crate) mod cache;
pub(crate) mod config;
pub(crate) mod database;
pub(crate) mod migrate;
pub(crate) mod print_audit;
pub(crate) mod purge;
pub(crate) mod server;
mod table;
pub(crate) mod transfer;
