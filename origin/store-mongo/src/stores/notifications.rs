//! Devices and inboxes in MongoDB. The queries are in `crate::queries`.

use async_trait::async_trait;
use domain::{
    StoreError, UserId,
    notifications::{
        device::{Device, DeviceId, MOST_DEVICES, Platform},
        inbox::{InboxCursor, MOST_ENTRIES},
        store::{InboxPage, Marked, NotificationStore, Registered},
    },
};
use mongodb::{
    Collection,
    bson::{Bson, DateTime, Document, doc},
};

use crate::{
    database::MongoDb,
    documents::{at_most, first, id, moment_ms, object_id, object_ids, word},
    error::MongoError,
    limits::SERVER_WITHIN,
    tables::{
        collections::{DEVICES, INBOX},
        inbox::read,
        users::held,
    },
    tx::Tx,
};

/// The devices and inboxes of a MongoDB database.
#[derive(Clone, Debug)]
pub struct MongoNotifications {
    db: MongoDb,
}

impl MongoNotifications {
    pub const fn new(db: MongoDb) -> Self {
        Self { db }
    }

    fn devices(&self) -> Collection<Document> {
        self.db.collection(DEVICES)
    }

    fn inbox(&self) -> Collection<Document> {
        self.db.collection(INBOX)
    }

    async fn find(
        &self,
        all: Collection<Document>,
        filter: Document,
        order: Document,
        most: usize,
    ) -> Result<Vec<Document>, MongoError> {
        let found = self
            .db
            .run(async move { first(&all, filter, (order, None), most).await });
        found.await
    }

    async fn delete(
        &self,
        all: Collection<Document>,
        these: Document,
    ) -> Result<usize, MongoError> {
        let deleted = self
            .db
            .run(async move { Ok(all.delete_many(these).await?.deleted_count) });
        Ok(usize::try_from(deleted.await?).unwrap_or(usize::MAX))
    }
}

#[async_trait]
impl NotificationStore for MongoNotifications {
    async fn register(
        &self,
        user: &UserId,
        id: &DeviceId,
        platform: Platform,
        now_ms: i64,
    ) -> Result<Registered, StoreError> {
        let (user, id) = (user.clone(), id.clone());
        let registered = self.db.transaction_that_adds(move |tx| {
            let (user, id) = (user.clone(), id.clone());
            Box::pin(async move { register(tx, &user, &id, platform, now_ms).await })
        });
        Ok(registered.await?)
    }

    async fn remove_device(&self, user: &UserId, id: &DeviceId) -> Result<bool, StoreError> {
        let this = doc! {"_id": id.as_str(), "userId": object_id(user)?};
        Ok(self.delete(self.devices(), this).await? > 0)
    }

    async fn devices(&self, user: &UserId) -> Result<Vec<Device>, StoreError> {
        let mine = doc! {"userId": object_id(user)?};
        let order = doc! {"seenAt": -1, "_id": 1};
        let found = self.find(self.devices(), mine, order, MOST_DEVICES).await?;
        Ok(found.iter().map(device).collect::<Result<_, _>>()?)
    }

    async fn forget_devices(&self, ids: &[DeviceId]) -> Result<usize, StoreError> {
        let ids: Vec<&str> = ids.iter().map(DeviceId::as_str).collect();
        let these = doc! {"_id": {"$in": ids}};
        Ok(self.delete(self.devices(), these).await?)
    }

    async fn page(
        &self,
        user: &UserId,
        first: usize,
        after: Option<InboxCursor>,
    ) -> Result<InboxPage, StoreError> {
        let mut mine = doc! {"userId": object_id(user)?};
        if let Some(after) = &after {
            let moment = DateTime::from_millis(after.at_ms);
            let of_the_same = doc! {"at": moment, "_id": {"$lt": object_id(&after.id)?}};
            mine.insert("$or", vec![doc! {"at": {"$lt": moment}}, of_the_same]);
        }
        let order = doc! {"at": -1, "_id": -1};
        let found = self.find(self.inbox(), mine, order, first.saturating_add(1));
        let found = found.await?;
        let has_next_page = found.len() > first;
        let items = found.iter().take(first).map(read);
        Ok(InboxPage {
            items: items.collect::<Result<_, _>>()?,
            has_next_page,
        })
    }

