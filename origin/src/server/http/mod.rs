//! TODO: what this module is.

pub mod answer;
pub mod body;
pub(crate) mod graphiql;
pub mod serve;
