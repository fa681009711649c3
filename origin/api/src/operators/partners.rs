//! Partners that wait for an operator, and what operators decide about them.

use async_graphql::{Context, ID, Object, Result, SimpleObject};
use domain::{
    Partner, PartnerId,
    operators::deed::{Deed, NewDeed, Target},
    partners::{
        review::Decision,
        store::{Author, ToReviewCursor, ToReviewPage},
    },
};

use super::recording::{deed, given, required};
use crate::{
    nodes::{
        directives::{CacheControlScope, cache_control},
        page::{PageInfo, cursor, page_size},
        partner::{PartnerNode, no_partner, stands, stands_ended},
    },
    request::{
        attempts::{Attempt, count_attempt},
        context::RequestContext,
        errors::failed,
    },
};

/// Partners that wait for a decision, the oldest first.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(directive = cache_control::apply(None, None, None, Some(CacheControlScope::Private)))]
pub struct PartnerReviewConnection {
    edges: Vec<PartnerReviewEdge>,
    page_info: PageInfo,
}

/// A partner that waits for an operator's decision.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(directive = cache_control::apply(None, None, None, Some(CacheControlScope::Private)))]
pub struct PartnerReviewEdge {
    cursor: String,
    node: PartnerNode,
}

impl PartnerReviewConnection {
    fn new(page: ToReviewPage, has_previous_page: bool) -> Self {
        let edge = |partner: Partner| PartnerReviewEdge {
            cursor: ToReviewCursor::of(&partner).encode(),
            node: PartnerNode(partner),
        };
        let edges: Vec<_> = page.items.into_iter().map(edge).collect();
        Self {
            page_info: PageInfo {
                has_next_page: page.has_next_page,
                has_previous_page,
                ..PageInfo::between(edges.iter().map(|edge| &edge.cursor))
            },
            edges,
        }
    }
}

#[derive(Debug, Default)]
pub struct PartnerReviewQueries;

#[Object]
impl PartnerReviewQueries {
    /// The partners that wait for a decision, in the order in which they were submitted; for administrators.
    #[graphql(directive = cache_control::apply(None, None, None, Some(CacheControlScope::Private)))]
    async fn partners_to_review(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "1 to 100; 20 if it is not given.")] first: Option<i32>,
        after: Option<String>,
    ) -> Result<PartnerReviewConnection> {
        let request = RequestContext::of(ctx);
        let after = cursor(after.as_deref(), ToReviewCursor::decode)?;
        let has_previous_page = after.is_some();
        let read = request
            .services
            .partners
            .to_review(page_size(first)?, after);
        let read = request.services.observer.read("partners.to_review", read);
        let page = read.await.map_err(failed)?;
        Ok(PartnerReviewConnection::new(page, has_previous_page))
    }

    /// A partner in any status, also one that ended; null if there is none. For administrators.
    #[graphql(directive = cache_control::apply(None, None, None, Some(CacheControlScope::Private)))]
    async fn partner_for_operator(&self, ctx: &Context<'_>, id: ID) -> Result<Option<PartnerNode>> {
        let Some(id) = PartnerId::parse(&id) else {
            return Ok(None);
        };
        let found = RequestContext::of(ctx).loader.load_one(id).await;
        Ok(found.map_err(failed)?.map(PartnerNode))
    }
}

#[derive(Debug, Default)]
pub struct PartnerReviewMutations;

#[Object]
impl PartnerReviewMutations {
    /// Shows a partner that waits for a decision to the public; for administrators. Its owners are told, as
    /// of each decision. No two partners are approved with the same SIRET.
    /// Refusals: `PARTNER_NOT_FOUND`, `PARTNER_STATUS_CONFLICT`, `SIRET_TAKEN`, `BAD_USER_INPUT`.
    async fn approve_partner(
        &self,
        ctx: &Context<'_>,
        id: ID,
        #[graphql(desc = "For the audit: 3 to 300 characters on one line.")] reason: Option<String>,
    ) -> Result<PartnerNode> {
        let reason = given(reason)?;
        let what = (Deed::ApprovePartner, "approvePartner");
        decide(ctx, &id, Decision::Approve, what, reason).await
    }

