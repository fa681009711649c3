//! The pages of the showcase site in MongoDB. The queries are in `crate::queries`.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use domain::{
    StoreError,
    site::{
        sitemap::{SitemapCursor, SitemapEntry},
        store::{NAMED_AT_ONCE, SiteStore},
    },
    slugs::{Naming, PageKind, Slug, Slugs},
};
use mongodb::bson::{Bson, Document, doc, oid::ObjectId};

use crate::{
    database::MongoDb,
    documents::{
        at_most, bad, batch, collect, first, flag, moment_ms, object_id, optional, optional_text,
        part, text,
    },
    error::MongoError,
    limits::SERVER_WITHIN,
    tables::{
        collections::{ESTABLISHMENTS, PARTNERS},
        slugs::{self, naming_statement, taken},
    },
};

/// The pages of a MongoDB database.
#[derive(Debug, Clone)]
pub struct MongoSite {
    db: MongoDb,
}

/// A row that has no slug.
struct Unnamed {
    id: ObjectId,
    /// What its name is made of.
    parts: Vec<String>,
    /// Whether it says when it was edited.
    is_dated: bool,
}

impl MongoSite {
    pub const fn new(db: MongoDb) -> Self {
        Self { db }
    }

    async fn unnamed(&self, kind: PageKind) -> Result<Vec<Unnamed>, MongoError> {
        let all = self.db.collection::<Document>(slugs::collection(kind));
        let fields =
            doc! {"name": 1, "address.city": 1, "title": 1, "establishmentId": 1, "updatedAt": 1};
        let rows = self.db.run(async move {
            // A migration that was applied twice marks also rows that were named in between.
            let unnamed = doc! {"slugless": true, "slugs": {"$exists": false}};
            let find = all.find(unnamed).projection(fields);
            let find = find.limit(i64::from(at_most(NAMED_AT_ONCE)));
            collect(
                find.batch_size(batch(NAMED_AT_ONCE))
                    .max_time(SERVER_WITHIN)
                    .await?,
            )
            .await
        });
        let rows = rows.await?;
        let cities = match kind {
            PageKind::Offer => self.cities(&rows).await?,
            PageKind::Partner | PageKind::Establishment => BTreeMap::new(),
        };
        let unnamed = rows.iter().map(|row| {
            let parts = match kind {
                PageKind::Partner => vec![text(row, "name")?],
                PageKind::Establishment => {
                    vec![text(row, "name")?, text(part(row, "address")?, "city")?]
                }
                PageKind::Offer => {
                    let city = row.get_object_id("establishmentId").ok();
                    let city = city.and_then(|id| cities.get(&id)).cloned();
                    vec![text(row, "title")?, city.unwrap_or_default()]
                }
            };
            Ok(Unnamed {
                id: row.get_object_id("_id").map_err(bad("_id"))?,
                parts,
                is_dated: row.contains_key("updatedAt"),
            })
        });
        unnamed.collect()
    }

    /// The cities of the establishments of these offers.
    async fn cities(&self, offers: &[Document]) -> Result<BTreeMap<ObjectId, String>, MongoError> {
        let ids = offers
            .iter()
            .filter_map(|row| row.get_object_id("establishmentId").ok());
        let ids: BTreeSet<ObjectId> = ids.collect();
        let (count, wanted) = (ids.len(), doc! {"_id": {"$in": Vec::from_iter(ids)}});
        let all = self.db.collection::<Document>(ESTABLISHMENTS);
        let places = self.db.run(async move {
            let find = all.find(wanted).projection(doc! {"address.city": 1});
            collect(
                find.batch_size(batch(count))
                    .max_time(SERVER_WITHIN)
                    .await?,
            )
            .await
        });
        let city = |place: &Document| {
            let city = optional_text(part(place, "address")?, "city")?;
            Ok((
                place.get_object_id("_id").map_err(bad("_id"))?,
                city.unwrap_or_default(),
            ))
        };
        places.await?.iter().map(city).collect()
    }

    /// The partners of these rows that the public does not see.
    async fn hidden_partners(&self, rows: &[Document]) -> Result<BTreeSet<ObjectId>, MongoError> {
        let ids = rows
            .iter()
            .filter_map(|row| row.get_object_id("partnerId").ok());
        let ids: BTreeSet<ObjectId> = ids.collect();
        if ids.is_empty() {
            return Ok(ids);
        }
        let (count, wanted) = (ids.len(), doc! {"_id": {"$in": Vec::from_iter(ids)}});
        let all = self.db.collection::<Document>(PARTNERS);
        let partners = self.db.run(async move {
            let find = all.find(wanted).projection(doc! {"listed": 1});
            collect(
                find.batch_size(batch(count))
                    .max_time(SERVER_WITHIN)
                    .await?,
            )
            .await
        });
        let partners = partners.await?;
        let hidden = partners
            .iter()
            .filter(|partner| !partner.get_bool("listed").unwrap_or(true));
        let ids = hidden.filter_map(|partner| partner.get_object_id("_id").ok());
        Ok(ids.collect())
    }

    /// Those of these slugs that pages have.
    async fn taken(
        &self,
        kind: PageKind,
        wanted: Vec<String>,
    ) -> Result<BTreeSet<Slug>, MongoError> {
        let all = self.db.collection::<Document>(slugs::collection(kind));
        let size = batch(wanted.len());
        let rows = self.db.run(async move {
            let find = all
                .find(doc! {"slugs": {"$in": wanted}})
                .projection(doc! {"slugs": 1});
            collect(find.batch_size(size).max_time(SERVER_WITHIN).await?).await
        });
        taken(&rows.await?)
    }

