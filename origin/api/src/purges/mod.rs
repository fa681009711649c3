//! The `purge` mutation and its dry run.

pub mod affected;
pub mod mutations;
