//! What is moved at a time, how progress is told, and why a transfer failed.

use std::path::PathBuf;

use domain::{
    StoreError,
    catalogue::Family,
    documents::Record,
    purges::AuditRow,
    rows::{Collection, Kind, Row},
};

use super::sums::Sum;

/// What is read and written at once.
#[derive(Debug)]
pub(super) enum Batch {
    Families(Vec<Family>),
    Documents(Vec<Record>),
    /// Oldest first.
    Audit(Vec<AuditRow>),
    Rows(&'static Kind, Vec<Row>),
}

/// Told how many partners are done, and how many there are.
pub type Progress<'p> = &'p (dyn Fn(u64, u64) + Send + Sync);

/// Why a database was not moved.
#[derive(Debug, thiserror::Error)]
pub enum TransferError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("{}: {source}", .path.display())]
    Io {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("{}, line {line}: {why}", .path.display())]
    Line {
        path: PathBuf,
        line: u64,
        why: String,
    },
    #[error("{} is no export of this version: {why}", .path.display())]
    Manifest { path: PathBuf, why: String },
    #[error("the target already has {collection}: allow it with --into-existing")]
    NotEmpty { collection: Collection },
    /// Not whose: errors are logged.
    #[error(
        "{collection}: the target has the same e-mail address, phone number, hash or key under \
         another id"
    )]
    Taken { collection: Collection },
    /// Of a moving, or of files that are not what was exported.
    #[error("{collection} differ: {read} were read, {found} are there")]
    Differs {
        collection: Collection,
        read: Sum,
        found: Sum,
    },
}
