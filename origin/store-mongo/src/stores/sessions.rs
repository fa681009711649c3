//! Sessions in MongoDB. The queries are in `crate::queries`.

use async_trait::async_trait;
use domain::{
    StoreError, UserId,
    auth::sessions::{
        Exchange, MAX_SESSIONS, Rotation, Session, SessionId, Sessions, ends_at_ms, expires_at_ms,
    },
};
use mongodb::{
    Collection,
    bson::{Bson, DateTime, Document, doc},
};

use crate::{
    database::MongoDb,
    documents::{batch, collect, epoch, id, moment_ms, object_id, optional_text, text},
    error::MongoError,
    limits::SERVER_WITHIN,
};

const SESSIONS: &str = "sessions";

/// The sessions of a MongoDB database.
#[derive(Clone, Debug)]
pub struct MongoSessions {
    db: MongoDb,
}

impl MongoSessions {
    pub const fn new(db: MongoDb) -> Self {
        Self { db }
    }

    fn all(&self) -> Collection<Document> {
        self.db.collection(SESSIONS)
    }

    async fn stored(&self, user: &UserId) -> Result<Vec<Document>, MongoError> {
        let (all, of) = (self.all(), doc! {"userId": object_id(user)?});
        let found = self.db.run(async move {
            let found = all
                .find(of)
                .sort(doc! {"usedAt": -1})
                .batch_size(batch(2 * MAX_SESSIONS))
                .max_time(SERVER_WITHIN);
            collect(found.await?).await
        });
        found.await
    }

    /// When a session began, which never changes: a step after it needs no transaction.
    async fn began(&self, id: &SessionId) -> Result<Option<i64>, MongoError> {
        let (all, this) = (self.all(), doc! {"_id": id.as_str()});
        let found = self.db.run(async move {
            let found = all.find_one(this).projection(doc! {"createdAt": 1});
            Ok(found.max_time(SERVER_WITHIN).await?)
        });
        let found = found.await?;
        found
            .map(|found| moment_ms(&found, "createdAt"))
            .transpose()
    }

    async fn remove(&self, filter: Document) -> Result<usize, MongoError> {
        let all = self.all();
        let removed = self.db.run(async move {
            let removed = all.delete_many(filter).await?;
            Ok(usize::try_from(removed.deleted_count).unwrap_or(usize::MAX))
        });
        removed.await
    }
}

#[async_trait]
impl Sessions for MongoSessions {
    async fn begin(&self, session: Session, hash: String) -> Result<(), StoreError> {
        let stored = self.stored(&session.user).await?;
        let surplus = stored.iter().skip(MAX_SESSIONS - 1);
        let surplus: Vec<Bson> = surplus.filter_map(|old| old.get("_id").cloned()).collect();
        if !surplus.is_empty() {
            self.remove(doc! {"_id": {"$in": surplus}}).await?;
        }
        let (all, row) = (self.all(), document(&session, &hash)?);
        let inserted = self.db.run(async move {
            all.insert_one(row).await?;
            Ok(())
        });
        Ok(inserted.await?)
    }

