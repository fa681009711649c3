//! Accounts in MongoDB. The queries are in `crate::queries`.

mod favorites;
mod members;
pub(super) mod write;

use std::collections::{HashMap, HashSet};

use async_trait::async_trait;
use domain::{
    OfferId, PartnerId, StoreError, UserId,
    auth::codes::StoredCode,
    queue::NewTask,
    users::{
        account::{Account, Consent, EmailKey, Purpose, Standing},
        change::AccountChange,
        consents::Recorded,
        membership::NewPost,
        store::{Changed, Created, Erased, Favored, PostChanged, UserStore},
    },
};
use mongodb::bson::{Document, doc};

use crate::{
    database::MongoDb,
    documents::{batch, collect, object_id, object_ids, text},
    error::MongoError,
    limits::SERVER_WITHIN,
    tables::{
        collections::{CONSENTS, USERS},
        users::{change, members as team},
    },
};

/// The accounts of a MongoDB database.
#[derive(Debug, Clone)]
pub struct MongoUsers {
    db: MongoDb,
}

impl MongoUsers {
    pub const fn new(db: MongoDb) -> Self {
        Self { db }
    }

    async fn one(
        &self,
        filter: Document,
        columns: Document,
    ) -> Result<Option<Document>, MongoError> {
        let users = self.db.collection::<Document>(USERS);
        let found = self.db.run(async move {
            let found = users.find_one(filter).projection(columns);
            Ok(found.max_time(SERVER_WITHIN).await?)
        });
        found.await
    }
}

#[async_trait]
impl UserStore for MongoUsers {
    async fn create(
        &self,
        account: Account,
        consents: Vec<Consent>,
        code: Option<(StoredCode, NewTask)>,
    ) -> Result<Created, StoreError> {
        let created = self.db.transaction_that_adds(move |tx| {
            let (account, consents, code) = (account.clone(), consents.clone(), code.clone());
            Box::pin(async move { write::create(tx, &account, &consents, code.as_ref()).await })
        });
        Ok(created.await?)
    }

    async fn by_id(&self, id: &UserId) -> Result<Option<Account>, StoreError> {
        let found = self.one(doc! {"_id": object_id(id)?}, doc! {}).await?;
        Ok(found
            .as_ref()
            .map(crate::tables::users::account)
            .transpose()?)
    }

    async fn by_ids(&self, ids: &[UserId]) -> Result<HashMap<UserId, Account>, StoreError> {
        let ids = object_ids(ids)?;
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let (users, size) = (self.db.collection::<Document>(USERS), batch(ids.len()));
        let found = self.db.run(async move {
            let found = users.find(doc! {"_id": {"$in": ids}}).batch_size(size);
            collect(found.max_time(SERVER_WITHIN).await?).await
        });
        let found = found.await?;
        let accounts = found.iter().map(crate::tables::users::account);
        accounts
            .map(|account| Ok(account.map(|account| (account.id.clone(), account))?))
            .collect()
    }

    async fn by_email(&self, email: &EmailKey) -> Result<Option<Account>, StoreError> {
        let found = self.one(doc! {"emailKey": email.as_str()}, doc! {}).await?;
        Ok(found
            .as_ref()
            .map(crate::tables::users::account)
            .transpose()?)
    }

    async fn standing(&self, id: &UserId) -> Result<Option<Standing>, StoreError> {
        let found = self
            .one(
                doc! {"_id": object_id(id)?},
                crate::tables::users::standing_columns(),
            )
            .await?;
        Ok(found
            .as_ref()
            .map(crate::tables::users::standing)
            .transpose()?)
    }

    async fn change(
        &self,
        id: &UserId,
        change: AccountChange,
        now_ms: i64,
    ) -> Result<Changed, StoreError> {
        let id = id.clone();
        let changed = self.db.transaction_that_adds(move |tx| {
            let (id, change) = (id.clone(), change.clone());
            Box::pin(async move { change::change(tx, &id, &change, now_ms).await })
        });
        Ok(changed.await?)
    }

    async fn change_email(
        &self,
        id: &UserId,
        to: AccountChange,
        notice: (StoredCode, NewTask),
        now_ms: i64,
    ) -> Result<Changed, StoreError> {
        let id = id.clone();
        let changed = self.db.transaction_that_adds(move |tx| {
            let (id, to, notice) = (id.clone(), to.clone(), notice.clone());
            Box::pin(async move { change::change_email(tx, &id, &to, &notice, now_ms).await })
        });
        Ok(changed.await?)
    }

