//! Reading documents field by field. What cannot be read is corrupt, and says which field.

use domain::GeoPoint;
use futures_util::TryStreamExt;
use mongodb::{
    Collection, Cursor,
    bson::{Bson, Document, doc, oid::ObjectId},
};

use crate::{error::MongoError, limits::SERVER_WITHIN};

/// The id of a document.
pub fn object_id(id: &impl AsRef<str>) -> Result<ObjectId, MongoError> {
    ObjectId::parse_str(id.as_ref()).map_err(|e| MongoError::corrupt("id", &e))
}

/// The ids of documents, each once.
pub fn object_ids<I: AsRef<str>>(ids: &[I]) -> Result<Vec<ObjectId>, MongoError> {
    let mut wanted: Vec<ObjectId> = ids.iter().map(object_id).collect::<Result<_, _>>()?;
    wanted.sort_unstable();
    wanted.dedup();
    Ok(wanted)
}

pub fn id<I>(
    stored: &Document,
    field: &'static str,
    parse: impl FnOnce(&str) -> Option<I>,
) -> Result<I, MongoError> {
    let hex = stored.get_object_id(field).map_err(bad(field))?.to_hex();
    parse(&hex).ok_or_else(|| MongoError::corrupt(field, &hex))
}

/// A number that is stored with 64 bits.
pub fn id_number(stored: &Document, field: &'static str) -> Result<i64, MongoError> {
    stored.get_i64(field).map_err(bad(field))
}

pub fn moment_ms(stored: &Document, field: &'static str) -> Result<i64, MongoError> {
    let moment = stored.get_datetime(field).map_err(bad(field))?;
    Ok(moment.timestamp_millis())
}

pub fn text(stored: &Document, field: &'static str) -> Result<String, MongoError> {
    let text = stored.get_str(field).map_err(bad(field))?;
    Ok(text.to_owned())
}

/// The value that a stored word names.
pub fn word<T>(
    stored: &Document,
    field: &'static str,
    parse: impl FnOnce(&str) -> Option<T>,
) -> Result<T, MongoError> {
    let text = text(stored, field)?;
    parse(&text).ok_or_else(|| MongoError::corrupt(field, &text))
}

/// A text that may be absent or null.
pub fn optional_text(stored: &Document, field: &'static str) -> Result<Option<String>, MongoError> {
    optional(stored, field, |_| text(stored, field))
}

pub fn texts(stored: &Document, field: &'static str) -> Result<Vec<String>, MongoError> {
    let list = stored.get_array(field).map_err(bad(field))?;
    list.iter()
        .map(|item| item.as_str().map(ToOwned::to_owned))
        .collect::<Option<_>>()
        .ok_or_else(|| MongoError::corrupt(field, &"not a list of texts"))
}

pub fn whole(stored: &Document, field: &'static str) -> Result<i32, MongoError> {
    let value = stored.get(field).and_then(whole_number);
    value.ok_or_else(|| MongoError::corrupt(field, &"not a whole number"))
}

/// An amount of money, in whatever width a server gives it.
pub fn minor(stored: &Document, field: &'static str) -> Result<i64, MongoError> {
    match stored.get(field) {
        Some(Bson::Int64(minor)) => Ok(*minor),
        Some(Bson::Int32(minor)) => Ok(i64::from(*minor)),
        _ => Err(MongoError::corrupt(field, &"not an amount")),
    }
}

pub fn flag(stored: &Document, field: &'static str) -> Result<bool, MongoError> {
    stored.get_bool(field).map_err(bad(field))
}

/// An account's epoch. What was stored before there were epochs has none.
pub fn epoch(stored: &Document) -> Result<i64, MongoError> {
    let number = optional(stored, "epoch", |value| match value {
        Bson::Int64(number) => Ok(*number),
        Bson::Int32(number) => Ok(i64::from(*number)),
        _ => Err(MongoError::corrupt("epoch", &"not a whole number")),
    });
    Ok(number?.unwrap_or(0))
}

