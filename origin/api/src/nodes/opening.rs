//! The openings of an offer that can be booked, and how many places each has left.

use std::{collections::HashMap, ops::Range};

use async_graphql::{Context, Result, SimpleObject};
use domain::{
    Offer,
    bookings::{
        rules::BOOKED_AHEAD_MS,
        window::{self, Opening},
    },
    broken::{Reading, Rule},
    tags,
    texts::MOMENT,
};

use crate::{
    nodes::{
        directives::cache_control,
        moment::{DateTime, Moment, timestamp},
    },
    request::{
        context::RequestContext,
        errors::{broken, failed},
        loaders::{RemainingOf, TakenOf},
    },
};

/// Maximum cache age of what is left: not every booking purges all answers that show an offer.
pub const LEFT_MAX_AGE_S: u32 = 5;
const LONGEST_MS: i64 = 31 * 24 * 3_600_000;
/// More openings than a schedule has in [`LONGEST_MS`].
const MOST: usize = 100;

const RANGE: Rule = Rule::new(
    "OPENINGS_RANGE",
    "est après `from`, de 31 jours au plus",
    "is after `from`, by at most 31 days",
);

/// A time at which an offer can be booked. Its `start` is what `createBooking` takes as `opening`.
#[derive(Clone, Copy, Debug, SimpleObject)]
#[graphql(name = "Opening", directive = cache_control::apply(Some(86_400), None, None, None))]
pub struct OpeningNode {
    start: DateTime,
    /// The end of the opening (exclusive).
    end: DateTime,
    /// How many people can still book; null: without limit.
    places_left: Option<i32>,
}

pub(super) async fn openings(
    ctx: &Context<'_>,
    offer: &Offer,
    from: Moment,
    to: Moment,
) -> Result<Vec<OpeningNode>> {
    let request = RequestContext::of(ctx);
    let time = range(from, to)?;
    let now_ms = request.now_ms;
    // Beside the directive: a document that was published under an older schema keeps the policy that
    // it was compiled to.
    request
        .facts
        .ends_at(now_ms + i64::from(LEFT_MAX_AGE_S) * 1_000, now_ms);
    request.facts.tag(tags::quota(&offer.id));
    if !window::is_bookable(offer, now_ms) {
        return Ok(Vec::new());
    }
    let can_be_booked = |opening: &Opening| {
        now_ms < opening.until_ms && opening.begins_ms <= now_ms.saturating_add(BOOKED_AHEAD_MS)
    };
    // Years of openings may be over: they are not gone through.
    let found: Vec<Opening> = window::openings(offer, time.start.max(now_ms)..time.end)
        .filter(can_be_booked)
        .take(MOST)
        .collect();
    let remaining = remaining(request, offer).await?;
    let mut taken = HashMap::new();
    if offer.limits.per_day.is_some() {
        let keys = found
            .iter()
            .map(|opening| TakenOf(offer.id.clone(), opening.night));
        taken = request.loader.load_many(keys).await.map_err(failed)?;
    }
    let node = |opening: Opening| {
        let key = TakenOf(offer.id.clone(), opening.night);
        let taken = taken.get(&key).copied().unwrap_or(0);
        OpeningNode {
            start: timestamp(opening.begins_ms),
            end: timestamp(opening.until_ms),
            places_left: window::places_left(remaining, offer.limits.per_day, taken),
        }
    };
    Ok(found.into_iter().map(node).collect())
}

/// What is left of the quota now; none: there is no quota.
async fn remaining(request: &RequestContext, offer: &Offer) -> Result<Option<i32>> {
    let Some(known) = offer.quota else {
        return Ok(None);
    };
    let key = RemainingOf(offer.id.clone());
    let found = request.loader.load_one(key).await.map_err(failed)?;
    // None: the quota was lifted between the two reads, and the answer is purged by that.
    Ok(Some(found.unwrap_or(known.remaining)))
}

fn range(Moment(from): Moment, Moment(to): Moment) -> Result<Range<i64>> {
    let mut reading = Reading::default();
    let from_ms = reading.take(from.ok_or(MOMENT.at("from")));
    let to_ms = reading.take(to.ok_or(MOMENT.at("to")));
    let is_good = (1..=LONGEST_MS).contains(&to_ms.saturating_sub(from_ms));
    // Where one of them is no moment that alone is named.
    if reading.is_good() && !is_good {
        reading.take::<()>(Err(RANGE.at("to")));
    }
    reading.end(from_ms..to_ms).map_err(broken)
}