    /// Gives a partner that waits for a decision back to its team, which changes what is wrong and submits it
    /// again; for administrators.
    /// Refusals: `PARTNER_NOT_FOUND`, `PARTNER_STATUS_CONFLICT`, `BAD_USER_INPUT`.
    async fn return_partner(
        &self,
        ctx: &Context<'_>,
        id: ID,
        #[graphql(desc = "For the partner's team: 3 to 300 characters on one line.")]
        reason: String,
    ) -> Result<PartnerNode> {
        let reason = required(&reason)?;
        let what = (Deed::ReturnPartner, "returnPartner");
        decide(ctx, &id, Decision::Return(reason.clone()), what, reason).await
    }

    /// Hides an approved partner from the public, with its offers: they are in no list and cannot be booked.
    /// Bookings that were made before stay usable. For administrators.
    /// Refusals: `PARTNER_NOT_FOUND`, `PARTNER_STATUS_CONFLICT`, `BAD_USER_INPUT`.
    async fn suspend_partner(
        &self,
        ctx: &Context<'_>,
        id: ID,
        #[graphql(desc = "For the partner's team: 3 to 300 characters on one line.")]
        reason: String,
    ) -> Result<PartnerNode> {
        let reason = required(&reason)?;
        let what = (Deed::SuspendPartner, "suspendPartner");
        decide(ctx, &id, Decision::Suspend(reason.clone()), what, reason).await
    }

    /// Ends a suspension; for administrators.
    /// Refusals: `PARTNER_NOT_FOUND`, `PARTNER_STATUS_CONFLICT`, `BAD_USER_INPUT`.
    async fn restore_partner(
        &self,
        ctx: &Context<'_>,
        id: ID,
        #[graphql(desc = "For the audit: 3 to 300 characters on one line.")] reason: Option<String>,
    ) -> Result<PartnerNode> {
        let reason = given(reason)?;
        let what = (Deed::RestorePartner, "restorePartner");
        decide(ctx, &id, Decision::Restore, what, reason).await
    }

    /// Ends a partner for good, as its owner may with `deletePartner`; for administrators. False if it had ended
    /// before.
    /// Refusals: `PARTNER_NOT_FOUND`, `BAD_USER_INPUT`.
    async fn delete_partner_for(
        &self,
        ctx: &Context<'_>,
        id: ID,
        #[graphql(desc = "3 to 300 characters on one line.")] reason: String,
    ) -> Result<bool> {
        let request = RequestContext::of(ctx);
        let reason = required(&reason)?;
        let what = (Deed::DeletePartner, "deletePartnerFor");
        let (id, deed, author) = recorded(request, &id, what, reason).await?;
        let operators = &request.services.operators;
        let ended = operators.end_partner(&id, deed, author, request.now_ms);
        stands_ended(request, ended.await.map_err(failed)?).await
    }
}

async fn decide(
    ctx: &Context<'_>,
    id: &ID,
    decision: Decision,
    what: (Deed, &'static str),
    reason: String,
) -> Result<PartnerNode> {
    let request = RequestContext::of(ctx);
    let (id, deed, author) = recorded(request, id, what, reason).await?;
    let operators = &request.services.operators;
    let decided = operators.decide(&id, decision, deed, author, request.now_ms);
    stands(request, decided.await.map_err(failed)?).await
}

/// The partner, and how the deed is recorded and purged. Counted, as all deeds are.
async fn recorded(
    request: &RequestContext,
    id: &ID,
    (what, action): (Deed, &'static str),
    reason: String,
) -> Result<(PartnerId, NewDeed, Author)> {
    let id = PartnerId::parse(id).ok_or_else(no_partner)?;
    count_attempt(request, Attempt::Operate(&request.signed_in()?.id)).await?;
    let deed = deed(request, what, Some(Target::partner(&id)), reason);
    let author = Author {
        actor: request.asker.caller.actor(),
        action,
    };
    Ok((id, deed, author))
}
