//! The state of the model.
//!
//! Writes are numbered in the order of their commits: write 0 was committed first. So the number of
//! commits says what the database holds, and an answer that was read after n commits contains the
//! writes 0 to n − 1.

use cache_core::{AsOf, LogId, Revision};

/// A write, in the order of commits.
pub(crate) type Write = u8;
/// How many writes a read, or a check, has seen: those below the number.
pub(crate) type Commits = u8;

/// The identity of the n-th log.
pub(crate) const fn identity(number: u8) -> LogId {
    LogId::from_bytes([number; 16])
}

/// The log of a server that has none.
pub(crate) const NO_LOG: LogId = identity(u8::MAX);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct State {
    pub(crate) database: Database,
    /// The last one is the current server. The ones before it were replaced, but pods that are still
    /// connected to them can reach them (split brain).
    pub(crate) servers: Vec<Server>,
    /// The register of logs, by identity.
    pub(crate) logs: Vec<Log>,
    /// Everything that servers ever gave out. Only the properties use it, and servers to look up the
    /// contents of their records.
    pub(crate) branches: Vec<Branch>,
    pub(crate) writers: Vec<Writer>,
    pub(crate) pods: [Pod; 2],
    /// The slot of the shared cache (L2).
    pub(crate) shared: Option<Entry>,
    pub(crate) edge: Edge,
    /// From the pods to the edge; sorted, so that it is a set.
    pub(crate) network: Vec<Message>,
    /// How often a pod has been restarted: a bound of the exploration.
    pub(crate) restarts: u8,
    /// How many fills the caches themselves have begun: a bound of the exploration.
    pub(crate) warms: u8,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Database {
    pub(crate) commits: Commits,
    /// One bit per write whose row is in the outbox.
    pub(crate) outbox: u8,
    /// The log in force.
    pub(crate) in_force: LogId,
}

impl Database {
    pub(crate) const fn is_pending(&self, write: Write) -> bool {
        self.outbox & (1 << write) != 0
    }

    /// Whether no row of the first `commits` writes is left.
    pub(crate) const fn is_drained(&self, commits: Commits) -> bool {
        self.outbox & ((1 << commits) - 1) == 0
    }

    pub(crate) const fn insert_row(&mut self, write: Write) {
        self.outbox |= 1 << write;
    }

    pub(crate) const fn remove_row(&mut self, write: Write) {
        self.outbox &= !(1 << write);
    }
}

/// A record together with all before it, as a digest says it: the branch in which it was appended, and
/// its revision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Point {
    branch: usize,
    pub(crate) revision: Revision,
}

impl Point {
    /// Whether the records of this point begin with those of the other one.
    pub(crate) fn is_after(self, state: &State, other: Self) -> bool {
        other.revision <= self.revision && state.point(self.branch, other.revision) == other
    }
}

/// A server of the purge log. Its records are the first ones of its branch.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Server {
    pub(crate) log: LogId,
    /// The log that was in force when this one was started; the first has none.
    pub(crate) predecessor: Option<LogId>,
    pub(crate) horizon: Revision,
    pub(crate) head: Revision,
    pub(crate) branch: usize,
}

impl Server {
    /// Whether it has lost everything, also which log it had.
    pub(crate) fn is_empty(&self) -> bool {
        self.log == NO_LOG
    }
}

/// Everything that one server ever gave out. A server that takes over from another one begins with the
/// first records of that one's branch, and may then give out the same revisions for other records.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Branch {
    /// Revision 1 is the first.
    pub(crate) records: Vec<Write>,
    /// The branch that it began from, and the last revision that it has from there.
    pub(crate) parent: Option<(usize, Revision)>,
}

/// What the database knows of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Log {
    /// How many writes had been committed when it came into force.
    pub(crate) in_force_at: Option<Commits>,
    /// Up to where it is attested: rows left the outbox for these records.
    pub(crate) end: Point,
}

/// An append that was acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Receipt {
    pub(crate) write: Write,
    pub(crate) log: LogId,
    pub(crate) point: Point,
}

/// Writer n makes write n, through pod n's connection to the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Writer {
    Idle,
    /// Only in the weakening [`crate::scenario::Weakening::RevisionBeforeCommit`]: it has its
    /// revision, but is not committed yet.
    Numbered,
    Committed,
    Appended(Receipt),
    Done,
    Crashed,
}

/// A copy of the log: it knows the purges in `(horizon, head]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Replica {
    pub(crate) log: LogId,
    pub(crate) branch: usize,
    pub(crate) horizon: Revision,
    pub(crate) head: Revision,
}

impl Replica {
    pub(crate) const fn as_of(&self) -> AsOf {
        AsOf {
            log: self.log,
            revision: self.head,
        }
    }
}

/// Who begins a fill.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum By {
    /// Somebody asks for the answer.
    Reader,
    /// The cache itself: a warm fill. Nobody asks for the answer.
    Cache,
}

/// A cached answer. It has one tag, `ITEM`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Entry {
    pub(crate) as_of: AsOf,
    pub(crate) contains: Commits,
    pub(crate) by: By,
}

