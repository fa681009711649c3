//! Identity checks in MongoDB. The queries are in `crate::queries`.

use async_trait::async_trait;
use domain::{
    StoreError, UserId, VerificationId,
    identity::{
        provider::{Hint, Started, Verdict},
        refusals::IdentityRefusal,
        rules::{self, Beginning, Found, NewRuling, NewVerification, Opening},
        store::{Begun, Hinted, IdentityStore, Opened, Ruled, VerificationPage, VerificationQuery},
        turns::{Turn, turn},
        verification::{State, Verification},
    },
    queue::NewTask,
    users::account::{Account, Status},
};
use mongodb::bson::{DateTime, Document, doc};

use crate::{
    database::MongoDb,
    documents::{first, id, moment_ms, object_id},
    error::MongoError,
    tables::{
        collections::{USERS, VERIFICATIONS},
        queue, users,
        users::held,
        verifications as rows,
    },
    tx::Tx,
};

/// More than a user has.
const OF_USER: usize = 200;

/// The identity checks of a MongoDB database.
#[derive(Clone, Debug)]
pub struct MongoIdentity {
    db: MongoDb,
}

impl MongoIdentity {
    pub const fn new(db: MongoDb) -> Self {
        Self { db }
    }

    async fn find(
        &self,
        filter: Document,
        (order, fields): (Document, Option<Document>),
        most: usize,
    ) -> Result<Vec<Document>, MongoError> {
        let all = self.db.collection::<Document>(VERIFICATIONS);
        let found = self
            .db
            .run(async move { first(&all, filter, (order, fields), most).await });
        found.await
    }
}

#[async_trait]
impl IdentityStore for MongoIdentity {
    async fn begin(&self, new: NewVerification, now_ms: i64) -> Result<Begun, StoreError> {
        let begun = self.db.transaction_that_adds(move |tx| {
            let new = new.clone();
            Box::pin(async move { begin(tx, &new, now_ms).await })
        });
        Ok(begun.await?)
    }

    async fn opened(
        &self,
        id: &VerificationId,
        started: Started,
        now_ms: i64,
    ) -> Result<Opened, StoreError> {
        let id = id.clone();
        let opened = self.db.transaction_that_adds(move |tx| {
            let (id, started) = (id.clone(), started.clone());
            Box::pin(async move { opened(tx, &id, &started, now_ms).await })
        });
        Ok(opened.await?)
    }

    async fn by_id(&self, id: &VerificationId) -> Result<Option<Verification>, StoreError> {
        let this = doc! {"_id": object_id(id)?};
        let found = self.find(this, (doc! {}, None), 1).await?;
        Ok(found.first().map(rows::read).transpose()?)
    }

    async fn of_user(&self, user: &UserId) -> Result<Vec<Verification>, StoreError> {
        let of = doc! {"userId": object_id(user)?};
        let newest = (doc! {"createdAt": -1, "_id": -1}, None);
        let found = self.find(of, newest, OF_USER).await?;
        Ok(found.iter().map(rows::read).collect::<Result<_, _>>()?)
    }

    async fn hinted(&self, hint: Hint, now_ms: i64) -> Result<Hinted, StoreError> {
        let hinted = self.db.transaction_that_adds(move |tx| {
            let hint = hint.clone();
            Box::pin(async move { hinted(tx, &hint, now_ms).await })
        });
        Ok(hinted.await?)
    }

    async fn decided(
        &self,
        id: &VerificationId,
        (verdict, at_ms): (Verdict, Option<i64>),
        valid_ms: i64,
        now_ms: i64,
    ) -> Result<Option<Verification>, StoreError> {
        let id = id.clone();
        let decided = self.db.transaction_that_adds(move |tx| {
            let id = id.clone();
            Box::pin(async move {
                let Some(found) = found(tx, &id).await? else {
                    return Ok(None);
                };
                let change = rules::decided(found.case(), verdict, at_ms, valid_ms, now_ms);
                if let Some(change) = &change {
                    rows::update(tx, &change.verification).await?;
                    rows::leave(tx, change, now_ms).await?;
                }
                Ok(change.map(|change| change.verification))
            })
        });
        Ok(decided.await?)
    }

