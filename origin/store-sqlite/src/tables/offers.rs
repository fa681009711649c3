//! Between rows and offers.

pub mod of_establishment;

use std::collections::HashMap;

use domain::{
    Admission, BookingLimits, Category, Discount, EstablishmentId, GeoPoint, Offer, OfferId,
    PartnerId, Quota,
    offers::wording::{OfferTexts, Wording},
    search_text as text,
    sentence::Language,
    slugs::{PageKind, Slugs},
};
use rusqlite::{
    Connection, Row, Transaction, named_params, params_from_iter,
    types::{Value, ValueRef},
};
use serde::{Serialize, de::DeserializeOwned};

use super::slugs;
use crate::error::SqliteError;

/// All that [`offer`] reads, in its order.
pub const COLUMNS: &str = "o.id, o.title, o.description, o.partner_id, o.establishment_id, o.category,
    o.percentage, o.discount_description, o.conditions, o.valid_from_ms, o.valid_until_ms, o.schedule,
    o.quota_total, o.quota_remaining, o.images, o.is_active, o.lat, o.lng, o.created_at_ms, o.limit_per_day,
    o.limit_per_user, o.archived_at_ms, o.version, o.requires_identity, o.minimum_age, o.price, o.row,
    o.discount_terms, o.slugs, o.updated_at_ms, o.language, o.translations,
    o.requires_approval, o.max_party_size";
const ROW_COLUMN: usize = 26;

/// Runs a query that selects [`COLUMNS`].
pub fn query(
    connection: &Connection,
    sql: &str,
    params: Vec<Value>,
) -> Result<Vec<Offer>, SqliteError> {
    let mut statement = connection.prepare_cached(sql)?;
    let offers = statement.query_and_then(params_from_iter(params), offer)?;
    offers.collect()
}

fn offer(row: &Row<'_>) -> Result<Offer, SqliteError> {
    let id: String = row.get(0)?;
    let partner_id: String = row.get(3)?;
    let establishment_id: String = row.get(4)?;
    let category: String = row.get(5)?;
    let quota = match (row.get(12)?, row.get(13)?) {
        (Some(total), Some(remaining)) => Some(Quota { total, remaining }),
        (None, _) | (_, None) => None,
    };
    Ok(Offer {
        id: OfferId::parse(&id).ok_or_else(|| SqliteError::corrupt("offer id", &id))?,
        title: row.get(1)?,
        description: row.get(2)?,
        partner_id: PartnerId::parse(&partner_id)
            .ok_or_else(|| SqliteError::corrupt("partner id", &partner_id))?,
        establishment_id: EstablishmentId::parse(&establishment_id)
            .ok_or_else(|| SqliteError::corrupt("establishment id", &establishment_id))?,
        category: Category::parse(&category)
            .ok_or_else(|| SqliteError::corrupt("category", &category))?,
        discount: Discount {
            percentage: row.get(6)?,
            description: row.get(7)?,
            terms: optional_json("discount terms", row.get_ref(27)?)?,
        },
        conditions: from_json("conditions", row.get_ref(8)?)?,
        valid_from_ms: row.get(9)?,
        valid_until_ms: row.get(10)?,
        schedule: optional_json("schedule", row.get_ref(11)?)?,
        quota,
        images: from_json("images", row.get_ref(14)?)?,
        is_active: row.get(15)?,
        location: GeoPoint {
            lat: row.get(16)?,
            lng: row.get(17)?,
        },
        created_at_ms: row.get(18)?,
        limits: BookingLimits {
            per_day: row.get(19)?,
            per_user: row.get(20)?,
            party: row.get("max_party_size")?,
        },
        archived_at_ms: row.get(21)?,
        version: row.get(22)?,
        admission: Admission {
            requires_identity: row.get(23)?,
            minimum_age: row.get(24)?,
            requires_approval: row.get("requires_approval")?,
        },
        price: optional_json("price", row.get_ref(25)?)?,
        page: slugs::page(row)?,
        wording: wording(row)?,
    })
}

fn wording(row: &Row<'_>) -> Result<Wording, SqliteError> {
    let language: String = row.get("language")?;
    Ok(Wording {
        language: Language::parse(&language)
            .ok_or_else(|| SqliteError::corrupt("language", &language))?,
        translations: translations(row)?,
    })
}

/// The translations of a row with that column.
pub fn translations(row: &Row<'_>) -> Result<Vec<OfferTexts>, SqliteError> {
    match row.get_ref("translations")? {
        ValueRef::Null => Ok(Vec::new()),
        stored => from_json("translations", stored),
    }
}

