//! The queue in MongoDB. The queries are in `crate::queries`.

use async_trait::async_trait;
use domain::{
    StoreError,
    notifications::inbox::{Entry, purge_of},
    queue::{
        Lane, NewTask, State, Task, error_text,
        store::{End, LaneFigures, QueueStore, TaskFilter, persons, retain_those},
    },
};
use mongodb::{
    Collection,
    bson::{Bson, DateTime, Document, doc},
};

use crate::{
    database::MongoDb,
    documents::{batch, collect, first, moment_ms, text},
    error::MongoError,
    limits::SERVER_WITHIN,
    outbox,
    tables::{
        collections::QUEUE,
        inbox,
        queue::{document, push, read},
        users::held,
    },
    tx::Tx,
};

/// The queue of a MongoDB database.
#[derive(Clone, Debug)]
pub struct MongoQueue {
    db: MongoDb,
}

impl MongoQueue {
    pub const fn new(db: MongoDb) -> Self {
        Self { db }
    }

    fn all(&self) -> Collection<Document> {
        self.db.collection(QUEUE)
    }

    /// The keys of the first `most` that match, in this order.
    async fn keys(
        &self,
        filter: Document,
        order: Document,
        most: usize,
    ) -> Result<Vec<Bson>, MongoError> {
        let (all, order) = (self.all(), (order, Some(doc! {"_id": 1})));
        let found = self
            .db
            .run(async move { first(&all, filter, order, most).await });
        let found = found.await?;
        let keys = found
            .iter()
            .map(|stored| text(stored, "_id").map(Bson::String));
        keys.collect()
    }

    async fn update(&self, filter: Document, update: Document) -> Result<bool, MongoError> {
        let all = self.all();
        let updated = self
            .db
            .run(async move { Ok(all.update_one(filter, update).await?.matched_count) });
        Ok(updated.await? > 0)
    }

    async fn count(&self, filter: Document) -> Result<u64, MongoError> {
        let all = self.all();
        let count = self
            .db
            .run(async move { Ok(all.count_documents(filter).max_time(SERVER_WITHIN).await?) });
        count.await
    }

    async fn lane(&self, lane: Lane, now_ms: i64) -> Result<LaneFigures, MongoError> {
        let of = |state: State| doc! {"state": state.as_str(), "lane": lane.as_str()};
        let mut due = of(State::Waiting);
        due.insert("dueAt", doc! {"$lte": DateTime::from_millis(now_ms)});
        let (all, oldest) = (self.all(), due.clone());
        let oldest = self.db.run(async move {
            let first = all.find_one(oldest).sort(doc! {"dueAt": 1});
            Ok(first.max_time(SERVER_WITHIN).await?)
        });
        let oldest = oldest.await?;
        let due = self.count(due).await?;
        Ok(LaneFigures {
            lane,
            due,
            later: self.count(of(State::Waiting)).await?.saturating_sub(due),
            dead: self.count(of(State::Dead)).await?,
            oldest_due_at_ms: oldest.map(|first| moment_ms(&first, "dueAt")).transpose()?,
        })
    }
}

