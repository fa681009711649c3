//! TODO: what this module is.

pub mod event;
pub mod subscriptions;
pub mod topic;
