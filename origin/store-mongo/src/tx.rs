//! One transaction: its operations run in its session, and its reads have a time limit.
//!
//! The body of a transaction gets a [`Tx`] and no handle on the database, so it cannot read or write
//! beside its transaction.

use std::collections::BTreeSet;

use domain::UserId;
use futures_util::TryStreamExt as _;
use mongodb::{
    ClientSession, Collection,
    bson::{Bson, Document, doc},
    options::{ReadConcern, ReadPreference, ReturnDocument, SelectionCriteria},
};

use crate::{
    database::{MongoDb, Together},
    documents::{at_most, batch},
    error::MongoError,
    limits::{SERVER_WITHIN, majority},
};

/// A transaction with read concern snapshot and write concern majority.
///
/// Reads ask the server for [`SERVER_WITHIN`]. Writes have no limit of their own: what bounds them
/// is the limit of the whole transaction.
#[derive(Debug)]
pub struct Tx {
    db: MongoDb,
    session: ClientSession,
    /// The accounts that this transaction wrote to, so that they stay until it ends.
    held: BTreeSet<UserId>,
}

/// Where it begins and ends, for [`crate::transaction`].
impl Tx {
    pub(crate) async fn new(db: &MongoDb) -> Result<Self, MongoError> {
        Ok(Self {
            db: db.clone(),
            session: db.start_session().await?,
            held: BTreeSet::new(),
        })
    }

    pub(crate) async fn begin(&mut self) -> Result<(), MongoError> {
        self.held.clear();
        match self.db.together() {
            Together::InTransaction => {}
            Together::OneByOne => return Ok(()),
        }
        let primary = SelectionCriteria::ReadPreference(ReadPreference::Primary);
        let begun = self.session.start_transaction();
        begun
            .read_concern(ReadConcern::snapshot())
            .write_concern(majority())
            .selection_criteria(primary)
            .max_commit_time(SERVER_WITHIN)
            .await?;
        Ok(())
    }

    pub(crate) async fn commit(&mut self) -> Result<(), MongoError> {
        match self.db.together() {
            Together::InTransaction => Ok(self.session.commit_transaction().await?),
            Together::OneByOne => Ok(()),
        }
    }

    pub(crate) async fn abort(&mut self) -> Result<(), MongoError> {
        match self.db.together() {
            Together::InTransaction => Ok(self.session.abort_transaction().await?),
            Together::OneByOne => Ok(()),
        }
    }

    /// Whether [`Self::hold`] was told of this account.
    pub(crate) fn holds(&self, user: &UserId) -> bool {
        self.held.contains(user)
    }

    /// Notes that this transaction has written to an account that is there.
    pub(crate) fn hold(&mut self, user: &UserId) {
        self.held.insert(user.clone());
    }

    fn collection(&self, name: &str) -> Collection<Document> {
        self.db.collection(name)
    }
}

/// Reads.
impl Tx {
    /// All that match, with the fields of `projection`. About `expected` of them: so many come with
    /// the first answer.
    pub async fn find(
        &mut self,
        collection: &str,
        filter: Document,
        projection: Option<Document>,
        expected: usize,
    ) -> Result<Vec<Document>, MongoError> {
        let all = self.collection(collection);
        let mut find = all
            .find(filter)
            .batch_size(batch(expected))
            .max_time(SERVER_WITHIN);
        if let Some(projection) = projection {
            find = find.projection(projection);
        }
        let mut cursor = find.session(&mut self.session).await?;
        Ok(cursor.stream(&mut self.session).try_collect().await?)
    }

    /// The first `most` that match, in this order, with the fields of `projection`.
    pub async fn find_first(
        &mut self,
        collection: &str,
        filter: Document,
        order: Document,
        projection: Document,
        most: usize,
    ) -> Result<Vec<Document>, MongoError> {
        let all = self.collection(collection);
        let find = all.find(filter).sort(order).projection(projection);
        let find = find.limit(i64::from(at_most(most))).batch_size(batch(most));
        let find = find.max_time(SERVER_WITHIN);
        let mut cursor = find.session(&mut self.session).await?;
        Ok(cursor.stream(&mut self.session).try_collect().await?)
    }

    /// Those of the documents with these ids that are stored, with the fields of `projection`.
    pub async fn find_ids(
        &mut self,
        collection: &str,
        ids: Vec<Bson>,
        projection: Document,
    ) -> Result<Vec<Document>, MongoError> {
        let count = ids.len();
        let among = doc! {"_id": {"$in": ids}};
        self.find(collection, among, Some(projection), count).await
    }

    pub async fn find_one(
        &mut self,
        collection: &str,
        filter: Document,
    ) -> Result<Option<Document>, MongoError> {
        let all = self.collection(collection);
        let find = all.find_one(filter).max_time(SERVER_WITHIN);
        Ok(find.session(&mut self.session).await?)
    }

