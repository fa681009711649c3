//! Accounts in SQLite.

mod favorites;
mod members;

use std::collections::{HashMap, HashSet};

use async_trait::async_trait;
use domain::{
    OfferId, PartnerId, StoreError, UserId,
    analytics::{agrees, registered},
    auth::codes::StoredCode,
    queue::NewTask,
    users::{
        account::{Account, Consent, EmailKey, Purpose, Standing},
        change::AccountChange,
        consents::Recorded,
        membership::NewPost,
        profile::purge_of,
        store::{Changed, Created, Erased, Favored, PostChanged, UserStore, lose_owner},
    },
};
use rusqlite::Transaction;

use crate::{
    database::{EmbeddedDb, json_list},
    error::SqliteError,
    outbox::outbox_push,
    stores::bookings::erasing,
    tables::{
        codes, payments, pictures, queue, reviews,
        users::{
            actors,
            change::{apply, apply_email, has_one_owner, is_taken},
            consents, is_active,
        },
        verifications,
    },
};

/// The accounts of the embedded store.
#[derive(Debug, Clone)]
pub struct EmbeddedUsers {
    db: EmbeddedDb,
}

impl EmbeddedUsers {
    pub const fn new(db: EmbeddedDb) -> Self {
        Self { db }
    }
}

#[async_trait]
impl UserStore for EmbeddedUsers {
    async fn create(
        &self,
        account: Account,
        consents: Vec<Consent>,
        code: Option<(StoredCode, NewTask)>,
    ) -> Result<Created, StoreError> {
        let create = self.db.write(move |tx| {
            let email = account.email_key();
            if is_taken(tx, &email, &account.id, account.created_at_ms)? {
                return Ok(Created::EmailTaken);
            }
            crate::tables::users::insert(tx, &account)?;
            for consent in &consents {
                crate::tables::users::insert_consent(tx, account.id.as_str(), consent)?;
            }
            if let Some((code, task)) = &code {
                codes::put(tx, code, task)?;
            }
            let event = registered(&account, &consents).map(NewTask::of_registration);
            queue::push(tx, &event)?;
            Ok(Created::Done)
        });
        create.await
    }

    async fn by_id(&self, id: &UserId) -> Result<Option<Account>, StoreError> {
        let id = id.clone();
        self.db
            .read(move |c| crate::tables::users::account(c, "id", id.as_str()))
            .await
    }

    async fn by_ids(&self, ids: &[UserId]) -> Result<HashMap<UserId, Account>, StoreError> {
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let wanted = json_list(ids.iter().map(UserId::as_str));
        let found = self
            .db
            .read(move |c| crate::tables::users::among(c, wanted))
            .await?;
        let by_id = found.into_iter().map(|found| (found.id.clone(), found));
        Ok(by_id.collect())
    }

    async fn by_email(&self, email: &EmailKey) -> Result<Option<Account>, StoreError> {
        let email = email.clone();
        self.db
            .read(move |c| crate::tables::users::account(c, "email_key", email.as_str()))
            .await
    }

    async fn standing(&self, id: &UserId) -> Result<Option<Standing>, StoreError> {
        Ok(self.by_id(id).await?.map(|account| account.standing()))
    }

    async fn change(
        &self,
        id: &UserId,
        change: AccountChange,
        now_ms: i64,
    ) -> Result<Changed, StoreError> {
        let id = id.clone();
        self.db
            .write(move |tx| apply(tx, &id, &change, now_ms))
            .await
    }

    async fn change_email(
        &self,
        id: &UserId,
        change: AccountChange,
        notice: (StoredCode, NewTask),
        now_ms: i64,
    ) -> Result<Changed, StoreError> {
        let id = id.clone();
        self.db
            .write(move |tx| apply_email(tx, &id, &change, &notice, now_ms))
            .await
    }

    async fn members(&self, partner: &PartnerId) -> Result<Vec<Account>, StoreError> {
        let partner = partner.clone();
        self.db
            .read(move |c| crate::tables::users::members(c, &partner))
            .await
    }

    async fn change_post(
        &self,
        partner: &PartnerId,
        user: &UserId,
        to: Option<NewPost>,
        now_ms: i64,
    ) -> Result<PostChanged, StoreError> {
        let (partner, user) = (partner.clone(), user.clone());
        self.db
            .write(move |tx| members::change_post(tx, &partner, &user, to, now_ms))
            .await
    }

    async fn record_consent(&self, id: &UserId, consent: Consent) -> Result<Recorded, StoreError> {
        let id = id.clone();
        self.db
            .write(move |tx| crate::tables::users::record_consent(tx, &id, consent))
            .await
    }

