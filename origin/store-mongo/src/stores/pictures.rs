//! Uploads and pictures in MongoDB. The queries are in `crate::queries`.

mod uploads;

use std::collections::HashMap;

use async_trait::async_trait;
use domain::{
    StoreError, UploadId, UserId,
    pictures::{
        picture::{Owner, Picture, PictureId, Purpose, State},
        store::{Begun, End, Named, Opened, PictureStore},
        sweeping::{LOOK_EVERY_MS, Usage, Verdict, after_grace},
        upload::Upload,
    },
};
use mongodb::{
    Collection,
    bson::{Bson, DateTime, Document, doc},
};

use crate::{
    database::MongoDb,
    documents::{first, object_id, object_ids},
    error::MongoError,
    limits::SERVER_WITHIN,
    tables::{
        collections::{ESTABLISHMENTS, OFFERS, PARTNERS, PICTURES, UPLOADS, USERS},
        leases,
        pictures::{owner_of, read_picture, read_upload},
    },
};

/// More than a user has, of uploads 60 an hour for a day: all come with the first answer.
const OF_USER: usize = 5_000;

/// The uploads and pictures of a MongoDB database.
#[derive(Clone, Debug)]
pub struct MongoPictures {
    db: MongoDb,
}

impl MongoPictures {
    pub const fn new(db: MongoDb) -> Self {
        Self { db }
    }

    fn pictures(&self) -> Collection<Document> {
        self.db.collection(PICTURES)
    }

    fn uploads(&self) -> Collection<Document> {
        self.db.collection(UPLOADS)
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

    /// Updates a picture, if it is as expected; returns whether it was.
    async fn update(&self, this: Document, update: Document) -> Result<bool, MongoError> {
        let all = self.pictures();
        let updated = self
            .db
            .run(async move { Ok(all.update_one(this, update).await?.matched_count) });
        Ok(updated.await? > 0)
    }

    async fn delete(&self, all: Collection<Document>, these: Document) -> Result<(), MongoError> {
        let deleted = self.db.run(async move {
            all.delete_many(these).await?;
            Ok(())
        });
        deleted.await
    }
}

#[async_trait]
impl PictureStore for MongoPictures {
    async fn open(&self, upload: Upload, now_ms: i64) -> Result<Opened, StoreError> {
        let opened = self.db.transaction(move |tx| {
            let upload = upload.clone();
            Box::pin(async move { uploads::open(tx, &upload, now_ms).await })
        });
        Ok(opened.await?)
    }

    async fn upload(&self, id: &UploadId) -> Result<Option<Upload>, StoreError> {
        let this = doc! {"_id": object_id(id)?};
        let found = self.find(self.uploads(), this, doc! {}, 1).await?;
        Ok(found.first().map(read_upload).transpose()?)
    }

    async fn begin(
        &self,
        id: &UploadId,
        user: &UserId,
        holder: &str,
        now_ms: i64,
    ) -> Result<Begun, StoreError> {
        let (id, user, holder) = (id.clone(), user.clone(), holder.to_owned());
        let begun = self.db.transaction(move |tx| {
            let (id, user, holder) = (id.clone(), user.clone(), holder.clone());
            Box::pin(async move { uploads::begin(tx, &id, &user, &holder, now_ms).await })
        });
        Ok(begun.await?)
    }

    async fn name(
        &self,
        upload: &UploadId,
        holder: &str,
        picture: Picture,
        now_ms: i64,
    ) -> Result<Named, StoreError> {
        let (upload, holder) = (upload.clone(), holder.to_owned());
        let named = self.db.transaction_that_adds(move |tx| {
            let (upload, holder, picture) = (upload.clone(), holder.clone(), picture.clone());
            Box::pin(async move { uploads::name(tx, &upload, &holder, &picture, now_ms).await })
        });
        Ok(named.await?)
    }

