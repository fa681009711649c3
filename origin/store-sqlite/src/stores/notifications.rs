//! Devices and inboxes in SQLite.

use async_trait::async_trait;
use domain::{
    NotificationId, StoreError, UserId,
    notifications::{
        device::{Device, DeviceId, MOST_DEVICES, Platform},
        inbox::InboxCursor,
        store::{InboxPage, Marked, NotificationStore, Registered},
    },
};
use rusqlite::{Connection, Row, Transaction, named_params};

use crate::{
    database::{EmbeddedDb, json_list},
    error::SqliteError,
    tables::{
        inbox::{COLUMNS, read},
        limit::limit,
        users::is_active,
        word::word,
    },
};

const DEVICE: &str = "id, user_id, platform, created_at_ms, seen_at_ms";

/// The devices and inboxes of the embedded store.
#[derive(Clone, Debug)]
pub struct EmbeddedNotifications {
    db: EmbeddedDb,
}

impl EmbeddedNotifications {
    pub const fn new(db: EmbeddedDb) -> Self {
        Self { db }
    }
}

#[async_trait]
impl NotificationStore for EmbeddedNotifications {
    async fn register(
        &self,
        user: &UserId,
        id: &DeviceId,
        platform: Platform,
        now_ms: i64,
    ) -> Result<Registered, StoreError> {
        let (user, id) = (user.clone(), id.clone());
        self.db
            .write(move |tx| register(tx, &user, &id, platform, now_ms))
            .await
    }

    async fn remove_device(&self, user: &UserId, id: &DeviceId) -> Result<bool, StoreError> {
        let (user, id) = (user.clone(), id.clone());
        let remove = self.db.write(move |tx| {
            let removed = tx
                .prepare_cached("DELETE FROM devices WHERE id = ?1 AND user_id = ?2")?
                .execute((id.as_str(), user.as_str()))?;
            Ok(removed > 0)
        });
        remove.await
    }

    async fn devices(&self, user: &UserId) -> Result<Vec<Device>, StoreError> {
        let user = user.clone();
        let devices = self.db.read(move |c| {
            let mut statement = c.prepare_cached(&format!(
                "SELECT {DEVICE} FROM devices WHERE user_id = ?1 ORDER BY seen_at_ms DESC, id"
            ))?;
            let mut rows = statement.query([user.as_str()])?;
            let mut devices = Vec::new();
            while let Some(row) = rows.next()? {
                devices.push(device(row)?);
            }
            Ok(devices)
        });
        devices.await
    }

    async fn forget_devices(&self, ids: &[DeviceId]) -> Result<usize, StoreError> {
        let ids = json_list(ids.iter().map(DeviceId::as_str));
        let forget = self.db.write(move |tx| {
            Ok(tx
                .prepare_cached(
                    "DELETE FROM devices WHERE id IN (SELECT value FROM json_each(?1))",
                )?
                .execute([ids])?)
        });
        forget.await
    }

    async fn page(
        &self,
        user: &UserId,
        first: usize,
        after: Option<InboxCursor>,
    ) -> Result<InboxPage, StoreError> {
        let user = user.clone();
        self.db
            .read(move |c| page(c, &user, first, after.as_ref()))
            .await
    }

    async fn unread(&self, user: &UserId) -> Result<u64, StoreError> {
        let user = user.clone();
        let unread = self.db.read(move |c| {
            let count: i64 = c
                .prepare_cached(
                    "SELECT COUNT(*) FROM inbox WHERE user_id = ?1 AND read_at_ms IS NULL",
                )?
                .query_row([user.as_str()], |row| row.get(0))?;
            Ok(count.unsigned_abs())
        });
        unread.await
    }

    async fn mark_read(
        &self,
        user: &UserId,
        which: &Marked,
        now_ms: i64,
    ) -> Result<usize, StoreError> {
        let user = user.clone();
        let these = match which {
            Marked::All => None,
            Marked::These(ids) => Some(json_list(ids.iter().map(NotificationId::as_str))),
        };
        let mark = self.db.write(move |tx| {
            Ok(tx
                .prepare_cached(
                    "UPDATE inbox SET read_at_ms = :now
                     WHERE user_id = :user AND read_at_ms IS NULL
                       AND (:these IS NULL OR id IN (SELECT value FROM json_each(:these)))",
                )?
                .execute(named_params! {
                    ":now": now_ms, ":user": user.as_str(), ":these": these,
                })?)
        });
        mark.await
    }

    async fn forget_entries(&self, before_ms: i64, most: usize) -> Result<usize, StoreError> {
        let forget = self.db.write(move |tx| {
            Ok(tx
                .prepare_cached(
                    "DELETE FROM inbox WHERE id IN
                        (SELECT id FROM inbox WHERE at_ms < ?1 LIMIT ?2)",
                )?
                .execute((before_ms, limit(most)))?)
        });
        forget.await
    }
}

fn register(
    tx: &Transaction<'_>,
    user: &UserId,
    id: &DeviceId,
    platform: Platform,
    now_ms: i64,
) -> Result<Registered, SqliteError> {
    if !is_active(tx, user)? {
        return Ok(Registered::NoAccount);
    }
    let registered = tx
        .prepare_cached(&format!(
            "INSERT INTO devices({DEVICE}) VALUES (:id, :user, :platform, :now, :now)
             ON CONFLICT(id) DO UPDATE SET platform = :platform, seen_at_ms = :now,
                user_id = :user,
                created_at_ms = CASE WHEN user_id = :user THEN created_at_ms ELSE :now END
             RETURNING {DEVICE}"
        ))?
        .query_row(
            named_params! {
                ":id": id.as_str(), ":user": user.as_str(), ":platform": platform.as_str(),
                ":now": now_ms,
            },
            |row| Ok(device(row)),
        )??;
    // The one that is registered now stays, whatever the clocks say.
    tx.prepare_cached(
        "DELETE FROM devices WHERE id IN (SELECT id FROM devices WHERE user_id = ?1 AND id <> ?2
            ORDER BY seen_at_ms DESC, id LIMIT -1 OFFSET ?3)",
    )?
    .execute((user.as_str(), id.as_str(), limit(MOST_DEVICES - 1)))?;
    Ok(Registered::Done(registered))
}

fn page(
    connection: &Connection,
    user: &UserId,
    first: usize,
    after: Option<&InboxCursor>,
) -> Result<InboxPage, SqliteError> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM inbox
         WHERE user_id = :user AND (:at IS NULL OR (at_ms, id) < (:at, :id))
         ORDER BY at_ms DESC, id DESC LIMIT :most"
    ))?;
    let mut rows = statement.query(named_params! {
        ":user": user.as_str(),
        ":at": after.map(|after| after.at_ms),
        ":id": after.map(|after| after.id.as_str()),
        ":most": limit(first.saturating_add(1)),
    })?;
    let mut items = Vec::new();
    while let Some(row) = rows.next()? {
        items.push(read(row)?);
    }
    let has_next_page = items.len() > first;
    items.truncate(first);
    Ok(InboxPage {
        items,
        has_next_page,
    })
}

fn device(row: &Row<'_>) -> Result<Device, SqliteError> {
    let text = |column: usize| row.get::<_, String>(column);
    let (id, user, platform) = (text(0)?, text(1)?, text(2)?);
    Ok(Device {
        id: word("device", &id, DeviceId::parse)?,
        user: word("device", &user, UserId::parse)?,
        platform: word("device", &platform, Platform::parse)?,
        created_at_ms: row.get(3)?,
        seen_at_ms: row.get(4)?,
    })
}
