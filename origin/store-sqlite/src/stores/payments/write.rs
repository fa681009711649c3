//! Writes of payments, each in one transaction.

use domain::{
    PaymentId, RefundId,
    bookings::{booking::Step, store::By},
    payments::{
        ledger::Transaction as Entry,
        partner_account::PartnerAccount,
        provider::{Dispute, Intent, Payout, ProviderAccount, ProviderRefund},
        refusals::PaymentRefusal,
        store::{Applied, NewPayment, NewRefund, RefundAsked, Started},
        writes::{self, Change, Found},
    },
};
use rusqlite::Transaction;

use crate::{
    error::SqliteError,
    stores::bookings,
    tables::{bookings as booking_rows, payments as rows, users},
};

pub(super) fn start(
    tx: &Transaction<'_>,
    new: &NewPayment,
    now_ms: i64,
) -> Result<Started, SqliteError> {
    if !users::is_active(tx, &new.user)? {
        return Ok(Started::Refused(PaymentRefusal::BookingNotFound));
    }
    let booking = booking_rows::by_id(tx, &new.booking)?;
    let before = rows::of_booking(tx, &new.booking)?.map(|found| found.payment);
    let account = match &booking {
        Some(booking) => rows::accounts::account_of(tx, &booking.partner)?,
        None => None,
    };
    match writes::start(new, booking.as_ref(), before, account.as_ref(), now_ms) {
        Ok(payment) => {
            rows::insert(tx, &payment)?;
            Ok(Started::Done(Box::new(payment)))
        }
        Err(answer) => Ok(answer),
    }
}

pub(super) fn intent(
    tx: &Transaction<'_>,
    intent: &Intent,
    now_ms: i64,
) -> Result<Applied, SqliteError> {
    let Some(found) = rows::of_intent(tx, intent.payment.as_ref(), &intent.id)? else {
        return Ok(Applied::Unknown);
    };
    let booking = booking_rows::by_id(tx, &found.payment.booking)?;
    let change = writes::intent(found.facts(), booking.as_ref(), intent, now_ms);
    let applied = store(tx, &change)?;
    if let (Some(before), Some(after)) = (&booking, &change.confirmed) {
        bookings::write::store(tx, before, after, Step::Confirm, &By::Payment, now_ms)?;
    }
    Ok(applied)
}

pub(super) fn cancelled(tx: &Transaction<'_>, id: &PaymentId) -> Result<Applied, SqliteError> {
    match rows::by_id(tx, id)? {
        Some(payment) => store(tx, &writes::cancelled(&payment)),
        None => Ok(Applied::Unknown),
    }
}

pub(super) fn refund(
    tx: &Transaction<'_>,
    refund: &ProviderRefund,
    now_ms: i64,
) -> Result<Applied, SqliteError> {
    match rows::of_intent(tx, None, &refund.intent)? {
        Some(found) => store(tx, &writes::refund(found.facts(), refund, now_ms)),
        None => Ok(Applied::Unknown),
    }
}

pub(super) fn failed(
    tx: &Transaction<'_>,
    id: &RefundId,
    now_ms: i64,
) -> Result<Applied, SqliteError> {
    let Some(refund) = rows::any_of_id(tx, id)? else {
        return Ok(Applied::Unknown);
    };
    match rows::by_id(tx, &refund.payment)? {
        Some(payment) => store(tx, &writes::failed(&payment, &refund, now_ms)),
        None => Ok(Applied::Unknown),
    }
}

pub(super) fn ask(
    tx: &Transaction<'_>,
    new: &NewRefund,
    now_ms: i64,
) -> Result<RefundAsked, SqliteError> {
    let before = rows::any_of_id(tx, &new.id)?;
    let found = rows::found(tx, &new.payment)?;
    let facts = found.as_ref().map(Found::facts);
    let mut new = new.clone();
    if let Some(by) = &new.by
        && !users::is_active(tx, by)?
    {
        new.by = None;
    }
    match writes::ask(&new, facts, before.as_ref(), now_ms) {
        Ok((change, refund)) => {
            rows::write(tx, &change)?;
            Ok(RefundAsked::Done(Box::new(refund)))
        }
        Err(answer) => Ok(answer),
    }
}

pub(super) fn dispute(
    tx: &Transaction<'_>,
    dispute: &Dispute,
    now_ms: i64,
) -> Result<Applied, SqliteError> {
    let Some(found) = rows::of_intent(tx, None, &dispute.intent)? else {
        return Ok(Applied::Unknown);
    };
    let known = rows::ledger::known(tx, &Entry::keys_of_dispute(&dispute.id))?;
    store(
        tx,
        &writes::dispute(&found.payment, &known, dispute, now_ms),
    )
}

pub(super) fn account(
    tx: &Transaction<'_>,
    found: &ProviderAccount,
    now_ms: i64,
) -> Result<Applied, SqliteError> {
    let Some(before) = rows::accounts::named(tx, &found.id)? else {
        return Ok(Applied::Unknown);
    };
    let after = before.seen(found, now_ms);
    rows::accounts::update(tx, &after)?;
    Ok(if after.is_as(&before) {
        Applied::Nothing
    } else {
        Applied::Done
    })
}

pub(super) fn keep_account(
    tx: &Transaction<'_>,
    new: PartnerAccount,
) -> Result<PartnerAccount, SqliteError> {
    if let Some(before) = rows::accounts::account_of(tx, &new.partner)? {
        return Ok(before);
    }
    rows::accounts::insert(tx, &new)?;
    Ok(new)
}

pub(super) fn payout(
    tx: &Transaction<'_>,
    payout: &Payout,
    now_ms: i64,
) -> Result<Applied, SqliteError> {
    let Some(account) = rows::accounts::named(tx, &payout.account)? else {
        return Ok(Applied::Unknown);
    };
    let known = rows::ledger::known(tx, &Entry::keys_of_payout(&payout.id))?;
    store(
        tx,
        &writes::payout(&account.partner, &known, payout, now_ms),
    )
}

pub(super) fn poll_due(
    tx: &Transaction<'_>,
    now_ms: i64,
    most: usize,
) -> Result<usize, SqliteError> {
    let due = rows::due(tx, now_ms, most)?;
    for payment in &due {
        rows::write(tx, &writes::look(payment, now_ms))?;
    }
    Ok(due.len())
}

fn store(tx: &Transaction<'_>, change: &Change) -> Result<Applied, SqliteError> {
    rows::write(tx, change)?;
    Ok(change.applied())
}
