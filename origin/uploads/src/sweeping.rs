//! Deletes what nobody needs: files of uploads that were never completed, and pictures to which
//! nothing refers.
//!
//! A file is deleted before its row. A crash between the two leaves a row whose file is gone: the next
//! turn deletes both again, which does no harm. In the other order it would leave a file that nothing
//! leads to.
//!
//! Only the server that holds the lease does this. Two at once would do no harm either: a picture is
//! erased only by who found it as it was read, and for a while by nobody else.
//!
//! What the bucket refuses to delete keeps its row and is tried again; the rest goes on.

use std::time::Duration;

use domain::{
    StoreError,
    error_chain::chain,
    pictures::{
        picture::Picture,
        sweeping::{Verdict, judge},
        upload::GRACE_MS,
    },
};
use s3::{BucketError, LaterReason};
use tokio_util::sync::CancellationToken;

use crate::{
    addresses::file_key,
    shared::{Uploads, upload_key},
};

const EVERY: Duration = Duration::from_mins(1);
/// How long after its last renewal a lease counts as abandoned.
const LEASE_MS: i64 = 5 * 60_000;
/// How many uploads, or pictures, one batch reads, within one lease.
const AT_ONCE: usize = 100;

/// How many uploads and pictures the sweeper deleted in one run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    pub uploads: usize,
    pub pictures: usize,
}

#[derive(Debug, thiserror::Error)]
pub enum SweepError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Bucket(#[from] BucketError),
}

impl Uploads {
    /// Sweeps until `stop` is cancelled, then gives the lease back.
    pub async fn run(self, stop: CancellationToken) {
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                swept = self.sweep() => match swept {
                    Ok(Swept { uploads: 0, pictures: 0 }) => {}
                    Ok(Swept { uploads, pictures }) => {
                        tracing::info!(uploads, pictures, "deleted uploads and pictures");
                    }
                    Err(error) => {
                        let error = chain(&error);
                        tracing::warn!(error, "pictures are not swept; tried again soon");
                    }
                },
            }
            tokio::select! {
                () = stop.cancelled() => break,
                () = tokio::time::sleep(EVERY) => {}
            }
        }
        let store = &self.0.parts.store;
        if let Err(error) = store.give_lease_back(&self.0.sweeper).await {
            let error = chain(&error);
            tracing::warn!(error, "the lease of pictures was not given back");
        }
    }

    /// Deletes all that is due, if this server gets the lease.
    pub async fn sweep(&self) -> Result<Swept, SweepError> {
        let mut swept = Swept::default();
        while let Some((now_ms, until_ms)) = self.lease().await? {
            let uploads = self.sweep_uploads(now_ms, until_ms).await?;
            let (looked_at, erased) = self.sweep_pictures(now_ms, until_ms).await?;
            swept.uploads += uploads;
            swept.pictures += erased;
            if uploads < AT_ONCE && looked_at < AT_ONCE {
                break;
            }
        }
        self.0.metrics.swept("upload", swept.uploads);
        self.0.metrics.swept("picture", swept.pictures);
        Ok(swept)
    }

    /// Now, and the end of the lease; none if another server has it.
    async fn lease(&self) -> Result<Option<(i64, i64)>, StoreError> {
        let parts = &self.0.parts;
        let now_ms = (parts.now)();
        let until_ms = now_ms + LEASE_MS;
        let taken = parts
            .store
            .take_lease(&self.0.sweeper, until_ms, now_ms)
            .await?;
        Ok(taken.then_some((now_ms, until_ms)))
    }

    /// Returns how many were deleted.
    async fn sweep_uploads(&self, now_ms: i64, until_ms: i64) -> Result<usize, SweepError> {
        let parts = &self.0.parts;
        let expired = parts.store.expired(now_ms - GRACE_MS, AT_ONCE).await?;
        let mut deleted = Vec::with_capacity(expired.len());
        let mut reached = Ok(());
        for upload in expired {
            // The lease ran out: another server may already continue.
            if (parts.now)() >= until_ms {
                break;
            }
            // Also of one that was completed: its form may have been posted once more.
            match self.delete(&upload_key(&upload.id)).await {
                Ok(true) => deleted.push(upload.id),
                Ok(false) => {}
                Err(error) => {
                    reached = Err(error);
                    break;
                }
            }
        }
        if !deleted.is_empty() {
            parts.store.forget_uploads(&deleted).await?;
        }
        reached?;
        Ok(deleted.len())
    }

    /// Returns how many were looked at and how many were erased.
    async fn sweep_pictures(
        &self,
        now_ms: i64,
        until_ms: i64,
    ) -> Result<(usize, usize), SweepError> {
        let parts = &self.0.parts;
        let due = parts.store.due(now_ms, AT_ONCE).await?;
        let (mut looked_at, mut erased) = (0, 0);
        for picture in due {
            // The lease ran out: another server may already continue.
            if (parts.now)() >= until_ms {
                break;
            }
            looked_at += 1;
            let usage = parts.store.usage(&picture).await?;
            let verdict = judge(&picture, usage, now_ms);
            // Not so, if somebody put it into an offer since it was read.
            let stands = parts.store.judged(&picture, verdict).await?;
            if stands && matches!(verdict, Verdict::Erase { .. }) && self.erase(&picture).await? {
                erased += 1;
            }
        }
        Ok((looked_at, erased))
    }

    /// Returns whether all of it is gone.
    async fn erase(&self, picture: &Picture) -> Result<bool, SweepError> {
        let mut is_gone = true;
        for width in &picture.widths {
            is_gone &= self.delete(&file_key(&picture.id, *width)).await?;
        }
        if is_gone {
            self.0.parts.store.forget(&picture.id).await?;
        }
        Ok(is_gone)
    }

    /// Deletes an object; false if the bucket does not do it. Fails if there is no bucket to ask.
    async fn delete(&self, key: &str) -> Result<bool, BucketError> {
        match self.0.parts.bucket.delete(key).await {
            Ok(()) => Ok(true),
            Err(error @ BucketError::Later(LaterReason::Unreachable)) => Err(error),
            Err(error) => {
                let error = chain(&error);
                tracing::warn!(key, error, "an object is not deleted; tried again later");
                Ok(false)
            }
        }
    }
}
