//! What a moving is checked by: one sum a collection, over its lines.

use std::{array, fmt};

use domain::{StoreError, rows::Collection};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::batch::{Batch, TransferError};
use super::lines;

/// Of one collection; `sha256` is that of its file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sum {
    rows: u64,
    sha256: String,
}

impl Sum {
    pub const fn rows(&self) -> u64 {
        self.rows
    }
}

impl fmt::Display for Sum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = self.sha256.get(..12).unwrap_or(&self.sha256);
        write!(f, "{} ({shown})", self.rows)
    }
}

/// Of all collections, in the order of [`Collection::ALL`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sums([Sum; Collection::ALL.len()]);

impl Sums {
    pub const fn new(sums: [Sum; Collection::ALL.len()]) -> Self {
        Self(sums)
    }

    pub const fn of(&self, collection: Collection) -> &Sum {
        &self.0[collection as usize]
    }

    /// The first collection in which `found` is not the same.
    pub(super) fn compare(&self, found: &Self) -> Result<(), TransferError> {
        for collection in Collection::ALL {
            let (read, found) = (self.of(collection), found.of(collection));
            if read != found {
                return Err(TransferError::Differs {
                    collection,
                    read: read.clone(),
                    found: found.clone(),
                });
            }
        }
        Ok(())
    }
}

/// Adds up as lines go by.
#[derive(Debug)]
pub(super) struct SumBuilder([(u64, Sha256); Collection::ALL.len()]);

impl Default for SumBuilder {
    fn default() -> Self {
        Self(array::from_fn(|_| (0, Sha256::new())))
    }
}

impl SumBuilder {
    pub(super) fn batch(&mut self, batch: &Batch) -> Result<(), StoreError> {
        lines::each(batch, &mut |collection, line| {
            self.line(collection, line);
            Ok(())
        })
    }

    /// A line with its end.
    pub(super) fn line(&mut self, collection: Collection, line: &str) {
        let (rows, hash) = &mut self.0[collection as usize];
        *rows += 1;
        hash.update(line);
    }

    pub(super) fn finish(self) -> Sums {
        Sums(self.0.map(|(rows, hash)| Sum {
            rows,
            sha256: hex::encode(hash.finalize()),
        }))
    }
}