    async fn end(
        &self,
        upload: &UploadId,
        holder: &str,
        end: End,
        now_ms: i64,
    ) -> Result<bool, StoreError> {
        let (upload, holder) = (upload.clone(), holder.to_owned());
        let ended = self.db.transaction(move |tx| {
            let (upload, holder, end) = (upload.clone(), holder.clone(), end.clone());
            Box::pin(async move { uploads::end(tx, &upload, &holder, &end, now_ms).await })
        });
        Ok(ended.await?)
    }

    async fn by_ids(&self, ids: &[PictureId]) -> Result<HashMap<PictureId, Picture>, StoreError> {
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let mut these = among(ids);
        these.insert("state", doc! {"$in": WITH_FILES});
        let found = self.find(self.pictures(), these, doc! {}, ids.len());
        Ok(by_id(&found.await?)?)
    }

    async fn claim(
        &self,
        ids: &[PictureId],
        owner: &Owner,
        purpose: Purpose,
        now_ms: i64,
    ) -> Result<HashMap<PictureId, Picture>, StoreError> {
        let mut these = among(ids);
        let (field, owner) = owner_of(owner)?;
        these.insert(field, owner);
        these.insert("purpose", purpose.as_str());
        these.insert("state", doc! {"$in": WITH_FILES});
        let kept = doc! {
            "$set": {
                "state": State::Kept.as_str(),
                "due": DateTime::from_millis(now_ms + LOOK_EVERY_MS),
            },
            "$unset": {"unusedSince": ""},
        };
        let count = ids.len();
        let claimed = self.db.transaction(move |tx| {
            let (these, kept) = (these.clone(), kept.clone());
            Box::pin(async move {
                tx.update_many(PICTURES, these.clone(), kept).await?;
                tx.find(PICTURES, these, None, count).await
            })
        });
        Ok(by_id(&claimed.await?)?)
    }

    async fn usage(&self, picture: &Picture) -> Result<Usage, StoreError> {
        let Some(owner) = &picture.owner else {
            return Ok(Usage::Unused);
        };
        let (_, whose) = owner_of(owner)?;
        let (collection, by, field) = match picture.purpose {
            Purpose::Avatar => (USERS, "_id", "avatar"),
            Purpose::Logo => (PARTNERS, "_id", "logo"),
            Purpose::Establishment => (ESTABLISHMENTS, "partnerId", "images"),
            Purpose::Offer => (OFFERS, "partnerId", "images"),
        };
        // A hash: nothing in it is syntax.
        let mut shown = doc! {by: whose, field: {"$regex": picture.id.as_str()}};
        if matches!(picture.purpose, Purpose::Establishment | Purpose::Offer) {
            shown.insert("archivedAt", Bson::Null);
        }
        let all = self.db.collection::<Document>(collection);
        let found = self.db.run(async move {
            let found = all.find_one(shown).projection(doc! {"_id": 1});
            Ok(found.max_time(SERVER_WITHIN).await?)
        });
        Ok(match found.await? {
            Some(_) => Usage::Used,
            None => Usage::Unused,
        })
    }

    async fn remove(&self, id: &PictureId, now_ms: i64) -> Result<bool, StoreError> {
        let this = doc! {"_id": id.as_str(), "state": State::Kept.as_str()};
        let due = DateTime::from_millis(after_grace(now_ms));
        let removed = doc! {"$set": {"state": State::Removed.as_str(), "due": due}};
        Ok(self.update(this, removed).await?)
    }

    async fn pictures_of(&self, user: &UserId) -> Result<Vec<Picture>, StoreError> {
        let (mine, order) = (
            doc! {"userId": object_id(user)?},
            doc! {"createdAt": 1, "_id": 1},
        );
        let found = self.find(self.pictures(), mine, order, OF_USER).await?;
        Ok(found.iter().map(read_picture).collect::<Result<_, _>>()?)
    }

