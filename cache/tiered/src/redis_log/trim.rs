//! Deletes the oldest records of the log.

use cache_core::LogId;
use redis::{AsyncCommands, streams::StreamRangeReply};

use super::{RedisLog, id_of, new_record_of, revision_of};
use crate::link::LinkError;

/// How many records are examined per step.
const TRIM_RECORDS: usize = 1_000;

impl RedisLog {
    /// Deletes the records that were appended before `before_ms` (milliseconds since the Unix
    /// epoch), and all but the last `keep`.
    pub async fn trim(&self, log: LogId, before_ms: u64, keep: usize) -> Result<(), LinkError> {
        let stream = self.stream(log);
        self.calls
            .call("log_trim", async |mut connection| {
                let _gone: u64 = redis::cmd("XTRIM")
                    .arg(&stream)
                    .arg("MAXLEN")
                    .arg(keep)
                    .query_async(&mut connection)
                    .await?;
                Ok(())
            })
            .await?;
        loop {
            let oldest: StreamRangeReply = self
                .calls
                .call("log_trim", async |mut connection| {
                    connection
                        .xrange_count(&stream, "-", "+", TRIM_RECORDS)
                        .await
                })
                .await?;
            let mut old = 0;
            for entry in &oldest.ids {
                if new_record_of(entry)?.at_ms >= before_ms {
                    break;
                }
                old += 1;
            }
            let Some(last) = oldest.ids[..old].last() else {
                return Ok(());
            };
            let first_kept = id_of(revision_of(&last.id)?.next());
            self.calls
                .call("log_trim", async |mut connection| {
                    let _gone: u64 = redis::cmd("XTRIM")
                        .arg(&stream)
                        .arg("MINID")
                        .arg(&first_kept)
                        .query_async(&mut connection)
                        .await?;
                    Ok(())
                })
                .await?;
            if old < TRIM_RECORDS {
                return Ok(());
            }
        }
    }
}
