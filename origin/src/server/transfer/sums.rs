//! What a moving is checked by: one sum a collection, over its lines.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{Batch, TransferError, lines};
use crate::store_sqlite::database::StoreError;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Collection {
    Partners,
    Establishments,
    Offers,
    Documents,
    Audit,
    Users,
    Consents,
    Favorites,
    Erasures,
    ServiceTokens,
    Invitations,
    OfferViews,
    Bookings,
}

impl Collection {
    pub const ALL: [Self; 13] = [
        Self::Partners,
        Self::Establishments,
        Self::Offers,
        Self::Documents,
        Self::Audit,
        Self::Users,
        Self::Consents,
        Self::Favorites,
        Self::Erasures,
        Self::ServiceTokens,
        Self::Invitations,
        Self::OfferViews,
        Self::Bookings,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Partners => "partners",
            Self::Establishments => "establishments",
            Self::Offers => "offers",
            Self::Documents => "documents",
            Self::Audit => "audit",
            Self::Users => "users",
            Self::Consents => "consents",
            Self::Favorites => "favorites",
            Self::Erasures => "erasures",
            Self::ServiceTokens => "service_tokens",
            Self::Invitations => "invitations",
            Self::OfferViews => "offer_views",
            Self::Bookings => "bookings",
        }
    }
}

impl fmt::Display for Collection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

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
#[derive(Debug, Default)]
pub(super) struct Adding([(u64, Sha256); Collection::ALL.len()]);

impl Adding {
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
