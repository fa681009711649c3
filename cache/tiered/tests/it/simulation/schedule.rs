//! Random schedules: what happens in one run, and when.

use cache_core::PurgeKind;
use proptest::prelude::*;

use super::{
    database::KEYS,
    weather::Weather,
    world::{CLIENTS, PODS, QUESTIONS},
};

/// One thing that happens.
#[derive(Clone, Copy, Debug)]
pub(super) enum Action {
    /// Requests an answer. With a `client`, the request demands the client's own last write.
    Ask {
        pod: usize,
        question: usize,
        client: Option<usize>,
    },
    /// Loads entities only.
    Load { pod: usize, keys: [usize; 2] },
    /// A client writes.
    Write {
        pod: usize,
        key: usize,
        kind: PurgeKind,
        client: usize,
        crash: Crash,
        /// The pod and the question that the client asks as soon as its write is answered.
        then: Option<(usize, usize)>,
    },
    /// Many writes in one transaction, whose rows are more than one page of the outbox.
    Import { pod: usize, crash: Crash },
    /// Changes the state of a pod's connection to the log.
    LogLink { pod: usize, weather: Weather },
    /// Changes the state of a pod's connection to the second tier.
    ValuesLink { pod: usize, weather: Weather },
    /// Changes the state of all connections to the database.
    Database { weather: Weather },
    /// A pod dies, and another one with empty memory replaces it.
    RestartPod { pod: usize },
    /// A fault of the log server.
    LogServer(Disaster),
}

/// Where a writer dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Crash {
    Never,
    /// Between commit and append.
    BeforeAppend,
}

/// A fault of the log server.
#[derive(Clone, Copy, Debug)]
pub(super) enum Disaster {
    /// It restarts with its data, but for the newest records.
    Restarts { forgets: usize },
    /// It loses its data.
    Wiped,
    /// A replica that lacks the newest records replaces it. Pods that do not know of it yet go on
    /// using the old server.
    FailsOver { forgets: usize },
    /// It deletes the oldest records.
    Trimmed { keep: usize },
}

/// One run: the actions, each with the pause before it in milliseconds.
#[derive(Clone, Debug)]
pub(super) struct Schedule {
    /// Determines all latencies, and which calls fail on bad connections.
    pub(super) seed: u64,
    pub(super) steps: Vec<(u64, Action)>,
}

fn weather() -> impl Strategy<Value = Weather> {
    prop_oneof![
        3 => Just(Weather::Good),
        1 => Just(Weather::Slow),
        2 => Just(Weather::Lossy),
        2 => Just(Weather::Down),
        1 => Just(Weather::Hung),
    ]
}

fn crash() -> impl Strategy<Value = Crash> {
    prop_oneof![4 => Just(Crash::Never), 1 => Just(Crash::BeforeAppend)]
}

fn disaster() -> impl Strategy<Value = Disaster> {
    prop_oneof![
        2 => (0..3usize).prop_map(|forgets| Disaster::Restarts { forgets }),
        1 => Just(Disaster::Wiped),
        3 => (0..3usize).prop_map(|forgets| Disaster::FailsOver { forgets }),
        1 => (0..3usize).prop_map(|keep| Disaster::Trimmed { keep }),
    ]
}

fn write() -> impl Strategy<Value = Action> {
    let kind = prop_oneof![4 => Just(PurgeKind::Hard), 1 => Just(PurgeKind::Soft)];
    let then = prop::option::of((0..PODS, 0..QUESTIONS));
    (0..PODS, 0..KEYS, kind, 0..CLIENTS, crash(), then).prop_map(
        |(pod, key, kind, client, crash, then)| Action::Write {
            pod,
            key,
            kind,
            client,
            crash,
            then,
        },
    )
}

fn action() -> impl Strategy<Value = Action> {
    let ask = (0..PODS, 0..QUESTIONS, prop::option::of(0..CLIENTS)).prop_map(
        |(pod, question, client)| Action::Ask {
            pod,
            question,
            client,
        },
    );
    let load = (0..PODS, [0..KEYS, 0..KEYS]).prop_map(|(pod, keys)| Action::Load { pod, keys });
    prop_oneof![
        24 => ask,
        6 => load,
        12 => write(),
        2 => (0..PODS, crash()).prop_map(|(pod, crash)| Action::Import { pod, crash }),
        4 => (0..PODS, weather()).prop_map(|(pod, weather)| Action::LogLink { pod, weather }),
        2 => (0..PODS, weather()).prop_map(|(pod, weather)| Action::ValuesLink { pod, weather }),
        2 => weather().prop_map(|weather| Action::Database { weather }),
        1 => (0..PODS).prop_map(|pod| Action::RestartPod { pod }),
        2 => disaster().prop_map(Action::LogServer),
    ]
}

/// The pause between two actions, in milliseconds.
fn gap() -> impl Strategy<Value = u64> {
    prop_oneof![8 => 0..20u64, 5 => 20..200u64, 2 => 200..900u64, 1 => 900..2_600u64]
}

/// Any run.
pub(super) fn any_schedule() -> impl Strategy<Value = Schedule> {
    let steps = prop::collection::vec((gap(), action()), 8..56);
    (any::<u64>(), steps).prop_map(|(seed, steps)| Schedule { seed, steps })
}
