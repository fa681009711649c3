//! Between rows and partners.

use domain::{
    Address, Category, Establishment, EstablishmentId, GeoPoint, Partner, PartnerId,
    partners::{
        siret::Siret,
        standing::{PartnerStatus, Standing},
    },
    search_text as text,
    slugs::{PageKind, Slugs},
};
use rusqlite::{Connection, Row, Transaction, named_params, params_from_iter, types::Value};

use super::{
    slugs,
    word::{optional_word, word},
};
use crate::error::SqliteError;

/// Partners by a condition on `partners p`, with what may follow it.
pub fn partners(
    connection: &Connection,
    condition: &str,
    params: Vec<Value>,
) -> Result<Vec<Partner>, SqliteError> {
    let sql = format!(
        "SELECT p.id, p.name, p.description, p.logo, p.category, p.rating, p.review_count, p.created_at_ms,
                p.slugs, p.updated_at_ms, p.status, p.siret, p.review_reason, p.submitted_at_ms,
                p.archived_at_ms
         FROM partners p WHERE {condition}"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let found = statement.query_and_then(params_from_iter(params), partner)?;
    found.collect()
}

/// A partner that goes on, by its id.
pub fn open_partner(
    connection: &Connection,
    id: &PartnerId,
) -> Result<Option<Partner>, SqliteError> {
    let condition = "p.id = ? AND p.archived_at_ms IS NULL";
    let found = partners(connection, condition, vec![id.as_str().to_owned().into()])?;
    Ok(found.into_iter().next())
}

fn partner(row: &Row<'_>) -> Result<Partner, SqliteError> {
    let category: String = row.get(4)?;
    Ok(Partner {
        id: partner_id(row.get(0)?)?,
        name: row.get(1)?,
        description: row.get(2)?,
        logo: row.get(3)?,
        category: Category::parse(&category)
            .ok_or_else(|| SqliteError::corrupt("category", &category))?,
        rating: row.get(5)?,
        review_count: row.get(6)?,
        created_at_ms: row.get(7)?,
        page: slugs::page(row)?,
        standing: standing(row)?,
    })
}

fn standing(row: &Row<'_>) -> Result<Standing, SqliteError> {
    let (status, siret): (String, Option<String>) = (row.get("status")?, row.get("siret")?);
    Ok(Standing {
        status: word("status", &status, PartnerStatus::parse)?,
        siret: optional_word("siret", siret, Siret::parse)?,
        reason: row.get("review_reason")?,
        submitted_at_ms: row.get("submitted_at_ms")?,
        archived_at_ms: row.get("archived_at_ms")?,
    })
}

fn partner_id(stored: String) -> Result<PartnerId, SqliteError> {
    PartnerId::try_from(stored).map_err(|e| SqliteError::corrupt("partner id", &e))
}

/// Establishments by a condition on `establishments e`, with what may follow it.
pub fn establishments(
    connection: &Connection,
    condition: &str,
    wanted: Value,
) -> Result<Vec<Establishment>, SqliteError> {
    let sql = format!(
        "SELECT e.id, e.partner_id, e.name, e.street, e.city, e.postcode, e.country, e.lat, e.lng,
                e.phone, e.email, e.website, e.opening_hours, e.images, e.archived_at_ms,
                e.slugs, e.updated_at_ms
         FROM establishments e WHERE {condition}"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query([wanted])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(establishment(row)?);
    }
    Ok(found)
}

fn establishment(row: &Row<'_>) -> Result<Establishment, SqliteError> {
    let id: String = row.get(0)?;
    let (hours, images): (String, String) = (row.get(12)?, row.get(13)?);
    Ok(Establishment {
        id: EstablishmentId::try_from(id)
            .map_err(|e| SqliteError::corrupt("establishment id", &e))?,
        partner_id: partner_id(row.get(1)?)?,
        name: row.get(2)?,
        address: Address {
            street: row.get(3)?,
            city: row.get(4)?,
            postcode: row.get(5)?,
            country: row.get(6)?,
        },
        location: GeoPoint {
            lat: row.get(7)?,
            lng: row.get(8)?,
        },
        phone: row.get(9)?,
        email: row.get(10)?,
        website: row.get(11)?,
        opening_hours: serde_json::from_str(&hours)
            .map_err(|e| SqliteError::corrupt("opening hours", &e))?,
        images: serde_json::from_str(&images).map_err(|e| SqliteError::corrupt("images", &e))?,
        archived_at_ms: row.get(14)?,
        page: slugs::page(row)?,
    })
}

/// An establishment by its id.
pub fn establishment_by_id(
    connection: &Connection,
    id: &EstablishmentId,
) -> Result<Option<Establishment>, SqliteError> {
    let found = establishments(connection, "e.id = ?", id.as_str().to_owned().into())?;
    Ok(found.into_iter().next())
}

/// Whether the partner is stored.
pub fn partner_exists(connection: &Connection, id: &PartnerId) -> Result<bool, SqliteError> {
    Ok(connection
        .prepare_cached("SELECT 1 FROM partners WHERE id = ?1")?
        .exists([id.as_str()])?)
}

/// Whether the partner has an establishment that is not archived.
pub fn has_establishment(connection: &Connection, id: &PartnerId) -> Result<bool, SqliteError> {
    let sql = "SELECT 1 FROM establishments WHERE partner_id = ?1 AND archived_at_ms IS NULL";
    Ok(connection.prepare_cached(sql)?.exists([id.as_str()])?)
}

/// Whether the establishment is stored.
pub fn establishment_exists(
    connection: &Connection,
    id: &EstablishmentId,
) -> Result<bool, SqliteError> {
    Ok(connection
        .prepare_cached("SELECT 1 FROM establishments WHERE id = ?1")?
        .exists([id.as_str()])?)
}

/// Stores a new partner with its words.
pub fn insert_partner(tx: &Transaction<'_>, partner: &Partner) -> Result<(), SqliteError> {
    tx.prepare_cached(
        "INSERT INTO partners (id, name_folded, category, created_at_ms, rating, review_count, name, logo, description,
            slugs, updated_at_ms, status, siret, review_reason, submitted_at_ms, archived_at_ms)
         VALUES (:id, :name_folded, :category, :created_at_ms, :rating, :review_count, :name, :logo, :description,
            :slugs, :updated_at_ms, :status, :siret, :reason, :submitted_at_ms, :archived_at_ms)",
    )?
    .execute(named_params! {
        ":id": partner.id.as_str(),
        ":name_folded": text::fold(&partner.name),
        ":category": partner.category.as_str(),
        ":created_at_ms": partner.created_at_ms,
        ":rating": partner.rating,
        ":review_count": partner.review_count,
        ":name": partner.name,
        ":logo": partner.logo,
        ":description": partner.description,
        ":slugs": slugs::column(&partner.page.slugs)?,
        ":updated_at_ms": partner.page.updated_at_ms,
        ":status": partner.standing.status.as_str(),
        ":siret": partner.standing.siret.as_ref().map(Siret::as_str),
        ":reason": partner.standing.reason,
        ":submitted_at_ms": partner.standing.submitted_at_ms,
        ":archived_at_ms": partner.standing.archived_at_ms,
    })?;
    let row = tx.last_insert_rowid();
    tx.prepare_cached("INSERT INTO partner_text(rowid, folded) VALUES (?1, ?2)")?
        .execute((row, words(partner)))?;
    let none = Slugs::default();
    slugs::take(
        tx,
        PageKind::Partner,
        &partner.id,
        &none,
        &partner.page.slugs,
    )
}