    /// As [`Self::find_one`], with the fields of `projection` only.
    pub async fn find_one_projected(
        &mut self,
        collection: &str,
        filter: Document,
        projection: Document,
    ) -> Result<Option<Document>, MongoError> {
        let all = self.collection(collection);
        let find = all.find_one(filter).projection(projection);
        let find = find.max_time(SERVER_WITHIN);
        Ok(find.session(&mut self.session).await?)
    }

    pub async fn exists(&mut self, collection: &str, filter: Document) -> Result<bool, MongoError> {
        let found = self.find_one_projected(collection, filter, doc! {"_id": 1});
        Ok(found.await?.is_some())
    }

    pub async fn count(&mut self, collection: &str, filter: Document) -> Result<u64, MongoError> {
        let all = self.collection(collection);
        let count = all.count_documents(filter).max_time(SERVER_WITHIN);
        Ok(count.session(&mut self.session).await?)
    }

    /// The documents that these stages make; few, so that they come with the first answer.
    pub async fn aggregate(
        &mut self,
        collection: &str,
        stages: Vec<Document>,
    ) -> Result<Vec<Document>, MongoError> {
        let all = self.collection(collection);
        let made = all.aggregate(stages).max_time(SERVER_WITHIN);
        let mut cursor = made.session(&mut self.session).await?;
        Ok(cursor.stream(&mut self.session).try_collect().await?)
    }

    /// How many match, but no more than `most`: the server stops counting there.
    pub async fn count_up_to(
        &mut self,
        collection: &str,
        filter: Document,
        most: usize,
    ) -> Result<usize, MongoError> {
        let all = self.collection(collection);
        let count = all.count_documents(filter).max_time(SERVER_WITHIN);
        let count = count.limit(u64::from(at_most(most)));
        let count = count.session(&mut self.session).await?;
        Ok(usize::try_from(count).unwrap_or(usize::MAX))
    }
}

/// Writes.
impl Tx {
    pub async fn insert_one(&mut self, collection: &str, new: Document) -> Result<(), MongoError> {
        let all = self.collection(collection);
        all.insert_one(new).session(&mut self.session).await?;
        Ok(())
    }

    /// Inserts all of them; none is no operation.
    pub async fn insert_many(
        &mut self,
        collection: &str,
        new: Vec<Document>,
    ) -> Result<(), MongoError> {
        if new.is_empty() {
            return Ok(());
        }
        let all = self.collection(collection);
        all.insert_many(new).session(&mut self.session).await?;
        Ok(())
    }

    /// Updates one document; returns how many matched.
    pub async fn update_one(
        &mut self,
        collection: &str,
        filter: Document,
        update: Document,
    ) -> Result<u64, MongoError> {
        let all = self.collection(collection);
        let update = all.update_one(filter, update).session(&mut self.session);
        Ok(update.await?.matched_count)
    }

    /// Updates all that match; returns how many did.
    pub async fn update_many(
        &mut self,
        collection: &str,
        filter: Document,
        update: Document,
    ) -> Result<u64, MongoError> {
        let all = self.collection(collection);
        let update = all.update_many(filter, update).session(&mut self.session);
        Ok(update.await?.matched_count)
    }

    /// Updates one document and returns it as it is afterwards.
    pub async fn find_one_and_update(
        &mut self,
        collection: &str,
        filter: Document,
        update: Document,
    ) -> Result<Option<Document>, MongoError> {
        let all = self.collection(collection);
        let update = all.find_one_and_update(filter, update);
        let update = update.return_document(ReturnDocument::After);
        Ok(update.session(&mut self.session).await?)
    }

    /// Deletes one document; returns how many were there.
    pub async fn delete_one(
        &mut self,
        collection: &str,
        filter: Document,
    ) -> Result<u64, MongoError> {
        let all = self.collection(collection);
        let delete = all.delete_one(filter).session(&mut self.session);
        Ok(delete.await?.deleted_count)
    }

    /// Deletes all that match; returns how many did.
    pub async fn delete_many(
        &mut self,
        collection: &str,
        filter: Document,
    ) -> Result<u64, MongoError> {
        let all = self.collection(collection);
        let delete = all.delete_many(filter).session(&mut self.session);
        Ok(delete.await?.deleted_count)
    }

    /// Deletes one document and returns what it was.
    pub async fn find_one_and_delete(
        &mut self,
        collection: &str,
        filter: Document,
    ) -> Result<Option<Document>, MongoError> {
        let all = self.collection(collection);
        let delete = all.find_one_and_delete(filter);
        Ok(delete.session(&mut self.session).await?)
    }
}
