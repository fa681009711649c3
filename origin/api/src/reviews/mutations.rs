//! Mutations of reviews: of their authors, and of the partners that answer.

use async_graphql::{Context, ID, Object, Result};
use domain::{
    BookingId, ReviewId,
    broken::Reading,
    offers::store::Author,
    reviews::{
        input,
        outcome::Written,
        refusals::ReviewRefusal,
        rules::{NewReview, ReviewEdit},
    },
};

use super::{found, parsed, refuse, written};
use crate::{
    nodes::{own_review::OwnReviewNode, review::ReviewNode},
    request::{
        attempts::{Attempt, count_attempt, count_write},
        authorise::{self, About},
        context::RequestContext,
        errors::{broken, failed},
        idempotency,
    },
};

#[derive(Debug, Default)]
pub struct ReviewMutations;

#[Object]
impl ReviewMutations {
    /// Reviews a visit: a booking of the signed-in user that was checked in, once, within 30 days. A repeated
    /// call with the same `idempotencyKey`, or with the same stars and text, returns the same review.
    /// Refusals: `BOOKING_NOT_FOUND`, `BOOKING_NOT_CHECKED_IN`, `REVIEW_TOO_LATE`, `ALREADY_REVIEWED`,
    /// `REVIEW_REMOVED`, `REVIEW_OF_OWN_PARTNER`, `RATE_LIMITED`, `BAD_USER_INPUT`.
    async fn add_review(
        &self,
        ctx: &Context<'_>,
        booking_id: ID,
        #[graphql(desc = "1 to 5.")] stars: i32,
        #[graphql(desc = "At most 2000 characters of plain text, without links.")] text: Option<
            String,
        >,
        idempotency_key: Option<String>,
    ) -> Result<OwnReviewNode> {
        let request = RequestContext::of(ctx);
        let user = request.signed_in()?.id.clone();
        let (stars, text) = input::review(stars, text.as_deref()).map_err(broken)?;
        let idempotency_key = idempotency::key(idempotency_key)?;
        let booking = BookingId::parse(&booking_id);
        let booking = booking.ok_or_else(|| refuse(ReviewRefusal::NoBooking))?;
        count_attempt(request, Attempt::Review(&user)).await?;
        let new = NewReview {
            user,
            booking,
            stars,
            text,
            idempotency_key,
        };
        let added = request.services.reviews.add(new, request.now_ms).await;
        let review = written(request, added.map_err(failed)?).await?;
        Ok(OwnReviewNode(review))
    }

    /// Changes a review of the signed-in user, within 30 days of the visit. Without `text` it has stars only.
    /// Refusals: `REVIEW_NOT_FOUND`, `REVIEW_TOO_LATE`, `REVIEW_REMOVED`, `RATE_LIMITED`, `BAD_USER_INPUT`.
    async fn update_review(
        &self,
        ctx: &Context<'_>,
        id: ID,
        #[graphql(desc = "1 to 5.")] stars: i32,
        #[graphql(desc = "At most 2000 characters of plain text, without links.")] text: Option<
            String,
        >,
    ) -> Result<OwnReviewNode> {
        let request = RequestContext::of(ctx);
        let by = request.signed_in()?.id.clone();
        let (stars, text) = input::review(stars, text.as_deref()).map_err(broken)?;
        let id = parsed(&id)?;
        count_attempt(request, Attempt::Review(&by)).await?;
        let edit = ReviewEdit::Rewrite { by, stars, text };
        let changed = request.services.reviews.change(&id, edit, request.now_ms);
        let review = written(request, changed.await.map_err(failed)?).await?;
        Ok(OwnReviewNode(review))
    }

