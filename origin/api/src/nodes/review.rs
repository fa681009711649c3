//! Reviews as everybody sees them. Nothing here depends on who asks: the answers are shared.

use async_graphql::{Enum, ID, Object, SimpleObject};
use domain::reviews::{
    rating::StarCounts,
    review::{Reply, Review},
    store::{self, ReviewCursor, ReviewPage},
};

use crate::nodes::{
    directives::cache_control,
    moment::{DateTime, timestamp},
    page::PageInfo,
};

/// The order of a partner's reviews.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Enum)]
#[graphql(remote = "store::ReviewOrder")]
pub enum ReviewOrder {
    #[default]
    Newest,
    /// Those with the most stars first, of these the newest.
    Highest,
    /// Those with the fewest stars first, of these the newest.
    Lowest,
}

/// What a partner answered to a review.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(directive = cache_control::apply(Some(86_400), None, None, None))]
pub struct ReviewReply {
    /// To be shown as text: it has no markup.
    text: String,
    /// When the partner answered first.
    created_at: DateTime,
}

impl From<&Reply> for ReviewReply {
    fn from(reply: &Reply) -> Self {
        Self {
            text: reply.text.clone(),
            created_at: timestamp(reply.at_ms),
        }
    }
}

/// A review of a partner, by a guest who was checked in there.
#[derive(Clone, Debug)]
pub struct ReviewNode(pub Review);

/// A guest's review of a visit.
#[Object(name = "Review", directive = cache_control::apply(Some(86_400), None, None, None))]
impl ReviewNode {
    async fn id(&self) -> ID {
        ID(self.0.id.to_string())
    }

    /// 1 to 5.
    async fn stars(&self) -> i32 {
        self.0.stars.number()
    }

    /// To be shown as text: it has no markup. Null if the guest gave stars only, or erased the account.
    async fn text(&self) -> Option<&str> {
        self.0.text.as_deref()
    }

    /// The guest's first name and the initial of the last name, such as `Ana P.`; null once the account was
    /// erased.
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

    /// When its author changed it last.
    async fn updated_at(&self) -> DateTime {
        timestamp(self.0.changed_at_ms)
    }

    /// What the partner answered.
    async fn reply(&self) -> Option<ReviewReply> {
        self.0.reply.as_ref().map(ReviewReply::from)
    }
}

/// A page of reviews.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(directive = cache_control::apply(Some(86_400), None, None, None))]
pub struct ReviewConnection {
    edges: Vec<ReviewEdge>,
    page_info: PageInfo,
}

/// A review in a list.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(directive = cache_control::apply(Some(86_400), None, None, None))]
pub struct ReviewEdge {
    cursor: String,
    node: ReviewNode,
}

impl ReviewConnection {
    pub fn new(page: ReviewPage, order: store::ReviewOrder, has_previous_page: bool) -> Self {
        let edge = |review: Review| ReviewEdge {
            cursor: ReviewCursor::of(&review).encode(order),
            node: ReviewNode(review),
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

/// How many reviews of a partner gave so many stars.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(directive = cache_control::apply(Some(86_400), None, None, None))]
pub struct RatingCount {
    /// 1 to 5.
    stars: i32,
    count: i32,
}

/// The counts of five stars to one.
pub fn distribution(counts: StarCounts) -> Vec<RatingCount> {
    let counts = (1..).zip(counts.counts());
    let mut all: Vec<RatingCount> = counts
        .map(|(stars, count)| RatingCount {
            stars,
            count: i32::try_from(count).unwrap_or(i32::MAX),
        })
        .collect();
    all.reverse();
    all
}
