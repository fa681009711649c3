//! Reviews: writing, answering, reporting and moderating them.

pub mod moderation;
pub mod mutations;
pub mod queries;

use async_graphql::{Error, ID, Result};
use domain::{
    ReviewId,
    offers::store::Purging,
    reviews::{outcome::Written, refusals::ReviewRefusal, review::Review},
};

use crate::request::{
    context::{RequestContext, gone},
    errors::{failed, refused},
    relaying::relay,
    review_loaders::forget_reviews,
};

/// Converts a store's refusal into a GraphQL error.
fn refuse(refusal: ReviewRefusal) -> Error {
    refused(refusal.code(), refusal.sentence())
}

fn parsed(id: &ID) -> Result<ReviewId> {
    ReviewId::parse(id).ok_or_else(|| refuse(ReviewRefusal::NotFound))
}

/// A review that is there, removed or not.
async fn found(request: &RequestContext, id: &ID) -> Result<Review> {
    let found = request.services.reviews.by_id(&parsed(id)?).await;
    found
        .map_err(failed)?
        .ok_or_else(|| refuse(ReviewRefusal::NotFound))
}

/// The review after a write, whose purge is relayed and whose tasks workers are told of.
async fn written(request: &RequestContext, outcome: Written) -> Result<Review> {
    match outcome {
        Written::NoAccount => Err(gone()),
        Written::Refused(refusal) => Err(refuse(refusal)),
        // Who wrote it may have died before its purge was in the log.
        Written::Before(review) | Written::Done(review) => {
            forget_reviews(&request.loader);
            request.services.queue_wake.send_replace(());
            relay(request, Purging::Pending).await;
            Ok(*review)
        }
    }
}
