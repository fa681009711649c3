//! The edge: the pods' relays, the network between, and the edge's own copy and cache.

use cache_core::{Revision, Validity};

use crate::pods::restamped;
use crate::scenario::{Scenario, Tier};
use crate::state::{Edge, Entry, Fill, Message, Replica, State};

impl Scenario {
    /// A pod sends records `(after, to]` of its copy. It may be wrong about where the edge is.
    pub(crate) fn relay(&self, state: &State, pod: usize, after: u64, to: u64) -> Option<State> {
        let replica = state.pods[pod].replica?;
        let head = self.settled(&state.pods[pod], replica.head);
        if Revision(to) > head || head < replica.horizon {
            return None;
        }
        let message = Message {
            log: replica.log,
            branch: replica.branch,
            horizon: replica.horizon,
            after: Revision(after),
            to: Revision(to),
            head,
            confirmed: state.pods[pod].confirmed,
        };
        let place = state.network.binary_search(&message).err()?;
        let mut next = state.clone();
        next.network.insert(place, message);
        Some(next)
    }

    /// A message arrives, in any order; it stays, and may arrive again.
    pub(crate) fn deliver(state: &State, place: usize) -> Option<State> {
        let message = state.network.get(place)?;
        let mut edge = accept(&state.edge, message)?;
        // Nobody at the edge can see this: it knows no digests.
        if let Some(feed) = state.edge.feed.filter(|feed| feed.log == message.log) {
            let common = message.to.min(feed.head);
            let agrees = message.after > common
                || state.point(message.branch, common) == state.point(feed.branch, common);
            edge.is_mixed |= !agrees;
        }
        if edge == state.edge {
            return None;
        }
        let mut next = state.clone();
        next.edge = edge;
        Some(next)
    }

    pub(crate) fn lose(state: &State, place: usize) -> Option<State> {
        let mut next = state.clone();
        (place < next.network.len()).then(|| next.network.remove(place))?;
        Some(next)
    }

    /// A pod answers the edge from its cache. An entry that it judged valid gets its copy's head as
    /// `as_of`.
    pub(crate) fn answer_from_cache(&self, state: &State, pod: usize, tier: Tier) -> Option<State> {
        let entry = Self::found(state, pod, tier)?;
        let replica = state.pods[pod].replica?;
        state.pods[pod].confirmed?;
        if self.judge(state, replica, entry) != Validity::Valid {
            return None;
        }
        let entry = Entry {
            as_of: restamped(entry.as_of, replica),
            ..entry
        };
        Self::answer(state, self.for_others(state, pod, entry))
    }

    /// A pod answers the edge with what it has just read.
    pub(crate) fn answer_from_database(&self, state: &State, pod: usize) -> Option<State> {
        let entry = self.for_others(state, pod, self.filled(state, pod)?);
        let mut next = Self::answer(state, entry)?;
        next.pods[pod].fill = Fill::Idle;
        Some(next)
    }

    fn answer(state: &State, entry: Entry) -> Option<State> {
        if state.edge.flight.is_some() {
            return None;
        }
        let mut next = state.clone();
        next.edge.flight = Some(entry);
        Some(next)
    }

    pub(crate) fn keep_at_edge(state: &State) -> Option<State> {
        state.edge.flight?;
        let mut next = state.clone();
        next.edge.stored = next.edge.flight.take();
        Some(next)
    }

    /// The bound has passed, or the Durable Object was restarted: it does not persist when its copy
    /// was confirmed.
    pub(crate) fn edge_falls_silent(state: &State) -> Option<State> {
        state.edge.confirmed?;
        let mut next = state.clone();
        next.edge.confirmed = None;
        Some(next)
    }
}

/// The same decision as `edge_core::feed::FeedState::accept` (this crate cannot depend on it), with
/// numbers of commits instead of milliseconds. `None` when the message is refused.
fn accept(edge: &Edge, message: &Message) -> Option<Edge> {
    if message.to > message.head {
        return None;
    }
    let continued = edge
        .feed
        .filter(|feed| feed.log == message.log && feed.head >= message.horizon);
    let mut next = edge.clone();
    let mut feed = match continued {
        Some(feed) => feed,
        // A log is taken up at its horizon, else records between would be missing.
        None if message.after != message.horizon => return None,
        None => {
            (next.held, next.is_mixed, next.confirmed) = (0, false, None);
            Replica {
                log: message.log,
                branch: message.branch,
                horizon: message.horizon,
                head: message.after,
            }
        }
    };
    if message.after > feed.head || message.after < message.horizon {
        return None;
    }
    next.held |= bits(message.after, message.to);
    if message.to > feed.head {
        feed.branch = message.branch;
    }
    feed.head = feed.head.max(message.to);
    feed.horizon = feed.horizon.max(message.horizon.min(feed.head));
    next.held &= bits(feed.horizon, feed.head);
    if feed.head == message.head {
        next.confirmed = next.confirmed.max(message.confirmed);
    }
    next.feed = Some(feed);
    Some(next)
}

/// One bit for each revision in `(after, to]`.
pub(crate) fn bits(after: Revision, to: Revision) -> u8 {
    (after.next().0..=to.0).fold(0, |bits, revision| bits | 1 << revision)
}
