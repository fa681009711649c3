//! Between documents and refunds.

use domain::{
    PaymentId, RefundId, UserId,
    payments::refund::{Refund, RefundCause, RefundState},
};
use mongodb::bson::{DateTime, Document, doc};

use crate::{
    documents::{id, minor, moment_ms, object_id, optional, optional_text, word},
    error::MongoError,
    tables::collections::REFUNDS,
    tx::Tx,
};

/// More than a payment has: all come with the first answer.
const OF_PAYMENT: usize = 100;

pub(super) fn document(refund: &Refund) -> Result<Document, MongoError> {
    let mut document = doc! {
        "_id": object_id(&refund.id)?,
        "paymentId": object_id(&refund.payment)?,
        "amount": refund.amount,
        "fee": refund.fee,
        "cause": refund.cause.as_str(),
        "state": refund.state.as_str(),
        "createdAt": DateTime::from_millis(refund.created_at_ms),
    };
    if let Some(reason) = &refund.reason {
        document.insert("reason", reason);
    }
    if let Some(by) = &refund.by {
        document.insert("by", object_id(by)?);
    }
    if let Some(name) = &refund.provider_id {
        document.insert("providerId", name);
    }
    if let Some(at_ms) = refund.ended_at_ms {
        document.insert("endedAt", DateTime::from_millis(at_ms));
    }
    Ok(document)
}

pub fn refund(stored: &Document) -> Result<Refund, MongoError> {
    Ok(Refund {
        id: id(stored, "_id", RefundId::parse)?,
        payment: id(stored, "paymentId", PaymentId::parse)?,
        amount: minor(stored, "amount")?,
        fee: minor(stored, "fee")?,
        cause: word(stored, "cause", RefundCause::parse)?,
        reason: optional_text(stored, "reason")?,
        by: optional(stored, "by", |_| id(stored, "by", UserId::parse))?,
        state: word(stored, "state", RefundState::parse)?,
        provider_id: optional_text(stored, "providerId")?,
        created_at_ms: moment_ms(stored, "createdAt")?,
        ended_at_ms: optional(stored, "endedAt", |_| moment_ms(stored, "endedAt"))?,
    })
}

pub async fn any_of_id(tx: &mut Tx, id: &RefundId) -> Result<Option<Refund>, MongoError> {
    let found = tx.find_one(REFUNDS, doc! {"_id": object_id(id)?}).await?;
    found.as_ref().map(refund).transpose()
}

/// Oldest first.
pub(super) async fn of_payment(
    tx: &mut Tx,
    payment: &PaymentId,
) -> Result<Vec<Refund>, MongoError> {
    let its = doc! {"paymentId": object_id(payment)?};
    let found = tx.find(REFUNDS, its, None, OF_PAYMENT).await?;
    let mut refunds: Vec<Refund> = found.iter().map(refund).collect::<Result<_, _>>()?;
    refunds
        .sort_by(|one, other| (one.created_at_ms, &one.id).cmp(&(other.created_at_ms, &other.id)));
    Ok(refunds)
}

/// What the provider's answers may change.
pub(super) async fn update(tx: &mut Tx, refund: &Refund) -> Result<(), MongoError> {
    let whole = document(refund)?;
    let mut set = Document::new();
    for field in ["state", "providerId", "endedAt"] {
        if let Some(value) = whole.get(field) {
            set.insert(field, value.clone());
        }
    }
    let this = doc! {"_id": object_id(&refund.id)?};
    tx.update_one(REFUNDS, this, doc! {"$set": set}).await?;
    Ok(())
}
