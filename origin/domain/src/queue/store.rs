//! The store trait of tasks. They are stored by the writes that cause them.

use std::{collections::BTreeSet, fmt};

use async_trait::async_trait;

use super::{Lane, NewTask, State, Task};
use crate::{StoreError, UserId, notifications::inbox::Entry};

/// What became of a task that a worker took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// A provider has taken the message, under this name.
    Sent { provider_id: String },
    /// It is done by these tasks instead, which are stored together with its end, as are entries of
    /// inboxes and what announces them.
    Divided {
        tasks: Vec<NewTask>,
        entries: Vec<Entry>,
    },
    /// There is nothing to do any more.
    Needless { why: &'static str },
    /// It is to be tried again.
    Later {
        due_at_ms: i64,
        error: String,
        /// Whether this was an attempt; none was made if the provider is known to be down.
        counts: bool,
    },
    /// It is given up.
    Dead { error: String },
}

/// The persons of the tasks and entries that do another task's work, each once.
pub fn persons(tasks: &[NewTask], entries: &[Entry]) -> Vec<UserId> {
    let of_tasks = tasks.iter().filter_map(|task| task.person.as_ref());
    let all = of_tasks.chain(entries.iter().map(|entry| &entry.user));
    let all: BTreeSet<&UserId> = all.collect();
    all.into_iter().cloned().collect()
}

/// Leaves out the tasks and entries of persons who are not there any more.
pub fn retain_those(
    is_there: impl Fn(&UserId) -> bool,
    tasks: &mut Vec<NewTask>,
    entries: &mut Vec<Entry>,
) {
    tasks.retain(|task| task.person.as_ref().is_none_or(&is_there));
    entries.retain(|entry| is_there(&entry.user));
}

/// Which tasks to list, by key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TaskFilter {
    pub state: Option<State>,
    pub lane: Option<Lane>,
    /// Only those whose keys follow this one.
    pub after: Option<String>,
}

/// How full a lane is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LaneFigures {
    pub lane: Lane,
    /// Tasks that nobody has and that are due.
    pub due: u64,
    /// Tasks that are due later, or being done.
    pub later: u64,
    pub dead: u64,
    /// Since when the oldest due task could be taken.
    pub oldest_due_at_ms: Option<i64>,
}

/// The tasks in a database.
#[async_trait]
pub trait QueueStore: fmt::Debug + Send + Sync {
    /// Stores a task that no other write causes, such as what a provider reports; returns whether its
    /// key is new.
    async fn add(&self, task: NewTask) -> Result<bool, StoreError>;

    /// Takes tasks of a lane that are due, those first that have been so longest, at most `most`. Until
    /// `until_ms` no other worker gets them; `lease` names who has them. Each counts as an attempt.
    async fn take(
        &self,
        lane: Lane,
        lease: &str,
        now_ms: i64,
        until_ms: i64,
        most: usize,
    ) -> Result<Vec<Task>, StoreError>;

    /// Writes down what became of a task; returns whether the lease was still good. If not, another
    /// worker has the task, and nothing is written.
    async fn end(&self, key: &str, lease: &str, end: End, now_ms: i64) -> Result<bool, StoreError>;

    /// Removes tasks that a worker took, because they are done; returns how many it still had.
    async fn remove_taken(&self, keys: &[String], lease: &str) -> Result<usize, StoreError>;

    /// Has tasks that a worker took tried again from `due_at_ms` on; returns how many it still had.
    async fn put_back(
        &self,
        keys: &[String],
        lease: &str,
        due_at_ms: i64,
        error: &str,
    ) -> Result<usize, StoreError>;

    /// At most `most`, by key.
    async fn list(&self, filter: TaskFilter, most: usize) -> Result<Vec<Task>, StoreError>;

    async fn get(&self, key: &str) -> Result<Option<Task>, StoreError>;

    /// Has a dead task tried again at once, as if it were new, until `expires_at_ms`; returns whether
    /// there was one.
    async fn revive(&self, key: &str, now_ms: i64, expires_at_ms: i64) -> Result<bool, StoreError>;

    /// Removes a task that is not done; returns whether there was one. A worker that has it finishes.
    async fn remove(&self, key: &str) -> Result<bool, StoreError>;

    /// One entry a lane.
    async fn figures(&self, now_ms: i64) -> Result<Vec<LaneFigures>, StoreError>;

    /// Removes tasks that ended before this time, at most `most`; returns how many.
    async fn forget(&self, ended_before_ms: i64, most: usize) -> Result<usize, StoreError>;
}
