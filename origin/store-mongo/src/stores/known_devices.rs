//! Known devices in MongoDB: `_id` is user and hash. The queries are in `crate::queries`.

use async_trait::async_trait;
use domain::{
    StoreError, UserId,
    auth::known_devices::{KEPT_MS, KnownDevice, KnownDevices, MOST, Meeting, Met, SignIn},
};
use mongodb::bson::{DateTime, Document, doc};

use crate::{
    database::MongoDb,
    documents::{batch, collect, moment_ms, object_id, text},
    error::MongoError,
    limits::SERVER_WITHIN,
    tables::{collections::KNOWN_DEVICES, queue, users::held},
    tx::Tx,
};

/// The known devices of a MongoDB database.
#[derive(Clone, Debug)]
pub struct MongoKnownDevices {
    db: MongoDb,
}

impl MongoKnownDevices {
    pub const fn new(db: MongoDb) -> Self {
        Self { db }
    }
}

#[async_trait]
impl KnownDevices for MongoKnownDevices {
    async fn meet(&self, sign_in: SignIn) -> Result<Met, StoreError> {
        // Most often it is known: a look needs no transaction.
        if sign_in.meet(&self.of_user(&sign_in.user).await?) == Meeting::Known {
            return Ok(Met::Known);
        }
        let met = self.db.transaction_that_adds(move |tx| {
            let sign_in = sign_in.clone();
            Box::pin(async move { meet(tx, &sign_in).await })
        });
        Ok(met.await?)
    }

    async fn of_user(&self, user: &UserId) -> Result<Vec<KnownDevice>, StoreError> {
        let all = self.db.collection::<Document>(KNOWN_DEVICES);
        let of = doc! {"userId": object_id(user)?};
        let found = self.db.run(async move {
            let found = all
                .find(of)
                .sort(doc! {"seenAt": -1})
                .batch_size(batch(2 * MOST))
                .max_time(SERVER_WITHIN);
            collect(found.await?).await
        });
        Ok(read(&found.await?)?)
    }
}

async fn meet(tx: &mut Tx, sign_in: &SignIn) -> Result<Met, MongoError> {
    if !held::is_active(tx, &sign_in.user).await? {
        return Ok(Met::NoAccount);
    }
    let of = doc! {"userId": object_id(&sign_in.user)?};
    let known = tx.find(KNOWN_DEVICES, of.clone(), None, 2 * MOST).await?;
    let (met, task, removed) = match sign_in.meet(&read(&known)?) {
        Meeting::Known => return Ok(Met::Known),
        Meeting::Seen { removed } => (Met::Known, None, removed),
        Meeting::New { task, removed } => (Met::New, Some(task), removed),
    };
    let removed: Vec<String> = removed.iter().map(|hash| id(&sign_in.user, hash)).collect();
    let old = DateTime::from_millis(sign_in.now_ms - KEPT_MS);
    for gone in [
        doc! {"_id": {"$in": removed}},
        doc! {"userId": object_id(&sign_in.user)?, "seenAt": {"$lte": old}},
    ] {
        tx.delete_many(KNOWN_DEVICES, gone).await?;
    }
    let this = id(&sign_in.user, sign_in.hash());
    let seen = doc! {"seenAt": DateTime::from_millis(sign_in.now_ms)};
    let edit = doc! {"$set": seen.clone()};
    if tx
        .update_one(KNOWN_DEVICES, doc! {"_id": &this}, edit)
        .await?
        == 0
    {
        let mut document = doc! {"_id": this, "hash": sign_in.hash()};
        document.extend(of);
        document.extend(seen);
        tx.insert_one(KNOWN_DEVICES, document).await?;
    }
    queue::push(tx, task.as_deref()).await?;
    Ok(met)
}

fn id(user: &UserId, hash: &str) -> String {
    format!("{user}:{hash}")
}

fn read(found: &[Document]) -> Result<Vec<KnownDevice>, MongoError> {
    let devices = found.iter().map(|stored| {
        Ok(KnownDevice {
            hash: text(stored, "hash")?,
            seen_at_ms: moment_ms(stored, "seenAt")?,
        })
    });
    devices.collect()
}
