//! A pod: its copy of the log, its fills, and the check that makes it trust the copy.

use cache_core::{AsOf, LogCopy, PurgeKind, PurgeRecord, Revision, Tag, Validity};

use crate::scenario::{Delivery, OFFER, Scenario, Start, Tier, Weakening};
use crate::state::{Batch, Check, Entry, Fill, History, Replica, State};

impl Scenario {
    /// The records `(after, to]` as the log has them.
    fn records(&self, history: &History, after: Revision, to: Revision) -> Vec<PurgeRecord> {
        (1..)
            .map(Revision)
            .zip(&history.records)
            .filter(|(revision, _)| (after.next()..=to).contains(revision))
            .map(|(revision, write)| PurgeRecord {
                revision,
                tags: vec![tag(self.writes[usize::from(*write)])],
                kind: PurgeKind::Hard,
            })
            .collect()
    }

    /// The real copy, of which the state holds only the ends: records never change.
    fn copy_of(&self, state: &State, replica: Replica) -> LogCopy {
        let mut copy = LogCopy::starting_at(replica.log, replica.horizon);
        let records = self.records(state.history(replica.log), replica.horizon, replica.head);
        copy.append(&records).expect("a history has no gaps");
        copy
    }

    /// The real rule.
    pub(crate) fn judge(&self, state: &State, replica: Replica, entry: Entry) -> Validity {
        let mut as_of = entry.as_of;
        match self.weakening {
            Weakening::TrustAcrossIdentities => as_of.log = replica.log,
            Weakening::TrustPastHorizon => as_of.revision = as_of.revision.max(replica.horizon),
            Weakening::None
            | Weakening::AsOfAtStore
            | Weakening::RevisionBeforeCommit
            | Weakening::RowRemovedOnAck
            | Weakening::ConfirmWithoutOutbox
            | Weakening::AsOfBeforeInForce
            | Weakening::InForceAgain
            | Weakening::LateLogStays => {}
        }
        self.copy_of(state, replica).judge(&as_of, &[tag(OFFER)])
    }

    /// A new copy, when there is none, or of another log, or one that fell behind the horizon.
    pub(crate) fn adopt(&self, state: &State, pod: usize, start: Start) -> Option<State> {
        let server = state.server_of(pod);
        // Until a log is in force, writers may still move their rows to the log it replaces. An
        // answer that is read in that time may miss a write whose purge this log will never get.
        let may_begin =
            server.log == state.database.in_force || self.weakening == Weakening::AsOfBeforeInForce;
        let is_of_use = state.pods[pod]
            .replica
            .is_none_or(|old| old.log != server.log || old.head < server.horizon);
        if server.is_suspect || !may_begin || !is_of_use {
            return None;
        }
        let start = match start {
            Start::Horizon => server.horizon,
            Start::Head if server.head > server.horizon => server.head,
            Start::Head => return None,
        };
        let replica = Replica {
            log: server.log,
            horizon: start,
            head: start,
        };
        let mut next = state.clone();
        let pod = &mut next.pods[pod];
        (pod.replica, pod.check, pod.confirmed) = (Some(replica), Check::Idle, None);
        Some(next)
    }

    /// The server answers with what follows the copy. A batch that was on its way is lost.
    pub(crate) fn fetch(&self, state: &State, pod: usize) -> Option<State> {
        let server = state.server_of(pod);
        let replica = state.pods[pod].replica?;
        let batch = Batch {
            log: server.log,
            horizon: server.horizon,
            after: replica.head,
            to: server.head,
        };
        let is_news = server.head > replica.head || server.horizon > replica.horizon;
        if server.is_suspect
            || server.log != replica.log
            || server.horizon > replica.head
            || server.head < replica.head
            || !is_news
            || state.pods[pod].batch == Some(batch)
        {
            return None;
        }
        let mut next = state.clone();
        next.pods[pod].batch = Some(batch);
        if self.delivery == Delivery::AtOnce {
            next = self.apply(&next, pod)?;
            next.pods[pod].batch = None;
        }
        Some(next)
    }

    /// A batch arrives; it may arrive again later, when the copy has changed.
    pub(crate) fn apply(&self, state: &State, pod: usize) -> Option<State> {
        let (replica, batch) = (state.pods[pod].replica?, state.pods[pod].batch?);
        if batch.log != replica.log {
            return None;
        }
        let mut copy = self.copy_of(state, replica);
        let records = self.records(state.history(batch.log), batch.after, batch.to);
        // After a gap the pod closes the connection and reads again.
        copy.append(&records).ok()?;
        copy.trim(batch.horizon);
        let grown = Replica {
            log: copy.id(),
            horizon: copy.horizon(),
            head: copy.head(),
        };
        if grown == replica {
            return None;
        }
        let mut next = state.clone();
        next.pods[pod].replica = Some(grown);
        Some(next)
    }

