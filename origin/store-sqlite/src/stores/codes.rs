//! Codes in SQLite.

use async_trait::async_trait;
use domain::{
    StoreError, UserId,
    auth::codes::{CodePurpose, CodeStore, StoredCode},
    queue::NewTask,
};
use rusqlite::{Connection, OptionalExtension as _};

use crate::{
    database::EmbeddedDb,
    error::SqliteError,
    tables::{codes, users::is_active},
};

/// The codes of the embedded store.
#[derive(Clone, Debug)]
pub struct EmbeddedCodes {
    db: EmbeddedDb,
}

impl EmbeddedCodes {
    pub const fn new(db: EmbeddedDb) -> Self {
        Self { db }
    }
}

#[async_trait]
impl CodeStore for EmbeddedCodes {
    async fn put(&self, code: StoredCode, task: NewTask) -> Result<bool, StoreError> {
        let put = self.db.write(move |tx| {
            if !is_active(tx, &code.user)? {
                return Ok(false);
            }
            codes::put(tx, &code, &task)?;
            Ok(true)
        });
        put.await
    }

    async fn get(
        &self,
        user: &UserId,
        purpose: CodePurpose,
    ) -> Result<Option<StoredCode>, StoreError> {
        let user = user.clone();
        self.db.read(move |c| get(c, &user, purpose)).await
    }

    async fn take_try(
        &self,
        user: &UserId,
        purpose: CodePurpose,
        now_ms: i64,
    ) -> Result<Option<StoredCode>, StoreError> {
        let user = user.clone();
        let take = self.db.write(move |tx| {
            let taken = tx
                .prepare_cached(
                    "UPDATE codes SET tries_left = tries_left - 1
                     WHERE user_id = ?1 AND purpose = ?2 AND tries_left > 0 AND expires_at_ms > ?3",
                )?
                .execute((user.as_str(), purpose.as_str(), now_ms))?;
            if taken == 0 {
                return Ok(None);
            }
            get(tx, &user, purpose)
        });
        take.await
    }
}

fn get(
    connection: &Connection,
    user: &UserId,
    purpose: CodePurpose,
) -> Result<Option<StoredCode>, SqliteError> {
    let found = connection
        .prepare_cached(
            "SELECT target, hash, epoch, tries_left, created_at_ms, expires_at_ms FROM codes
             WHERE user_id = ?1 AND purpose = ?2",
        )?
        .query_row((user.as_str(), purpose.as_str()), |row| {
            Ok(StoredCode {
                user: user.clone(),
                purpose,
                target: row.get(0)?,
                hash: row.get(1)?,
                epoch: row.get(2)?,
                tries_left: row.get(3)?,
                created_at_ms: row.get(4)?,
                expires_at_ms: row.get(5)?,
            })
        });
    Ok(found.optional()?)
}
