//! How the provider's books and the ledger differ. `_id` is the provider's name of what it did.

use std::ops::Range;

use domain::payments::reconciling::{Difference, DifferenceKind};
use mongodb::bson::{DateTime, Document, doc};

use crate::{
    documents::{minor, moment_ms, text, word},
    error::MongoError,
    tables::collections::PAYMENT_DIFFERENCES,
    tx::Tx,
};

/// Keeps those that were found among these moments, and forgets the others of these moments.
pub async fn keep(
    tx: &mut Tx,
    moments: &Range<i64>,
    found: &[Difference],
) -> Result<(), MongoError> {
    let names: Vec<&str> = found
        .iter()
        .map(|found| found.provider_id.as_str())
        .collect();
    let others = doc! {
        "at": {
            "$gte": DateTime::from_millis(moments.start),
            "$lt": DateTime::from_millis(moments.end),
        },
        "_id": {"$nin": names},
    };
    tx.delete_many(PAYMENT_DIFFERENCES, others).await?;
    for found in found {
        let fields = doc! {
            "kind": found.kind.as_str(),
            "providerMinor": found.provider_minor,
            "ledgerMinor": found.ledger_minor,
            "currency": &found.currency,
            "at": DateTime::from_millis(found.at_ms),
        };
        let this = doc! {"_id": &found.provider_id};
        let known = doc! {"$set": fields.clone()};
        if tx.update_one(PAYMENT_DIFFERENCES, this, known).await? == 0 {
            let mut new = doc! {
                "_id": &found.provider_id,
                "foundAt": DateTime::from_millis(found.found_at_ms),
            };
            new.extend(fields);
            tx.insert_one(PAYMENT_DIFFERENCES, new).await?;
        }
    }
    Ok(())
}

pub fn difference(stored: &Document) -> Result<Difference, MongoError> {
    Ok(Difference {
        provider_id: text(stored, "_id")?,
        kind: word(stored, "kind", DifferenceKind::parse)?,
        provider_minor: minor(stored, "providerMinor")?,
        ledger_minor: minor(stored, "ledgerMinor")?,
        currency: text(stored, "currency")?,
        at_ms: moment_ms(stored, "at")?,
        found_at_ms: moment_ms(stored, "foundAt")?,
    })
}
