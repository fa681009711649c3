//! The erasure of an account, in its transaction: stars stay for the partner's rating, and name nobody.

use domain::{UserId, reviews::change::erased};
use rusqlite::Transaction;

use super::{reports, select};
use crate::error::SqliteError;

/// Takes the person out of all reviews, and their reports away.
pub fn erase(tx: &Transaction<'_>, user: &UserId, now_ms: i64) -> Result<(), SqliteError> {
    for review in select(tx, "WHERE user_id = ?1", [user.as_str()])? {
        reports::remove(tx, &review.id)?;
        super::store(tx, &erased(review), now_ms)?;
    }
    let reported = reports::select(tx, "WHERE user_id = ?1", [user.as_str()])?;
    tx.prepare_cached("DELETE FROM review_reports WHERE user_id = ?1")?
        .execute([user.as_str()])?;
    for report in reported {
        // Nobody else may wait for a decision on it.
        tx.prepare_cached(
            "UPDATE reviews SET reported_at_ms = (SELECT MIN(at_ms) FROM review_reports
                WHERE review_id = ?1 AND decided_at_ms IS NULL)
             WHERE id = ?1",
        )?
        .execute([report.review.as_str()])?;
    }
    tx.prepare_cached("UPDATE reviews SET removed_by = NULL WHERE removed_by = ?1")?
        .execute([user.as_str()])?;
    Ok(())
}
