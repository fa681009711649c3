//! Subscriptions: [`operation`] runs a document when its subscription begins, and for each event.
//! [`answers`] executes it once for all subscribers who may see the same, and [`template`] writes the
//! distance of each into the answer. [`outcome`] is what a subscriber gets.

pub mod answers;
pub mod operation;
pub mod outcome;
mod template;
