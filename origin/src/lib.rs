//! Yousoon's origin: GraphQL over HTTP, the stores behind it, and the purges that keep caches honest.

pub mod domain;
pub mod embedded;
pub mod import;
pub mod offers;
pub mod partners;
pub mod seed;
