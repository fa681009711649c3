//! Identity checks in SQLite.

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
    users::account::Status,
};
use rusqlite::{Connection, Transaction};

use crate::{
    database::EmbeddedDb,
    error::SqliteError,
    tables::{limit::limit, queue, users, verifications as rows},
};

/// The identity checks of the embedded store.
#[derive(Clone, Debug)]
pub struct EmbeddedIdentity {
    db: EmbeddedDb,
}

impl EmbeddedIdentity {
    pub const fn new(db: EmbeddedDb) -> Self {
        Self { db }
    }
}

#[async_trait]
impl IdentityStore for EmbeddedIdentity {
    async fn begin(&self, new: NewVerification, now_ms: i64) -> Result<Begun, StoreError> {
        let begin = self.db.write(move |tx| begin(tx, &new, now_ms));
        begin.await
    }

    async fn opened(
        &self,
        id: &VerificationId,
        started: Started,
        now_ms: i64,
    ) -> Result<Opened, StoreError> {
        let id = id.clone();
        self.db
            .write(move |tx| opened(tx, &id, &started, now_ms))
            .await
    }

    async fn by_id(&self, id: &VerificationId) -> Result<Option<Verification>, StoreError> {
        let id = id.clone();
        self.db.read(move |c| rows::by_id(c, &id)).await
    }

    async fn of_user(&self, user: &UserId) -> Result<Vec<Verification>, StoreError> {
        let user = user.clone();
        self.db.read(move |c| rows::of_user(c, &user)).await
    }

    async fn hinted(&self, hint: Hint, now_ms: i64) -> Result<Hinted, StoreError> {
        let hinted = self.db.write(move |tx| {
            let session = [hint.session.as_str()];
            let about = rows::select(tx, "WHERE session_id = ?1", session)?.pop();
            let Some(about) = about else {
                return Ok(Hinted::Unknown);
            };
            queue::push(tx, &[NewTask::of_hint(&hint, &about, now_ms)])?;
            Ok(Hinted::Taken)
        });
        hinted.await
    }

    async fn decided(
        &self,
        id: &VerificationId,
        (verdict, at_ms): (Verdict, Option<i64>),
        valid_ms: i64,
        now_ms: i64,
    ) -> Result<Option<Verification>, StoreError> {
        let id = id.clone();
        let decided = self.db.write(move |tx| {
            let Some(found) = found(tx, &id)? else {
                return Ok(None);
            };
            let change = rules::decided(found.case(), verdict, at_ms, valid_ms, now_ms);
            if let Some(change) = &change {
                rows::store(tx, change, now_ms)?;
            }
            Ok(change.map(|change| change.verification))
        });
        decided.await
    }

    async fn ruled(
        &self,
        id: &VerificationId,
        ruling: NewRuling,
        valid_ms: i64,
        now_ms: i64,
    ) -> Result<Ruled, StoreError> {
        let id = id.clone();
        let ruled = self.db.write(move |tx| {
            let Some(found) = found(tx, &id)? else {
                return Ok(Ruled::Refused(IdentityRefusal::NotFound));
            };
            match rules::ruled(found.case(), &ruling, valid_ms, now_ms) {
                Ok(change) => {
                    rows::store(tx, &change, now_ms)?;
                    Ok(Ruled::Done(Box::new(change.verification)))
                }
                Err(refusal) => Ok(Ruled::Refused(refusal)),
            }
        });
        ruled.await
    }

    async fn list(&self, query: VerificationQuery) -> Result<VerificationPage, StoreError> {
        self.db.read(move |c| list(c, &query)).await
    }

    async fn due(&self, now_ms: i64, most: usize) -> Result<Vec<VerificationId>, StoreError> {
        let due = self.db.read(move |c| {
            let rest = "WHERE due_ms <= ?1 ORDER BY due_ms LIMIT ?2";
            let due = rows::select(c, rest, (now_ms, limit(most)))?;
            Ok(due.into_iter().map(|due| due.id).collect())
        });
        due.await
    }

    async fn turn(&self, id: &VerificationId, now_ms: i64) -> Result<bool, StoreError> {
        let id = id.clone();
        let turned = self.db.write(move |tx| {
            let Some(found) = found(tx, &id)? else {
                return remove_orphan(tx, &id, now_ms);
            };
            match turn(found.case(), now_ms) {
                Turn::Nothing => return Ok(false),
                Turn::Change(change) => rows::store(tx, &change, now_ms)?,
                Turn::Remove(task) => remove(tx, &id, task.as_ref())?,
            }
            Ok(true)
        });
        turned.await
    }

