//! Documents of the inbox.

use domain::{
    NotificationId, UserId,
    notifications::inbox::{Entry, MOST_ENTRIES},
};
use mongodb::bson::{Bson, DateTime, Document, doc};

use crate::{
    documents::{id, moment_ms, object_id, optional, text},
    error::MongoError,
    tables::collections::INBOX,
    tx::Tx,
};

/// Stores an entry, unless it is stored, in the transaction that causes it. The oldest make room;
/// two entries at the same moment may leave one too many, until the next one comes.
pub async fn push(tx: &mut Tx, entry: &Entry) -> Result<(), MongoError> {
    let (this, user) = (object_id(&entry.id)?, object_id(&entry.user)?);
    if tx.exists(INBOX, doc! {"_id": this}).await? {
        return Ok(());
    }
    let kept = u64::try_from(MOST_ENTRIES).unwrap_or(u64::MAX) - 1;
    let count = tx.count(INBOX, doc! {"userId": user}).await?;
    let over = usize::try_from(count.saturating_sub(kept)).unwrap_or(usize::MAX);
    if over > 0 {
        let (mine, order) = (doc! {"userId": user}, doc! {"at": 1, "_id": 1});
        let oldest = tx.find_first(INBOX, mine, order, doc! {"_id": 1}, over);
        let oldest = oldest.await?;
        let ids: Vec<&Bson> = oldest.iter().filter_map(|old| old.get("_id")).collect();
        tx.delete_many(INBOX, doc! {"_id": {"$in": ids}}).await?;
    }
    tx.insert_one(INBOX, document(entry)?).await
}

/// Stores entries of many inboxes, in two commands, unless they are stored. No inbox is made room in: the
/// next entry of its own does that.
pub async fn push_many(tx: &mut Tx, entries: &[Entry]) -> Result<(), MongoError> {
    let ids: Vec<_> = entries
        .iter()
        .map(|entry| object_id(&entry.id))
        .collect::<Result<_, _>>()?;
    let wanted = ids.iter().map(|id| Bson::ObjectId(*id)).collect();
    let known = tx.find_ids(INBOX, wanted, doc! {"_id": 1}).await?;
    let is_known = |id: &Bson| known.iter().any(|one| one.get("_id") == Some(id));
    let new = entries.iter().zip(ids);
    let new = new.filter(|(_, id)| !is_known(&Bson::ObjectId(*id)));
    let documents = new.map(|(entry, _)| document(entry));
    let documents = documents.collect::<Result<Vec<_>, _>>()?;
    tx.insert_many(INBOX, documents).await
}

fn document(entry: &Entry) -> Result<Document, MongoError> {
    let mut document = doc! {
        "_id": object_id(&entry.id)?,
        "userId": object_id(&entry.user)?,
        "letter": &entry.letter,
        "at": DateTime::from_millis(entry.at_ms),
    };
    if let Some(read_at_ms) = entry.read_at_ms {
        document.insert("readAt", DateTime::from_millis(read_at_ms));
    }
    Ok(document)
}

/// A document that was read.
pub fn read(stored: &Document) -> Result<Entry, MongoError> {
    Ok(Entry {
        id: id(stored, "_id", NotificationId::parse)?,
        user: id(stored, "userId", UserId::parse)?,
        letter: text(stored, "letter")?,
        at_ms: moment_ms(stored, "at")?,
        read_at_ms: optional(stored, "readAt", |_| moment_ms(stored, "readAt"))?,
    })
}
