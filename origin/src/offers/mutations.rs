//! Writes of offers in GraphQL: authorise, check the input, one store call, then its purge.

mod input;

use async_graphql::{Context, ID, Object, Result};
use pq_core::ErrorCode;

pub use input::{OfferScheduleInput, UpdateDiscountInput, UpdateOfferInput, UpdateQuotaInput};

use super::{
    resolvers::OfferNode,
    rules::BrokenRule,
    store::{Author, Purging, Updated},
};
use crate::{
    domain::OfferId,
    embedded::StoreError,
    graphql::{
        authorise::{self, About},
        context::RequestContext,
        errors::{failed, refused},
        loaders::forget_offers,
    },
    telemetry::chain,
};

#[derive(Debug, Default)]
pub struct OfferMutations;

#[Object]
impl OfferMutations {
    /// Changes an offer; for managers of its partner. Fields that are not given stay as they are;
    /// null clears `schedule`, `quota` and `discount.description`.
    async fn update_offer(
        &self,
        ctx: &Context<'_>,
        id: ID,
        input: UpdateOfferInput,
    ) -> Result<OfferNode> {
        const ACTION: &str = "updateOffer";
        let request = RequestContext::of(ctx);
        let edit = input.edit().map_err(broken)?;
        let id = OfferId::parse(&id).ok_or_else(not_found)?;
        authorise_for(request, &id).await?;
        let author = Author {
            actor: request.asker.caller.actor(),
            action: ACTION,
        };
        let write = request
            .state
            .offers
            .update(id, edit, author, request.now_ms);
        match write.await.map_err(failed)? {
            Updated::NotFound => Err(not_found()),
            Updated::Refused(rule) => Err(broken(rule)),
            Updated::Done(offer, purging) => {
                forget_offers(&request.loader);
                match purging {
                    Purging::Nothing => {}
                    Purging::Pending => purge(request).await,
                }
                Ok(OfferNode::from(*offer))
            }
        }
    }
}

/// Lets those of the offer's partner through. An offer stays its partner's: that it is looked up
/// before the write makes no difference.
async fn authorise_for(request: &RequestContext, id: &OfferId) -> Result<()> {
    let found = request.loader.load_one(id.clone()).await.map_err(failed)?;
    let offer = found.ok_or_else(not_found)?;
    let about = About::Partner(&offer.partner_id);
    authorise::field(&request.asker.caller, "Mutation", "updateOffer", about)
}

/// Moves the write's purge into the log, for its revision. The write is committed: if this fails
/// it is answered all the same, and a server's next question to the log moves the purge.
pub(crate) async fn purge(request: &RequestContext) {
    match drain(request).await {
        Ok(()) => {}
        Err(error) => tracing::error!(
            error = chain(&error),
            "a write is committed, its purge waits in the outbox"
        ),
    }
}

async fn drain(request: &RequestContext) -> std::result::Result<(), StoreError> {
    let drained = request.state.purge_log.drain_outbox(request.now_ms).await?;
    // None: the log cannot be reached, and every server will move the purge once it can.
    if let Some(revision) = drained {
        request.facts.purged(revision);
    }
    Ok(())
}

fn not_found() -> async_graphql::Error {
    refused(ErrorCode::OfferNotFound, "there is no offer with this id")
}

fn broken(rule: BrokenRule) -> async_graphql::Error {
    refused(ErrorCode::BadUserInput, rule.to_string())
}
