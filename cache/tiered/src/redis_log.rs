//! The purge log in Redis: a stream with the records, and a hash with the log's identity, its head
//! and the head's digest.
//!
//! The log proves itself. A server that takes over from another one may lack its newest records, and
//! would give their revisions out again; nothing that Redis says of itself is needed to notice it.
//! Each record carries a digest over the record before it. A server that asks the log names positions
//! and digests that the log must have. If it does not have them, a new log begins.

mod trim;

use std::time::Duration;

use cache_core::{Digest, LogId, PurgeKind, PurgeRecord, Revision, Tag, Tip};
use redis::{
    AsyncCommands, FromRedisValue, Script, ScriptInvocation,
    streams::{StreamId, StreamReadOptions, StreamReadReply},
};
use serde::{Deserialize, Serialize};

use crate::{
    chain::Page,
    link::{Link, LinkError},
};

/// The code of the refusal of an append that names another log than there is.
pub(crate) const OTHER_LOG: &str = "OTHERLOG";

/// The beginning of the scripts that ask. Returns the identity, the head with its digest, the id of
/// the first record (or an empty string), and whether the log lacks any of the positions that it must
/// have. Those are the arguments from `from` on: a log's identity, a revision and a digest each.
const ANSWER: &str = "
local function answer(log, from)
  local head, digest = unpack(redis.call('HMGET', KEYS[1], 'head', 'digest'))
  local stream = ARGV[1] .. log
  local lost = 0
  for i = from, #ARGV, 3 do
    local revision, expected = tonumber(ARGV[i + 1]), ARGV[i + 2]
    local found
    if revision == tonumber(head) then
      found = digest
    elseif revision < tonumber(head) then
      local id = string.format('%d-0', revision + 1)
      local next = redis.call('XRANGE', stream, id, id)[1]
      -- When the record is trimmed away, nobody knows its digest any more.
      found = next and next[2][4] or expected
    end
    if ARGV[i] == log and found ~= expected then lost = 1 end
  end
  local first = redis.call('XRANGE', stream, '-', '+', 'COUNT', 1)[1]
  return {log, head, digest, first and first[1] or '', lost}
end
";

/// Keys: the hash. Arguments: the prefix of stream keys, and the positions for [`ANSWER`]. Returns
/// nothing when there is no log, or one of an older version, without digests.
const LOOK: &str = "
local log, digest = unpack(redis.call('HMGET', KEYS[1], 'log', 'digest'))
if not log or not digest then return false end
return answer(log, 2)
";

/// Keys: the hash. Arguments: the prefix of stream keys, the identity of a log that must be replaced
/// (or an empty string), a fresh identity, the revision after which a new log begins, and the digest
/// there.
const OPEN: &str = "
local log, digest = unpack(redis.call('HMGET', KEYS[1], 'log', 'digest'))
if not log or not digest or log == ARGV[2] then
  if log then redis.call('DEL', ARGV[1] .. log) end
  log = ARGV[3]
  redis.call('DEL', KEYS[1])
  redis.call('HSET', KEYS[1], 'log', log, 'head', ARGV[4], 'digest', ARGV[5])
end
return answer(log, 6)
";

/// Keys: the hash, the stream. Arguments: the identity that the writer expects, a random number, and
/// the records. Returns the revision of the last record (their revisions are consecutive), the
/// digest that they follow, and the digest of each.
///
/// The digest is SHA-1, because that is what scripts have; a digest that the writer computes would
/// need the one before it, and so a second call. It protects against lost records, not against
/// somebody who may write to Redis. The random number tells a record from one with the same content
/// that was lost.
const APPEND: &str = "
local log, digest = unpack(redis.call('HMGET', KEYS[1], 'log', 'digest'))
if log ~= ARGV[1] or not digest then
  return redis.error_reply('OTHERLOG the log has another identity')
