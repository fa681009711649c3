//! Sessions in SQLite.

use async_trait::async_trait;
use domain::{
    StoreError, UserId,
    auth::sessions::{
        Exchange, LIFE_MS, MAX_SESSIONS, Rotation, Session, SessionId, Sessions, WHOLE_MS,
    },
};
use rusqlite::{Connection, OptionalExtension as _, Row, Transaction, named_params};

use crate::{database::EmbeddedDb, error::SqliteError};

/// The sessions of the embedded store.
#[derive(Clone, Debug)]
pub struct EmbeddedSessions {
    db: EmbeddedDb,
}

impl EmbeddedSessions {
    pub const fn new(db: EmbeddedDb) -> Self {
        Self { db }
    }
}

#[async_trait]
impl Sessions for EmbeddedSessions {
    async fn begin(&self, session: Session, hash: String) -> Result<(), StoreError> {
        let begin = self.db.write(move |tx| begin(tx, &session, &hash));
        Ok(begin.await?)
    }

    async fn rotate(&self, id: &SessionId, exchange: Exchange) -> Result<Rotation, StoreError> {
        let id = id.clone();
        Ok(self.db.write(move |tx| rotate(tx, &id, &exchange)).await?)
    }

    async fn is_live(&self, user: &UserId, id: &SessionId) -> Result<bool, StoreError> {
        let (user, id) = (user.clone(), id.clone());
        let found = self.db.read(move |c| {
            Ok(c.prepare_cached(
                "SELECT EXISTS (SELECT 1 FROM sessions WHERE id = ?1 AND user_id = ?2)",
            )?
            .query_row((id.as_str(), user.as_str()), |row| row.get(0))?)
        });
        found.await
    }

    async fn of_user(&self, user: &UserId, now_ms: i64) -> Result<Vec<Session>, StoreError> {
        let user = user.clone();
        Ok(self.db.read(move |c| of_user(c, &user, now_ms)).await?)
    }

    async fn sign_out(&self, id: &SessionId) -> Result<Option<UserId>, StoreError> {
        let id = id.clone();
        let ended = self.db.write(move |tx| {
            let user = tx
                .prepare_cached("DELETE FROM sessions WHERE id = ?1 RETURNING user_id")?
                .query_row([id.as_str()], |row| row.get::<_, String>(0))
                .optional()?;
            user.map(|user| user_id(&user)).transpose()
        });
        ended.await
    }

    async fn end(&self, user: &UserId, id: &SessionId) -> Result<bool, StoreError> {
        let (user, id) = (user.clone(), id.clone());
        let end = self.db.write(move |tx| {
            let ended = tx
                .prepare_cached("DELETE FROM sessions WHERE id = ?1 AND user_id = ?2")?
                .execute((id.as_str(), user.as_str()))?;
            Ok(ended > 0)
        });
        Ok(end.await?)
    }

    async fn end_all(
        &self,
        user: &UserId,
        except: Option<&SessionId>,
    ) -> Result<usize, StoreError> {
        let (user, except) = (user.clone(), except.cloned());
        let end = self.db.write(move |tx| {
            let except = except.as_ref().map_or("", SessionId::as_str);
            Ok(tx
                .prepare_cached("DELETE FROM sessions WHERE user_id = ?1 AND id <> ?2")?
                .execute((user.as_str(), except))?)
        });
        Ok(end.await?)
    }
}

fn begin(tx: &Transaction<'_>, session: &Session, hash: &str) -> Result<(), SqliteError> {
    // Each new session deletes the expired ones, so the table stays as small as the live sessions.
    tx.prepare_cached("DELETE FROM sessions WHERE expires_at_ms <= ?1")?
        .execute([session.created_at_ms])?;
    tx.prepare_cached(
        "DELETE FROM sessions WHERE id IN (SELECT id FROM sessions WHERE user_id = ?1
            ORDER BY used_at_ms DESC, id LIMIT -1 OFFSET ?2)",
    )?
    .execute((
        session.user.as_str(),
        i64::try_from(MAX_SESSIONS - 1).unwrap_or(0),
    ))?;
    tx.prepare_cached(
        "INSERT INTO sessions(id, user_id, epoch, token_hash, device, created_at_ms, used_at_ms,
            expires_at_ms)
         VALUES (:id, :user, :epoch, :hash, :device, :created, :used, :expires)",
    )?
    .execute(named_params! {
        ":id": session.id.as_str(),
        ":user": session.user.as_str(),
        ":epoch": session.epoch,
        ":hash": hash,
        ":device": session.device,
        ":created": session.created_at_ms,
        ":used": session.used_at_ms,
        ":expires": session.expires_at_ms,
    })?;
    Ok(())
}

