//! GraphQL over HTTP: a request's steps ([`serve`]), its answer ([`answer`], [`cached`]), its body.

pub mod answer;
pub mod body;
pub mod cached;
pub mod document;
pub(crate) mod graphiql;
pub mod reading;
pub mod serve;
