//! Which server does a job: one document per job, taken for a while and renewed.

use mongodb::bson::{DateTime, Document, doc};

use crate::{database::MongoDb, error::MongoError};

const LEASES: &str = "leases";
/// Ends bookings.
pub const BOOKINGS: &str = "bookings";
/// Deletes pictures that nobody needs.
pub const PICTURES: &str = "pictures";
/// Looks at payments, and compares the books.
pub const PAYMENTS: &str = "payments";

pub async fn take(
    db: &MongoDb,
    name: &str,
    holder: &str,
    until_ms: i64,
    now_ms: i64,
) -> Result<bool, MongoError> {
    let leases = db.collection::<Document>(LEASES);
    let free = doc! {"_id": name, "$or": [
        {"holder": holder},
        {"until": {"$lte": DateTime::from_millis(now_ms)}},
    ]};
    let fields = doc! {"holder": holder, "until": DateTime::from_millis(until_ms)};
    let mut first = doc! {"_id": name};
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

pub async fn give_back(db: &MongoDb, name: &str, holder: &str) -> Result<(), MongoError> {
    let leases = db.collection::<Document>(LEASES);
    let mine = doc! {"_id": name, "holder": holder};
    let gone = db.run(async move {
        leases.delete_one(mine).await?;
        Ok(())
    });
    gone.await
}
