//! Between rows and refunds.

use domain::{
    PaymentId, RefundId, UserId,
    payments::refund::{Refund, RefundCause, RefundState},
};
use rusqlite::{Connection, Params, Row, Transaction, named_params, types::Value};

use crate::{error::SqliteError, tables::word::word};

const COLUMNS: &str = "id, payment_id, amount, fee, cause, reason, by_user, state, provider_id,
    created_at_ms, ended_at_ms";

fn query(
    connection: &Connection,
    rest: &str,
    params: impl Params,
) -> Result<Vec<Refund>, SqliteError> {
    let sql = format!("SELECT {COLUMNS} FROM refunds {rest}");
    let mut statement = connection.prepare_cached(&sql)?;
    let refunds = statement.query_and_then(params, refund)?;
    refunds.collect()
}

fn refund(row: &Row<'_>) -> Result<Refund, SqliteError> {
    let by: Option<String> = row.get(6)?;
    let by = by.map(|id| word("user id", &id, UserId::parse));
    Ok(Refund {
        id: word("refund id", &row.get::<_, String>(0)?, RefundId::parse)?,
        payment: word("payment id", &row.get::<_, String>(1)?, PaymentId::parse)?,
        amount: row.get(2)?,
        fee: row.get(3)?,
        cause: word("cause", &row.get::<_, String>(4)?, RefundCause::parse)?,
        reason: row.get(5)?,
        by: by.transpose()?,
        state: word("state", &row.get::<_, String>(7)?, RefundState::parse)?,
        provider_id: row.get(8)?,
        created_at_ms: row.get(9)?,
        ended_at_ms: row.get(10)?,
    })
}

pub fn any_of_id(connection: &Connection, id: &RefundId) -> Result<Option<Refund>, SqliteError> {
    Ok(query(connection, "WHERE id = ?1", [id.as_str()])?.pop())
}

/// Oldest first.
pub(super) fn of_payment(
    connection: &Connection,
    payment: &PaymentId,
) -> Result<Vec<Refund>, SqliteError> {
    let rest = "WHERE payment_id = ?1 ORDER BY created_at_ms, id";
    query(connection, rest, [payment.as_str()])
}

pub fn of_payments(connection: &Connection, wanted: Value) -> Result<Vec<Refund>, SqliteError> {
    let rest = "WHERE payment_id IN (SELECT value FROM json_each(?1)) ORDER BY created_at_ms, id";
    query(connection, rest, [wanted])
}

pub(super) fn insert(tx: &Transaction<'_>, refund: &Refund) -> Result<(), SqliteError> {
    let sql = "INSERT INTO refunds(id, payment_id, amount, fee, cause, reason, by_user, state,
            provider_id, created_at_ms, ended_at_ms)
         VALUES (:id, :payment_id, :amount, :fee, :cause, :reason, :by_user, :state, :provider_id,
            :created_at_ms, :ended_at_ms)";
    tx.prepare_cached(sql)?.execute(named_params! {
        ":id": refund.id.as_str(),
        ":payment_id": refund.payment.as_str(),
        ":amount": refund.amount,
        ":fee": refund.fee,
        ":cause": refund.cause.as_str(),
        ":reason": refund.reason,
        ":by_user": refund.by.as_ref().map(UserId::as_str),
        ":state": refund.state.as_str(),
        ":provider_id": refund.provider_id,
        ":created_at_ms": refund.created_at_ms,
        ":ended_at_ms": refund.ended_at_ms,
    })?;
    Ok(())
}

/// What the provider's answers may change.
pub(super) fn update(tx: &Transaction<'_>, refund: &Refund) -> Result<(), SqliteError> {
    tx.prepare_cached(
        "UPDATE refunds SET state = ?2, provider_id = ?3, ended_at_ms = ?4 WHERE id = ?1",
    )?
    .execute((
        refund.id.as_str(),
        refund.state.as_str(),
        &refund.provider_id,
        refund.ended_at_ms,
    ))?;
    Ok(())
}
