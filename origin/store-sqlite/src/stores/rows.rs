//! Rows in SQLite.

use async_trait::async_trait;
use domain::{
    StoreError,
    rows::{Field, Kind, Row, RowStore, Shape, preferences},
};
use rusqlite::{params_from_iter, types::Value as Stored};
use serde_json::Value;

use crate::{database::EmbeddedDb, error::SqliteError};

/// The rows of the embedded store.
#[derive(Clone, Debug)]
pub struct EmbeddedRows {
    db: EmbeddedDb,
}

impl EmbeddedRows {
    pub const fn new(db: EmbeddedDb) -> Self {
        Self { db }
    }
}

#[async_trait]
impl RowStore for EmbeddedRows {
    async fn page(
        &self,
        kind: &'static Kind,
        after: Option<Row>,
        limit: usize,
    ) -> Result<Vec<Row>, StoreError> {
        let (columns, key) = (names(kind.fields), names(kind.key()));
        let after = after.map(|row| values(kind.key(), &row)).transpose()?;
        let later = after.as_ref().map_or_else(String::new, |after| {
            format!("WHERE ({key}) > ({})", marks(1, after.len()))
        });
        let sql = format!(
            "SELECT {columns} FROM {} {later} ORDER BY {key} LIMIT {limit}",
            kind.table()
        );
        let page = self.db.read(move |c| {
            let mut statement = c.prepare_cached(&sql)?;
            let mut found = statement.query(params_from_iter(after.unwrap_or_default()))?;
            let mut rows: Vec<Row> = Vec::new();
            while let Some(stored) = found.next()? {
                let mut row = Row::new();
                for (n, field) in kind.fields.iter().enumerate() {
                    row.insert(field.column.to_owned(), read(field, stored.get(n)?)?);
                }
                rows.push(row);
            }
            rows.dedup();
            Ok(rows)
        });
        page.await
    }

    async fn put(&self, kind: &'static Kind, rows: Vec<Row>) -> Result<(), StoreError> {
        let columns = names(kind.fields);
        let same: Vec<String> = kind
            .key()
            .iter()
            .zip(1..)
            .map(|(field, n)| format!("{} = ?{n}", field.column))
            .collect();
        // The key's fields come first. Not `OR IGNORE`: it would also ignore an address that
        // another account has.
        let sql = format!(
            "INSERT INTO {table}({columns}) SELECT {all}
             WHERE NOT EXISTS (SELECT 1 FROM {table} WHERE {same})",
            table = kind.table(),
            all = marks(1, kind.fields.len()),
            same = same.join(" AND "),
        );
        let put = self.db.write(move |tx| {
            let mut statement = tx.prepare_cached(&sql)?;
            for row in &rows {
                statement.execute(params_from_iter(values(kind.fields, row)?))?;
            }
            Ok(())
        });
        put.await
    }
}

fn names(fields: &[Field]) -> String {
    let names: Vec<&str> = fields.iter().map(|field| field.column).collect();
    names.join(", ")
}

fn marks(from: usize, count: usize) -> String {
    let marks: Vec<String> = (from..from + count).map(|n| format!("?{n}")).collect();
    marks.join(", ")
}

fn values(fields: &'static [Field], row: &Row) -> Result<Vec<Stored>, SqliteError> {
    let value = |field: &'static Field| write(field, row.get(field.column).unwrap_or(&Value::Null));
    fields.iter().map(value).collect()
}