    async fn oldest_open_ms(&self) -> Result<Option<i64>, StoreError> {
        let oldest = self.db.read(move |c| {
            let oldest = c
                .prepare_cached("SELECT MIN(created_at_ms) FROM verifications WHERE state = ?1")?
                .query_row([State::Open.as_str()], |row| row.get(0))?;
            Ok(oldest)
        });
        oldest.await
    }
}

/// A check with what its change depends on, read by the writer.
fn found(tx: &Transaction<'_>, id: &VerificationId) -> Result<Option<Found>, SqliteError> {
    let Some(this) = rows::by_id(tx, id)? else {
        return Ok(None);
    };
    let all = rows::of_user(tx, &this.user)?;
    let account = users::account(tx, "id", this.user.as_str())?;
    Ok(account.map(|account| Found { account, all, this }))
}

fn begin(tx: &Transaction<'_>, new: &NewVerification, now_ms: i64) -> Result<Begun, SqliteError> {
    let account = users::account(tx, "id", new.user.as_str())?;
    let Some(account) = account.filter(|account| account.status == Status::Active) else {
        return Ok(Begun::NoAccount);
    };
    let all = rows::of_user(tx, &new.user)?;
    match rules::begin(&account, &all, new, now_ms) {
        Beginning::Refused(refusal) => Ok(Begun::Refused(refusal)),
        Beginning::Before(open) => Ok(Begun::Done(open)),
        Beginning::Done(change) => {
            rows::store(tx, &change, now_ms)?;
            Ok(Begun::Done(Box::new(change.verification)))
        }
    }
}

fn opened(
    tx: &Transaction<'_>,
    id: &VerificationId,
    started: &Started,
    now_ms: i64,
) -> Result<Opened, SqliteError> {
    let this = rows::by_id(tx, id)?;
    match rules::opened(this.as_ref(), started, now_ms) {
        Opening::Done(open) => {
            rows::put(tx, &open)?;
            Ok(Opened::Done(open))
        }
        Opening::Before(open, task) => {
            queue::push(tx, &[task])?;
            Ok(Opened::Done(open))
        }
        Opening::Gone(task) => {
            queue::push(tx, &[task])?;
            Ok(Opened::Gone)
        }
    }
}

/// Removes a check whose account is gone: a server of before there were checks erased it. Otherwise it would
/// stay at the head of what is due. Returns whether there is such a check.
fn remove_orphan(
    tx: &Transaction<'_>,
    id: &VerificationId,
    now_ms: i64,
) -> Result<bool, SqliteError> {
    let Some(orphan) = rows::by_id(tx, id)? else {
        return Ok(false);
    };
    let session = orphan.session.as_ref();
    let task = session.map(|session| NewTask::of_forgotten_session(&session.id, now_ms));
    remove(tx, id, task.as_ref())?;
    Ok(true)
}

fn remove(
    tx: &Transaction<'_>,
    id: &VerificationId,
    task: Option<&NewTask>,
) -> Result<(), SqliteError> {
    tx.prepare_cached("DELETE FROM verifications WHERE id = ?1")?
        .execute([id.as_str()])?;
    queue::push(tx, task.map_or(&[][..], std::slice::from_ref))?;
    Ok(())
}

fn list(
    connection: &Connection,
    query: &VerificationQuery,
) -> Result<VerificationPage, SqliteError> {
    let most = limit(query.first + 1);
    // Every position has an earlier moment than this.
    let (at_ms, id) = match &query.after {
        Some(after) => (after.created_at_ms, after.id.as_str()),
        None => (i64::MAX, ""),
    };
    let found = match query.state {
        None => rows::select(
            connection,
            "WHERE (created_at_ms, id) < (?1, ?2) ORDER BY created_at_ms DESC, id DESC LIMIT ?3",
            (at_ms, id, most),
        )?,
        Some(state) => rows::select(
            connection,
            "WHERE state = ?4 AND (created_at_ms, id) < (?1, ?2)
             ORDER BY created_at_ms DESC, id DESC LIMIT ?3",
            (at_ms, id, most, state.as_str()),
        )?,
    };
    Ok(VerificationPage::of(found, query.first))
}
