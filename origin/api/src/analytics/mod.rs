//! Product events that apps report.

pub mod mutations;
