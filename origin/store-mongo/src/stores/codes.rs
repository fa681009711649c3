//! Codes in MongoDB: `_id` is user and purpose. The queries are in `crate::queries`.

use async_trait::async_trait;
use domain::{
    StoreError, UserId,
    auth::codes::{CodePurpose, CodeStore, StoredCode},
    queue::NewTask,
};
use mongodb::{
    Collection,
    bson::{DateTime, Document, doc},
    options::ReturnDocument,
};

use crate::{
    database::MongoDb,
    error::MongoError,
    limits::SERVER_WITHIN,
    tables::{codes, collections::CODES, users::held},
    tx::Tx,
};

/// The codes of a MongoDB database.
#[derive(Clone, Debug)]
pub struct MongoCodes {
    db: MongoDb,
}

impl MongoCodes {
    pub const fn new(db: MongoDb) -> Self {
        Self { db }
    }

    fn all(&self) -> Collection<Document> {
        self.db.collection(CODES)
    }
}

#[async_trait]
impl CodeStore for MongoCodes {
    async fn put(&self, code: StoredCode, task: NewTask) -> Result<bool, StoreError> {
        let put = self.db.transaction_that_adds(move |tx| {
            let (code, task) = (code.clone(), task.clone());
            Box::pin(async move { put(tx, &code, &task).await })
        });
        Ok(put.await?)
    }

    async fn get(
        &self,
        user: &UserId,
        purpose: CodePurpose,
    ) -> Result<Option<StoredCode>, StoreError> {
        let (all, key) = (self.all(), codes::key(user, purpose));
        let found = self.db.run(async move {
            let found = all.find_one(doc! {"_id": key}).max_time(SERVER_WITHIN);
            Ok(found.await?)
        });
        let found = found.await?;
        Ok(found
            .map(|stored| codes::read(user, purpose, &stored))
            .transpose()?)
    }

    async fn take_try(
        &self,
        user: &UserId,
        purpose: CodePurpose,
        now_ms: i64,
    ) -> Result<Option<StoredCode>, StoreError> {
        let usable = doc! {
            "_id": codes::key(user, purpose),
            "triesLeft": {"$gt": 0},
            "expiresAt": {"$gt": DateTime::from_millis(now_ms)},
        };
        let all = self.all();
        let taken = self.db.run(async move {
            let taken = all
                .find_one_and_update(usable, doc! {"$inc": {"triesLeft": -1}})
                .return_document(ReturnDocument::After);
            Ok(taken.await?)
        });
        let taken = taken.await?;
        Ok(taken
            .map(|stored| codes::read(user, purpose, &stored))
            .transpose()?)
    }
}

async fn put(tx: &mut Tx, code: &StoredCode, task: &NewTask) -> Result<bool, MongoError> {
    if !held::is_active(tx, &code.user).await? {
        return Ok(false);
    }
    codes::put(tx, code, task).await?;
    Ok(true)
}
