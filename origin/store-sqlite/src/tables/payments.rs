//! Between rows and payments.

pub mod accounts;
pub mod differences;
pub mod ledger;
mod refunds;

use domain::{
    BookingId, OfferId, PartnerId, PaymentId, UserId,
    payments::{
        money::Currency,
        payment::{Payment, PaymentState},
        store::{PaymentFigures, PaymentPage, PaymentQuery},
        writes::{Change, Found},
    },
};
use rusqlite::{
    Connection, OptionalExtension as _, Params, Row, Transaction, named_params, types::Value,
};

pub use refunds::{any_of_id, of_payments};

use super::{limit::limit, queue, word::word};
use crate::error::SqliteError;

const COLUMNS: &str =
    "id, booking_id, user_id, offer_id, partner_id, account, amount, currency, fee,
    state, intent, refunded, created_at_ms, captured_at_ms, look_at_ms";

fn query(
    connection: &Connection,
    rest: &str,
    params: impl Params,
) -> Result<Vec<Payment>, SqliteError> {
    let sql = format!("SELECT {COLUMNS} FROM payments {rest}");
    let mut statement = connection.prepare_cached(&sql)?;
    let payments = statement.query_and_then(params, payment)?;
    payments.collect()
}

fn payment(row: &Row<'_>) -> Result<Payment, SqliteError> {
    let user: Option<String> = row.get(2)?;
    let user = user.map(|id| word("user id", &id, UserId::parse));
    Ok(Payment {
        id: word("payment id", &row.get::<_, String>(0)?, PaymentId::parse)?,
        booking: word("booking id", &row.get::<_, String>(1)?, BookingId::parse)?,
        user: user.transpose()?,
        offer: word("offer id", &row.get::<_, String>(3)?, OfferId::parse)?,
        partner: word("partner id", &row.get::<_, String>(4)?, PartnerId::parse)?,
        account: row.get(5)?,
        amount: row.get(6)?,
        currency: word("currency", &row.get::<_, String>(7)?, Currency::parse)?,
        fee: row.get(8)?,
        state: word("state", &row.get::<_, String>(9)?, PaymentState::parse)?,
        intent: row.get(10)?,
        refunded: row.get(11)?,
        created_at_ms: row.get(12)?,
        captured_at_ms: row.get(13)?,
        look_at_ms: row.get(14)?,
    })
}

pub fn among(
    connection: &Connection,
    column: &'static str,
    wanted: Value,
) -> Result<Vec<Payment>, SqliteError> {
    let rest = format!("WHERE {column} IN (SELECT value FROM json_each(?1))");
    query(connection, &rest, [wanted])
}

pub fn by_id(connection: &Connection, id: &PaymentId) -> Result<Option<Payment>, SqliteError> {
    Ok(query(connection, "WHERE id = ?1", [id.as_str()])?.pop())
}

/// The payment that an intent was made for, or that has it.
pub fn of_intent(
    connection: &Connection,
    made_for: Option<&PaymentId>,
    intent: &str,
) -> Result<Option<Found>, SqliteError> {
    let made_for = match made_for {
        Some(id) => by_id(connection, id)?,
        None => None,
    };
    let payment = match made_for {
        Some(payment) => Some(payment),
        None => query(connection, "WHERE intent = ?1", [intent])?.pop(),
    };
    with_refunds(connection, payment)
}

pub fn of_booking(
    connection: &Connection,
    booking: &BookingId,
) -> Result<Option<Found>, SqliteError> {
    let payment = query(connection, "WHERE booking_id = ?1", [booking.as_str()])?.pop();
    with_refunds(connection, payment)
}

pub fn found(connection: &Connection, id: &PaymentId) -> Result<Option<Found>, SqliteError> {
    let payment = by_id(connection, id)?;
    with_refunds(connection, payment)
}

fn with_refunds(
    connection: &Connection,
    payment: Option<Payment>,
) -> Result<Option<Found>, SqliteError> {
    let Some(payment) = payment else {
        return Ok(None);
    };
    let refunds = refunds::of_payment(connection, &payment.id)?;
    Ok(Some(Found { payment, refunds }))
}

pub fn page(connection: &Connection, wanted: &PaymentQuery) -> Result<PaymentPage, SqliteError> {
    let (at_ms, id) = match &wanted.after {
        Some(after) => (after.created_at_ms, after.id.as_str()),
        None => (i64::MAX, ""),
    };
    let mut items = query(
        connection,
        "WHERE user_id = ?1 AND (created_at_ms, id) < (?2, ?3)
         ORDER BY created_at_ms DESC, id DESC LIMIT ?4",
        (
            wanted.user.as_str(),
            at_ms,
            id,
            limit(wanted.first.saturating_add(1)),
        ),
    )?;
    let has_next_page = items.len() > wanted.first;
    items.truncate(wanted.first);
    Ok(PaymentPage {
        items,
        has_next_page,
    })
}

