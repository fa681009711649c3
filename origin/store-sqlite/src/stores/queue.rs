//! The queue in SQLite.

use async_trait::async_trait;
use domain::{
    StoreError,
    notifications::inbox::{Entry, purge_of},
    queue::{
        Lane, NewTask, State, Task, error_text,
        store::{End, LaneFigures, QueueStore, TaskFilter, persons, retain_those},
    },
};
use rusqlite::{Connection, OptionalExtension as _, Transaction, named_params};

use crate::{
    database::{EmbeddedDb, json_list},
    error::SqliteError,
    outbox::outbox_push,
    tables::{
        inbox,
        limit::limit,
        queue::{COLUMNS, push, read},
        users::active_among,
    },
};

/// The queue of the embedded store.
#[derive(Clone, Debug)]
pub struct EmbeddedQueue {
    db: EmbeddedDb,
}

impl EmbeddedQueue {
    pub const fn new(db: EmbeddedDb) -> Self {
        Self { db }
    }
}

#[async_trait]
impl QueueStore for EmbeddedQueue {
    async fn add(&self, task: NewTask) -> Result<bool, StoreError> {
        let add = self.db.write(move |tx| {
            push(tx, [&task])?;
            // Of the row that was inserted, if it was.
            Ok(tx.changes() > 0)
        });
        add.await
    }

    async fn take(
        &self,
        lane: Lane,
        lease: &str,
        now_ms: i64,
        until_ms: i64,
        most: usize,
    ) -> Result<Vec<Task>, StoreError> {
        // Most often there is none: a look needs no lock.
        let due = self.db.read(move |c| is_due(c, lane, now_ms));
        if !due.await? {
            return Ok(Vec::new());
        }
        let lease = lease.to_owned();
        self.db
            .write(move |tx| take(tx, lane, &lease, now_ms, until_ms, most))
            .await
    }

    async fn end(&self, key: &str, lease: &str, end: End, now_ms: i64) -> Result<bool, StoreError> {
        let (key, lease) = (key.to_owned(), lease.to_owned());
        self.db
            .write(move |tx| write_end(tx, &key, &lease, &end, now_ms))
            .await
    }

    async fn remove_taken(&self, keys: &[String], lease: &str) -> Result<usize, StoreError> {
        let (keys, lease) = (json_list(keys.iter().map(String::as_str)), lease.to_owned());
        let remove = self.db.write(move |tx| {
            let removed = tx
                .prepare_cached(
                    "DELETE FROM queue WHERE key IN (SELECT value FROM json_each(?1))
                        AND lease = ?2 AND state = ?3",
                )?
                .execute((keys, lease, State::Waiting.as_str()))?;
            Ok(removed)
        });
        remove.await
    }

    async fn put_back(
        &self,
        keys: &[String],
        lease: &str,
        due_at_ms: i64,
        error: &str,
    ) -> Result<usize, StoreError> {
        let (keys, lease) = (json_list(keys.iter().map(String::as_str)), lease.to_owned());
        let error = error_text(error);
        let put_back = self.db.write(move |tx| {
            let put_back = tx
                .prepare_cached(
                    "UPDATE queue SET lease = NULL, due_at_ms = ?4, error = ?5
                     WHERE key IN (SELECT value FROM json_each(?1))
                        AND lease = ?2 AND state = ?3",
                )?
                .execute((keys, lease, State::Waiting.as_str(), due_at_ms, error))?;
            Ok(put_back)
        });
        put_back.await
    }

    async fn list(&self, filter: TaskFilter, most: usize) -> Result<Vec<Task>, StoreError> {
        self.db.read(move |c| list(c, &filter, most)).await
    }

    async fn get(&self, key: &str) -> Result<Option<Task>, StoreError> {
        let key = key.to_owned();
        let get = self.db.read(move |c| {
            c.prepare_cached(&format!("SELECT {COLUMNS} FROM queue WHERE key = ?1"))?
                .query_row([key], |row| Ok(read(row)))
                .optional()?
                .transpose()
        });
        get.await
    }