/// A field that may be absent or null.
pub fn optional<T>(
    stored: &Document,
    field: &'static str,
    read: impl FnOnce(&Bson) -> Result<T, MongoError>,
) -> Result<Option<T>, MongoError> {
    match stored.get(field) {
        None | Some(Bson::Null) => Ok(None),
        Some(value) => read(value).map(Some),
    }
}

pub fn part<'d>(stored: &'d Document, field: &'static str) -> Result<&'d Document, MongoError> {
    stored.get_document(field).map_err(bad(field))
}

/// A list of documents.
pub fn parts<T>(
    stored: &Document,
    field: &'static str,
    read: impl Fn(&Document) -> Result<T, MongoError>,
) -> Result<Vec<T>, MongoError> {
    let list = stored.get_array(field).map_err(bad(field))?;
    let documents = list.iter().map(|item| {
        let item = item.as_document();
        item.ok_or_else(|| MongoError::corrupt(field, &"not a list of documents"))
    });
    documents.map(|item| read(item?)).collect()
}

pub fn location(stored: &Document) -> Result<GeoPoint, MongoError> {
    let point = part(stored, "location")?;
    let coordinates = point.get_array("coordinates").map_err(bad("location"))?;
    let [lng, lat] = coordinates.as_slice() else {
        return Err(MongoError::corrupt("location", &"not two coordinates"));
    };
    number(lat)
        .zip(number(lng))
        .and_then(|(lat, lng)| GeoPoint::new(lat, lng))
        .ok_or_else(|| MongoError::corrupt("location", &"not a place"))
}

/// Other programs may have stored it with another width.
pub fn whole_number(value: &Bson) -> Option<i32> {
    match value {
        Bson::Int32(value) => Some(*value),
        Bson::Int64(value) => i32::try_from(*value).ok(),
        _ => None,
    }
}

pub fn number(value: &Bson) -> Option<f64> {
    match value {
        Bson::Double(value) => Some(*value),
        Bson::Int32(value) => Some(f64::from(*value)),
        _ => None,
    }
}

pub fn bad<E: ToString>(field: &'static str) -> impl FnOnce(E) -> MongoError {
    move |error| MongoError::corrupt(field, &error)
}

/// The edit that brings these fields of a stored document to what they are in `whole`: fields that are
/// set, and those that go.
pub fn edit_of(whole: &Document, fields: &[&str]) -> Document {
    let (mut set, mut unset) = (Document::new(), Document::new());
    for field in fields {
        match whole.get(field) {
            Some(value) => set.insert(*field, value.clone()),
            None => unset.insert(*field, ""),
        };
    }
    let mut edit = doc! {"$set": set};
    if !unset.is_empty() {
        edit.insert("$unset", unset);
    }
    edit
}

/// `count`, or the largest limit that servers accept. Callers never pass 0, which means no limit.
pub fn at_most(count: usize) -> u32 {
    let most = i32::MAX.unsigned_abs();
    u32::try_from(count).map_or(most, |count| count.min(most))
}

/// So many documents come with the first answer: no second command for the rest, not even to learn
/// that there is none.
pub fn batch(count: usize) -> u32 {
    at_most(count.saturating_add(1))
}

pub async fn collect(cursor: Cursor<Document>) -> Result<Vec<Document>, MongoError> {
    Ok(cursor.try_collect().await?)
}

/// The first `most` documents that match, in this order (any, if it is empty), with these fields or all. It belongs into
/// `MongoDb::run`, whose metrics name the function that calls it.
pub async fn first(
    all: &Collection<Document>,
    filter: Document,
    (order, fields): (Document, Option<Document>),
    most: usize,
) -> Result<Vec<Document>, MongoError> {
    let mut find = all
        .find(filter)
        .limit(i64::from(at_most(most)))
        .batch_size(batch(most))
        .max_time(SERVER_WITHIN);
    // Azure DocumentDB refuses an empty order.
    if !order.is_empty() {
        find = find.sort(order);
    }
    if let Some(fields) = fields {
        find = find.projection(fields);
    }
    collect(find.await?).await
}
