//! Subscription fields: what a subscription is about ([`topic`]) and the events it receives
//! ([`event`]).

pub mod event;
pub mod subscriptions;
pub mod topic;
