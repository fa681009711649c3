//! A subscription begins to listen. If its client comes back with the id of the last event that it
//! heard, it goes on after that event: it listens first, and is then told what the log has between the
//! event and the moment from which it listens. So nothing is lost and nothing is told twice.

use std::{collections::HashMap, time::Duration};

use api::{
    execution::live::{
        operation::Operation,
        outcome::{Errors, Payload},
    },
    live::{
        event::Event,
        position::{EventId, Position},
        topic::{Reach, Topic},
    },
};
use cache_core::{AsOf, Digest, LogCopy, LogId, PurgeRecord, Revision, Tag, Validity};
use cache_tiered::LogSource as _;
use domain::{
    OfferId, StoreError,
    bookings::window::is_bookable,
    error_chain::chain,
    sentence::{Language, Sentence},
};
use pq_core::{ErrorCode, Refusal};
use tokio::time::timeout;

use super::{
    history::Unread,
    hub::{Connection, Start},
    mailbox::{MOST_MISSED, OperationNumber, TooMuchMissed},
    records,
};
use crate::state::AppState;

/// How long it may take to find out what was missed.
const WITHIN: Duration = Duration::from_secs(5);
/// How long an event is waited for that this server has not heard of yet.
const FOLLOWS_WITHIN: Duration = Duration::from_secs(2);
/// Offers that are read from the database at once.
const OFFERS_AT_ONCE: usize = 100;