/// An offer and the row that its place and its words share.
pub fn by_id(connection: &Connection, id: &OfferId) -> Result<Option<(i64, Offer)>, SqliteError> {
    let sql = format!("SELECT {COLUMNS} FROM offers o WHERE o.id = ?1");
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query([id.as_str()])?;
    match rows.next()? {
        Some(row) => Ok(Some((row.get(ROW_COLUMN)?, offer(row)?))),
        None => Ok(None),
    }
}

/// The offers of an establishment that are not archived, each with its row.
pub fn of_establishment(
    connection: &Connection,
    id: &EstablishmentId,
) -> Result<Vec<(i64, Offer)>, SqliteError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM offers o
         WHERE o.establishment_id = ?1 AND o.archived_at_ms IS NULL"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query([id.as_str()])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push((row.get(ROW_COLUMN)?, offer(row)?));
    }
    Ok(found)
}

/// The offers of a partner that are not archived.
pub fn of_partner(connection: &Connection, id: &PartnerId) -> Result<Vec<Offer>, SqliteError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM offers o WHERE o.partner_id = ?1 AND o.archived_at_ms IS NULL"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let found = statement.query_and_then([id.as_str()], offer)?;
    found.collect()
}

pub fn remaining(
    connection: &Connection,
    wanted: Value,
) -> Result<HashMap<OfferId, i32>, SqliteError> {
    let mut statement = connection.prepare_cached(
        "SELECT id, quota_remaining FROM offers
         WHERE quota_remaining IS NOT NULL AND id IN (SELECT value FROM json_each(?1))",
    )?;
    let mut rows = statement.query([wanted])?;
    let mut remaining = HashMap::new();
    while let Some(row) = rows.next()? {
        let id: String = row.get(0)?;
        let id = OfferId::parse(&id).ok_or_else(|| SqliteError::corrupt("offer id", &id))?;
        remaining.insert(id, row.get(1)?);
    }
    Ok(remaining)
}

/// Whether the offer is stored.
pub fn exists(connection: &Connection, id: &OfferId) -> Result<bool, SqliteError> {
    Ok(connection
        .prepare_cached("SELECT 1 FROM offers WHERE id = ?1")?
        .exists([id.as_str()])?)
}

/// Stores a new offer with its place and its words.
pub fn insert(tx: &Transaction<'_>, offer: &Offer) -> Result<(), SqliteError> {
    write(
        tx,
        "INSERT INTO offers (id, is_active, valid_from_ms, valid_until_ms, category, percentage, lat, lng,
            partner_id, establishment_id, created_at_ms, quota_total, quota_remaining, title,
            discount_description, schedule, images, conditions, description, limit_per_day,
            limit_per_user, archived_at_ms, version, requires_identity, minimum_age, price,
            discount_terms, slugs, updated_at_ms, language, translations, requires_approval,
            max_party_size)
         VALUES (:id, :is_active, :valid_from_ms, :valid_until_ms, :category, :percentage, :lat, :lng,
            :partner_id, :establishment_id, :created_at_ms, :quota_total, :quota_remaining, :title,
            :discount_description, :schedule, :images, :conditions, :description, :limit_per_day,
            :limit_per_user, :archived_at_ms, :version, :requires_identity, :minimum_age,
            :price, :discount_terms, :slugs, :updated_at_ms, :language, :translations, :requires_approval,
            :max_party_size)",
        offer,
    )?;
    let row = tx.last_insert_rowid();
    // The R*Tree rounds to 32-bit floats outwards, so a box around the point still meets it.
    tx.prepare_cached("INSERT INTO offer_geo(row, min_lat, max_lat, min_lng, max_lng) VALUES (?1, ?2, ?2, ?3, ?3)")?
        .execute((row, offer.location.lat, offer.location.lng))?;
    tx.prepare_cached("INSERT INTO offer_text(rowid, folded) VALUES (?1, ?2)")?
        .execute((row, words(offer)))?;
    let none = Slugs::default();
    slugs::take(tx, PageKind::Offer, &offer.id, &none, &offer.page.slugs)
}

