//! Between rows and partners' accounts.

use domain::{PartnerId, payments::partner_account::PartnerAccount};
use rusqlite::{Connection, Params, Row, Transaction, named_params, types::Value};

use crate::{error::SqliteError, tables::word::word};

const COLUMNS: &str = "partner_id, account, takes_payments, is_paid_out, has_given_details,
    created_at_ms, seen_at_ms";

fn query(
    connection: &Connection,
    rest: &str,
    params: impl Params,
) -> Result<Vec<PartnerAccount>, SqliteError> {
    let sql = format!("SELECT {COLUMNS} FROM partner_accounts {rest}");
    let mut statement = connection.prepare_cached(&sql)?;
    let accounts = statement.query_and_then(params, account)?;
    accounts.collect()
}

fn account(row: &Row<'_>) -> Result<PartnerAccount, SqliteError> {
    Ok(PartnerAccount {
        partner: word("partner id", &row.get::<_, String>(0)?, PartnerId::parse)?,
        account: row.get(1)?,
        takes_payments: row.get(2)?,
        is_paid_out: row.get(3)?,
        has_given_details: row.get(4)?,
        created_at_ms: row.get(5)?,
        seen_at_ms: row.get(6)?,
    })
}

pub fn account_of(
    connection: &Connection,
    partner: &PartnerId,
) -> Result<Option<PartnerAccount>, SqliteError> {
    Ok(query(connection, "WHERE partner_id = ?1", [partner.as_str()])?.pop())
}

/// The account that the provider calls so.
pub fn named(connection: &Connection, name: &str) -> Result<Option<PartnerAccount>, SqliteError> {
    Ok(query(connection, "WHERE account = ?1", [name])?.pop())
}

pub fn among(connection: &Connection, wanted: Value) -> Result<Vec<PartnerAccount>, SqliteError> {
    let rest = "WHERE partner_id IN (SELECT value FROM json_each(?1))";
    query(connection, rest, [wanted])
}

pub fn insert(tx: &Transaction<'_>, account: &PartnerAccount) -> Result<(), SqliteError> {
    let sql = "INSERT INTO partner_accounts(partner_id, account, takes_payments, is_paid_out,
            has_given_details, created_at_ms, seen_at_ms)
         VALUES (:partner, :account, :takes, :paid_out, :details, :created, :seen)";
    write(tx, sql, account)
}

/// What the provider's answers may change.
pub fn update(tx: &Transaction<'_>, account: &PartnerAccount) -> Result<(), SqliteError> {
    let sql = "UPDATE partner_accounts SET account = :account, takes_payments = :takes,
            is_paid_out = :paid_out, has_given_details = :details, created_at_ms = :created,
            seen_at_ms = :seen WHERE partner_id = :partner";
    write(tx, sql, account)
}

/// Runs a statement that has every column as a parameter.
fn write(tx: &Transaction<'_>, sql: &str, account: &PartnerAccount) -> Result<(), SqliteError> {
    tx.prepare_cached(sql)?.execute(named_params! {
        ":partner": account.partner.as_str(),
        ":account": account.account,
        ":takes": account.takes_payments,
        ":paid_out": account.is_paid_out,
        ":details": account.has_given_details,
        ":created": account.created_at_ms,
        ":seen": account.seen_at_ms,
    })?;
    Ok(())
}
