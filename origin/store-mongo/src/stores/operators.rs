//! What operators do, in MongoDB. The queries are in `crate::queries`.

use async_trait::async_trait;
use domain::{
    PartnerId, StoreError, UserId,
    offers::store::Author,
    operators::{
        deed::{Entry, NewDeed, Number},
        rules::loses_administrator,
        store::{AuditPage, AuditQuery, Operated, OperatedErasure, OperatorStore},
    },
    partners::{review::Decision, store::Stood},
    users::{
        account::{Account, Role, Status},
        change::AccountChange,
        store::{Changed, Erased},
    },
};
use mongodb::bson::{DateTime, Document, doc};

use super::{partners::standing, users::write::erase};
use crate::{
    database::MongoDb,
    documents::{first, object_id},
    error::MongoError,
    tables::{
        collections::{OPERATOR_AUDIT, USERS},
        operator_audit as audit, users,
        users::change::change,
    },
    tx::Tx,
};

/// What operators do, in a MongoDB database.
#[derive(Clone, Debug)]
pub struct MongoOperators {
    db: MongoDb,
}

impl MongoOperators {
    pub const fn new(db: MongoDb) -> Self {
        Self { db }
    }

    async fn entries(
        &self,
        filter: Document,
        order: Document,
        most: usize,
    ) -> Result<Vec<Entry>, MongoError> {
        let all = self.db.collection::<Document>(OPERATOR_AUDIT);
        let found = self
            .db
            .run(async move { first(&all, filter, (order, None), most).await });
        found.await?.iter().map(audit::read).collect()
    }
}

#[async_trait]
impl OperatorStore for MongoOperators {
    async fn record(&self, deed: NewDeed) -> Result<Entry, StoreError> {
        let recorded = self.db.transaction_that_adds(move |tx| {
            let deed = deed.clone();
            Box::pin(async move { audit::append(tx, &deed).await })
        });
        Ok(recorded.await?)
    }

    async fn change(
        &self,
        id: &UserId,
        change: AccountChange,
        deed: NewDeed,
        now_ms: i64,
    ) -> Result<Operated, StoreError> {
        let id = id.clone();
        let changed = self.db.transaction_that_adds(move |tx| {
            let (id, change, deed) = (id.clone(), change.clone(), deed.clone());
            Box::pin(async move { operate(tx, &id, &change, &deed, now_ms).await })
        });
        Ok(changed.await?)
    }

    async fn erase(
        &self,
        id: &UserId,
        pseudonym: &str,
        deed: NewDeed,
        now_ms: i64,
    ) -> Result<OperatedErasure, StoreError> {
        let (id, pseudonym) = (id.clone(), pseudonym.to_owned());
        let erased = self.db.transaction_that_adds(move |tx| {
            let (id, pseudonym, deed) = (id.clone(), pseudonym.clone(), deed.clone());
            Box::pin(async move { erase_for(tx, &id, &pseudonym, &deed, now_ms).await })
        });
        Ok(erased.await?)
    }

    async fn decide(
        &self,
        partner: &PartnerId,
        decision: Decision,
        deed: NewDeed,
        author: Author,
        now_ms: i64,
    ) -> Result<Stood, StoreError> {
        let partner = partner.clone();
        let decided = self.db.transaction_that_adds(move |tx| {
            let (partner, decision) = (partner.clone(), decision.clone());
            let (deed, author) = (deed.clone(), author.clone());
            Box::pin(async move {
                let stood = standing::decide(tx, &partner, &decision, &author, now_ms).await?;
                if matches!(stood, Stood::Done(_)) {
                    audit::append(tx, &deed).await?;
                }
                Ok(stood)
            })
        });
        Ok(decided.await?)
    }

