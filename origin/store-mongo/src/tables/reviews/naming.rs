//! A new name of an account, in the transaction that changes it: reviews show it.

use domain::{
    reviews::{change::renamed, review::byline},
    users::account::Account,
};
use mongodb::bson::doc;

use super::{read, store};
use crate::{documents::object_id, error::MongoError, tables::collections::REVIEWS, tx::Tx};

/// More than nearly everybody has: all come with the first answer.
const EXPECTED: usize = 100;

/// Shows the new name of an account with its reviews, if it has one.
pub async fn follow(
    tx: &mut Tx,
    before: &Account,
    after: &Account,
    now_ms: i64,
) -> Result<(), MongoError> {
    let name = |of: &Account| byline(&of.first_name, &of.last_name);
    let author = name(after);
    if author == name(before) {
        return Ok(());
    }
    let theirs = doc! {"userId": object_id(&after.id)?};
    for stored in tx.find(REVIEWS, theirs, None, EXPECTED).await? {
        if let Some(change) = renamed(read(&stored)?, &author) {
            store(tx, &change, now_ms).await?;
        }
    }
    Ok(())
}