fn rotate(
    tx: &Transaction<'_>,
    id: &SessionId,
    exchange: &Exchange,
) -> Result<Rotation, SqliteError> {
    let now_ms = exchange.now_ms;
    let holder = |row: &Row<'_>| Ok((row.get::<_, String>(0)?, row.get(1)?));
    let rotated = tx
        .prepare_cached(
            "UPDATE sessions SET token_hash = :next, previous_hash = :hash, used_at_ms = :now,
                expires_at_ms = MIN(:expires, created_at_ms + :whole)
             WHERE id = :id AND token_hash = :hash AND expires_at_ms > :now
                AND created_at_ms + :whole > :now
             RETURNING user_id, epoch",
        )?
        .query_row(
            named_params! {
                ":id": id.as_str(),
                ":hash": exchange.hash,
                ":next": exchange.next,
                ":now": now_ms,
                ":expires": now_ms + LIFE_MS,
                ":whole": WHOLE_MS,
            },
            holder,
        )
        .optional()?;
    let repeated = || {
        tx.prepare_cached(
            "SELECT user_id, epoch FROM sessions WHERE id = :id AND token_hash = :next
                AND previous_hash = :hash AND used_at_ms > :since AND expires_at_ms > :now
                AND created_at_ms + :whole > :now",
        )?
        .query_row(
            named_params! {
                ":id": id.as_str(),
                ":hash": exchange.hash,
                ":next": exchange.next,
                ":now": now_ms,
                ":since": now_ms - exchange.grace_ms,
                ":whole": WHOLE_MS,
            },
            holder,
        )
        .optional()
    };
    let done = match rotated {
        Some(rotated) => Some(rotated),
        None => repeated()?,
    };
    if let Some((user, epoch)) = done {
        return Ok(Rotation::Done {
            user: user_id(&user)?,
            epoch,
        });
    }
    let ended = tx
        .prepare_cached(
            "DELETE FROM sessions WHERE id = ?1
             RETURNING user_id, MIN(expires_at_ms, created_at_ms + ?2)",
        )?
        .query_row((id.as_str(), WHOLE_MS), |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?))
        })
        .optional()?;
    match ended {
        Some((user, expires_at_ms)) if expires_at_ms > now_ms => {
            Ok(Rotation::Reused(user_id(&user)?))
        }
        Some(_) | None => Ok(Rotation::Unknown),
    }
}

fn of_user(
    connection: &Connection,
    user: &UserId,
    now_ms: i64,
) -> Result<Vec<Session>, SqliteError> {
    let mut statement = connection.prepare_cached(
        "SELECT id, epoch, device, created_at_ms, used_at_ms, expires_at_ms FROM sessions
         WHERE user_id = ?1 AND expires_at_ms > ?2 ORDER BY used_at_ms DESC, id",
    )?;
    let mut rows = statement.query((user.as_str(), now_ms))?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(Session {
            id: SessionId::new(row.get::<_, String>(0)?),
            user: user.clone(),
            epoch: row.get(1)?,
            device: row.get(2)?,
            created_at_ms: row.get(3)?,
            used_at_ms: row.get(4)?,
            expires_at_ms: row.get(5)?,
        });
    }
    Ok(found)
}

fn user_id(text: &str) -> Result<UserId, SqliteError> {
    UserId::parse(text).ok_or_else(|| SqliteError::corrupt("session", &"its user"))
}
