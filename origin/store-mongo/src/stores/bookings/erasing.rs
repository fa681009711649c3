//! The erasure of an account, in its transaction: its bookings stay for the partner's figures, and
//! name no user.

use domain::{
    UserId,
    bookings::{booking::Step, rules, store::By},
};
use mongodb::bson::doc;

use super::write;
use crate::{
    documents::object_id,
    error::MongoError,
    tables::{bookings as rows, collections::BOOKINGS},
    tx::Tx,
};

/// More open bookings than a user may have: all come with the first answer.
const MOST_OPEN: usize = 100;

/// Cancels what is open, at any time, and takes the user out of all bookings, also of those that
/// they checked in.
pub async fn erase(tx: &mut Tx, user: &UserId, now_ms: i64) -> Result<(), MongoError> {
    let user = object_id(user)?;
    let open = doc! {"userId": user, "due": {"$exists": true}};
    for stored in tx.find(BOOKINGS, open, None, MOST_OPEN).await? {
        let before = rows::booking(&stored)?;
        if let Some(after) = rules::withdrawn(&before, now_ms) {
            let what = (Step::Cancel, &By::Erasure);
            write::store(tx, &before, &after, what, now_ms).await?;
        }
    }
    let nobody = doc! {"$unset": {"userId": "", "key": "", "open": ""}};
    tx.update_many(BOOKINGS, doc! {"userId": user}, nobody)
        .await?;
    let (scanned, by_nobody) = (
        doc! {"checkedInBy": user},
        doc! {"$unset": {"checkedInBy": ""}},
    );
    tx.update_many(BOOKINGS, scanned, by_nobody).await?;
    Ok(())
}
