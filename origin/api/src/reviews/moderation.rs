//! Reports of reviews, and what administrators decide.

use async_graphql::{Context, Enum, ID, Object, Result};
use domain::{
    broken::Reading,
    reviews::{
        input,
        outcome::Reported,
        reports::{NewReport, Ruling, Verdict},
        rules::ReviewEdit,
        store::ReportedCursor,
    },
};

use super::{parsed, refuse, written};
use crate::{
    nodes::{
        directives::{CacheControlScope, cache_control},
        page::{cursor, page_size},
        review_case::{ReportReason, ReviewCaseConnection, ReviewCaseNode},
    },
    request::{
        attempts::{Attempt, count_attempt},
        context::{RequestContext, gone},
        errors::{broken, failed},
    },
};

/// What an administrator decides on a review.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum ReviewVerdict {
    /// It is shown, also if it was removed before.
    Keep,
    /// Only its author sees it, and is told why.
    Remove,
}

impl From<ReviewVerdict> for Verdict {
    fn from(verdict: ReviewVerdict) -> Self {
        match verdict {
            ReviewVerdict::Keep => Self::Keep,
            ReviewVerdict::Remove => Self::Remove,
        }
    }
}

#[derive(Debug, Default)]
pub struct ModerationQueries;

#[Object]
impl ModerationQueries {
    /// The reviews that wait for a decision because they were reported, or because their authors contest that
    /// they were removed (`removal.contest`); those that wait longest first; for administrators.
    #[graphql(directive = cache_control::apply(None, None, None, Some(CacheControlScope::Private)))]
    async fn reported_reviews(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "1 to 100; 20 if it is not given.")] first: Option<i32>,
        after: Option<String>,
    ) -> Result<ReviewCaseConnection> {
        let request = RequestContext::of(ctx);
        let after = cursor(after.as_deref(), ReportedCursor::decode)?;
        let has_previous_page = after.is_some();
        let read = request.services.reviews.reported(page_size(first)?, after);
        let page = request
            .services
            .observer
            .read("reviews.reported", read)
            .await;
        let page = page.map_err(failed)?;
        Ok(ReviewCaseConnection::new(page, has_previous_page))
    }
}

#[derive(Debug, Default)]
pub struct ModerationMutations;

#[Object]
impl ModerationMutations {
    /// Reports that a review breaks the rules: once for each user with a verified e-mail address, and once for
    /// the team of the partner that is reviewed. An administrator decides; until then the review stays as it
    /// is. A repeated call with the same reason and text returns true again.
    /// Refusals: `REVIEW_NOT_FOUND`, `REVIEW_IS_YOURS`, `ALREADY_REPORTED`, `EMAIL_NOT_VERIFIED`,
    /// `RATE_LIMITED`, `BAD_USER_INPUT`.
    async fn report_review(
        &self,
        ctx: &Context<'_>,
        id: ID,
        reason: ReportReason,
        #[graphql(desc = "At most 2000 characters, for administrators.")] text: Option<String>,
    ) -> Result<bool> {
        let request = RequestContext::of(ctx);
        let user = request.signed_in()?.id.clone();
        let mut reading = Reading::default();
        let text = reading.take(input::report(text.as_deref()));
        let text = reading.end(text).map_err(broken)?;
        let review = parsed(&id)?;
        request.with_verified_email().await?;
        count_attempt(request, Attempt::ReportReview(&user)).await?;
        let new = NewReport {
            review,
            user,
            reason: reason.into(),
            text,
        };
        let reported = request.services.reviews.report(new, request.now_ms).await;
        match reported.map_err(failed)? {
            Reported::NoAccount => Err(gone()),
            Reported::Refused(refusal) => Err(refuse(refusal)),
            Reported::Before | Reported::Done => Ok(true),
        }
    }

    /// Decides on a review, reported or not; for administrators, on nobody's own. `KEEP` shows it again if it
    /// was removed. The author of one that is removed is told `reason`; the audit has it always. One that is
    /// so already is returned as it is, unless its author contests the removal: then `REMOVE` keeps it removed
    /// and answers the author with `reason`, which another administrator does than the one who removed it. The
    /// author is told what became of a contest.
    /// Refusals: `REVIEW_NOT_FOUND`, `REVIEW_IS_YOURS`, `CONTEST_NEEDS_ANOTHER`, `BAD_USER_INPUT`.
    async fn decide_review(
        &self,
        ctx: &Context<'_>,
        id: ID,
        verdict: ReviewVerdict,
        #[graphql(desc = "3 to 500 characters on one line. The author reads it.")] reason: String,
    ) -> Result<ReviewCaseNode> {
        let request = RequestContext::of(ctx);
        let by = request.signed_in()?.id.clone();
        let mut reading = Reading::default();
        let reason = reading.take(input::reason(&reason));
        let reason = reading.end(reason).map_err(broken)?;
        let id = parsed(&id)?;
        let ruling = Ruling {
            by,
            actor: request.asker.caller.actor(),
            verdict: verdict.into(),
            reason,
        };
        let edit = ReviewEdit::Rule(ruling);
        let decided = request.services.reviews.change(&id, edit, request.now_ms);
        let review = written(request, decided.await.map_err(failed)?).await?;
        tracing::info!(
            actor = request.asker.caller.actor(),
            review = %review.id,
            ?verdict,
            "a review was decided on"
        );
        Ok(ReviewCaseNode(review))
    }
}
