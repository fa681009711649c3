//! Numbers that are given out once each, in the order of commits: a transaction that takes one waits
//! for the transaction that took the one before. No request takes any.

use mongodb::bson::doc;

use super::documents::id_number;
use crate::{error::MongoError, tx::Tx};

pub const COUNTERS: &str = "counters";
/// Of the rows of the outbox, once. Programs that are older take their numbers from it.
pub const OUTBOX: &str = "outbox";
/// Of the rows of the audit that come from another database.
pub const AUDIT: &str = "audit";

/// Takes the next `count` numbers of `name` in this transaction; gives the last of them. Of two
/// transactions that take some at once one is run again, so that numbers grow in the order of commits.
/// The counter is there since the migrations: of upserts that meet, Azure DocumentDB loses some.
pub async fn take(tx: &mut Tx, name: &'static str, count: i64) -> Result<i64, MongoError> {
    let more = doc! {"$inc": {"value": count}};
    let counted = tx.find_one_and_update(COUNTERS, doc! {"_id": name}, more);
    let counted = counted.await?;
    let counted = counted.ok_or_else(|| MongoError::corrupt("counter", &"it is not there"))?;
    id_number(&counted, "value")
}
