//! Between documents and payments.

pub mod accounts;
pub mod differences;
pub mod ledger;
mod refunds;

use domain::{
    BookingId, OfferId, PartnerId, PaymentId, StoreError, UserId,
    payments::{
        money::Currency,
        payment::{Payment, PaymentState},
        writes::{Change, Found},
    },
};
use mongodb::bson::{DateTime, Document, doc};

pub use refunds::{any_of_id, refund};

use super::{
    collections::{PAYMENTS, REFUNDS},
    queue,
};
use crate::{
    documents::{self, id, minor, moment_ms, object_id, optional, optional_text, text, word},
    error::MongoError,
    tx::Tx,
};

pub fn document(payment: &Payment) -> Result<Document, MongoError> {
    let mut document = doc! {
        "_id": object_id(&payment.id)?,
        "bookingId": object_id(&payment.booking)?,
        "offerId": object_id(&payment.offer)?,
        "partnerId": object_id(&payment.partner)?,
        "account": &payment.account,
        "amount": payment.amount,
        "currency": payment.currency.as_str(),
        "fee": payment.fee,
        "state": payment.state.as_str(),
        "refunded": payment.refunded,
        "createdAt": DateTime::from_millis(payment.created_at_ms),
    };
    if let Some(user) = &payment.user {
        document.insert("userId", object_id(user)?);
    }
    if let Some(intent) = &payment.intent {
        document.insert("intent", intent);
    }
    for (field, at_ms) in [
        ("capturedAt", payment.captured_at_ms),
        ("lookAt", payment.look_at_ms),
    ] {
        if let Some(at_ms) = at_ms {
            document.insert(field, DateTime::from_millis(at_ms));
        }
    }
    Ok(document)
}

pub fn payment(stored: &Document) -> Result<Payment, MongoError> {
    Ok(Payment {
        id: id(stored, "_id", PaymentId::parse)?,
        booking: id(stored, "bookingId", BookingId::parse)?,
        user: optional(stored, "userId", |_| id(stored, "userId", UserId::parse))?,
        offer: id(stored, "offerId", OfferId::parse)?,
        partner: id(stored, "partnerId", PartnerId::parse)?,
        account: text(stored, "account")?,
        amount: minor(stored, "amount")?,
        currency: word(stored, "currency", Currency::parse)?,
        fee: minor(stored, "fee")?,
        state: word(stored, "state", PaymentState::parse)?,
        intent: optional_text(stored, "intent")?,
        refunded: minor(stored, "refunded")?,
        created_at_ms: moment_ms(stored, "createdAt")?,
        captured_at_ms: optional(stored, "capturedAt", |_| moment_ms(stored, "capturedAt"))?,
        look_at_ms: optional(stored, "lookAt", |_| moment_ms(stored, "lookAt"))?,
    })
}

async fn one(tx: &mut Tx, this: Document) -> Result<Option<Payment>, MongoError> {
    let found = tx.find_one(PAYMENTS, this).await?;
    found.as_ref().map(payment).transpose()
}

pub async fn by_id(tx: &mut Tx, id: &PaymentId) -> Result<Option<Payment>, MongoError> {
    one(tx, doc! {"_id": object_id(id)?}).await
}

/// The payment that an intent was made for, or that has it.
pub async fn of_intent(
    tx: &mut Tx,
    made_for: Option<&PaymentId>,
    intent: &str,
) -> Result<Option<Found>, MongoError> {
    let made_for = match made_for {
        Some(id) => by_id(tx, id).await?,
        None => None,
    };
    let payment = match made_for {
        Some(payment) => Some(payment),
        None => one(tx, doc! {"intent": intent}).await?,
    };
    with_refunds(tx, payment).await
}

pub async fn of_booking(tx: &mut Tx, booking: &BookingId) -> Result<Option<Found>, MongoError> {
    let payment = one(tx, doc! {"bookingId": object_id(booking)?}).await?;
    with_refunds(tx, payment).await
}

pub async fn found(tx: &mut Tx, id: &PaymentId) -> Result<Option<Found>, MongoError> {
    let payment = by_id(tx, id).await?;
    with_refunds(tx, payment).await
}

async fn with_refunds(tx: &mut Tx, payment: Option<Payment>) -> Result<Option<Found>, MongoError> {
    let Some(payment) = payment else {
        return Ok(None);
    };
    let refunds = refunds::of_payment(tx, &payment.id).await?;
    Ok(Some(Found { payment, refunds }))
}

pub async fn insert(tx: &mut Tx, payment: &Payment) -> Result<(), MongoError> {
    tx.insert_one(PAYMENTS, document(payment)?).await
}

/// Stores a change of this payment, but for the booking that it confirms. Whatever changes, the
/// payment is written: of two servers that apply something at once one is run again, and then sees
/// what the other has done.
pub async fn write(tx: &mut Tx, before: &Payment, change: &Change) -> Result<(), MongoError> {
    if change.is_early || *change == Change::default() {
        return Ok(());
    }
    // What was read once more: where there are no transactions the second of two finds nothing.
    let this = doc! {
        "_id": object_id(&before.id)?,
        "state": before.state.as_str(),
        "refunded": before.refunded,
    };
    let mut edit = doc! {"$inc": {"held": 1_i64}};
    if let Some(after) = &change.payment {
        edit.extend(edit_of(after)?);
    }
    if tx.update_one(PAYMENTS, this, edit).await? == 0 {
        return Err(StoreError::Conflict("the payment").into());
    }
    let asked = change.asked.iter().map(refunds::document);
    tx.insert_many(REFUNDS, asked.collect::<Result<_, _>>()?)
        .await?;
    for refund in &change.changed {
        refunds::update(tx, refund).await?;
    }
    for transaction in &change.transactions {
        ledger::append(tx, transaction).await?;
    }
    queue::push(tx, &change.tasks).await
}

/// What the provider's answers may change.
fn edit_of(after: &Payment) -> Result<Document, MongoError> {
    let fields = [
        "amount",
        "currency",
        "fee",
        "state",
        "intent",
        "refunded",
        "capturedAt",
        "lookAt",
    ];
    Ok(documents::edit_of(&document(after)?, &fields))
}

/// The payments of an erased account stay, because the law asks for them, and name nobody.
pub async fn leave(tx: &mut Tx, user: &UserId) -> Result<(), MongoError> {
    let user = object_id(user)?;
    let nobodys = doc! {"$unset": {"userId": ""}};
    tx.update_many(PAYMENTS, doc! {"userId": user}, nobodys)
        .await?;
    let by_nobody = doc! {"$unset": {"by": ""}};
    tx.update_many(REFUNDS, doc! {"by": user}, by_nobody)
        .await?;
    Ok(())
}
