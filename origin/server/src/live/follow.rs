//! Records of the purge log become events.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet, VecDeque},
    time::Duration,
};

use api::live::{event::Source, position::Position};
use cache_core::{LogId, PurgeRecord, Revision, Tag};
use cache_tiered::{Moment, News, feed};
use domain::{
    Offer, OfferId, Partner, PartnerId, StoreError, error_chain::chain, offers::store::OfferQuery,
};
use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_util::sync::CancellationToken;

use super::{history::Unread, records};
use crate::state::AppState;

/// Offers that are still to be read; more than this, and the newest are looked up instead.
const MOST_PENDING: usize = 1_000;
/// Offers that were announced lately; reading the newest offers does not announce them again.
const REMEMBERED: usize = 1_000;
/// The newest offers that are looked at when records may have been missed.
const NEWEST: usize = 100;
/// Records come after their writes, and clocks differ.
const MARGIN_MS: i64 = 10_000;
const READ_WITHIN: Duration = Duration::from_secs(5);
/// How often what could not be read is tried again.
const AGAIN: Duration = Duration::from_secs(1);

/// Turns records into events until it is cancelled.
pub async fn follow(state: AppState, stop: CancellationToken) {
    let mut listener = state.services.caches.feed.listen();
    // After it listens, so that no record is between the two.
    let mut follower = Follower::new(&state);
    let mut again = interval(AGAIN);
    again.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        // Before it is asked for news: if there are none, this is how far it is current.
        let complete_at = state.services.caches.feed.position().complete_at;
        tokio::select! {
            biased;
            () = stop.cancelled() => return,
            news = listener.next() => match news {
                Some(News::Records(records)) => follower.heard(&records).await,
                Some(News::Missed) => follower.missed().await,
                // There is no feed any more.
                None => return,
            },
            _ = again.tick() => {
                if follower.try_again().await {
                    follower.is_current_as_of(complete_at);
                }
            }
        }
    }
}

struct Follower<'s> {
    state: &'s AppState,
    /// Offers that appeared and are not read yet, and where they did last.
    pending: BTreeMap<OfferId, Position>,
    /// Records may have been missed since `current_ms`.
    has_missed: bool,
    /// Everything that was written before this moment was heard of, milliseconds since the epoch.
    current_ms: i64,
    announced: RecentOffers,
    /// The log that it hears of.
    log: Option<LogId>,
    /// Records up to here were read from the log and told; they may be heard of again.
    read_to: Revision,
}

impl<'s> Follower<'s> {
    fn new(state: &'s AppState) -> Self {
        let feed = &state.services.caches.feed;
        let feed::Position { log, head, .. } = feed.position();
        // A copy that was never complete reads old records, which are no news. It tells when it is.
        let is_complete = feed.age_ms() < u64::MAX;
        if is_complete {
            state.live.follows_from(head);
            state.live.all_is_told();
        }
        Self {
            state,
            pending: BTreeMap::new(),
            has_missed: false,
            current_ms: state.services.clock.now_ms(),
            announced: RecentOffers::default(),
            log: log.filter(|_| is_complete),
            read_to: Revision::ZERO,
        }
    }

    async fn heard(&mut self, records: &[PurgeRecord]) {
        let hub = &self.state.live;
        let everything = Tag::everything();
        for record in records {
            if record.revision <= self.read_to {
                continue;
            }
            for (offer, at) in records::published(record) {
                self.appeared(offer, at);
            }
            hub.heard(record);
            // A purge of everything means that anything may have changed.
            if record.tags.contains(&everything) {
                hub.look_again(record.revision).await;
            }
        }
        if self.pending.is_empty() && !self.has_missed {
            hub.all_is_told();
        } else if !self.pending.is_empty() {
            let _or_later = self.try_again().await;
        }
    }

    fn appeared(&mut self, offer: OfferId, at: Position) {
        if self.pending.len() >= MOST_PENDING {
            self.has_missed = true;
        } else {
            self.pending.insert(offer, at);
        }
    }

    async fn missed(&mut self) {
        if self.catches_up().await {
            return;
        }
        self.has_missed = true;
        self.read_to = Revision::ZERO;
        let feed::Position { log, head, .. } = self.state.services.caches.feed.position();
        self.log = log;
        tracing::info!("records may have been missed: what is subscribed is read again");
        self.state.live.follows_from(head);
        self.state.live.look_again(head).await;
        let _or_later = self.try_again().await;
    }

    /// Reads the missed records from the log, if it is still the same one; whether that was possible.
    async fn catches_up(&mut self) -> bool {
        let feed::Position { log, head, .. } = self.state.services.caches.feed.position();
        let heard_to = self.state.live.followed_to();
        let Some(log) = log.filter(|log| Some(*log) == self.log && heard_to > Revision::ZERO)
        else {
            return false;
        };
        let mut records = Vec::new();
        let history = self.state.live.history();
        let visit = |record: &PurgeRecord| {
            records.push(record.clone());
            Ok::<_, Unread>(())
        };
        let read = history.read(&self.state.services, log, (heard_to, head), visit);
        let read = timeout(READ_WITHIN, read).await;
        if !matches!(read, Ok(Ok(()))) {
            return false;
        }
        tracing::info!(
            records = records.len(),
            "records that were missed were read from the log"
        );
        self.heard(&records).await;
        self.read_to = head;
        self.state.live.follows_from(head);
        true
    }

