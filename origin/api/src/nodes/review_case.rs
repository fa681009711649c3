//! Reviews and reports, as administrators see them.

use async_graphql::{Context, Enum, ID, Object, Result, SimpleObject};
use domain::{
    UserId,
    reviews::{
        reports::{self, Report, Reporter},
        review::Review,
        store::{ReportedCursor, ReviewPage},
    },
};

use crate::{
    nodes::{
        directives::{CacheControlScope, cache_control},
        moment::{DateTime, timestamp},
        own_review::ReviewRemoval,
        page::PageInfo,
        partner::{PartnerNode, no_partner},
        review::ReviewNode,
        user::UserNode,
    },
    request::{context::RequestContext, errors::failed, review_loaders::ReportsOf},
};

/// Which rule a review is said to break.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "reports::ReportReason")]
pub enum ReportReason {
    /// It is against the law: hatred, threats, defamation.
    Illegal,
    Offensive,
    /// It tells of a person who did not agree to that.
    Private,
    Advertising,
    /// Its author was not there, or has an interest.
    Fake,
    /// It is about something else than the visit.
    OffTopic,
    Other,
}

/// A report that a review breaks the rules.
#[derive(Clone, Debug)]
pub struct ReportNode(Report);

/// Why somebody reported a review.
#[Object(
    name = "ReviewReport",
    directive = cache_control::apply(None, None, None, Some(CacheControlScope::Private))
)]
impl ReportNode {
    async fn id(&self) -> ID {
        ID(self.0.id.to_string())
    }

    async fn reason(&self) -> ReportReason {
        self.0.reason.into()
    }

    async fn text(&self) -> Option<&str> {
        self.0.text.as_deref()
    }

    /// Whether it is from the team of the partner that is reviewed.
    async fn by_partner(&self) -> bool {
        self.0.reporter == Reporter::Partner
    }

    /// Who reported it.
    async fn user(&self, ctx: &Context<'_>) -> Result<Option<UserNode>> {
        user(ctx, self.0.user.as_ref()).await
    }

    async fn created_at(&self) -> DateTime {
        timestamp(self.0.at_ms)
    }

    /// When an administrator decided on it; null while it waits.
    async fn decided_at(&self) -> Option<DateTime> {
        self.0.decided_at_ms.map(timestamp)
    }
}

/// A review on which administrators decide.
#[derive(Clone, Debug)]
pub struct ReviewCaseNode(pub Review);

/// A review that was reported, as operators see it.
#[Object(
    name = "ReviewCase",
    directive = cache_control::apply(None, None, None, Some(CacheControlScope::Private))
)]
impl ReviewCaseNode {
    async fn review(&self) -> ReviewNode {
        ReviewNode(self.0.clone())
    }

    /// Who wrote it; null once the account was erased.
    async fn author(&self, ctx: &Context<'_>) -> Result<Option<UserNode>> {
        user(ctx, self.0.user.as_ref()).await
    }

    async fn partner(&self, ctx: &Context<'_>) -> Result<PartnerNode> {
        let loader = &RequestContext::of(ctx).loader;
        let found = loader.load_one(self.0.partner.clone()).await;
        found
            .map_err(failed)?
            .map(PartnerNode)
            .ok_or_else(no_partner)
    }

    async fn booking_id(&self) -> ID {
        ID(self.0.booking.to_string())
    }

    /// Since when a report, or a contest of its removal, waits for a decision; null if none does.
    async fn reported_at(&self) -> Option<DateTime> {
        self.0.reported_at_ms.map(timestamp)
    }

    /// All reports of it, oldest first, also decided ones.
    async fn reports(&self, ctx: &Context<'_>) -> Result<Vec<ReportNode>> {
        let loader = &RequestContext::of(ctx).loader;
        let found = loader.load_one(ReportsOf(self.0.id.clone())).await;
        let found = found.map_err(failed)?.unwrap_or_default();
        Ok(found.into_iter().map(ReportNode).collect())
    }

    /// Not null if it was removed.
    async fn removal(&self) -> Option<ReviewRemoval> {
        self.0.removal.as_ref().map(ReviewRemoval::from)
    }

    /// The administrator who removed it; null once that account was erased.
    async fn removed_by(&self, ctx: &Context<'_>) -> Result<Option<UserNode>> {
        let removal = self.0.removal.as_ref();
        user(ctx, removal.and_then(|removal| removal.by.as_ref())).await
    }
}

async fn user(ctx: &Context<'_>, id: Option<&UserId>) -> Result<Option<UserNode>> {
    let Some(id) = id else {
        return Ok(None);
    };
    let found = RequestContext::of(ctx).loader.load_one(id.clone()).await;
    Ok(found.map_err(failed)?.map(UserNode::from))
}

/// A page of reported reviews.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(directive = cache_control::apply(None, None, None, Some(CacheControlScope::Private)))]
pub struct ReviewCaseConnection {
    edges: Vec<ReviewCaseEdge>,
    page_info: PageInfo,
}

/// A reported review in a list.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(directive = cache_control::apply(None, None, None, Some(CacheControlScope::Private)))]
pub struct ReviewCaseEdge {
    cursor: String,
    node: ReviewCaseNode,
}

impl ReviewCaseConnection {
    pub fn new(page: ReviewPage, has_previous_page: bool) -> Self {
        let edge = |review: Review| {
            // All of this list wait.
            let cursor = ReportedCursor::of(&review)?.encode();
            let node = ReviewCaseNode(review);
            Some(ReviewCaseEdge { cursor, node })
        };
        let edges: Vec<_> = page.items.into_iter().filter_map(edge).collect();
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
