//! Writes of payments, each in one transaction. Each writes to the payment's document, so that two
//! servers that apply something at once conflict, and the second is run again on what the first left.

use domain::{
    PaymentId, RefundId,
    bookings::{booking::Booking, booking::Step, store::By},
    payments::{
        ledger::Transaction,
        partner_account::PartnerAccount,
        payment::Payment,
        provider::{Dispute, Intent, Payout, ProviderAccount, ProviderRefund},
        refusals::PaymentRefusal,
        store::{Applied, NewPayment, NewRefund, RefundAsked, Started},
        writes::{self, Change, Found},
    },
};
use mongodb::bson::doc;

use crate::{
    documents::object_id,
    error::MongoError,
    stores::bookings,
    tables::{bookings as booking_rows, collections::BOOKINGS, payments as rows, users::held},
    tx::Tx,
};

pub(super) async fn start(
    tx: &mut Tx,
    new: &NewPayment,
    now_ms: i64,
) -> Result<Started, MongoError> {
    if !held::is_active(tx, &new.user).await? {
        return Ok(Started::Refused(PaymentRefusal::BookingNotFound));
    }
    // It writes to the booking: a step at the same moment conflicts, and then knows of the payment.
    let this = doc! {"_id": object_id(&new.booking)?};
    let held = tx.find_one_and_update(BOOKINGS, this, doc! {"$inc": {"held": 1_i64}});
    let booking = held
        .await?
        .as_ref()
        .map(booking_rows::booking)
        .transpose()?;
    let before = rows::of_booking(tx, &new.booking).await?;
    let account = match &booking {
        Some(booking) => rows::accounts::account_of(tx, &booking.partner).await?,
        None => None,
    };
    let before = before.map(|found| found.payment);
    match writes::start(new, booking.as_ref(), before, account.as_ref(), now_ms) {
        Ok(payment) => {
            rows::insert(tx, &payment).await?;
            Ok(Started::Done(Box::new(payment)))
        }
        Err(answer) => Ok(answer),
    }
}

pub(super) async fn intent(
    tx: &mut Tx,
    intent: &Intent,
    now_ms: i64,
) -> Result<Applied, MongoError> {
    let found = rows::of_intent(tx, intent.payment.as_ref(), &intent.id).await?;
    let Some(found) = found else {
        return Ok(Applied::Unknown);
    };
    let booking = booking(tx, &found.payment).await?;
    let change = writes::intent(found.facts(), booking.as_ref(), intent, now_ms);
    let applied = store(tx, &found.payment, &change).await?;
    if let (Some(before), Some(after)) = (&booking, &change.confirmed) {
        let what = (Step::Confirm, &By::Payment);
        bookings::write::store(tx, before, after, what, now_ms).await?;
    }
    Ok(applied)
}

async fn booking(tx: &mut Tx, payment: &Payment) -> Result<Option<Booking>, MongoError> {
    let this = doc! {"_id": object_id(&payment.booking)?};
    let found = tx.find_one(BOOKINGS, this).await?;
    found.as_ref().map(booking_rows::booking).transpose()
}

pub(super) async fn cancelled(tx: &mut Tx, id: &PaymentId) -> Result<Applied, MongoError> {
    match rows::by_id(tx, id).await? {
        Some(payment) => store(tx, &payment, &writes::cancelled(&payment)).await,
        None => Ok(Applied::Unknown),
    }
}

pub(super) async fn refund(
    tx: &mut Tx,
    refund: &ProviderRefund,
    now_ms: i64,
) -> Result<Applied, MongoError> {
    let Some(found) = rows::of_intent(tx, None, &refund.intent).await? else {
        return Ok(Applied::Unknown);
    };
    let change = writes::refund(found.facts(), refund, now_ms);
    store(tx, &found.payment, &change).await
}

