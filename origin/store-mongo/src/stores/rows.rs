//! Rows in MongoDB. The queries are in `crate::queries`.

use std::{collections::HashSet, sync::Arc};

use async_trait::async_trait;
use domain::{
    StoreError,
    identity::verification::State,
    rows::{
        Collection, Field, Identity, Kind, Missing, Row, RowStore, Shape, memberships, preferences,
    },
};
use mongodb::bson::{self, Bson, DateTime, Document, doc, oid::ObjectId};
use serde_json::Value;

use crate::{database::MongoDb, documents::first, error::MongoError, tables::users, tx::Tx};

/// Between the parts of an identity that is joined, and between user and key.
const BETWEEN: &str = ":";
/// More than the consents that one user can give in one millisecond.
const OF_ONE_MOMENT: usize = 1_000_000;

/// The rows of a MongoDB database.
#[derive(Clone, Debug)]
pub struct MongoRows {
    db: MongoDb,
}

impl MongoRows {
    pub const fn new(db: MongoDb) -> Self {
        Self { db }
    }

    async fn find(
        &self,
        kind: &'static Kind,
        filter: Document,
        order: Document,
        limit: usize,
    ) -> Result<Vec<Row>, MongoError> {
        let all = self.db.collection::<Document>(kind.table());
        let found = self
            .db
            .run(async move { first(&all, filter, (order, None), limit).await });
        found
            .await?
            .iter()
            .map(|stored| row(kind, stored))
            .collect()
    }

    /// By owner and moment, as the index has them; of one moment all, since there is no identity by
    /// which to go on between them.
    async fn consents(
        &self,
        kind: &'static Kind,
        after: Option<&Row>,
        limit: usize,
    ) -> Result<Vec<Row>, MongoError> {
        let order = || doc! {"owner": 1, "at": 1, "_id": 1};
        let later = match after {
            None => doc! {"owner": {"$gte": ""}},
            Some(last) => {
                let (owner, at) = (value(kind, last, "owner")?, value(kind, last, "at_ms")?);
                doc! {
                    // A bound besides: it leads to the index.
                    "owner": {"$gte": &owner},
                    "$or": [{"owner": {"$gt": &owner}}, {"owner": &owner, "at": {"$gt": at}}],
                }
            }
        };
        let mut rows = self.find(kind, later, order(), limit).await?;
        if let Some(last) = rows.last().cloned() {
            let (owner, at) = (value(kind, &last, "owner")?, value(kind, &last, "at_ms")?);
            rows.retain(|row| !is_of_one_moment(row, &last));
            let rest = doc! {"owner": owner, "at": at};
            rows.extend(self.find(kind, rest, order(), OF_ONE_MOMENT).await?);
        }
        // Of one moment in the order of what they say.
        rows.sort_by(|a, b| {
            let text =
                |row: &Row, column| row.get(column).and_then(Value::as_str).map(str::to_owned);
            let key = |row: &Row| {
                (
                    text(row, "owner"),
                    row.get("at_ms").and_then(Value::as_i64),
                    text(row, "purpose"),
                    text(row, "version"),
                    row.get("granted").and_then(Value::as_bool),
                )
            };
            key(a).cmp(&key(b))
        });
        rows.dedup();
        Ok(rows)
    }
}

fn is_of_one_moment(one: &Row, other: &Row) -> bool {
    ["owner", "at_ms"]
        .iter()
        .all(|column| one.get(*column) == other.get(*column))
}

#[async_trait]
impl RowStore for MongoRows {
    async fn page(
        &self,
        kind: &'static Kind,
        after: Option<Row>,
        limit: usize,
    ) -> Result<Vec<Row>, StoreError> {
        let after = after.as_ref();
        if kind.identity == Identity::Content {
            return Ok(self.consents(kind, after, limit).await?);
        }
        // A bound also at the beginning: an order alone does not lead every server to an index.
        let later = match after {
            Some(last) => doc! {"$gt": identity(kind, last)?},
            None if has_object_ids(kind) => doc! {"$gte": ObjectId::from_bytes([0; 12])},
            None => doc! {"$gte": ""},
        };
        Ok(self
            .find(kind, doc! {"_id": later}, doc! {"_id": 1}, limit)
            .await?)
    }

