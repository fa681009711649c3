//! Executing documents: [`execute`] (purge log position first, then the reads), [`cached`] (public
//! documents, answered from the cache), and what async-graphql does not handle ([`absent`]
//! variables, [`order`] of fields).

pub mod absent;
pub mod cached;
pub mod execute;
pub mod executed;
pub mod order;
pub mod spellings;
