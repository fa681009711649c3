//! Which addresses can be reached, in MongoDB. The queries are in `crate::queries`.

use async_trait::async_trait;
use domain::{
    StoreError,
    messages::{
        kind::Channel,
        reach::{AddressHash, Barrier, Reach, ReachStore},
    },
};
use mongodb::bson::{DateTime, Document, doc};

use crate::{
    database::MongoDb,
    documents::{moment_ms, optional, word},
    limits::SERVER_WITHIN,
    tables::collections::REACH,
};

/// The addresses of a MongoDB database.
#[derive(Clone, Debug)]
pub struct MongoReach {
    db: MongoDb,
}

impl MongoReach {
    pub const fn new(db: MongoDb) -> Self {
        Self { db }
    }
}

#[async_trait]
impl ReachStore for MongoReach {
    async fn note(&self, reach: Reach) -> Result<(), StoreError> {
        let noted = self.db.transaction_that_adds(move |tx| {
            let reach = reach.clone();
            Box::pin(async move {
                let this = doc! {"_id": key(reach.channel, &reach.address)};
                let known = tx.find_one(REACH, this.clone()).await?;
                if let Some(known) = &known {
                    if moment_ms(known, "at")? > reach.at_ms {
                        return Ok(());
                    }
                    let at = DateTime::from_millis(reach.at_ms);
                    let mut edit = doc! {"$set": {"at": at}};
                    if let Some(barrier) = reach.barrier {
                        edit.insert("$set", doc! {"at": at, "barrier": barrier.as_str()});
                    } else {
                        edit.insert("$unset", doc! {"barrier": ""});
                    }
                    tx.update_one(REACH, this, edit).await?;
                    return Ok(());
                }
                tx.insert_one(REACH, document(&reach)).await
            })
        });
        Ok(noted.await?)
    }

    async fn barrier(
        &self,
        channel: Channel,
        address: &AddressHash,
    ) -> Result<Option<Barrier>, StoreError> {
        let all = self.db.collection::<Document>(REACH);
        let this = doc! {"_id": key(channel, address)};
        let found = self
            .db
            .run(async move { Ok(all.find_one(this).max_time(SERVER_WITHIN).await?) });
        let Some(found) = found.await? else {
            return Ok(None);
        };
        let barrier = optional(&found, "barrier", |_| {
            word(&found, "barrier", Barrier::parse)
        });
        Ok(barrier?)
    }
}

fn key(channel: Channel, address: &AddressHash) -> String {
    format!("{}:{}", channel.as_str(), address.as_str())
}

fn document(reach: &Reach) -> Document {
    let mut document = doc! {
        "_id": key(reach.channel, &reach.address),
        "channel": reach.channel.as_str(),
        "address": reach.address.as_str(),
        "at": DateTime::from_millis(reach.at_ms),
    };
    if let Some(barrier) = reach.barrier {
        document.insert("barrier", barrier.as_str());
    }
    document
}
