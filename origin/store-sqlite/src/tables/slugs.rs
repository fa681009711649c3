//! The slugs of pages: in the row as a list, and one by one in a table that keeps them unique.

use domain::site::slugs::{Naming, PageKind, Slug, Slugs, WebPage};
use rusqlite::{Connection, OptionalExtension as _, Row, Transaction};

use crate::{database::json_list, error::SqliteError};

/// The page of a row with the columns `slugs` and `updated_at_ms`.
pub fn page(row: &Row<'_>) -> Result<WebPage, SqliteError> {
    let stored: Option<String> = row.get("slugs")?;
    let slugs = stored.map(|json| serde_json::from_str(&json)).transpose();
    Ok(WebPage {
        slugs: slugs
            .map_err(|e| SqliteError::corrupt("slugs", &e))?
            .unwrap_or_default(),
        updated_at_ms: row.get("updated_at_ms")?,
    })
}

/// What the column `slugs` holds: null, which the job that names pages looks for, if there are none.
pub fn column(slugs: &Slugs) -> Result<Option<String>, SqliteError> {
    let json = (!slugs.is_empty()).then(|| serde_json::to_string(slugs));
    json.transpose()
        .map_err(|e| SqliteError::corrupt("slugs", &e))
}

/// The slugs of a page with this name. They are taken when the row is stored.
pub fn named(
    tx: &Transaction<'_>,
    kind: PageKind,
    id: &impl AsRef<str>,
    parts: &[&str],
    before: &Slugs,
) -> Result<Slugs, SqliteError> {
    let Some(naming) = Naming::of(kind, id, parts, before) else {
        return Ok(before.clone());
    };
    let candidates = json_list(naming.candidates().iter().map(Slug::as_str));
    let mut statement = tx.prepare_cached(
        "SELECT slug FROM slugs
         WHERE kind = ?1 AND slug IN (SELECT value FROM json_each(?2)) AND id <> ?3",
    )?;
    let of_others = (kind.as_str(), candidates, id.as_ref());
    let taken = statement.query_map(of_others, |row| row.get::<_, String>(0))?;
    let taken = taken.collect::<Result<Vec<String>, _>>()?;
    Ok(naming.slugs(&taken.iter().filter_map(|text| Slug::parse(text)).collect()))
}

/// Brings the table to what a row has now. Fails if another page has one of the new slugs.
pub fn take(
    tx: &Transaction<'_>,
    kind: PageKind,
    id: &impl AsRef<str>,
    before: &Slugs,
    after: &Slugs,
) -> Result<(), SqliteError> {
    let has = |slugs: &Slugs, wanted: &Slug| slugs.iter().any(|slug| slug == wanted);
    for gone in before.iter().filter(|slug| !has(after, slug)) {
        tx.prepare_cached("DELETE FROM slugs WHERE kind = ?1 AND slug = ?2")?
            .execute((kind.as_str(), gone.as_str()))?;
    }
    for new in after.iter().filter(|slug| !has(before, slug)) {
        tx.prepare_cached("INSERT INTO slugs(kind, slug, id) VALUES (?1, ?2, ?3)")?
            .execute((kind.as_str(), new.as_str(), id.as_ref()))?;
    }
    Ok(())
}

/// The id of the row that has this slug.
pub fn id_of(
    connection: &Connection,
    kind: PageKind,
    slug: &Slug,
) -> Result<Option<String>, SqliteError> {
    let mut statement =
        connection.prepare_cached("SELECT id FROM slugs WHERE kind = ?1 AND slug = ?2")?;
    let found = statement.query_row((kind.as_str(), slug.as_str()), |row| row.get(0));
    Ok(found.optional()?)
}

/// Rows without a slug: their ids, and what their names are made of.
pub fn unnamed(
    tx: &Transaction<'_>,
    kind: PageKind,
    most: i64,
) -> Result<Vec<(String, Vec<String>)>, SqliteError> {
    let (sql, parts) = match kind {
        PageKind::Partner => (
            "SELECT id, name FROM partners WHERE slugs IS NULL LIMIT ?1",
            1,
        ),
        PageKind::Establishment => (
            "SELECT id, name, city FROM establishments WHERE slugs IS NULL LIMIT ?1",
            2,
        ),
        PageKind::Offer => (
            "SELECT o.id, o.title, COALESCE(e.city, '')
             FROM offers o LEFT JOIN establishments e ON e.id = o.establishment_id
             WHERE o.slugs IS NULL LIMIT ?1",
            2,
        ),
    };
    let mut statement = tx.prepare_cached(sql)?;
    let mut rows = statement.query([most])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let parts = (1..=parts).map(|column| row.get(column));
        found.push((row.get(0)?, parts.collect::<Result<_, _>>()?));
    }
    Ok(found)
}

/// Whether a row has no slug.
pub fn is_any_unnamed(connection: &Connection, kind: PageKind) -> Result<bool, SqliteError> {
    let sql = match kind {
        PageKind::Partner => "SELECT 1 FROM partners WHERE slugs IS NULL",
        PageKind::Establishment => "SELECT 1 FROM establishments WHERE slugs IS NULL",
        PageKind::Offer => "SELECT 1 FROM offers WHERE slugs IS NULL",
    };
    Ok(connection.prepare_cached(sql)?.exists([])?)
}

/// Names a row that has no slug.
pub fn name(
    tx: &Transaction<'_>,
    kind: PageKind,
    (id, parts): &(String, Vec<String>),
    now_ms: i64,
) -> Result<(), SqliteError> {
    let none = Slugs::default();
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let slugs = named(tx, kind, id, &parts, &none)?;
    take(tx, kind, id, &none, &slugs)?;
    let sql = match kind {
        PageKind::Partner => {
            "UPDATE partners SET slugs = ?2,
                updated_at_ms = CASE updated_at_ms WHEN 0 THEN ?3 ELSE updated_at_ms END
             WHERE id = ?1"
        }
        PageKind::Establishment => {
            "UPDATE establishments SET slugs = ?2,
                updated_at_ms = CASE updated_at_ms WHEN 0 THEN ?3 ELSE updated_at_ms END
             WHERE id = ?1"
        }
        PageKind::Offer => {
            "UPDATE offers SET slugs = ?2,
                updated_at_ms = CASE updated_at_ms WHEN 0 THEN ?3 ELSE updated_at_ms END
             WHERE id = ?1"
        }
    };
    tx.prepare_cached(sql)?
        .execute((id, column(&slugs)?, now_ms))?;
    Ok(())
}
