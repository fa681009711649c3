//! Campaigns and audiences in MongoDB. The queries are in `crate::queries`.

use async_trait::async_trait;
use domain::{
    CampaignId, PartnerId, StoreError, UserId,
    announcements::{
        audience::{Audience, PAGE, Page},
        campaign::Campaign,
        store::{AnnouncementStore, Sent},
    },
    queue::NewTask,
};
use mongodb::bson::{Bson, DateTime, Document, doc};

use crate::{
    database::MongoDb,
    documents::{first, id, moment_ms, object_id, text},
    error::MongoError,
    limits::SERVER_WITHIN,
    tables::{
        collections::{CAMPAIGNS, FAVORITES, OFFERS, USERS},
        queue,
        users::memberships::of_team,
    },
    tx::Tx,
};

/// So many of a partner's offers are looked at, the newest first. A partner has few: see
/// `MOST_OFFERS`.
const OFFERS_OF_A_PARTNER: usize = 2_000;
/// A person may keep several offers of a partner: of so many favourites some are of the same one.
const FAVORITES_OF_A_PAGE: usize = 500;

/// The campaigns and audiences of a MongoDB database.
#[derive(Clone, Debug)]
pub struct MongoAnnouncements {
    db: MongoDb,
}

impl MongoAnnouncements {
    pub const fn new(db: MongoDb) -> Self {
        Self { db }
    }

    async fn find(
        &self,
        collection: &str,
        filter: Document,
        (order, field): (Document, &'static str),
        most: usize,
    ) -> Result<Vec<Document>, MongoError> {
        let all = self.db.collection::<Document>(collection);
        let fields = Some(doc! {field: 1});
        let found = self
            .db
            .run(async move { first(&all, filter, (order, fields), most).await });
        found.await
    }

    async fn accounts(&self, filter: Document) -> Result<Page, MongoError> {
        let order = (doc! {"_id": 1}, "_id");
        let found = self.find(USERS, filter, order, PAGE).await?;
        let ids = found.iter().map(|one| id(one, "_id", UserId::parse));
        Ok(Page::of(ids.collect::<Result<_, _>>()?, PAGE))
    }

    async fn favouring(&self, filter: Document, most: usize) -> Result<Page, MongoError> {
        let order = (doc! {"userId": 1}, "userId");
        let found = self.find(FAVORITES, filter, order, most).await?;
        let ids = found.iter().map(|one| id(one, "userId", UserId::parse));
        Ok(Page::of(ids.collect::<Result<_, _>>()?, most))
    }

    /// The ids of a partner's offers.
    async fn offers(&self, partner: &PartnerId) -> Result<Vec<Bson>, MongoError> {
        let own = doc! {"partnerId": object_id(partner)?};
        let order = (doc! {"createdAt": -1, "_id": -1}, "_id");
        let found = self.find(OFFERS, own, order, OFFERS_OF_A_PARTNER).await?;
        let ids = found
            .into_iter()
            .filter_map(|mut offer| offer.remove("_id"));
        Ok(ids.collect())
    }
}

#[async_trait]
impl AnnouncementStore for MongoAnnouncements {
    async fn send(&self, campaign: Campaign, task: NewTask) -> Result<Sent, StoreError> {
        let sent = self.db.transaction_that_adds(move |tx| {
            let (campaign, task) = (campaign.clone(), task.clone());
            Box::pin(async move { send(tx, campaign, &task).await })
        });
        Ok(sent.await?)
    }

    async fn campaign(&self, id: &CampaignId) -> Result<Option<Campaign>, StoreError> {
        let this = doc! {"_id": object_id(id)?};
        let all = self.db.collection::<Document>(CAMPAIGNS);
        let found = self
            .db
            .run(async move { Ok(all.find_one(this).max_time(SERVER_WITHIN).await?) });
        Ok(found.await?.as_ref().map(read).transpose()?)
    }

    async fn audience(&self, of: &Audience, after: Option<&UserId>) -> Result<Page, StoreError> {
        let later = after.map(object_id).transpose()?;
        let with = |mut filter: Document, field: &str| {
            if let Some(later) = later {
                filter.insert(field, doc! {"$gt": later});
            }
            filter
        };
        let page = match of {
            Audience::Everybody => {
                let active = with(doc! {"status": "active"}, "_id");
                self.accounts(active).await?
            }
            Audience::Team(partner) => self.accounts(with(of_team(partner)?, "_id")).await?,
            Audience::Favouring(offer) => {
                let of_it = with(doc! {"offerId": object_id(offer)?}, "userId");
                self.favouring(of_it, PAGE).await?
            }
            Audience::FavouringOthers { partner, than } => {
                let this = Bson::ObjectId(object_id(than)?);
                let mut others = self.offers(partner).await?;
                others.retain(|offer| *offer != this);
                let of_them = with(doc! {"offerId": {"$in": others}}, "userId");
                self.favouring(of_them, FAVORITES_OF_A_PAGE).await?
            }
        };
        Ok(page)
    }
}

async fn send(tx: &mut Tx, campaign: Campaign, task: &NewTask) -> Result<Sent, MongoError> {
    let this = object_id(&campaign.id)?;
    if let Some(known) = tx.find_one(CAMPAIGNS, doc! {"_id": this}).await? {
        let known = read(&known)?;
        return Ok(if known.content == campaign.content {
            Sent::Done(Box::new(known))
        } else {
            Sent::Other
        });
    }
    let content = serde_json::to_string(&campaign.content)
        .map_err(|error| MongoError::corrupt("campaign", &error))?;
    let document = doc! {
        "_id": this,
        "content": content,
        "createdAt": DateTime::from_millis(campaign.created_at_ms),
    };
    tx.insert_one(CAMPAIGNS, document).await?;
    queue::push(tx, [task]).await?;
    Ok(Sent::Done(Box::new(campaign)))
}

fn read(stored: &Document) -> Result<Campaign, MongoError> {
    Ok(Campaign {
        id: id(stored, "_id", CampaignId::parse)?,
        content: serde_json::from_str(&text(stored, "content")?)
            .map_err(|error| MongoError::corrupt("campaign", &error))?,
        created_at_ms: moment_ms(stored, "createdAt")?,
    })
}
