//! GraphQL over HTTP: the steps of a request ([`serve`]), its [`body`] and its answer ([`answer`],
//! [`cached`]).

pub mod answer;
pub mod body;
pub mod cached;
pub mod document;
pub mod file;
pub(crate) mod graphiql;
pub(crate) mod page;
pub mod reading;
pub mod serve;