/// Stores where a partner stands now.
pub fn put_standing(
    tx: &Transaction<'_>,
    id: &PartnerId,
    standing: &Standing,
) -> Result<(), SqliteError> {
    tx.prepare_cached(
        "UPDATE partners SET status = :status, siret = :siret, review_reason = :reason,
            submitted_at_ms = :submitted_at_ms, archived_at_ms = :archived_at_ms
         WHERE id = :id",
    )?
    .execute(named_params! {
        ":id": id.as_str(),
        ":status": standing.status.as_str(),
        ":siret": standing.siret.as_ref().map(Siret::as_str),
        ":reason": standing.reason,
        ":submitted_at_ms": standing.submitted_at_ms,
        ":archived_at_ms": standing.archived_at_ms,
    })?;
    Ok(())
}

/// Replaces a stored partner and its words, but not where it stands.
pub fn replace_partner(
    tx: &Transaction<'_>,
    before: &Partner,
    partner: &Partner,
) -> Result<(), SqliteError> {
    let row: i64 = tx
        .prepare_cached(
            "UPDATE partners SET name_folded = :name_folded, category = :category, name = :name,
                logo = :logo, description = :description, slugs = :slugs, updated_at_ms = :updated_at_ms
             WHERE id = :id RETURNING row",
        )?
        .query_row(
            named_params! {
                ":id": partner.id.as_str(),
                ":name_folded": text::fold(&partner.name),
                ":category": partner.category.as_str(),
                ":name": partner.name,
                ":logo": partner.logo,
                ":description": partner.description,
                ":slugs": slugs::column(&partner.page.slugs)?,
                ":updated_at_ms": partner.page.updated_at_ms,
            },
            |row| row.get(0),
        )?;
    tx.prepare_cached("UPDATE partner_text SET folded = ?2 WHERE rowid = ?1")?
        .execute((row, words(partner)))?;
    let (old, new) = (&before.page.slugs, &partner.page.slugs);
    slugs::take(tx, PageKind::Partner, &partner.id, old, new)
}

