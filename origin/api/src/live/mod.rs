//! Subscription fields: what a subscription is about ([`topic`]) and the events it receives
//! ([`event`]). [`operation`] runs the fields: when a subscription begins, and for each event.
//! [`answers`] executes a document once for all subscribers that get the same answer but for their
//! distance, which [`template`] fills in. [`outcome`] is what a subscriber gets.

pub mod answers;
pub mod event;
pub mod operation;
pub mod outcome;
pub mod subscriptions;
mod template;
pub mod topic;
