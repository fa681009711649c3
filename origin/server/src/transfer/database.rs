//! Both ends of a moving that are a database: any backend, by what its stores offer everybody.

use std::collections::HashMap;

use domain::{
    Partner, PartnerId, StoreError,
    catalogue::{Announce, Family, Reach},
    documents::Record,
    offers::store::Visibility,
    partners::store::{PartnerCursor, PartnerQuery, Shown},
    purges::{AuditFilter, AuditRow},
    rows::{Collection, KINDS, Kind, Row},
};

use super::batch::{Batch, Progress, TransferError};
use super::{Sums, sums::SumBuilder};
use crate::database::Database;

/// Partners that are read at once, with all that is theirs.
const PARTNERS_AT_ONCE: usize = 100;
/// Rows of one transaction: a busy server has five seconds for it.
const ROWS_AT_ONCE: usize = 500;
const AUDIT_AT_ONCE: usize = 1_000;

/// What a target may hold before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Existing {
    Refused,
    /// What is missing is added; what is stored under an id stays as it is.
    Kept,
}

/// Hands everything over in batches, always in the same order; gives the sums of what it was.
pub(super) async fn read(
    db: &Database,
    now_ms: i64,
    progress: Progress<'_>,
    mut take: impl AsyncFnMut(Batch) -> Result<(), TransferError>,
) -> Result<Sums, TransferError> {
    let (mut adding, mut done) = (SumBuilder::default(), 0);
    let mut query = PartnerQuery {
        shown: Shown::All,
        first: PARTNERS_AT_ONCE,
        ..PartnerQuery::default()
    };
    loop {
        let page = db.partners.list(&query).await?;
        done += page.items.len() as u64;
        query.after = page.items.last().map(PartnerCursor::of);
        let batch = Batch::Families(families(db, page.items).await?);
        adding.batch(&batch)?;
        take(batch).await?;
        progress(done, page.total);
        if !page.has_next_page {
            break;
        }
    }
    for batch in [documents(db).await?, audit(db).await?] {
        adding.batch(&batch)?;
        take(batch).await?;
    }
    for kind in KINDS {
        let mut after: Option<Row> = None;
        loop {
            let mut rows = db.rows.page(kind, after, ROWS_AT_ONCE).await?;
            after = rows.last().cloned();
            if after.is_none() {
                break;
            }
            rows.retain(|row| kind.lasts(row, now_ms));
            let batch = Batch::Rows(kind, rows);
            adding.batch(&batch)?;
            take(batch).await?;
        }
    }
    Ok(adding.finish())
}

async fn families(db: &Database, partners: Vec<Partner>) -> Result<Vec<Family>, TransferError> {
    let ids: Vec<PartnerId> = partners.iter().map(|partner| partner.id.clone()).collect();
    let mut places = db.partners.establishments_of(&ids).await?;
    // The moment says nothing where all are wanted.
    let offers = db.offers.of_partners(&ids, Visibility::All, usize::MAX, 0);
    let mut offers = offers.await?;
    let families = partners.into_iter().map(|partner| Family {
        establishments: places.remove(&partner.id).unwrap_or_default(),
        offers: offers.remove(&partner.id).unwrap_or_default(),
        partner,
    });
    Ok(families.collect())
}

async fn documents(db: &Database) -> Result<Batch, TransferError> {
    let names: HashMap<_, _> = db.documents.names().await?;
    let mut names: Vec<_> = names.into_iter().collect();
    names.sort_by_key(|(hash, _)| hash.to_string());
    let mut records = Vec::with_capacity(names.len());
    for (hash, name) in names {
        if let Some(json) = db.documents.record(hash).await? {
            records.push(Record { hash, name, json });
        }
    }
    Ok(Batch::Documents(records))
}

async fn audit(db: &Database) -> Result<Batch, TransferError> {
    let (mut rows, mut before): (Vec<AuditRow>, Option<i64>) = (Vec::new(), None);
    loop {
        let filter = AuditFilter::default();
        let page = db.purges.audit(before, AUDIT_AT_ONCE, filter).await?;
        before = page.last().and_then(|row| row.id);
        let is_last = page.len() < AUDIT_AT_ONCE;
        rows.extend(page);
        if is_last {
            rows.reverse();
            return Ok(Batch::Audit(rows));
        }
    }
}

/// Writes what a source hands over.
pub(super) struct Writer<'d> {
    db: &'d Database,
    action: &'static str,
    now_ms: i64,
    /// Of the last transaction. It moves along, so that at the end there is one purge, and after a
    /// crash there is one too.
    purge: Option<i64>,
}

impl<'d> Writer<'d> {
    pub(super) async fn open(
        db: &'d Database,
        existing: Existing,
        action: &'static str,
        now_ms: i64,
    ) -> Result<Self, TransferError> {
        match existing {
            Existing::Refused => refuse_what_is_there(db).await?,
            Existing::Kept => {}
        }
        Ok(Self {
            db,
            action,
            now_ms,
            purge: None,
        })
    }

