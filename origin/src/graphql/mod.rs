//! GraphQL: the schema, what a query gathers while it runs, and the way of a request.
//!
//! Reading order: [`serve`] (a request's steps) → [`spellings`] (what it was found to ask before) → [`cached`] (public documents) → [`execute`] → [`facts`] (what an answer depends
//! on) → [`answer`] (status and headers) → [`errors`]. Who may what is the table in `policy`, which
//! `authorise` asks. The fields themselves are in the blocks:
//! `offers::resolvers`, `offers::mutations`, `partners::resolvers`, `partners::mutations`, `purge::resolvers`.

mod absent;
pub mod answer;
pub(crate) mod authorise;
pub mod body;
pub mod cached;
pub mod caller;
pub mod context;
pub mod directives;
pub mod errors;
pub mod execute;
pub mod facts;
pub(crate) mod graphiql;
pub(crate) mod language;
pub mod loaders;
pub(crate) mod moment;
pub mod order;
pub mod page;
pub mod place;
pub(crate) mod policy;
pub(crate) mod relaying;
pub mod serve;
pub mod spellings;
pub(crate) mod validation;

pub use cached::{Asked, Unstored};

use async_graphql::{MergedObject, MergedSubscription, SDLExportOptions};
use pq_core::limits;

use crate::{
    auth::{
        mutations::{AuthMutations, proofs::ProofMutations},
        resolvers::AuthQueries,
    },
    config::Environment,
    live::resolvers::Live,
    offers::{mutations::OfferMutations, resolvers::OfferQueries},
    outings::{mutations::OutingMutations, resolvers::OutingQueries},
    partners::{mutations::PartnerMutations, resolvers::PartnerQueries},
    purge::resolvers::PurgeMutations,
    stats::resolvers::StatsQueries,
    team::{mutations::TeamMutations, resolvers::TeamQueries},
    users::{mutations::UserMutations, resolvers::UserQueries},
};

#[derive(Debug, Default, MergedObject)]
pub struct Query(
    OfferQueries,
    PartnerQueries,
    OutingQueries,
    TeamQueries,
    StatsQueries,
    UserQueries,
    AuthQueries,
);

#[derive(Debug, Default, MergedObject)]
pub struct Mutation(
    PurgeMutations,
    OfferMutations,
    OutingMutations,
    PartnerMutations,
    TeamMutations,
    AuthMutations,
    ProofMutations,
    UserMutations,
);

#[derive(Debug, Default, MergedSubscription)]
pub struct Subscription(Live);

pub type Schema = async_graphql::Schema<Query, Mutation, Subscription>;

/// The schema; what a request needs comes with the request. Documents were measured before they
/// get here: these limits are the second look.
pub fn schema(environment: Environment) -> Schema {
    let depth = usize::try_from(limits::DOCUMENT.depth).unwrap_or(usize::MAX);
    let (query, mutation) = (Query::default(), Mutation::default());
    let schema = Schema::build(query, mutation, Subscription::default()).limit_depth(depth);
    match environment {
        Environment::Development => schema.finish(),
        Environment::Production => schema.disable_introspection().finish(),
    }
}

/// The schema as SDL, with our directives.
pub fn sdl() -> String {
    let options = SDLExportOptions::new()
        .use_space_ident()
        .prefer_single_line_descriptions();
    let mut sdl = schema(Environment::Development).sdl_with_options(options);
    if !sdl.ends_with('\n') {
        sdl.push('\n');
    }
    sdl
}