    async fn uploads_of(&self, user: &UserId) -> Result<Vec<Upload>, StoreError> {
        let (mine, order) = (
            doc! {"userId": object_id(user)?},
            doc! {"createdAt": 1, "_id": 1},
        );
        let found = self.find(self.uploads(), mine, order, OF_USER).await?;
        Ok(found.iter().map(read_upload).collect::<Result<_, _>>()?)
    }

    async fn due(&self, now_ms: i64, most: usize) -> Result<Vec<Picture>, StoreError> {
        let due = doc! {"due": {"$lte": DateTime::from_millis(now_ms)}};
        let found = self.find(self.pictures(), due, doc! {"due": 1}, most);
        let found = found.await?;
        Ok(found.iter().map(read_picture).collect::<Result<_, _>>()?)
    }

    async fn judged(&self, read: &Picture, verdict: Verdict) -> Result<bool, StoreError> {
        let was_since = read.unused_since_ms.map_or_else(
            || doc! {"$exists": false},
            |since_ms| doc! {"$eq": DateTime::from_millis(since_ms)},
        );
        let as_read = doc! {
            "_id": read.id.as_str(),
            "state": read.state.as_str(),
            "due": DateTime::from_millis(read.due_ms),
            "unusedSince": was_since,
        };
        let update = match verdict {
            Verdict::Erase { due_ms } => doc! {"$set": {
                "state": State::Erasing.as_str(),
                "due": DateTime::from_millis(due_ms),
            }},
            Verdict::Keep {
                unused_since_ms,
                due_ms,
            } => {
                let mut kept = doc! {
                    "state": State::Kept.as_str(),
                    "due": DateTime::from_millis(due_ms),
                };
                if let Some(since_ms) = unused_since_ms {
                    kept.insert("unusedSince", DateTime::from_millis(since_ms));
                    doc! {"$set": kept}
                } else {
                    doc! {"$set": kept, "$unset": {"unusedSince": ""}}
                }
            }
        };
        Ok(self.update(as_read, update).await?)
    }

    async fn forget(&self, id: &PictureId) -> Result<(), StoreError> {
        let this = doc! {"_id": id.as_str(), "state": State::Erasing.as_str()};
        Ok(self.delete(self.pictures(), this).await?)
    }

    async fn expired(&self, before_ms: i64, most: usize) -> Result<Vec<Upload>, StoreError> {
        let over = doc! {"expiresAt": {"$lt": DateTime::from_millis(before_ms)}};
        let found = self.find(self.uploads(), over, doc! {"expiresAt": 1}, most);
        let found = found.await?;
        Ok(found.iter().map(read_upload).collect::<Result<_, _>>()?)
    }

    async fn forget_uploads(&self, ids: &[UploadId]) -> Result<(), StoreError> {
        let these = doc! {"_id": {"$in": object_ids(ids)?}};
        Ok(self.delete(self.uploads(), these).await?)
    }

    async fn take_lease(
        &self,
        holder: &str,
        until_ms: i64,
        now_ms: i64,
    ) -> Result<bool, StoreError> {
        Ok(leases::take(&self.db, leases::PICTURES, holder, until_ms, now_ms).await?)
    }

    async fn give_lease_back(&self, holder: &str) -> Result<(), StoreError> {
        Ok(leases::give_back(&self.db, leases::PICTURES, holder).await?)
    }
}

const WITH_FILES: [&str; 2] = [State::Kept.as_str(), State::Removed.as_str()];

fn among(ids: &[PictureId]) -> Document {
    let ids: Vec<&str> = ids.iter().map(PictureId::as_str).collect();
    doc! {"_id": {"$in": ids}}
}

fn by_id(found: &[Document]) -> Result<HashMap<PictureId, Picture>, MongoError> {
    let found = found.iter().map(read_picture);
    found
        .map(|picture| picture.map(|picture| (picture.id.clone(), picture)))
        .collect()
}
