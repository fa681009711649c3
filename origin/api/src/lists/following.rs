//! Keeps the catalogue index current: reads all offers once, then those that the purge log names.

use std::{
    collections::{BTreeSet, HashSet},
    sync::{MutexGuard, PoisonError, atomic::Ordering::Relaxed},
    time::Duration,
};

use cache_core::{PurgeRecord, Revision, Tag};
use cache_tiered::{News, feed::news::Listener};
use domain::{
    OfferId, StoreError,
    error_chain::chain,
    offers::listing::Listings,
    purges::{AuditFilter, AuditRow},
    tags,
};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::{LOOK_AGAIN_MS, Lists, Reached, Stage};

/// How many offers one read of all has.
const BATCH: usize = 2_000;
/// How many offers are changed at once, while lists wait.
const AT_ONCE: usize = 100;
/// The pause after a read has failed.
const AFTER_FAILURE: Duration = Duration::from_secs(1);
/// How many rows of the outbox and of the audit are looked at; with more, all offers are read.
const ROWS: usize = 500;

/// Follows the log until it is cancelled.
pub async fn run(lists: Lists, stop: CancellationToken) {
    tokio::select! {
        () = stop.cancelled() => {}
        () = lists.follow_forever() => {}
    }
}

/// What to read when records were missed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Again {
    /// The offers of purges that the database knows of.
    WhatWasPurged,
    Everything,
}

/// What records change in the index.
#[derive(Debug, Default)]
struct Named {
    offers: BTreeSet<OfferId>,
    everything: bool,
}

impl Lists {
    async fn follow_forever(&self) {
        loop {
            // Before anything is read: every record from here on is heard.
            let mut listener = self.0.feed.listen();
            if let Err(error) = self.take_up().await {
                let error = chain(&error);
                tracing::warn!(error, "the catalogue cannot be read; tried again soon");
                sleep(AFTER_FAILURE).await;
                continue;
            }
            if self.0.reached.borrow().stage == Stage::TooLarge {
                return;
            }
            match self.apply_news(&mut listener).await {
                Ok(Again::WhatWasPurged) => {}
                Ok(Again::Everything) => self.0.reads_all.store(true, Relaxed),
                Err(error) => {
                    let error = chain(&error);
                    tracing::warn!(error, "changed offers cannot be read: all are read again");
                    self.0.reads_all.store(true, Relaxed);
                    sleep(AFTER_FAILURE).await;
                }
            }
            self.change(|state| state.reached.stage = Stage::Rereading);
        }
    }

    /// Brings the index to what the log's copy has: at first, and whenever records may have been
    /// missed.
    async fn take_up(&self) -> Result<(), StoreError> {
        let (began_ms, as_of) = (self.steady_ms(), self.0.feed.as_of());
        let offers = if self.0.reads_all.load(Relaxed) {
            None
        } else {
            self.purged_since().await?
        };
        let reading = if let Some(offers) = offers {
            self.read_offers(offers).await?;
            self.0.reached.borrow().reading
        } else {
            let reading = self.0.readings_begun.fetch_add(1, Relaxed) + 1;
            self.put_all().await?;
            reading
        };
        self.0.reads_all.store(false, Relaxed);
        let stage = if !self.is_loaded() && self.is_too_large() {
            Stage::TooLarge
        } else {
            Stage::Following
        };
        self.change(|state| {
            state.reached = Reached {
                stage,
                log: as_of.map(|as_of| as_of.log),
                revision: as_of.map_or(Revision::ZERO, |as_of| as_of.revision),
                complete_at_ms: began_ms,
                reading,
            };
        });
        Ok(())
    }

    fn is_too_large(&self) -> bool {
        const MIB: u64 = 1024 * 1024;
        let bytes = u64::try_from(self.size().bytes).unwrap_or(u64::MAX);
        bytes > self.0.config.memory_mib.saturating_mul(MIB)
    }