    async fn put(&self, kind: &'static Kind, rows: Vec<Row>) -> Result<(), StoreError> {
        let rows = Arc::new(rows);
        let put = self.db.transaction(move |tx| {
            let rows = Arc::clone(&rows);
            Box::pin(async move { put(tx, kind, &rows).await })
        });
        Ok(put.await?)
    }
}

async fn put(tx: &mut Tx, kind: &'static Kind, rows: &[Row]) -> Result<(), MongoError> {
    let mut wanted = Vec::new();
    for row in rows {
        wanted.push(match kind.identity {
            Identity::First | Identity::Joined(_) => identity(kind, row)?,
            Identity::Content => value(kind, row, "owner")?,
        });
    }
    let by = match kind.identity {
        Identity::First | Identity::Joined(_) => "_id",
        Identity::Content => "owner",
    };
    let stored = doc! {by: {"$in": wanted}};
    let mut known = HashSet::new();
    for stored in &tx.find(kind.table(), stored, None, rows.len()).await? {
        known.insert(key(kind, &row(kind, stored)?));
    }
    let mut missing = Vec::new();
    for row in rows {
        if known.insert(key(kind, row)) {
            missing.push(document(kind, row)?);
        }
    }
    tx.insert_many(kind.table(), missing).await
}

fn key(kind: &Kind, row: &Row) -> String {
    let values = kind.key().iter().map(|field| row.get(field.column));
    // As JSON: no two keys are written the same.
    let values: Vec<String> = values.flatten().map(Value::to_string).collect();
    values.join(",")
}

fn has_object_ids(kind: &Kind) -> bool {
    let first = kind.fields.first();
    kind.identity == Identity::First && matches!(first.map(|field| field.shape), Some(Shape::Id))
}

fn identity(kind: &'static Kind, row: &Row) -> Result<Bson, MongoError> {
    match kind.identity {
        Identity::First => kind
            .fields
            .first()
            .map_or(Ok(Bson::Null), |field| stored(field, row)),
        Identity::Joined(_) | Identity::Content => {
            let parts = kind.key().iter().map(|field| text(field, row));
            Ok(parts.collect::<Result<Vec<_>, _>>()?.join(BETWEEN).into())
        }
    }
}

fn value(kind: &'static Kind, row: &Row, column: &str) -> Result<Bson, MongoError> {
    let field = kind.fields.iter().find(|field| field.column == column);
    field.map_or(Ok(Bson::Null), |field| stored(field, row))
}

fn odd(field: &'static Field) -> MongoError {
    MongoError::corrupt(field.column, &"of another shape")
}

fn text<'r>(field: &'static Field, row: &'r Row) -> Result<&'r str, MongoError> {
    row.get(field.column)
        .and_then(Value::as_str)
        .ok_or_else(|| odd(field))
}

fn document(kind: &'static Kind, row: &Row) -> Result<Document, MongoError> {
    let mut document = Document::new();
    match kind.identity {
        Identity::Joined(_) => {
            document.insert("_id", identity(kind, row)?);
        }
        Identity::First | Identity::Content => {}
    }
    for field in kind.fields {
        match (
            stored(field, row)?,
            field.missing,
            field.path.split_once('.'),
        ) {
            (Bson::Null, Missing::Absent, _) => {}
            (Bson::Null, Missing::Null | Missing::Never, Some((part, _))) => {
                document.insert(part, Bson::Null);
            }
            (value, _, Some((part, path))) => match document.get_document_mut(part) {
                Ok(part) => {
                    part.insert(path, value);
                }
                Err(_) => {
                    document.insert(part, doc! {path: value});
                }
            },
            (value, _, None) => {
                document.insert(field.path, value);
            }
        }
    }
    if kind.collection == Collection::Bookings && document.contains_key("due") {
        let part = |name| row.get(name).and_then(Value::as_str);
        if let (Some(user), Some(offer)) = (part("user_id"), part("offer_id")) {
            document.insert("open", format!("{user}{BETWEEN}{offer}"));
        }
    }
    if kind.collection == Collection::Bookings {
        let part = |name| row.get(name).and_then(Value::as_str);
        if let (Some(partner), Some(night), Some(code)) =
            (part("partner_id"), part("day"), part("short_code"))
        {
            let of_night = format!("{partner}{BETWEEN}{night}{BETWEEN}{code}");
            document.insert("codeOfNight", of_night);
        }
    }
    if kind.collection == Collection::Verifications {
        let part = |name| row.get(name).and_then(Value::as_str);
        let is_open = part("state")
            .and_then(State::parse)
            .is_some_and(State::is_open);
        if let (true, Some(user)) = (is_open, part("user_id")) {
            document.insert("open", user);
        }
    }
    Ok(document)
}