fn write(field: &'static Field, value: &Value) -> Result<Stored, SqliteError> {
    let odd = || SqliteError::corrupt(field.column, &"of another shape");
    let stored: Option<Stored> = match (field.shape, value) {
        (_, Value::Null) => Some(Stored::Null),
        (Shape::Id | Shape::Text | Shape::Word(_) | Shape::KeyOfUser, value) => {
            value.as_str().map(|text| text.to_owned().into())
        }
        (Shape::Flag, value) => value.as_bool().map(Stored::from),
        (Shape::Whole | Shape::Moment, value) => value.as_i64().map(Stored::from),
        (Shape::Words | Shape::Ids, value) => value.as_array().and_then(|list| {
            let words: Option<Vec<&str>> = list.iter().map(Value::as_str).collect();
            words.map(|words| words.join(" ").into())
        }),
        (Shape::Preferences | Shape::Memberships, value) => Some(value.to_string().into()),
    };
    stored.ok_or_else(odd)
}

fn read(field: &'static Field, stored: Stored) -> Result<Value, SqliteError> {
    match (field.shape, stored) {
        (_, Stored::Null) => Ok(Value::Null),
        (Shape::Id | Shape::Text | Shape::Word(_) | Shape::KeyOfUser, Stored::Text(text)) => {
            Ok(text.into())
        }
        (Shape::Flag, Stored::Integer(number)) => Ok((number != 0).into()),
        (Shape::Whole | Shape::Moment, Stored::Integer(number)) => Ok(number.into()),
        (Shape::Words | Shape::Ids, Stored::Text(text)) => Ok(text.split_whitespace().collect()),
        (Shape::Preferences, Stored::Text(text)) => serde_json::from_str(&text)
            .and_then(preferences)
            .map_err(|error| SqliteError::corrupt(field.column, &error)),
        (Shape::Memberships, Stored::Text(text)) => {
            serde_json::from_str(&text).map_err(|error| SqliteError::corrupt(field.column, &error))
        }
        (
            Shape::Id
            | Shape::Text
            | Shape::Word(_)
            | Shape::KeyOfUser
            | Shape::Flag
            | Shape::Whole
            | Shape::Moment
            | Shape::Words
            | Shape::Preferences
            | Shape::Ids
            | Shape::Memberships,
            _,
        ) => Err(SqliteError::corrupt(field.column, &"of another shape")),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use domain::rows::KINDS;

    use crate::database::EmbeddedDb;

    /// Moved by the stores of their blocks.
    const BY_OTHERS: [&str; 6] = [
        "partners",
        "establishments",
        "offers",
        // With the rows that they lead to.
        "slugs",
        "documents",
        "purge_audit",
    ];
    /// Each database's own, as the module's documentation says.
    const NOT_MOVED: [&str; 10] = [
        "outbox",
        "purge_log",
        "purge_log_meta",
        "purge_logs",
        "sessions",
        "codes",
        "leases",
        "turns_told",
        "document_usage",
        "schema_migrations",
    ];

    /// A new table or column must be listed here as moved or as not moved.
    #[tokio::test]
    async fn every_table_is_moved_with_every_column_or_named_as_not_moved() {
        let dir = tempfile::tempdir().unwrap();
        let db = EmbeddedDb::open(dir.path()).unwrap();
        let columns = db.read(|c| {
            let mut statement = c.prepare(
                "SELECT t.name, c.name FROM pragma_table_list AS t, pragma_table_info(t.name) AS c
                 WHERE t.type = 'table' AND t.schema = 'main' AND t.name NOT LIKE 'sqlite_%'",
            )?;
            let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
            Ok(rows.collect::<Result<Vec<(String, String)>, _>>()?)
        });
        let mut stored: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (table, column) in columns.await.unwrap() {
            stored.entry(table).or_default().insert(column);
        }
        for other in BY_OTHERS.iter().chain(&NOT_MOVED) {
            assert!(stored.remove(*other).is_some(), "{other}");
        }
        // Its rows have no identity elsewhere: they are numbered again.
        stored.get_mut("consents").unwrap().remove("id");
        let moved = KINDS.iter().map(|kind| {
            let columns = kind.fields.iter().map(|field| field.column.to_owned());
            (kind.table().to_owned(), columns.collect())
        });
        assert_eq!(stored, moved.collect());
    }
}
