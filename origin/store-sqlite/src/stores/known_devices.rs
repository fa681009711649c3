//! Known devices in SQLite.

use async_trait::async_trait;
use domain::{
    StoreError, UserId,
    auth::known_devices::{KEPT_MS, KnownDevice, KnownDevices, Meeting, Met, SignIn},
};
use rusqlite::{Connection, Transaction};

use crate::{
    database::EmbeddedDb,
    error::SqliteError,
    tables::{queue, users::is_active},
};

/// The known devices of the embedded store.
#[derive(Clone, Debug)]
pub struct EmbeddedKnownDevices {
    db: EmbeddedDb,
}

impl EmbeddedKnownDevices {
    pub const fn new(db: EmbeddedDb) -> Self {
        Self { db }
    }
}

#[async_trait]
impl KnownDevices for EmbeddedKnownDevices {
    async fn meet(&self, sign_in: SignIn) -> Result<Met, StoreError> {
        // Most often it is known: a look needs no lock.
        if sign_in.meet(&self.of_user(&sign_in.user).await?) == Meeting::Known {
            return Ok(Met::Known);
        }
        self.db.write(move |tx| meet(tx, &sign_in)).await
    }

    async fn of_user(&self, user: &UserId) -> Result<Vec<KnownDevice>, StoreError> {
        let user = user.clone();
        self.db.read(move |c| of_user(c, &user)).await
    }
}

fn meet(tx: &Transaction<'_>, sign_in: &SignIn) -> Result<Met, SqliteError> {
    if !is_active(tx, &sign_in.user)? {
        return Ok(Met::NoAccount);
    }
    let user = sign_in.user.as_str();
    let (met, task, removed) = match sign_in.meet(&of_user(tx, &sign_in.user)?) {
        Meeting::Known => return Ok(Met::Known),
        Meeting::Seen { removed } => (Met::Known, None, removed),
        Meeting::New { task, removed } => (Met::New, Some(task), removed),
    };
    let mut remove =
        tx.prepare_cached("DELETE FROM known_devices WHERE user_id = ?1 AND hash = ?2")?;
    for hash in &removed {
        remove.execute((user, hash))?;
    }
    // Of all accounts: nobody may sign in to the other ones again.
    tx.prepare_cached("DELETE FROM known_devices WHERE seen_at_ms <= ?1")?
        .execute([sign_in.now_ms - KEPT_MS])?;
    tx.prepare_cached(
        "INSERT OR REPLACE INTO known_devices(user_id, hash, seen_at_ms) VALUES (?1, ?2, ?3)",
    )?
    .execute((user, sign_in.hash(), sign_in.now_ms))?;
    queue::push(tx, task.as_deref())?;
    Ok(met)
}

fn of_user(connection: &Connection, user: &UserId) -> Result<Vec<KnownDevice>, SqliteError> {
    let mut statement = connection.prepare_cached(
        "SELECT hash, seen_at_ms FROM known_devices WHERE user_id = ?1
         ORDER BY seen_at_ms DESC, hash",
    )?;
    let found = statement.query_map([user.as_str()], |row| {
        Ok(KnownDevice {
            hash: row.get(0)?,
            seen_at_ms: row.get(1)?,
        })
    })?;
    Ok(found.collect::<Result<_, _>>()?)
}