    /// Everything that was written before this moment was heard of.
    fn is_current_as_of(&mut self, complete_at: Moment) {
        let wall_ms = i64::try_from(complete_at.wall_ms).unwrap_or(i64::MAX);
        self.current_ms = self.current_ms.max(wall_ms);
    }

    /// Reads what has to be read; whether nothing is left. What fails is tried again.
    async fn try_again(&mut self) -> bool {
        if !self.state.live.awaits_offers() {
            // No subscription waits for offers; later ones get only offers that appear after them.
            self.pending.clear();
            self.has_missed = false;
        }
        if let Err(error) = self.read_pending().await {
            tracing::warn!(error = chain(&error), "offers that appeared cannot be read");
            return false;
        }
        if self.has_missed {
            if let Err(error) = self.read_newest().await {
                tracing::warn!(error = chain(&error), "the newest offers cannot be read");
                return false;
            }
            self.has_missed = false;
        }
        self.state.live.all_is_told();
        true
    }

    async fn read_pending(&mut self) -> Result<(), StoreError> {
        if self.pending.is_empty() {
            return Ok(());
        }
        let ids: Vec<OfferId> = self.pending.keys().cloned().collect();
        let read = self.state.services.offers.by_ids(&ids);
        let read = self.state.services.observer.read("live.offers", read);
        let found = in_time(read).await?;
        let partners: BTreeSet<_> = found.values().map(|offer| &offer.partner_id).collect();
        let partners: Vec<PartnerId> = partners.into_iter().cloned().collect();
        let read = self.state.services.partners.partners_by_ids(&partners);
        let read = self.state.services.observer.read("live.partners", read);
        let partners = in_time(read).await?;
        let pending = std::mem::take(&mut self.pending);
        let is_public = |offer: &Offer| {
            let partner = partners.get(&offer.partner_id);
            partner.is_some_and(Partner::is_public)
        };
        let found = found.into_iter().filter(|(_, offer)| is_public(offer));
        let mut found: Vec<_> = found
            .filter_map(|(id, offer)| Some((*pending.get(&id)?, offer)))
            .collect();
        // In the order of the log: who has heard an event has heard all before it.
        found.sort_by_key(|(at, _)| *at);
        for (at, offer) in found {
            self.tell(offer, at, Source::Log);
        }
        Ok(())
    }

    async fn read_newest(&mut self) -> Result<(), StoreError> {
        let now_ms = self.state.services.clock.now_ms();
        let head = self.state.services.caches.feed.position().head;
        let query = OfferQuery::newest(NEWEST, now_ms);
        let services = &self.state.services;
        let read = async {
            // Fails until the index has what was told up to here.
            let listed = services.lists.answer(&query, Some(head)).await?;
            let ids: Vec<OfferId> = listed.found.items.into_iter().map(|hit| hit.id).collect();
            let offers = services.offers.by_ids(&ids).await?;
            Ok((ids, offers))
        };
        let (ids, mut offers) = in_time(services.observer.read("live.newest", read)).await?;
        let since_ms = self.current_ms.saturating_sub(MARGIN_MS);
        for offer in ids.iter().filter_map(|id| offers.remove(id)) {
            if offer.created_at_ms >= since_ms && !self.announced.has(&offer.id) {
                self.tell(offer, Position::whole(head), Source::Newest);
            }
        }
        Ok(())
    }

    fn tell(&mut self, offer: Offer, at: Position, source: Source) {
        let now_ms = self.state.services.clock.now_ms();
        let is_valid = offer.valid_from_ms <= now_ms && now_ms < offer.valid_until_ms;
        if offer.is_active && is_valid {
            self.announced.remember(offer.id.clone());
            self.state.live.published(offer, at, source);
        }
    }
}

async fn in_time<T>(read: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
    timeout(READ_WITHIN, read).await.unwrap_or_else(|_| {
        Err(StoreError::Busy(
            "a read for subscriptions took too long".to_owned(),
        ))
    })
}

/// The offers that were announced last.
#[derive(Debug, Default)]
struct RecentOffers {
    order: VecDeque<OfferId>,
    ids: HashSet<OfferId>,
}

impl RecentOffers {
    fn has(&self, id: &OfferId) -> bool {
        self.ids.contains(id)
    }

    fn remember(&mut self, id: OfferId) {
        if !self.ids.insert(id.clone()) {
            return;
        }
        self.order.push_back(id);
        if self.order.len() > REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.ids.remove(&oldest);
        }
    }
}
