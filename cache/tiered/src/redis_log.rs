//! The purge log in Redis: a stream with the records, and a hash with the log's identity, the
//! server's replication id and the head.
//!
//! Every check and every append also compares the server's replication id, in the same atomic step.
//! The id changes when a server starts and when a replica is promoted. Records may then be lost, and
//! their revisions would be given out again. So a log belongs to one replication id; under another
//! one a new log begins, with a new identity.

mod trim;

use std::{collections::HashSet, time::Duration};

use cache_core::{LogId, PurgeKind, PurgeRecord, Revision, Tag};
use redis::{
    AsyncCommands, FromRedisValue, Script,
    streams::{StreamId, StreamRangeReply, StreamReadOptions, StreamReadReply},
};
use serde::{Deserialize, Serialize};

use crate::link::{Link, LinkError};

/// The code of the refusal of an append that names another log than there is.
pub(crate) const OTHER_LOG: &str = "OTHERLOG";

/// The beginning of both scripts: reads the replication id. A replica may lag, so it refuses.
const SERVER: &str = "
local info = redis.call('INFO', 'replication')
if not string.find(info, 'role:master', 1, true) then
  return redis.error_reply('NOTMASTER this server is a replica')
end
local server = string.match(info, 'master_replid:(%x+)')
";

/// Keys: the hash. Arguments: the prefix of stream keys, a fresh identity, the identity of a log
/// that must be replaced (or an empty string), and the revision after which a new log begins.
/// Returns the identity, the head, and the id of the first record (or an empty string).
const OPEN: &str = "
local log, known = unpack(redis.call('HMGET', KEYS[1], 'log', 'server'))
if not log or known ~= server or log == ARGV[3] then
  if log then redis.call('DEL', ARGV[1] .. log) end
  log = ARGV[2]
  redis.call('DEL', KEYS[1])
  redis.call('HSET', KEYS[1], 'log', log, 'server', server, 'head', ARGV[4])
end
local head = redis.call('HGET', KEYS[1], 'head')
local first = redis.call('XRANGE', ARGV[1] .. log, '-', '+', 'COUNT', 1)[1]
return {log, head, first and first[1] or ''}
";

/// Keys: the hash, the stream. Arguments: the identity that the writer expects, and the records.
/// Returns the revision of the last record; their revisions are consecutive.
const APPEND: &str = "
local log, known = unpack(redis.call('HMGET', KEYS[1], 'log', 'server'))
if log ~= ARGV[1] or known ~= server then
  return redis.error_reply('OTHERLOG the log has another identity')
end
local revision
for i = 2, #ARGV do
  revision = string.format('%d', redis.call('HINCRBY', KEYS[1], 'head', 1))
  redis.call('XADD', KEYS[2], revision .. '-0', 'record', ARGV[i])
end
return revision
";

const RECORD: &str = "record";
/// How long an append or a check may take. A mutation waits for it.
pub const CALL_WITHIN: Duration = Duration::from_millis(400);
/// How long the answer to a blocking read may take in addition to the time it blocks.
const MARGIN: Duration = Duration::from_millis(750);

/// A record before it has a revision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewRecord {
    /// The tags it purges.
    pub tags: Vec<Tag>,
    /// Hard or soft.
    pub kind: PurgeKind,
    /// When it was appended, in milliseconds since the Unix epoch, by the writer's clock. Used to
    /// trim the log.
    pub at_ms: u64,
}

/// Where a log begins and ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opened {
    /// The log's identity.
    pub log: LogId,
    /// The log has every record after this revision.
    pub horizon: Revision,
    /// The revision of its last record.
    pub head: Revision,
}

/// Why an append failed.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// The log has been replaced by one with another identity. Nothing was appended.
    #[error("the purge log was replaced by one with another identity")]
    OtherLog,
    /// The call failed. The records may have been appended; append them again.
    #[error(transparent)]
    Link(#[from] LinkError),
}

/// The log. All of its keys begin with a prefix in braces (a hash tag), so that a cluster keeps them
/// on one server.
#[derive(Debug)]
pub struct RedisLog {
    calls: Link,
    /// Blocking reads have a connection of their own, so that other calls do not wait behind them.
    reads: Link,
    prefix: String,
    open: Script,
    append: Script,
}

impl RedisLog {
    /// A log that uses two links. `make` creates a link with the given timeout.
    pub fn new(prefix: &str, make: impl Fn(Duration) -> Link) -> Self {
        Self {
            calls: make(CALL_WITHIN),
            reads: make(CALL_WITHIN),
            prefix: format!("{{{prefix}}}"),
            open: Script::new(&format!("{SERVER}{OPEN}")),
            append: Script::new(&format!("{SERVER}{APPEND}")),
        }
    }

    fn state_key(&self) -> String {
        format!("{}:state", self.prefix)
    }

    fn stream_prefix(&self) -> String {
        format!("{}:log:", self.prefix)
    }

    fn stream(&self, log: LogId) -> String {
        format!("{}{log}", self.stream_prefix())
    }

