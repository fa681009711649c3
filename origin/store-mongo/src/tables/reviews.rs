//! Documents of reviews.

pub mod erasing;
pub mod naming;
pub mod reports;

use domain::{
    BookingId, OfferId, PartnerId, ReviewId, UserId,
    reviews::{
        change::Change,
        review::{Contest, ContestAnswer, Removal, Reply, Review, Stars},
    },
};
use mongodb::bson::{DateTime, Document, doc};

use super::{queue, ratings};
use crate::{
    documents::{edit_of, id, moment_ms, object_id, optional, optional_text, whole},
    error::MongoError,
    outbox,
    tables::collections::REVIEWS,
    tx::Tx,
};

/// The fields that a change of a review may change.
const CHANGING: [&str; 17] = [
    "userId",
    "stars",
    "text",
    "author",
    "state",
    "key",
    "reply",
    "repliedAt",
    "removedAt",
    "removalReason",
    "removedBy",
    "reportedAt",
    "changedAt",
    "contest",
    "contestedAt",
    "contestAnswer",
    "contestAnsweredAt",
];

pub async fn one(tx: &mut Tx, filter: Document) -> Result<Option<Review>, MongoError> {
    let found = tx.find_one(REVIEWS, filter).await?;
    found.as_ref().map(read).transpose()
}

pub async fn by_id(tx: &mut Tx, of: &ReviewId) -> Result<Option<Review>, MongoError> {
    one(tx, doc! {"_id": object_id(of)?}).await
}

/// Writes what became of a review: its document and reports, the partner's rating, the purge, and what people
/// are told.
pub async fn store(tx: &mut Tx, change: &Change, now_ms: i64) -> Result<(), MongoError> {
    let Some(about) = change.review() else {
        return Ok(());
    };
    let this = doc! {"_id": object_id(&about.id)?};
    match (&change.before, &change.after) {
        (None, Some(after)) => tx.insert_one(REVIEWS, document(after)?).await?,
        (Some(_), Some(after)) => {
            let edit = edit_of(&document(after)?, &CHANGING);
            tx.update_one(REVIEWS, this, edit).await?;
        }
        (Some(_), None) => {
            tx.delete_one(REVIEWS, this).await?;
            reports::remove(tx, &about.id).await?;
        }
        (None, None) => {}
    }
    if change.decides_reports {
        reports::decide(tx, &about.id, now_ms).await?;
    }
    let mut rating = None;
    if change.counts()
        && let Some(before) = ratings::kept(tx, &about.partner).await?
        && let Some(after) = change.rating(before)
    {
        ratings::keep(tx, &about.partner, before, after).await?;
        rating = Some((before, after));
    }
    if let Some(purge) = change.purge(rating) {
        outbox::push(tx, &purge, now_ms).await?;
    }
    queue::push(tx, &change.tasks).await
}

fn document(review: &Review) -> Result<Document, MongoError> {
    let mut document = doc! {
        "_id": object_id(&review.id)?,
        "bookingId": object_id(&review.booking)?,
        "partnerId": object_id(&review.partner)?,
        "offerId": object_id(&review.offer)?,
        "stars": review.stars.number(),
        "visitedAt": DateTime::from_millis(review.visited_at_ms),
        "state": review.state().as_str(),
        "createdAt": DateTime::from_millis(review.created_at_ms),
        "changedAt": DateTime::from_millis(review.changed_at_ms),
    };
    if let Some(user) = &review.user {
        document.insert("userId", object_id(user)?);
    }
    let (reply, removal) = (review.reply.as_ref(), review.removal.as_ref());
    let contest = removal.and_then(|removal| removal.contest.as_ref());
    let answer = contest.and_then(|contest| contest.answer.as_ref());
    let texts = [
        ("text", review.text.as_ref()),
        ("author", review.author.as_ref()),
        ("key", review.idempotency_key.as_ref()),
        ("reply", reply.map(|reply| &reply.text)),
        ("removalReason", removal.map(|removal| &removal.reason)),
        ("contest", contest.map(|contest| &contest.text)),
        ("contestAnswer", answer.map(|answer| &answer.text)),
    ];
    for (field, text) in texts {
        if let Some(text) = text {
            document.insert(field, text);
        }
    }
    let moments = [
        ("repliedAt", reply.map(|reply| reply.at_ms)),
        ("removedAt", removal.map(|removal| removal.at_ms)),
        ("reportedAt", review.reported_at_ms),
        ("contestedAt", contest.map(|contest| contest.at_ms)),
        ("contestAnsweredAt", answer.map(|answer| answer.at_ms)),
    ];
    for (field, at_ms) in moments {
        if let Some(at_ms) = at_ms {
            document.insert(field, DateTime::from_millis(at_ms));
        }
    }
    if let Some(by) = removal.and_then(|removal| removal.by.as_ref()) {
        document.insert("removedBy", object_id(by)?);
    }
    Ok(document)
}