fn stored(field: &'static Field, row: &Row) -> Result<Bson, MongoError> {
    let value = row.get(field.column).unwrap_or(&Value::Null);
    if value.is_null() {
        return Ok(Bson::Null);
    }
    let made = match field.shape {
        Shape::Id => ObjectId::parse_str(text(field, row)?).ok().map(Bson::from),
        Shape::Text | Shape::Word(_) => Some(text(field, row)?.into()),
        Shape::Flag => value.as_bool().map(Bson::from),
        Shape::Whole => value.as_i64().map(Bson::from),
        Shape::Moment => value.as_i64().map(|ms| DateTime::from_millis(ms).into()),
        Shape::Words | Shape::Preferences => bson::serialize_to_bson(value).ok(),
        Shape::Ids => {
            let ids = value.as_array().map(|list| list.iter().map(Value::as_str));
            let ids = ids.and_then(Iterator::collect::<Option<Vec<&str>>>);
            let ids = ids.map(|ids| ids.into_iter().map(ObjectId::parse_str));
            ids.and_then(|ids| ids.collect::<Result<Vec<_>, _>>().ok())
                .map(Bson::from)
        }
        Shape::Memberships => match memberships(value.clone()) {
            Ok(further) => Some(users::memberships::list(further.all())?),
            Err(_) => None,
        },
        Shape::KeyOfUser => {
            let user = row.get("user_id").and_then(Value::as_str);
            let key = text(field, row)?;
            user.map(|user| format!("{user}{BETWEEN}{key}").into())
        }
    };
    made.ok_or_else(|| odd(field))
}

fn row(kind: &'static Kind, stored: &Document) -> Result<Row, MongoError> {
    let mut row = Row::new();
    for field in kind.fields {
        let found = match field.path.split_once('.') {
            None => stored.get(field.path),
            Some((part, path)) => stored
                .get_document(part)
                .ok()
                .and_then(|part| part.get(path)),
        };
        let value = match found {
            None | Some(Bson::Null) => Value::Null,
            Some(found) => json(field, found)?,
        };
        row.insert(field.column.to_owned(), value);
    }
    Ok(row)
}

fn json(field: &'static Field, stored: &Bson) -> Result<Value, MongoError> {
    let json = match field.shape {
        Shape::Id => stored.as_object_id().map(|id| id.to_hex().into()),
        Shape::Text | Shape::Word(_) => stored.as_str().map(Value::from),
        Shape::Flag => stored.as_bool().map(Value::from),
        // Servers give numbers in the width that they like.
        Shape::Whole => stored
            .as_i64()
            .or_else(|| stored.as_i32().map(i64::from))
            .map(Value::from),
        Shape::Moment => stored.as_datetime().map(|at| at.timestamp_millis().into()),
        Shape::Words => {
            let words = stored.as_array().map(|list| list.iter().map(Bson::as_str));
            words
                .and_then(Iterator::collect::<Option<Vec<&str>>>)
                .map(Value::from)
        }
        Shape::Preferences => bson::deserialize_from_bson::<Value>(stored.clone())
            .ok()
            .and_then(|stored| preferences(stored).ok()),
        Shape::Ids => {
            let ids = stored
                .as_array()
                .map(|list| list.iter().map(Bson::as_object_id));
            ids.and_then(Iterator::collect::<Option<Vec<_>>>)
                .map(|ids| ids.into_iter().map(ObjectId::to_hex).collect())
        }
        Shape::Memberships => users::memberships::read_list(stored)
            .and_then(|further| serde_json::to_value(further).ok()),
        Shape::KeyOfUser => {
            let key = stored.as_str().and_then(|key| key.split_once(BETWEEN));
            key.map(|(_, key)| key.into())
        }
    };
    json.ok_or_else(|| odd(field))
}