fn words(partner: &Partner) -> String {
    text::indexed(&[
        &partner.name,
        partner.description.as_deref().unwrap_or_default(),
    ])
}

/// Stores a new establishment of a stored partner.
pub fn insert_establishment(
    tx: &Transaction<'_>,
    place: &Establishment,
) -> Result<(), SqliteError> {
    write_establishment(
        tx,
        "INSERT INTO establishments (id, partner_id, lat, lng, name, street, city, postcode, country, phone,
            email, website, opening_hours, images, archived_at_ms, slugs, updated_at_ms)
         VALUES (:id, :partner_id, :lat, :lng, :name, :street, :city, :postcode, :country, :phone,
            :email, :website, :opening_hours, :images, :archived_at_ms, :slugs, :updated_at_ms)",
        place,
    )?;
    let none = Slugs::default();
    slugs::take(
        tx,
        PageKind::Establishment,
        &place.id,
        &none,
        &place.page.slugs,
    )
}

/// Replaces a stored establishment.
pub fn replace_establishment(
    tx: &Transaction<'_>,
    before: &Establishment,
    place: &Establishment,
) -> Result<(), SqliteError> {
    write_establishment(
        tx,
        "UPDATE establishments SET partner_id = :partner_id, lat = :lat, lng = :lng, name = :name,
            street = :street, city = :city, postcode = :postcode, country = :country, phone = :phone,
            email = :email, website = :website, opening_hours = :opening_hours, images = :images,
            archived_at_ms = :archived_at_ms, slugs = :slugs, updated_at_ms = :updated_at_ms
         WHERE id = :id",
        place,
    )?;
    let (old, new) = (&before.page.slugs, &place.page.slugs);
    slugs::take(tx, PageKind::Establishment, &place.id, old, new)
}

/// Runs a statement that has every column of an establishment as a parameter.
fn write_establishment(
    tx: &Transaction<'_>,
    sql: &str,
    place: &Establishment,
) -> Result<(), SqliteError> {
    let hours = serde_json::to_string(&place.opening_hours)
        .map_err(|e| SqliteError::corrupt("opening hours", &e))?;
    let images =
        serde_json::to_string(&place.images).map_err(|e| SqliteError::corrupt("images", &e))?;
    tx.prepare_cached(sql)?.execute(named_params! {
        ":id": place.id.as_str(),
        ":partner_id": place.partner_id.as_str(),
        ":lat": place.location.lat,
        ":lng": place.location.lng,
        ":name": place.name,
        ":street": place.address.street,
        ":city": place.address.city,
        ":postcode": place.address.postcode,
        ":country": place.address.country,
        ":phone": place.phone,
        ":email": place.email,
        ":website": place.website,
        ":opening_hours": hours,
        ":images": images,
        ":archived_at_ms": place.archived_at_ms,
        ":slugs": slugs::column(&place.page.slugs)?,
        ":updated_at_ms": place.page.updated_at_ms,
    })?;
    Ok(())
}
