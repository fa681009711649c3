//! Partners and their establishments in MongoDB. The queries are in `crate::queries`.

mod filter;
pub(super) mod standing;
mod write;

use std::collections::HashMap;

use async_trait::async_trait;
use domain::{
    Establishment, EstablishmentId, Partner, PartnerId, StoreError, UserId,
    partners::{
        siret::Siret,
        store::{
            Author, EstablishmentEdit, Founded, PartnerEdit, PartnerPage, PartnerQuery,
            PartnerStore, PartnerUpdated, PlaceAdded, PlaceArchived, PlaceUpdated, Stood,
            ToReviewCursor, ToReviewPage,
        },
    },
};
use mongodb::bson::{Document, doc};

use crate::{
    database::MongoDb,
    documents::{at_most, batch, collect, object_ids},
    error::MongoError,
    limits::SERVER_WITHIN,
    tables::collections::{ESTABLISHMENTS, PARTNERS},
};

/// The partners of a MongoDB database.
#[derive(Debug, Clone)]
pub struct MongoPartners {
    db: MongoDb,
}

impl MongoPartners {
    pub const fn new(db: MongoDb) -> Self {
        Self { db }
    }

    /// Up to `batch` documents come with the first answer.
    async fn find(
        &self,
        collection: &str,
        filter: Document,
        sort: Option<Document>,
        batch: u32,
    ) -> Result<Vec<Document>, MongoError> {
        let collection = self.db.collection::<Document>(collection);
        self.db
            .run(async move {
                let mut find = collection
                    .find(filter)
                    .projection(doc! {"folded": 0})
                    .batch_size(batch)
                    .max_time(SERVER_WITHIN);
                // An empty order is none to one server and an error to another.
                if let Some(sort) = sort {
                    find = find.sort(sort);
                }
                collect(find.await?).await
            })
            .await
    }
}

#[async_trait]
impl PartnerStore for MongoPartners {
    async fn partners_by_ids(
        &self,
        ids: &[PartnerId],
    ) -> Result<HashMap<PartnerId, Partner>, StoreError> {
        let ids = object_ids(ids)?;
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let (size, by_id) = (batch(ids.len()), doc! {"_id": {"$in": ids}});
        let found = self.find(PARTNERS, by_id, None, size).await?;
        let partners = found.iter().map(crate::tables::partners::partner);
        partners
            .map(|partner| Ok(partner.map(|partner| (partner.id.clone(), partner))?))
            .collect()
    }

    async fn establishments_by_ids(
        &self,
        ids: &[EstablishmentId],
    ) -> Result<HashMap<EstablishmentId, Establishment>, StoreError> {
        let ids = object_ids(ids)?;
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let (size, by_id) = (batch(ids.len()), doc! {"_id": {"$in": ids}});
        let found = self.find(ESTABLISHMENTS, by_id, None, size).await?;
        let places = found.iter().map(crate::tables::partners::establishment);
        places
            .map(|place| Ok(place.map(|place| (place.id.clone(), place))?))
            .collect()
    }

    async fn establishments_of(
        &self,
        partners: &[PartnerId],
    ) -> Result<HashMap<PartnerId, Vec<Establishment>>, StoreError> {
        /// More than a page of partners has.
        const IN_ONE_ANSWER: u32 = 1_000;
        let partners = object_ids(partners)?;
        if partners.is_empty() {
            return Ok(HashMap::new());
        }
        let of_them = doc! {"partnerId": {"$in": partners}};
        let by_id = doc! {"partnerId": 1, "_id": 1};
        let found = self.find(ESTABLISHMENTS, of_them, Some(by_id), IN_ONE_ANSWER);
        let mut places: HashMap<PartnerId, Vec<Establishment>> = HashMap::new();
        for stored in &found.await? {
            let place = crate::tables::partners::establishment(stored)?;
            let list = places.entry(place.partner_id.clone()).or_default();
            list.push(place);
        }
        Ok(places)
    }

