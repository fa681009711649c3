//! What can happen, within which bounds, and how the protocol is weakened.

use cache_core::{LogId, Revision};

use crate::state::{By, Pod, Point, Server, State};

/// The tag of the cached answer.
pub(crate) const ITEM: &str = "item:1";
/// A tag that the cached answer does not have.
pub(crate) const OTHER: &str = "item:2";

/// One rule of the protocol is broken on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Weakening {
    None,
    /// `as_of` is the copy's head when the entry is stored, not before the read.
    AsOfAtStore,
    /// The purge gets its revision before the write is committed.
    RevisionBeforeCommit,
    /// An entry from before the copy's horizon is judged as if it were from the horizon.
    TrustPastHorizon,
    /// An entry of another log is judged as if it were of the copy's.
    TrustAcrossIdentities,
    /// The row goes when the append is acknowledged, whatever log is in force.
    RowRemovedOnAck,
    /// A check does not wait for the rows that it finds in the outbox.
    ConfirmWithoutOutbox,
    /// A pod takes `as_of` in a log that is not in force yet.
    AsOfBeforeInForce,
    /// A log that was replaced can come into force again.
    InForceAgain,
    /// A new log that came too late to be put in force is left on its server.
    LateLogStays,
    /// The log has no digests: it is asked for a revision, whatever is there.
    WithoutDigests,
    /// A row leaves the outbox whether or not the log still has what was attested of it.
    TakenOutWithoutProof,
    /// What leaves a pod may name a revision that is not attested.
    UnattestedLeaves,
    /// As [`Self::AsOfAtStore`], for fills alone that the cache begins.
    WarmAsOfAfterRead,
}

/// Where the pods keep their entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tier {
    /// L1: each its own.
    Memory,
    /// L2: one for both.
    Shared,
}

/// Which rows the pods' sweepers append.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sweeps {
    Nothing,
    /// Those of writers that have crashed.
    Crashed,
    /// Any: a sweeper cannot know whether a writer has crashed or is only slow.
    Any,
}

/// How records reach a pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Delivery {
    /// The pod reads and applies them in one step. The step itself can happen late.
    AtOnce,
    /// They travel: they arrive late, twice or never.
    InFlight,
}

/// Where a new copy begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Start {
    Horizon,
    Head,
}

/// The steps of the protocol and the faults. A number is the index of a writer, of a pod, or of a
/// message in the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    Commit(usize),
    Append(usize),
    RemoveRow(usize),
    Crash(usize),
    Sweep { pod: usize, write: u8 },
    RemoveSweptRow(usize),
    AbandonSweep(usize),
    Trim,
    FailOver { kept: u64 },
    Wipe,
    Connect(usize),
    Register(usize),
    Adopt(usize, Start),
    Fetch(usize),
    Apply(usize),
    Restart(usize),
    BeginFill(usize),
    BeginWarmFill(usize),
    ReadDatabase(usize),
    Store(usize, Tier),
    BeginCheck(usize),
    ReadHead(usize),
    ReadInForce(usize),
    Confirm(usize),
    ReadEnd(usize),
    Attest(usize),
    FallSilent(usize),
    Relay { pod: usize, after: u64, to: u64 },
    Deliver(usize),
    Lose(usize),
    AnswerFromCache(usize, Tier),
    AnswerFromDatabase(usize),
    KeepAtEdge,
    EdgeFallsSilent,
}

/// The model: the protocol within bounds.
#[derive(Clone, Debug)]
pub(crate) struct Scenario {
    pub(crate) weakening: Weakening,
    /// What each write purges, in the order of commits.
    pub(crate) writes: &'static [&'static str],
    pub(crate) tiers: &'static [Tier],
    /// The pods that fill caches.
    pub(crate) fills: &'static [usize],
    /// The pods that check, and so come to trust their copies.
    pub(crate) checks: &'static [usize],
    pub(crate) sweeps: Sweeps,
    /// The pods that relay the log to the edge.
    pub(crate) relays: &'static [usize],
    /// Whether records may arrive late or twice at a pod; else it reads and applies them at once.
    pub(crate) delivery: Delivery,
    /// Writers may crash.
    pub(crate) crashes: bool,
    /// The most records of one log.
    pub(crate) records: usize,
    pub(crate) trims: u64,
    pub(crate) restarts: u8,
    pub(crate) failovers: usize,
    /// The most fills that the caches themselves begin.
    pub(crate) warms: u8,
    /// The most messages on their way to the edge; without any there is no edge.
    pub(crate) messages: usize,
}