    async fn consents(&self, id: &UserId) -> Result<Vec<Consent>, StoreError> {
        let id = id.clone();
        self.db
            .read(move |c| crate::tables::users::consents(c, id.as_str()))
            .await
    }

    async fn agreeing(
        &self,
        ids: &[UserId],
        purpose: Purpose,
    ) -> Result<HashSet<UserId>, StoreError> {
        let wanted = json_list(ids.iter().map(UserId::as_str));
        self.db
            .read(move |c| crate::tables::users::agreeing(c, wanted, purpose))
            .await
    }

    async fn record_events(&self, id: &UserId, events: Vec<NewTask>) -> Result<bool, StoreError> {
        let id = id.clone();
        let record = self.db.write(move |tx| {
            let agrees = is_active(tx, &id)? && agrees(&consents(tx, id.as_str())?);
            if agrees {
                queue::push(tx, &events)?;
            }
            Ok(agrees)
        });
        record.await
    }

    async fn add_favorite(
        &self,
        id: &UserId,
        offer: &OfferId,
        now_ms: i64,
    ) -> Result<Favored, StoreError> {
        let (id, offer) = (id.clone(), offer.clone());
        self.db
            .write(move |tx| favorites::add(tx, &id, &offer, now_ms))
            .await
    }

    async fn remove_favorite(&self, id: &UserId, offer: &OfferId) -> Result<bool, StoreError> {
        let (id, offer) = (id.clone(), offer.clone());
        self.db
            .write(move |tx| favorites::remove(tx, &id, &offer))
            .await
    }

    async fn favorites(&self, id: &UserId) -> Result<Vec<(OfferId, i64)>, StoreError> {
        let id = id.clone();
        self.db.read(move |c| favorites::list(c, &id)).await
    }

    async fn favorites_among(
        &self,
        id: &UserId,
        offers: &[OfferId],
    ) -> Result<HashSet<OfferId>, StoreError> {
        let (id, offers) = (id.clone(), offers.to_vec());
        self.db
            .read(move |c| favorites::among(c, &id, &offers))
            .await
    }

    async fn erase(&self, id: &UserId, pseudonym: &str, now_ms: i64) -> Result<Erased, StoreError> {
        let (id, pseudonym) = (id.clone(), pseudonym.to_owned());
        self.db
            .write(move |tx| erase(tx, &id, &pseudonym, now_ms))
            .await
    }
}

pub(super) fn erase(
    tx: &Transaction<'_>,
    id: &UserId,
    pseudonym: &str,
    now_ms: i64,
) -> Result<Erased, SqliteError> {
    let Some(account) = crate::tables::users::account(tx, "id", id.as_str())? else {
        return Ok(Erased::NotFound);
    };
    let agreed_once = consents(tx, id.as_str())?
        .iter()
        .any(|consent| consent.purpose == Purpose::Analytics && consent.granted);
    for partner in lose_owner(&account, None) {
        if has_one_owner(tx, partner)? {
            return Ok(Erased::LastOwner(partner.clone()));
        }
    }
    tx.prepare_cached("DELETE FROM invitations WHERE email_key = ?1")?
        .execute([account.email_key().as_str()])?;
    for sql in [
        "DELETE FROM users WHERE id = ?1",
        "DELETE FROM favorites WHERE user_id = ?1",
        "DELETE FROM codes WHERE user_id = ?1",
        "DELETE FROM queue WHERE person_id = ?1",
        "DELETE FROM devices WHERE user_id = ?1",
        "DELETE FROM inbox WHERE user_id = ?1",
        "DELETE FROM known_devices WHERE user_id = ?1",
    ] {
        tx.prepare_cached(sql)?.execute([id.as_str()])?;
    }
    if agreed_once {
        queue::push(tx, &[NewTask::of_forgetting(id, now_ms)])?;
    }
    outbox_push(tx, &purge_of(id), now_ms)?;
    pictures::leave(tx, id, now_ms)?;
    verifications::erase(tx, id, now_ms)?;
    reviews::erasing::erase(tx, id, now_ms)?;
    erasing::erase(tx, id, now_ms)?;
    payments::leave(tx, id)?;
    actors::rename(tx, id, pseudonym)?;
    tx.prepare_cached("UPDATE consents SET owner = ?2 WHERE owner = ?1")?
        .execute((id.as_str(), pseudonym))?;
    tx.prepare_cached("INSERT INTO erasures(id, created_at_ms, erased_at_ms) VALUES (?1, ?2, ?3)")?
        .execute((pseudonym, account.created_at_ms, now_ms))?;
    Ok(Erased::Done)
}
