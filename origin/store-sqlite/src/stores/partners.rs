//! Partners and their establishments in SQLite.

pub(super) mod standing;
mod write;

use std::collections::HashMap;

use async_trait::async_trait;
use domain::{
    Establishment, EstablishmentId, Partner, PartnerId, StoreError, UserId,
    partners::{
        siret::Siret,
        store::{
            Author, EstablishmentEdit, Founded, PartnerCursor, PartnerEdit, PartnerPage,
            PartnerQuery, PartnerStore, PartnerUpdated, PlaceAdded, PlaceArchived, PlaceUpdated,
            Shown, Stood, ToReviewCursor, ToReviewPage,
        },
    },
    search_text as text,
};
use rusqlite::{Connection, params_from_iter, types::Value};

use crate::{
    database::{EmbeddedDb, json_list},
    error::SqliteError,
};

pub use crate::tables::partners::{insert_establishment, insert_partner};

/// The partners of the embedded store.
#[derive(Debug, Clone)]
pub struct EmbeddedPartners {
    db: EmbeddedDb,
}

impl EmbeddedPartners {
    pub const fn new(db: EmbeddedDb) -> Self {
        Self { db }
    }
}

#[async_trait]
impl PartnerStore for EmbeddedPartners {
    async fn partners_by_ids(
        &self,
        ids: &[PartnerId],
    ) -> Result<HashMap<PartnerId, Partner>, StoreError> {
        let wanted = json_list(ids.iter().map(PartnerId::as_str));
        self.db
            .read(move |connection| {
                let found = crate::tables::partners::partners(
                    connection,
                    "p.id IN (SELECT value FROM json_each(?))",
                    vec![wanted],
                )?;
                Ok(found
                    .into_iter()
                    .map(|partner| (partner.id.clone(), partner))
                    .collect())
            })
            .await
    }

    async fn establishments_by_ids(
        &self,
        ids: &[EstablishmentId],
    ) -> Result<HashMap<EstablishmentId, Establishment>, StoreError> {
        let wanted = json_list(ids.iter().map(EstablishmentId::as_str));
        self.db
            .read(move |connection| {
                let found = crate::tables::partners::establishments(
                    connection,
                    "e.id IN (SELECT value FROM json_each(?))",
                    wanted,
                )?;
                Ok(found
                    .into_iter()
                    .map(|place| (place.id.clone(), place))
                    .collect())
            })
            .await
    }

    async fn establishments_of(
        &self,
        partners: &[PartnerId],
    ) -> Result<HashMap<PartnerId, Vec<Establishment>>, StoreError> {
        let wanted = json_list(partners.iter().map(PartnerId::as_str));
        self.db
            .read(move |connection| {
                let sql =
                    "e.partner_id IN (SELECT value FROM json_each(?)) ORDER BY e.partner_id, e.id";
                let mut found: HashMap<PartnerId, Vec<Establishment>> = HashMap::new();
                for place in crate::tables::partners::establishments(connection, sql, wanted)? {
                    found
                        .entry(place.partner_id.clone())
                        .or_default()
                        .push(place);
                }
                Ok(found)
            })
            .await
    }

    async fn list(&self, query: &PartnerQuery) -> Result<PartnerPage, StoreError> {
        let mut condition = match query.shown {
            Shown::Public => "p.status = 'APPROVED' AND p.archived_at_ms IS NULL".to_owned(),
            Shown::All => "TRUE".to_owned(),
        };
        let mut params: Vec<Value> = Vec::new();
        if let Some(category) = query.category {
            condition.push_str(" AND p.category = ?");
            params.push(category.as_str().to_owned().into());
        }
        if let Some(search) = &query.search {
            let Some(expression) = text::match_expression(search) else {
                return Ok(PartnerPage::default());
            };
            condition.push_str(
                " AND p.row IN (SELECT rowid FROM partner_text WHERE partner_text MATCH ?)",
            );
            params.push(expression.into());
        }
        let (first, after) = (query.first, query.after.clone());
        self.db
            .read(move |connection| page(connection, condition, params, first, after))
            .await
    }

    async fn found(
        &self,
        partner: Partner,
        owner: UserId,
        author: Author,
        now_ms: i64,
    ) -> Result<Founded, StoreError> {
        self.db
            .write(move |tx| write::found(tx, &partner, &owner, author, now_ms))
            .await
    }

    async fn to_review(
        &self,
        first: usize,
        after: Option<ToReviewCursor>,
    ) -> Result<ToReviewPage, StoreError> {
        self.db
            .read(move |connection| standing::to_review(connection, first, after))
            .await
    }

    async fn submit(
        &self,
        id: PartnerId,
        siret: Siret,
        author: Author,
        now_ms: i64,
    ) -> Result<Stood, StoreError> {
        self.db
            .write(move |tx| standing::submit(tx, &id, siret, &author, now_ms))
            .await
    }

    async fn end(&self, id: PartnerId, author: Author, now_ms: i64) -> Result<Stood, StoreError> {
        self.db
            .write(move |tx| standing::end(tx, &id, &author, now_ms))
            .await
    }

    async fn update_partner(
        &self,
        id: PartnerId,
        edit: PartnerEdit,
        author: Author,
        now_ms: i64,
    ) -> Result<PartnerUpdated, StoreError> {
        self.db
            .write(move |tx| write::update_partner(tx, &id, edit, author, now_ms))
            .await
    }

    async fn add_establishment(
        &self,
        place: Establishment,
        author: Author,
        now_ms: i64,
    ) -> Result<PlaceAdded, StoreError> {
        self.db
            .write(move |tx| write::add_establishment(tx, &place, author, now_ms))
            .await
    }

    async fn update_establishment(
        &self,
        id: EstablishmentId,
        edit: EstablishmentEdit,
        author: Author,
        now_ms: i64,
    ) -> Result<PlaceUpdated, StoreError> {
        self.db
            .write(move |tx| write::update_establishment(tx, &id, edit, author, now_ms))
            .await
    }

    async fn archive_establishment(
        &self,
        id: EstablishmentId,
        author: Author,
        now_ms: i64,
    ) -> Result<PlaceArchived, StoreError> {
        self.db
            .write(move |tx| write::archive_establishment(tx, &id, author, now_ms))
            .await
    }
}

fn page(
    connection: &Connection,
    mut condition: String,
    mut params: Vec<Value>,
    first: usize,
    after: Option<PartnerCursor>,
) -> Result<PartnerPage, SqliteError> {
    let total: i64 = connection
        .prepare_cached(&format!(
            "SELECT COUNT(*) FROM partners p WHERE {condition}"
        ))?
        .query_row(params_from_iter(&params), |row| row.get(0))?;
    if let Some(after) = after {
        condition.push_str(" AND (p.name_folded, p.id) > (?, ?)");
        params.extend([
            after.name_folded.into(),
            after.id.as_str().to_owned().into(),
        ]);
    }
    condition.push_str(" ORDER BY p.name_folded, p.id LIMIT ?");
    // One more than asked tells whether there is a next page.
    params.push(
        i64::try_from(first.saturating_add(1))
            .unwrap_or(i64::MAX)
            .into(),
    );
    let mut items = crate::tables::partners::partners(connection, &condition, params)?;
    let has_next_page = items.len() > first;
    items.truncate(first);
    Ok(PartnerPage {
        items,
        has_next_page,
        total: total.unsigned_abs(),
    })
}