impl Scenario {
    /// Whether a server has this point of its log. Of what was trimmed away nobody knows any more.
    pub(crate) fn has(&self, state: &State, server: &Server, point: Point) -> bool {
        let revision = point.revision;
        revision <= server.head
            && (self.weakening == Weakening::WithoutDigests
                || revision < server.horizon
                || state.point(server.branch, revision) == point)
    }

    /// Whether a server has lost what is attested of its log, or what this pod's copy has.
    pub(crate) fn has_lost(&self, state: &State, server: &Server, pod: &Pod) -> bool {
        let of_this =
            |log: LogId, point: Point| log == server.log && !self.has(state, server, point);
        let in_force = state.database.in_force;
        let copy = pod.replica;
        of_this(in_force, state.log(in_force).end)
            || copy.is_some_and(|copy| of_this(copy.log, state.point(copy.branch, copy.head)))
    }

    /// The last revision that may leave a pod: with an entry, or to the edge.
    pub(crate) fn settled(&self, pod: &Pod, head: Revision) -> Revision {
        if self.failovers == 0 || self.weakening == Weakening::UnattestedLeaves {
            head
        } else {
            head.min(pod.attested)
        }
    }

    /// The state after an action; `None` if the action is not possible.
    pub(crate) fn step(&self, state: &State, action: Action) -> Option<State> {
        match action {
            Action::Commit(writer) => self.commit(state, writer),
            Action::Append(writer) => self.append(state, writer),
            Action::RemoveRow(writer) => self.remove_row(state, writer),
            Action::Crash(writer) => Self::crash(state, writer),
            Action::Sweep { pod, write } => self.sweep(state, pod, write),
            Action::RemoveSweptRow(pod) => self.remove_swept_row(state, pod),
            Action::AbandonSweep(pod) => Self::abandon_sweep(state, pod),
            Action::Trim => Self::trim(state),
            Action::FailOver { kept } => Self::fail_over(state, kept),
            Action::Wipe => Self::wipe(state),
            Action::Connect(pod) => self.connect(state, pod),
            Action::Register(pod) => self.register(state, pod),
            Action::Adopt(pod, start) => self.adopt(state, pod, start),
            Action::Fetch(pod) => self.fetch(state, pod),
            Action::Apply(pod) => self.apply(state, pod),
            Action::Restart(pod) => Some(Self::restart(state, pod)),
            Action::BeginFill(pod) => Self::begin_fill(state, pod, By::Reader),
            Action::BeginWarmFill(pod) => Self::begin_warm_fill(state, pod),
            Action::ReadDatabase(pod) => Self::read_database(state, pod),
            Action::Store(pod, tier) => self.store(state, pod, tier),
            Action::BeginCheck(pod) => Self::begin_check(state, pod),
            Action::ReadHead(pod) => self.read_head(state, pod),
            Action::ReadInForce(pod) => Self::read_in_force(state, pod),
            Action::Confirm(pod) => self.confirm(state, pod),
            Action::ReadEnd(pod) => self.read_end(state, pod),
            Action::Attest(pod) => self.attest(state, pod),
            Action::FallSilent(pod) => Self::fall_silent(state, pod),
            Action::Relay { pod, after, to } => self.relay(state, pod, after, to),
            Action::Deliver(place) => Self::deliver(state, place),
            Action::Lose(place) => Self::lose(state, place),
            Action::AnswerFromCache(pod, tier) => self.answer_from_cache(state, pod, tier),
            Action::AnswerFromDatabase(pod) => self.answer_from_database(state, pod),
            Action::KeepAtEdge => Self::keep_at_edge(state),
            Action::EdgeFallsSilent => Self::edge_falls_silent(state),
        }
    }
}
