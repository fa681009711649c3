//! Executing documents: [`execute`] (purge log position first, then the reads), [`cached`] (public
//! documents, answered from the cache), [`live`] (subscriptions), and what async-graphql does not do
//! as GraphQL says: [`absent`] variables, the merging of fields ([`collect`]), and nulls where fields
//! fail ([`complete`]).

pub mod absent;
pub mod cached;
pub mod collect;
pub mod complete;
pub mod execute;
pub mod executed;
pub mod live;
pub mod spellings;