    async fn end_partner(
        &self,
        partner: &PartnerId,
        deed: NewDeed,
        author: Author,
        now_ms: i64,
    ) -> Result<Stood, StoreError> {
        let partner = partner.clone();
        let ended = self.db.transaction_that_adds(move |tx| {
            let (partner, deed, author) = (partner.clone(), deed.clone(), author.clone());
            Box::pin(async move {
                let stood = standing::end(tx, &partner, &author, now_ms).await?;
                if matches!(stood, Stood::Done(_)) {
                    audit::append(tx, &deed).await?;
                }
                Ok(stood)
            })
        });
        Ok(ended.await?)
    }

    async fn audit(&self, query: AuditQuery) -> Result<AuditPage, StoreError> {
        let before = query.before.map(Number::text);
        // A bound in any case: an order alone does not lead every server to an index.
        let number = before.map_or(doc! {"$gte": ""}, |before| doc! {"$lt": before});
        let mut filter = doc! {"_id": number};
        if let Some(target) = &query.target {
            filter.insert("target", target.as_str());
        }
        if let Some(actor) = &query.actor {
            filter.insert("actor", actor);
        }
        let mut at = Document::new();
        if let Some(from_ms) = query.from_ms {
            at.insert("$gte", DateTime::from_millis(from_ms));
        }
        if let Some(until_ms) = query.until_ms {
            at.insert("$lt", DateTime::from_millis(until_ms));
        }
        if !at.is_empty() {
            filter.insert("at", at);
        }
        let found = self.entries(filter, doc! {"_id": -1}, query.first.saturating_add(1));
        let mut items = found.await?;
        let has_next_page = items.len() > query.first;
        items.truncate(query.first);
        Ok(AuditPage {
            items,
            has_next_page,
        })
    }

    async fn audit_after(
        &self,
        after: Option<Number>,
        limit: usize,
    ) -> Result<Vec<Entry>, StoreError> {
        let after = after.map_or_else(String::new, Number::text);
        let later = doc! {"_id": {"$gt": after}};
        Ok(self.entries(later, doc! {"_id": 1}, limit).await?)
    }
}

async fn operate(
    tx: &mut Tx,
    id: &UserId,
    to: &AccountChange,
    deed: &NewDeed,
    now_ms: i64,
) -> Result<Operated, MongoError> {
    let before = account(tx, id).await?;
    if let Some(before) = &before
        && loses_administrator(before, Some(&to.apply(before, now_ms)))
        && has_one_administrator(tx).await?
    {
        return Ok(Operated::LastAdministrator);
    }
    let changed = change(tx, id, to, now_ms).await?;
    if matches!(changed, Changed::Done(_)) {
        audit::append(tx, deed).await?;
    }
    Ok(Operated::Changed(changed))
}

async fn erase_for(
    tx: &mut Tx,
    id: &UserId,
    pseudonym: &str,
    deed: &NewDeed,
    now_ms: i64,
) -> Result<OperatedErasure, MongoError> {
    let before = account(tx, id).await?;
    if before.is_some_and(|before| loses_administrator(&before, None))
        && has_one_administrator(tx).await?
    {
        return Ok(OperatedErasure::LastAdministrator);
    }
    let erased = erase(tx, id, pseudonym, now_ms).await?;
    if erased == Erased::Done {
        audit::append(tx, deed).await?;
    }
    Ok(OperatedErasure::Erased(erased))
}

async fn account(tx: &mut Tx, id: &UserId) -> Result<Option<Account>, MongoError> {
    let found = tx.find_one(USERS, doc! {"_id": object_id(id)?}).await?;
    found.as_ref().map(users::account).transpose()
}

/// Whether there is no second one. Writes to all of them: of two who lose the role at the same time, each
/// would else see one that remains.
async fn has_one_administrator(tx: &mut Tx) -> Result<bool, MongoError> {
    let all = doc! {"role": Role::Admin.as_str(), "status": Status::Active.as_str()};
    let held = tx.update_many(USERS, all, doc! {"$inc": {"held": 1_i64}});
    Ok(held.await? <= 1)
}
