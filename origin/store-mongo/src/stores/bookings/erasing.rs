//! The erasure of an account, in its transaction: its bookings stay for the partner's figures, and
//! lead to nobody.

use domain::{
    UserId,
    bookings::{booking::Step, rules, store::By},
};
use mongodb::{
    ClientSession,
    bson::{Document, doc},
};

use super::write;
use crate::{
    database::MongoDb,
    documents::object_id,
    error::MongoError,
    limits::SERVER_WITHIN,
    tables::{bookings as rows, collections::BOOKINGS},
};

/// Cancels what is open, at any time, and takes the user out of all bookings.
pub async fn erase(
    db: &MongoDb,
    session: &mut ClientSession,
    user: &UserId,
    now_ms: i64,
) -> Result<(), MongoError> {
    let bookings = db.collection::<Document>(BOOKINGS);
    let all = doc! {"userId": object_id(user)?};
    let mut found = bookings
        .find(doc! {"userId": object_id(user)?, "due": {"$exists": true}})
        .max_time(SERVER_WITHIN)
        .session(&mut *session)
        .await?;
    let mut open = Vec::new();
    while let Some(stored) = found.next(&mut *session).await {
        open.push(rows::booking(&stored?)?);
    }
    for before in open {
        if let Some(after) = rules::withdrawn(&before, now_ms) {
            let what = (Step::Cancel, By::Erasure);
            write::store(db, session, &before, &after, what, now_ms).await?;
        }
    }
    let nobody = doc! {"$unset": {"userId": "", "key": "", "open": ""}};
    bookings.update_many(all, nobody).session(session).await?;
    Ok(())
}
