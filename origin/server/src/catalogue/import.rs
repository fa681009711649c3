//! Imports places from a CSV file, which `domain::catalogue::import` reads.

use std::path::{Path, PathBuf};

use domain::{
    StoreError,
    catalogue::{
        Announce, CatalogueStore, Reach,
        import::{Format, Places, WrongHeader},
    },
    offers::events::OfferChange,
};

/// How many offers one transaction and its purge cover.
const BATCH: usize = 200;

#[derive(Debug, Clone, PartialEq)]
pub struct ImportReport {
    pub added: usize,
    pub already_there: usize,
    /// The number of each skipped line (the header is line 1) and why it was skipped.
    pub bad_lines: Vec<(u64, String)>,
    /// How many lines were not imported: the bad ones, and those that unclosed quotes swallow.
    pub left_out: u64,
    /// How the file was read.
    pub format: Format,
    pub changed: Vec<OfferChange>,
}

#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    #[error("{} cannot be read", .path.display())]
    Io {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error(transparent)]
    Header(#[from] WrongHeader),
    #[error("the store refused")]
    Store(#[from] StoreError),
    #[error("the reading task panicked or was cancelled")]
    Interrupted,
}

/// Imports `path`; `source` is recorded as the actor of its purges.
pub async fn import_csv(
    catalogue: &dyn CatalogueStore,
    path: &Path,
    now_ms: i64,
    source: &str,
) -> Result<ImportReport, ImportError> {
    add(catalogue, read(path).await?, path, now_ms, source).await
}

/// Reads the places in `path`.
pub async fn read(path: &Path) -> Result<Places, ImportError> {
    let path = path.to_owned();
    tokio::task::spawn_blocking(move || match std::fs::read(&path) {
        Ok(bytes) => Ok(Places::read(&bytes)?),
        Err(source) => Err(ImportError::Io { path, source }),
    })
    .await
    .map_err(|_| ImportError::Interrupted)?
}

/// Adds the places that were read from `path`; `source` is recorded as the actor of their purges.
pub async fn add(
    catalogue: &dyn CatalogueStore,
    read: Places,
    path: &Path,
    now_ms: i64,
    source: &str,
) -> Result<ImportReport, ImportError> {
    let announce = Announce {
        reach: Reach::Added,
        reason: format!(
            "import of {}",
            path.file_name().unwrap_or_default().to_string_lossy()
        ),
        actor: source.to_owned(),
    };
    let mut report = ImportReport {
        added: 0,
        already_there: 0,
        left_out: read.left_out(),
        bad_lines: read.bad_lines,
        format: read.format,
        changed: Vec::new(),
    };
    for batch in read.places.chunks(BATCH) {
        // A family is stored together with its only offer: if the offer exists, all of it does.
        let families = batch.iter().map(|place| place.family(now_ms)).collect();
        let added = catalogue.add(families, announce.clone(), now_ms).await?;
        report.added += added.offers.len();
        report.already_there += batch.len() - added.offers.len();
        report
            .changed
            .extend(added.offers.into_iter().map(|offer| OfferChange {
                before: None,
                after: Some(offer),
            }));
    }
    Ok(report)
}
