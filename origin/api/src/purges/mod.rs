//! The `purge` mutation, its dry run, and what is made anew after it.

pub mod affected;
pub mod mutations;
pub mod warming;