pub fn read(stored: &Document) -> Result<Review, MongoError> {
    let moment = |field: &'static str| optional(stored, field, |_| moment_ms(stored, field));
    let user = |field: &'static str| optional(stored, field, |_| id(stored, field, UserId::parse));
    let stars = whole(stored, "stars")?;
    let reply = optional_text(stored, "reply")?.zip(moment("repliedAt")?);
    let removal = moment("removedAt")?.zip(optional_text(stored, "removalReason")?);
    let by = user("removedBy")?;
    let answer = optional_text(stored, "contestAnswer")?.zip(moment("contestAnsweredAt")?);
    let contest = optional_text(stored, "contest")?.zip(moment("contestedAt")?);
    let contest = contest.map(|(text, at_ms)| Contest {
        text,
        at_ms,
        answer: answer.map(|(text, at_ms)| ContestAnswer { text, at_ms }),
    });
    Ok(Review {
        id: id(stored, "_id", ReviewId::parse)?,
        booking: id(stored, "bookingId", BookingId::parse)?,
        user: user("userId")?,
        partner: id(stored, "partnerId", PartnerId::parse)?,
        offer: id(stored, "offerId", OfferId::parse)?,
        stars: Stars::new(stars).ok_or_else(|| MongoError::corrupt("stars", &stars))?,
        text: optional_text(stored, "text")?,
        author: optional_text(stored, "author")?,
        visited_at_ms: moment_ms(stored, "visitedAt")?,
        idempotency_key: optional_text(stored, "key")?,
        reply: reply.map(|(text, at_ms)| Reply { text, at_ms }),
        removal: removal.map(|(at_ms, reason)| Removal {
            at_ms,
            reason,
            by,
            contest,
        }),
        reported_at_ms: moment("reportedAt")?,
        created_at_ms: moment_ms(stored, "createdAt")?,
        changed_at_ms: moment_ms(stored, "changedAt")?,
    })
}

#[cfg(test)]
mod tests {
    use domain::reviews::samples::review;

    use super::*;

    #[test]
    fn a_review_reads_back_with_everything_and_with_nothing() {
        let whole = Review {
            idempotency_key: Some("key".into()),
            reply: Some(Reply {
                text: "Merci".into(),
                at_ms: 1,
            }),
            removal: Some(Removal {
                at_ms: 2,
                reason: "Injures".into(),
                by: Some(UserId::derive("user", "admin")),
                contest: Some(Contest {
                    text: "C’est vrai".into(),
                    at_ms: 4,
                    answer: Some(ContestAnswer {
                        text: "Non".into(),
                        at_ms: 5,
                    }),
                }),
            }),
            reported_at_ms: Some(3),
            ..review()
        };
        let bare = Review {
            user: None,
            text: None,
            author: None,
            ..review()
        };
        for review in [whole, bare] {
            assert_eq!(read(&document(&review).unwrap()).unwrap(), review);
        }
    }
}
