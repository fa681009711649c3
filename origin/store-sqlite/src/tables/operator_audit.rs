//! The audit of operators as rows: added, and never changed.

use domain::operators::{
    deed::{Deed, End, Entry, NewDeed, Number, Target},
    store::{AuditPage, AuditQuery},
};
use rusqlite::{Connection, OptionalExtension as _, Row, Transaction, named_params};

use super::word::word;
use crate::error::SqliteError;

/// Adds what was done after the last entry, in the transaction in which it is done.
pub fn append(tx: &Transaction<'_>, deed: NewDeed) -> Result<Entry, SqliteError> {
    let entry = Entry::after(end(tx)?.as_ref(), deed);
    let deed = &entry.deed;
    tx.prepare_cached(
        "INSERT INTO operator_audit(number, at_ms, actor, deed, target, reason, request, digest)
         VALUES (:number, :at, :actor, :deed, :target, :reason, :request, :digest)",
    )?
    .execute(named_params! {
        ":number": entry.number.text(),
        ":at": deed.at_ms,
        ":actor": deed.actor,
        ":deed": deed.deed.as_str(),
        ":target": deed.target.as_ref().map(Target::as_str),
        ":reason": deed.reason,
        ":request": deed.request,
        ":digest": entry.digest,
    })?;
    Ok(entry)
}

fn end(connection: &Connection) -> Result<Option<End>, SqliteError> {
    let last = connection
        .prepare_cached("SELECT number, digest FROM operator_audit ORDER BY number DESC LIMIT 1")?
        .query_row([], |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))
        })
        .optional()?;
    last.map(|(number, digest)| {
        Ok(End {
            number: word("number", &number, Number::parse)?,
            digest,
        })
    })
    .transpose()
}

pub fn page(connection: &Connection, query: &AuditQuery) -> Result<AuditPage, SqliteError> {
    let mut statement = connection.prepare_cached(
        "SELECT * FROM operator_audit
         WHERE (:before IS NULL OR number < :before) AND (:target IS NULL OR target = :target)
            AND (:actor IS NULL OR actor = :actor) AND at_ms >= :from AND at_ms < :until
         ORDER BY number DESC LIMIT :most",
    )?;
    let mut rows = statement.query(named_params! {
        ":before": query.before.map(Number::text),
        ":target": query.target.as_ref().map(Target::as_str),
        ":actor": query.actor,
        ":from": query.from_ms.unwrap_or(i64::MIN),
        ":until": query.until_ms.unwrap_or(i64::MAX),
        ":most": i64::try_from(query.first).unwrap_or(i64::MAX).saturating_add(1),
    })?;
    let mut items = Vec::new();
    while let Some(row) = rows.next()? {
        items.push(read(row)?);
    }
    let has_next_page = items.len() > query.first;
    items.truncate(query.first);
    Ok(AuditPage {
        items,
        has_next_page,
    })
}

pub fn after(
    connection: &Connection,
    after: Option<Number>,
    limit: usize,
) -> Result<Vec<Entry>, SqliteError> {
    let mut statement = connection.prepare_cached(
        "SELECT * FROM operator_audit WHERE number > ?1 ORDER BY number LIMIT ?2",
    )?;
    let after = after.map_or_else(String::new, Number::text);
    let mut rows = statement.query((after, i64::try_from(limit).unwrap_or(i64::MAX)))?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(read(row)?);
    }
    Ok(found)
}

fn read(row: &Row<'_>) -> Result<Entry, SqliteError> {
    let target: Option<String> = row.get("target")?;
    let target = target.map(|text| word("target", &text, Target::parse));
    Ok(Entry {
        number: word("number", &row.get::<_, String>("number")?, Number::parse)?,
        deed: NewDeed {
            at_ms: row.get("at_ms")?,
            actor: row.get("actor")?,
            deed: word("deed", &row.get::<_, String>("deed")?, Deed::parse)?,
            target: target.transpose()?,
            reason: row.get("reason")?,
            request: row.get("request")?,
        },
        digest: row.get("digest")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::EmbeddedDb;

    fn deed(reason: &str) -> NewDeed {
        NewDeed {
            at_ms: 1,
            actor: "user 1".into(),
            deed: Deed::ReadUser,
            target: None,
            reason: reason.into(),
            request: "r".into(),
        }
    }

    /// Whatever a mistake of the program or a statement by hand tries.
    #[tokio::test]
    async fn the_database_refuses_to_change_or_remove_an_entry() {
        let dir = tempfile::tempdir().unwrap();
        let db = EmbeddedDb::open(dir.path()).unwrap();
        let recorded = db.write(|tx| {
            append(tx, deed("one"))?;
            append(tx, deed("two"))
        });
        let recorded = recorded.await.unwrap();
        for (sql, why) in [
            ("UPDATE operator_audit SET reason = 'none'", "not changed"),
            (
                "UPDATE operator_audit SET number = '000000000009' WHERE reason = 'two'",
                "not changed",
            ),
            (
                "DELETE FROM operator_audit WHERE reason = 'two'",
                "not removed",
            ),
            ("DELETE FROM operator_audit", "not removed"),
            (
                "INSERT OR REPLACE INTO operator_audit SELECT number, at_ms, actor, deed, target,
                    'none', request, digest FROM operator_audit WHERE reason = 'two'",
                "no gap",
            ),
            (
                "INSERT INTO operator_audit SELECT '000000000009', at_ms, actor, deed, target,
                    reason, request, digest FROM operator_audit WHERE reason = 'two'",
                "no gap",
            ),
        ] {
            let tried = db.write(move |tx| Ok(tx.execute(sql, [])?)).await;
            let refused = format!("{:?}", tried.unwrap_err());
            assert!(refused.contains(why), "{sql}: {refused}");
        }
        let stored = db.read(|c| after(c, None, 9)).await.unwrap();
        assert_eq!(stored.len(), 2);
        assert_eq!(stored[1], recorded);
    }
}