#[async_trait]
impl QueueStore for MongoQueue {
    async fn add(&self, task: NewTask) -> Result<bool, StoreError> {
        let (all, document) = (self.all(), document(&task)?);
        let added = self.db.run(async move {
            all.insert_one(document).await?;
            Ok(())
        });
        match added.await {
            Ok(()) => Ok(true),
            Err(error) if error.is_duplicate_key() => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    async fn take(
        &self,
        lane: Lane,
        lease: &str,
        now_ms: i64,
        until_ms: i64,
        most: usize,
    ) -> Result<Vec<Task>, StoreError> {
        let mut due = doc! {
            "state": State::Waiting.as_str(),
            "lane": lane.as_str(),
            "dueAt": {"$lte": DateTime::from_millis(now_ms)},
        };
        let keys = self.keys(due.clone(), doc! {"dueAt": 1}, most).await?;
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        // Another worker may have read the same keys: who writes to a document first has it.
        due.insert("_id", doc! {"$in": &keys});
        let take = doc! {
            "$set": {"lease": lease, "dueAt": DateTime::from_millis(until_ms)},
            "$inc": {"attempts": 1},
        };
        let (all, ours) = (self.all(), doc! {"_id": {"$in": keys}, "lease": lease});
        let taken = self.db.run(async move {
            if all.update_many(due, take).await?.matched_count == 0 {
                return Ok(Vec::new());
            }
            let taken = all.find(ours).batch_size(batch(most));
            collect(taken.max_time(SERVER_WITHIN).await?).await
        });
        let taken = taken.await?;
        Ok(taken.iter().map(read).collect::<Result<_, _>>()?)
    }

    async fn end(&self, key: &str, lease: &str, end: End, now_ms: i64) -> Result<bool, StoreError> {
        let this = doc! {"_id": key, "lease": lease, "state": State::Waiting.as_str()};
        let now = DateTime::from_millis(now_ms);
        let update = match end {
            End::Sent { provider_id } => doc! {
                "$set": {"state": State::Done.as_str(), "work": "", "endedAt": now,
                    "providerId": provider_id},
                "$unset": {"lease": "", "error": ""},
            },
            End::Divided { tasks, entries } => {
                let ended = self.db.transaction(move |tx| {
                    let (this, tasks, entries) = (this.clone(), tasks.clone(), entries.clone());
                    Box::pin(async move { divide(tx, this, (&tasks, &entries), now_ms).await })
                });
                return Ok(ended.await?);
            }
            End::Needless { why } => doc! {
                "$set": {"state": State::Done.as_str(), "work": "", "endedAt": now, "error": why},
                "$unset": {"lease": ""},
            },
            End::Later {
                due_at_ms,
                error,
                counts,
            } => doc! {
                "$set": {"dueAt": DateTime::from_millis(due_at_ms), "error": error_text(&error)},
                "$inc": {"attempts": if counts { 0 } else { -1 }},
                "$unset": {"lease": ""},
            },
            End::Dead { error } => doc! {
                "$set": {"state": State::Dead.as_str(), "endedAt": now,
                    "error": error_text(&error)},
                "$unset": {"lease": ""},
            },
        };
        Ok(self.update(this, update).await?)
    }

    async fn remove_taken(&self, keys: &[String], lease: &str) -> Result<usize, StoreError> {
        let (all, these) = (self.all(), taken(keys, lease));
        let removed = self
            .db
            .run(async move { Ok(all.delete_many(these).await?.deleted_count) });
        Ok(usize::try_from(removed.await?).unwrap_or(usize::MAX))
    }

    async fn put_back(
        &self,
        keys: &[String],
        lease: &str,
        due_at_ms: i64,
        error: &str,
    ) -> Result<usize, StoreError> {
        let (all, these) = (self.all(), taken(keys, lease));
        let update = doc! {
            "$set": {"dueAt": DateTime::from_millis(due_at_ms), "error": error_text(error)},
            "$unset": {"lease": ""},
        };
        let put_back = self
            .db
            .run(async move { Ok(all.update_many(these, update).await?.matched_count) });
        Ok(usize::try_from(put_back.await?).unwrap_or(usize::MAX))
    }

    async fn list(&self, filter: TaskFilter, most: usize) -> Result<Vec<Task>, StoreError> {
        let mut wanted = Document::new();
        if let Some(state) = filter.state {
            wanted.insert("state", state.as_str());
        }
        if let Some(lane) = filter.lane {
            wanted.insert("lane", lane.as_str());
        }
        wanted.insert("_id", doc! {"$gt": filter.after.unwrap_or_default()});
        let (all, order) = (self.all(), (doc! {"_id": 1}, None));
        let found = self
            .db
            .run(async move { first(&all, wanted, order, most).await });
        let found = found.await?;
        Ok(found.iter().map(read).collect::<Result<_, _>>()?)
    }

    async fn get(&self, key: &str) -> Result<Option<Task>, StoreError> {
        let (all, this) = (self.all(), doc! {"_id": key});
        let found = self
            .db
            .run(async move { Ok(all.find_one(this).max_time(SERVER_WITHIN).await?) });
        Ok(found.await?.as_ref().map(read).transpose()?)
    }

    async fn revive(&self, key: &str, now_ms: i64, expires_at_ms: i64) -> Result<bool, StoreError> {
        let dead = doc! {"_id": key, "state": State::Dead.as_str()};
        let revived = doc! {
            "$set": {
                "state": State::Waiting.as_str(),
                "attempts": 0,
                "dueAt": DateTime::from_millis(now_ms),
                "expiresAt": DateTime::from_millis(expires_at_ms),
            },
            "$unset": {"endedAt": ""},
        };
        Ok(self.update(dead, revived).await?)
    }

    async fn remove(&self, key: &str) -> Result<bool, StoreError> {
        let all = self.all();
        let this = doc! {"_id": key, "state": {"$ne": State::Done.as_str()}};
        let removed = self
            .db
            .run(async move { Ok(all.delete_one(this).await?.deleted_count) });
        Ok(removed.await? > 0)
    }

    async fn figures(&self, now_ms: i64) -> Result<Vec<LaneFigures>, StoreError> {
        let mut figures = Vec::new();
        for lane in Lane::ALL {
            figures.push(self.lane(*lane, now_ms).await?);
        }
        Ok(figures)
    }

    async fn forget(&self, ended_before_ms: i64, most: usize) -> Result<usize, StoreError> {
        let over = doc! {"endedAt": {"$lt": DateTime::from_millis(ended_before_ms)}};
        let mut keys = self.keys(over.clone(), doc! {"endedAt": 1}, most).await?;
        if keys.is_empty() {
            return Ok(0);
        }
        let mut these = over;
        these.insert("_id", doc! {"$in": std::mem::take(&mut keys)});
        let all = self.all();
        let forgotten = self
            .db
            .run(async move { Ok(all.delete_many(these).await?.deleted_count) });
        Ok(usize::try_from(forgotten.await?).unwrap_or(usize::MAX))
    }
}

/// Those of these tasks that a worker still has.
fn taken(keys: &[String], lease: &str) -> Document {
    doc! {"_id": {"$in": keys}, "lease": lease, "state": State::Waiting.as_str()}
}

/// Ends a task and stores those that do its work instead.
async fn divide(
    tx: &mut Tx,
    this: Document,
    (tasks, entries): (&[NewTask], &[Entry]),
    now_ms: i64,
) -> Result<bool, MongoError> {
    let done = doc! {
        "$set": {"state": State::Done.as_str(), "work": "",
            "endedAt": DateTime::from_millis(now_ms)},
        "$unset": {"lease": "", "error": ""},
    };
    let Some(ended) = tx.find_one_and_update(QUEUE, this, done).await? else {
        return Ok(false);
    };
    // The erasure of the person whom a task is about removes it. One that is about many has to look.
    let is_about_many = !ended.contains_key("personId");
    let (mut tasks, mut entries) = (tasks.to_vec(), entries.to_vec());
    if is_about_many {
        let there = held::active_among(tx, &persons(&tasks, &entries)).await?;
        retain_those(|user| there.contains(user), &mut tasks, &mut entries);
    }
    push(tx, &tasks).await?;
    match entries.as_slice() {
        [entry] => inbox::push(tx, entry).await?,
        entries => inbox::push_many(tx, entries).await?,
    }
    if let Some(purge) = purge_of(&entries) {
        outbox::push(tx, &purge, now_ms).await?;
    }
    Ok(true)
}