    async fn unread(&self, user: &UserId) -> Result<u64, StoreError> {
        let unread = doc! {"userId": object_id(user)?, "readAt": {"$exists": false}};
        let all = self.inbox();
        let count = self.db.run(async move {
            let count = all.count_documents(unread).max_time(SERVER_WITHIN);
            Ok(count.limit(u64::from(at_most(MOST_ENTRIES))).await?)
        });
        Ok(count.await?)
    }

    async fn mark_read(
        &self,
        user: &UserId,
        which: &Marked,
        now_ms: i64,
    ) -> Result<usize, StoreError> {
        let mut unread = doc! {"userId": object_id(user)?, "readAt": {"$exists": false}};
        match which {
            Marked::All => {}
            Marked::These(ids) => {
                unread.insert("_id", doc! {"$in": object_ids(ids)?});
            }
        }
        let (all, read) = (self.inbox(), doc! {"readAt": DateTime::from_millis(now_ms)});
        let marked = self.db.run(async move {
            let marked = all.update_many(unread, doc! {"$set": read}).await?;
            Ok(marked.modified_count)
        });
        Ok(usize::try_from(marked.await?).unwrap_or(usize::MAX))
    }

    async fn forget_entries(&self, before_ms: i64, most: usize) -> Result<usize, StoreError> {
        let old = doc! {"at": {"$lt": DateTime::from_millis(before_ms)}};
        let found = self.find(self.inbox(), old, doc! {"at": 1}, most).await?;
        if found.is_empty() {
            return Ok(0);
        }
        let ids: Vec<&Bson> = found.iter().filter_map(|old| old.get("_id")).collect();
        let these = doc! {"_id": {"$in": ids}};
        Ok(self.delete(self.inbox(), these).await?)
    }
}

async fn register(
    tx: &mut Tx,
    user: &UserId,
    id: &DeviceId,
    platform: Platform,
    now_ms: i64,
) -> Result<Registered, MongoError> {
    // It writes to the account, so a person's registrations follow each other.
    if !held::is_active(tx, user).await? {
        return Ok(Registered::NoAccount);
    }
    let (owner, now) = (object_id(user)?, DateTime::from_millis(now_ms));
    let this = doc! {"_id": id.as_str()};
    let before = tx.find_one(DEVICES, this.clone()).await?;
    let before = before.as_ref().map(device).transpose()?;
    let created_at_ms = match &before {
        Some(before) if before.user == *user => before.created_at_ms,
        Some(_) | None => now_ms,
    };
    let fields = doc! {
        "userId": owner,
        "platform": platform.as_str(),
        "createdAt": DateTime::from_millis(created_at_ms),
        "seenAt": now,
    };
    if before.is_some() {
        tx.update_one(DEVICES, this, doc! {"$set": fields}).await?;
    } else {
        let mut new = this;
        new.extend(fields);
        tx.insert_one(DEVICES, new).await?;
    }
    let others = doc! {"userId": owner, "_id": {"$ne": id.as_str()}};
    let (order, most) = (doc! {"seenAt": -1, "_id": 1}, MOST_DEVICES + 1);
    let others = tx.find_first(DEVICES, others, order, doc! {"_id": 1}, most);
    let others = others.await?;
    let over: Vec<&Bson> = others
        .iter()
        .skip(MOST_DEVICES - 1)
        .filter_map(|other| other.get("_id"))
        .collect();
    if !over.is_empty() {
        tx.delete_many(DEVICES, doc! {"_id": {"$in": over}}).await?;
    }
    Ok(Registered::Done(Device {
        id: id.clone(),
        user: user.clone(),
        platform,
        created_at_ms,
        seen_at_ms: now_ms,
    }))
}

fn device(stored: &Document) -> Result<Device, MongoError> {
    Ok(Device {
        id: word(stored, "_id", DeviceId::parse)?,
        user: id(stored, "userId", UserId::parse)?,
        platform: word(stored, "platform", Platform::parse)?,
        created_at_ms: moment_ms(stored, "createdAt")?,
        seen_at_ms: moment_ms(stored, "seenAt")?,
    })
}
