//! Uploads and pictures in SQLite.

mod uploads;

use std::collections::HashMap;

use async_trait::async_trait;
use domain::{
    StoreError, UploadId, UserId,
    pictures::{
        picture::{Owner, Picture, PictureId, Purpose},
        store::{Begun, End, Named, Opened, PictureStore},
        sweeping::{LOOK_EVERY_MS, Usage, Verdict, after_grace},
        upload::Upload,
    },
};
use rusqlite::{Connection, Params, ToSql, named_params};

use crate::{
    database::{EmbeddedDb, json_list},
    error::SqliteError,
    tables::{
        leases,
        limit::limit,
        pictures::{PICTURE, read_picture},
    },
};

/// The uploads and pictures of the embedded store.
#[derive(Clone, Debug)]
pub struct EmbeddedPictures {
    db: EmbeddedDb,
}

impl EmbeddedPictures {
    pub const fn new(db: EmbeddedDb) -> Self {
        Self { db }
    }
}

#[async_trait]
impl PictureStore for EmbeddedPictures {
    async fn open(&self, upload: Upload, now_ms: i64) -> Result<Opened, StoreError> {
        self.db
            .write(move |tx| uploads::open(tx, &upload, now_ms))
            .await
    }

    async fn upload(&self, id: &UploadId) -> Result<Option<Upload>, StoreError> {
        let id = id.clone();
        self.db.read(move |c| uploads::find(c, &id)).await
    }

    async fn begin(
        &self,
        id: &UploadId,
        user: &UserId,
        holder: &str,
        now_ms: i64,
    ) -> Result<Begun, StoreError> {
        let (id, user, holder) = (id.clone(), user.clone(), holder.to_owned());
        self.db
            .write(move |tx| uploads::begin(tx, &id, &user, &holder, now_ms))
            .await
    }

    async fn name(
        &self,
        upload: &UploadId,
        holder: &str,
        picture: Picture,
        now_ms: i64,
    ) -> Result<Named, StoreError> {
        let (upload, holder) = (upload.clone(), holder.to_owned());
        self.db
            .write(move |tx| uploads::name(tx, &upload, &holder, &picture, now_ms))
            .await
    }

    async fn end(
        &self,
        upload: &UploadId,
        holder: &str,
        end: End,
        now_ms: i64,
    ) -> Result<bool, StoreError> {
        let (upload, holder) = (upload.clone(), holder.to_owned());
        self.db
            .write(move |tx| uploads::end(tx, &upload, &holder, &end, now_ms))
            .await
    }

    async fn by_ids(&self, ids: &[PictureId]) -> Result<HashMap<PictureId, Picture>, StoreError> {
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let ids = json_list(ids.iter().map(PictureId::as_str));
        let found = self
            .db
            .read(move |c| among(c, "state IN ('kept', 'removed')", &[(":ids", &ids)]));
        Ok(by_id(found.await?))
    }

    async fn claim(
        &self,
        ids: &[PictureId],
        owner: &Owner,
        purpose: Purpose,
        now_ms: i64,
    ) -> Result<HashMap<PictureId, Picture>, StoreError> {
        let ids = json_list(ids.iter().map(PictureId::as_str));
        let owner = owner.clone();
        let claimed = self.db.write(move |tx| {
            let (column, id) = match &owner {
                Owner::User(user) => ("user_id", user.as_str()),
                Owner::Partner(partner) => ("partner_id", partner.as_str()),
            };
            let purpose = purpose.as_str();
            tx.prepare_cached(&format!(
                "UPDATE pictures SET state = 'kept', unused_since_ms = NULL, due_ms = :due
                 WHERE id IN (SELECT value FROM json_each(:ids)) AND {column} = :owner
                   AND purpose = :purpose AND state IN ('kept', 'removed')"
            ))?
            .execute(named_params! {
                ":ids": &ids, ":owner": id, ":purpose": purpose, ":due": now_ms + LOOK_EVERY_MS,
            })?;
            let condition = format!("{column} = :owner AND purpose = :purpose AND state = 'kept'");
            let values: [(&str, &dyn ToSql); 3] =
                [(":ids", &ids), (":owner", &id), (":purpose", &purpose)];
            among(tx, &condition, &values)
        });
        Ok(by_id(claimed.await?))
    }

    async fn usage(&self, picture: &Picture) -> Result<Usage, StoreError> {
        let Some(owner) = picture.owner.clone() else {
            return Ok(Usage::Unused);
        };
        let (id, purpose) = (picture.id.clone(), picture.purpose);
        self.db.read(move |c| usage(c, &id, purpose, &owner)).await
    }

    async fn remove(&self, id: &PictureId, now_ms: i64) -> Result<bool, StoreError> {
        let id = id.clone();
        let remove = self.db.write(move |tx| {
            let removed = tx
                .prepare_cached(
                    "UPDATE pictures SET state = 'removed', due_ms = ?2
                     WHERE id = ?1 AND state = 'kept'",
                )?
                .execute((id.as_str(), after_grace(now_ms)))?;
            Ok(removed > 0)
        });
        remove.await
    }

    async fn pictures_of(&self, user: &UserId) -> Result<Vec<Picture>, StoreError> {
        let user = user.clone();
        let found = self.db.read(move |c| {
            let rest = "WHERE user_id = ?1 ORDER BY created_at_ms, id";
            list(c, rest, [user.as_str()])
        });
        found.await
    }

