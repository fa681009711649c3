//! What an author is told of a review: that the partner answered, that Yousoon removed it, or what became of
//! a contest of that.

use super::review::Review;
use crate::{
    ReviewId, UserId,
    messages::kind::Channel,
    queue::{NewTask, Task, Work, notice::ReviewNotice},
};

/// Whether a notice still holds when it is sent.
pub const fn holds(notice: ReviewNotice, review: &Review) -> bool {
    match notice {
        ReviewNotice::Replied => review.reply.is_some() && review.removal.is_none(),
        ReviewNotice::Removed => review.removal.is_some(),
        // It is shown again, or stays removed for a reason. One that was removed anew meanwhile is told so.
        ReviewNotice::ContestAnswered => match &review.removal {
            None => true,
            Some(removal) => match &removal.contest {
                Some(contest) => contest.answer.is_some(),
                None => false,
            },
        },
    }
}

/// A partner that takes its reply back and answers again tells the author nothing new: the key is the
/// review's.
pub(super) fn of_reply(review: &Review, now_ms: i64) -> Option<NewTask> {
    let notice = ReviewNotice::Replied;
    review.reply.as_ref()?;
    let key = format!("{}:{}", notice.as_str(), review.id);
    task(notice, key, review, now_ms)
}

/// Each removal is told.
pub(super) fn of_removal(review: &Review, now_ms: i64) -> Option<NewTask> {
    let notice = ReviewNotice::Removed;
    let at_ms = review.removal.as_ref()?.at_ms;
    let key = format!("{}:{}:{at_ms}", notice.as_str(), review.id);
    task(notice, key, review, now_ms)
}

/// Each contest is answered once.
pub(super) fn of_contest(review: &Review, contested_at_ms: i64, now_ms: i64) -> Option<NewTask> {
    let notice = ReviewNotice::ContestAnswered;
    let key = format!("{}:{}:{contested_at_ms}", notice.as_str(), review.id);
    task(notice, key, review, now_ms)
}

fn task(notice: ReviewNotice, key: String, review: &Review, now_ms: i64) -> Option<NewTask> {
    let kind = notice.kind();
    let user = review.user.clone()?;
    Some(NewTask {
        key,
        lane: kind.lane(),
        person: Some(user.clone()),
        created_at_ms: now_ms,
        due_at_ms: now_ms,
        expires_at_ms: kind.worth_until(now_ms, None),
        work: Work::Review {
            notice,
            review: review.id.clone(),
            user,
            channel: None,
        },
    })
}

impl NewTask {
    /// The task that tells it by one channel; `first` is the task that found the channel.
    pub fn of_review(
        first: &Task,
        (notice, review, user): (ReviewNotice, &ReviewId, &UserId),
        channel: Channel,
        now_ms: i64,
    ) -> Self {
        let key = format!("{}:{}", first.key, channel.as_str());
        let work = Work::Review {
            notice,
            review: review.clone(),
            user: user.clone(),
            channel: Some(channel),
        };
        Self::part_of(first, key, Some(user), work, now_ms)
    }
}
