//! Who applies migrations: one document, taken for a while and renewed.

use std::time::Duration;

use domain::StoreError;
use mongodb::bson::{DateTime, Document, doc, oid::ObjectId};
use tokio::time::Instant;

use super::collection;
use crate::{backoff::Backoff, database::MongoDb, error::MongoError};

const ID: &str = "lease";
/// How long after its last renewal a lease counts as left behind.
const LEASE: Duration = Duration::from_secs(30);
const RENEW_EVERY: Duration = Duration::from_secs(5);
/// How long to wait for another one that does renew it.
const WAIT_AT_MOST: Duration = Duration::from_mins(10);
const FIRST_WAIT: Duration = Duration::from_millis(50);
const LONGEST_WAIT: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub(super) struct Lease {
    db: MongoDb,
    holder: ObjectId,
}

impl Lease {
    /// Waits until nobody else has it, and takes it.
    pub(super) async fn take(db: &MongoDb) -> Result<Self, MongoError> {
        let lease = Self {
            db: db.clone(),
            holder: ObjectId::new(),
        };
        let began = Instant::now();
        let mut backoff = Backoff::new(FIRST_WAIT, LONGEST_WAIT);
        while !lease.try_take().await? {
            if began.elapsed() > WAIT_AT_MOST {
                let why = "another process has been migrating the database for too long";
                return Err(StoreError::Busy(why.to_owned()).into());
            }
            tokio::time::sleep(backoff.wait()).await;
        }
        Ok(lease)
    }

    async fn try_take(&self) -> Result<bool, MongoError> {
        let expired = doc! {"_id": ID, "until": {"$lt": DateTime::now()}};
        let (all, update) = (collection(&self.db), doc! {"$set": self.fields()});
        let mut first = doc! {"_id": ID};
        first.extend(self.fields());
        let taken = self.db.run(async move {
            if all.find_one_and_update(expired, update).await?.is_none() {
                // Not an upsert: of two that meet, Azure DocumentDB would let both have it.
                all.insert_one(first).await?;
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

    fn fields(&self) -> Document {
        let until =
            DateTime::now().timestamp_millis() + i64::try_from(LEASE.as_millis()).unwrap_or(0);
        doc! {"holder": self.holder, "until": DateTime::from_millis(until)}
    }

    /// Renews it again and again; returns when it is somebody else's, or cannot be renewed.
    pub(super) async fn keep(&self) -> MongoError {
        loop {
            tokio::time::sleep(RENEW_EVERY).await;
            let (all, update) = (collection(&self.db), doc! {"$set": self.fields()});
            let mine = doc! {"_id": ID, "holder": self.holder};
            let renewed = self
                .db
                .run(async move { Ok(all.update_one(mine, update).await?.matched_count) });
            match renewed.await {
                Ok(0) => {
                    return StoreError::Busy("another process took the migration over".to_owned())
                        .into();
                }
                Ok(_) => {}
                Err(error) => return error,
            }
        }
    }

    /// Lets the next one in at once; if that fails, it expires.
    pub(super) async fn give_back(self) {
        let all = collection(&self.db);
        let mine = doc! {"_id": ID, "holder": self.holder};
        let gone = self.db.run(async move {
            all.delete_one(mine).await?;
            Ok(())
        });
        if let Err(error) = gone.await {
            tracing::warn!("the lease of the migrations was not given back: {error}");
        }
    }
}
