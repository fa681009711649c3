//! A new name of an account, in the transaction that changes it: reviews show it.

use domain::{
    reviews::{change::renamed, review::byline},
    users::account::Account,
};
use rusqlite::Transaction;

use super::{select, store};
use crate::error::SqliteError;

/// Shows the new name of an account with its reviews, if it has one.
pub fn follow(
    tx: &Transaction<'_>,
    before: &Account,
    after: &Account,
    now_ms: i64,
) -> Result<(), SqliteError> {
    let name = |of: &Account| byline(&of.first_name, &of.last_name);
    let author = name(after);
    if author == name(before) {
        return Ok(());
    }
    for review in select(tx, "WHERE user_id = ?1", [after.id.as_str()])? {
        if let Some(change) = renamed(review, &author) {
            store(tx, &change, now_ms)?;
        }
    }
    Ok(())
}
