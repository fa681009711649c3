//! A pod: its copy of the log, its fills, and the check that makes it trust the copy.

use cache_core::{AsOf, LogCopy, PurgeKind, PurgeRecord, Revision, Tag, Validity};

use crate::scenario::{Delivery, ITEM, Scenario, Start, Tier, Weakening};
use crate::state::{Batch, By, Check, Entry, Fill, Replica, State};

impl Scenario {
    /// The records `(after, to]` of a branch.
    fn records(
        &self,
        state: &State,
        branch: usize,
        after: Revision,
        to: Revision,
    ) -> Vec<PurgeRecord> {
        (1..)
            .map(Revision)
            .zip(&state.branches[branch].records)
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
        let records = self.records(state, replica.branch, replica.horizon, replica.head);
        copy.append(&records).expect("a branch has no gaps");
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
            | Weakening::LateLogStays
            | Weakening::WithoutDigests
            | Weakening::TakenOutWithoutProof
            | Weakening::UnattestedLeaves
            | Weakening::WarmAsOfAfterRead => {}
        }
        self.copy_of(state, replica).judge(&as_of, &[tag(ITEM)])
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
        if server.is_empty()
            || !may_begin
            || !is_of_use
            || self.has_lost(state, server, &state.pods[pod])
        {
            return None;
        }
        let start = match start {
            Start::Horizon => server.horizon,
            Start::Head if server.head > server.horizon => server.head,
            Start::Head => return None,
        };
        let replica = Replica {
            log: server.log,
            branch: server.branch,
            horizon: start,
            head: start,
        };
        let mut next = state.clone();
        let pod = &mut next.pods[pod];
        (pod.replica, pod.check, pod.confirmed) = (Some(replica), Check::Idle, None);
        pod.attested = Revision::ZERO;
        Some(next)
    }

    /// The server answers with what follows the copy. A batch that was on its way is lost.
    pub(crate) fn fetch(&self, state: &State, pod: usize) -> Option<State> {
        let server = state.server_of(pod);
        let replica = state.pods[pod].replica?;
        let batch = Batch {
            log: server.log,
            branch: server.branch,
            horizon: server.horizon,
            after: replica.head,
            to: server.head,
        };
        let is_news = server.head > replica.head || server.horizon > replica.horizon;
        if server.log != replica.log
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
        // The digests tell whether both have the same records.
        let common = batch.to.min(replica.head);
        let agrees = batch.after > common
            || self.weakening == Weakening::WithoutDigests
            || state.point(batch.branch, common) == state.point(replica.branch, common);
        if !agrees {
            return None;
        }
        let mut copy = self.copy_of(state, replica);
        let records = self.records(state, batch.branch, batch.after, batch.to);
        // After a gap the pod closes the connection and reads again.
        copy.append(&records).ok()?;
        copy.trim(batch.horizon);
        let grown = Replica {
            log: copy.id(),
            // A copy that has grown is one of the batch's branch, unless digests are not compared.
            branch: if copy.head() > replica.head {
                batch.branch
            } else {
                replica.branch
            },
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
        pod.attested = Revision::ZERO;
        next
    }

    /// Takes `as_of` before the read, whether the copy is trusted or not.
    pub(crate) fn begin_fill(state: &State, pod: usize, by: By) -> Option<State> {
        let as_of = state.pods[pod].replica?.as_of();
        if state.pods[pod].fill != Fill::Idle {
            return None;
        }
        let mut next = state.clone();
        next.pods[pod].fill = Fill::Begun(as_of, by);
        Some(next)
    }

    /// The cache fills by itself. It may do so at any moment, whatever it has: after a start, a new log
    /// or a purge. Its answer replaces what is there, also something newer: every read judges it.
    pub(crate) fn begin_warm_fill(state: &State, pod: usize) -> Option<State> {
        let mut next = Self::begin_fill(state, pod, By::Cache)?;
        next.warms += 1;
        Some(next)
    }

    pub(crate) fn read_database(state: &State, pod: usize) -> Option<State> {
        let Fill::Begun(as_of, by) = state.pods[pod].fill else {
            return None;
        };
        let contains = state.database.commits;
        let mut next = state.clone();
        next.pods[pod].fill = Fill::Read(Entry {
            as_of,
            contains,
            by,
        });
        Some(next)
    }

    pub(crate) fn store(&self, state: &State, pod: usize, tier: Tier) -> Option<State> {
        let entry = self.filled(state, pod)?;
        let mut next = state.clone();
        next.pods[pod].fill = Fill::Idle;
        match tier {
            Tier::Memory => next.pods[pod].memory = Some(entry),
            Tier::Shared => next.shared = Some(self.for_others(state, pod, entry)),
        }
        Some(next)
    }

    /// An entry as it leaves the pod.
    pub(crate) fn for_others(&self, state: &State, pod: usize, mut entry: Entry) -> Entry {
        let pod = &state.pods[pod];
        let is_same = pod.replica.is_some_and(|copy| copy.log == entry.as_of.log);
        if is_same || self.failovers == 0 {
            entry.as_of.revision = self.settled(pod, entry.as_of.revision);
        } else if self.weakening != Weakening::UnattestedLeaves {
            // It belongs to a log that the pod does not follow any more.
            entry.as_of.revision = Revision::ZERO;
        }
        entry
    }

    /// What a fill has read.
    pub(crate) fn filled(&self, state: &State, pod: usize) -> Option<Entry> {
        let Fill::Read(mut entry) = state.pods[pod].fill else {
            return None;
        };
        let is_late = match entry.by {
            By::Reader => self.weakening == Weakening::AsOfAtStore,
            By::Cache => self.weakening == Weakening::WarmAsOfAfterRead,
        };
        if is_late {
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

    /// The check's second step: the rows that it saw have left, and it reads up to where the log is
    /// attested.
    pub(crate) fn read_end(&self, state: &State, pod: usize) -> Option<State> {
        let Check::Outbox(commits) = state.pods[pod].check else {
            return None;
        };
        let log = state.pods[pod].replica?.log;
        let is_drained =
            state.database.is_drained(commits) || self.weakening == Weakening::ConfirmWithoutOutbox;
        if !is_drained || log != state.database.in_force {
            return None;
        }
        let mut next = state.clone();
        next.pods[pod].check = Check::End(commits, state.log(log).end);
        Some(next)
    }

    /// The check's third step: the log has that, and what the copy has, and its head is read.
    pub(crate) fn read_head(&self, state: &State, pod: usize) -> Option<State> {
        let Check::End(commits, end) = state.pods[pod].check else {
            return None;
        };
        let (server, replica) = (state.server_of(pod), state.pods[pod].replica?);
        let tip = state.point(replica.branch, replica.head);
        let is_same = server.log == replica.log
            && self.has(state, server, end)
            && self.has(state, server, tip);
        if !is_same {
            return None;
        }
        let mut next = state.clone();
        // Without fail-overs the log is always in force, so the next step is skipped: fewer states.
        next.pods[pod].check = if self.failovers == 0 {
            Check::InForce(commits, end, server.head)
        } else {
            Check::Head(commits, end, server.head)
        };
        Some(next)
    }

    /// The check's fourth step: it fails unless the log whose head was read is in force.
    pub(crate) fn read_in_force(state: &State, pod: usize) -> Option<State> {
        let Check::Head(commits, end, head) = state.pods[pod].check else {
            return None;
        };
        let is_in_force = state.pods[pod].replica?.log == state.database.in_force;
        let mut next = state.clone();
        next.pods[pod].check = if is_in_force {
            Check::InForce(commits, end, head)
        } else {
            Check::Idle
        };
        Some(next)
    }

    /// The check's last step: the copy has reached the head that was read, and is trusted.
    pub(crate) fn confirm(&self, state: &State, pod: usize) -> Option<State> {
        let Check::InForce(commits, end, head) = state.pods[pod].check else {
            return None;
        };
        if state.pods[pod].replica?.head < head {
            return None;
        }
        let mut next = state.clone();
        let pod = &mut next.pods[pod];
        (pod.check, pod.confirmed) = (Check::Idle, Some(commits));
        if self.failovers > 0 {
            pod.attested = pod.attested.max(end.revision);
        }
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
