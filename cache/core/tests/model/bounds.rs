//! The scenarios: which actions and faults are explored together, and how many of each.
//!
//! All of them together have far too many states, so each scenario takes some features and small
//! numbers. The scenarios also leave out the following, which cannot break a property by itself:
//!
//! - Roles. To break (a) takes one entry and one copy that judges it, and neither an entry nor a
//!   check changes what happens to anybody else. So one pod fills, one checks, and readers fill
//!   nothing twice. (Warm fills are there for that.)
//! - Relays. Without a new log, messages of another pod are the same as late ones of this one.
//! - Entries, for (c). It is about copies and rows, which no entry influences, so it is checked in
//!   scenarios without fills. Its recovery stops the writers, so that they need not crash.

use crate::scenario::{Delivery, ITEM, OTHER, Scenario, Sweeps, Tier, Weakening};

/// Crashes, sweeps and records that are there twice; the entry of one pod is judged by the other,
/// through L2.
pub(crate) const CRASHES: Scenario = Scenario {
    weakening: Weakening::None,
    writes: &[ITEM, ITEM],
    tiers: &[Tier::Shared],
    fills: &[0],
    checks: &[1],
    sweeps: Sweeps::Crashed,
    relays: &[],
    delivery: Delivery::AtOnce,
    crashes: true,
    records: 3,
    trims: 0,
    restarts: 0,
    failovers: 0,
    warms: 0,
    messages: 0,
};

/// The same in the memory of one pod (L1).
pub(crate) const OWN_MEMORY: Scenario = Scenario {
    tiers: &[Tier::Memory],
    checks: &[0],
    ..CRASHES
};

/// Sweepers that do not wait for a writer to be dead.
pub(crate) const HASTY_SWEEPERS: Scenario = Scenario {
    sweeps: Sweeps::Any,
    records: 2,
    ..CRASHES
};

/// Nothing fails. The scenarios below add one kind of fault to it.
const CALM: Scenario = Scenario {
    crashes: false,
    sweeps: Sweeps::Nothing,
    records: 2,
    ..CRASHES
};

/// Records come late, twice or never, also to a pod that was restarted in the meantime.
pub(crate) const DELIVERY: Scenario = Scenario {
    delivery: Delivery::InFlight,
    restarts: 1,
    ..CALM
};

/// The log forgets its oldest record, and a restarted pod begins at the horizon or the head.
pub(crate) const HORIZON: Scenario = Scenario {
    trims: 1,
    restarts: 1,
    ..CALM
};

/// The edge, with answers that a pod gave from its cache and stamped anew.
pub(crate) const EDGE: Scenario = Scenario {
    writes: &[OTHER, ITEM],
    fills: &[1],
    relays: &[1],
    messages: 1,
    ..CALM
};

/// The edge, with messages that overtake each other, and a log that is trimmed.
pub(crate) const EDGE_REORDERED: Scenario = Scenario {
    writes: &[ITEM],
    fills: &[1],
    relays: &[1],
    messages: 2,
    trims: 1,
    ..CALM
};

/// The log loses its newest records while the old server can still be reached, and writers crash.
pub(crate) const NEW_LOG: Scenario = Scenario {
    writes: &[ITEM],
    records: 2,
    failovers: 1,
    ..CRASHES
};

/// The same with two writes.
pub(crate) const NEW_LOG_TWO_WRITES: Scenario = Scenario {
    failovers: 1,
    ..CALM
};

/// The log is replaced twice.
pub(crate) const NEWER_LOG: Scenario = Scenario {
    writes: &[ITEM],
    records: 1,
    failovers: 2,
    ..CALM
};

/// A new log reaches the edge while messages of the old one are still on their way.
pub(crate) const NEW_LOG_AT_EDGE: Scenario = Scenario {
    writes: &[ITEM],
    tiers: &[],
    fills: &[1],
    relays: &[1],
    records: 1,
    failovers: 1,
    messages: 2,
    ..CALM
};

/// Two pods relay different logs to the edge.
pub(crate) const TWO_LOGS_AT_EDGE: Scenario = Scenario {
    relays: &[0, 1],
    messages: 1,
    ..NEW_LOG_AT_EDGE
};

/// Recovery of the pods from all of it.
pub(crate) const RECOVERY: Scenario = Scenario {
    fills: &[],
    trims: 1,
    restarts: 1,
    failovers: 1,
    ..CALM
};

/// Recovery from two fail-overs.
pub(crate) const RECOVERY_TWICE: Scenario = Scenario {
    fills: &[],
    checks: &[],
    sweeps: Sweeps::Any,
    failovers: 2,
    writes: &[ITEM],
    ..CALM
};

/// Recovery of the edge.
pub(crate) const RECOVERY_OF_EDGE: Scenario = Scenario {
    writes: &[ITEM],
    fills: &[],
    relays: &[0, 1],
    trims: 1,
    failovers: 1,
    messages: 1,
    ..CALM
};

/// The log loses records, and everybody who had seen them is gone.
pub(crate) const LOST_AND_FORGOTTEN: Scenario = Scenario {
    fills: &[1],
    restarts: 1,
    ..NEW_LOG_TWO_WRITES
};

/// Caches fill by themselves: beside a reader's fill, after it, and instead of it.
pub(crate) const WARM: Scenario = Scenario {
    fills: &[0, 1],
    warms: 1,
    ..CALM
};

/// The cache of a pod that has just started, and one whose log was trimmed, fill by themselves.
pub(crate) const WARM_START: Scenario = Scenario {
    fills: &[1],
    warms: 1,
    ..HORIZON
};

/// A new log begins, and caches fill by themselves.
pub(crate) const WARM_NEW_LOG: Scenario = Scenario {
    warms: 1,
    writes: &[ITEM],
    ..NEW_LOG_TWO_WRITES
};

/// The edge fills by itself, from a pod's cache or its database.
pub(crate) const WARM_AT_EDGE: Scenario = Scenario {
    writes: &[ITEM],
    warms: 1,
    ..EDGE
};
