//! Between documents and partners' accounts. `_id` is the partner's.

use domain::{PartnerId, payments::partner_account::PartnerAccount};
use mongodb::bson::{DateTime, Document, doc};

use crate::{
    documents::{flag, id, moment_ms, object_id, text},
    error::MongoError,
    tables::collections::PARTNER_ACCOUNTS,
    tx::Tx,
};

fn document(account: &PartnerAccount) -> Result<Document, MongoError> {
    Ok(doc! {
        "_id": object_id(&account.partner)?,
        "account": &account.account,
        "takesPayments": account.takes_payments,
        "isPaidOut": account.is_paid_out,
        "hasGivenDetails": account.has_given_details,
        "createdAt": DateTime::from_millis(account.created_at_ms),
        "seenAt": DateTime::from_millis(account.seen_at_ms),
    })
}

pub fn account(stored: &Document) -> Result<PartnerAccount, MongoError> {
    Ok(PartnerAccount {
        partner: id(stored, "_id", PartnerId::parse)?,
        account: text(stored, "account")?,
        takes_payments: flag(stored, "takesPayments")?,
        is_paid_out: flag(stored, "isPaidOut")?,
        has_given_details: flag(stored, "hasGivenDetails")?,
        created_at_ms: moment_ms(stored, "createdAt")?,
        seen_at_ms: moment_ms(stored, "seenAt")?,
    })
}

pub async fn account_of(
    tx: &mut Tx,
    partner: &PartnerId,
) -> Result<Option<PartnerAccount>, MongoError> {
    let this = doc! {"_id": object_id(partner)?};
    let found = tx.find_one(PARTNER_ACCOUNTS, this).await?;
    found.as_ref().map(account).transpose()
}

/// The account that the provider calls so.
pub async fn named(tx: &mut Tx, name: &str) -> Result<Option<PartnerAccount>, MongoError> {
    let found = tx
        .find_one(PARTNER_ACCOUNTS, doc! {"account": name})
        .await?;
    found.as_ref().map(account).transpose()
}

pub async fn insert(tx: &mut Tx, account: &PartnerAccount) -> Result<(), MongoError> {
    tx.insert_one(PARTNER_ACCOUNTS, document(account)?).await
}

/// What the provider's answers may change.
pub async fn update(tx: &mut Tx, account: &PartnerAccount) -> Result<(), MongoError> {
    let mut set = document(account)?;
    set.remove("_id");
    let this = doc! {"_id": object_id(&account.partner)?};
    tx.update_one(PARTNER_ACCOUNTS, this, doc! {"$set": set})
        .await?;
    Ok(())
}
