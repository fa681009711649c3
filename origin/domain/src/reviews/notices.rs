//! What an author is told of a review: that the partner answered, or that Yousoon removed it.

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
