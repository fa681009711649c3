//! What operators do, in SQLite.

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
        account::{Role, Status},
        change::AccountChange,
        store::{Changed, Erased},
    },
};
use rusqlite::Transaction;

use super::{partners::standing, users::erase};
use crate::{
    database::EmbeddedDb,
    error::SqliteError,
    tables::{
        operator_audit as audit,
        users::{account, change::apply},
    },
};

/// What operators do, in the embedded store.
#[derive(Clone, Debug)]
pub struct EmbeddedOperators {
    db: EmbeddedDb,
}

impl EmbeddedOperators {
    pub const fn new(db: EmbeddedDb) -> Self {
        Self { db }
    }
}

#[async_trait]
impl OperatorStore for EmbeddedOperators {
    async fn record(&self, deed: NewDeed) -> Result<Entry, StoreError> {
        self.db.write(move |tx| audit::append(tx, deed)).await
    }

    async fn change(
        &self,
        id: &UserId,
        change: AccountChange,
        deed: NewDeed,
        now_ms: i64,
    ) -> Result<Operated, StoreError> {
        let id = id.clone();
        let changed = self.db.write(move |tx| {
            let before = account(tx, "id", id.as_str())?;
            if let Some(before) = &before
                && loses_administrator(before, Some(&change.apply(before, now_ms)))
                && has_one_administrator(tx)?
            {
                return Ok(Operated::LastAdministrator);
            }
            let changed = apply(tx, &id, &change, now_ms)?;
            if matches!(changed, Changed::Done(_)) {
                audit::append(tx, deed)?;
            }
            Ok(Operated::Changed(changed))
        });
        changed.await
    }

    async fn erase(
        &self,
        id: &UserId,
        pseudonym: &str,
        deed: NewDeed,
        now_ms: i64,
    ) -> Result<OperatedErasure, StoreError> {
        let (id, pseudonym) = (id.clone(), pseudonym.to_owned());
        let erased = self.db.write(move |tx| {
            let before = account(tx, "id", id.as_str())?;
            if before.is_some_and(|before| loses_administrator(&before, None))
                && has_one_administrator(tx)?
            {
                return Ok(OperatedErasure::LastAdministrator);
            }
            let erased = erase(tx, &id, &pseudonym, now_ms)?;
            if erased == Erased::Done {
                audit::append(tx, deed)?;
            }
            Ok(OperatedErasure::Erased(erased))
        });
        erased.await
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
        let decided = self.db.write(move |tx| {
            let stood = standing::decide(tx, &partner, &decision, &author, now_ms)?;
            if matches!(stood, Stood::Done(_)) {
                audit::append(tx, deed)?;
            }
            Ok(stood)
        });
        decided.await
    }

    async fn end_partner(
        &self,
        partner: &PartnerId,
        deed: NewDeed,
        author: Author,
        now_ms: i64,
    ) -> Result<Stood, StoreError> {
        let partner = partner.clone();
        let ended = self.db.write(move |tx| {
            let stood = standing::end(tx, &partner, &author, now_ms)?;
            if matches!(stood, Stood::Done(_)) {
                audit::append(tx, deed)?;
            }
            Ok(stood)
        });
        ended.await
    }

    async fn audit(&self, query: AuditQuery) -> Result<AuditPage, StoreError> {
        self.db.read(move |c| audit::page(c, &query)).await
    }

    async fn audit_after(
        &self,
        after: Option<Number>,
        limit: usize,
    ) -> Result<Vec<Entry>, StoreError> {
        self.db.read(move |c| audit::after(c, after, limit)).await
    }
}

fn has_one_administrator(tx: &Transaction<'_>) -> Result<bool, SqliteError> {
    let count: i64 = tx
        .prepare_cached("SELECT COUNT(*) FROM users WHERE role = ?1 AND status = ?2")?
        .query_row((Role::Admin.as_str(), Status::Active.as_str()), |row| {
            row.get(0)
        })?;
    Ok(count <= 1)
}
