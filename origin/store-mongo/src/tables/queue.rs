//! Documents of the queue.

use std::collections::HashSet;

use domain::{
    UserId,
    queue::{Lane, NewTask, State, Task},
};
use mongodb::bson::{Bson, DateTime, Document, doc};

use crate::{
    documents::{id, moment_ms, object_id, optional, optional_text, text, whole, word},
    error::MongoError,
    tables::collections::QUEUE,
    tx::Tx,
};

/// Stores tasks in the transaction that causes them, unless there are tasks with their keys.
pub async fn push(
    tx: &mut Tx,
    tasks: impl IntoIterator<Item = &NewTask> + Send,
) -> Result<(), MongoError> {
    let tasks: Vec<&NewTask> = tasks.into_iter().collect();
    if tasks.is_empty() {
        return Ok(());
    }
    let keys = tasks.iter().map(|task| Bson::from(&task.key)).collect();
    let stored = tx.find_ids(QUEUE, keys, doc! {"_id": 1}).await?;
    let stored = stored.iter().map(|task| text(task, "_id"));
    let mut stored = stored.collect::<Result<HashSet<_>, _>>()?;
    // Also of two with the same key the first.
    let new = tasks
        .into_iter()
        .filter(|task| stored.insert(task.key.clone()));
    let documents = new.map(document).collect::<Result<Vec<_>, _>>()?;
    tx.insert_many(QUEUE, documents).await
}

/// Stores tasks whose keys are known to be new, in one command.
pub async fn push_new(tx: &mut Tx, tasks: &[NewTask]) -> Result<(), MongoError> {
    let documents = tasks.iter().map(document);
    let documents = documents.collect::<Result<Vec<_>, _>>()?;
    tx.insert_many(QUEUE, documents).await
}

/// As it is stored.
pub fn document(task: &NewTask) -> Result<Document, MongoError> {
    let task = task.stored();
    let mut document = doc! {
        "_id": task.key,
        "lane": task.lane.as_str(),
        "kind": task.kind,
        "work": task.work,
        "state": task.state.as_str(),
        "attempts": task.attempts,
        "createdAt": DateTime::from_millis(task.created_at_ms),
        "dueAt": DateTime::from_millis(task.due_at_ms),
        "expiresAt": DateTime::from_millis(task.expires_at_ms),
    };
    if let Some(person) = &task.person {
        document.insert("personId", object_id(person)?);
    }
    Ok(document)
}

/// A document that was read.
pub fn read(stored: &Document) -> Result<Task, MongoError> {
    Ok(Task {
        key: text(stored, "_id")?,
        lane: word(stored, "lane", Lane::parse)?,
        kind: text(stored, "kind")?,
        work: text(stored, "work")?,
        person: optional(stored, "personId", |_| {
            id(stored, "personId", UserId::parse)
        })?,
        state: word(stored, "state", State::parse)?,
        attempts: whole(stored, "attempts")?,
        created_at_ms: moment_ms(stored, "createdAt")?,
        due_at_ms: moment_ms(stored, "dueAt")?,
        expires_at_ms: moment_ms(stored, "expiresAt")?,
        ended_at_ms: optional(stored, "endedAt", |_| moment_ms(stored, "endedAt"))?,
        error: optional_text(stored, "error")?,
        provider_id: optional_text(stored, "providerId")?,
    })
}
