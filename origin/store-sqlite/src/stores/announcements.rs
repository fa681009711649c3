//! Campaigns and audiences in SQLite.

use async_trait::async_trait;
use domain::{
    CampaignId, StoreError, UserId,
    announcements::{
        audience::{Audience, PAGE, Page},
        campaign::{Campaign, Content},
        store::{AnnouncementStore, Sent},
    },
    queue::NewTask,
};
use rusqlite::{Connection, OptionalExtension as _, Row, named_params};

use crate::{
    database::EmbeddedDb,
    error::SqliteError,
    tables::{limit::limit, queue, users::memberships::OF_TEAM, word::word},
};

/// The campaigns and audiences of the embedded store.
#[derive(Clone, Debug)]
pub struct EmbeddedAnnouncements {
    db: EmbeddedDb,
}

impl EmbeddedAnnouncements {
    pub const fn new(db: EmbeddedDb) -> Self {
        Self { db }
    }
}

#[async_trait]
impl AnnouncementStore for EmbeddedAnnouncements {
    async fn send(&self, campaign: Campaign, task: NewTask) -> Result<Sent, StoreError> {
        let send = self.db.write(move |tx| {
            if let Some(known) = by_id(tx, &campaign.id)? {
                return Ok(if known.content == campaign.content {
                    Sent::Done(Box::new(known))
                } else {
                    Sent::Other
                });
            }
            let content = serde_json::to_string(&campaign.content)
                .map_err(|error| SqliteError::corrupt("campaign", &error))?;
            tx.prepare_cached(
                "INSERT INTO campaigns(id, content, created_at_ms) VALUES (?1, ?2, ?3)",
            )?
            .execute((campaign.id.as_str(), content, campaign.created_at_ms))?;
            queue::push(tx, [&task])?;
            Ok(Sent::Done(Box::new(campaign)))
        });
        send.await
    }

    async fn campaign(&self, id: &CampaignId) -> Result<Option<Campaign>, StoreError> {
        let id = id.clone();
        self.db.read(move |c| by_id(c, &id)).await
    }

    async fn audience(&self, of: &Audience, after: Option<&UserId>) -> Result<Page, StoreError> {
        let (of, after) = (of.clone(), after.cloned());
        self.db.read(move |c| page(c, &of, after.as_ref())).await
    }
}

fn by_id(connection: &Connection, id: &CampaignId) -> Result<Option<Campaign>, SqliteError> {
    let found: Option<(String, i64)> = connection
        .prepare_cached("SELECT content, created_at_ms FROM campaigns WHERE id = ?1")?
        .query_row([id.as_str()], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((content, created_at_ms)) = found else {
        return Ok(None);
    };
    let content: Content =
        serde_json::from_str(&content).map_err(|error| SqliteError::corrupt("campaign", &error))?;
    Ok(Some(Campaign {
        id: id.clone(),
        content,
        created_at_ms,
    }))
}

fn page(
    connection: &Connection,
    of: &Audience,
    after: Option<&UserId>,
) -> Result<Page, SqliteError> {
    // Before the first id.
    let after = after.map_or("", UserId::as_str);
    let most = limit(PAGE);
    let ids: Result<Vec<UserId>, SqliteError> = match of {
        Audience::Everybody => connection
            .prepare_cached(
                "SELECT id FROM users WHERE id > :after AND status = 'active'
                 ORDER BY id LIMIT :most",
            )?
            .query_and_then(named_params! {":after": after, ":most": most}, id)?
            .collect(),
        Audience::Favouring(offer) => connection
            .prepare_cached(
                "SELECT user_id FROM favorites WHERE offer_id = :offer AND user_id > :after
                 ORDER BY user_id LIMIT :most",
            )?
            .query_and_then(
                named_params! {":offer": offer.as_str(), ":after": after, ":most": most},
                id,
            )?
            .collect(),
        Audience::FavouringOthers { partner, than } => connection
            .prepare_cached(
                "SELECT DISTINCT f.user_id FROM favorites f JOIN offers o ON o.id = f.offer_id
                 WHERE o.partner_id = :partner AND f.offer_id <> :than AND f.user_id > :after
                 ORDER BY f.user_id LIMIT :most",
            )?
            .query_and_then(
                named_params! {
                    ":partner": partner.as_str(), ":than": than.as_str(),
                    ":after": after, ":most": most,
                },
                id,
            )?
            .collect(),
        Audience::Team(partner) => connection
            .prepare_cached(&format!(
                "SELECT id FROM users WHERE {OF_TEAM} AND id > ?2 ORDER BY id LIMIT ?3"
            ))?
            .query_and_then((partner.as_str(), after, most), id)?
            .collect(),
    };
    Ok(Page::of(ids?, PAGE))
}

fn id(row: &Row<'_>) -> Result<UserId, SqliteError> {
    word("user id", &row.get::<_, String>(0)?, UserId::parse)
}
