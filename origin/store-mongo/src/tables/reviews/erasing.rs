//! The erasure of an account, in its transaction: stars stay for the partner's rating, and name nobody.

use domain::{UserId, reviews::change::erased};
use mongodb::bson::{DateTime, Document, doc};

use super::{read, reports};
use crate::{
    documents::{id, object_id},
    error::MongoError,
    tables::collections::{REVIEW_REPORTS, REVIEWS},
    tx::Tx,
};

/// More than nearly everybody has: all come with the first answer.
const EXPECTED: usize = 100;

/// Takes the person out of all reviews, and their reports away.
pub async fn erase(tx: &mut Tx, user: &UserId, now_ms: i64) -> Result<(), MongoError> {
    let by = || Ok::<_, MongoError>(doc! {"userId": object_id(user)?});
    for stored in tx.find(REVIEWS, by()?, None, EXPECTED).await? {
        let review = read(&stored)?;
        reports::remove(tx, &review.id).await?;
        super::store(tx, &erased(review), now_ms).await?;
    }
    let about = Some(doc! {"reviewId": 1});
    let reported = tx.find(REVIEW_REPORTS, by()?, about, EXPECTED).await?;
    tx.delete_many(REVIEW_REPORTS, by()?).await?;
    for report in reported {
        wait(tx, &report).await?;
    }
    let (judged, by_nobody) = (
        doc! {"removedBy": object_id(user)?},
        doc! {"$unset": {"removedBy": ""}},
    );
    tx.update_many(REVIEWS, judged, by_nobody).await?;
    Ok(())
}

/// The review of a report that is gone waits for a decision as long as others do.
async fn wait(tx: &mut Tx, gone: &Document) -> Result<(), MongoError> {
    let review = object_id(&id(gone, "reviewId", domain::ReviewId::parse)?)?;
    let waiting = doc! {"reviewId": review, "decidedAt": {"$exists": false}};
    let order = doc! {"at": 1, "_id": 1};
    let first = tx.find_first(REVIEW_REPORTS, waiting, order, doc! {"at": 1}, 1);
    let edit = if let Some(first) = first.await?.first() {
        let since: DateTime = *first
            .get_datetime("at")
            .map_err(crate::documents::bad("at"))?;
        doc! {"$set": {"reportedAt": since}}
    } else {
        doc! {"$unset": {"reportedAt": ""}}
    };
    tx.update_one(REVIEWS, doc! {"_id": review}, edit).await?;
    Ok(())
}