    async fn rotate(&self, id: &SessionId, exchange: Exchange) -> Result<Rotation, StoreError> {
        let Exchange {
            hash,
            next,
            now_ms,
            grace_ms,
        } = exchange;
        let Some(created_at_ms) = self.began(id).await? else {
            return Ok(Rotation::Unknown);
        };
        if ends_at_ms(created_at_ms) <= now_ms {
            self.remove(doc! {"_id": id.as_str()}).await?;
            return Ok(Rotation::Unknown);
        }
        let lasts = doc! {"$gt": DateTime::from_millis(now_ms)};
        // One document, one step: of two that come at once one finds the hash.
        let present = doc! {"_id": id.as_str(), "tokenHash": &hash, "expiresAt": &lasts};
        let rotated = doc! {"$set": {
            "tokenHash": &next,
            "previousHash": &hash,
            "usedAt": DateTime::from_millis(now_ms),
            "expiresAt": DateTime::from_millis(expires_at_ms(created_at_ms, now_ms)),
        }};
        let repeated = doc! {
            "_id": id.as_str(),
            "tokenHash": &next,
            "previousHash": &hash,
            "usedAt": {"$gt": DateTime::from_millis(now_ms - grace_ms)},
            "expiresAt": &lasts,
        };
        // A write that changes nothing: a read may not see yet what the other one has written.
        let unchanged = doc! {"$set": {"tokenHash": &next}};
        for (filter, edit) in [(present, rotated), (repeated, unchanged)] {
            let all = self.all();
            let found = self
                .db
                .run(async move { Ok(all.find_one_and_update(filter, edit).await?) });
            if let Some(found) = found.await? {
                return Ok(Rotation::Done {
                    user: user_of(&found)?,
                    epoch: epoch(&found)?,
                });
            }
        }
        let (all, this) = (self.all(), doc! {"_id": id.as_str()});
        let ended = self
            .db
            .run(async move { Ok(all.find_one_and_delete(this).await?) });
        match ended.await? {
            Some(ended) if moment_ms(&ended, "expiresAt")? > now_ms => {
                Ok(Rotation::Reused(user_of(&ended)?))
            }
            Some(_) | None => Ok(Rotation::Unknown),
        }
    }

    async fn is_live(&self, user: &UserId, id: &SessionId) -> Result<bool, StoreError> {
        let this = doc! {"_id": id.as_str(), "userId": object_id(user)?};
        let all = self.all();
        let found = self.db.run(async move {
            let found = all.find_one(this).projection(doc! {"_id": 1});
            Ok(found.max_time(SERVER_WITHIN).await?.is_some())
        });
        Ok(found.await?)
    }

    async fn of_user(&self, user: &UserId, now_ms: i64) -> Result<Vec<Session>, StoreError> {
        let stored = self.stored(user).await?;
        let mut found = Vec::new();
        for stored in &stored {
            let session = session(stored)?;
            // The server forgets once a minute only.
            if session.expires_at_ms > now_ms {
                found.push(session);
            }
        }
        Ok(found)
    }

    async fn sign_out(&self, id: &SessionId) -> Result<Option<UserId>, StoreError> {
        let (all, this) = (self.all(), doc! {"_id": id.as_str()});
        let ended = self
            .db
            .run(async move { Ok(all.find_one_and_delete(this).await?) });
        let ended = ended.await?;
        Ok(ended.as_ref().map(user_of).transpose()?)
    }

    async fn end(&self, user: &UserId, id: &SessionId) -> Result<bool, StoreError> {
        let this = doc! {"_id": id.as_str(), "userId": object_id(user)?};
        Ok(self.remove(this).await? > 0)
    }

    async fn end_all(
        &self,
        user: &UserId,
        except: Option<&SessionId>,
    ) -> Result<usize, StoreError> {
        let mut these = doc! {"userId": object_id(user)?};
        if let Some(except) = except {
            these.insert("_id", doc! {"$ne": except.as_str()});
        }
        Ok(self.remove(these).await?)
    }
}

fn document(session: &Session, hash: &str) -> Result<Document, MongoError> {
    Ok(doc! {
        "_id": session.id.as_str(),
        "userId": object_id(&session.user)?,
        "epoch": session.epoch,
        "tokenHash": hash,
        "device": session.device.clone(),
        "createdAt": DateTime::from_millis(session.created_at_ms),
        "usedAt": DateTime::from_millis(session.used_at_ms),
        "expiresAt": DateTime::from_millis(session.expires_at_ms),
    })
}

fn session(stored: &Document) -> Result<Session, MongoError> {
    Ok(Session {
        id: SessionId::new(text(stored, "_id")?),
        user: user_of(stored)?,
        epoch: epoch(stored)?,
        device: optional_text(stored, "device")?,
        created_at_ms: moment_ms(stored, "createdAt")?,
        used_at_ms: moment_ms(stored, "usedAt")?,
        expires_at_ms: moment_ms(stored, "expiresAt")?,
    })
}

fn user_of(stored: &Document) -> Result<UserId, MongoError> {
    id(stored, "userId", UserId::parse)
}
