//! Numbers that are given out once each, in the order of commits.

use mongodb::{
    ClientSession,
    bson::{Document, doc},
    options::ReturnDocument,
};

use super::documents::id_number;
use crate::{database::MongoDb, error::MongoError};

pub const COUNTERS: &str = "counters";
/// Of the rows of the outbox.
pub const OUTBOX: &str = "outbox";
/// Of the rows of the audit.
pub const AUDIT: &str = "audit";

/// Takes the next `count` numbers of `name` in the transaction of `session`; gives the last of them.
/// Of two transactions that take some at once one is run again, so that numbers grow in the order of
/// commits. The counter is there since the migrations: of upserts that meet, Azure DocumentDB loses
/// some.
pub async fn take(
    db: &MongoDb,
    session: &mut ClientSession,
    name: &'static str,
    count: i64,
) -> Result<i64, MongoError> {
    let counted = db
        .collection::<Document>(COUNTERS)
        .find_one_and_update(doc! {"_id": name}, doc! {"$inc": {"value": count}})
        .return_document(ReturnDocument::After)
        .session(session)
        .await?;
    let counted = counted.ok_or_else(|| MongoError::corrupt("counter", &"it is not there"))?;
    id_number(&counted, "value")
}