    async fn revive(&self, key: &str, now_ms: i64, expires_at_ms: i64) -> Result<bool, StoreError> {
        let key = key.to_owned();
        let revive = self.db.write(move |tx| {
            let revived = tx
                .prepare_cached(
                    "UPDATE queue SET state = :waiting, attempts = 0, due_at_ms = :now,
                        expires_at_ms = :expires, ended_at_ms = NULL
                     WHERE key = :key AND state = :dead",
                )?
                .execute(named_params! {
                    ":waiting": State::Waiting.as_str(),
                    ":dead": State::Dead.as_str(),
                    ":now": now_ms,
                    ":expires": expires_at_ms,
                    ":key": key,
                })?;
            Ok(revived > 0)
        });
        revive.await
    }

    async fn remove(&self, key: &str) -> Result<bool, StoreError> {
        let key = key.to_owned();
        let remove = self.db.write(move |tx| {
            let removed = tx
                .prepare_cached("DELETE FROM queue WHERE key = ?1 AND state <> ?2")?
                .execute((key, State::Done.as_str()))?;
            Ok(removed > 0)
        });
        remove.await
    }

    async fn figures(&self, now_ms: i64) -> Result<Vec<LaneFigures>, StoreError> {
        self.db
            .read(move |c| {
                let lanes = Lane::ALL.iter();
                lanes.map(|lane| figures(c, *lane, now_ms)).collect()
            })
            .await
    }

    async fn forget(&self, ended_before_ms: i64, most: usize) -> Result<usize, StoreError> {
        let forget = self.db.write(move |tx| {
            let forgotten = tx
                .prepare_cached(
                    "DELETE FROM queue WHERE key IN
                        (SELECT key FROM queue WHERE ended_at_ms < ?1 LIMIT ?2)",
                )?
                .execute((ended_before_ms, limit(most)))?;
            Ok(forgotten)
        });
        forget.await
    }
}

fn is_due(connection: &Connection, lane: Lane, now_ms: i64) -> Result<bool, SqliteError> {
    Ok(connection
        .prepare_cached("SELECT 1 FROM queue WHERE state = ?1 AND lane = ?2 AND due_at_ms <= ?3")?
        .exists((State::Waiting.as_str(), lane.as_str(), now_ms))?)
}

fn take(
    tx: &Transaction<'_>,
    lane: Lane,
    lease: &str,
    now_ms: i64,
    until_ms: i64,
    most: usize,
) -> Result<Vec<Task>, SqliteError> {
    let mut statement = tx.prepare_cached(&format!(
        "UPDATE queue SET attempts = attempts + 1, lease = :lease, due_at_ms = :until
         WHERE key IN (SELECT key FROM queue
            WHERE state = :waiting AND lane = :lane AND due_at_ms <= :now
            ORDER BY due_at_ms LIMIT :most)
         RETURNING {COLUMNS}"
    ))?;
    let mut rows = statement.query(named_params! {
        ":lease": lease,
        ":until": until_ms,
        ":waiting": State::Waiting.as_str(),
        ":lane": lane.as_str(),
        ":now": now_ms,
        ":most": limit(most),
    })?;
    let mut taken = Vec::new();
    while let Some(row) = rows.next()? {
        taken.push(read(row)?);
    }
    Ok(taken)
}

/// Stores what does a task's work instead. The erasure of the person whom a task is about removes it;
/// one that is about many has to look who is still there.
fn divide(
    tx: &Transaction<'_>,
    is_about_many: bool,
    (tasks, entries): (&[NewTask], &[Entry]),
    now_ms: i64,
) -> Result<(), SqliteError> {
    let (mut tasks, mut entries) = (tasks.to_vec(), entries.to_vec());
    if is_about_many {
        let there = active_among(tx, &persons(&tasks, &entries))?;
        retain_those(|user| there.contains(user), &mut tasks, &mut entries);
    }
    push(tx, &tasks)?;
    for entry in &entries {
        inbox::push(tx, entry)?;
    }
    if let Some(purge) = purge_of(&entries) {
        outbox_push(tx, &purge, now_ms)?;
    }
    Ok(())
}