    /// Everything in memory is lost.
    pub(crate) fn restart(state: &State, pod: usize) -> State {
        let mut next = state.clone();
        next.restarts += 1;
        let pod = &mut next.pods[pod];
        (pod.replica, pod.fill, pod.memory) = (None, Fill::Idle, None);
        (pod.sweep, pod.check, pod.confirmed) = (None, Check::Idle, None);
        next
    }

    /// Takes `as_of` before the read, whether the copy is trusted or not.
    pub(crate) fn begin_fill(state: &State, pod: usize) -> Option<State> {
        let as_of = state.pods[pod].replica?.as_of();
        if state.pods[pod].fill != Fill::Idle {
            return None;
        }
        let mut next = state.clone();
        next.pods[pod].fill = Fill::Begun(as_of);
        Some(next)
    }

    pub(crate) fn read_database(state: &State, pod: usize) -> Option<State> {
        let Fill::Begun(as_of) = state.pods[pod].fill else {
            return None;
        };
        let contains = state.database.commits;
        let mut next = state.clone();
        next.pods[pod].fill = Fill::Read(Entry { as_of, contains });
        Some(next)
    }

    pub(crate) fn store(&self, state: &State, pod: usize, tier: Tier) -> Option<State> {
        let entry = self.filled(state, pod)?;
        let mut next = state.clone();
        next.pods[pod].fill = Fill::Idle;
        match tier {
            Tier::Memory => next.pods[pod].memory = Some(entry),
            Tier::Shared => next.shared = Some(entry),
        }
        Some(next)
    }

    /// What a fill has read.
    pub(crate) fn filled(&self, state: &State, pod: usize) -> Option<Entry> {
        let Fill::Read(mut entry) = state.pods[pod].fill else {
            return None;
        };
        if self.weakening == Weakening::AsOfAtStore {
            entry.as_of = state.pods[pod].replica?.as_of();
        }
        Some(entry)
    }

    /// What a pod finds in a tier.
    pub(crate) fn found(state: &State, pod: usize, tier: Tier) -> Option<Entry> {
        match tier {
            Tier::Memory => state.pods[pod].memory,
            Tier::Shared => state.shared,
        }
    }

    /// Begins a check: reads which rows are in the outbox.
    pub(crate) fn begin_check(state: &State, pod: usize) -> Option<State> {
        let commits = state.database.commits;
        let me = &state.pods[pod];
        if me.replica.is_none() || me.check != Check::Idle || me.confirmed == Some(commits) {
            return None;
        }
        let mut next = state.clone();
        next.pods[pod].check = Check::Outbox(commits);
        Some(next)
    }

    /// The check's second step: the rows that it saw have left the outbox, and it reads the log's
    /// head.
    pub(crate) fn read_head(&self, state: &State, pod: usize) -> Option<State> {
        let Check::Outbox(commits) = state.pods[pod].check else {
            return None;
        };
        let server = state.server_of(pod);
        let is_drained =
            state.database.is_drained(commits) || self.weakening == Weakening::ConfirmWithoutOutbox;
        let is_same = !server.is_suspect && server.log == state.pods[pod].replica?.log;
        if !is_drained || !is_same {
            return None;
        }
        let mut next = state.clone();
        // Without fail-overs the log is always in force, so the third step is skipped: fewer states.
        next.pods[pod].check = if self.failovers == 0 {
            Check::InForce(commits, server.head)
        } else {
            Check::Head(commits, server.head)
        };
        Some(next)
    }

    /// The check's third step: it fails unless the log whose head was read is in force.
    pub(crate) fn read_in_force(state: &State, pod: usize) -> Option<State> {
        let Check::Head(commits, head) = state.pods[pod].check else {
            return None;
        };
        let is_in_force = state.pods[pod].replica?.log == state.database.in_force;
        let mut next = state.clone();
        next.pods[pod].check = if is_in_force {
            Check::InForce(commits, head)
        } else {
            Check::Idle
        };
        Some(next)
    }

    /// The check's last step: the copy has reached the head that was read, and is trusted.
    pub(crate) fn confirm(state: &State, pod: usize) -> Option<State> {
        let Check::InForce(commits, head) = state.pods[pod].check else {
            return None;
        };
        if state.pods[pod].replica?.head < head {
            return None;
        }
        let mut next = state.clone();
        (next.pods[pod].check, next.pods[pod].confirmed) = (Check::Idle, Some(commits));
        Some(next)
    }

    /// The bound has passed without a completed check. There are no clocks here: it may happen at
    /// any moment.
    pub(crate) fn fall_silent(state: &State, pod: usize) -> Option<State> {
        state.pods[pod].confirmed?;
        let mut next = state.clone();
        next.pods[pod].confirmed = None;
        Some(next)
    }
}

/// The head of a copy as an answer's `as_of`, if that is later.
pub(crate) fn restamped(as_of: AsOf, replica: Replica) -> AsOf {
    AsOf {
        revision: as_of.revision.max(replica.head),
        ..as_of
    }
}

fn tag(text: &str) -> Tag {
    text.parse().expect("a tag")
}