    async fn ruled(
        &self,
        id: &VerificationId,
        ruling: NewRuling,
        valid_ms: i64,
        now_ms: i64,
    ) -> Result<Ruled, StoreError> {
        let id = id.clone();
        let ruled = self.db.transaction_that_adds(move |tx| {
            let (id, ruling) = (id.clone(), ruling.clone());
            Box::pin(async move {
                let Some(found) = found(tx, &id).await? else {
                    return Ok(Ruled::Refused(IdentityRefusal::NotFound));
                };
                match rules::ruled(found.case(), &ruling, valid_ms, now_ms) {
                    Ok(change) => {
                        rows::update(tx, &change.verification).await?;
                        rows::leave(tx, &change, now_ms).await?;
                        Ok(Ruled::Done(Box::new(change.verification)))
                    }
                    Err(refusal) => Ok(Ruled::Refused(refusal)),
                }
            })
        });
        Ok(ruled.await?)
    }

    async fn list(&self, query: VerificationQuery) -> Result<VerificationPage, StoreError> {
        let mut filter = Document::new();
        if let Some(state) = query.state {
            filter.insert("state", state.as_str());
        }
        if let Some(after) = &query.after {
            let at = DateTime::from_millis(after.created_at_ms);
            let later = doc! {"createdAt": at, "_id": {"$lt": object_id(&after.id)?}};
            filter.insert("$or", vec![doc! {"createdAt": {"$lt": at}}, later]);
        }
        let newest = (doc! {"createdAt": -1, "_id": -1}, None);
        let found = self.find(filter, newest, query.first + 1).await?;
        let found: Vec<Verification> = found.iter().map(rows::read).collect::<Result<_, _>>()?;
        Ok(VerificationPage::of(found, query.first))
    }

    async fn due(&self, now_ms: i64, most: usize) -> Result<Vec<VerificationId>, StoreError> {
        let due = doc! {"due": {"$lte": DateTime::from_millis(now_ms)}};
        let order = (doc! {"due": 1}, Some(doc! {"_id": 1}));
        let found = self.find(due, order, most).await?;
        let ids = found
            .iter()
            .map(|one| id(one, "_id", VerificationId::parse));
        Ok(ids.collect::<Result<_, _>>()?)
    }

    async fn turn(&self, id: &VerificationId, now_ms: i64) -> Result<bool, StoreError> {
        let id = id.clone();
        let turned = self.db.transaction_that_adds(move |tx| {
            let id = id.clone();
            Box::pin(async move { take_turn(tx, &id, now_ms).await })
        });
        Ok(turned.await?)
    }

    async fn oldest_open_ms(&self) -> Result<Option<i64>, StoreError> {
        let open = doc! {"state": State::Open.as_str()};
        let order = (doc! {"createdAt": 1}, Some(doc! {"createdAt": 1}));
        let found = self.find(open, order, 1).await?;
        let oldest = found.first().map(|one| moment_ms(one, "createdAt"));
        Ok(oldest.transpose()?)
    }
}

/// A check with what its change depends on. Writes to the account, so that changes of one person's
/// checks follow each other.
async fn found(tx: &mut Tx, id: &VerificationId) -> Result<Option<Found>, MongoError> {
    let Some(this) = rows::by_id(tx, id).await? else {
        return Ok(None);
    };
    let account = account(tx, &this.user).await?;
    let all = rows::of_user(tx, &this.user).await?;
    Ok(account.map(|account| Found { account, all, this }))
}

