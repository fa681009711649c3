//! How a document is executed: [`execute`] (position in the purge log first, then the reads),
//! [`cached`] (public documents, answered from the cache), and what async-graphql leaves to its
//! users ([`absent`] variables, [`order`] of fields).

pub mod absent;
pub mod cached;
pub mod execute;
pub mod executed;
pub mod order;
pub mod spellings;