/// Records on their way to a pod: `(after, to]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Batch {
    pub(crate) log: LogId,
    pub(crate) branch: usize,
    pub(crate) horizon: Revision,
    pub(crate) after: Revision,
    pub(crate) to: Revision,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Fill {
    Idle,
    Begun(AsOf, By),
    Read(Entry),
}

/// The progress of a check. When the copy has reached the head that the check read, the copy is
/// trusted for all writes that were committed before the check began.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Check {
    Idle,
    /// It has read the outbox after so many commits, and waits for those rows to leave.
    Outbox(Commits),
    /// The rows have left, and it has read up to where the log is attested.
    End(Commits, Point),
    /// The log has that, and its head was read.
    Head(Commits, Point, Revision),
    /// The log turned out to be the one in force.
    InForce(Commits, Point, Revision),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Pod {
    /// The server that it is connected to.
    pub(crate) server: usize,
    pub(crate) replica: Option<Replica>,
    /// The last batch that it asked for. Applied late, twice or never.
    pub(crate) batch: Option<Batch>,
    pub(crate) fill: Fill,
    /// The slot of its own cache (L1).
    pub(crate) memory: Option<Entry>,
    /// A row that its sweeper has appended.
    pub(crate) sweep: Option<Receipt>,
    pub(crate) check: Check,
    /// The number of commits when the last completed check began; `None`: it distrusts its copy.
    pub(crate) confirmed: Option<Commits>,
    /// Up to where it knows the copy's log to be attested. Not used without fail-overs.
    pub(crate) attested: Revision,
}

/// A relay's append to the edge: `(after, to]`, and the head it speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Message {
    pub(crate) log: LogId,
    pub(crate) branch: usize,
    pub(crate) horizon: Revision,
    pub(crate) after: Revision,
    pub(crate) to: Revision,
    pub(crate) head: Revision,
    /// The sender's last completed check: the model's `sent_at_ms`.
    pub(crate) confirmed: Option<Commits>,
}

/// The Durable Object and the isolates' copies are one: the copies only lag.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Edge {
    pub(crate) feed: Option<Replica>,
    /// The records that it really has, one bit each; `feed` says which it claims to have.
    pub(crate) held: u8,
    /// It has records of two branches that do not go together.
    pub(crate) is_mixed: bool,
    pub(crate) confirmed: Option<Commits>,
    /// An answer of a pod that is not stored yet.
    pub(crate) flight: Option<Entry>,
    pub(crate) stored: Option<Entry>,
}

impl State {
    /// Nothing has happened; pods have empty copies of the first log, the edge has none.
    pub(crate) fn first(writes: usize) -> Self {
        let log = identity(0);
        let replica = Replica {
            log,
            branch: 0,
            horizon: Revision::ZERO,
            head: Revision::ZERO,
        };
        let pod = Pod {
            server: 0,
            replica: Some(replica),
            batch: None,
            fill: Fill::Idle,
            memory: None,
            sweep: None,
            check: Check::Idle,
            confirmed: None,
            attested: Revision::ZERO,
        };
        Self {
            database: Database {
                commits: 0,
                outbox: 0,
                in_force: log,
            },
            servers: vec![Server {
                log,
                predecessor: None,
                horizon: Revision::ZERO,
                head: Revision::ZERO,
                branch: 0,
            }],
            logs: vec![Log {
                in_force_at: Some(0),
                end: Point {
                    branch: 0,
                    revision: Revision::ZERO,
                },
            }],
            branches: vec![Branch {
                records: vec![],
                parent: None,
            }],
            writers: vec![Writer::Idle; writes],
            pods: [pod.clone(), pod],
            shared: None,
            edge: Edge {
                feed: None,
                held: 0,
                is_mixed: false,
                confirmed: None,
                flight: None,
                stored: None,
            },
            network: vec![],
            restarts: 0,
            warms: 0,
        }
    }

    /// The server that a pod is connected to.
    pub(crate) fn server_of(&self, pod: usize) -> &Server {
        &self.servers[self.pods[pod].server]
    }

    /// What a revision of a branch stands for.
    pub(crate) fn point(&self, mut branch: usize, revision: Revision) -> Point {
        while let Some((parent, kept)) = self.branches[branch].parent
            && revision <= kept
        {
            branch = parent;
        }
        Point { branch, revision }
    }

    /// The records of a point: those of its branch up to its revision.
    pub(crate) fn records_of(&self, point: Point) -> &[Write] {
        let count = usize::try_from(point.revision.0).unwrap_or(usize::MAX);
        &self.branches[point.branch].records[..count]
    }

    /// What the database knows of a log.
    pub(crate) fn log(&self, log: LogId) -> &Log {
        &self.logs[usize::from(log.as_bytes()[0])]
    }

    pub(crate) fn log_mut(&mut self, log: LogId) -> &mut Log {
        &mut self.logs[usize::from(log.as_bytes()[0])]
    }
}