    /// Deletes a review of the signed-in user, with the partner's answer and its reports. False if there is no
    /// such review any more. Refusals: `REVIEW_NOT_FOUND`, `REVIEW_REMOVED`, `RATE_LIMITED`.
    async fn delete_review(&self, ctx: &Context<'_>, id: ID) -> Result<bool> {
        let request = RequestContext::of(ctx);
        let by = request.signed_in()?.id.clone();
        let Some(id) = ReviewId::parse(&id) else {
            return Ok(false);
        };
        count_attempt(request, Attempt::Review(&by)).await?;
        let store = &request.services.reviews;
        if store.by_id(&id).await.map_err(failed)?.is_none() {
            return Ok(false);
        }
        let deleted = store.change(&id, ReviewEdit::Delete { by }, request.now_ms);
        let deleted = deleted.await.map_err(failed)?;
        // Another request of the author may have deleted it meanwhile.
        if deleted == Written::Refused(ReviewRefusal::NotFound)
            && store.by_id(&id).await.map_err(failed)?.is_none()
        {
            return Ok(false);
        }
        written(request, deleted).await?;
        Ok(true)
    }

    /// Contests that a review of the signed-in user was removed, once for each removal; somebody else than the
    /// one who removed it looks at it again. A repeated call with the same text returns the same review.
    /// Refusals: `REVIEW_NOT_FOUND`, `REVIEW_NOT_REMOVED`, `ALREADY_CONTESTED`, `RATE_LIMITED`,
    /// `BAD_USER_INPUT`.
    async fn contest_removal(
        &self,
        ctx: &Context<'_>,
        review_id: ID,
        #[graphql(desc = "1 to 2000 characters, for administrators.")] text: String,
    ) -> Result<OwnReviewNode> {
        let request = RequestContext::of(ctx);
        let by = request.signed_in()?.id.clone();
        let mut reading = Reading::default();
        let text = reading.take(input::contest(&text));
        let text = reading.end(text).map_err(broken)?;
        let id = parsed(&review_id)?;
        count_attempt(request, Attempt::Review(&by)).await?;
        let edit = ReviewEdit::Contest { by, text };
        let contested = request.services.reviews.change(&id, edit, request.now_ms);
        let review = written(request, contested.await.map_err(failed)?).await?;
        Ok(OwnReviewNode(review))
    }

    /// Answers a review, or changes the answer; for the partner's managers. The guest is told of the first
    /// one. Refusals: `REVIEW_NOT_FOUND`, `RATE_LIMITED`, `BAD_USER_INPUT`.
    async fn reply_to_review(
        &self,
        ctx: &Context<'_>,
        id: ID,
        #[graphql(desc = "1 to 2000 characters of plain text, without links.")] text: String,
    ) -> Result<ReviewNode> {
        const ACTION: &str = "replyToReview";
        let request = RequestContext::of(ctx);
        let mut reading = Reading::default();
        let text = reading.take(input::reply(&text));
        let text = reading.end(text).map_err(broken)?;
        let author = author(request, ACTION, &id).await?;
        let edit = ReviewEdit::Reply { text, author };
        answered(request, &id, edit).await
    }

    /// Takes the answer to a review back; for the partner's managers. One without an answer is returned as it
    /// is. Refusals: `REVIEW_NOT_FOUND`, `RATE_LIMITED`.
    async fn remove_reply(&self, ctx: &Context<'_>, id: ID) -> Result<ReviewNode> {
        const ACTION: &str = "removeReply";
        let request = RequestContext::of(ctx);
        let author = author(request, ACTION, &id).await?;
        answered(request, &id, ReviewEdit::RemoveReply { author }).await
    }
}

/// Authorises the caller for the partner that is reviewed, which never changes, and counts the write.
async fn author(request: &RequestContext, action: &'static str, id: &ID) -> Result<Author> {
    let review = found(request, id).await?;
    let about = About::Partner(&review.partner);
    authorise::field(&request.asker.caller, "Mutation", action, about)?;
    count_write(request, Some(&review.partner)).await?;
    Ok(Author {
        actor: request.asker.caller.actor(),
        action,
    })
}

async fn answered(request: &RequestContext, id: &ID, edit: ReviewEdit) -> Result<ReviewNode> {
    let id = parsed(id)?;
    let changed = request.services.reviews.change(&id, edit, request.now_ms);
    let review = written(request, changed.await.map_err(failed)?).await?;
    Ok(ReviewNode(review))
}
