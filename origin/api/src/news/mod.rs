//! News that administrators write.

pub mod mutations;
