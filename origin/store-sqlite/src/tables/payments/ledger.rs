//! Between rows and the ledger: a row for each transaction, and one for each of its transfers.

use std::{collections::HashMap, ops::Range};

use domain::{
    PartnerId, PaymentId,
    payments::{
        ledger::{Account, Transaction as Entry, Transfer},
        money::{Currency, Money},
        store::{LedgerPage, LedgerQuery},
    },
};
use rusqlite::{Connection, Params, Row, Transaction};

use crate::{
    database::json_list,
    error::SqliteError,
    tables::{limit::limit, word::word},
};

/// Adds a transaction. Its key must be new.
pub(super) fn append(tx: &Transaction<'_>, entry: &Entry) -> Result<(), SqliteError> {
    tx.prepare_cached(
        "INSERT INTO ledger(key, payment_id, partner_id, provider_id, currency, at_ms)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute((
        &entry.key,
        entry.payment.as_ref().map(PaymentId::as_str),
        entry.partner().map(PartnerId::as_str),
        &entry.provider_id,
        entry.currency.as_str(),
        entry.at_ms,
    ))?;
    let mut insert = tx.prepare_cached(
        "INSERT INTO ledger_transfers(id, key, debit, credit, amount, currency)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    for (place, transfer) in entry.transfers.iter().enumerate() {
        insert.execute((
            format!("{}:{place}", entry.key),
            &entry.key,
            transfer.debit().to_string(),
            transfer.credit().to_string(),
            transfer.amount(),
            entry.currency.as_str(),
        ))?;
    }
    Ok(())
}

/// Those of the keys that are in the ledger.
pub fn known(connection: &Connection, keys: &[String]) -> Result<Vec<String>, SqliteError> {
    let mut statement = connection
        .prepare_cached("SELECT key FROM ledger WHERE key IN (SELECT value FROM json_each(?1))")?;
    let keys = json_list(keys.iter().map(String::as_str));
    let known = statement.query_map([keys], |row| row.get(0))?;
    Ok(known.collect::<Result<_, _>>()?)
}

fn query(
    connection: &Connection,
    rest: &str,
    params: impl Params,
) -> Result<Vec<Entry>, SqliteError> {
    let sql = format!("SELECT key, payment_id, provider_id, currency, at_ms FROM ledger {rest}");
    let mut statement = connection.prepare_cached(&sql)?;
    let entries = statement.query_and_then(params, entry)?;
    let mut entries: Vec<Entry> = entries.collect::<Result<_, _>>()?;
    let mut transfers = transfers(connection, &entries)?;
    for entry in &mut entries {
        entry.transfers = transfers.remove(&entry.key).unwrap_or_default();
    }
    Ok(entries)
}

fn entry(row: &Row<'_>) -> Result<Entry, SqliteError> {
    let payment: Option<String> = row.get(1)?;
    let payment = payment.map(|id| word("payment id", &id, PaymentId::parse));
    Ok(Entry {
        key: row.get(0)?,
        payment: payment.transpose()?,
        provider_id: row.get(2)?,
        currency: word("currency", &row.get::<_, String>(3)?, Currency::parse)?,
        at_ms: row.get(4)?,
        transfers: Vec::new(),
    })
}

fn transfers(
    connection: &Connection,
    entries: &[Entry],
) -> Result<HashMap<String, Vec<Transfer>>, SqliteError> {
    let mut statement = connection.prepare_cached(
        "SELECT key, debit, credit, amount FROM ledger_transfers
         WHERE key IN (SELECT value FROM json_each(?1)) ORDER BY key, id",
    )?;
    let keys = json_list(entries.iter().map(|entry| entry.key.as_str()));
    let mut rows = statement.query([keys])?;
    let mut found: HashMap<String, Vec<Transfer>> = HashMap::new();
    while let Some(row) = rows.next()? {
        let account = |column| -> Result<Account, SqliteError> {
            word("account", &row.get::<_, String>(column)?, Account::parse)
        };
        let transfer = Transfer::new(account(1)?, account(2)?, row.get(3)?);
        let transfer = transfer.ok_or_else(|| SqliteError::corrupt("transfer", &"unbalanced"))?;
        found.entry(row.get(0)?).or_default().push(transfer);
    }
    Ok(found)
}

