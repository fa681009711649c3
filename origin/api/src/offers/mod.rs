//! Lists and details of offers, and how partners write them.

pub mod mutations;
pub mod queries;
