//! The establishments that are named for a member of staff.

use async_graphql::{Context, Error, ID, Result};
use domain::{
    EstablishmentId,
    broken::{BrokenRule, Rule},
    partners::codes::ESTABLISHMENT_NOT_FOUND,
    sentence::Sentence,
    users::membership::{MOST_PLACES, Places, Post},
};

use crate::{
    nodes::partner::EstablishmentNode,
    request::{
        context::RequestContext,
        errors::{broken, failed, refused},
    },
};

const FIELD: &str = "establishmentIds";
const STAFF_ALONE: Rule = Rule::new(
    "STAFF_ALONE",
    "ne se donne que pour le personnel : les responsables et les propriétaires travaillent partout",
    "is for staff alone: managers and owners work at all establishments",
);
const COUNT: Rule = Rule::new(
    "LIST_LENGTH",
    "nomme de 1 à 100 établissements",
    "names 1 to 100 establishments",
);
const _: () = assert!(MOST_PLACES == 100, "the rule says it");

/// Reads the establishments that are given for a post; none is all of the partner. That they are the
/// partner's is checked where they are stored.
pub fn places(post: Post, given: Option<Vec<ID>>) -> Result<Places> {
    let Some(given) = given else {
        return Ok(Places::All);
    };
    let against = |rule: BrokenRule| broken(vec![rule.into()]);
    if post > Post::Staff {
        return Err(against(STAFF_ALONE.at(FIELD)));
    }
    if !(1..=MOST_PLACES).contains(&given.len()) {
        return Err(against(COUNT.at(FIELD)));
    }
    let ids = given.iter().map(|id| EstablishmentId::parse(id));
    let ids: Option<Vec<EstablishmentId>> = ids.collect();
    ids.map(Places::only).ok_or_else(no_place)
}

pub fn no_place() -> Error {
    refused(
        ESTABLISHMENT_NOT_FOUND,
        Sentence::new(
            "le partenaire n’a pas un tel établissement, ou il est archivé",
            "the partner has no such establishment, or it is archived",
        ),
    )
}

/// The establishments as the team sees them; none is all of the partner.
pub async fn shown(ctx: &Context<'_>, places: &Places) -> Result<Option<Vec<EstablishmentNode>>> {
    let Some(ids) = places.named() else {
        return Ok(None);
    };
    let loader = &RequestContext::of(ctx).loader;
    let mut found = loader
        .load_many(ids.iter().cloned())
        .await
        .map_err(failed)?;
    let found = ids.iter().filter_map(|id| found.remove(id));
    Ok(Some(found.map(EstablishmentNode).collect()))
}