pub(super) async fn failed(tx: &mut Tx, id: &RefundId, now_ms: i64) -> Result<Applied, MongoError> {
    let Some(refund) = rows::any_of_id(tx, id).await? else {
        return Ok(Applied::Unknown);
    };
    match rows::by_id(tx, &refund.payment).await? {
        Some(payment) => store(tx, &payment, &writes::failed(&payment, &refund, now_ms)).await,
        None => Ok(Applied::Unknown),
    }
}

pub(super) async fn ask(
    tx: &mut Tx,
    new: &NewRefund,
    now_ms: i64,
) -> Result<RefundAsked, MongoError> {
    let before = rows::any_of_id(tx, &new.id).await?;
    let found = rows::found(tx, &new.payment).await?;
    let mut new = new.clone();
    if let Some(by) = &new.by
        && !held::is_active(tx, by).await?
    {
        new.by = None;
    }
    let facts = found.as_ref().map(Found::facts);
    match (writes::ask(&new, facts, before.as_ref(), now_ms), &found) {
        (Ok((change, refund)), Some(found)) => {
            rows::write(tx, &found.payment, &change).await?;
            Ok(RefundAsked::Done(Box::new(refund)))
        }
        (Ok((_, refund)), None) => Ok(RefundAsked::Done(Box::new(refund))),
        (Err(answer), _) => Ok(answer),
    }
}

pub(super) async fn dispute(
    tx: &mut Tx,
    dispute: &Dispute,
    now_ms: i64,
) -> Result<Applied, MongoError> {
    let Some(found) = rows::of_intent(tx, None, &dispute.intent).await? else {
        return Ok(Applied::Unknown);
    };
    let keys = Transaction::keys_of_dispute(&dispute.id);
    let known = rows::ledger::known(tx, &keys).await?;
    let change = writes::dispute(&found.payment, &known, dispute, now_ms);
    store(tx, &found.payment, &change).await
}

pub(super) async fn account(
    tx: &mut Tx,
    found: &ProviderAccount,
    now_ms: i64,
) -> Result<Applied, MongoError> {
    let Some(before) = rows::accounts::named(tx, &found.id).await? else {
        return Ok(Applied::Unknown);
    };
    let after = before.seen(found, now_ms);
    rows::accounts::update(tx, &after).await?;
    Ok(if after.is_as(&before) {
        Applied::Nothing
    } else {
        Applied::Done
    })
}

pub(super) async fn keep_account(
    tx: &mut Tx,
    new: PartnerAccount,
) -> Result<PartnerAccount, MongoError> {
    if let Some(before) = rows::accounts::account_of(tx, &new.partner).await? {
        return Ok(before);
    }
    rows::accounts::insert(tx, &new).await?;
    Ok(new)
}

pub(super) async fn payout(
    tx: &mut Tx,
    payout: &Payout,
    now_ms: i64,
) -> Result<Applied, MongoError> {
    let Some(account) = rows::accounts::named(tx, &payout.account).await? else {
        return Ok(Applied::Unknown);
    };
    let keys = Transaction::keys_of_payout(&payout.id);
    let known = rows::ledger::known(tx, &keys).await?;
    let change = writes::payout(&account.partner, &known, payout, now_ms);
    // It is about no payment. The ledger's keys are unique.
    for transaction in &change.transactions {
        rows::ledger::append(tx, transaction).await?;
    }
    Ok(change.applied())
}

/// Whether it was still due.
pub(super) async fn poll(tx: &mut Tx, id: &PaymentId, now_ms: i64) -> Result<bool, MongoError> {
    let Some(payment) = rows::by_id(tx, id).await? else {
        return Ok(false);
    };
    let change = writes::look(&payment, now_ms);
    rows::write(tx, &payment, &change).await?;
    Ok(change.payment.is_some())
}

async fn store(tx: &mut Tx, before: &Payment, change: &Change) -> Result<Applied, MongoError> {
    rows::write(tx, before, change).await?;
    Ok(change.applied())
}
