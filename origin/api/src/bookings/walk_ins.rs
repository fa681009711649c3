//! Guests who come without a booking: `recordWalkIn`, and `undoWalkIn` for mistakes.

use async_graphql::{Context, ID, Object, Result, SimpleObject};
use domain::{
    OfferId, WalkInId,
    bookings::{
        party::PartySize,
        refusals::BookingRefusal,
        walk_in::{NewWalkIn, WalkIn, WalkInUndone, WalkedIn},
    },
};

use super::{mutations::changed, refuse};
use crate::{
    nodes::{
        directives::{CacheControlScope, cache_control},
        moment::{DateTime, timestamp},
        offer::OfferNode,
    },
    request::{
        attempts::{Attempt, count_attempt},
        authorise::{self, About},
        context::RequestContext,
        errors::{broken, failed},
        idempotency,
    },
};

/// People who came without a booking.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(name = "WalkIn", directive = cache_control::apply(None, None, None, Some(CacheControlScope::Private)))]
pub struct WalkInNode {
    id: ID,
    offer: OfferNode,
    party_size: i32,
    /// The day on which the night begins that they count in, such as 2026-10-25.
    night: String,
    at: DateTime,
}

#[derive(Debug, Default)]
pub struct WalkInMutations;

#[Object]
impl WalkInMutations {
    /// Records people who came without a booking, for an offer that is open; for the partner's staff. They
    /// take places of its quota, and count in the venue's figures. `partySize` is 1 to 20, and 1 if it is not
    /// given. A repeated call with the same `idempotencyKey` returns the same one.
    async fn record_walk_in(
        &self,
        ctx: &Context<'_>,
        offer_id: ID,
        party_size: Option<i32>,
        idempotency_key: Option<String>,
    ) -> Result<WalkInNode> {
        let request = RequestContext::of(ctx);
        let key = idempotency::key(idempotency_key)?;
        let party = party_size.map_or(Ok(PartySize::ONE), |people| {
            PartySize::read("partySize", people)
        });
        let party = party.map_err(|rule| broken(vec![rule.into()]))?;
        let not_found = || refuse(BookingRefusal::OfferNotFound);
        let offer = OfferId::parse(&offer_id).ok_or_else(not_found)?;
        let offer = request.loader.load_one(offer).await.map_err(failed)?;
        let offer = offer.ok_or_else(not_found)?;
        let about = About::Place {
            partner: &offer.partner_id,
            place: &offer.establishment_id,
        };
        authorise::field(&request.asker.caller, "Mutation", "recordWalkIn", about)?;
        count_attempt(request, Attempt::RecordWalkIn(&offer.partner_id)).await?;
        let new = NewWalkIn {
            id: key.map_or_else(
                || WalkInId::from_bytes(access::random::bytes()),
                |key| WalkInId::derive("recordWalkIn", &idempotency::seed(&offer.partner_id, &key)),
            ),
            offer: offer.id.clone(),
            party,
        };
        let bookings = &request.services.bookings;
        let recorded = bookings.record_walk_in(new, request.now_ms).await;
        match recorded.map_err(failed)? {
            WalkedIn::Refused(refusal) => Err(refuse(refusal)),
            // Who recorded it may have died before its purge was in the log.
            WalkedIn::Before(walk_in) | WalkedIn::Done(walk_in) => {
                changed(request).await;
                Ok(node(&walk_in, OfferNode::from(offer)))
            }
        }
    }

    /// Takes back people who were recorded by mistake, within five minutes; for the partner's staff. The
    /// places that they took are free again. False if there is no such record at the caller's partner, or
    /// not any more. Refusals: `CHECK_IN_UNDO_TOO_LATE`.
    async fn undo_walk_in(&self, ctx: &Context<'_>, id: ID) -> Result<bool> {
        let request = RequestContext::of(ctx);
        let Some(id) = WalkInId::parse(&id) else {
            return Ok(false);
        };
        let bookings = &request.services.bookings;
        let Some(walk_in) = bookings.walk_in(&id).await.map_err(failed)? else {
            return Ok(false);
        };
        let offer = walk_in.offer.clone();
        let Some(offer) = request.loader.load_one(offer).await.map_err(failed)? else {
            return Ok(false);
        };
        let about = About::Place {
            partner: &offer.partner_id,
            place: &offer.establishment_id,
        };
        if authorise::authorise(&request.asker.caller, "Mutation", "undoWalkIn", about).is_err() {
            return Ok(false);
        }
        let undone = bookings.undo_walk_in(&id, request.now_ms).await;
        match undone.map_err(failed)? {
            WalkInUndone::NotFound => Ok(false),
            WalkInUndone::Refused(refusal) => Err(refuse(refusal)),
            WalkInUndone::Done => {
                changed(request).await;
                Ok(true)
            }
        }
    }
}

fn node(walk_in: &WalkIn, offer: OfferNode) -> WalkInNode {
    WalkInNode {
        id: ID(walk_in.id.to_string()),
        offer,
        party_size: walk_in.party.people(),
        night: walk_in.night.to_string(),
        at: timestamp(walk_in.at_ms),
    }
}