    /// Reads where the log begins and ends. Starts a new log with a fresh identity if there is none,
    /// if the server's replication id has changed, or if the log's identity is `wrong`. The first
    /// revision of a new log follows `begins_after`, see [`Revision::of_generation`].
    pub async fn open(
        &self,
        wrong: Option<LogId>,
        begins_after: Revision,
    ) -> Result<Opened, LinkError> {
        let fresh = fresh_id()?;
        let mut invocation = self.open.key(self.state_key());
        invocation
            .arg(self.stream_prefix())
            .arg(fresh.to_string())
            .arg(wrong.map(|log| log.to_string()).unwrap_or_default())
            .arg(begins_after.0);
        let (log, head, first): (String, u64, String) = self
            .calls
            .call("log_open", async |mut connection| {
                invocation.invoke_async(&mut connection).await
            })
            .await?;
        let log = log
            .parse()
            .map_err(|_| LinkError::Answer(format!("{log:?} is not a log's identity")))?;
        let head = Revision(head);
        let horizon = match first.as_str() {
            "" => head,
            id => Revision(revision_of(id)?.0.saturating_sub(1)),
        };
        Ok(Opened { log, horizon, head })
    }

    /// Appends all records or none, in one step. Returns their revisions, which are consecutive.
    pub async fn append(
        &self,
        log: LogId,
        records: &[NewRecord],
    ) -> Result<Vec<Revision>, AppendError> {
        if records.is_empty() {
            return Ok(Vec::new());
        }
        let mut invocation = self.append.key(self.state_key());
        invocation.key(self.stream(log)).arg(log.to_string());
        for record in records {
            let record = serde_json::to_string(record)
                .map_err(|error| LinkError::Answer(error.to_string()))?;
            invocation.arg(record);
        }
        let appended: Result<u64, LinkError> = self
            .calls
            .call("log_append", async |mut connection| {
                invocation.invoke_async(&mut connection).await
            })
            .await;
        match appended {
            Ok(last) => {
                let before = last.saturating_sub(records.len() as u64);
                Ok((before + 1..=last).map(Revision).collect())
            }
            Err(LinkError::Redis(error)) if error.code() == Some(OTHER_LOG) => {
                Err(AppendError::OtherLog)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Reads records back; `revisions` are consecutive. Returns the first one that the log lacks.
    pub async fn missing(
        &self,
        log: LogId,
        revisions: &[Revision],
    ) -> Result<Option<Revision>, LinkError> {
        let (Some(first), Some(last)) = (revisions.first(), revisions.last()) else {
            return Ok(None);
        };
        let (stream, first, last) = (self.stream(log), id_of(*first), id_of(*last));
        let found: StreamRangeReply = self
            .calls
            .call("log_read_back", async |mut connection| {
                connection.xrange(&stream, &first, &last).await
            })
            .await?;
        let found: HashSet<&str> = found.ids.iter().map(|entry| entry.id.as_str()).collect();
        let is_missing = |revision: &Revision| !found.contains(id_of(*revision).as_str());
        Ok(revisions.iter().copied().find(is_missing))
    }

    /// Reads at most `limit` records after `after`; waits up to `wait` for the first one.
    pub async fn records_after(
        &self,
        log: LogId,
        after: Revision,
        limit: usize,
        wait: Duration,
    ) -> Result<Vec<PurgeRecord>, LinkError> {
        let stream = self.stream(log);
        let id = id_of(after);
        let mut options = StreamReadOptions::default().count(limit);
        let link = if wait.is_zero() {
            &self.calls
        } else {
            options = options.block(usize::try_from(wait.as_millis()).unwrap_or(usize::MAX));
            &self.reads
        };
        let reply: Option<StreamReadReply> = link
            .call_within("log_read", wait + MARGIN, async |mut connection| {
                connection.xread_options(&[&stream], &[&id], &options).await
            })
            .await?;
        let ids = reply
            .into_iter()
            .flat_map(|reply| reply.keys)
            .flat_map(|key| key.ids);
        ids.map(|entry| record_of(&entry)).collect()
    }
}

fn fresh_id() -> Result<LogId, LinkError> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| LinkError::Answer(error.to_string()))?;
    Ok(LogId::from_bytes(bytes))
}

fn id_of(revision: Revision) -> String {
    format!("{revision}-0")
}

fn revision_of(id: &str) -> Result<Revision, LinkError> {
    let digits = id.split('-').next().unwrap_or_default();
    digits
        .parse()
        .map(Revision)
        .map_err(|_| LinkError::Answer(format!("{id:?} is not a record's id")))
}

fn new_record_of(entry: &StreamId) -> Result<NewRecord, LinkError> {
    let text = entry
        .map
        .get(RECORD)
        .and_then(|value| String::from_redis_value_ref(value).ok())
        .unwrap_or_default();
    serde_json::from_str(&text)
        .map_err(|error| LinkError::Answer(format!("record {}: {error}", entry.id)))
}

fn record_of(entry: &StreamId) -> Result<PurgeRecord, LinkError> {
    let NewRecord { tags, kind, .. } = new_record_of(entry)?;
    Ok(PurgeRecord {
        revision: revision_of(&entry.id)?,
        tags,
        kind,
    })
}