    /// Applies records as they come, until some may have been missed.
    async fn apply_news(&self, listener: &mut Listener) -> Result<Again, StoreError> {
        loop {
            let news = tokio::select! {
                news = listener.next() => news,
                () = self.0.anew.notified() => return Ok(Again::Everything),
            };
            match news {
                Some(News::Records(records)) => {
                    let named = self.named(records.iter().flat_map(|record| &record.tags));
                    if named.everything {
                        return Ok(Again::Everything);
                    }
                    if !self.follows_on(&records) {
                        return Ok(Again::WhatWasPurged);
                    }
                    self.read_offers(named.offers).await?;
                    self.reach(&records);
                }
                Some(News::Missed) | None => return Ok(Again::WhatWasPurged),
            }
        }
    }

    /// Whether no record is missing between these and what was applied.
    fn follows_on(&self, records: &[PurgeRecord]) -> bool {
        let reached = self.0.reached.borrow().revision;
        records
            .first()
            .is_none_or(|first| first.revision <= reached.next())
    }

    /// The offers that tags name.
    fn named<'t>(&self, all: impl Iterator<Item = &'t Tag>) -> Named {
        let mut named = Named::default();
        let everything = Tag::everything();
        let state = self.0.state.read().unwrap_or_else(PoisonError::into_inner);
        for tag in all {
            if *tag == everything {
                named.everything = true;
            } else if let Some(offer) = tags::tagged_offer(tag) {
                named.offers.insert(offer);
            } else if let Some(partner) = tags::tagged_partner(tag) {
                // Its name, or an establishment of it, may have changed.
                named.offers.extend(state.index.ids_of_partner(&partner));
            }
        }
        named
    }

    /// Notes that these records were applied.
    fn reach(&self, records: &[PurgeRecord]) {
        let Some(last) = records.last() else { return };
        self.change(|state| {
            let reached = &mut state.reached;
            reached.revision = reached.revision.max(last.revision);
        });
    }

    /// Reads offers anew and replaces what the index has of them.
    async fn read_offers(&self, ids: BTreeSet<OfferId>) -> Result<(), StoreError> {
        let ids: Vec<OfferId> = ids.into_iter().collect();
        for ids in ids.chunks(BATCH) {
            let _in_order = self.0.reading.lock().await;
            self.replace_with_stored(ids).await?;
        }
        Ok(())
    }

    /// The caller holds `reading`.
    async fn replace_with_stored(&self, ids: &[OfferId]) -> Result<(), StoreError> {
        if let Some(meanwhile) = &mut *self.read_meanwhile() {
            meanwhile.extend(ids.iter().cloned());
        }
        let read = self.0.offers.listings_of(ids).await?;
        let found: HashSet<&OfferId> = read.found.iter().map(|listing| &listing.id).collect();
        self.remove(ids.iter().filter(|id| !found.contains(id)));
        self.put(&read, &HashSet::new()).await;
        Ok(())
    }

    fn read_meanwhile(&self) -> MutexGuard<'_, Option<HashSet<OfferId>>> {
        let meanwhile = self.0.read_meanwhile.lock();
        meanwhile.unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts what was read, except for offers that are `newer` in the index.
    async fn put(&self, read: &Listings, newer: &HashSet<OfferId>) {
        let now_ms = self.now_ms();
        for offer in &read.corrupt {
            let (id, why) = (&offer.id, &offer.why);
            tracing::error!(id, why, "lists leave out an offer that cannot be read");
        }
        for listings in read.found.chunks(AT_ONCE) {
            self.change(|state| {
                for listing in listings.iter().filter(|it| !newer.contains(&it.id)) {
                    // An offer that did not change keeps its slot: a new one would have to be cleaned.
                    if !state.index.has(listing) {
                        state.index.put(listing, now_ms);
                    }
                }
            });
            // Lists go first.
            tokio::task::yield_now().await;
        }
    }

    /// Reads all offers, and removes those that are gone.
    ///
    /// Offers may change meanwhile, and a batch may have them as they were when the reading began. Each
    /// change purges the offer after that, so the follower, which goes on from where the log was before
    /// the reading, reads it anew.
    ///
    /// Offers that are read by themselves meanwhile are not waited for, and what is read of them here
    /// may be older: it is left out.
    async fn put_all(&self) -> Result<(), StoreError> {
        let asked_ms = self.steady_ms();
        let mut last_began_ms = self.0.reading_all.lock().await;
        if *last_began_ms > asked_ms {
            return Ok(());
        }
        let began_ms = self.steady_ms();
        *self.read_meanwhile() = Some(HashSet::new());
        let ends = EndsMeanwhile(self);
        self.put_all_but_newer().await?;
        drop(ends);
        *last_began_ms = began_ms;
        Ok(())
    }

    async fn put_all_but_newer(&self) -> Result<(), StoreError> {
        let mut unread: HashSet<OfferId> = {
            let state = self.0.state.read().unwrap_or_else(PoisonError::into_inner);
            state.index.ids().collect()
        };
        let mut corrupt = 0;
        let mut all = self.0.offers.all_listings();
        let mut batch = all.next(BATCH).await?;
        while !batch.is_empty() {
            corrupt += batch.corrupt.len();
            for listing in &batch.found {
                unread.remove(&listing.id);
            }
            // The database reads the next batch while this one is put: a core for each.
            let (next, ()) = tokio::join!(all.next(BATCH), self.put_unless_newer(&batch));
            batch = next?;
        }
        // They are gone, or the reading has missed them because they changed.
        let unread: Vec<OfferId> = unread.into_iter().collect();
        for ids in unread.chunks(BATCH) {
            let _in_order = self.0.reading.lock().await;
            self.replace_with_stored(ids).await?;
        }
        self.0.corrupt.store(corrupt, Relaxed);
        Ok(())
    }

    async fn put_unless_newer(&self, batch: &Listings) {
        let _in_order = self.0.reading.lock().await;
        let newer = self.read_meanwhile().clone().unwrap_or_default();
        self.put(batch, &newer).await;
    }

    fn remove<'o>(&self, gone: impl Iterator<Item = &'o OfferId>) {
        let gone: Vec<&OfferId> = gone.collect();
        for gone in gone.chunks(AT_ONCE) {
            self.change(|state| gone.iter().for_each(|id| state.index.remove(id)));
        }
    }

    /// While the log cannot be followed: reads the offers that the database's own purges name.
    pub(super) async fn look_into_the_database(&self) -> Result<(), StoreError> {
        let asked_ms = self.steady_ms();
        let _one_at_a_time = self.0.looking.lock().await;
        let known_ms = self.0.reached.borrow().complete_at_ms;
        if known_ms + LOOK_AGAIN_MS > asked_ms {
            return Ok(());
        }
        if !self.is_loaded() {
            return Err(super::loading());
        }
        let began_ms = self.steady_ms();
        match self.purged_since().await? {
            Some(offers) => self.read_offers(offers).await?,
            None => self.put_all().await?,
        }
        self.change(|state| {
            let reached = &mut state.reached;
            reached.complete_at_ms = reached.complete_at_ms.max(began_ms);
        });
        Ok(())
    }

    /// The offers that purges name of which the index does not know: those that wait in the outbox,
    /// and those that were moved into a log since. `None` if there may be more than are read here.
    async fn purged_since(&self) -> Result<Option<BTreeSet<OfferId>>, StoreError> {
        let reached = self.0.reached.borrow().revision;
        // In this order: a purge that leaves the outbox meanwhile is in the audit afterwards.
        let waiting = self.0.purges.pending(0, ROWS).await?;
        let moved = self
            .0
            .purges
            .audit(None, ROWS, AuditFilter::default())
            .await?;
        let is_known = |row: &AuditRow| row.revision.is_some_and(|revision| revision <= reached);
        let has_all =
            waiting.len() < ROWS && (moved.len() < ROWS || moved.last().is_some_and(is_known));
        let moved = moved.iter().filter(|row| !is_known(row));
        let waiting = waiting.iter().flat_map(|row| &row.purge.tags);
        let named = self.named(waiting.chain(moved.flat_map(|row| &row.tags)));
        Ok((has_all && !named.everything).then_some(named.offers))
    }
}

/// Ends [`super::Shared::read_meanwhile`], also when its reading is given up.
struct EndsMeanwhile<'a>(&'a Lists);

impl Drop for EndsMeanwhile<'_> {
    fn drop(&mut self) {
        *self.0.read_meanwhile() = None;
    }
}
