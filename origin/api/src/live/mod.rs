//! The fields of subscriptions: what one waits for ([`topic`]) and what it is told ([`event`]).

pub mod event;
pub mod subscriptions;
pub mod topic;
