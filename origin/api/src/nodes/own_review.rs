//! A review as its author sees it.

use async_graphql::{Context, ID, Object, Result, SimpleObject};
use domain::reviews::{
    review::{Contest, Removal, Review},
    rules::WITHIN_MS,
    store::{ReviewCursor, ReviewOrder, ReviewPage},
};

use crate::{
    nodes::{
        directives::{CacheControlScope, cache_control},
        moment::{DateTime, timestamp},
        page::PageInfo,
        partner::{PartnerNode, no_partner},
        review::ReviewReply,
    },
    request::{context::RequestContext, errors::failed},
};

/// Why a review is shown to its author alone.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(directive = cache_control::apply(None, None, None, Some(CacheControlScope::Private)))]
pub struct ReviewRemoval {
    /// What the administrator wrote.
    reason: String,
    removed_at: DateTime,
    /// What the author says against it; null if it was not contested.
    contest: Option<ReviewContest>,
}

/// What the author of a removed review says against that. One that is upheld ends the removal.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(directive = cache_control::apply(None, None, None, Some(CacheControlScope::Private)))]
pub struct ReviewContest {
    text: String,
    created_at: DateTime,
    /// Why the review stays removed; null while nobody has decided.
    answer: Option<String>,
    answered_at: Option<DateTime>,
}

impl From<&Contest> for ReviewContest {
    fn from(contest: &Contest) -> Self {
        let answer = contest.answer.as_ref();
        Self {
            text: contest.text.clone(),
            created_at: timestamp(contest.at_ms),
            answer: answer.map(|answer| answer.text.clone()),
            answered_at: answer.map(|answer| timestamp(answer.at_ms)),
        }
    }
}

impl From<&Removal> for ReviewRemoval {
    fn from(removal: &Removal) -> Self {
        Self {
            reason: removal.reason.clone(),
            removed_at: timestamp(removal.at_ms),
            contest: removal.contest.as_ref().map(ReviewContest::from),
        }
    }
}

/// A review by the signed-in user.
#[derive(Clone, Debug)]
pub struct OwnReviewNode(pub Review);

/// A review as its author sees it.
#[Object(
    name = "MyReview",
    directive = cache_control::apply(None, None, None, Some(CacheControlScope::Private))
)]
impl OwnReviewNode {
    async fn id(&self) -> ID {
        ID(self.0.id.to_string())
    }

    /// The booking that is reviewed.
    async fn booking_id(&self) -> ID {
        ID(self.0.booking.to_string())
    }

    async fn partner(&self, ctx: &Context<'_>) -> Result<PartnerNode> {
        let loader = &RequestContext::of(ctx).loader;
        let found = loader.load_one(self.0.partner.clone()).await;
        found
            .map_err(failed)?
            .map(PartnerNode)
            .ok_or_else(no_partner)
    }

    /// 1 to 5.
    async fn stars(&self) -> i32 {
        self.0.stars.number()
    }

    async fn text(&self) -> Option<&str> {
        self.0.text.as_deref()
    }

    /// What others are told of its author.
    async fn author(&self) -> Option<&str> {
        self.0.author.as_deref()
    }

    /// The month of the visit in Europe/Paris, such as `2026-11`.
    async fn visited_at(&self) -> String {
        self.0.visited_in()
    }

    async fn created_at(&self) -> DateTime {
        timestamp(self.0.created_at_ms)
    }

    async fn updated_at(&self) -> DateTime {
        timestamp(self.0.changed_at_ms)
    }

    /// Until when `updateReview` changes it; null if it was removed, or if that time is over.
    async fn editable_until(&self, ctx: &Context<'_>) -> Option<DateTime> {
        let until_ms = self.0.visited_at_ms.saturating_add(WITHIN_MS);
        let is_editable = self.0.removal.is_none() && RequestContext::of(ctx).now_ms < until_ms;
        is_editable.then(|| timestamp(until_ms))
    }

    async fn reply(&self) -> Option<ReviewReply> {
        self.0.reply.as_ref().map(ReviewReply::from)
    }

    /// Not null if Yousoon removed it: then only its author sees it.
    async fn removal(&self) -> Option<ReviewRemoval> {
        self.0.removal.as_ref().map(ReviewRemoval::from)
    }
}

/// A page of the user's reviews.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(directive = cache_control::apply(None, None, None, Some(CacheControlScope::Private)))]
pub struct MyReviewConnection {
    edges: Vec<MyReviewEdge>,
    page_info: PageInfo,
}

/// A review in a list.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(directive = cache_control::apply(None, None, None, Some(CacheControlScope::Private)))]
pub struct MyReviewEdge {
    cursor: String,
    node: OwnReviewNode,
}

impl MyReviewConnection {
    pub fn new(page: ReviewPage, has_previous_page: bool) -> Self {
        let edge = |review: Review| MyReviewEdge {
            cursor: ReviewCursor::of(&review).encode(ReviewOrder::Newest),
            node: OwnReviewNode(review),
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
