//! A folder with one file a collection, one line a row, and what they add up to. Some hold personal
//! data and the hashes of passwords: nobody but their owner may read them.

use std::{
    collections::BTreeMap,
    fs::{self, DirBuilder, File, OpenOptions},
    io::{BufRead, BufReader, BufWriter, ErrorKind, Read, Write},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

use domain::{
    Establishment, Offer, Partner, PartnerId,
    catalogue::Family,
    rows::{Collection, KINDS, Kind},
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::batch::{Batch, TransferError};
use super::{Sum, Sums, lines, sums::SumBuilder};

const MANIFEST: &str = "manifest.json";
/// 1 was without people, bookings and what partners do; 2 without epochs of credentials; 3 without what is
/// told to people; 4 without news, changed texts,
/// known devices and pictures; 5 without checks of identities and payments; 6
/// without discounts that are no percentage, without reviews and without the audit of operators.
const FORMAT: u32 = 7;
/// The oldest that is restored.
const OLDEST: u32 = 3;
/// What exports of earlier formats do not have, since there was nothing of it.
const ADDED: [(u32, Collection); 21] = [
    (4, Collection::Queue),
    (4, Collection::Reach),
    (4, Collection::Devices),
    (4, Collection::Inbox),
    (5, Collection::Campaigns),
    (5, Collection::Templates),
    (5, Collection::KnownDevices),
    (5, Collection::Uploads),
    (5, Collection::Pictures),
    (6, Collection::Payments),
    (6, Collection::Refunds),
    (6, Collection::Ledger),
    (6, Collection::LedgerTransfers),
    (6, Collection::PartnerAccounts),
    (6, Collection::PaymentDifferences),
    (6, Collection::Verifications),
    (7, Collection::Reviews),
    (7, Collection::ReviewReports),
    (7, Collection::PartnerRatings),
    (7, Collection::OperatorAudit),
    (7, Collection::WalkIns),
];

/// Whether exports of this format have nothing of a collection.
fn is_later(collection: Collection, format: u32) -> bool {
    ADDED
        .iter()
        .any(|(since, added)| *added == collection && format < *since)
}

const ROWS_AT_ONCE: usize = 500;

#[derive(Serialize, Deserialize)]
struct Manifest {
    format: u32,
    collections: BTreeMap<String, Sum>,
}

fn file(dir: &Path, collection: Collection) -> PathBuf {
    dir.join(format!("{collection}.jsonl"))
}

fn io(path: &Path) -> impl FnOnce(std::io::Error) -> TransferError {
    let path = path.to_owned();
    move |source| TransferError::Io { path, source }
}

/// Never over another file.
fn create(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    options.open(path)
}

/// An export that is being written.
pub(super) struct Writer {
    dir: PathBuf,
    files: [BufWriter<File>; Collection::ALL.len()],
}

impl Writer {
    /// Never over another export.
    pub(super) fn create(dir: &Path) -> Result<Self, TransferError> {
        let mut folder = DirBuilder::new();
        folder.recursive(true).mode(0o700);
        folder.create(dir).map_err(io(dir))?;
        let mut files = Vec::new();
        for collection in Collection::ALL {
            let path = file(dir, collection);
            let created = create(&path).map_err(io(&path))?;
            files.push(BufWriter::new(created));
        }
        let files = files.try_into().map_err(|_| TransferError::Manifest {
            path: dir.to_owned(),
            why: "not as many files as collections".to_owned(),
        })?;
        Ok(Self {
            dir: dir.to_owned(),
            files,
        })
    }

    pub(super) fn write(&mut self, batch: &Batch) -> Result<(), TransferError> {
        lines::each(batch, &mut |collection, line| {
            let written = self.files[collection as usize].write_all(line.as_bytes());
            written.map_err(io(&file(&self.dir, collection)))
        })
    }

    /// The manifest last: a folder without one is no export.
    pub(super) fn finish(mut self, sums: &Sums) -> Result<(), TransferError> {
        for (collection, file_of) in Collection::ALL.into_iter().zip(&mut self.files) {
            let synced = file_of.flush().and_then(|()| file_of.get_ref().sync_all());
            synced.map_err(io(&file(&self.dir, collection)))?;
        }
        let collections = Collection::ALL.map(|c| (c.to_string(), sums.of(c).clone()));
        let manifest = Manifest {
            format: FORMAT,
            collections: collections.into(),
        };
        let path = self.dir.join(MANIFEST);
        let text = serde_json::to_string_pretty(&manifest);
        let text = text.map_err(|error| TransferError::Manifest {
            path: path.clone(),
            why: error.to_string(),
        })?;
        let written = create(&path).and_then(|mut created| {
            created.write_all(text.as_bytes())?;
            created.sync_all()
        });
        written.map_err(io(&path))
    }
}

/// An export that is there.
#[derive(Debug)]
pub(super) struct Reader {
    dir: PathBuf,
    sums: Sums,
}

impl Reader {
    pub(super) fn open(dir: &Path) -> Result<Self, TransferError> {
        let path = dir.join(MANIFEST);
        let text = fs::read_to_string(&path).map_err(io(&path))?;
        let bad = |why: String| TransferError::Manifest {
            path: path.clone(),
            why,
        };
        let manifest: Manifest = serde_json::from_str(&text).map_err(|e| bad(e.to_string()))?;
        match manifest.format {
            OLDEST..=FORMAT => {}
            2 => {
                let why = "its format is 2, whose accounts have no epoch: export once more";
                return Err(bad(why.to_owned()));
            }
            // What it lacks would be missing in the target, and nobody would be told.
            1 => {
                let why = "its format is 1, which has no people and no bookings: export once more";
                return Err(bad(why.to_owned()));
            }
            other => return Err(bad(format!("its format is {other}"))),
        }
        let nothing = SumBuilder::default().finish();
        let sum = |collection: Collection| {
            let sum = manifest.collections.get(collection.as_str()).cloned();
            let is_later = is_later(collection, manifest.format);
            let sum = sum.or_else(|| is_later.then(|| nothing.of(collection).clone()));
            sum.ok_or_else(|| bad(format!("it says nothing of {collection}")))
        };
        let sums: Vec<Sum> = Collection::ALL
            .into_iter()
            .map(sum)
            .collect::<Result<_, _>>()?;
        let sums = sums.try_into();
        let sums = sums.map_err(|_| bad("not as many sums as collections".to_owned()))?;
        Ok(Self {
            dir: dir.to_owned(),
            sums: Sums::new(sums),
        })
    }

    pub(super) const fn sums(&self) -> &Sums {
        &self.sums
    }

    /// Whether the files are what the manifest says.
    pub(super) fn check(&self) -> Result<(), TransferError> {
        let mut adding = SumBuilder::default();
        for collection in Collection::ALL {
            let mut lines = Lines::open(&self.dir, collection)?;
            while let Some(line) = lines.next_line()? {
                adding.line(collection, line);
            }
        }
        self.sums.compare(&adding.finish())
    }

    pub(super) fn batches(
        &self,
    ) -> Result<impl Iterator<Item = Result<Batch, TransferError>>, TransferError> {
        let mut families = Families {
            partners: Lines::open(&self.dir, Collection::Partners)?,
            places: RowsByPartner::open(&self.dir, Collection::Establishments)?,
            offers: RowsByPartner::open(&self.dir, Collection::Offers)?,
        };
        let families = std::iter::from_fn(move || families.batch().transpose());
        let documents = Lines::open(&self.dir, Collection::Documents)?.all(lines::document);
        let audit = Lines::open(&self.dir, Collection::Audit)?.all(lines::audit);
        let rest = [documents.map(Batch::Documents), audit.map(Batch::Audit)];
        let mut rows = Vec::new();
        for kind in KINDS {
            let mut lines = Lines::open(&self.dir, kind.collection)?;
            rows.push(std::iter::from_fn(move || {
                rows_of(kind, &mut lines).transpose()
            }));
        }
        let families = families.map(|some| some.map(Batch::Families));
        Ok(families.chain(rest).chain(rows.into_iter().flatten()))
    }
}

fn rows_of(kind: &'static Kind, lines: &mut Lines) -> Result<Option<Batch>, TransferError> {
    let mut rows = Vec::new();
    while rows.len() < ROWS_AT_ONCE
        && let Some(row) = lines.next(|line| kind.parse(line))?
    {
        rows.push(row);
    }
    Ok((!rows.is_empty()).then_some(Batch::Rows(kind, rows)))
}

/// The lines of a file, and where they are.
struct Lines {
    path: PathBuf,
    file: BufReader<Box<dyn Read + Send>>,
    line: String,
    number: u64,
}

impl Lines {
    fn open(dir: &Path, collection: Collection) -> Result<Self, TransferError> {
        let path = file(dir, collection);
        let opened: Box<dyn Read + Send> = match File::open(&path) {
            Ok(opened) => Box::new(opened),
            // The sums tell whether there should be one.
            Err(error) if error.kind() == ErrorKind::NotFound && is_later(collection, OLDEST) => {
                Box::new(std::io::empty())
            }
            Err(error) => return Err(io(&path)(error)),
        };
        Ok(Self {
            path,
            file: BufReader::new(opened),
            line: String::new(),
            number: 0,
        })
    }

    fn next_line(&mut self) -> Result<Option<&str>, TransferError> {
        self.line.clear();
        self.number += 1;
        let read = self
            .file
            .read_line(&mut self.line)
            .map_err(io(&self.path))?;
        Ok((read > 0).then_some(self.line.as_str()))
    }

    fn next<T>(
        &mut self,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Result<Option<T>, TransferError> {
        let Some(parsed) = self.next_line()?.map(parse) else {
            return Ok(None);
        };
        parsed.map(Some).map_err(|why| TransferError::Line {
            path: self.path.clone(),
            line: self.number,
            why,
        })
    }

    fn all<T>(
        mut self,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Result<Vec<T>, TransferError> {
        let mut all = Vec::new();
        while let Some(one) = self.next(&parse)? {
            all.push(one);
        }
        Ok(all)
    }
}

/// Rows of partners, in the order of the partners' file.
struct RowsByPartner<T> {
    lines: Lines,
    next: Option<T>,
}

impl<T: DeserializeOwned> RowsByPartner<T> {
    fn open(dir: &Path, collection: Collection) -> Result<Self, TransferError> {
        let mut lines = Lines::open(dir, collection)?;
        let next = lines.next(lines::parse)?;
        Ok(Self { lines, next })
    }

    fn of(
        &mut self,
        partner: &PartnerId,
        owner: impl Fn(&T) -> &PartnerId,
    ) -> Result<Vec<T>, TransferError> {
        let mut theirs = Vec::new();
        while let Some(one) = self.next.take_if(|next| owner(next) == partner) {
            theirs.push(one);
            self.next = self.lines.next(lines::parse)?;
        }
        Ok(theirs)
    }
}

struct Families {
    partners: Lines,
    places: RowsByPartner<Establishment>,
    offers: RowsByPartner<Offer>,
}

impl Families {
    fn batch(&mut self) -> Result<Option<Vec<Family>>, TransferError> {
        let (mut families, mut rows) = (Vec::new(), 0);
        while rows < ROWS_AT_ONCE
            && let Some(partner) = self.partners.next(lines::parse::<Partner>)?
        {
            let establishments = self.places.of(&partner.id, |place| &place.partner_id)?;
            let offers = self.offers.of(&partner.id, |offer| &offer.partner_id)?;
            rows += 1 + establishments.len() + offers.len();
            families.push(Family {
                partner,
                establishments,
                offers,
            });
        }
        Ok((!families.is_empty()).then_some(families))
    }
}