    /// Names the rows in one command, each by itself: of two servers that name a row one does it, and a slug
    /// that another page took meanwhile is left for the next call.
    async fn name(&self, kind: PageKind, statements: Vec<Document>) -> Result<(), MongoError> {
        let database = self.db.database().clone();
        let update = doc! {
            "update": slugs::collection(kind),
            "updates": statements,
            "ordered": false,
            "writeConcern": {"w": "majority"},
        };
        let done = self
            .db
            .run(async move { Ok(database.run_command(update).await?) });
        match done.await {
            Ok(_) => Ok(()),
            Err(error) if error.is_duplicate_key() => Ok(()),
            Err(error) => Err(error),
        }
    }
}

#[async_trait]
impl SiteStore for MongoSite {
    async fn id_of(&self, kind: PageKind, slug: &Slug) -> Result<Option<String>, StoreError> {
        let all = self.db.collection::<Document>(slugs::collection(kind));
        let this = doc! {"slugs": slug.as_str()};
        let found = self.db.run(async move {
            let one = all.find_one(this).projection(doc! {"_id": 1});
            Ok(one.max_time(SERVER_WITHIN).await?)
        });
        let id = |row: Document| row.get_object_id("_id").map_err(bad("_id"));
        let found = found.await?.map(id).transpose()?;
        Ok(found.map(ObjectId::to_hex))
    }

    async fn name_pages(&self, kind: PageKind, now_ms: i64) -> Result<usize, StoreError> {
        let unnamed = self.unnamed(kind).await?;
        let naming = |row: &Unnamed| {
            let parts: Vec<&str> = row.parts.iter().map(String::as_str).collect();
            Naming::of(kind, &row.id.to_hex(), &parts, &Slugs::default())
        };
        let namings: Vec<(&Unnamed, Naming)> = unnamed
            .iter()
            .filter_map(|row| Some((row, naming(row)?)))
            .collect();
        let candidates = namings.iter().flat_map(|(_, naming)| naming.candidates());
        let candidates: Vec<String> = candidates.map(Slug::to_string).collect();
        if candidates.is_empty() {
            return Ok(0);
        }
        let mut taken = self.taken(kind, candidates).await?;
        let mut statements = Vec::new();
        for (row, naming) in namings {
            let slugs = naming.slugs(&taken);
            taken.extend(slugs.iter().cloned());
            statements.push(naming_statement(
                Bson::from(row.id),
                &slugs,
                row.is_dated,
                now_ms,
            ));
        }
        self.name(kind, statements).await?;
        Ok(unnamed.len())
    }

    async fn sitemap(
        &self,
        after: &SitemapCursor,
        most: usize,
        now_ms: i64,
    ) -> Result<Vec<SitemapEntry>, StoreError> {
        let kind = after.kind;
        let later = if let Some(id) = &after.id {
            doc! {"$gt": object_id(id)?}
        } else {
            // A bound also at the beginning: an order alone does not lead every server to an index.
            doc! {"$gte": ObjectId::from_bytes([0; 12])}
        };
        let fields = doc! {
            "slugs": 1, "updatedAt": 1, "createdAt": 1, "archivedAt": 1, "isActive": 1,
            "validFrom": 1, "validUntil": 1, "listed": 1, "partnerId": 1,
        };
        let all = self.db.collection::<Document>(slugs::collection(kind));
        let order = (doc! {"_id": 1}, Some(fields));
        let rows = self
            .db
            .run(async move { first(&all, doc! {"_id": later}, order, most).await });
        let rows = rows.await?;
        let hidden = self.hidden_partners(&rows).await?;
        let entries = rows.iter().map(|row| {
            let of_hidden = row
                .get_object_id("partnerId")
                .is_ok_and(|id| hidden.contains(&id));
            let entry = entry(kind, row, now_ms)?;
            Ok(SitemapEntry {
                is_shown: entry.is_shown && !of_hidden,
                ..entry
            })
        });
        Ok(entries.collect::<Result<_, MongoError>>()?)
    }
}

fn entry(kind: PageKind, row: &Document, now_ms: i64) -> Result<SitemapEntry, MongoError> {
    let id = row.get_object_id("_id").map_err(bad("_id"))?.to_hex();
    let page = slugs::page(row)?;
    let created_at_ms = optional(row, "createdAt", |_| moment_ms(row, "createdAt"))?;
    let is_shown = match kind {
        PageKind::Partner => row.get_bool("listed").unwrap_or(true),
        PageKind::Establishment => optional(row, "archivedAt", |_| Ok(()))?.is_none(),
        PageKind::Offer => {
            let (from, until) = (moment_ms(row, "validFrom")?, moment_ms(row, "validUntil")?);
            flag(row, "isActive")? && from <= now_ms && now_ms < until
        }
    };
    let updated_at_ms = page.updated_at_ms.max(created_at_ms.unwrap_or(0));
    Ok(SitemapEntry {
        kind,
        address: page.address(&id),
        id,
        updated_at_ms: (updated_at_ms > 0).then_some(updated_at_ms),
        is_shown,
    })
}