    async fn list(&self, query: &PartnerQuery) -> Result<PartnerPage, StoreError> {
        let Some(filter) = filter::of(query) else {
            return Ok(PartnerPage::default());
        };
        let after = match &query.after {
            Some(cursor) => filter::after(filter.clone(), cursor)?,
            None => filter.clone(),
        };
        // One more than asked tells whether there is a next page.
        let limit = at_most(query.first.saturating_add(1));
        let partners = self.db.collection::<Document>(PARTNERS);
        let read = self.db.run(async move {
            let total = partners.count_documents(filter).max_time(SERVER_WITHIN);
            let page = partners
                .find(after)
                .sort(doc! {"nameFolded": 1, "_id": 1})
                .projection(doc! {"folded": 0})
                .limit(i64::from(limit))
                .batch_size(batch(usize::try_from(limit).unwrap_or(usize::MAX)))
                .max_time(SERVER_WITHIN);
            let (total, page) = futures_util::try_join!(total.into_future(), page.into_future())?;
            Ok((total, collect(page).await?))
        });
        let (total, found) = read.await?;
        let mut items: Vec<Partner> = found
            .iter()
            .map(crate::tables::partners::partner)
            .collect::<Result<_, _>>()?;
        let has_next_page = items.len() > query.first;
        items.truncate(query.first);
        Ok(PartnerPage {
            items,
            has_next_page,
            total,
        })
    }

    async fn found(
        &self,
        partner: Partner,
        owner: UserId,
        author: Author,
        now_ms: i64,
    ) -> Result<Founded, StoreError> {
        let founded = self.db.transaction(move |tx| {
            let (partner, owner, author) = (partner.clone(), owner.clone(), author.clone());
            Box::pin(async move { write::found(tx, &partner, &owner, author, now_ms).await })
        });
        Ok(founded.await?)
    }

    async fn to_review(
        &self,
        first: usize,
        after: Option<ToReviewCursor>,
    ) -> Result<ToReviewPage, StoreError> {
        Ok(standing::to_review(&self.db, first, after).await?)
    }

    async fn submit(
        &self,
        id: PartnerId,
        siret: Siret,
        author: Author,
        now_ms: i64,
    ) -> Result<Stood, StoreError> {
        let stood = self.db.transaction(move |tx| {
            let (id, siret, author) = (id.clone(), siret.clone(), author.clone());
            Box::pin(async move { standing::submit(tx, &id, siret, &author, now_ms).await })
        });
        Ok(stood.await?)
    }

    async fn end(&self, id: PartnerId, author: Author, now_ms: i64) -> Result<Stood, StoreError> {
        let ended = self.db.transaction(move |tx| {
            let (id, author) = (id.clone(), author.clone());
            Box::pin(async move { standing::end(tx, &id, &author, now_ms).await })
        });
        Ok(ended.await?)
    }

    async fn update_partner(
        &self,
        id: PartnerId,
        edit: PartnerEdit,
        author: Author,
        now_ms: i64,
    ) -> Result<PartnerUpdated, StoreError> {
        let updated = self.db.transaction(move |tx| {
            let (id, edit, author) = (id.clone(), edit.clone(), author.clone());
            Box::pin(async move { write::update_partner(tx, &id, edit, author, now_ms).await })
        });
        Ok(updated.await?)
    }

    async fn add_establishment(
        &self,
        place: Establishment,
        author: Author,
        now_ms: i64,
    ) -> Result<PlaceAdded, StoreError> {
        let added = self.db.transaction(move |tx| {
            let (place, author) = (place.clone(), author.clone());
            Box::pin(async move { write::add_establishment(tx, &place, author, now_ms).await })
        });
        Ok(added.await?)
    }

    async fn update_establishment(
        &self,
        id: EstablishmentId,
        edit: EstablishmentEdit,
        author: Author,
        now_ms: i64,
    ) -> Result<PlaceUpdated, StoreError> {
        let updated = self.db.transaction(move |tx| {
            let (id, edit, author) = (id.clone(), edit.clone(), author.clone());
            Box::pin(
                async move { write::update_establishment(tx, &id, edit, author, now_ms).await },
            )
        });
        Ok(updated.await?)
    }

    async fn archive_establishment(
        &self,
        id: EstablishmentId,
        author: Author,
        now_ms: i64,
    ) -> Result<PlaceArchived, StoreError> {
        let archived = self.db.transaction(move |tx| {
            let (id, author) = (id.clone(), author.clone());
            Box::pin(async move { write::archive_establishment(tx, &id, author, now_ms).await })
        });
        Ok(archived.await?)
    }
}