    async fn members(&self, partner: &PartnerId) -> Result<Vec<Account>, StoreError> {
        Ok(team::members(&self.db, partner).await?)
    }

    async fn change_post(
        &self,
        partner: &PartnerId,
        user: &UserId,
        to: Option<NewPost>,
        now_ms: i64,
    ) -> Result<PostChanged, StoreError> {
        let (partner, user) = (partner.clone(), user.clone());
        let changed = self.db.transaction(move |tx| {
            let (partner, user, to) = (partner.clone(), user.clone(), to.clone());
            Box::pin(async move { members::change_post(tx, &partner, &user, to, now_ms).await })
        });
        Ok(changed.await?)
    }

    async fn record_consent(&self, id: &UserId, consent: Consent) -> Result<Recorded, StoreError> {
        let id = id.clone();
        let recorded = self.db.transaction(move |tx| {
            let (id, consent) = (id.clone(), consent.clone());
            Box::pin(async move { write::record_consent(tx, &id, consent).await })
        });
        Ok(recorded.await?)
    }

    async fn consents(&self, id: &UserId) -> Result<Vec<Consent>, StoreError> {
        let consents = self.db.collection::<Document>(CONSENTS);
        let owner = id.to_string();
        let found = self.db.run(async move {
            let found = consents
                .find(doc! {"owner": owner})
                // Ids of one moment grow within a process only.
                .sort(doc! {"at": 1, "_id": 1})
                .max_time(SERVER_WITHIN);
            collect(found.await?).await
        });
        found
            .await?
            .iter()
            .map(|row| Ok(crate::tables::users::read_consent(row)?))
            .collect()
    }

    async fn agreeing(
        &self,
        ids: &[UserId],
        purpose: Purpose,
    ) -> Result<HashSet<UserId>, StoreError> {
        let owners: Vec<&str> = ids.iter().map(UserId::as_str).collect();
        let (consents, size) = (self.db.collection::<Document>(CONSENTS), batch(ids.len()));
        let these = doc! {"owner": {"$in": owners}, "purpose": purpose.as_str()};
        let found = self.db.run(async move {
            let found = consents.find(these).sort(doc! {"at": 1, "_id": 1});
            let found = found.batch_size(size).max_time(SERVER_WITHIN);
            collect(found.await?).await
        });
        let mut agreeing = HashSet::new();
        // The last one of each counts.
        for row in found.await? {
            let owner = text(&row, "owner")?;
            let owner =
                UserId::parse(&owner).ok_or_else(|| MongoError::corrupt("owner", &owner))?;
            if crate::tables::users::read_consent(&row)?.granted {
                agreeing.insert(owner);
            } else {
                agreeing.remove(&owner);
            }
        }
        Ok(agreeing)
    }

    async fn record_events(&self, id: &UserId, events: Vec<NewTask>) -> Result<bool, StoreError> {
        let id = id.clone();
        let recorded = self.db.transaction(move |tx| {
            let (id, events) = (id.clone(), events.clone());
            Box::pin(async move { write::record_events(tx, &id, &events).await })
        });
        Ok(recorded.await?)
    }

    async fn add_favorite(
        &self,
        id: &UserId,
        offer: &OfferId,
        now_ms: i64,
    ) -> Result<Favored, StoreError> {
        Ok(favorites::add(&self.db, id, offer, now_ms).await?)
    }

    async fn remove_favorite(&self, id: &UserId, offer: &OfferId) -> Result<bool, StoreError> {
        Ok(favorites::remove(&self.db, id, offer).await?)
    }

    async fn favorites(&self, id: &UserId) -> Result<Vec<(OfferId, i64)>, StoreError> {
        Ok(favorites::list(&self.db, id).await?)
    }

    async fn favorites_among(
        &self,
        id: &UserId,
        offers: &[OfferId],
    ) -> Result<HashSet<OfferId>, StoreError> {
        Ok(favorites::among(&self.db, id, offers).await?)
    }

    async fn erase(&self, id: &UserId, pseudonym: &str, now_ms: i64) -> Result<Erased, StoreError> {
        let (id, pseudonym) = (id.clone(), pseudonym.to_owned());
        let erased = self.db.transaction(move |tx| {
            let (id, pseudonym) = (id.clone(), pseudonym.clone());
            Box::pin(async move { write::erase(tx, &id, &pseudonym, now_ms).await })
        });
        Ok(erased.await?)
    }
}
