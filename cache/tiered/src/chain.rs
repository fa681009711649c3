//! The digests of the newest records of a copy of the purge log: whether what is read continues it.

use std::collections::VecDeque;

use cache_core::{Digest, PurgeRecord, Revision, Tip};

/// Records that were read or appended together, each with its digest. A log that cannot lose records
/// (the one in the embedded database) has the default digest everywhere.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// The digest of the record before the first one.
    pub base: Digest,
    /// The records, without gaps.
    pub records: Vec<PurgeRecord>,
    /// The digest of each of them.
    pub digests: Vec<Digest>,
}

impl Page {
    /// Records of a log that cannot lose any.
    pub fn of_the_database(records: Vec<PurgeRecord>) -> Self {
        Self {
            base: Digest::default(),
            digests: vec![Digest::default(); records.len()],
            records,
        }
    }

    /// What the first record follows.
    pub fn before(&self) -> Option<Tip> {
        let first = self.records.first()?;
        Some(Tip {
            revision: Revision(first.revision.0.saturating_sub(1)),
            digest: self.base,
        })
    }

    /// The last record's position and digest.
    pub fn tip(&self) -> Option<Tip> {
        self.tips().next_back()
    }

    /// The position and digest of each record.
    pub fn tips(&self) -> impl DoubleEndedIterator<Item = Tip> + '_ {
        let revisions = self.records.iter().map(|record| record.revision);
        let both = revisions.zip(&self.digests);
        both.map(|(revision, digest)| Tip {
            revision,
            digest: *digest,
        })
    }
}

/// The digests of the records up to a copy's head.
#[derive(Clone, Debug, Default)]
pub struct Chain {
    /// The revision of the last digest.
    head: Revision,
    /// Without gaps; empty when not even the head's digest is known yet.
    digests: VecDeque<Digest>,
}

impl Chain {
    /// The chain of a copy that begins at `start`; `digest` is that record's, if it is known.
    pub fn starting_at(start: Revision, digest: Option<Digest>) -> Self {
        Self {
            head: start,
            digests: digest.into_iter().collect(),
        }
    }

    /// The revision at its end.
    pub const fn head(&self) -> Revision {
        self.head
    }

    /// The end, once its digest is known.
    pub fn tip(&self) -> Option<Tip> {
        Some(Tip {
            revision: self.head,
            digest: *self.digests.back()?,
        })
    }

    /// The digest at a revision, if it is remembered.
    pub fn digest_at(&self, revision: Revision) -> Option<Digest> {
        let back = usize::try_from(self.head.0.checked_sub(revision.0)?).ok()?;
        let place = self.digests.len().checked_sub(back + 1)?;
        self.digests.get(place).copied()
    }

    /// Whether a page is of the same log as this chain, as far as can be told.
    pub fn agrees(&self, page: &Page) -> bool {
        let Some(before) = page.before() else {
            return true;
        };
        // One comparison is enough, because a digest stands for all records before it. The last one
        // that both have says most.
        let common = page.tips().rev().find(|tip| tip.revision <= self.head);
        let common = common.unwrap_or(before);
        self.digest_at(common.revision)
            .is_none_or(|digest| digest == common.digest)
    }

    /// Adds the records that follow the chain's end: none of a page that begins later.
    pub fn extend(&mut self, page: &Page) {
        if self.digests.is_empty() {
            // The page also says what a chain without any digest ends with.
            let mut ends = page.before().into_iter().chain(page.tips());
            let end = ends.find(|tip| tip.revision == self.head);
            self.digests.extend(end.map(|end| end.digest));
        }
        if self.digests.is_empty() {
            return;
        }
        for tip in page.tips() {
            if tip.revision == self.head.next() {
                self.digests.push_back(tip.digest);
                self.head = tip.revision;
            }
        }
    }

    /// Forgets the digests before `revision`.
    pub fn trim(&mut self, revision: Revision) {
        let kept = usize::try_from(self.head.0.saturating_sub(revision.0)).unwrap_or(usize::MAX);
        let excess = self.digests.len().saturating_sub(kept.saturating_add(1));
        self.digests.drain(..excess);
    }

    /// The newest tips, at most `most`.
    pub fn newest(&self, most: usize) -> Vec<Tip> {
        let revisions = (0..=self.head.0).rev().map(Revision);
        let both = revisions.zip(self.digests.iter().rev());
        both.take(most)
            .map(|(revision, digest)| Tip {
                revision,
                digest: *digest,
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use cache_core::PurgeKind;

    use super::*;

    fn digest(byte: u8) -> Digest {
        Digest::from_bytes([byte; 8])
    }

    /// Records from `first` on, with these digests.
    fn page(base: u8, first: u64, digests: &[u8]) -> Page {
        let record = |(revision, _): (u64, &u8)| PurgeRecord {
            revision: Revision(revision),
            tags: vec![],
            kind: PurgeKind::Hard,
        };
        Page {
            base: digest(base),
            records: (first..).zip(digests).map(record).collect(),
            digests: digests.iter().map(|byte| digest(*byte)).collect(),
        }
    }

    fn tip(revision: u64, byte: u8) -> Tip {
        Tip {
            revision: Revision(revision),
            digest: digest(byte),
        }
    }

    /// Ends at revision 6 and remembers 4, 5 and 6.
    fn chain() -> Chain {
        let mut chain = Chain::starting_at(Revision(3), None);
        assert_eq!(chain.tip(), None);
        chain.extend(&page(3, 4, &[4, 5, 6]));
        chain.trim(Revision(4));
        chain
    }

    #[test]
    fn a_page_continues_a_chain_only_from_the_same_records() {
        let table = [
            (page(6, 7, &[7]), true),
            (page(9, 7, &[7]), false),
            (page(4, 5, &[5, 6, 7]), true),
            // It has lost record 6, and appended another one.
            (page(4, 5, &[5, 60, 70]), false),
            (page(4, 5, &[5]), true),
            (page(4, 5, &[50]), false),
            // Not remembered: it cannot be told.
            (page(0, 1, &[1, 20, 30]), true),
            (page(9, 9, &[9]), true),
            (page(0, 1, &[]), true),
        ];
        for (page, expected) in table {
            assert_eq!(chain().agrees(&page), expected, "{page:?}");
        }
    }

    #[test]
    fn a_chain_remembers_its_newest_digests() {
        let mut chain = chain();
        assert_eq!(chain.newest(9), [tip(6, 6), tip(5, 5), tip(4, 4)]);
        assert_eq!(chain.newest(2), [tip(6, 6), tip(5, 5)]);
        for (revision, expected) in [(3, None), (4, Some(4)), (6, Some(6)), (7, None)] {
            let found = chain.digest_at(Revision(revision));
            assert_eq!(found, expected.map(digest), "{revision}");
        }
        chain.extend(&page(4, 5, &[5, 6, 7]));
        assert_eq!(chain.tip(), Some(tip(7, 7)));
        chain.trim(Revision(99));
        assert_eq!(chain.newest(9), [tip(7, 7)]);
    }

    /// The page says that it follows revision 7, but not that this chain's revision 6 comes before
    /// that: the log may have lost the chain's records, and have given out their revisions again.
    #[test]
    fn a_page_after_a_gap_adds_nothing() {
        let mut chain = chain();
        chain.extend(&page(7, 8, &[8]));
        assert_eq!(chain.tip(), Some(tip(6, 6)));
        let mut unknown = Chain::starting_at(Revision(6), None);
        unknown.extend(&page(7, 8, &[8]));
        assert_eq!((unknown.head(), unknown.tip()), (Revision(6), None));
    }
}
