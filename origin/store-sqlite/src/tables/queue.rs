//! Rows of the queue.

use domain::{
    UserId,
    queue::{Lane, NewTask, State, Task},
};
use rusqlite::{Row, Transaction, named_params};

use super::word::word;
use crate::error::SqliteError;

pub const COLUMNS: &str = "key, lane, kind, work, person_id, state, attempts, created_at_ms,
    due_at_ms, expires_at_ms, ended_at_ms, error, provider_id";

/// Stores tasks in the transaction that causes them, unless there are tasks with their keys.
pub fn push<'t>(
    tx: &Transaction<'_>,
    tasks: impl IntoIterator<Item = &'t NewTask>,
) -> Result<(), SqliteError> {
    let mut insert = tx.prepare_cached(
        "INSERT INTO queue(key, lane, kind, work, person_id, state, attempts, created_at_ms,
            due_at_ms, expires_at_ms)
         VALUES (:key, :lane, :kind, :work, :person, :state, :attempts, :created, :due, :expires)
         ON CONFLICT(key) DO NOTHING",
    )?;
    for task in tasks {
        let task = task.stored();
        insert.execute(named_params! {
            ":key": task.key,
            ":lane": task.lane.as_str(),
            ":kind": task.kind,
            ":work": task.work,
            ":person": task.person.as_ref().map(UserId::as_str),
            ":state": task.state.as_str(),
            ":attempts": task.attempts,
            ":created": task.created_at_ms,
            ":due": task.due_at_ms,
            ":expires": task.expires_at_ms,
        })?;
    }
    Ok(())
}

/// A row with [`COLUMNS`].
pub fn read(row: &Row<'_>) -> Result<Task, SqliteError> {
    let (lane, state): (String, String) = (row.get(1)?, row.get(5)?);
    let person: Option<String> = row.get(4)?;
    let person = person.map(|id| word("id", &id, UserId::parse));
    Ok(Task {
        key: row.get(0)?,
        lane: word("lane", &lane, Lane::parse)?,
        kind: row.get(2)?,
        work: row.get(3)?,
        person: person.transpose()?,
        state: word("state", &state, State::parse)?,
        attempts: row.get(6)?,
        created_at_ms: row.get(7)?,
        due_at_ms: row.get(8)?,
        expires_at_ms: row.get(9)?,
        ended_at_ms: row.get(10)?,
        error: row.get(11)?,
        provider_id: row.get(12)?,
    })
}