end
local revision
local digests = {digest}
for i = 3, #ARGV do
  local after = digest
  digest = string.sub(redis.sha1hex(after .. ARGV[2] .. ARGV[i]), 1, 16)
  revision = string.format('%d', redis.call('HINCRBY', KEYS[1], 'head', 1))
  redis.call('XADD', KEYS[2], revision .. '-0', 'record', ARGV[i], 'after', after, 'digest', digest)
  digests[#digests + 1] = digest
end
redis.call('HSET', KEYS[1], 'digest', digest)
return {revision, digests}
";

const RECORD: &str = "record";
const AFTER: &str = "after";
const DIGEST: &str = "digest";
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
    /// The position of its last record, and the digest there.
    pub tip: Tip,
}

/// What the log says of itself and of what it must have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Looked {
    /// Where it begins and ends.
    pub opened: Opened,
    /// It has the log's identity, but not all the records that it must have: some were lost.
    pub has_lost: bool,
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
    look: Script,
    open: Script,
    append: Script,
}

/// What the scripts that ask return: the identity, the head, its digest, the first record's id, and
/// whether records were lost.
type Answer = (String, u64, String, String, bool);

impl RedisLog {
    /// A log that uses two links. `make` creates a link with the given timeout.
    pub fn new(prefix: &str, make: impl Fn(Duration) -> Link) -> Self {
        Self {
            calls: make(CALL_WITHIN),
            reads: make(CALL_WITHIN),
            prefix: format!("{{{prefix}}}"),
            look: Script::new(&format!("{ANSWER}{LOOK}")),
            open: Script::new(&format!("{ANSWER}{OPEN}")),
            append: Script::new(APPEND),
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

    /// Reads where the log begins and ends, and whether it has all of `known` that are positions in
    /// it. A position whose record was trimmed away counts as there. `None` without a log.
    pub async fn look(&self, known: &[(LogId, Tip)]) -> Result<Option<Looked>, LinkError> {
        let mut invocation = self.look.key(self.state_key());
        invocation.arg(self.stream_prefix());
        for (log, tip) in known {
            let (revision, digest) = (tip.revision.0, tip.digest.to_string());
            invocation.arg(log.to_string()).arg(revision).arg(digest);
        }
        let answer: Option<Answer> = self.ask("log_look", &invocation).await?;
        answer.map(looked).transpose()
    }

    /// Whether this log is there and has these positions, all of them in one answer: the next one may
    /// come from another server, on which the log has another branch.
    pub async fn has(&self, log: LogId, tips: &[Tip]) -> Result<bool, LinkError> {
        let musts: Vec<(LogId, Tip)> = tips.iter().map(|tip| (log, *tip)).collect();
        let looked = self.look(&musts).await?;
        Ok(looked.is_some_and(|looked| looked.opened.log == log && !looked.has_lost))
    }

    /// Reads where the log begins and ends. Starts a new log with a fresh identity if there is none,
    /// or if the log's identity is `wrong`. The first revision of a new log follows `begins_after`,
    /// see [`Revision::of_generation`].
    pub async fn open(
        &self,
        wrong: Option<LogId>,
        begins_after: Revision,
    ) -> Result<Opened, LinkError> {
        let fresh = LogId::from_bytes(random()?);
        let first_digest = Digest::from_bytes(random()?);
        let mut invocation = self.open.key(self.state_key());
        invocation
            .arg(self.stream_prefix())
            .arg(wrong.map(|log| log.to_string()).unwrap_or_default())
            .arg(fresh.to_string())
            .arg(begins_after.0)
            .arg(first_digest.to_string());
        let answer: Answer = self.ask("log_open", &invocation).await?;
        Ok(looked(answer)?.opened)
    }

    async fn ask<T: FromRedisValue>(
        &self,
        what: &'static str,
        invocation: &ScriptInvocation<'_>,
    ) -> Result<T, LinkError> {
        let asked = async |mut connection| invocation.invoke_async(&mut connection).await;
        self.calls.call(what, asked).await
    }

    /// Appends all records or none, in one step. Returns them with their revisions, which are
    /// consecutive.
    pub async fn append(&self, log: LogId, records: &[NewRecord]) -> Result<Page, AppendError> {
        if records.is_empty() {
            return Ok(Page::default());
        }
        let mut invocation = self.append.key(self.state_key());
        invocation
            .key(self.stream(log))
            .arg(log.to_string())
            .arg(hex::encode(random::<16>()?));
        for record in records {
            let record = serde_json::to_string(record)
                .map_err(|error| LinkError::Answer(error.to_string()))?;
            invocation.arg(record);
        }
        let appended: Result<(u64, Vec<String>), LinkError> =
            self.ask("log_append", &invocation).await;
        match appended {
            Ok((last, digests)) => Ok(page_of(records, last, &digests)?),
            Err(LinkError::Redis(error)) if error.code() == Some(OTHER_LOG) => {
                Err(AppendError::OtherLog)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Reads at most `limit` records after `after`; waits up to `wait` for the first one.
    pub async fn records_after(
        &self,
        log: LogId,
        after: Revision,
        limit: usize,
        wait: Duration,
    ) -> Result<Page, LinkError> {
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
        let mut page = Page::default();
        for entry in ids {
            let after = digest_in(&entry, AFTER)?;
            match page.digests.last() {
                Some(last) if *last != after => {
                    let error = format!("record {} does not follow the one before it", entry.id);
                    return Err(LinkError::Answer(error));
                }
                Some(_) => {}
                None => page.base = after,
            }
            page.digests.push(digest_in(&entry, DIGEST)?);
            page.records.push(record_of(&entry)?);
        }
        Ok(page)
    }
}

fn random<const BYTES: usize>() -> Result<[u8; BYTES], LinkError> {
    let mut bytes = [0; BYTES];
    getrandom::fill(&mut bytes).map_err(|error| LinkError::Answer(error.to_string()))?;
    Ok(bytes)
}

fn looked((log, head, digest, first, has_lost): Answer) -> Result<Looked, LinkError> {
    let log = log
        .parse()
        .map_err(|_| LinkError::Answer(format!("{log:?} is not a log's identity")))?;
    let tip = Tip {
        revision: Revision(head),
        digest: digest_of(&digest)?,
    };
    let horizon = match first.as_str() {
        "" => tip.revision,
        id => Revision(revision_of(id)?.0.saturating_sub(1)),
    };
    let opened = Opened { log, horizon, tip };
    Ok(Looked { opened, has_lost })
}

/// The records as they were appended: the last one has revision `last`, and `digests` begin with the
/// one that the records follow.
fn page_of(records: &[NewRecord], last: u64, digests: &[String]) -> Result<Page, LinkError> {
    let digests: Result<Vec<Digest>, LinkError> =
        digests.iter().map(|digest| digest_of(digest)).collect();
    let mut digests = digests?.into_iter();
    let base = digests.next().unwrap_or_default();
    let first = last.saturating_sub(records.len() as u64) + 1;
    let records = (first..)
        .zip(records)
        .map(|(revision, record)| PurgeRecord {
            revision: Revision(revision),
            tags: record.tags.clone(),
            kind: record.kind,
        });
    Ok(Page {
        base,
        records: records.collect(),
        digests: digests.collect(),
    })
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

fn digest_of(text: &str) -> Result<Digest, LinkError> {
    text.parse()
        .map_err(|_| LinkError::Answer(format!("{text:?} is not a digest")))
}

fn text_in(entry: &StreamId, field: &str) -> String {
    let value = entry.map.get(field);
    let text = value.and_then(|value| String::from_redis_value_ref(value).ok());
    text.unwrap_or_default()
}

fn digest_in(entry: &StreamId, field: &str) -> Result<Digest, LinkError> {
    digest_of(&text_in(entry, field))
}

fn new_record_of(entry: &StreamId) -> Result<NewRecord, LinkError> {
    let text = text_in(entry, RECORD);
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
