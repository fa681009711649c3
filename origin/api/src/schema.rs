//! The GraphQL schema: merges the fields of all blocks and exports the SDL.

use async_graphql::{MergedObject, MergedSubscription, SDLExportOptions, SchemaBuilder};
use pq_core::limits;

use crate::{
    analytics::mutations::AnalyticsMutations,
    auth::{
        mutations::{AuthMutations, proofs::ProofMutations},
        queries::AuthQueries,
    },
    bookings::{
        calendars::{CalendarMutations, CalendarQueries},
        mutations::BookingMutations,
        night::NightQueries,
        queries::BookingQueries,
        scans::ScanMutations,
        venue::VenueMutations,
        walk_ins::WalkInMutations,
    },
    environment::Environment,
    identity::{mutations::IdentityMutations, queries::IdentityQueries},
    live::subscriptions::Live,
    maps::queries::MapQueries,
    news::mutations::NewsMutations,
    notifications::{
        mutations::NotificationMutations,
        queries::NotificationQueries,
        templates::{TemplateMutations, TemplateQueries},
    },
    offers::{
        mapping::ClusterQueries, mutations::OfferMutations, queries::OfferQueries,
        searching::SearchQueries,
    },
    operators::{
        mutations::OperatorMutations,
        partners::{PartnerReviewMutations, PartnerReviewQueries},
        queries::OperatorQueries,
    },
    partners::{mutations::PartnerMutations, queries::PartnerQueries},
    payments::{mutations::PaymentMutations, queries::PaymentQueries},
    pictures::mutations::PictureMutations,
    purges::mutations::PurgeMutations,
    reviews::{
        moderation::{ModerationMutations, ModerationQueries},
        mutations::ReviewMutations,
        queries::ReviewQueries,
    },
    site::{cities::CityQueries, queries::SiteQueries},
    stats::queries::StatsQueries,
    team::{mutations::TeamMutations, queries::TeamQueries},
    users::{mutations::UserMutations, queries::UserQueries},
};

/// Root fields are grouped by those who mostly use them. Groups are small because the compiler nests one
/// future in another for each entry of a list.
#[derive(Debug, Default, MergedObject)]
pub struct Query(ForEverybody, ForAccounts, ForTeams, ForOperators);

#[derive(Debug, Default, MergedObject)]
pub struct ForOperators(
    ModerationQueries,
    OperatorQueries,
    PartnerReviewQueries,
    TemplateQueries,
);

#[derive(Debug, Default, MergedObject)]
pub struct ForEverybody(
    OfferQueries,
    ClusterQueries,
    SearchQueries,
    PartnerQueries,
    PublicPages,
);

#[derive(Debug, Default, MergedObject)]
pub struct PublicPages(ReviewQueries, MapQueries, SiteQueries, CityQueries);

#[derive(Debug, Default, MergedObject)]
pub struct ForAccounts(
    UserQueries,
    AuthQueries,
    NotificationQueries,
    IdentityQueries,
    Outings,
);

#[derive(Debug, Default, MergedObject)]
pub struct Outings(BookingQueries, CalendarQueries, PaymentQueries);

#[derive(Debug, Default, MergedObject)]
pub struct ForTeams(TeamQueries, StatsQueries, NightQueries);

/// Everything that changes something.
#[derive(Debug, Default, MergedObject)]
pub struct Mutation(ByAccounts, ByGuests, ByTeams, ByOperators);

#[derive(Debug, Default, MergedObject)]
pub struct ByOperators(
    ModerationMutations,
    OperatorMutations,
    PartnerReviewMutations,
    TemplateMutations,
    PurgeMutations,
);

#[derive(Debug, Default, MergedObject)]
pub struct ByAccounts(
    AuthMutations,
    ProofMutations,
    UserMutations,
    IdentityMutations,
    NotificationMutations,
    AnalyticsMutations,
);

#[derive(Debug, Default, MergedObject)]
pub struct ByGuests(
    BookingMutations,
    CalendarMutations,
    PaymentMutations,
    ReviewMutations,
);

#[derive(Debug, Default, MergedObject)]
pub struct ByTeams(
    OfferMutations,
    PartnerMutations,
    TeamMutations,
    PictureMutations,
    NewsMutations,
    AtTheVenue,
);

#[derive(Debug, Default, MergedObject)]
pub struct AtTheVenue(VenueMutations, ScanMutations, WalkInMutations);

/// Everything that is told as it happens.
#[derive(Debug, Default, MergedSubscription)]
pub struct Subscription(Live);

pub type Schema = async_graphql::Schema<Query, Mutation, Subscription>;

/// Builds the schema; data for a request comes with the request. Document limits were already
/// checked before execution; the depth limit here is a second check.
pub fn schema(environment: Environment) -> Schema {
    builder(environment).finish()
}

/// Like [`schema`], for those who add extensions.
pub fn builder(environment: Environment) -> SchemaBuilder<Query, Mutation, Subscription> {
    let depth = usize::try_from(limits::DOCUMENT.depth).unwrap_or(usize::MAX);
    let (query, mutation) = (Query::default(), Mutation::default());
    let schema = Schema::build(query, mutation, Subscription::default()).limit_depth(depth);
    match environment {
        Environment::Development => schema,
        Environment::Production => schema.disable_introspection(),
    }
}

/// The schema as SDL, including our directives.
pub fn sdl() -> String {
    let options = SDLExportOptions::new()
        .use_space_ident()
        .include_specified_by();
    let mut sdl = schema(Environment::Development).sdl_with_options(options);
    if !sdl.ends_with('\n') {
        sdl.push('\n');
    }
    sdl
}