pub fn page(connection: &Connection, wanted: &LedgerQuery) -> Result<LedgerPage, SqliteError> {
    // Of the first moment also those whose keys are empty: none.
    let (at_ms, key) = match &wanted.after {
        Some(after) => (after.at_ms, after.key.as_str()),
        None => (wanted.from_ms, ""),
    };
    let mut items = query(
        connection,
        "WHERE partner_id = ?1 AND at_ms >= ?2 AND at_ms < ?3 AND (at_ms, key) > (?4, ?5)
         ORDER BY at_ms, key LIMIT ?6",
        (
            wanted.partner.as_str(),
            wanted.from_ms,
            wanted.until_ms,
            at_ms,
            key,
            limit(wanted.first.saturating_add(1)),
        ),
    )?;
    let has_next_page = items.len() > wanted.first;
    items.truncate(wanted.first);
    Ok(LedgerPage {
        items,
        has_next_page,
    })
}

/// What moved money at the provider, by its name of it.
pub fn moved(
    connection: &Connection,
    moments: &Range<i64>,
) -> Result<HashMap<String, Vec<Entry>>, SqliteError> {
    let rest = "WHERE at_ms >= ?1 AND at_ms < ?2 ORDER BY at_ms, key";
    let mut moved: HashMap<String, Vec<Entry>> = HashMap::new();
    for entry in query(connection, rest, (moments.start, moments.end))? {
        if entry.movement().is_some() {
            let of_source = moved.entry(entry.provider_id.clone()).or_default();
            of_source.push(entry);
        }
    }
    Ok(moved)
}

/// What an account is owed, by currency.
pub fn balance(connection: &Connection, account: &Account) -> Result<Vec<Money>, SqliteError> {
    let mut statement = connection.prepare_cached(
        "SELECT currency, SUM(minor) FROM (
            SELECT currency, SUM(amount) AS minor FROM ledger_transfers
            WHERE credit = ?1 GROUP BY currency
            UNION ALL
            SELECT currency, -SUM(amount) FROM ledger_transfers
            WHERE debit = ?1 GROUP BY currency)
         GROUP BY currency ORDER BY currency",
    )?;
    let mut rows = statement.query([account.to_string()])?;
    let mut owed = Vec::new();
    while let Some(row) = rows.next()? {
        owed.push(Money {
            currency: word("currency", &row.get::<_, String>(0)?, Currency::parse)?,
            minor: row.get(1)?,
        });
    }
    Ok(owed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::EmbeddedDb;

    fn entry() -> Entry {
        let partner = Account::Partner(PartnerId::derive("partner", "1"));
        let transfer = Transfer::new(Account::Provider, partner, 5);
        Entry {
            key: "payout:1".into(),
            payment: None,
            provider_id: "po_1".into(),
            currency: Currency::Eur,
            at_ms: 7,
            transfers: vec![transfer.unwrap()],
        }
    }

    /// Whatever the programs believe.
    #[tokio::test]
    async fn nothing_of_the_ledger_is_changed_deleted_repeated_or_unbalanced() {
        let dir = tempfile::tempdir().unwrap();
        let db = EmbeddedDb::open(dir.path()).unwrap();
        db.write(|tx| append(tx, &entry())).await.unwrap();
        let again = db.write(|tx| append(tx, &entry())).await;
        assert!(again.is_err());
        for sql in [
            "UPDATE ledger SET at_ms = 8",
            "DELETE FROM ledger",
            "UPDATE ledger_transfers SET amount = 6",
            "DELETE FROM ledger_transfers",
            "INSERT INTO ledger_transfers VALUES ('2', 'payout:1', 'fees', 'fees', 5, 'EUR')",
            "INSERT INTO ledger_transfers VALUES ('2', 'payout:1', 'fees', 'losses', 0, 'EUR')",
            "INSERT INTO ledger_transfers VALUES ('2', 'payout:1', 'fees', 'losses', -5, 'EUR')",
            "INSERT INTO ledger_transfers VALUES ('2', 'payout:2', 'fees', 'losses', 5, 'EUR')",
        ] {
            let refused = db.write(move |tx| Ok(tx.execute(sql, [])?)).await;
            assert!(refused.is_err(), "{sql}");
        }
        let moments = 0..100;
        let page = LedgerQuery {
            partner: PartnerId::derive("partner", "1"),
            from_ms: moments.start,
            until_ms: moments.end,
            first: 9,
            after: None,
        };
        let found = db.read(move |c| page_of(c, &page)).await.unwrap();
        assert_eq!(found, [entry()]);
    }

    fn page_of(connection: &Connection, query: &LedgerQuery) -> Result<Vec<Entry>, SqliteError> {
        Ok(page(connection, query)?.items)
    }
}