/// The account, which stays as it is until the transaction ends.
async fn account(tx: &mut Tx, user: &UserId) -> Result<Option<Account>, MongoError> {
    if !held::exists(tx, user).await? {
        return Ok(None);
    }
    let found = tx.find_one(USERS, doc! {"_id": object_id(user)?}).await?;
    found.as_ref().map(users::account).transpose()
}

async fn begin(tx: &mut Tx, new: &NewVerification, now_ms: i64) -> Result<Begun, MongoError> {
    let account = account(tx, &new.user).await?;
    let Some(account) = account.filter(|account| account.status == Status::Active) else {
        return Ok(Begun::NoAccount);
    };
    let all = rows::of_user(tx, &new.user).await?;
    match rules::begin(&account, &all, new, now_ms) {
        Beginning::Refused(refusal) => Ok(Begun::Refused(refusal)),
        Beginning::Before(open) => Ok(Begun::Done(open)),
        Beginning::Done(change) => {
            if change.verification.id == new.id {
                rows::insert(tx, &change.verification).await?;
            } else {
                rows::update(tx, &change.verification).await?;
            }
            rows::leave(tx, &change, now_ms).await?;
            Ok(Begun::Done(Box::new(change.verification)))
        }
    }
}

async fn opened(
    tx: &mut Tx,
    id: &VerificationId,
    started: &Started,
    now_ms: i64,
) -> Result<Opened, MongoError> {
    let this = found(tx, id).await?.map(|found| found.this);
    match rules::opened(this.as_ref(), started, now_ms) {
        Opening::Done(open) => {
            rows::update(tx, &open).await?;
            Ok(Opened::Done(open))
        }
        Opening::Before(open, task) => {
            queue::push(tx, &[task]).await?;
            Ok(Opened::Done(open))
        }
        Opening::Gone(task) => {
            queue::push(tx, &[task]).await?;
            Ok(Opened::Gone)
        }
    }
}

async fn hinted(tx: &mut Tx, hint: &Hint, now_ms: i64) -> Result<Hinted, MongoError> {
    let of_session = doc! {"sessionId": hint.session.as_str()};
    let Some(found) = tx.find_one(VERIFICATIONS, of_session).await? else {
        return Ok(Hinted::Unknown);
    };
    let about = rows::read(&found)?;
    // The erasure of the account removes its tasks.
    if !held::exists(tx, &about.user).await? {
        return Ok(Hinted::Unknown);
    }
    queue::push(tx, &[NewTask::of_hint(hint, &about, now_ms)]).await?;
    Ok(Hinted::Taken)
}

async fn take_turn(tx: &mut Tx, id: &VerificationId, now_ms: i64) -> Result<bool, MongoError> {
    let Some(found) = found(tx, id).await? else {
        return remove_orphan(tx, id, now_ms).await;
    };
    match turn(found.case(), now_ms) {
        Turn::Nothing => return Ok(false),
        Turn::Change(change) => {
            rows::update(tx, &change.verification).await?;
            rows::leave(tx, &change, now_ms).await?;
        }
        Turn::Remove(task) => remove(tx, id, task).await?,
    }
    Ok(true)
}

/// Removes a check whose account is gone: a server of before there were checks erased it. Otherwise it would
/// stay at the head of what is due. Returns whether there is such a check.
async fn remove_orphan(tx: &mut Tx, id: &VerificationId, now_ms: i64) -> Result<bool, MongoError> {
    let Some(orphan) = rows::by_id(tx, id).await? else {
        return Ok(false);
    };
    let session = orphan.session.as_ref();
    let task = session.map(|session| NewTask::of_forgotten_session(&session.id, now_ms));
    remove(tx, id, task).await?;
    Ok(true)
}

async fn remove(tx: &mut Tx, id: &VerificationId, task: Option<NewTask>) -> Result<(), MongoError> {
    let this = doc! {"_id": object_id(id)?};
    tx.delete_one(VERIFICATIONS, this).await?;
    queue::push(tx, task.as_slice()).await?;
    Ok(())
}