    pub(super) async fn write(&mut self, batch: Batch) -> Result<(), TransferError> {
        match batch {
            Batch::Families(families) => {
                for some in split(families) {
                    self.add(some).await?;
                }
            }
            Batch::Documents(records) => {
                for some in records.chunks(ROWS_AT_ONCE) {
                    self.db
                        .documents
                        .publish(some.to_vec(), self.now_ms)
                        .await?;
                }
            }
            Batch::Audit(rows) => self.tell(&rows).await?,
            Batch::Rows(kind, rows) => self.put(kind, rows).await?,
        }
        Ok(())
    }

    /// Whatever was moved: no answer of the time before may be served.
    pub(super) async fn finish(&mut self) -> Result<(), TransferError> {
        self.add(Vec::new()).await
    }

    async fn add(&mut self, families: Vec<Family>) -> Result<(), TransferError> {
        let announce = Announce {
            reach: Reach::Everything {
                instead_of: self.purge,
            },
            reason: self.action.to_owned(),
            actor: "cli".to_owned(),
        };
        let added = self.db.catalogue.add(families, announce, self.now_ms);
        self.purge = added.await?.purge;
        Ok(())
    }

    async fn put(&self, kind: &'static Kind, rows: Vec<Row>) -> Result<(), TransferError> {
        for some in rows.chunks(ROWS_AT_ONCE) {
            let put = self.db.rows.put(kind, some.to_vec()).await;
            put.map_err(|error| {
                if is_taken(&error) {
                    let collection = kind.collection;
                    TransferError::Taken { collection }
                } else {
                    error.into()
                }
            })?;
        }
        Ok(())
    }

    /// Once: rows of the audit have no identity by which those that are missing could be told.
    async fn tell(&self, rows: &[AuditRow]) -> Result<(), TransferError> {
        let known = self.db.purges.audit(None, 1, AuditFilter::default());
        if known.await?.is_empty() {
            for some in rows.chunks(ROWS_AT_ONCE) {
                self.db.purges.tell(some.to_vec()).await?;
            }
        }
        Ok(())
    }
}

async fn refuse_what_is_there(db: &Database) -> Result<(), TransferError> {
    if !db.catalogue.is_empty().await? {
        let collection = Collection::Offers;
        return Err(TransferError::NotEmpty { collection });
    }
    for kind in KINDS {
        if !db.rows.page(kind, None, 1).await?.is_empty() {
            let collection = kind.collection;
            return Err(TransferError::NotEmpty { collection });
        }
    }
    Ok(())
}

/// Whether a unique index of the target said no.
const fn is_taken(error: &StoreError) -> bool {
    matches!(error, StoreError::Duplicate(_))
}

/// Families of at most [`ROWS_AT_ONCE`] rows together; a larger one becomes several of one partner.
fn split(families: Vec<Family>) -> Vec<Vec<Family>> {
    let (mut all, mut some, mut rows) = (Vec::new(), Vec::new(), 0);
    for Family {
        partner,
        establishments,
        offers,
    } in families
    {
        let mut establishments = Some(establishments);
        let mut parts: Vec<_> = offers.chunks(ROWS_AT_ONCE).map(<[_]>::to_vec).collect();
        if parts.is_empty() {
            parts.push(Vec::new());
        }
        for offers in parts {
            let establishments = establishments.take().unwrap_or_default();
            rows += 1 + establishments.len() + offers.len();
            some.push(Family {
                partner: partner.clone(),
                establishments,
                offers,
            });
            if rows >= ROWS_AT_ONCE {
                all.push(std::mem::take(&mut some));
                rows = 0;
            }
        }
    }
    if !some.is_empty() {
        all.push(some);
    }
    all
}

#[cfg(test)]
mod tests {
    use domain::catalogue::sample;

    use super::*;

    #[test]
    fn what_is_split_is_all_there_in_order_and_small() {
        let mut families: Vec<Family> = sample::families(1_500, 0).collect();
        let offers: Vec<_> = families.iter().flat_map(|f| f.offers.clone()).collect();
        // One partner with many offers.
        families[0].offers.clone_from(&offers);
        let parts = split(families.clone());
        assert!(parts.len() > 5);
        for part in &parts {
            let rows: usize = part.iter().map(|family| family.offers.len()).sum();
            assert!(rows < 2 * ROWS_AT_ONCE, "{rows}");
        }
        let flat = |families: &[Family]| -> Vec<_> {
            families.iter().flat_map(|f| f.offers.clone()).collect()
        };
        assert!(
            flat(&parts.concat()) == flat(&families),
            "too long to print"
        );
    }
}
