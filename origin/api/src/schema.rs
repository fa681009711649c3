//! GraphQL: the schema, what a query gathers while it runs, and the way of a request.
//!
//! Reading order: [`serve`] (a request's steps) → [`spellings`] (what it was found to ask before) → [`cached`] (public documents) → [`execute`] → [`facts`] (what an answer depends
//! on) → [`answer`] (status and headers) → [`errors`]. Who may what is the table in `policy`, which
//! `authorise` asks. The fields themselves are in the blocks:
//! `offers::resolvers`, `offers::mutations`, `partners::resolvers`, `partners::mutations`, `purge::resolvers`.

use async_graphql::{MergedObject, MergedSubscription, SDLExportOptions};
use pq_core::limits;

use crate::{
    auth::{
        mutations::{AuthMutations, proofs::ProofMutations},
        queries::AuthQueries,
    },
    bookings::{mutations::BookingMutations, queries::BookingQueries},
    environment::Environment,
    live::subscriptions::Live,
    offers::{mutations::OfferMutations, queries::OfferQueries},
    partners::{mutations::PartnerMutations, queries::PartnerQueries},
    purges::mutations::PurgeMutations,
    stats::queries::StatsQueries,
    team::{mutations::TeamMutations, queries::TeamQueries},
    users::{mutations::UserMutations, queries::UserQueries},
};

#[derive(Debug, Default, MergedObject)]
pub struct Query(
    OfferQueries,
    PartnerQueries,
    BookingQueries,
    TeamQueries,
    StatsQueries,
    UserQueries,
    AuthQueries,
);

#[derive(Debug, Default, MergedObject)]
pub struct Mutation(
    PurgeMutations,
    OfferMutations,
    BookingMutations,
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
