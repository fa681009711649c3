//! GraphQL over HTTP: a request's steps ([`serve`]), its answer ([`answer`], [`cached`]), its body.

pub mod answer;
pub mod body;
pub mod cached;
pub(crate) mod graphiql;
pub mod serve;
