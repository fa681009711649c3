//! The store trait of purges: the outbox, the register of purge logs, and the audit.

use std::fmt;

use async_trait::async_trait;
use cache_core::{LogId, Revision, Tip};

use super::{AuditFilter, AuditRow, OutboxRow, PendingPurge};
use crate::StoreError;

/// A row of the outbox that was moved into a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// The row's id.
    pub id: i64,
    /// The audit row to write, unless another server moved the row meanwhile and wrote it.
    pub told: AuditRow,
}

/// The log in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InForce {
    pub log: LogId,
    /// The database attests the log up to here: rows left the outbox for records up to this one. If
    /// the log does not have this position any more, it has lost records.
    pub end: Tip,
}

/// Shows that records are in a log, and that the log still has what is attested of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    pub log: LogId,
    /// The position of the last of the records.
    pub tip: Tip,
    /// Other positions that this very log was found to have.
    pub known: Vec<Tip>,
}

impl Proof {
    /// Up to where the log is attested now, if it was attested up to `end`. `None` when the proof
    /// does not show that the log has `end`: it may have lost it.
    pub fn attests(&self, end: Tip) -> Option<Tip> {
        let has_it = self.tip == end || self.known.contains(&end);
        has_it.then_some(if self.tip.revision > end.revision {
            self.tip
        } else {
            end
        })
    }
}

/// What became of rows that were to leave the outbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TakenOut {
    /// They have left, and the log is attested up to their records.
    Done,
    /// Another log is in force: the records do not count as purges.
    OtherLog,
    /// The log is attested up to a position that the proof does not know. Nothing was changed.
    Unproven(Tip),
}

/// The purges in a database. Other blocks' writes add to the outbox in their own transactions.
#[async_trait]
pub trait PurgeStore: fmt::Debug + Send + Sync {
    /// Stores a purge that no write causes.
    async fn push(&self, purge: PendingPurge, now_ms: i64) -> Result<(), StoreError>;

    /// The pending purges whose ids are greater than `after`, at most `limit`, by id. Ids are positive
    /// and say nothing of the order of commits: a purge that is committed later may have a smaller
    /// id.
    async fn pending(&self, after: i64, limit: usize) -> Result<Vec<OutboxRow>, StoreError>;

    /// The greatest id of a pending purge; 0 if there is none.
    async fn last_pending(&self) -> Result<i64, StoreError>;

    /// Removes rows whose records were read back from a log, and writes their audit rows, in one
    /// transaction that also checks whether the log is in force and has all that is attested of it,
    /// and then attests it up to the proof's tip. The audit names the actor that the removed row
    /// names: its account may have been erased since the row was read.
    async fn take_out(&self, proof: Proof, moved: Vec<Moved>) -> Result<TakenOut, StoreError>;

    /// The log in force, if there is one.
    async fn in_force(&self) -> Result<Option<InForce>, StoreError>;

    /// The revision after which the next log begins, see [`Revision::of_generation`].
    async fn next_begins_after(&self) -> Result<Revision, StoreError>;

    /// Puts a log that ends at `tip` in force and retires the previous one; returns whether it
    /// did. A retired log stays retired, and a log that would reuse revisions of earlier ones is
    /// never put in force.
    async fn put_in_force(&self, log: LogId, tip: Tip, now_ms: i64) -> Result<bool, StoreError>;

    /// The newest audit rows before `before_id`, at most `limit`, newest first: rows of a log by their
    /// revisions, after the rows that [`Self::tell`] added.
    async fn audit(
        &self,
        before_id: Option<i64>,
        limit: usize,
        filter: AuditFilter,
    ) -> Result<Vec<AuditRow>, StoreError>;

    /// Adds audit rows from another database, oldest first, before the rows of this one's logs.
    async fn tell(&self, rows: Vec<AuditRow>) -> Result<(), StoreError>;

    /// Deletes audit rows past their retention.
    async fn trim_audit(&self, now_ms: i64) -> Result<(), StoreError>;
}

#[cfg(test)]
mod tests {
    use cache_core::Digest;

    use super::*;

    #[test]
    fn a_proof_attests_more_only_of_a_log_that_has_what_was_attested() {
        let tip = |revision, byte| Tip {
            revision: Revision(revision),
            digest: Digest::from_bytes([byte; 8]),
        };
        let proof = Proof {
            log: LogId::from_bytes([1; 16]),
            tip: tip(7, 7),
            known: vec![tip(8, 8), tip(6, 6)],
        };
        for (end, expected) in [
            (tip(6, 6), Some(tip(7, 7))),
            (tip(7, 7), Some(tip(7, 7))),
            (tip(8, 8), Some(tip(8, 8))),
            // The records were lost, and others have their revisions.
            (tip(6, 60), None),
            (tip(7, 70), None),
            (tip(5, 5), None),
            (tip(9, 9), None),
        ] {
            assert_eq!(proof.attests(end), expected, "{end:?}");
        }
    }
}
