//! Moving a whole database: into files and back, or from one backend to another.
//!
//! Moved is what was entered (partners, establishments, offers, documents; accounts, consents,
//! favourites, erasures; tokens of services; invitations to teams, views of offers, bookings) and the
//! audit. Not moved are sessions and codes: everybody signs in again; nor how often documents are asked for. The outbox, the register of
//! purge logs and the lease of who ends bookings are each database's own: at the end everything is
//! purged at the target. An invitation that ends within the hour stays behind.
//!
//! An export holds personal data and the hashes of passwords: its files have mode 0600, and a folder
//! that it creates 0700. A moving reads page by page and not one moment: while others write to the
//! source the sums differ in the end, and it is run again, adding what is missing.

mod batch;
mod database;
mod files;
mod lines;
mod sums;

use std::path::Path;

use batch::Batch;
pub use batch::{Progress, TransferError};
pub use database::Existing;
pub use domain::rows::Collection;
pub use domain::rows::{KINDS, Kind, Row, RowStore};
pub use sums::{Sum, Sums};

use sums::SumBuilder;

use crate::database::Database;

/// Writes everything into a new folder.
pub async fn export(
    from: &Database,
    dir: &Path,
    now_ms: i64,
    progress: Progress<'_>,
) -> Result<Sums, TransferError> {
    let mut files = files::Writer::create(dir)?;
    let read = database::read(from, now_ms, progress, async |batch| files.write(&batch));
    let sums = read.await?;
    files.finish(&sums)?;
    Ok(sums)
}

/// Reads back what [`export`] wrote.
pub async fn restore(
    dir: &Path,
    to: &Database,
    existing: Existing,
    now_ms: i64,
    progress: Progress<'_>,
) -> Result<Sums, TransferError> {
    let export = Export::open(dir)?;
    export.restore(to, existing, now_ms, progress).await
}

/// The files of an export, read once and found complete.
#[derive(Debug)]
pub struct Export(files::Reader);

impl Export {
    /// Compares the files with what their manifest says.
    pub fn open(dir: &Path) -> Result<Self, TransferError> {
        let files = files::Reader::open(dir)?;
        files.check()?;
        Ok(Self(files))
    }

    pub async fn restore(
        self,
        to: &Database,
        existing: Existing,
        now_ms: i64,
        progress: Progress<'_>,
    ) -> Result<Sums, TransferError> {
        let Self(files) = self;
        let mut target = database::Writer::open(to, existing, "restore", now_ms).await?;
        let partners = files.sums().of(Collection::Partners).rows();
        let mut done = 0;
        let mut read = SumBuilder::default();
        for batch in files.batches()? {
            let mut batch = batch?;
            if let Batch::Rows(kind, rows) = &mut batch {
                // It may be long ago that they were written.
                rows.retain(|row| kind.lasts(row, now_ms));
            }
            read.batch(&batch)?;
            done += partners_of(&batch);
            target.write(batch).await?;
            progress(done, partners);
        }
        target.finish().await?;
        verify(&read.finish(), to, now_ms).await
    }
}

/// From one database into another.
pub async fn copy(
    from: &Database,
    to: &Database,
    existing: Existing,
    now_ms: i64,
    progress: Progress<'_>,
) -> Result<Sums, TransferError> {
    let mut target = database::Writer::open(to, existing, "copy", now_ms).await?;
    let read = database::read(from, now_ms, progress, async |batch| {
        target.write(batch).await
    });
    let read = read.await?;
    target.finish().await?;
    verify(&read, to, now_ms).await
}

/// The sums of what a database holds.
pub async fn sums(of: &Database, now_ms: i64) -> Result<Sums, TransferError> {
    database::read(of, now_ms, &|_, _| (), async |_| Ok(())).await
}

async fn verify(read: &Sums, to: &Database, now_ms: i64) -> Result<Sums, TransferError> {
    let found = sums(to, now_ms).await?;
    read.compare(&found)?;
    Ok(found)
}

fn partners_of(batch: &Batch) -> u64 {
    match batch {
        Batch::Families(families) => families.len() as u64,
        Batch::Documents(_) | Batch::Audit(_) | Batch::Rows(..) => 0,
    }
}
