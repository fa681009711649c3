//! Between documents and the ledger: a document for each transaction, and one for each of its
//! transfers. Nothing here changes or deletes one.

use std::collections::HashMap;

use domain::{
    PaymentId,
    payments::{
        ledger::{Account, Transaction, Transfer},
        money::Currency,
    },
};
use mongodb::bson::{Bson, DateTime, Document, doc};

use crate::{
    documents::{id, minor, moment_ms, object_id, optional, text, word},
    error::MongoError,
    tables::collections::{LEDGER, LEDGER_TRANSFERS},
    tx::Tx,
};

/// Adds a transaction. Its key must be new.
pub async fn append(tx: &mut Tx, transaction: &Transaction) -> Result<(), MongoError> {
    let mut entry = doc! {
        "_id": &transaction.key,
        "providerId": &transaction.provider_id,
        "currency": transaction.currency.as_str(),
        "at": DateTime::from_millis(transaction.at_ms),
    };
    if let Some(payment) = &transaction.payment {
        entry.insert("paymentId", object_id(payment)?);
    }
    if let Some(partner) = transaction.partner() {
        entry.insert("partnerId", object_id(partner)?);
    }
    tx.insert_one(LEDGER, entry).await?;
    let transfers = transaction.transfers.iter().enumerate();
    let transfers = transfers.map(|(place, transfer)| {
        doc! {
            "_id": format!("{}:{place}", transaction.key),
            "key": &transaction.key,
            "debit": transfer.debit().to_string(),
            "credit": transfer.credit().to_string(),
            "amount": transfer.amount(),
            "currency": transaction.currency.as_str(),
        }
    });
    tx.insert_many(LEDGER_TRANSFERS, transfers.collect()).await
}

/// Those of the keys that are in the ledger.
pub async fn known(tx: &mut Tx, keys: &[String]) -> Result<Vec<String>, MongoError> {
    let keys = keys.iter().map(Bson::from).collect();
    let found = tx.find_ids(LEDGER, keys, doc! {"_id": 1}).await?;
    found.iter().map(|entry| text(entry, "_id")).collect()
}

/// A transaction with its transfers.
pub fn transaction(stored: &Document, transfers: Vec<Transfer>) -> Result<Transaction, MongoError> {
    Ok(Transaction {
        key: text(stored, "_id")?,
        payment: optional(stored, "paymentId", |_| {
            id(stored, "paymentId", PaymentId::parse)
        })?,
        provider_id: text(stored, "providerId")?,
        currency: word(stored, "currency", Currency::parse)?,
        at_ms: moment_ms(stored, "at")?,
        transfers,
    })
}

/// The transfers of these documents, which are in their order, by the keys of their transactions.
pub fn transfers(stored: &[Document]) -> Result<HashMap<String, Vec<Transfer>>, MongoError> {
    let mut by_key: HashMap<String, Vec<Transfer>> = HashMap::new();
    for stored in stored {
        let debit = word(stored, "debit", Account::parse)?;
        let credit = word(stored, "credit", Account::parse)?;
        let transfer = Transfer::new(debit, credit, minor(stored, "amount")?);
        let transfer =
            transfer.ok_or_else(|| MongoError::corrupt("transfer", &"it is unbalanced"))?;
        by_key
            .entry(text(stored, "key")?)
            .or_default()
            .push(transfer);
    }
    Ok(by_key)
}
