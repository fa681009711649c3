//! Subscription fields: what a subscription is about ([`topic`]), the events it receives ([`event`]) and
//! what clients call these ([`position`]); [`memory`] is what a subscription keeps from event to event.

pub mod event;
pub mod memory;
pub mod position;
pub mod subscriptions;
pub mod topic;
