//! The log's records of a time that is over, for subscribers that were away then. They are read in
//! blocks, once for all who need them: when a server stops, thousands come back at the same time.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use api::services::Services;
use cache_core::{LogId, PurgeRecord, Revision};
use cache_tiered::{LogSource as _, SourceError};
use tokio::sync::{OnceCell, Semaphore};

use super::records;

/// Records of one block.
const BLOCK: u64 = 512;
/// Blocks that are kept in memory, the newest first to be found.
const MOST_BLOCKS: usize = 64;
/// Blocks that are read at the same time.
const AT_ONCE: usize = 4;
/// Records that are looked at for one subscriber: not all that the log may have.
pub(super) const MOST_RECORDS: u64 = 100_000;

/// Why a time cannot be told of.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unread {
    #[error("the log does not go back so far")]
    BeforeHorizon,
    #[error("more than {MOST_RECORDS} records were missed")]
    TooFar,
    #[error("the log cannot be read")]
    Failed(#[from] SourceError),
    #[error("the log ends at {0}")]
    EndsBefore(Revision),
}

/// The blocks that are in memory.
#[derive(Debug)]
pub(super) struct History {
    blocks: Mutex<VecDeque<(Key, Cell)>>,
    turns: Semaphore,
}

type Cell = Arc<OnceCell<Arc<Block>>>;

/// The block of the records after `number` times [`BLOCK`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Key {
    log: LogId,
    number: u64,
}

/// What subscriptions may be told by some records.
#[derive(Debug)]
struct Block {
    /// Of all records that were read, not only of those that tell something.
    first: Revision,
    last: Revision,
    records: Vec<PurgeRecord>,
}

impl Default for History {
    fn default() -> Self {
        Self {
            blocks: Mutex::default(),
            turns: Semaphore::new(AT_ONCE),
        }
    }
}

impl History {
    fn blocks(&self) -> MutexGuard<'_, VecDeque<(Key, Cell)>> {
        self.blocks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Shows each record after `after` and up to `to` that may tell subscriptions something, in their
    /// order.
    pub(super) async fn read<E: From<Unread>>(
        &self,
        services: &Services,
        log: LogId,
        (after, to): (Revision, Revision),
        mut visit: impl FnMut(&PurgeRecord) -> Result<(), E>,
    ) -> Result<(), E> {
        if to.0.saturating_sub(after.0) > MOST_RECORDS {
            return Err(Unread::TooFar.into());
        }
        let mut read_to = after;
        while read_to < to {
            let number = read_to.0 / BLOCK;
            let end = Revision((number + 1).saturating_mul(BLOCK)).min(to);
            let block = self.block(services, Key { log, number }, end).await?;
            if block.first > read_to.next() {
                return Err(Unread::BeforeHorizon.into());
            }
            for record in &block.records {
                if record.revision > read_to && record.revision <= end {
                    visit(record)?;
                }
            }
            read_to = end;
        }
        Ok(())
    }

    /// A block, at least up to this revision.
    async fn block(
        &self,
        services: &Services,
        key: Key,
        end: Revision,
    ) -> Result<Arc<Block>, Unread> {
        let cell = self.cell(key);
        let block = cell
            .get_or_try_init(|| self.fetch(services, key, end))
            .await?;
        if block.last >= end {
            self.forget_unattested(services, key, &cell, block);
            return Ok(Arc::clone(block));
        }
        // It was read when the log was shorter.
        self.forget(key, &cell);
        let cell = self.cell(key);
        let block = cell
            .get_or_try_init(|| self.fetch(services, key, end))
            .await?;
        self.forget_unattested(services, key, &cell, block);
        if block.last >= end {
            Ok(Arc::clone(block))
        } else {
            Err(Unread::EndsBefore(block.last))
        }
    }

    fn cell(&self, key: Key) -> Cell {
        let mut blocks = self.blocks();
        if let Some((_, cell)) = blocks.iter().find(|(known, _)| *known == key) {
            return Arc::clone(cell);
        }
        let cell = Cell::default();
        blocks.push_front((key, Arc::clone(&cell)));
        blocks.truncate(MOST_BLOCKS);
        cell
    }

    fn forget(&self, key: Key, cell: &Cell) {
        let mut blocks = self.blocks();
        blocks.retain(|(known, kept)| *known != key || !Arc::ptr_eq(kept, cell));
    }

    /// A record that the database does not attest can be lost, and another one get its revision.
    fn forget_unattested(&self, services: &Services, key: Key, cell: &Cell, block: &Block) {
        if block.last > services.caches.feed.position().attested {
            self.forget(key, cell);
        }
    }

    async fn fetch(
        &self,
        services: &Services,
        key: Key,
        end: Revision,
    ) -> Result<Arc<Block>, Unread> {
        let _turn = self.turns.acquire().await.map_err(|error| {
            let error: SourceError = error.into();
            Unread::Failed(error)
        })?;
        let after = Revision(key.number.saturating_mul(BLOCK));
        let most = usize::try_from(BLOCK).unwrap_or(usize::MAX);
        let log = &services.purge_log;
        let page = log
            .records_after(key.log, after, most, Duration::ZERO)
            .await?;
        let ends = Unread::EndsBefore;
        let (Some(first), Some(last)) = (page.records.first(), page.records.last()) else {
            return Err(ends(after));
        };
        let (first, last) = (first.revision, last.revision);
        if last < end {
            return Err(ends(last));
        }
        let told = |mut record: PurgeRecord| {
            record.tags.retain(records::is_told);
            (!record.tags.is_empty()).then_some(record)
        };
        let records = page.records.into_iter().filter_map(told).collect();
        Ok(Arc::new(Block {
            first,
            last,
            records,
        }))
    }
}
