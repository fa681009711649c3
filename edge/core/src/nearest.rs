//! Lists by distance, answered exactly for every location from one shared answer for its cell.
//!
//! The edge asks the origin for a cell's *candidates*: the items nearest to the cell's centre, with their
//! positions ([`Candidates`]). The origin answers that every item nearer to the centre than some distance
//! D is among them. For a location that is at most ρ from the centre, every item nearer than D − ρ is
//! then known, so the first items are certain if the last of them is nearer than that. If they are not,
//! the edge looks at the candidates of a smaller cell ([`RESOLUTIONS`]), and in the end forwards the
//! request. The location itself never leaves the edge for a shared answer.
//!
//! [`reading`] decides what a request's list needs, [`list`] is the stored form of candidates and makes
//! a page of them.

pub mod list;
mod places;

use cache_core::variables::CanonicalVariables;
use pq_core::CachePolicy;
use pq_core::nearest::{Given, NearestRule};
use serde::{Deserialize, Serialize};

/// The H3 resolutions of the cells that have candidates, the largest cells first.
pub const RESOLUTIONS: [u8; 3] = [8, 9, 10];
/// The page sizes for which candidates are asked: the least that is enough. A request for a longer page
/// is forwarded.
pub const PAGES: [u32; 3] = [20, 50, 100];

/// What the origin adds to its answer for a cell, as `extensions.candidates`: what lists around
/// other locations are made of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Candidates {
    /// Every item of the list that is nearer to the location than this is in the answer, in kilometres.
    pub reach_km: f64,
    /// The byte that cursors of the list have after their version, see [`cache_core::cursor`].
    pub cursor_kind: u8,
    /// How many items every list in the cell has. Not there: as many as there are within its greatest
    /// distance.
    pub total: Option<Total>,
    /// For each item of the answer its latitude and longitude in degrees, and in hexadecimal its id: what
    /// ends its cursor, and what items at the same distance are sorted by.
    pub items: Vec<(f64, f64, String)>,
}

/// How many items a list has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Total {
    /// The number.
    pub count: u64,
    /// Whether it is exact.
    pub is_exact: bool,
}

/// What a client asks for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Asked {
    /// Latitude and longitude in degrees.
    pub location: (f64, f64),
    /// The size of the page.
    pub first: usize,
    /// The greatest distance of an item, in kilometres.
    pub within_km: f64,
}

impl Asked {
    /// The page size for which candidates are asked.
    pub fn page(&self) -> u32 {
        let is_enough = |page: &u32| *page as usize >= self.first;
        PAGES
            .into_iter()
            .find(is_enough)
            .unwrap_or(PAGES[PAGES.len() - 1])
    }
}

/// How a request's list depends on its location.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Reading {
    /// Not at all: there is no location, or no such list.
    AsGiven,
    /// It is answered for the centre of the cell, at every door: it shows neither distances nor what is
    /// sorted by them.
    Snapped,
    /// It is made of the cell's candidates.
    Exact(Asked),
    /// It depends on the exact location, and only the origin can answer it.
    Forwarded,
}

/// Decides how a request's list depends on its location. Edge and origin both ask this, so that both
/// give the same answer.
pub fn reading(policy: &CachePolicy, variables: &CanonicalVariables) -> Reading {
    let (Some(snap), Some(rule)) = (&policy.snap, &policy.nearest) else {
        return Reading::AsGiven;
    };
    let Some(location) = variables.location(&snap.path, &snap.lat, &snap.lng) else {
        return Reading::AsGiven;
    };
    let given = |given| Argument { given, variables };
    let order = given(&rule.order);
    let is_by_distance = !order.is_given() || order.is_text(&rule.by_distance);
    let shows_order = is_by_distance && rule.shows.items.is_some();
    if !shows_order && rule.shows.distances.is_empty() {
        return Reading::Snapped;
    }
    let is_other = rule.others.iter().any(|other| given(other).is_given());
    if !shows_order || is_other || rule.shows.whole_list {
        return Reading::Forwarded;
    }
    asked(rule, location, given).map_or(Reading::Forwarded, Reading::Exact)
}

/// None if the page is longer than those for which candidates are asked, or none that there can be.
fn asked<'a>(
    rule: &'a NearestRule,
    location: (f64, f64),
    given: impl Fn(&'a Given) -> Argument<'a>,
) -> Option<Asked> {
    let first = given(&rule.first).number(rule.default_first)?;
    let within_km = given(&rule.within).number(rule.default_within_km)?;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a whole number from 1 to the largest page"
    )]
    let first = (1.0..=f64::from(PAGES[PAGES.len() - 1]))
        .contains(&first)
        .then_some(first as usize)?;
    Some(Asked {
        location,
        first,
        within_km,
    })
}

/// An argument of the list, with a request's variables.
struct Argument<'a> {
    given: &'a Given,
    variables: &'a CanonicalVariables,
}

impl Argument<'_> {
    fn is_given(&self) -> bool {
        match self.given {
            Given::Absent => false,
            Given::Constant(_) => true,
            Given::Variable(path) => self.variables.has(path),
        }
    }

    fn is_text(&self, text: &str) -> bool {
        match self.given {
            Given::Absent => false,
            Given::Constant(value) => value.as_str() == Some(text),
            Given::Variable(path) => self.variables.text(path) == Some(text),
        }
    }

    /// The number; `default` if none is given, and none if it is something else.
    fn number(&self, default: u32) -> Option<f64> {
        if !self.is_given() {
            return Some(default.into());
        }
        match self.given {
            Given::Absent => None,
            Given::Constant(value) => value.as_f64(),
            Given::Variable(path) => self.variables.number(path),
        }
    }
}

#[cfg(test)]
mod tests;
