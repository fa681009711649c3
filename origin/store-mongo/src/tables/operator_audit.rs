//! The audit of operators as documents: added, and never changed.

use domain::operators::deed::{Deed, End, Entry, NewDeed, Number, Target};
use mongodb::bson::{DateTime, Document, doc};

use super::collections::OPERATOR_AUDIT;
use crate::{
    documents::{moment_ms, optional_text, text, word},
    error::MongoError,
    tx::Tx,
};

/// Adds what was done after the last entry, in the transaction in which it is done. Of two that add at the
/// same time one meets the other's number, and is run again: the transaction is one that adds.
pub async fn append(tx: &mut Tx, deed: &NewDeed) -> Result<Entry, MongoError> {
    let (all, newest) = (doc! {"_id": {"$gte": ""}}, doc! {"_id": -1});
    let last = tx.find_first(OPERATOR_AUDIT, all, newest, doc! {"digest": 1}, 1);
    let last = last.await?;
    let end = last.first().map(|last| {
        Ok::<_, MongoError>(End {
            number: word(last, "_id", Number::parse)?,
            digest: text(last, "digest")?,
        })
    });
    let entry = Entry::after(end.transpose()?.as_ref(), deed.clone());
    tx.insert_one(OPERATOR_AUDIT, document(&entry)).await?;
    Ok(entry)
}

fn document(entry: &Entry) -> Document {
    let deed = &entry.deed;
    doc! {
        "_id": entry.number.text(),
        "at": DateTime::from_millis(deed.at_ms),
        "actor": &deed.actor,
        "deed": deed.deed.as_str(),
        "target": deed.target.as_ref().map(Target::as_str),
        "reason": &deed.reason,
        "request": &deed.request,
        "digest": &entry.digest,
    }
}

pub fn read(stored: &Document) -> Result<Entry, MongoError> {
    let target = optional_text(stored, "target")?
        .map(|text| Target::parse(&text).ok_or_else(|| MongoError::corrupt("target", &text)));
    Ok(Entry {
        number: word(stored, "_id", Number::parse)?,
        deed: NewDeed {
            at_ms: moment_ms(stored, "at")?,
            actor: text(stored, "actor")?,
            deed: word(stored, "deed", Deed::parse)?,
            target: target.transpose()?,
            reason: text(stored, "reason")?,
            request: text(stored, "request")?,
        },
        digest: text(stored, "digest")?,
    })
}