/// Replaces a stored offer, its place and its words.
pub fn replace(
    tx: &Transaction<'_>,
    row: i64,
    before: &Offer,
    after: &Offer,
) -> Result<(), SqliteError> {
    write(
        tx,
        "UPDATE offers SET is_active = :is_active, valid_from_ms = :valid_from_ms,
            valid_until_ms = :valid_until_ms, category = :category, percentage = :percentage, lat = :lat,
            lng = :lng, partner_id = :partner_id, establishment_id = :establishment_id,
            created_at_ms = :created_at_ms, quota_total = :quota_total,
            quota_remaining = :quota_remaining, title = :title,
            discount_description = :discount_description, schedule = :schedule, images = :images,
            conditions = :conditions, description = :description, limit_per_day = :limit_per_day,
            limit_per_user = :limit_per_user, archived_at_ms = :archived_at_ms, version = :version,
            requires_identity = :requires_identity, minimum_age = :minimum_age, price = :price,
            discount_terms = :discount_terms, slugs = :slugs, updated_at_ms = :updated_at_ms,
            language = :language, translations = :translations, requires_approval = :requires_approval,
            max_party_size = :max_party_size
         WHERE id = :id",
        after,
    )?;
    if before.location != after.location {
        tx.prepare_cached(
            "UPDATE offer_geo SET min_lat = ?2, max_lat = ?2, min_lng = ?3, max_lng = ?3 WHERE row = ?1",
        )?
        .execute((row, after.location.lat, after.location.lng))?;
    }
    // Indexing a text is the dearest part of a write.
    if words(before) != words(after) {
        tx.prepare_cached("UPDATE offer_text SET folded = ?2 WHERE rowid = ?1")?
            .execute((row, words(after)))?;
    }
    let (old, new) = (&before.page.slugs, &after.page.slugs);
    slugs::take(tx, PageKind::Offer, &after.id, old, new)
}

fn words(offer: &Offer) -> String {
    text::indexed(&[&offer.title, &offer.description])
}

/// Runs a statement that has every column of an offer as a parameter.
fn write(tx: &Transaction<'_>, sql: &str, offer: &Offer) -> Result<(), SqliteError> {
    let schedule = offer
        .schedule
        .as_ref()
        .map(|schedule| to_json("schedule", schedule))
        .transpose()?;
    let price = offer
        .price
        .as_ref()
        .map(|price| to_json("price", price))
        .transpose()?;
    let terms = offer.discount.terms.as_ref();
    let terms = terms
        .map(|terms| to_json("discount terms", terms))
        .transpose()?;
    let translations = &offer.wording.translations;
    let translations = (!translations.is_empty()).then(|| to_json("translations", translations));
    let translations = translations.transpose()?;
    tx.prepare_cached(sql)?.execute(named_params! {
        ":id": offer.id.as_str(),
        ":is_active": offer.is_active,
        ":valid_from_ms": offer.valid_from_ms,
        ":valid_until_ms": offer.valid_until_ms,
        ":category": offer.category.as_str(),
        ":percentage": offer.discount.percentage,
        ":lat": offer.location.lat,
        ":lng": offer.location.lng,
        ":partner_id": offer.partner_id.as_str(),
        ":establishment_id": offer.establishment_id.as_str(),
        ":created_at_ms": offer.created_at_ms,
        ":quota_total": offer.quota.map(|quota| quota.total),
        ":quota_remaining": offer.quota.map(|quota| quota.remaining),
        ":title": offer.title,
        ":discount_description": offer.discount.description,
        ":schedule": schedule,
        ":images": to_json("images", &offer.images)?,
        ":conditions": to_json("conditions", &offer.conditions)?,
        ":description": offer.description,
        ":limit_per_day": offer.limits.per_day,
        ":limit_per_user": offer.limits.per_user,
        ":max_party_size": offer.limits.party,
        ":archived_at_ms": offer.archived_at_ms,
        ":version": offer.version,
        ":price": price,
        ":discount_terms": terms,
        ":requires_identity": offer.admission.requires_identity,
        ":minimum_age": offer.admission.minimum_age,
        ":requires_approval": offer.admission.requires_approval,
        ":slugs": slugs::column(&offer.page.slugs)?,
        ":updated_at_ms": offer.page.updated_at_ms,
        ":language": offer.wording.language.as_str(),
        ":translations": translations,
    })?;
    Ok(())
}

fn to_json<T: Serialize + ?Sized>(what: &'static str, value: &T) -> Result<String, SqliteError> {
    serde_json::to_string(value).map_err(|e| SqliteError::corrupt(what, &e))
}

pub fn optional_json<T: DeserializeOwned>(
    what: &'static str,
    stored: ValueRef<'_>,
) -> Result<Option<T>, SqliteError> {
    match stored {
        ValueRef::Null => Ok(None),
        stored => from_json(what, stored).map(Some),
    }
}

fn from_json<T: DeserializeOwned>(
    what: &'static str,
    stored: ValueRef<'_>,
) -> Result<T, SqliteError> {
    let text = stored
        .as_str()
        .map_err(|e| SqliteError::corrupt(what, &e))?;
    serde_json::from_str(text).map_err(|e| SqliteError::corrupt(what, &e))
}