fn write_end(
    tx: &Transaction<'_>,
    key: &str,
    lease: &str,
    end: &End,
    now_ms: i64,
) -> Result<bool, SqliteError> {
    let this = "WHERE key = :key AND lease = :lease AND state = 'waiting'";
    let ended = match end {
        End::Sent { provider_id } => tx
            .prepare_cached(&format!(
                "UPDATE queue SET state = 'done', work = '', lease = NULL, error = NULL,
                    provider_id = :provider, ended_at_ms = :now {this}"
            ))?
            .execute(named_params! {
                ":provider": provider_id, ":now": now_ms, ":key": key, ":lease": lease,
            })?,
        End::Divided { tasks, entries } => {
            let person: Option<Option<String>> = tx
                .prepare_cached(&format!(
                    "UPDATE queue SET state = 'done', work = '', lease = NULL, error = NULL,
                        ended_at_ms = :now {this} RETURNING person_id"
                ))?
                .query_row(
                    named_params! {":now": now_ms, ":key": key, ":lease": lease},
                    |row| row.get(0),
                )
                .optional()?;
            match person {
                Some(person) => {
                    divide(tx, person.is_none(), (tasks, entries), now_ms)?;
                    1
                }
                None => 0,
            }
        }
        End::Needless { why } => tx
            .prepare_cached(&format!(
                "UPDATE queue SET state = 'done', work = '', lease = NULL, error = :why,
                    ended_at_ms = :now {this}"
            ))?
            .execute(named_params! {
                ":why": why, ":now": now_ms, ":key": key, ":lease": lease,
            })?,
        End::Later {
            due_at_ms,
            error,
            counts,
        } => tx
            .prepare_cached(&format!(
                "UPDATE queue SET lease = NULL, error = :error, due_at_ms = :due,
                    attempts = attempts - :back {this}"
            ))?
            .execute(named_params! {
                ":error": error_text(error), ":due": due_at_ms, ":back": i32::from(!counts),
                ":key": key, ":lease": lease,
            })?,
        End::Dead { error } => tx
            .prepare_cached(&format!(
                "UPDATE queue SET state = 'dead', lease = NULL, error = :error,
                    ended_at_ms = :now {this}"
            ))?
            .execute(named_params! {
                ":error": error_text(error), ":now": now_ms, ":key": key, ":lease": lease,
            })?,
    };
    Ok(ended > 0)
}

fn list(
    connection: &Connection,
    filter: &TaskFilter,
    most: usize,
) -> Result<Vec<Task>, SqliteError> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM queue
         WHERE key > :after AND (:state IS NULL OR state = :state)
           AND (:lane IS NULL OR lane = :lane)
         ORDER BY key LIMIT :most"
    ))?;
    let mut rows = statement.query(named_params! {
        ":after": filter.after.as_deref().unwrap_or_default(),
        ":state": filter.state.map(State::as_str),
        ":lane": filter.lane.map(Lane::as_str),
        ":most": limit(most),
    })?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(read(row)?);
    }
    Ok(found)
}

fn figures(connection: &Connection, lane: Lane, now_ms: i64) -> Result<LaneFigures, SqliteError> {
    let (due, later, oldest_due_at_ms): (i64, i64, Option<i64>) = connection
        .prepare_cached(
            "SELECT COUNT(*) FILTER (WHERE due_at_ms <= ?3), COUNT(*) FILTER (WHERE due_at_ms > ?3),
                MIN(due_at_ms) FILTER (WHERE due_at_ms <= ?3)
             FROM queue WHERE state = ?1 AND lane = ?2",
        )?
        .query_row((State::Waiting.as_str(), lane.as_str(), now_ms), |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })?;
    let dead: i64 = connection
        .prepare_cached("SELECT COUNT(*) FROM queue WHERE state = ?1 AND lane = ?2")?
        .query_row((State::Dead.as_str(), lane.as_str()), |row| row.get(0))?;
    Ok(LaneFigures {
        lane,
        due: due.unsigned_abs(),
        later: later.unsigned_abs(),
        dead: dead.unsigned_abs(),
        oldest_due_at_ms,
    })
}
