//! The mutation `purge`, and what a purge would affect.

pub mod affected;
pub mod mutations;
