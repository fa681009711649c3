//! Who ends bookings: one document, taken for a while and renewed.

use mongodb::bson::{DateTime, Document, doc};

use crate::{database::MongoDb, error::MongoError};

const LEASES: &str = "leases";
const NAME: &str = "bookings";

pub(super) async fn take(
    db: &MongoDb,
    holder: &str,
    until_ms: i64,
    now_ms: i64,
) -> Result<bool, MongoError> {
    let leases = db.collection::<Document>(LEASES);
    let free = doc! {"_id": NAME, "$or": [
        {"holder": holder},
        {"until": {"$lte": DateTime::from_millis(now_ms)}},
    ]};
    let fields = doc! {"holder": holder, "until": DateTime::from_millis(until_ms)};
    let mut first = doc! {"_id": NAME};
    first.extend(fields.clone());
    let taken = db.run(async move {
        let update = doc! {"$set": fields};
        if leases.find_one_and_update(free, update).await?.is_none() {
            // Not an upsert: of two that meet, Azure DocumentDB would let both have it.
            leases.insert_one(first).await?;
        }
        Ok(())
    });
    match taken.await {
        Ok(()) => Ok(true),
        // Somebody's that has not expired.
        Err(error) if error.is_duplicate_key() => Ok(false),
        Err(error) => Err(error),
    }
}

pub(super) async fn give_back(db: &MongoDb, holder: &str) -> Result<(), MongoError> {
    let leases = db.collection::<Document>(LEASES);
    let mine = doc! {"_id": NAME, "holder": holder};
    let gone = db.run(async move {
        leases.delete_one(mine).await?;
        Ok(())
    });
    gone.await
}
