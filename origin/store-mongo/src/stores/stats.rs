//! Views in MongoDB: `_id` is partner, day and offer. The queries are in `crate::queries`.

use std::{
    collections::{BTreeMap, HashSet},
    ops::RangeInclusive,
    sync::Arc,
};

use async_trait::async_trait;
use domain::{
    PartnerId, StoreError,
    paris::Day,
    stats::store::{OfferViews, StatsStore},
};
use mongodb::bson::{Bson, Document, doc};

use crate::{
    database::MongoDb,
    documents::{batch, collect, object_id, text},
    error::MongoError,
    limits::SERVER_WITHIN,
    tx::Tx,
};

const VIEWS: &str = "offer_views";
/// More days than are asked for at once.
const DAYS: usize = 400;

/// The views of a MongoDB database.
#[derive(Clone, Debug)]
pub struct MongoStats {
    db: MongoDb,
}

impl MongoStats {
    pub const fn new(db: MongoDb) -> Self {
        Self { db }
    }
}

#[async_trait]
impl StatsStore for MongoStats {
    async fn add_views(&self, views: Vec<OfferViews>) -> Result<(), StoreError> {
        let views = Arc::new(views);
        let added = self.db.transaction_that_adds(move |tx| {
            let views = Arc::clone(&views);
            Box::pin(async move { add(tx, &views).await })
        });
        Ok(added.await?)
    }

    async fn views(
        &self,
        partner: &PartnerId,
        days: RangeInclusive<Day>,
    ) -> Result<BTreeMap<Day, i64>, StoreError> {
        let views = self.db.collection::<Document>(VIEWS);
        let (first, last) = (days.start().to_string(), days.end().to_string());
        let stages = [
            doc! {"$match": {"partnerId": object_id(partner)?, "day": {"$gte": first, "$lte": last}}},
            doc! {"$group": {"_id": "$day", "views": {"$sum": "$views"}}},
        ];
        let found = self.db.run(async move {
            let found = views
                .aggregate(stages)
                .batch_size(batch(DAYS))
                .max_time(SERVER_WITHIN);
            collect(found.await?).await
        });
        let found = found.await?;
        let of_day = found.iter().map(|stored| {
            let day = text(stored, "_id")?;
            let day = Day::parse(&day).ok_or_else(|| MongoError::corrupt("day", &day))?;
            Ok((day, count(stored)?))
        });
        of_day.collect()
    }
}

/// Not upserts: of two that meet, Azure DocumentDB would lose one.
async fn add(tx: &mut Tx, added: &[OfferViews]) -> Result<(), MongoError> {
    let keys = added.iter().map(|one| key(one).into()).collect();
    let stored = tx.find_ids(VIEWS, keys, doc! {"_id": 1}).await?;
    let stored = stored.iter().map(|one| text(one, "_id"));
    let stored: HashSet<String> = stored.collect::<Result<_, _>>()?;
    let mut missing = Vec::new();
    for one in added {
        let key = key(one);
        if stored.contains(&key) {
            let more = doc! {"$inc": {"views": one.seen.views}};
            tx.update_one(VIEWS, doc! {"_id": key}, more).await?;
        } else {
            missing.push(doc! {
                "_id": key,
                "partnerId": object_id(&one.partner)?,
                "day": one.seen.day.to_string(),
                "offerId": object_id(&one.seen.offer)?,
                "views": one.seen.views,
            });
        }
    }
    tx.insert_many(VIEWS, missing).await
}

fn key(one: &OfferViews) -> String {
    format!("{}:{}:{}", one.partner, one.seen.day, one.seen.offer)
}

/// Servers give a sum in the width that they like.
fn count(stored: &Document) -> Result<i64, MongoError> {
    match stored.get("views") {
        Some(Bson::Int64(count)) => Ok(*count),
        Some(Bson::Int32(count)) => Ok(i64::from(*count)),
        Some(_) | None => Err(MongoError::corrupt("views", &"not a whole number")),
    }
}
