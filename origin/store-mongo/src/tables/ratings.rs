//! Documents of what partners' reviews add up to.

use std::collections::HashMap;

use domain::{
    PartnerId,
    reviews::{
        rating::{Kept, StarCounts},
        review::{ReviewState, Stars},
    },
};
use mongodb::bson::{Document, doc};

use super::{
    collections::{PARTNER_RATINGS, PARTNERS, REVIEWS},
    partners,
};
use crate::{
    documents::{id, minor, object_id, whole},
    error::MongoError,
    tx::Tx,
};

const FIELDS: [&str; Stars::MOST as usize] = ["stars1", "stars2", "stars3", "stars4", "stars5"];

/// The partner and its counts.
pub fn read(stored: &Document) -> Result<(PartnerId, StarCounts), MongoError> {
    let mut counts = [0; Stars::MOST as usize];
    for (count, field) in counts.iter_mut().zip(FIELDS) {
        *count = minor(stored, field)?;
    }
    Ok((
        id(stored, "_id", PartnerId::parse)?,
        StarCounts::new(counts),
    ))
}

fn fields(counts: StarCounts) -> Document {
    let counts = FIELDS.into_iter().zip(counts.counts());
    counts
        .map(|(field, count)| (field.to_owned(), count.into()))
        .collect()
}

/// What a partner keeps of its rating, held until the transaction ends; none if there is no such partner.
pub async fn kept(tx: &mut Tx, partner: &PartnerId) -> Result<Option<Kept>, MongoError> {
    if !partners::held::hold_partner(tx, partner).await? {
        return Ok(None);
    }
    let this = || Ok::<_, MongoError>(doc! {"_id": object_id(partner)?});
    let found = tx.find_one_projected(PARTNERS, this()?, doc! {"rating": 1});
    let rating = found
        .await?
        .as_ref()
        .map(partners::rating_of)
        .transpose()?
        .flatten();
    let counts = tx.find_one(PARTNER_RATINGS, this()?).await?;
    let counts = counts.as_ref().map(read).transpose()?;
    Ok(Some(Kept {
        counts: counts.map(|(_, counts)| counts),
        rating,
    }))
}

/// Keeps the counts of a partner that is held, and shows what they add up to.
pub async fn keep(
    tx: &mut Tx,
    partner: &PartnerId,
    before: Kept,
    after: Kept,
) -> Result<(), MongoError> {
    let counts = after.counts.unwrap_or_default();
    let this = || Ok::<_, MongoError>(doc! {"_id": object_id(partner)?});
    let mut document = fields(counts);
    if before.counts.is_some() {
        let edit = doc! {"$set": document};
        tx.update_one(PARTNER_RATINGS, this()?, edit).await?;
    } else {
        document.insert("_id", object_id(partner)?);
        tx.insert_one(PARTNER_RATINGS, document).await?;
    }
    let shown = doc! {"rating": after.rating, "reviewCount": counts.shown_total()};
    tx.update_one(PARTNERS, this()?, doc! {"$set": shown})
        .await?;
    Ok(())
}

/// Counts the reviews of these partners that are shown.
pub fn counting(partners: Document) -> Vec<Document> {
    vec![
        doc! {"$match": {"partnerId": partners, "state": ReviewState::Shown.as_str()}},
        doc! {"$group": {"_id": {"partner": "$partnerId", "stars": "$stars"}, "count": {"$sum": 1}}},
    ]
}

/// What [`counting`] found.
pub fn counted(groups: &[Document]) -> Result<HashMap<PartnerId, StarCounts>, MongoError> {
    let mut found: HashMap<PartnerId, [i64; Stars::MOST as usize]> = HashMap::new();
    for group in groups {
        let key = crate::documents::part(group, "_id")?;
        let partner = id(key, "partner", PartnerId::parse)?;
        let stars = usize::try_from(whole(key, "stars")? - 1).unwrap_or(usize::MAX);
        if let Some(count) = found.entry(partner).or_default().get_mut(stars) {
            *count = minor(group, "count")?;
        }
    }
    let found = found.into_iter();
    Ok(found
        .map(|(partner, counts)| (partner, StarCounts::new(counts)))
        .collect())
}

/// The reviews of a partner that is held, counted star by star.
pub async fn count(tx: &mut Tx, partner: &PartnerId) -> Result<StarCounts, MongoError> {
    let mut counts = [0; Stars::MOST as usize];
    for (count, stars) in counts.iter_mut().zip(1_i32..) {
        let these = doc! {
            "partnerId": object_id(partner)?,
            "state": ReviewState::Shown.as_str(),
            "stars": stars,
        };
        let found = tx.count(REVIEWS, these).await?;
        *count = i64::try_from(found).unwrap_or(i64::MAX);
    }
    Ok(StarCounts::new(counts))
}
