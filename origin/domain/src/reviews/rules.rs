//! Who may write, change and delete a review, and answer it. Reports and rulings are in
//! [`super::reports`].

use super::{
    change::{Audit, Change},
    notices,
    outcome::Written,
    refusals::ReviewRefusal,
    reports::{self, Ruling},
    review::{Contest, Removal, Reply, Review, Stars, byline, id_of},
};
use crate::{
    UserId,
    bookings::booking::{Booking, BookingStatus},
    offers::store::Author,
    users::account::Account,
};

const DAY_MS: i64 = 86_400_000;

/// How long after the check-in a review can be written and changed. Deleted it can be at any time.
pub const WITHIN_MS: i64 = 30 * DAY_MS;

/// The request for a new review.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewReview {
    pub user: UserId,
    pub booking: crate::BookingId,
    pub stars: Stars,
    pub text: Option<String>,
    pub idempotency_key: Option<String>,
}

/// What somebody does with a review that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReviewEdit {
    /// By its author.
    Rewrite {
        by: UserId,
        stars: Stars,
        text: Option<String>,
    },
    /// By its author.
    Delete { by: UserId },
    /// Says something against its removal; by its author.
    Contest { by: UserId, text: String },
    /// By its partner, whose right the caller has checked.
    Reply { text: String, author: Author },
    /// Takes the reply back; by its partner.
    RemoveReply { author: Author },
    /// By an administrator.
    Rule(Ruling),
}

impl ReviewEdit {
    /// The user who has to have an active account for it.
    pub const fn person(&self) -> Option<&UserId> {
        match self {
            Self::Rewrite { by, .. } | Self::Delete { by } | Self::Contest { by, .. } => Some(by),
            Self::Rule(ruling) => Some(&ruling.by),
            Self::Reply { .. } | Self::RemoveReply { .. } => None,
        }
    }
}

/// The moment from which on a booking can no longer be reviewed; none if it was not checked in.
pub fn until_ms(booking: &Booking) -> Option<i64> {
    let checked_in = booking.status == BookingStatus::CheckedIn;
    let at_ms = booking.checked_in_at_ms.filter(|_| checked_in)?;
    Some(at_ms.saturating_add(WITHIN_MS))
}

/// The review that a request asks for; an error is the answer of a request that stores nothing.
/// `before` is the booking's review.
pub fn add(
    new: &NewReview,
    account: &Account,
    booking: Option<&Booking>,
    before: Option<Review>,
    now_ms: i64,
) -> Result<Change, Written> {
    let booking = booking
        .filter(|booking| booking.user.as_ref() == Some(&new.user))
        .ok_or(ReviewRefusal::NoBooking)?;
    if let Some(before) = before {
        return Err(again(new, before));
    }
    let (until_ms, visited_at_ms) = until_ms(booking)
        .zip(booking.checked_in_at_ms)
        .ok_or(ReviewRefusal::NotCheckedIn)?;
    if account.works_for(&booking.partner) {
        return Err(ReviewRefusal::OwnPartner.into());
    }
    if now_ms >= until_ms {
        return Err(ReviewRefusal::TooLate.into());
    }
    let review = Review {
        id: id_of(&booking.id),
        booking: booking.id.clone(),
        user: Some(new.user.clone()),
        partner: booking.partner.clone(),
        offer: booking.offer.clone(),
        stars: new.stars,
        text: new.text.clone(),
        author: Some(byline(&account.first_name, &account.last_name)),
        visited_at_ms,
        idempotency_key: new.idempotency_key.clone(),
        reply: None,
        removal: None,
        reported_at_ms: None,
        created_at_ms: now_ms,
        changed_at_ms: now_ms,
    };
    Ok(Change {
        before: None,
        after: Some(review),
        decides_reports: false,
        audit: Audit::of_author("addReview"),
        tasks: Vec::new(),
    })
}

/// The answer to a request for a booking that has a review: that one, if an earlier request made it.
fn again(new: &NewReview, before: Review) -> Written {
    let has_key = new.idempotency_key.is_some() && new.idempotency_key == before.idempotency_key;
    let is_same = (new.stars, &new.text) == (before.stars, &before.text);
    if has_key || is_same {
        Written::Before(Box::new(before))
    } else if before.removal.is_some() {
        ReviewRefusal::Removed.into()
    } else {
        ReviewRefusal::AlreadyReviewed.into()
    }
}