/// Those that are to be looked at, the longest due first.
pub fn due(connection: &Connection, now_ms: i64, most: usize) -> Result<Vec<Payment>, SqliteError> {
    let rest = "WHERE look_at_ms <= ?1 ORDER BY look_at_ms LIMIT ?2";
    query(connection, rest, (now_ms, limit(most)))
}

pub fn insert(tx: &Transaction<'_>, payment: &Payment) -> Result<(), SqliteError> {
    let sql = "INSERT INTO payments(id, booking_id, user_id, offer_id, partner_id, account, amount,
            currency, fee, state, intent, refunded, created_at_ms, captured_at_ms, look_at_ms)
         VALUES (:id, :booking_id, :user_id, :offer_id, :partner_id, :account, :amount, :currency, :fee,
            :state, :intent, :refunded, :created_at_ms, :captured_at_ms, :look_at_ms)";
    tx.prepare_cached(sql)?.execute(named_params! {
        ":id": payment.id.as_str(),
        ":booking_id": payment.booking.as_str(),
        ":user_id": payment.user.as_ref().map(UserId::as_str),
        ":offer_id": payment.offer.as_str(),
        ":partner_id": payment.partner.as_str(),
        ":account": payment.account,
        ":amount": payment.amount,
        ":currency": payment.currency.as_str(),
        ":fee": payment.fee,
        ":state": payment.state.as_str(),
        ":intent": payment.intent,
        ":refunded": payment.refunded,
        ":created_at_ms": payment.created_at_ms,
        ":captured_at_ms": payment.captured_at_ms,
        ":look_at_ms": payment.look_at_ms,
    })?;
    Ok(())
}

/// What the provider's answers may change.
fn update(tx: &Transaction<'_>, payment: &Payment) -> Result<(), SqliteError> {
    let sql =
        "UPDATE payments SET amount = :amount, currency = :currency, fee = :fee, state = :state,
            intent = :intent, refunded = :refunded, captured_at_ms = :captured_at_ms,
            look_at_ms = :look_at_ms WHERE id = :id";
    tx.prepare_cached(sql)?.execute(named_params! {
        ":id": payment.id.as_str(),
        ":amount": payment.amount,
        ":currency": payment.currency.as_str(),
        ":fee": payment.fee,
        ":state": payment.state.as_str(),
        ":intent": payment.intent,
        ":refunded": payment.refunded,
        ":captured_at_ms": payment.captured_at_ms,
        ":look_at_ms": payment.look_at_ms,
    })?;
    Ok(())
}

/// Stores a change, but for the booking that it confirms.
pub fn write(tx: &Transaction<'_>, change: &Change) -> Result<(), SqliteError> {
    if let Some(payment) = &change.payment {
        update(tx, payment)?;
    }
    for refund in &change.asked {
        refunds::insert(tx, refund)?;
    }
    for refund in &change.changed {
        refunds::update(tx, refund)?;
    }
    for transaction in &change.transactions {
        ledger::append(tx, transaction)?;
    }
    queue::push(tx, &change.tasks)
}

/// The payments of an erased account stay, because the law asks for them, and name nobody.
pub fn leave(tx: &Transaction<'_>, user: &UserId) -> Result<(), SqliteError> {
    tx.prepare_cached("UPDATE payments SET user_id = NULL WHERE user_id = ?1")?
        .execute([user.as_str()])?;
    tx.prepare_cached("UPDATE refunds SET by_user = NULL WHERE by_user = ?1")?
        .execute([user.as_str()])?;
    Ok(())
}

pub fn figures(connection: &Connection) -> Result<PaymentFigures, SqliteError> {
    let counted = |sql: &str| -> Result<(u64, Option<i64>), SqliteError> {
        let mut statement = connection.prepare_cached(sql)?;
        let read = |row: &Row<'_>| Ok((row.get::<_, i64>(0)?, row.get(1)?));
        let (count, oldest): (i64, _) = statement
            .query_row([], read)
            .optional()?
            .unwrap_or_default();
        Ok((count.unsigned_abs(), oldest))
    };
    let (open, oldest_look_at_ms) =
        counted("SELECT COUNT(*), MIN(look_at_ms) FROM payments WHERE look_at_ms IS NOT NULL")?;
    let (refunds_requested, oldest_refund_at_ms) =
        counted("SELECT COUNT(*), MIN(created_at_ms) FROM refunds WHERE state = 'requested'")?;
    let (differences, _) = counted("SELECT COUNT(*), NULL FROM payment_differences")?;
    Ok(PaymentFigures {
        open,
        oldest_look_at_ms,
        refunds_requested,
        oldest_refund_at_ms,
        differences,
    })
}