/// Why a subscription cannot go on where its client was.
#[derive(Debug, thiserror::Error)]
pub(super) enum Lost {
    #[error("it is the id of no event")]
    NotAnId,
    #[error("the event is of another log")]
    OtherLog,
    #[error("this server does not know the event")]
    Unknown,
    #[error("the records of what was missed cannot be read")]
    Unread(#[from] Unread),
    #[error("more than {MOST_MISSED} events were missed")]
    TooMany(#[from] TooMuchMissed),
    #[error("the offers that were missed cannot be read")]
    Store(#[from] StoreError),
    #[error("it took too long to find out what was missed")]
    Late,
}

impl Lost {
    /// The word in metrics.
    pub(super) const fn as_str(&self) -> &'static str {
        match self {
            Self::NotAnId => "not-an-id",
            Self::OtherLog => "other-log",
            Self::Unknown => "unknown",
            Self::Unread(Unread::BeforeHorizon) => "before-horizon",
            Self::Unread(Unread::TooFar) | Self::TooMany(_) => "too-much",
            Self::Unread(Unread::Failed(_) | Unread::EndsBefore(_)) | Self::Store(_) => "failed",
            Self::Late => "late",
        }
    }
}

/// A subscription that listens.
#[derive(Debug)]
pub(super) struct Listening {
    /// It gets what comes after this.
    pub(super) after: Revision,
    /// Its client has to be told that it may have missed something.
    pub(super) is_lost: bool,
}

/// Has a subscription listen, after the event with this id if its client comes back.
pub(super) async fn listen(
    state: &AppState,
    connection: &mut Connection,
    number: OperationNumber,
    (operation, topic): (&Operation, Topic),
    resume_from: Option<&str>,
) -> Listening {
    let Some(id) = resume_from else {
        let after = connection.listen(number, topic, Start::Now);
        return Listening {
            after,
            is_lost: false,
        };
    };
    let (after, outcome) = match heard(state, id).await {
        Ok(from) => {
            operation.resumes();
            let after = connection.listen(number, topic.clone(), Start::Resumed);
            let missed = timeout(WITHIN, missed(state, &topic, from, after)).await;
            let missed = missed.unwrap_or(Err(Lost::Late));
            let put = missed.and_then(|events| Ok(connection.put_missed(number, events)?));
            if put.is_err() {
                operation.starts_over();
                connection.looks_again(number, &topic, after);
            }
            (after, put)
        }
        Err(lost) => {
            operation.starts_over();
            (connection.listen(number, topic, Start::Now), Err(lost))
        }
    };
    let is_lost = outcome.is_err();
    let word = outcome.as_ref().map_or_else(Lost::as_str, |()| "resumed");
    state.live.metrics().resumed(word);
    if let Err(why) = outcome {
        tracing::info!(error = chain(&why), "a subscription cannot be resumed");
    }
    Listening { after, is_lost }
}

/// What a client is told that may have missed something. It may go on after this as well.
pub(super) fn lost(state: &AppState, listening: &Listening, language: Language) -> Payload {
    let message = Sentence::new(
        "des nouvelles ont pu être manquées : relisez ce que vous suivez",
        "news may have been missed: read again what you follow",
    );
    let refusal = Refusal::new(ErrorCode::RESUME_LOST, message.text(language).to_owned());
    let payload = Payload::of_errors(&Errors::of_refusal(&refusal));
    match id_of(state, Position::whole(listening.after)) {
        Some(id) => payload.with_id(&id),
        None => payload,
    }
}

/// What clients call this position, if they may go on after it.
pub(super) fn id_of(state: &AppState, position: Position) -> Option<EventId> {
    EventId::at(&state.services.caches.feed, position)
}

/// An event that a client has heard.
#[derive(Clone, Copy, Debug)]
struct Heard {
    log: LogId,
    at: Position,
}

/// The event with this id, once this server's subscriptions were told of it. Ids are positions in the
/// log and no secrets: what a subscription may be told is decided as for any other event.
async fn heard(state: &AppState, id: &str) -> Result<Heard, Lost> {
    let id = EventId::parse(id).ok_or(Lost::NotAnId)?;
    let feed = &state.services.caches.feed;
    let (log, revision) = (id.log, id.position.revision);
    if feed.position().log == Some(log) && feed.position().head < revision {
        let _reached_or_not = feed.require(Some(revision)).await;
    }
    let position = feed.position();
    if position.log != Some(log) {
        return Err(Lost::OtherLog);
    }
    if position.head < revision {
        return Err(Lost::Unknown);
    }
    if id.position.read_after() < position.log_horizon {
        return Err(Unread::BeforeHorizon.into());
    }
    if let Some(digest) = id.digest
        && digest_at(state, log, revision).await? != Some(digest)
    {
        return Err(Lost::Unknown);
    }
    if !state.live.follows(revision, FOLLOWS_WITHIN).await {
        return Err(Lost::Late);
    }
    let at = id.position;
    Ok(Heard { log, at })
}

/// The digest of a record that may be older than the copy's.
async fn digest_at(
    state: &AppState,
    log: LogId,
    revision: Revision,
) -> Result<Option<Digest>, Lost> {
    let known = state.services.caches.feed.place(revision);
    if let Some(digest) = known.and_then(|place| place.digest) {
        return Ok(Some(digest));
    }
    let read = state
        .services
        .purge_log
        .records_after(log, revision, 1, Duration::ZERO);
    let read = timeout(WITHIN, read).await.map_err(|_elapsed| Lost::Late)?;
    let page = read.map_err(Unread::Failed)?;
    let before = page.before().filter(|before| before.revision == revision);
    Ok(before.map(|before| before.digest))
}

/// What a subscription would have been told after an event and up to a revision.
async fn missed(
    state: &AppState,
    topic: &Topic,
    heard: Heard,
    to: Revision,
) -> Result<Vec<Event>, Lost> {
    if heard.at >= Position::whole(to) {
        return Ok(Vec::new());
    }
    match topic {
        Topic::Thing(tag) => changes(state, tag, heard, to).await,
        Topic::Offers(reach) => offers(state, *reach, heard, to).await,
    }
}

async fn changes(
    state: &AppState,
    tag: &Tag,
    Heard { log, at }: Heard,
    to: Revision,
) -> Result<Vec<Event>, Lost> {
    let revision = at.read_after();
    let as_of = AsOf { log, revision };
    let tags = std::slice::from_ref(tag);
    let has_changed = |copy: &LogCopy| copy.judge(&as_of, tags) != Validity::Valid;
    let feed = &state.services.caches.feed;
    if feed.inspect(|copy, _age_ms| !copy.is_none_or(has_changed)) {
        return Ok(Vec::new());
    }
    let everything = Tag::everything();
    let mut missed: Vec<Event> = Vec::new();
    let history = state.live.history();
    let visit = |record: &PurgeRecord| {
        let events = if record.tags.contains(tag) {
            records::events(record, tag)
        } else if record.tags.contains(&everything) {
            let required = record.revision;
            vec![Event::LookAgain { required }]
        } else {
            return Ok(());
        };
        for event in events.into_iter().filter(|event| event.position() > at) {
            missed.retain(|earlier| !earlier.tells_the_same(&event));
            missed.push(event);
        }
        is_bounded(missed.len())
    };
    history
        .read(&state.services, log, (revision, to), visit)
        .await?;
    Ok(missed)
}

fn is_bounded(events: usize) -> Result<(), Lost> {
    if events > MOST_MISSED {
        return Err(TooMuchMissed.into());
    }
    Ok(())
}

async fn offers(
    state: &AppState,
    reach: Reach,
    Heard { log, at }: Heard,
    to: Revision,
) -> Result<Vec<Event>, Lost> {
    let mut published: HashMap<OfferId, Position> = HashMap::new();
    let history = state.live.history();
    let visit = |record: &PurgeRecord| {
        let later = records::published(record).into_iter();
        published.extend(later.filter(|(_, position)| *position > at));
        is_bounded(published.len())
    };
    history
        .read(&state.services, log, (at.read_after(), to), visit)
        .await?;
    let now_ms = state.services.clock.now_ms();
    let ids: Vec<OfferId> = published.keys().cloned().collect();
    let mut missed = Vec::new();
    for ids in ids.chunks(OFFERS_AT_ONCE) {
        let read = state.services.offers.by_ids(ids);
        let found = state.services.observer.read("live.missed", read).await?;
        let usable = found
            .into_values()
            .filter(|offer| is_bookable(offer, now_ms));
        missed.extend(usable.filter_map(|offer| {
            Some(Event::PublishedBefore {
                distance_km: reach.distance_km(offer.location)?,
                at: *published.get(&offer.id)?,
                offer: offer.id,
            })
        }));
    }
    missed.sort_by_key(Event::position);
    Ok(missed)
}