/// What becomes of a review; an error is the answer of a request that stores nothing. `account` is that of
/// [`ReviewEdit::person`].
pub fn change(
    before: Option<Review>,
    edit: &ReviewEdit,
    account: Option<&Account>,
    now_ms: i64,
) -> Result<Change, Written> {
    let before = before.ok_or(ReviewRefusal::NotFound)?;
    match edit {
        ReviewEdit::Rewrite { by, stars, text } => {
            let before = of_author(before, by)?;
            if now_ms >= before.visited_at_ms.saturating_add(WITHIN_MS) {
                return Err(ReviewRefusal::TooLate.into());
            }
            let author = account.map(|account| byline(&account.first_name, &account.last_name));
            if (*stars, text) == (before.stars, &before.text) && author == before.author {
                return Err(Written::Before(Box::new(before)));
            }
            let after = Review {
                stars: *stars,
                text: text.clone(),
                author,
                changed_at_ms: now_ms,
                ..before.clone()
            };
            Ok(Change::of(
                before,
                Some(after),
                Audit::of_author("updateReview"),
            ))
        }
        ReviewEdit::Delete { by } => {
            let before = of_author(before, by)?;
            Ok(Change::of(before, None, Audit::of_author("deleteReview")))
        }
        ReviewEdit::Contest { by, text } => contest(before, by, text, now_ms),
        ReviewEdit::Reply { text, author } => reply(before, Some(text), author, now_ms),
        ReviewEdit::RemoveReply { author } => reply(before, None, author, now_ms),
        ReviewEdit::Rule(ruling) => reports::rule(before, ruling, now_ms),
    }
}

/// The review, if it is this user's and was not removed.
fn of_author(before: Review, by: &UserId) -> Result<Review, Written> {
    if !before.is_of(by) {
        Err(ReviewRefusal::NotFound.into())
    } else if before.removal.is_some() {
        Err(ReviewRefusal::Removed.into())
    } else {
        Ok(before)
    }
}

/// The removed review with what its author says against the removal: it waits for a decision.
fn contest(before: Review, by: &UserId, text: &str, now_ms: i64) -> Result<Change, Written> {
    if !before.is_of(by) {
        return Err(ReviewRefusal::NotFound.into());
    }
    let removal = before.removal.clone().ok_or(ReviewRefusal::NotRemoved)?;
    if let Some(contest) = &removal.contest {
        return Err(if contest.text == text {
            Written::Before(Box::new(before))
        } else {
            ReviewRefusal::AlreadyContested.into()
        });
    }
    let after = Review {
        removal: Some(Removal {
            contest: Some(Contest {
                text: text.to_owned(),
                at_ms: now_ms,
                answer: None,
            }),
            ..removal
        }),
        reported_at_ms: before.reported_at_ms.or(Some(now_ms)),
        ..before.clone()
    };
    let audit = Audit::of_author("contestRemoval");
    Ok(Change::of(before, Some(after), audit))
}

/// What the partner answers instead of what it answered before. To a guest whose account was erased nothing
/// is answered any more: it could name them.
fn reply(
    before: Review,
    text: Option<&String>,
    author: &Author,
    now_ms: i64,
) -> Result<Change, Written> {
    let is_nobodys = before.user.is_none() && text.is_some();
    if before.removal.is_some() || is_nobodys {
        return Err(ReviewRefusal::NotFound.into());
    }
    let at_ms = before.reply.as_ref().map_or(now_ms, |reply| reply.at_ms);
    let reply = text.map(|text| Reply {
        text: text.clone(),
        at_ms,
    });
    if reply == before.reply {
        return Err(Written::Before(Box::new(before)));
    }
    let is_first = before.reply.is_none();
    let after = Review {
        reply,
        ..before.clone()
    };
    let audit = Audit {
        reason: author.action.to_owned(),
        actor: author.actor.clone(),
        always: true,
    };
    let told = notices::of_reply(&after, now_ms).filter(|_| is_first);
    let mut change = Change::of(before, Some(after), audit);
    change.tasks.extend(told);
    Ok(change)
}

#[cfg(test)]
mod tests;