    async fn uploads_of(&self, user: &UserId) -> Result<Vec<Upload>, StoreError> {
        let user = user.clone();
        let found = self.db.read(move |c| {
            let rest = "WHERE user_id = ?1 ORDER BY created_at_ms, id";
            uploads::list(c, rest, [user.as_str()])
        });
        found.await
    }

    async fn due(&self, now_ms: i64, most: usize) -> Result<Vec<Picture>, StoreError> {
        let found = self.db.read(move |c| {
            let rest = "WHERE due_ms <= ?1 ORDER BY due_ms, id LIMIT ?2";
            list(c, rest, (now_ms, limit(most)))
        });
        found.await
    }

    async fn judged(&self, read: &Picture, verdict: Verdict) -> Result<bool, StoreError> {
        let read = read.clone();
        let judged = self.db.write(move |tx| {
            let (state, unused_since_ms, due_ms) = match verdict {
                Verdict::Keep {
                    unused_since_ms,
                    due_ms,
                } => ("kept", unused_since_ms, due_ms),
                Verdict::Erase { due_ms } => ("erasing", read.unused_since_ms, due_ms),
            };
            let changed = tx
                .prepare_cached(
                    "UPDATE pictures SET state = :state, unused_since_ms = :since, due_ms = :due
                     WHERE id = :id AND state = :was AND due_ms = :was_due
                       AND unused_since_ms IS :was_since",
                )?
                .execute(named_params! {
                    ":id": read.id.as_str(), ":state": state, ":since": unused_since_ms,
                    ":due": due_ms, ":was": read.state.as_str(), ":was_due": read.due_ms,
                    ":was_since": read.unused_since_ms,
                })?;
            Ok(changed > 0)
        });
        judged.await
    }

    async fn forget(&self, id: &PictureId) -> Result<(), StoreError> {
        let id = id.clone();
        let forget = self.db.write(move |tx| {
            tx.prepare_cached("DELETE FROM pictures WHERE id = ?1 AND state = 'erasing'")?
                .execute([id.as_str()])?;
            Ok(())
        });
        forget.await
    }

    async fn expired(&self, before_ms: i64, most: usize) -> Result<Vec<Upload>, StoreError> {
        let found = self.db.read(move |c| {
            let rest = "WHERE expires_at_ms < ?1 ORDER BY expires_at_ms, id LIMIT ?2";
            uploads::list(c, rest, (before_ms, limit(most)))
        });
        found.await
    }

    async fn forget_uploads(&self, ids: &[UploadId]) -> Result<(), StoreError> {
        let ids = json_list(ids.iter().map(UploadId::as_str));
        let forget = self.db.write(move |tx| {
            tx.prepare_cached("DELETE FROM uploads WHERE id IN (SELECT value FROM json_each(?1))")?
                .execute([ids])?;
            Ok(())
        });
        forget.await
    }

    async fn take_lease(
        &self,
        holder: &str,
        until_ms: i64,
        now_ms: i64,
    ) -> Result<bool, StoreError> {
        let holder = holder.to_owned();
        self.db
            .write(move |tx| leases::take(tx, leases::PICTURES, &holder, until_ms, now_ms))
            .await
    }

    async fn give_lease_back(&self, holder: &str) -> Result<(), StoreError> {
        let holder = holder.to_owned();
        self.db
            .write(move |tx| leases::give_back(tx, leases::PICTURES, &holder))
            .await
    }
}

/// The pictures among `:ids` that fulfil a condition.
fn among(
    connection: &Connection,
    condition: &str,
    values: &[(&str, &dyn ToSql)],
) -> Result<Vec<Picture>, SqliteError> {
    let rest = format!("WHERE id IN (SELECT value FROM json_each(:ids)) AND {condition}");
    list(connection, &rest, values)
}

fn list(
    connection: &Connection,
    rest: &str,
    values: impl Params,
) -> Result<Vec<Picture>, SqliteError> {
    let mut statement =
        connection.prepare_cached(&format!("SELECT {PICTURE} FROM pictures {rest}"))?;
    let mut rows = statement.query(values)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(read_picture(row)?);
    }
    Ok(found)
}

/// Whether something of the owner that is not archived has an address with the picture's id.
fn usage(
    connection: &Connection,
    id: &PictureId,
    purpose: Purpose,
    owner: &Owner,
) -> Result<Usage, SqliteError> {
    let (table, column) = match purpose {
        Purpose::Avatar => ("users", "avatar"),
        Purpose::Logo => ("partners", "logo"),
        Purpose::Establishment => ("establishments", "images"),
        Purpose::Offer => ("offers", "images"),
    };
    let (owner_column, owner) = match owner {
        Owner::User(user) => ("id", user.as_str()),
        Owner::Partner(partner) => match purpose {
            Purpose::Avatar | Purpose::Logo => ("id", partner.as_str()),
            Purpose::Establishment | Purpose::Offer => ("partner_id", partner.as_str()),
        },
    };
    let and_open = match purpose {
        Purpose::Avatar | Purpose::Logo => "",
        Purpose::Establishment | Purpose::Offer => "AND archived_at_ms IS NULL",
    };
    let is_used = connection
        .prepare_cached(&format!(
            "SELECT 1 FROM {table}
             WHERE {owner_column} = ?1 AND instr({column}, ?2) > 0 {and_open}"
        ))?
        .exists((owner, id.as_str()))?;
    Ok(if is_used { Usage::Used } else { Usage::Unused })
}

fn by_id(found: Vec<Picture>) -> HashMap<PictureId, Picture> {
    let found = found.into_iter();
    found.map(|picture| (picture.id.clone(), picture)).collect()
}
