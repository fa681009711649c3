//! What the author of a review is told: that the partner answered, that it was removed and why, or what became
//! of a contest of that.

use std::slice;

use domain::{
    ReviewId, StoreError, UserId,
    messages::{
        kind::Channel,
        letter::{Letter, ReviewContestAnswered, ReviewRemoved, ReviewReplied},
    },
    queue::{NewTask, Task, notice::ReviewNotice},
    reviews::{notices::holds, review::Review},
    users::account::Account,
};

use crate::composing::{Composed, NO_ACCOUNT, Sources};

/// What is told, of which review, to whom.
pub(crate) type About<'a> = (ReviewNotice, &'a ReviewId, &'a UserId);

impl Sources {
    /// Finds the channels by which it is told, or says it by one.
    pub(crate) async fn review(
        &self,
        task: &Task,
        about: About<'_>,
        channel: Option<Channel>,
        now_ms: i64,
    ) -> Result<Composed, StoreError> {
        let (notice, id, user) = about;
        let Some(account) = self.active(user).await? else {
            return Ok(Composed::Needless(NO_ACCOUNT));
        };
        let found = self.reviews.by_id(id).await?;
        let Some(review) = found.filter(|review| review.is_of(user) && holds(notice, review))
        else {
            return Ok(Composed::Needless("the review has changed"));
        };
        let Some(letter) = self.review_letter(notice, &account, &review).await? else {
            return Ok(Composed::Needless("there is no such partner"));
        };
        let part = |channel| NewTask::of_review(task, about, channel, now_ms);
        let told = self.tell(task, (&account, letter), channel, now_ms, part);
        Ok(told.await?.or_needless())
    }

    /// None if the partner is gone.
    async fn review_letter(
        &self,
        notice: ReviewNotice,
        account: &Account,
        review: &Review,
    ) -> Result<Option<Letter>, StoreError> {
        let partners = slice::from_ref(&review.partner);
        let mut partners = self.partners.partners_by_ids(partners).await?;
        let Some(partner) = partners.remove(&review.partner) else {
            return Ok(None);
        };
        let (first_name, partner) = (account.first_name.clone(), partner.name);
        let booking = review.booking.clone();
        Ok(match (notice, &review.removal) {
            (ReviewNotice::Replied, _) => Some(Letter::ReviewReplied(ReviewReplied {
                first_name,
                partner,
                booking,
            })),
            (ReviewNotice::Removed, Some(removal)) => Some(Letter::ReviewRemoved(ReviewRemoved {
                first_name,
                partner,
                booking,
                reason: removal.reason.clone(),
            })),
            (ReviewNotice::Removed, None) => None,
            (ReviewNotice::ContestAnswered, removal) => {
                let contest = removal
                    .as_ref()
                    .and_then(|removal| removal.contest.as_ref());
                let answer = contest.and_then(|contest| contest.answer.as_ref());
                Some(Letter::ReviewContestAnswered(ReviewContestAnswered {
                    first_name,
                    partner,
                    booking,
                    answer: answer.map(|answer| answer.text.clone()),
                }))
            }
        })
    }
}
