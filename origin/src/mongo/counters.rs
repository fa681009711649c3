//! Numbers that are given out once each, in the order of commits.

use mongodb::{
    ClientSession,
    bson::{Document, doc},
    options::ReturnDocument,
};

use super::MongoDb;
use crate::embedded::StoreError;

const COUNTERS: &str = "counters";

/// Takes the next `count` numbers of `name` in the transaction of `session`; gives the last of them.
/// Of two transactions that take some at once one is run again, so that numbers grow in the order of
/// commits. Two that take the first one may meet in the unique index instead: for
/// [`MongoDb::transaction_that_adds`].
pub(crate) async fn take(
    db: &MongoDb,
    session: &mut ClientSession,
    name: &'static str,
    count: i64,
) -> Result<i64, StoreError> {
    let counted = db
        .collection::<Document>(COUNTERS)
        .find_one_and_update(doc! {"_id": name}, doc! {"$inc": {"value": count}})
        .upsert(true)
        .return_document(ReturnDocument::After)
        .session(session)
        .await?;
    counted
        .unwrap_or_default()
        .get_i64("value")
        .map_err(|e| StoreError::corrupt("counter", &e))
}
