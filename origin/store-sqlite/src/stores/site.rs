//! The pages of the showcase site in SQLite.

use async_trait::async_trait;
use domain::{
    StoreError, WebPage,
    site::{
        sitemap::{SitemapCursor, SitemapEntry},
        store::{NAMED_AT_ONCE, SiteStore},
    },
    slugs::{PageKind, Slug},
};

use rusqlite::Connection;

use crate::{
    database::EmbeddedDb,
    error::SqliteError,
    tables::{limit::limit, slugs},
};

/// The pages of the embedded store.
#[derive(Debug, Clone)]
pub struct EmbeddedSite {
    db: EmbeddedDb,
}

impl EmbeddedSite {
    pub const fn new(db: EmbeddedDb) -> Self {
        Self { db }
    }
}

#[async_trait]
impl SiteStore for EmbeddedSite {
    async fn id_of(&self, kind: PageKind, slug: &Slug) -> Result<Option<String>, StoreError> {
        let slug = slug.clone();
        self.db
            .read(move |connection| slugs::id_of(connection, kind, &slug))
            .await
    }

    async fn name_pages(&self, kind: PageKind, now_ms: i64) -> Result<usize, StoreError> {
        // Readers first: mostly there is nothing to do.
        if !self
            .db
            .read(move |c| slugs::is_any_unnamed(c, kind))
            .await?
        {
            return Ok(0);
        }
        let named = self.db.write(move |tx| {
            let unnamed = slugs::unnamed(tx, kind, limit(NAMED_AT_ONCE))?;
            for row in &unnamed {
                slugs::name(tx, kind, row, now_ms)?;
            }
            Ok(unnamed.len())
        });
        named.await
    }

    async fn sitemap(
        &self,
        after: &SitemapCursor,
        most: usize,
        now_ms: i64,
    ) -> Result<Vec<SitemapEntry>, StoreError> {
        let after = after.clone();
        self.db
            .read(move |connection| sitemap(connection, &after, limit(most), now_ms))
            .await
    }
}

fn sitemap(
    connection: &Connection,
    after: &SitemapCursor,
    most: i64,
    now_ms: i64,
) -> Result<Vec<SitemapEntry>, SqliteError> {
    let sql = match after.kind {
        PageKind::Partner => {
            "SELECT id, slugs, updated_at_ms, created_at_ms AS since_ms,
                status = 'APPROVED' AND archived_at_ms IS NULL AND ?3 IS NOT NULL AS is_shown
             FROM partners WHERE id > ?1 ORDER BY id LIMIT ?2"
        }
        PageKind::Establishment => {
            "SELECT e.id, e.slugs, e.updated_at_ms, 0 AS since_ms,
                e.archived_at_ms IS NULL AND p.status = 'APPROVED' AND p.archived_at_ms IS NULL
                AND ?3 IS NOT NULL AS is_shown
             FROM establishments e JOIN partners p ON p.id = e.partner_id
             WHERE e.id > ?1 ORDER BY e.id LIMIT ?2"
        }
        PageKind::Offer => {
            "SELECT o.id, o.slugs, o.updated_at_ms, o.created_at_ms AS since_ms,
                o.is_active AND o.valid_from_ms <= ?3 AND ?3 < o.valid_until_ms
                AND p.status = 'APPROVED' AND p.archived_at_ms IS NULL AS is_shown
             FROM offers o JOIN partners p ON p.id = o.partner_id
             WHERE o.id > ?1 ORDER BY o.id LIMIT ?2"
        }
    };
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query((after.id.as_deref().unwrap_or_default(), most, now_ms))?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let (id, page): (String, WebPage) = (row.get("id")?, slugs::page(row)?);
        let updated_at_ms = page.updated_at_ms.max(row.get("since_ms")?);
        found.push(SitemapEntry {
            kind: after.kind,
            address: page.address(&id),
            id,
            updated_at_ms: (updated_at_ms > 0).then_some(updated_at_ms),
            is_shown: row.get("is_shown")?,
        });
    }
    Ok(found)
}
