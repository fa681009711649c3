//! Documents of reports.

use domain::{
    ReportId, ReviewId, UserId,
    reviews::reports::{Report, ReportReason, Reporter, Reporting},
};
use mongodb::bson::{DateTime, Document, doc};

use crate::{
    documents::{edit_of, id, moment_ms, object_id, optional, optional_text, word},
    error::MongoError,
    tables::collections::{REVIEW_REPORTS, REVIEWS},
    tx::Tx,
};

/// The fields that a new report of the same reporter changes.
const CHANGING: [&str; 5] = ["userId", "reason", "text", "at", "decidedAt"];

pub async fn by_id(tx: &mut Tx, of: &ReportId) -> Result<Option<Report>, MongoError> {
    let found = tx.find_one(REVIEW_REPORTS, doc! {"_id": object_id(of)?});
    found.await?.as_ref().map(read).transpose()
}

/// Stores a report, and that its review waits for a decision. `before` is the one with its id.
pub async fn put(
    tx: &mut Tx,
    before: Option<&Report>,
    reporting: &Reporting,
) -> Result<(), MongoError> {
    let report = &reporting.report;
    let stored = document(report)?;
    if before.is_some() {
        let this = doc! {"_id": object_id(&report.id)?};
        let edit = edit_of(&stored, &CHANGING);
        tx.update_one(REVIEW_REPORTS, this, edit).await?;
    } else {
        tx.insert_one(REVIEW_REPORTS, stored).await?;
    }
    let review = doc! {"_id": object_id(&report.review)?};
    let since = DateTime::from_millis(reporting.reported_at_ms);
    let waits = doc! {"$set": {"reportedAt": since}};
    tx.update_one(REVIEWS, review, waits).await?;
    Ok(())
}

/// The reports of a review that wait are decided.
pub async fn decide(tx: &mut Tx, review: &ReviewId, now_ms: i64) -> Result<(), MongoError> {
    let waiting = doc! {"reviewId": object_id(review)?, "decidedAt": {"$exists": false}};
    let decided = doc! {"$set": {"decidedAt": DateTime::from_millis(now_ms)}};
    tx.update_many(REVIEW_REPORTS, waiting, decided).await?;
    Ok(())
}

/// All reports of a review go.
pub async fn remove(tx: &mut Tx, review: &ReviewId) -> Result<(), MongoError> {
    let these = doc! {"reviewId": object_id(review)?};
    tx.delete_many(REVIEW_REPORTS, these).await?;
    Ok(())
}

fn document(report: &Report) -> Result<Document, MongoError> {
    let mut document = doc! {
        "_id": object_id(&report.id)?,
        "reviewId": object_id(&report.review)?,
        "reporter": report.reporter.as_str(),
        "reason": report.reason.as_str(),
        "at": DateTime::from_millis(report.at_ms),
    };
    if let Some(user) = &report.user {
        document.insert("userId", object_id(user)?);
    }
    if let Some(text) = &report.text {
        document.insert("text", text);
    }
    if let Some(at_ms) = report.decided_at_ms {
        document.insert("decidedAt", DateTime::from_millis(at_ms));
    }
    Ok(document)
}

pub fn read(stored: &Document) -> Result<Report, MongoError> {
    Ok(Report {
        id: id(stored, "_id", ReportId::parse)?,
        review: id(stored, "reviewId", ReviewId::parse)?,
        reporter: word(stored, "reporter", Reporter::parse)?,
        user: optional(stored, "userId", |_| id(stored, "userId", UserId::parse))?,
        reason: word(stored, "reason", ReportReason::parse)?,
        text: optional_text(stored, "text")?,
        at_ms: moment_ms(stored, "at")?,
        decided_at_ms: optional(stored, "decidedAt", |_| moment_ms(stored, "decidedAt"))?,
    })
}
